import Alarms
import Identity
import Kernel
import Storage

/// Alarms that stand as long as a trouble does: raised when it is first seen, ended by themselves when it is over.
struct StandingAlarms: Sendable {
    struct Trouble: Sendable, Equatable {
        var kind: AlarmKind
        var subject: String
        var text: String
    }

    let platform: Platform
    /// All kinds that are looked after; what stands open of them and is no trouble any more ends.
    let kinds: [AlarmKind]
    let person: Principal

    /// - Returns: alarms raised, and alarms that ended.
    func settle(_ troubles: [Trouble], in tx: any Transaction) throws -> (raised: Int, cleared: Int) {
        let now = platform.clock.now
        var open = try Dictionary(uniqueKeysWithValues: kinds.map { ($0.name, try self.open($0.name, tx)) })
        var raised = 0, cleared = 0
        for trouble in troubles where open[trouble.kind.name]?.remove(trouble.subject) == nil {
            let signal = AlarmSignal(
                kind: trouble.kind.name, org: nil, area: nil, subject: trouble.subject, occurredAt: now, title: String("\(trouble.subject)：\(trouble.text)".prefix(200)),
                facts: ["text": .string(trouble.text)], reasons: [AlarmReason(trouble.kind.name, String(trouble.text.prefix(200)))])
            _ = try platform.alarms.raise(signal, by: person, in: tx)
            raised += 1
        }
        for (kind, subjects) in open.sorted(by: { $0.key < $1.key }) {
            for subject in subjects.sorted() { cleared += try platform.alarms.clear(kind: kind, subject: subject, org: nil, at: now, reason: "已恢复正常", in: tx).count }
        }
        return (raised, cleared)
    }

    /// Subjects about which an alarm of a kind stands open.
    private func open(_ kind: String, _ reader: any Reader) throws -> Set<String> {
        // By the index of what stands open, whose keys begin with the kind.
        let rows = try reader.rows(
            "SELECT subject FROM alarms WHERE merge_key >= \(kind + "|") AND merge_key < \(kind + "}") AND accepts_repeats = 1 AND kind = \(kind) LIMIT 1000")
        return Set(rows.compactMap { $0[0].text })
    }
}
