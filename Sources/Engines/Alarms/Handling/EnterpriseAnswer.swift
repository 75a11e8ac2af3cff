import Identity
import Kernel
import Messages
import Storage
import Workflows

/// What an enterprise itself says about an alarm of its own. Source: requirements D9.7.5.
package struct EnterpriseAnswer: Sendable, Equatable {
    package var at = Moment(milliseconds: 0)
    package var byName = ""
    /// Name, post and telephone of whoever can be asked further.
    package var contact: String
    package var cause: String
    package var measure: String
    package var isRecovered: Bool
    package var photos = 0

    package init(contact: String = "", cause: String, measure: String, isRecovered: Bool = false) {
        self.contact = contact
        self.cause = cause
        self.measure = measure
        self.isRecovered = isRecovered
    }
}

extension AlarmEngine {
    /// Seconds between reminders where the level says nothing else (D9.7.5: ten minutes).
    static let answerInterval: Int64 = 600
    /// Reminders without any answer after which the next level is told: the county, then the city.
    static let escalations: [(after: Int, role: BuiltInRole)] = [(2, .county), (4, .city)]
    /// A day of reminders; then somebody has long been told.
    static let mostReminders = 144

    func answerInterval(of alarm: Alarm) -> Int64 { demands(of: alarm)?.recheckEvery ?? Self.answerInterval }

    /// Asks the alarm's enterprise to answer, now and again until it is over.
    ///
    /// - Throws: `.conflict` `JW-A026` for an alarm of no enterprise, or one that is closed or over.
    package func askForAnswer(_ id: Int64, by principal: Principal, in tx: any Transaction) throws {
        let alarm = try required(id, by: principal, in: tx)
        try principal.require(kind(alarm.kind)?.handlePermission ?? AlarmPermission.handle, "要求企业答复")
        guard alarm.org != nil, alarm.isAnswerable else { throw Failure(.conflict, "JW-A026", "报警 \(alarm.number) 没有所属企业，或已恢复、已结束，不需要企业答复") }
        try tx.execute("UPDATE alarms SET answer_due_at = \(clock.now) WHERE id = \(id)")
        try record("askAnswer", of: id, from: alarm.state, to: alarm.state, text: "要求企业说明原因、措施和恢复情况", by: principal, at: clock.now, in: tx)
        try hooks.audit(AuditEntry("update", "alarm", "\(id)", "报警 \(alarm.number) 要求企业答复"), principal, tx)
    }

    /// Keeps an enterprise's answer; its pictures join the chain of evidence.
    ///
    /// - Parameter photos: digests of pictures that are stored already.
    /// - Throws: `.invalid` with every finding; `.forbidden`; `.notFound` outside the scope; `.conflict` `JW-A027` when the alarm is closed or revoked.
    package func answer(_ id: Int64, _ answer: EnterpriseAnswer, photos: [String] = [], by principal: Principal, in tx: any Transaction) throws {
        try principal.require(AlarmPermission.answer, "答复报警")
        let alarm = try required(id, by: principal, in: tx)
        guard alarm.state != .closed, alarm.state != .revoked else { throw Failure(.conflict, "JW-A027", "报警 \(alarm.number) 已\(alarm.state.title)，不需要答复") }
        var findings: [FieldFinding] = []
        for (name, title, text, most) in [("cause", "原因", answer.cause, 1000), ("measure", "落实措施", answer.measure, 1000), ("contact", "联系人", answer.contact, 60)] {
            if text.isEmpty { findings.append(FieldFinding(name, "required", "不能为空", title: title)) }
            if text.count > most { findings.append(FieldFinding(name, "range", "不能超过 \(most) 字", title: title)) }
        }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let now = clock.now
        try tx.execute(
            """
            INSERT INTO alarm_answers (alarm, at, by_id, by_name, contact, cause, measure, is_recovered, photos) VALUES \
            (\(id), \(now), \(principal.id), \(principal.name), \(answer.contact), \(answer.cause), \(answer.measure), \(answer.isRecovered ? 1 : 0), \(photos.count))
            """)
        let next: Moment? = answer.isRecovered ? nil : now.adding(seconds: answerInterval(of: alarm))
        try tx.execute("UPDATE alarms SET answer_due_at = \(next), recovered_at = \(answer.isRecovered ? alarm.recoveredAt ?? now : alarm.recoveredAt) WHERE id = \(id)")
        let said = "原因：\(answer.cause)；措施：\(answer.measure)" + (answer.isRecovered ? "；已恢复" : "；尚未恢复")
        try record("answer", of: id, from: alarm.state, to: alarm.state, text: said, by: principal, at: now, in: tx)
        try joinLate(photos.map { .photo(sha256: $0, title: "企业答复照片") }, toAlarm: id, permission: AlarmPermission.answer, by: principal, in: tx)
        try hooks.audit(AuditEntry("update", "alarm", "\(id)", "企业答复报警 \(alarm.number)"), principal, tx)
        try announce(notice(.moved, of: alarm), in: tx)
    }

    /// Oldest first.
    package func answers(of id: Int64, in reader: any Reader) throws -> [EnterpriseAnswer] {
        try reader.rows("SELECT * FROM alarm_answers WHERE alarm = \(id) ORDER BY id LIMIT 200").map { row in
            var answer = EnterpriseAnswer(
                contact: row.text("contact") ?? "", cause: row.text("cause") ?? "", measure: row.text("measure") ?? "", isRecovered: row.bool("is_recovered"))
            answer.at = row.moment("at") ?? answer.at
            answer.byName = row.text("by_name") ?? ""
            answer.photos = Int(row.int("photos") ?? 0)
            return answer
        }
    }

    /// Open alarms of enterprises within the scope, those that wait for an answer first.
    func toAnswer(search: String?, waitingOnly: Bool, after: Int64?, limit: Int, by principal: Principal, in reader: any Reader) throws -> [Alarm] {
        var conditions: [SQL] = ["org IS NOT NULL", "state IN ('new', 'handling', 'confirmed')", principal.scope.condition()]
        if waitingOnly { conditions.append("answer_due_at IS NOT NULL") }
        if let search { conditions.append("\(SQL.contains(search, in: "title")) OR number = \(search)") }
        if let after { conditions.append("id < \(after)") }
        return try reader.rows("SELECT \(Alarm.columns) FROM alarms WHERE \(SQL.all(of: conditions)) ORDER BY id DESC LIMIT \(limit)").map(Alarm.init)
    }
}

extension Alarm {
    /// Whether an enterprise may still be asked.
    var isAnswerable: Bool { state != .closed && state != .revoked && recoveredAt == nil }
}

extension AlarmDispatch {
    /// Reminds enterprises whose answer is due, tells the next level where none comes, and tells whoever handles an alarm what was answered.
    func remindEnterprises(in tx: any Transaction) throws -> Int {
        let now = engine.clock.now
        let due = try tx.rows("SELECT \(Alarm.columns) FROM alarms WHERE answer_due_at <= \(now) ORDER BY answer_due_at LIMIT 100").map(Alarm.init)
        for alarm in due { try remind(alarm, at: now, in: tx) }
        let fresh = try tx.rows("SELECT n.id, n.alarm, n.by_name, n.is_recovered FROM alarm_answers n WHERE n.told_at IS NULL ORDER BY n.id LIMIT 100")
        for row in fresh { try tell(row, at: now, in: tx) }
        return due.count + fresh.count
    }

    private func remind(_ alarm: Alarm, at now: Moment, in tx: any Transaction) throws {
        let asked = alarm.answerAsked + 1
        guard alarm.isAnswerable, asked <= AlarmEngine.mostReminders else {
            try tx.execute("UPDATE alarms SET answer_due_at = NULL WHERE id = \(alarm.id)")
            return
        }
        let next = now.adding(seconds: engine.answerInterval(of: alarm))
        try tx.execute("UPDATE alarms SET answer_due_at = \(next), answer_asked = \(asked) WHERE id = \(alarm.id)")
        let users = try holders([.enterpriseAdmin, .enterpriseGuard], alarm, in: tx)
        let text = asked == 1 ? "请说明报警原因、落实的措施和恢复情况" : "尚未恢复，请再次说明情况（第 \(asked) 次）"
        try messages.post(message(alarm, text, path: "/alarms/\(alarm.id)/answer", users: users, word: "ask \(alarm.id)/\(asked)"), in: tx)
        try engine.record("remind", of: alarm.id, from: alarm.state, to: alarm.state, text: "第 \(asked) 次要求企业答复，\(users.count) 人", by: .system("企业答复"), at: now, in: tx)
        guard let step = AlarmEngine.escalations.first(where: { $0.after == asked - 1 }),
            try tx.first("SELECT id FROM alarm_answers WHERE alarm = \(alarm.id) LIMIT 1") == nil
        else { return }
        let above = try holders([step.role], alarm, in: tx)
        try messages.post(
            message(alarm, "企业 \(step.after) 次提醒后仍未答复，请督促", path: "/alarms/\(alarm.id)", users: above, word: "escalate \(alarm.id)/\(asked)", isUrgent: true), in: tx)
        try engine.record(
            "escalate", of: alarm.id, from: alarm.state, to: alarm.state, text: "企业 \(step.after) 次提醒后仍未答复，已上报，\(above.count) 人", by: .system("企业答复"), at: now, in: tx)
    }

    private func tell(_ row: Row, at now: Moment, in tx: any Transaction) throws {
        guard let id = row.int("id"), let number = row.int("alarm") else { return }
        try tx.execute("UPDATE alarm_answers SET told_at = \(now) WHERE id = \(id)")
        guard let found = try tx.first("SELECT \(Alarm.columns), handler FROM alarms WHERE id = \(number)") else { return }
        let alarm = try Alarm(found)
        let users = try found.int("handler").map { [$0] } ?? holders([.county], alarm, in: tx)
        try messages.post(
            message(
                alarm, "企业已答复（\(row.text("by_name") ?? "")），\(row.bool("is_recovered") ? "称已恢复，请核实后闭环" : "尚未恢复，请继续跟踪")", path: "/alarms/\(alarm.id)", users: users,
                word: "answer \(id)"), in: tx)
    }

    private func holders(_ roles: [BuiltInRole], _ alarm: Alarm, in tx: any Transaction) throws -> [Int64] {
        var seen: Set<Int64> = []
        return try roles.flatMap { try WorkflowEngine.holders(of: $0.rawValue, organisation: nil, org: alarm.org, area: alarm.area, in: tx) }.filter { seen.insert($0).inserted }
    }

    private func message(_ alarm: Alarm, _ text: String, path: String, users: [Int64], word: String, isUrgent: Bool = false) -> MessageDraft {
        MessageDraft(
            "alarm.answer", grade: isUrgent ? .urgent : .notice, title: alarm.title, text: text, path: path, users: users, dedupe: word, variables: ["number": alarm.number])
    }
}
