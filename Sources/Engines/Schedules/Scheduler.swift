import Kernel
import Logging
import ServiceLifecycle
import Storage
import Synchronization

/// Runs declared jobs on the node that leads. A job that throws is recorded and comes again at its next time; it never stops another. A time missed while nothing ran is made up for once.
package final class Scheduler: Service {
    /// `jobs`: one row is one job and the last time it was taken on; `job_runs`: one row is one run.
    package static let tables: [Table] = [
        Table(
            "jobs",
            key: ["name"],
            columns: [Column("name", .text), Column("due_at", .integer, required: true), Column("requested_at", .integer)],
            isClustered: true
        ),
        Table(
            "job_runs",
            columns: [
                Column("job", .text, required: true), Column("due_at", .integer, required: true), Column("started_at", .integer, required: true), Column("ended_at", .integer),
                Column("state", .text, required: true), Column("note", .text), Column("node", .text, required: true), Column("term", .integer, required: true),
                Column("is_manual", .integer, required: true), Column("group_name", .text),
            ],
            indexes: [Index("job", "id"), Index("started_at"), Index("state", where: "state = 'running'"), Index("id", where: "state = 'queued'")]
        ),
    ]

    package let jobs: [JobDeclaration]
    private let database: any Database
    private let leadership: Leadership
    private let clock: Clock
    private let waker: Waker
    private let logger: Logger
    private let bell = Bell()
    private let running = Mutex<Set<String>>([])

    package init(_ jobs: [JobDeclaration], on database: any Database, leadership: Leadership, clock: Clock = .system, waker: Waker = .system, logger: Logger) {
        let names = jobs.map(\.name)
        precondition(Set(names).count == names.count, "two jobs with one name: \(names)")
        self.jobs = jobs
        self.database = database
        self.leadership = leadership
        self.clock = clock
        self.waker = waker
        self.logger = logger
    }

    package func run() async throws {
        bell.ring()
        await withDiscardingTaskGroup { group in
            group.addTask { await cancelWhenGracefulShutdown { await self.tick() } }
            for await _ in bell.rings.cancelOnGracefulShutdown() {
                for claim in await claimDue() + claimQueued() { group.addTask { await self.execute(claim) } }
            }
            group.cancelAll()
        }
        do {
            try await leadership.release()
        } catch {
            logger.warning("the lease could not be released", metadata: ["error": "\(error)"])
        }
    }

    /// Runs all that is due now to its end; what tests and the command line call.
    ///
    /// - Returns: the names that ran, in order of declaration.
    @discardableResult
    package func runDue() async -> [String] {
        let claims = await claimDue() + claimQueued()
        await withDiscardingTaskGroup { group in
            for claim in claims { group.addTask { await self.execute(claim) } }
        }
        return claims.map(\.job.name)
    }

    /// The last runs, newest first; of one job when a name is given.
    package static func history(of name: String? = nil, limit: Int = 50, _ reader: any Reader) throws -> [JobRun] {
        try runs(where: name.map { "job = \($0)" } ?? "1 = 1", limit: limit, reader)
    }

    /// Runs of a condition, newest first.
    package static func runs(where condition: SQL, limit: Int, _ reader: any Reader) throws -> [JobRun] {
        try reader.rows("SELECT * FROM job_runs WHERE \(condition) ORDER BY id DESC LIMIT \(limit)").map(JobRun.init)
    }

    private func tick() async {
        while (try? await waker.sleep(for: .seconds(1))) != nil { bell.ring() }
    }

    // MARK: Taking on

    /// Takes on what is due, in a transaction that a node without the lease cannot make.
    private func claimDue() async -> [JobClaim] {
        do {
            let (isLeader, isNew) = try await leadership.renew()
            guard isLeader else { return [] }
            let now = clock.now
            let free = jobs.filter { job in running.withLock { !$0.contains(job.name) } }
            let (jobs, leadership) = (jobs, leadership)
            let claims = try await database.write { tx in
                try leadership.require(in: tx)
                if isNew { try Self.prepare(jobs, now, leadership, tx) }
                try Self.dropLost(now, tx)
                return try Self.claim(free, now, leadership, tx)
            }
            running.withLock { $0.formUnion(claims.map(\.job.name)) }
            return claims
        } catch {
            logger.error("jobs could not be taken on", metadata: ["error": "\(error)"])
            return []
        }
    }

    /// At the begin of a holding: runs of former holders are over, and jobs never seen get their first row.
    private static func prepare(_ jobs: [JobDeclaration], _ now: Moment, _ leadership: Leadership, _ tx: any Transaction) throws {
        // What another node of a group does goes on whoever leads.
        try tx.execute(
            "UPDATE job_runs SET state = 'interrupted', ended_at = \(now) WHERE state = 'running' AND term < \(leadership.term) AND (group_name IS NULL OR node = \(leadership.node))"
        )
        for job in jobs {
            let due = job.rhythm.latestDue(at: now)
            // A daily job waits for its hour; an interval begins at once.
            let first = if case .every = job.rhythm { Moment(milliseconds: due.milliseconds - 1) } else { due }
            try tx.execute("INSERT INTO jobs (name, due_at) VALUES (\(job.name), \(first)) ON CONFLICT DO NOTHING")
        }
    }

    private static func claim(_ jobs: [JobDeclaration], _ now: Moment, _ leadership: Leadership, _ tx: any Transaction) throws -> [JobClaim] {
        let rows = try tx.rows("SELECT name, due_at, requested_at FROM jobs")
        let groups = Dictionary(
            try tx.rows("SELECT job, group_name FROM job_groups").map { ($0.text("job") ?? "", $0.text("group_name") ?? "") }, uniquingKeysWith: { first, _ in first })
        // Of jobs of groups one run at a time, wherever it is.
        let elsewhere =
            groups.isEmpty ? [] : Set(try tx.rows("SELECT job FROM job_runs WHERE state IN ('running', 'queued') AND group_name IS NOT NULL").compactMap { $0[0].text })
        return try jobs.compactMap { job in
            guard let row = rows.first(where: { $0.text("name") == job.name }) else { return nil }
            let due = job.rhythm.latestDue(at: now)
            let isDue = row.moment("due_at").map { $0 < due } ?? true
            let isManual = !isDue && row.moment("requested_at") != nil
            guard isDue || isManual, !elsewhere.contains(job.name) else { return nil }
            try tx.execute("UPDATE jobs SET due_at = \(due), requested_at = NULL WHERE name = \(job.name)")
            if let group = groups[job.name] {
                try tx.execute(
                    """
                    INSERT INTO job_runs (job, due_at, started_at, state, node, term, is_manual, group_name) VALUES
                    (\(job.name), \(due), \(now), 'queued', '', \(leadership.term), \(isManual), \(group))
                    """)
                return nil
            }
            let run = try tx.insert(
                "INSERT INTO job_runs (job, due_at, started_at, state, node, term, is_manual) VALUES (\(job.name), \(due), \(now), 'running', \(leadership.node), \(leadership.term), \(isManual))"
            )
            return JobClaim(job: job, run: run, dueAt: due)
        }
    }

    /// Runs whose node has fallen silent are over.
    private static func dropLost(_ now: Moment, _ tx: any Transaction) throws {
        let lost = now.adding(seconds: -2 * NodeBook.quietSeconds)
        try tx.execute(
            """
            UPDATE job_runs SET state = 'interrupted', ended_at = \(now), note = '执行节点失联' WHERE state = 'running' AND group_name IS NOT NULL
            AND node IN (SELECT name FROM nodes WHERE seen_at < \(lost))
            """)
    }

    /// Takes on what waits for a node of this one's group; the leader also what waits for a group of which no node is there.
    private func claimQueued() async -> [JobClaim] {
        let (now, node, isLeader, jobs) = (clock.now, leadership.node, leadership.isLeader, jobs)
        let quiet = now.adding(seconds: -NodeBook.quietSeconds)
        let mine: SQL = "group_name IN (SELECT group_name FROM nodes WHERE name = \(node))"
        let orphaned: SQL =
            isLeader ? "OR group_name IS NULL OR group_name NOT IN (SELECT group_name FROM nodes WHERE group_name IS NOT NULL AND stopped_at IS NULL AND seen_at > \(quiet))" : ""
        do {
            let waiting = try await database.read { try $0.rows("SELECT id, job, due_at FROM job_runs WHERE state = 'queued' AND (\(mine) \(orphaned)) ORDER BY id LIMIT 20") }
            guard !waiting.isEmpty else { return [] }
            let claims = try await database.write { tx in
                try waiting.compactMap { row -> JobClaim? in
                    guard let id = row.int("id"), let job = jobs.first(where: { $0.name == row.text("job") }), let due = row.moment("due_at") else { return nil }
                    let taken = try tx.execute("UPDATE job_runs SET state = 'running', node = \(node), started_at = \(now) WHERE id = \(id) AND state = 'queued'")
                    return taken == 1 ? JobClaim(job: job, run: id, dueAt: due) : nil
                }
            }
            running.withLock { $0.formUnion(claims.map(\.job.name)) }
            return claims
        } catch {
            logger.error("jobs of the group could not be taken on", metadata: ["error": "\(error)"])
            return []
        }
    }

    // MARK: Running

    private func execute(_ claim: JobClaim) async {
        let notes = JobNotes()
        var logger = logger
        logger[metadataKey: "job"] = "\(claim.job.name)"
        var state = "done"
        do {
            try await claim.job.run(JobContext(run: claim.run, dueAt: claim.dueAt, clock: clock, logger: logger, notes: notes))
        } catch is CancellationError {
            state = "interrupted"
        } catch {
            state = "failed"
            notes.add((error as? Failure)?.message ?? "\(error)")
            logger.error("job failed", metadata: ["error": "\(error)"])
        }
        let (ended, note, outcome) = (clock.now, notes.text, state)
        do {
            try await database.write { try $0.execute("UPDATE job_runs SET ended_at = \(ended), state = \(outcome), note = \(note) WHERE id = \(claim.run)") }
        } catch {
            logger.error("the end of a job could not be written", metadata: ["error": "\(error)"])
        }
        _ = running.withLock { $0.remove(claim.job.name) }
    }
}

/// One run of a job, as kept.
package struct JobRun: Sendable {
    /// `interrupted`: the server stopped or lost its lease meanwhile.
    package enum State: String, Sendable, CaseIterable {
        /// Waits for a node of its group.
        case queued
        case running, done, failed, interrupted

        package var title: String {
            switch self {
            case .queued: "等待节点"
            case .running: "执行中"
            case .done: "成功"
            case .failed: "失败"
            case .interrupted: "中断"
            }
        }
    }

    package let id: Int64
    package let job: String
    package let dueAt: Moment
    package let startedAt: Moment
    package let endedAt: Moment?
    package let state: State
    package let note: String?
    package let isManual: Bool
    package let node: String
    package let group: String?

    init(_ row: Row) {
        node = row.text("node") ?? ""
        group = row.text("group_name")
        id = row.int("id") ?? 0
        job = row.text("job") ?? ""
        dueAt = row.moment("due_at") ?? Moment(milliseconds: 0)
        startedAt = row.moment("started_at") ?? Moment(milliseconds: 0)
        endedAt = row.moment("ended_at")
        state = row.text("state").flatMap(State.init) ?? .interrupted
        note = row.text("note")
        isManual = row.bool("is_manual")
    }
}

/// A run that this node has taken on.
struct JobClaim: Sendable {
    let job: JobDeclaration
    let run: Int64
    let dueAt: Moment
}

/// Sentences of one run, in order; 4,000 characters at most.
final class JobNotes: Sendable {
    private let lines = Mutex<[String]>([])

    func add(_ text: String) { lines.withLock { $0.append(text) } }
    var text: String? { lines.withLock { $0.isEmpty ? nil : String($0.joined(separator: "；").prefix(4000)) } }
}
