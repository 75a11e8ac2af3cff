import Identity
import Kernel
import Storage
import Workflows

/// A rule at work on an alarm.
package struct AlarmPush: Sendable, Equatable {
    package var title: String
    package var dueAt: Moment?
    package var sent: Int
    package var receivers: Int
    package var lastAt: Moment?
    /// Why none follows: `done`, `handled`, `closed`, `nobody`; nil while one does.
    package var ended: String?

    package var state: String {
        switch ended {
        case nil: "待推送"
        case "done": "已完成"
        case "handled": "已受理，停止"
        case "closed": "已结束，停止"
        default: "无接收人"
        }
    }
}

extension AlarmEngine {
    /// Keeps a rule, a new one when its id is 0.
    ///
    /// - Throws: `.invalid` with every fault; `.forbidden`.
    package func keep(_ rule: PushRule, by principal: Principal, in tx: any Transaction) throws {
        try principal.require(AlarmPermission.configure, "修改报警推送规则")
        let faults = rule.faults()
        guard faults.isEmpty else { throw Failure.invalid(faults) }
        let now = clock.now, body = try rule.json()
        if rule.id == 0 {
            let position = try tx.count("SELECT COALESCE(MAX(position), 0) FROM alarm_push_rules") + 1
            try tx.execute("INSERT INTO alarm_push_rules (name, position, body, at, by_name) VALUES (\(rule.name), \(position), \(body), \(now), \(principal.name))")
        } else {
            try tx.execute("UPDATE alarm_push_rules SET body = \(body), at = \(now), by_name = \(principal.name) WHERE id = \(rule.id)")
        }
        try hooks.audit(AuditEntry(rule.id == 0 ? "create" : "update", "alarmPushRule", rule.name, "报警推送规则“\(rule.title)”", details: try JSONValue(parsing: body)), principal, tx)
        try book.follow(tx, at: now)
    }

    /// Removes a rule; pushes that wait under it end.
    package func removePushRule(_ id: Int64, by principal: Principal, in tx: any Transaction) throws {
        try principal.require(AlarmPermission.configure, "修改报警推送规则")
        guard let rule = book.now.pushRules.first(where: { $0.id == id }) else { throw Failure.notFound("该推送规则") }
        try tx.execute("DELETE FROM alarm_push_rules WHERE id = \(id)")
        try tx.execute("UPDATE alarm_pushes SET due_at = NULL, ended = 'closed' WHERE rule = \(id) AND due_at IS NOT NULL")
        try hooks.audit(AuditEntry("delete", "alarmPushRule", rule.name, "删除报警推送规则“\(rule.title)”"), principal, tx)
        try book.follow(tx, at: clock.now)
    }

    package var pushRules: [PushRule] { book.now.pushRules }

    /// Writes what rules ask for an alarm that was opened or found valid.
    ///
    /// - Returns: whether any rule speaks of it.
    @discardableResult
    func plan(
        _ triggers: [PushRule.Trigger], for alarm: Int64, kind: AlarmKind?, name: String, org: Int64?, area: String?, levels: [AlarmLevel], at now: Moment, in tx: any Transaction
    )
        throws -> Bool
    {
        let rules = book.now.pushRules.filter {
            triggers.contains($0.trigger) && $0.admits(kind: name, category: kind?.category ?? .conduct, org: org, area: area, levels: levels)
        }
        guard !rules.isEmpty else { return false }
        try tx.insertMany(
            into: "alarm_pushes", columns: ["alarm", "rule", "title", "due_at", "sent", "receivers"],
            rows: rules.map { [.int(alarm), .int($0.id), .text($0.title), now.adding(seconds: $0.after).sqlValue, .int(0), .int(0)] })
        return true
    }

    package func pushes(of alarm: Int64, in reader: any Reader) throws -> [AlarmPush] {
        try reader.rows("SELECT * FROM alarm_pushes WHERE alarm = \(alarm) ORDER BY id LIMIT 200").map { row in
            AlarmPush(
                title: row.text("title") ?? "", dueAt: row.moment("due_at"), sent: Int(row.int("sent") ?? 0), receivers: Int(row.int("receivers") ?? 0),
                lastAt: row.moment("last_at"),
                ended: row.text("ended"))
        }
    }

    /// Active users behind receivers, each once.
    package func users(_ receivers: [String], org: Int64?, area: String?, at now: Moment, of alarm: AlarmFace? = nil, in reader: any Reader) throws -> [Int64] {
        var found: [Int64] = []
        var seen: Set<Int64> = []
        for receiver in receivers {
            guard let colon = receiver.firstIndex(of: ":") else { continue }
            let prefix = String(receiver[..<colon]), key = String(receiver[receiver.index(after: colon)...])
            let users: [Int64] =
                switch prefix {
                case "role": try WorkflowEngine.holders(of: key, organisation: nil, org: org, area: area, in: reader)
                case "user": try reader.rows("SELECT id FROM users WHERE id = \(Int64(key) ?? 0) AND state = 'active'").compactMap { $0.int("id") }
                default: try users(prefix, key, org: org, area: area, at: now, of: alarm, in: reader)
                }
            for user in users where seen.insert(user).inserted { found.append(user) }
        }
        return found
    }

    private func users(_ prefix: String, _ key: String, org: Int64?, area: String?, at now: Moment, of alarm: AlarmFace?, in reader: any Reader) throws -> [Int64] {
        guard let face = faces.receivers.first(where: { $0.prefix == prefix }) else { return [] }
        if let alarm, let own = face.usersOfAlarm { return try own(key, alarm, reader) }
        return try face.users(key, org, area, now, reader)
    }

    /// Numbers behind receivers who have no account, each once.
    func numbers(_ receivers: [String], of alarm: AlarmFace, in reader: any Reader) throws -> [(phone: String, name: String)] {
        var seen: Set<String> = []
        return try receivers.flatMap { receiver -> [(phone: String, name: String)] in
            let parts = receiver.split(separator: ":", maxSplits: 1).map { String($0) }
            guard parts.count == 2, let own = faces.receivers.first(where: { $0.prefix == parts[0] })?.numbersOfAlarm else { return [] }
            return try own(parts[1], alarm, reader)
        }.filter { seen.insert($0.phone).inserted }
    }

    /// An alarm as receivers are chosen by it.
    func face(of alarm: Alarm) -> AlarmFace {
        let kind = kind(alarm.kind)
        return AlarmFace(
            org: alarm.org, area: alarm.area, category: kind?.category.rawValue ?? "", levels: Set(alarm.levels.map(\.code)),
            words: [kind?.title ?? "", alarm.title, alarm.place, alarm.subject])
    }

    /// What may be chosen as a receiver: roles, then what the faces offer.
    package func receiverChoices(in reader: any Reader) throws -> [(value: String, title: String)] {
        let roles = try reader.rows("SELECT name, title FROM roles ORDER BY id LIMIT 200").map { (value: "role:\($0.text("name") ?? "")", title: $0.text("title") ?? "") }
        return try roles + faces.receivers.flatMap { face in try face.choices(reader).map { (value: "\(face.prefix):\($0.value)", title: $0.title) } }
    }
}
