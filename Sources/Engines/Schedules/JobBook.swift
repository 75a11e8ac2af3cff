import Identity
import Kernel
import Storage
import Synchronization

/// What runs by the clock, for the operators' page: every job with its rhythm, its last run and its next, runs on demand, and what is not well (B5.1.3).
package final class JobBook: Sendable {
    private let database: any Database
    package let clock: Clock
    private let declared = Mutex<[JobDeclaration]>([])

    package init(database: any Database, clock: Clock) {
        self.database = database
        self.clock = clock
    }

    /// Once, when the scheduler is made.
    package func declare(_ jobs: [JobDeclaration]) { declared.withLock { $0 = jobs } }

    package var jobs: [JobDeclaration] { declared.withLock { $0 } }

    package func job(_ name: String) -> JobDeclaration? { jobs.first { $0.name == name } }

    /// The last run of every job.
    package func last(_ reader: any Reader) throws -> [String: JobRun] {
        let rows = try reader.rows("SELECT * FROM job_runs WHERE id IN (SELECT max(id) FROM job_runs GROUP BY job)")
        return Dictionary(rows.map { ($0.text("job") ?? "", JobRun($0)) }, uniquingKeysWith: { first, _ in first })
    }

    /// Asks for a run outside the rhythm, on whichever node leads; within a second.
    ///
    /// - Throws: `.notFound` when no such job is declared.
    package func runNow(_ name: String, audit: AuditTrail, by principal: Principal) async throws {
        guard let job = job(name) else { throw Failure.notFound("该定时任务") }
        let now = clock.now
        try await database.write { tx in
            try tx.execute(
                """
                INSERT INTO jobs (name, due_at, requested_at) VALUES (\(name), \(job.rhythm.latestDue(at: now)), \(now)) ON CONFLICT (name) DO UPDATE SET requested_at = excluded.requested_at
                """)
            try audit.record(AuditEntry("run", "job", name, "立即执行任务“\(job.title)”"), by: principal, in: tx)
        }
    }

    // MARK: What is not well

    package struct Trouble: Sendable, Equatable {
        package enum Kind: String, Sendable { case failing, late }

        package var kind: Kind
        package var job: String
        package var title: String
        package var text: String
    }

    /// Jobs whose last runs all failed, and runs that take far longer than their rhythm allows.
    ///
    /// - Parameter failures: how many failed runs in a row are a trouble.
    package func troubles(failures: Int, lateMinutes: Int, _ reader: any Reader) throws -> [Trouble] {
        let now = clock.now
        let since = now.adding(seconds: -3 * 86_400)
        var found: [Trouble] = []
        for row in try reader.rows("SELECT DISTINCT job FROM job_runs WHERE state = 'failed' AND started_at > \(since)") {
            guard let name = row[0].text, let job = job(name) else { continue }
            let runs = try reader.rows("SELECT * FROM job_runs WHERE job = \(name) AND state IN ('done', 'failed') ORDER BY id DESC LIMIT \(failures)").map { JobRun($0) }
            guard runs.count == failures, runs.allSatisfy({ $0.state == .failed }) else { continue }
            found.append(Trouble(kind: .failing, job: name, title: job.title, text: "连续 \(failures) 次失败：\(runs.first?.note ?? "没有说明")"))
        }
        let limit = now.adding(seconds: -Int64(lateMinutes) * 60)
        for run in try reader.rows("SELECT * FROM job_runs WHERE state IN ('running', 'queued') AND started_at < \(limit) AND started_at > \(since) ORDER BY id LIMIT 100").map({
            JobRun($0)
        }) {
            guard let job = job(run.job) else { continue }
            let minutes = Int(now.seconds(since: run.startedAt) / 60)
            found.append(Trouble(kind: .late, job: run.job, title: job.title, text: run.state == .queued ? "等待 \(minutes) 分钟仍没有节点执行" : "已运行 \(minutes) 分钟仍未结束"))
        }
        return found
    }

    /// Takes runs away that tell nothing any more: good ones of jobs that come often after two days, others after ninety.
    ///
    /// - Returns: how many.
    package func forget(in tx: any Transaction) throws -> Int {
        let now = clock.now
        let often = jobs.filter { if case .every(let seconds) = $0.rhythm { seconds < 3600 } else { false } }.map(\.name)
        let gone = try tx.execute("DELETE FROM job_runs WHERE started_at < \(now.adding(seconds: -90 * 86_400))")
        return gone + (try tx.execute("DELETE FROM job_runs WHERE state = 'done' AND started_at < \(now.adding(seconds: -2 * 86_400)) AND job IN (\(list: often))"))
    }
}
