import Identity
import Kernel
import Logging
import ServiceLifecycle
import Storage
import Synchronization

/// Runs what users wait for beside their requests: two at a time, with progress, cancelling, and a result to download.
///
/// A task lives in this process; when the server stops it is failed at the next start, with a sentence that says so.
package final class LongTasks: Service {
    /// One row is one task.
    package static let tables: [Table] = [
        Table(
            "tasks",
            columns: [
                Column("kind", .text, required: true), Column("title", .text, required: true), Column("owner", .integer, required: true),
                Column("owner_name", .text, required: true),
                Column("organisation", .integer), Column("state", .text, required: true), Column("progress", .integer, required: true, fallback: .int(0)),
                Column("total", .integer), Column("message", .text),
                Column("result_blob", .text), Column("result_name", .text), Column("created_at", .integer, required: true), Column("started_at", .integer),
                Column("ended_at", .integer),
                Column("node", .text, required: true),
            ],
            indexes: [Index("owner", "id"), Index("state", where: "ended_at IS NULL"), Index("ended_at")]
        )
    ]

    package typealias Body = @Sendable (LongTaskContext) async throws -> LongTaskResult

    private struct Waiting: Sendable {
        let id: Int64
        let body: Body
    }

    private struct State: Sendable {
        var waiting: [Waiting] = []
        /// Rings when a running task is to be cancelled.
        var cancels: [Int64: Bell] = [:]
    }

    private let database: any Database
    private let node: String
    private let workers: Int
    private let waitingLimit: Int
    private let clock: Clock
    private let logger: Logger
    private let bell = Bell()
    private let state = Mutex(State())

    /// - Parameters:
    ///   - node: as for `Leadership`; tasks of this node are failed when it starts again.
    ///   - waitingLimit: queued tasks beyond which a user is refused.
    package init(on database: any Database, node: String, workers: Int = 2, waitingLimit: Int = 50, clock: Clock = .system, logger: Logger) {
        self.database = database
        self.node = node
        self.workers = max(1, workers)
        self.waitingLimit = waitingLimit
        self.clock = clock
        self.logger = logger
    }

    /// Queues a task.
    ///
    /// - Returns: its id, for the page that shows progress.
    /// - Throws: `Failure` `.tooMany` `JW-J002` when too many wait.
    package func start(kind: String, title: String, for principal: Principal, total: Int? = nil, _ body: @escaping Body) async throws -> Int64 {
        guard state.withLock({ $0.waiting.count < waitingLimit }) else { throw Failure(.tooMany, "JW-J002", "排队中的任务过多，请稍后再试") }
        let (now, node) = (clock.now, node)
        let id = try await database.write { tx in
            try tx.insert(
                """
                INSERT INTO tasks (kind, title, owner, owner_name, organisation, state, total, created_at, node)
                VALUES (\(kind), \(title), \(principal.id), \(principal.name), \(principal.organisation), 'queued', \(total), \(now), \(node))
                """)
        }
        // What who asked has written is seen by the task, too.
        let freshness = Freshness.current
        state.withLock { $0.waiting.append(Waiting(id: id) { context in try await Freshness.$current.withValue(freshness) { try await body(context) } }) }
        bell.ring()
        return id
    }

    /// Ends a task that is queued or running; one that has ended stays as it is.
    ///
    /// - Throws: `.notFound` when there is none that this principal may see.
    package func cancel(_ id: Int64, by principal: Principal) async throws {
        guard try await task(id, for: principal) != nil else { throw Failure.notFound("该任务") }
        let now = clock.now
        try await database.write {
            try $0.execute("UPDATE tasks SET state = 'cancelled', ended_at = \(now), message = \("已由\(principal.name)取消") WHERE id = \(id) AND state IN ('queued', 'running')")
        }
        state.withLock { state in
            state.waiting.removeAll { $0.id == id }
            state.cancels[id]?.ring()
        }
    }

    /// - Returns: nil when there is none, or it is another user's and the principal lacks `task.manage`.
    package func task(_ id: Int64, for principal: Principal) async throws -> LongTask? {
        let task = try await database.read { try $0.first("SELECT * FROM tasks WHERE id = \(id)").map(LongTask.init) }
        return task.flatMap { $0.owner == principal.id || principal.may("task.manage") ? $0 : nil }
    }

    /// The principal's own tasks, newest first.
    package func tasks(of principal: Principal, limit: Int = 50) async throws -> [LongTask] {
        try await database.read { try $0.rows("SELECT * FROM tasks WHERE owner = \(principal.id) ORDER BY id DESC LIMIT \(limit)").map(LongTask.init) }
    }

    /// Forgets tasks that ended before `moment`.
    ///
    /// - Returns: the result blobs nobody needs any more.
    package func prune(before moment: Moment) async throws -> [String] {
        try await database.write { tx in
            let blobs = try tx.rows("SELECT DISTINCT result_blob FROM tasks WHERE ended_at < \(moment) AND result_blob IS NOT NULL").compactMap { $0[0].text }
            try tx.execute("DELETE FROM tasks WHERE ended_at < \(moment)")
            return try blobs.filter { try tx.count("SELECT COUNT(*) FROM tasks WHERE result_blob = \($0)") == 0 }
        }
    }

    package func run() async throws {
        try await failInterrupted()
        bell.ring()
        await withTaskGroup(of: Void.self) { group in
            var count = 0
            for await _ in bell.rings.cancelOnGracefulShutdown() {
                while let next = take() {
                    if count == workers {
                        await group.next()
                        count -= 1
                    }
                    group.addTask { await cancelWhenGracefulShutdown { await self.execute(next) } }
                    count += 1
                }
            }
            group.cancelAll()
        }
    }

    /// Runs all that waits to its end; what tests call instead of running the service.
    package func runWaiting() async {
        while let next = take() { await execute(next) }
    }

    /// Tasks that were queued or running when this node last stopped.
    package func failInterrupted() async throws {
        let (now, node) = (clock.now, node)
        let known = state.withLock { $0.waiting.map(\.id) }
        try await database.write { tx in
            try tx.execute(
                "UPDATE tasks SET state = 'failed', ended_at = \(now), message = '服务重启，任务已中断，请重新发起' WHERE node = \(node) AND state IN ('queued', 'running') AND id NOT IN (\(list: known.isEmpty ? [0] : known))"
            )
        }
    }

    private func take() -> Waiting? { state.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() } }

    private func execute(_ waiting: Waiting) async {
        let (id, started) = (waiting.id, clock.now)
        let cancel = Bell()
        state.withLock { $0.cancels[id] = cancel }
        defer { state.withLock { $0.cancels[id] = nil } }
        do {
            guard try await database.write({ try $0.execute("UPDATE tasks SET state = 'running', started_at = \(started) WHERE id = \(id) AND state = 'queued'") }) == 1 else {
                return
            }
            let result = try await race(waiting, cancel)
            try await end(id, .done, result)
        } catch is CancellationError {
            await settle(id, "任务已中断")
        } catch let failure as Failure {
            logger.warning("task failed", metadata: ["task": "\(id)", "error": "\(failure)"])
            await settle(id, failure.message)
        } catch {
            logger.error("task failed", metadata: ["task": "\(id)", "error": "\(error)"])
            await settle(id, "任务执行失败，请联系管理员")
        }
    }

    /// The body against the user's wish to cancel it.
    private func race(_ waiting: Waiting, _ cancel: Bell) async throws -> LongTaskResult {
        let progress = LongTaskProgress(waiting.id, on: database, clock: clock)
        return try await withThrowingTaskGroup(of: LongTaskResult.self) { group in
            group.addTask { try await waiting.body(LongTaskContext(id: waiting.id) { try await progress.report($0, of: $1, $2) }) }
            group.addTask {
                for await _ in cancel.rings { break }
                throw CancellationError()
            }
            defer { group.cancelAll() }
            guard let result = try await group.next() else { throw CancellationError() }
            try await progress.flush()
            return result
        }
    }

    private func end(_ id: Int64, _ state: LongTask.State, _ result: LongTaskResult) async throws {
        let now = clock.now
        try await database.write { tx in
            try tx.execute(
                """
                UPDATE tasks SET state = \(state.rawValue), ended_at = \(now), message = \(result.message), result_blob = \(result.blob), result_name = \(result.name),
                progress = CASE WHEN total IS NULL OR state <> 'running' THEN progress ELSE total END WHERE id = \(id) AND state = 'running'
                """)
        }
    }

    /// Fails a task that was not cancelled by its user.
    private func settle(_ id: Int64, _ message: String) async {
        let now = clock.now
        do {
            try await database.write { try $0.execute("UPDATE tasks SET state = 'failed', ended_at = \(now), message = \(message) WHERE id = \(id) AND state = 'running'") }
        } catch {
            logger.error("the end of a task could not be written", metadata: ["task": "\(id)", "error": "\(error)"])
        }
    }
}

/// Writes one task's progress, at most twice a second.
private final class LongTaskProgress: Sendable {
    private struct Last: Sendable {
        var writtenAt = Moment(milliseconds: 0)
        var unwritten: (progress: Int, total: Int?, message: String?)?
    }

    private let id: Int64
    private let database: any Database
    private let clock: Clock
    private let last = Mutex(Last())

    init(_ id: Int64, on database: any Database, clock: Clock) {
        self.id = id
        self.database = database
        self.clock = clock
    }

    func report(_ progress: Int, of total: Int?, _ message: String?) async throws {
        let now = clock.now
        let isDue = last.withLock { last in
            last.unwritten = (progress, total, message)
            return now.milliseconds - last.writtenAt.milliseconds >= 500
        }
        if isDue { try await flush() }
    }

    func flush() async throws {
        let now = clock.now
        let report = last.withLock { last in
            let report = last.unwritten
            last.unwritten = nil
            last.writtenAt = now
            return report
        }
        guard let report else { return }
        let id = id
        let changed = try await database.write { tx in
            try tx.execute(
                "UPDATE tasks SET progress = \(report.progress), total = COALESCE(\(report.total), total), message = COALESCE(\(report.message), message) WHERE id = \(id) AND state = 'running'"
            )
        }
        // Cancelled on another node.
        guard changed == 1 else { throw CancellationError() }
    }
}
