import Alarms
import Identity
import Kernel
import Schedules
import Storage

/// B5.1.3 流程告警: jobs that fail again and again or do not end, and nodes that fall silent, are alarms; who is told by short message or e-mail is a push rule of that kind of alarm.
struct JobAlerts: Sendable {
    let platform: Platform
    static let failing = AlarmKind("jobFailing", "定时任务连续失败", "Job keeps failing", grade: .heavier, mergeWindow: 86_400, closesItself: true)
    static let late = AlarmKind("jobLate", "定时任务超时", "Job does not end", grade: .ordinary, mergeWindow: 86_400, closesItself: true)
    static let lost = AlarmKind("nodeLost", "节点失联", "Node lost", grade: .heavier, mergeWindow: 86_400, closesItself: true)
    static let kinds = [failing, late, lost]
    private static let failures = 2
    private static let lateMinutes = 60
    private static let person = Principal.system("任务监测")

    var jobs: [JobDeclaration] {
        [
            JobDeclaration("jobAlerts", "定时任务与节点监测", every: 30) { context in
                let (raised, cleared) = try await look()
                if raised + cleared > 0 { context.note("报警 \(raised) 项，恢复 \(cleared) 项") }
            },
            JobDeclaration("jobSweep", "清理定时任务的执行记录", dailyAt: 225) { context in
                let count = try await platform.database.write { [book = platform.jobs] in try book.forget(in: $0) }
                context.note("清理 \(count) 条")
            },
        ]
    }

    /// - Returns: alarms raised, and alarms that ended.
    func look() async throws -> (raised: Int, cleared: Int) {
        let now = platform.clock.now
        return try await platform.database.write { [platform] tx in
            let jobs = try platform.jobs.troubles(failures: Self.failures, lateMinutes: Self.lateMinutes, tx)
                .map { StandingAlarms.Trouble(kind: $0.kind == .failing ? Self.failing : Self.late, subject: $0.title, text: $0.text) }
            let lost = try platform.nodes.nodes(tx).filter { $0.state(at: now) == .lost && now < $0.seenAt.adding(seconds: 7 * 86_400) }
                .map { StandingAlarms.Trouble(kind: Self.lost, subject: $0.name, text: "最近心跳 \($0.seenAt.text)") }
            return try StandingAlarms(platform: platform, kinds: Self.kinds, person: Self.person).settle(jobs + lost, in: tx)
        }
    }
}
