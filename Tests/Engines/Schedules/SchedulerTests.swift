import Kernel
import Schedules
import Storage
import Testing

@Suite("定时任务")
struct SchedulerTests {
    let time = TestTime()
    let seen = Seen()

    func scheduler(_ database: any Database, node: String = "n1", _ jobs: [JobDeclaration]) -> Scheduler {
        Scheduler(jobs, on: database, leadership: Leadership(node: node, on: database, clock: time.clock), clock: time.clock, waker: Schedule.never, logger: Schedule.quiet)
    }

    @Test(
        "最近与下一次应执行的时刻",
        arguments: [
            (JobDeclaration.Rhythm.every(seconds: 600), "2026-11-21 08:07:30", "2026-11-21 08:00:00", "2026-11-21 08:10:00"),
            (.daily(minute: 30), "2026-11-21 08:00:00", "2026-11-21 00:30:00", "2026-11-22 00:30:00"),
            (.daily(minute: 540), "2026-11-21 08:00:00", "2026-11-20 09:00:00", "2026-11-21 09:00:00"),
            (.daily(minute: 480), "2026-11-21 08:00:00", "2026-11-21 08:00:00", "2026-11-22 08:00:00"),
        ])
    func rhythm(_ rhythm: JobDeclaration.Rhythm, _ now: String, _ latest: String, _ next: String) throws {
        let now = try #require(Moment(parsing: now))
        #expect(rhythm.latestDue(at: now).text == latest)
        #expect(rhythm.nextDue(after: now).text == next)
    }

    @Test("按节奏执行；错过多次只补一次，并标明应执行的时刻")
    func runs() async throws {
        let database = try await Schedule.database()
        let scheduler = scheduler(
            database,
            [
                JobDeclaration("often", "十分钟", every: 600) { [seen] in seen.note("often \($0.dueAt.text)") },
                JobDeclaration("daily", "每日九点", dailyAt: 540) { [seen] in seen.note("daily \($0.dueAt.text)") },
            ])
        #expect(await scheduler.runDue() == ["often"])
        #expect(await scheduler.runDue() == [])
        time.advance(seconds: 600)
        #expect(await scheduler.runDue() == ["often"])
        time.advance(seconds: 3 * 86_400)
        #expect(await scheduler.runDue() == ["often", "daily"])
        #expect(seen.notes.contains("daily 2026-11-23 09:00:00"))
        #expect(await scheduler.runDue() == [])
    }

    @Test("失败被记录，不影响其他任务")
    func failures() async throws {
        let database = try await Schedule.database()
        let scheduler = scheduler(
            database,
            [
                JobDeclaration("bad", "坏任务", every: 60) { _ in throw Failure(.unavailable, "T", "对方不可用") },
                JobDeclaration("good", "好任务", every: 60) { $0.note("清理 3 行") },
            ])
        #expect(await scheduler.runDue() == ["bad", "good"])
        let runs = try await database.read { try Scheduler.history($0) }
        #expect(runs.map(\.job).sorted() == ["bad", "good"])
        #expect(runs.first { $0.job == "bad" }?.state == .failed)
        #expect(runs.first { $0.job == "bad" }?.note == "对方不可用")
        #expect(runs.first { $0.job == "good" }?.state == .done)
        #expect(runs.first { $0.job == "good" }?.note == "清理 3 行")
        time.advance(seconds: 60)
        #expect(await scheduler.runDue() == ["bad", "good"])
    }

    @Test("手工执行")
    func manual() async throws {
        let database = try await Schedule.database()
        let scheduler = scheduler(database, [JobDeclaration("daily", "每日", dailyAt: 0) { [seen] _ in seen.note("ran") }])
        #expect(await scheduler.runDue() == [])
        try await scheduler.runNow("daily")
        #expect(await scheduler.runDue() == ["daily"])
        #expect(await scheduler.runDue() == [])
        #expect(try await database.read { try Scheduler.history(of: "daily", $0) }.map(\.isManual) == [true])
        await #expect(throws: Failure.self) { try await scheduler.runNow("unknown") }
    }

    @Test("只有主节点执行；主节点失联后由另一节点接替，旧任务记为中断")
    func leadership() async throws {
        let database = try await Schedule.database()
        let jobs = [JobDeclaration("often", "每分", every: 60) { [seen] _ in seen.note("ran") }]
        let first = scheduler(database, node: "n1", jobs)
        let second = scheduler(database, node: "n2", jobs)
        #expect(await first.runDue() == ["often"])
        try await database.write { try $0.execute("UPDATE job_runs SET state = 'running', ended_at = NULL") }
        time.advance(seconds: 10)
        #expect(await second.runDue() == [])
        time.advance(seconds: 60)
        #expect(await second.runDue() == ["often"])
        #expect(await first.runDue() == [])
        let states = try await database.read { try Scheduler.history($0) }.map(\.state)
        #expect(states == [.done, .interrupted])
    }

    @Test("任期防护：失去租约的节点在事务内被拒绝")
    func fencing() async throws {
        let database = try await Schedule.database()
        let first = Leadership(node: "n1", on: database, clock: time.clock)
        let second = Leadership(node: "n2", on: database, clock: time.clock)
        #expect(try await first.renew() == (true, true))
        #expect(try await first.renew() == (true, false))
        #expect(try await second.renew() == (false, false))
        time.advance(seconds: 20)
        #expect(!first.isLeader)
        #expect(try await second.renew() == (true, true))
        #expect(second.term == 2)
        await #expect(throws: Failure.self) { try await database.write { try first.require(in: $0) } }
        try await database.write { try second.require(in: $0) }
        try await second.release()
        #expect(try await first.renew() == (true, true))
        let restarted = Leadership(node: "n1", on: database, clock: time.clock)
        #expect(try await restarted.renew() == (true, true))
        #expect(restarted.term == 4)
    }

    @Test("作为服务运行，手工请求立即执行")
    func service() async throws {
        let database = try await Schedule.database()
        let scheduler = scheduler(
            database,
            [
                JobDeclaration("often", "每分", every: 60) { [seen] _ in seen.note("often") },
                JobDeclaration("daily", "每日", dailyAt: 0) { [seen] _ in seen.note("daily") },
            ])
        await withTaskGroup { group in
            group.addTask { try? await scheduler.run() }
            await seen.wait(for: 1)
            try? await scheduler.runNow("daily")
            await seen.wait(for: 2)
            group.cancelAll()
        }
        #expect(seen.notes == ["often", "daily"])
    }
}
