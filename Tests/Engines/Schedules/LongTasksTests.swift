import Identity
import Kernel
import Schedules
import Storage
import Testing

@Suite("导入导出任务")
struct LongTasksTests {
    let time = TestTime()
    let seen = Seen()

    static let owner = Principal(kind: .user, id: 7, login: "li", name: "李工", organisation: 3, permissions: [], scope: .everything)
    static let other = Principal(kind: .user, id: 8, login: "wang", name: "王工", permissions: [], scope: .everything)

    func tasks(_ database: any Database, waiting: Int = 50) -> LongTasks {
        LongTasks(on: database, node: "n1", waitingLimit: waiting, clock: time.clock, logger: Schedule.quiet)
    }

    @Test("从排队到完成，结果可下载")
    func completes() async throws {
        let tasks = tasks(try await Schedule.database())
        let id = try await tasks.start(kind: "ledger.export", title: "导出车辆", for: Self.owner, total: 10) { context in
            for row in 1...10 { try await context.progress(row) }
            return LongTaskResult(message: "共 10 行", blob: "abc", name: "车辆.xlsx")
        }
        let queued = try #require(try await tasks.task(id, for: Self.owner))
        #expect(queued.state == .queued)
        #expect(queued.organisation == 3)
        await tasks.runWaiting()
        let done = try #require(try await tasks.task(id, for: Self.owner))
        #expect(done.state == .done)
        #expect(done.percent == 100)
        #expect(done.message == "共 10 行")
        #expect(done.resultBlob == "abc")
        #expect(done.resultName == "车辆.xlsx")
        #expect(done.endedAt == time.clock.now)
    }

    @Test("只有本人和任务管理员看得到")
    func visibility() async throws {
        let tasks = tasks(try await Schedule.database())
        let id = try await tasks.start(kind: "k", title: "t", for: Self.owner) { _ in LongTaskResult() }
        #expect(try await tasks.task(id, for: Self.other) == nil)
        #expect(try await tasks.task(id, for: .system()) != nil)
        #expect(try await tasks.tasks(of: Self.other).isEmpty)
        #expect(try await tasks.tasks(of: Self.owner).map(\.id) == [id])
        await #expect(throws: Failure.self) { try await tasks.cancel(id, by: Self.other) }
    }

    @Test("失败说明原因，不外露内部错误")
    func failures() async throws {
        struct Inner: Error {}
        let tasks = tasks(try await Schedule.database())
        let known = try await tasks.start(kind: "k", title: "t", for: Self.owner) { _ in throw Failure(.invalid, "T", "表头不符", cause: "secret") }
        let unknown = try await tasks.start(kind: "k", title: "t", for: Self.owner) { _ in throw Inner() }
        await tasks.runWaiting()
        #expect(try await tasks.task(known, for: Self.owner)?.state == .failed)
        #expect(try await tasks.task(known, for: Self.owner)?.message == "表头不符")
        #expect(try await tasks.task(unknown, for: Self.owner)?.message == "任务执行失败，请联系管理员")
    }

    @Test("进度每秒最多写两次")
    func throttled() async throws {
        let database = try await Schedule.database()
        let tasks = tasks(database)
        let id = try await tasks.start(kind: "k", title: "t", for: Self.owner, total: 100) { [seen, time] context in
            for row in 1...3 {
                try await context.progress(row)
                seen.note("\(try await database.read { try $0.count("SELECT progress FROM tasks") })")
                if row == 2 { time.advance(seconds: 1) }
            }
            return LongTaskResult()
        }
        await tasks.runWaiting()
        #expect(seen.notes == ["1", "1", "3"])
        #expect(try await tasks.task(id, for: Self.owner)?.progress == 100)
    }

    @Test("取消排队中的与进行中的")
    func cancels() async throws {
        let database = try await Schedule.database()
        let tasks = tasks(database)
        let running = try await tasks.start(kind: "k", title: "t", for: Self.owner) { [seen] _ in
            seen.note("started")
            try await Schedule.never.sleep(for: .seconds(1))
            return LongTaskResult()
        }
        await withTaskGroup { group in
            group.addTask { try? await tasks.run() }
            await seen.wait(for: 1)
            try? await tasks.cancel(running, by: Self.owner)
            let next = try? await tasks.start(kind: "k", title: "t", for: Self.owner) { [seen] _ in
                seen.note("next")
                return LongTaskResult()
            }
            await seen.wait(for: 2)
            #expect(next != nil)
            group.cancelAll()
        }
        #expect(try await tasks.task(running, for: Self.owner)?.state == .cancelled)
        #expect(try await tasks.task(running, for: Self.owner)?.message == "已由李工取消")
        let queued = try await tasks.start(kind: "k", title: "t", for: Self.owner) { [seen] _ in
            seen.note("never")
            return LongTaskResult()
        }
        try await tasks.cancel(queued, by: Self.owner)
        await tasks.runWaiting()
        #expect(seen.notes == ["started", "next"])
        #expect(try await tasks.task(queued, for: Self.owner)?.state == .cancelled)
    }

    @Test("排队有上限；重启后中断的任务记为失败；过期任务清理并交出无用的结果文件")
    func limits() async throws {
        let database = try await Schedule.database()
        let before = tasks(database, waiting: 1)
        let id = try await before.start(kind: "k", title: "t", for: Self.owner) { _ in LongTaskResult() }
        let failure = await #expect(throws: Failure.self) { try await before.start(kind: "k", title: "t", for: Self.owner) { _ in LongTaskResult() } }
        #expect(failure?.code == "JW-J002")
        let after = tasks(database)
        try await after.failInterrupted()
        #expect(try await after.task(id, for: Self.owner)?.state == .failed)
        _ = try await after.start(kind: "k", title: "t", for: Self.owner) { _ in LongTaskResult(blob: "b1") }
        await after.runWaiting()
        time.advance(seconds: 10)
        #expect(try await after.prune(before: time.clock.now) == ["b1"])
        #expect(try await after.tasks(of: Self.owner).isEmpty)
    }
}
