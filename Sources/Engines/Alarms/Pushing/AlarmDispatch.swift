import Identity
import Kernel
import Messages
import Schedules
import Storage

/// Sends what push rules ask for when its time has come, and reminds of alarms that are to be looked at again.
package struct AlarmDispatch: Sendable {
    package static let messageKinds: [MessageKind] = [
        MessageKind("alarm.push", "报警推送", template: "【见微】{level}报警 {text}：{title}（{number}）", channels: ["sms"], isQuiet: false),
        MessageKind("alarm.recheck", "报警复核提醒", template: "【见微】{text}：{title}（{number}）", isQuiet: false),
        MessageKind("alarm.answer", "企业答复报警", template: "【见微】{text}：{title}（{number}）", channels: ["sms"], isQuiet: false),
        MessageKind("alarm.tell", "报警通知负责人", template: "【见微】{text}", isQuiet: false),
        MessageKind("expiry.warning", "到期预警", template: "【见微】{text}：{title}", channels: ["sms"]),
    ]

    let engine: AlarmEngine
    let messages: MessageEngine
    let database: any Database
    /// Where those who are told of the gravest alarms come together; nil makes no groups.
    let chat: ChatEngine?

    package init(engine: AlarmEngine, messages: MessageEngine, database: any Database, chat: ChatEngine? = nil) {
        self.chat = chat
        self.engine = engine
        self.messages = messages
        self.database = database
    }

    package func jobs() -> [JobDeclaration] {
        [
            JobDeclaration("alarmPushes", "报警推送与复核提醒", every: 5) { _ in _ = try await tick() },
            JobDeclaration("alarmBook", "刷新报警规则与停用免报", every: 60) { _ in try await engine.book.reload(database, clock: engine.clock) },
        ]
    }

    /// - Returns: how many pushes and reminders were made.
    @discardableResult
    package func tick() async throws -> Int {
        var count = 0
        while true {
            let done = try await database.write { tx in try push(in: tx) + remind(in: tx) + remindEnterprises(in: tx) }
            count += done
            if done < 200 { return count }
        }
    }

    private func push(in tx: any Transaction) throws -> Int {
        let now = engine.clock.now
        let due = try tx.rows("SELECT * FROM alarm_pushes WHERE due_at <= \(now) ORDER BY due_at, id LIMIT 200")
        let rules = Dictionary(engine.pushRules.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for row in due {
            guard let id = row.int("id"), let alarmId = row.int("alarm") else { continue }
            guard let rule = rules[row.int("rule") ?? 0], rule.isOn, let found = try tx.first("SELECT \(Alarm.columns) FROM alarms WHERE id = \(alarmId)") else {
                try tx.execute("UPDATE alarm_pushes SET due_at = NULL, ended = 'closed' WHERE id = \(id)")
                continue
            }
            let alarm = try Alarm(found)
            if let end = end(rule, alarm) {
                try tx.execute("UPDATE alarm_pushes SET due_at = NULL, ended = \(end) WHERE id = \(id)")
                continue
            }
            try send(rule, alarm, push: id, sent: Int(row.int("sent") ?? 0), at: now, in: tx)
        }
        return due.count
    }

    private func end(_ rule: PushRule, _ alarm: Alarm) -> String? {
        if alarm.state == .closed || alarm.state == .revoked { return "closed" }
        return (rule.trigger == .unhandled || rule.endsWhenHandled) && alarm.state != .new ? "handled" : nil
    }

    private func send(_ rule: PushRule, _ alarm: Alarm, push: Int64, sent: Int, at now: Moment, in tx: any Transaction) throws {
        let users = try engine.users(rule.receivers, org: alarm.org, area: alarm.area, at: now, of: engine.face(of: alarm), in: tx)
        let level = engine.leadingLevel(of: alarm)
        let draft = MessageDraft(
            "alarm.push", grade: rule.isUrgent || alarm.urgency == 1 ? .urgent : .notice, title: alarm.title,
            text: "\(rule.title)，\(alarm.orgName)\(alarm.place)" + (sent > 0 ? "（第 \(sent + 1) 次）" : ""), path: "/alarms/\(alarm.id)", users: users,
            dedupe: "push \(push)/\(sent)", variables: ["number": alarm.number, "level": level.map { "\($0.code) 级" } ?? alarm.grade.title])
        try messages.post(draft, in: tx)
        let told = try users.count + sendShort(draft, to: engine.numbers(rule.receivers, of: engine.face(of: alarm), in: tx), about: alarm, at: now, in: tx)
        if alarm.urgency == 1, rule.isUrgent {
            try chat?.gather("\(alarm.number) \(alarm.title)", people: users, subject: "alarm:\(alarm.id)", path: "/alarms/\(alarm.id)", in: tx)
        }
        let isLast = sent + 1 >= rule.times
        let next: Moment? = isLast ? nil : now.adding(seconds: rule.every)
        let ended: String? = told == 0 ? "nobody" : isLast ? "done" : nil
        try tx.execute(
            "UPDATE alarm_pushes SET sent = \(sent + 1), receivers = \(told), last_at = \(now), due_at = \(told == 0 ? nil : next), ended = \(ended) WHERE id = \(push)")
        try engine.record("push", of: alarm.id, from: alarm.state, to: alarm.state, text: "\(rule.title)，\(told) 人", by: .system("报警推送"), at: now, in: tx)
    }

    /// Tells those who have no account by short message, within the quota; what the quota refuses is written down.
    private func sendShort(_ draft: MessageDraft, to numbers: [(phone: String, name: String)], about alarm: Alarm, at now: Moment, in tx: any Transaction) throws -> Int {
        guard !numbers.isEmpty else { return 0 }
        let text = "【见微】\(draft.variables["level"] ?? "")报警 \(draft.text)：\(draft.title)（\(alarm.number)）"
        do {
            _ = try messages.broadcast(String(text.prefix(500)), purpose: "报警推送", to: numbers, by: .system("报警推送"), in: tx)
            return numbers.count
        } catch let failure as Failure where failure.kind == .invalid {
            let why = failure.fields.first?.message ?? failure.message
            try engine.record("push", of: alarm.id, from: alarm.state, to: alarm.state, text: "短信未发出：\(why)", by: .system("报警推送"), at: now, in: tx)
            return 0
        }
    }

    /// Whoever handles a valid alarm that is not over is reminded at each interval.
    private func remind(in tx: any Transaction) throws -> Int {
        let now = engine.clock.now
        let rows = try tx.rows("SELECT \(Alarm.columns), handler FROM alarms WHERE recheck_at <= \(now) ORDER BY recheck_at LIMIT 200")
        for row in rows {
            let alarm = try Alarm(row)
            let every = engine.demands(of: alarm)?.recheckEvery
            let goesOn = every != nil && (alarm.state == .confirmed || alarm.state == .handling) && alarm.recoveredAt == nil
            let next: Moment? = goesOn ? every.map { now.adding(seconds: $0) } : nil
            try tx.execute("UPDATE alarms SET recheck_at = \(next) WHERE id = \(alarm.id)")
            guard goesOn, let handler = row.int("handler") else { continue }
            try engine.record("recheck", of: alarm.id, from: alarm.state, to: alarm.state, text: "尚未恢复，请再次联系核实", by: .system("报警复核"), at: now, in: tx)
            try messages.post(
                MessageDraft(
                    "alarm.recheck", grade: .notice, title: alarm.title, text: "报警尚未恢复，请再次联系核实", path: "/alarms/\(alarm.id)", users: [handler],
                    dedupe: "recheck \(alarm.id)/\(now.milliseconds)", variables: ["number": alarm.number]), in: tx)
        }
        return rows.count
    }
}
