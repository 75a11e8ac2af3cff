import Identity
import Kernel
import Messages
import Storage
import Workflows

/// Whom an officer may tell of an alarm by short message, and what its level and the speed of its handling advise. Source: requirements D2.5.2 “按级别与处置效率人工决定短信发给园/企负责人”.
package struct ResponsibleCall: Sendable, Equatable {
    package struct Person: Sendable, Equatable {
        package var id: Int64
        package var name: String
        package var organisation: String
        package var role: String
        package var hasPhone: Bool
    }

    /// Titles of the roles as an alarm knows them, gravest last.
    package static let roles: [(role: BuiltInRole, title: String)] = [
        (.enterpriseGuard, "企业值守人员"), (.enterpriseAdmin, "企业负责人"), (.county, "县级监管负责人"), (.city, "市级监管负责人"),
    ]

    /// What is looked at.
    package struct Facts: Sendable, Equatable {
        /// 1 is the most urgent.
        package var urgency: Int
        package var isOverdue: Bool
        /// Minutes since it occurred, while it is not over; nil when it recovered or was closed.
        package var standing: Int?
        /// Reminders to the enterprise without any answer.
        package var unanswered: Int

        package init(urgency: Int, isOverdue: Bool = false, standing: Int? = nil, unanswered: Int = 0) {
            self.urgency = urgency
            self.isOverdue = isOverdue
            self.standing = standing
            self.unanswered = unanswered
        }
    }

    /// Roles that should be told, with a sentence for each reason.
    package static func advice(for facts: Facts) -> (roles: Set<BuiltInRole>, reasons: [String]) {
        var roles: Set<BuiltInRole> = []
        var reasons: [String] = []
        switch facts.urgency {
        case ...1:
            roles = [.enterpriseGuard, .enterpriseAdmin, .county, .city]
            reasons.append("最紧急一级：企业和各级监管负责人")
        case 2:
            roles = [.enterpriseGuard, .enterpriseAdmin, .county]
            reasons.append("紧急：企业负责人和县级监管负责人")
        case 3:
            roles = [.enterpriseGuard, .enterpriseAdmin]
            reasons.append("重要：企业负责人")
        default:
            roles = [.enterpriseGuard]
            reasons.append("一般：企业值守人员")
        }
        if facts.isOverdue {
            roles.insert(.county)
            reasons.append("超时未受理：加县级监管负责人")
        }
        if let standing = facts.standing, standing >= 10 {
            roles.insert(.enterpriseAdmin)
            reasons.append("已 \(standing) 分钟未恢复：加企业负责人")
            if standing >= 60 {
                roles.insert(.county)
                reasons.append("一小时未恢复：加县级监管负责人")
            }
        }
        if facts.unanswered >= 2 {
            roles.formUnion([.enterpriseAdmin, .county])
            reasons.append("企业 \(facts.unanswered) 次提醒未答复：加企业负责人和县级监管负责人")
        }
        return (roles, reasons)
    }
}

extension AlarmEngine {
    /// Everybody who answers for an alarm, by role, once each; at most fifty of a role.
    package func responsible(for alarm: Alarm, in reader: any Reader) throws -> [ResponsibleCall.Person] {
        var seen: Set<Int64> = []
        return try ResponsibleCall.roles.flatMap { entry -> [ResponsibleCall.Person] in
            let ids = try WorkflowEngine.holders(of: entry.role.rawValue, organisation: nil, org: alarm.org, area: alarm.area, in: reader).prefix(50).filter {
                seen.insert($0).inserted
            }
            return try reader.rows(
                "SELECT u.id, u.name, u.phone, o.name AS place FROM users u JOIN organisations o ON o.id = u.organisation WHERE u.id IN (\(list: Array(ids))) ORDER BY u.name, u.id"
            ).map { row in
                ResponsibleCall.Person(
                    id: row.int("id") ?? 0, name: row.text("name") ?? "", organisation: row.text("place") ?? "", role: entry.role.rawValue,
                    hasPhone: !(row.text("phone") ?? "").isEmpty)
            }
        }
    }

    package func callAdvice(for alarm: Alarm, hasAnswer: Bool) -> (roles: Set<BuiltInRole>, reasons: [String]) {
        let isStanding = alarm.recoveredAt == nil && alarm.closedAt == nil && alarm.state != .revoked
        let facts = ResponsibleCall.Facts(
            urgency: alarm.urgency, isOverdue: alarm.isOverdue(at: clock.now), standing: isStanding ? Int(clock.now.seconds(since: alarm.occurredAt) / 60) : nil,
            unanswered: hasAnswer ? 0 : alarm.answerAsked)
        return ResponsibleCall.advice(for: facts)
    }

    /// Sends a short message to those chosen, tells them on the platform too, and keeps both on the time axis.
    ///
    /// - Throws: `.invalid` with every finding; `.forbidden`; `.notFound` outside the scope.
    package func tell(_ id: Int64, _ users: [Int64], text: String, with messages: MessageEngine, by principal: Principal, in tx: any Transaction) throws {
        let alarm = try required(id, by: principal, in: tx)
        try principal.require(kind(alarm.kind)?.handlePermission ?? AlarmPermission.handle, "通知负责人")
        let people = try responsible(for: alarm, in: tx).filter { users.contains($0.id) }
        var findings: [FieldFinding] = []
        if people.isEmpty { findings.append(FieldFinding("user", "required", "请选择负责人", title: "负责人")) }
        if !(1...500).contains(text.count) { findings.append(FieldFinding("text", "range", "应为 1—500 个字", title: "短信内容")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let numbers = try messages.numbered(people.map(\.id), by: .system(), in: tx)
        if !numbers.isEmpty {
            // Whoever may handle the alarm may tell those who answer for it; the quota is the officer's own.
            var sender = principal
            sender.permissions.insert(MessagePermission.broadcast)
            _ = try messages.broadcast(text, purpose: "报警 \(alarm.number)", to: numbers, by: sender, in: tx)
        }
        try messages.post(
            MessageDraft(
                "alarm.tell", grade: alarm.urgency <= 2 ? .urgent : .notice, title: alarm.title, text: text, path: "/alarms/\(id)", users: people.map(\.id),
                variables: ["number": alarm.number]),
            in: tx)
        let said = people.map { $0.hasPhone ? $0.name : "\($0.name)（无手机号，仅站内）" }.joined(separator: "、")
        try record("tell", of: id, from: alarm.state, to: alarm.state, text: "短信 \(numbers.count) 人：\(said)。\(text)", by: principal, at: clock.now, in: tx)
        try hooks.audit(AuditEntry("send", "alarm", "\(id)", "报警 \(alarm.number) 短信通知 \(people.count) 名负责人"), principal, tx)
        try announce(notice(.moved, of: alarm), in: tx)
    }
}
