import Features
import Identity
import Kernel
import Messages
import Storage
import Workflows

/// B1.1.6.6 消息提醒: those who look after a subject, and its own people, hear that it must stop.
struct SubjectNotices: Sendable {
    let platform: Platform

    /// - Parameter word: what was decided, once told however often it is asked.
    func stopped(_ subject: Int64, days: Int?, isRevoked: Bool, path: String, word: String, in tx: any Transaction) throws {
        guard let row = try tx.first("SELECT name, org, area FROM transport_subject WHERE id = \(subject)"), let org = row.int("org") else { return }
        let area = row.text("area"), name = row.text("name") ?? ""
        let inspectors = try WorkflowEngine.holders(of: EnforcementRole.inspector, organisation: nil, org: org, area: area, in: tx)
        let own = try WorkflowEngine.holders(of: BuiltInRole.enterpriseAdmin.rawValue, organisation: nil, org: org, area: area, in: tx)
        let title = isRevoked ? "\(name)：吊销" : "\(name)：停业整顿\(days.map { " \($0) 天" } ?? "")"
        try platform.messages.post(
            MessageDraft(
                EnforcementMessages.stopped, grade: .notice, title: title, text: "请核查是否停止经营", path: EnforcementSubject.codePath(of: subject, platform.keys), users: inspectors,
                dedupe: "stopped \(word)"), in: tx)
        try platform.messages.post(
            MessageDraft(
                EnforcementMessages.stopped, grade: .urgent, title: title, text: "请按决定停止经营并整改，逾期将加重处理", path: path, users: own, dedupe: "stopped own \(word)"), in: tx)
    }
}
