import Identity
import Kernel
import Schedules
import Storage
import Testing

@Suite("定时任务")
struct SchedulerTests {
    let time = TestTime()
    let seen = Seen()

    func scheduler(_ database: any Database, node: String = "n1", waker: Waker = Schedule.never, _ jobs: [JobDeclaration]) -> Scheduler {
        Scheduler(jobs, on: database, leadership: Leadership(node: node, on: database, clock: time.clock), clock: time.clock, waker: waker, logger: Schedule.quiet)
    }

    /// Asks as the page does.
    private func ask(_ name: String, of scheduler: Scheduler, on database: any Database) async throws {
        let book = JobBook(database: database, clock: time.clock)
        book.declare(scheduler.jobs)
        try await book.runNow(name, audit: AuditTrail(clock: .system), by: .system())
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
        let database = try await Schedule.audited()
        let scheduler = scheduler(database, [JobDeclaration("daily", "每日", dailyAt: 0) { [seen] _ in seen.note("ran") }])
        #expect(await scheduler.runDue() == [])
        try await ask("daily", of: scheduler, on: database)
        #expect(await scheduler.runDue() == ["daily"])
        #expect(await scheduler.runDue() == [])
        #expect(try await database.read { try Scheduler.history(of: "daily", $0) }.map(\.isManual) == [true])
        await #expect(throws: Failure.self) { try await ask("unknown", of: scheduler, on: database) }
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
        let database = try await Schedule.audited()
        let scheduler = scheduler(
            database,
            waker: Waker { _ in
                try Task.checkCancellation()
                await Task.yield()
            },
            [
                JobDeclaration("often", "每分", every: 60) { [seen] _ in seen.note("often") },
                JobDeclaration("daily", "每日", dailyAt: 0) { [seen] _ in seen.note("daily") },
            ])
        await withTaskGroup { group in
            group.addTask { try? await scheduler.run() }
            await seen.wait(for: 1)
            try? await ask("daily", of: scheduler, on: database)
            await seen.wait(for: 2)
            group.cancelAll()
        }
        #expect(seen.notes == ["often", "daily"])
    }
}

@Suite("B5.1.4 节点, B5.1.5 工作分组, B5.1.3 流程告警")
struct NodeTests {
    let time = TestTime()
    let seen = Seen()
    private static let audit = AuditTrail(clock: .system)

    private func job(_ node: String) -> [JobDeclaration] { [JobDeclaration("heavy", "报表计算", every: 600) { [seen] _ in seen.note(node) }] }

    private func scheduler(_ database: any Database, _ node: String) -> Scheduler {
        Scheduler(job(node), on: database, leadership: Leadership(node: node, on: database, clock: time.clock), clock: time.clock, waker: Schedule.never, logger: Schedule.quiet)
    }

    private func database() async throws -> any Database { try await Schedule.audited() }

    @Test func `a job of a group is done by a node of the group, whoever leads`() async throws {
        let database = try await database()
        let book = NodeBook(database: database, clock: time.clock)
        for node in ["a", "b"] { try await book.begin(node, version: "1") }
        try await book.keep("计算", note: "", audit: Self.audit, by: .system())
        try await book.place(node: "b", in: "计算", audit: Self.audit, by: .system())
        try await book.place(job: "heavy", title: "报表计算", in: "计算", audit: Self.audit, by: .system())
        let (a, b) = (scheduler(database, "a"), scheduler(database, "b"))
        _ = await a.runDue()
        #expect(seen.notes == [])
        #expect(try await database.read { try Scheduler.history($0) }.map(\.state) == [.queued])
        _ = await b.runDue()
        #expect(seen.notes == ["b"])
        let run = try #require(try await database.read { try Scheduler.history($0) }.first)
        #expect(run.state == .done && run.node == "b" && run.group == "计算")
        // Not twice, and again at its next time.
        _ = await b.runDue()
        #expect(seen.notes == ["b"])
        time.advance(seconds: 600)
        for node in ["a", "b"] { try await book.beat(node) }
        _ = await a.runDue()
        _ = await b.runDue()
        #expect(seen.notes == ["b", "b"])
    }

    @Test func `without a node of the group the leader does it; a run of a lost node is over`() async throws {
        let database = try await database()
        let book = NodeBook(database: database, clock: time.clock)
        for node in ["a", "b"] { try await book.begin(node, version: "1") }
        try await book.keep("计算", note: "", audit: Self.audit, by: .system())
        try await book.place(node: "b", in: "计算", audit: Self.audit, by: .system())
        try await book.place(job: "heavy", title: "报表计算", in: "计算", audit: Self.audit, by: .system())
        try await database.write { tx in
            _ = try tx.execute(
                "INSERT INTO job_runs (job, due_at, started_at, state, node, term, is_manual, group_name) VALUES ('heavy', \(time.clock.now), \(time.clock.now), 'running', 'b', 1, 0, '计算')"
            )
        }
        time.advance(seconds: 120)
        try await book.beat("a")
        _ = await scheduler(database, "a").runDue()
        #expect(seen.notes == ["a"])
        #expect(try await database.read { try Scheduler.history($0) }.map(\.state) == [.done, .interrupted])
    }

    @Test func `what is not well: failing twice in a row, running too long, waiting for nobody`() async throws {
        let database = try await database()
        let book = JobBook(database: database, clock: time.clock)
        book.declare([JobDeclaration("heavy", "报表计算", every: 600) { _ in }, JobDeclaration("other", "清理", every: 60) { _ in }])
        func run(_ job: String, _ state: String, minutesAgo: Int64) async throws {
            let at = time.clock.now.adding(seconds: -60 * minutesAgo)
            try await database.write { tx in
                _ = try tx.execute(
                    "INSERT INTO job_runs (job, due_at, started_at, ended_at, state, node, term, is_manual, note) VALUES (\(job), \(at), \(at), \(at), \(state), 'a', 1, 0, '对方不可用')"
                )
            }
        }
        func troubles() async throws -> [String] {
            try await database.read { try book.troubles(failures: 2, lateMinutes: 60, $0) }.map { "\($0.kind.rawValue) \($0.title)" }
        }
        try await run("heavy", "done", minutesAgo: 30)
        try await run("heavy", "failed", minutesAgo: 20)
        #expect(try await troubles() == [])
        try await run("heavy", "failed", minutesAgo: 10)
        #expect(try await troubles() == ["failing 报表计算"])
        try await run("heavy", "done", minutesAgo: 5)
        #expect(try await troubles() == [])
        try await run("other", "running", minutesAgo: 90)
        #expect(try await troubles() == ["late 清理"])
    }

    @Test func `good runs of what comes often are forgotten after two days, failures after ninety`() async throws {
        let database = try await database()
        let book = JobBook(database: database, clock: time.clock)
        book.declare([JobDeclaration("often", "每分钟", every: 60) { _ in }, JobDeclaration("daily", "每日", dailyAt: 60) { _ in }])
        for (job, state, days) in [("often", "done", 3), ("often", "done", 1), ("often", "failed", 3), ("daily", "done", 3), ("daily", "failed", 100)] {
            let at = time.clock.now.adding(seconds: -86_400 * Int64(days))
            try await database.write { tx in
                _ = try tx.execute("INSERT INTO job_runs (job, due_at, started_at, state, node, term, is_manual) VALUES (\(job), \(at), \(at), \(state), 'a', 1, 0)")
            }
        }
        #expect(try await database.write { try book.forget(in: $0) } == 2)
        #expect(try await database.read { try Scheduler.history($0) }.count == 3)
    }

    @Test func `a node that is there cannot be removed; groups that do not exist are refused`() async throws {
        let database = try await database()
        let book = NodeBook(database: database, clock: time.clock)
        try await book.begin("a", version: "1")
        func code(_ body: () async throws -> Void) async -> String? {
            do { try await body() } catch { return (error as? Failure)?.code }
            return nil
        }
        #expect(await code { try await book.forget("a", audit: Self.audit, by: .system()) } == "JW-J003")
        #expect(await code { try await book.place(node: "a", in: "没有", audit: Self.audit, by: .system()) } == "JW-K422")
        #expect(await code { try await book.keep("", note: "", audit: Self.audit, by: .system()) } == "JW-K422")
        try await book.end("a")
        #expect(await code { try await book.forget("a", audit: Self.audit, by: .system()) } == nil)
        #expect(try await database.read { try book.nodes($0) } == [])
    }
}
