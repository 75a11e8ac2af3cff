import Kernel
import Schedules
import Storage
import Testing

@Suite("发件箱")
struct OutboxTests {
    let time = TestTime()
    let seen = Seen()

    func worker(_ outbox: Outbox, _ database: any Database, _ handlers: OutboxHandler...) -> OutboxWorker {
        OutboxWorker(outbox, on: database, handlers: handlers, clock: time.clock, waker: Schedule.never, logger: Schedule.quiet)
    }

    func post(_ outbox: Outbox, _ database: any Database, _ messages: (String, Int)...) async throws {
        try await database.write { tx in for (key, number) in messages { try outbox.post(topic: "t", key: key, payload: .int(Int64(number)), in: tx) } }
    }

    @Test("同一事务写入，按键有序送达，完成后不再送")
    func delivers() async throws {
        let database = try await Schedule.database()
        let outbox = Outbox(clock: time.clock)
        try await post(outbox, database, ("a", 1), ("b", 2), ("a", 3))
        _ = try? await database.write { tx in
            try outbox.post(topic: "t", key: "a", payload: .int(4), in: tx)
            throw Failure(.invalid, "T", "refused")
        }
        let worker = worker(outbox, database, OutboxHandler(topic: "t") { [seen] in seen.note($0.key + $0.payload.text) })
        #expect(try await worker.drain() == 3)
        #expect(seen.notes.filter { $0.hasPrefix("a") } == ["a1", "a3"])
        #expect(seen.notes.count == 3)
        #expect(try await worker.drain() == 0)
    }

    @Test("失败的消息挡住同键后面的，不挡别的键；停顿逐次加倍")
    func ordering() async throws {
        let database = try await Schedule.database()
        let outbox = Outbox(clock: time.clock)
        try await post(outbox, database, ("a", 1), ("a", 2), ("b", 3))
        let worker = worker(
            outbox, database,
            OutboxHandler(topic: "t") { [seen] message in
                seen.note(message.key + message.payload.text)
                if message.payload == 1, message.attempts < 2 { throw Failure(.unavailable, "T", "down") }
            })
        try await worker.drain()
        #expect(seen.notes.sorted() == ["a1", "b3"])
        #expect(try await worker.drain() == 0)
        time.advance(seconds: 1)
        try await worker.drain()
        #expect(seen.notes.count == 3)
        time.advance(seconds: 1)
        #expect(try await worker.drain() == 0)
        time.advance(seconds: 1)
        try await worker.drain()
        #expect(seen.notes.suffix(2) == ["a1", "a2"])
    }

    @Test("多次失败成为可见的未送达消息，可以重试")
    func deadLetters() async throws {
        let database = try await Schedule.database()
        let outbox = Outbox(clock: time.clock)
        try await post(outbox, database, ("a", 1), ("a", 2))
        let worker = worker(
            outbox, database,
            OutboxHandler(topic: "t", attempts: 2) { [seen, time] message in
                if message.payload == 1, time.clock.now < Moment(parsing: "2026-11-21 09:00") ?? time.clock.now { throw Failure(.unavailable, "T9", "down") }
                seen.note(message.payload.text)
            })
        try await worker.drain()
        time.advance(seconds: 1)
        try await worker.drain()
        let dead = try await database.read { try Outbox.deadLetters($0) }
        #expect(dead.map(\.payload) == [1])
        #expect(dead.first?.lastError?.contains("T9") == true)
        #expect(try await database.read { try Outbox.backlog($0) }.map { [$0.waiting, $0.dead] } == [[0, 1]])
        #expect(seen.notes == ["2"])
        time.advance(seconds: 7200)
        let id = try #require(dead.first?.id)
        try await database.write { try outbox.retry(id, in: $0) }
        try await worker.drain()
        #expect(seen.notes == ["2", "1"])
        await #expect(throws: Failure.self) { try await database.write { try outbox.retry(id, in: $0) } }
    }

    @Test("整批处理，失败后逐条重来")
    func batches() async throws {
        let database = try await Schedule.database()
        let outbox = Outbox(clock: time.clock)
        try await database.write { tx in try outbox.post(topic: "t", messages: (1...5).map { ("k\($0)", .int(Int64($0))) }, in: tx) }
        var handler = OutboxHandler(topic: "t", batchesOf: 3) { [seen] messages in
            seen.note(messages.map(\.payload.text).joined(separator: "+"))
            if messages.contains(where: { $0.payload == 5 }) { throw Failure(.unavailable, "T", "down") }
        }
        handler.keepDone = 0
        try await worker(outbox, database, handler).drain()
        #expect(seen.notes == ["1+2+3", "4+5", "4", "5"])
        #expect(try await database.read { try $0.count("SELECT COUNT(*) FROM outbox") } == 1)
    }

    @Test("未到时间的消息等待；处理过的到期清理")
    func timing() async throws {
        let database = try await Schedule.database()
        let outbox = Outbox(clock: time.clock)
        let later = time.clock.now.adding(seconds: 60)
        try await database.write { try outbox.post(topic: "t", key: "a", payload: .null, notBefore: later, in: $0) }
        let worker = worker(outbox, database, OutboxHandler(topic: "t") { [seen] _ in seen.note("x") })
        #expect(try await worker.drain() == 0)
        time.advance(seconds: 60)
        #expect(try await worker.drain() == 1)
        await worker.prune()
        #expect(try await database.read { try $0.count("SELECT COUNT(*) FROM outbox") } == 1)
        time.advance(seconds: 90_000)
        await worker.prune()
        #expect(try await database.read { try $0.count("SELECT COUNT(*) FROM outbox") } == 0)
    }

    @Test("提交即唤醒，不靠轮询；一个主题卡住不影响另一个")
    func wakesUp() async throws {
        let database = try await Schedule.database()
        let outbox = Outbox(clock: time.clock)
        let release = Seen()
        let worker = worker(
            outbox, database,
            OutboxHandler(topic: "slow") { [seen] _ in
                seen.note("slow")
                await release.wait(for: 1)
                seen.note("slow done")
            },
            OutboxHandler(topic: "t") { [seen] in seen.note($0.payload.text) })
        try await withThrowingTaskGroup { group in
            group.addTask { try await worker.run() }
            try await database.write { try outbox.post(topic: "slow", key: "a", payload: .null, in: $0) }
            await seen.wait(for: 1)
            try await post(outbox, database, ("a", 1))
            await seen.wait(for: 2)
            try await post(outbox, database, ("a", 2))
            await seen.wait(for: 3)
            #expect(seen.notes == ["slow", "1", "2"])
            release.note("go")
            await seen.wait(for: 4)
            group.cancelAll()
        }
    }
}
