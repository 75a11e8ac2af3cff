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

    /// - Returns: alarms raised or repeated, and alarms that ended.
    func look() async throws -> (raised: Int, cleared: Int) {
        let now = platform.clock.now
        return try await platform.database.write { [platform] tx in
            let troubles = try platform.jobs.troubles(failures: Self.failures, lateMinutes: Self.lateMinutes, tx)
            let lost = try platform.nodes.nodes(tx).filter { $0.state(at: now) == .lost && now < $0.seenAt.adding(seconds: 7 * 86_400) }
            var standing: Set<String> = []
            var raised = 0
            func raise(_ kind: AlarmKind, _ subject: String, _ text: String) throws {
                standing.insert(kind.name + "\u{0}" + subject)
                guard try open(kind.name, tx).contains(subject) == false else { return }
                let title = "\(subject)：\(text)"
                let signal = AlarmSignal(
                    kind: kind.name, org: nil, area: nil, subject: subject, occurredAt: now, title: String(title.prefix(200)), facts: ["text": .string(text)],
                    reasons: [AlarmReason(kind.name, String(text.prefix(200)))])
                _ = try platform.alarms.raise(signal, by: Self.person, in: tx)
                raised += 1
            }
            for trouble in troubles { try raise(trouble.kind == .failing ? Self.failing : Self.late, trouble.title, trouble.text) }
            for node in lost { try raise(Self.lost, node.name, "最近心跳 \(node.seenAt.text)") }
            var cleared = 0
            for kind in Self.kinds {
                for subject in try open(kind.name, tx) where !standing.contains(kind.name + "\u{0}" + subject) {
                    cleared += try platform.alarms.clear(kind: kind.name, subject: subject, org: nil, at: now, reason: "已恢复正常", in: tx).count
                }
            }
            return (raised, cleared)
        }
    }

    /// Subjects about which an alarm of a kind stands open.
    private func open(_ kind: String, _ reader: any Reader) throws -> Set<String> {
        // By the index of what stands open, whose keys begin with the kind.
        let rows = try reader.rows(
            "SELECT subject FROM alarms WHERE merge_key >= \(kind + "|") AND merge_key < \(kind + "}") AND accepts_repeats = 1 AND kind = \(kind) LIMIT 1000")
        return Set(rows.compactMap { $0[0].text })
    }
}
