import Cryptography
import Identity
import Kernel
import Schedules
import Storage

/// 在线短信 (D9.14.4): a person's text to numbers, within a monthly quota, through the same gateway as everything else; receipts come back by API.
extension MessageEngine {
    static let broadcastTopic = "sms.broadcast"
    static let broadcastLimit = 5000
    static let defaultMonthly = 10_000

    /// Writes the lines and hands them to the outbox.
    ///
    /// - Parameter people: numbers with a name each, which may be empty.
    /// - Throws: `.forbidden`; `.invalid` with every finding.
    package func broadcast(_ text: String, purpose: String, to people: [(phone: String, name: String)], by principal: Principal, in tx: any Transaction) throws -> Int64 {
        try principal.require(MessagePermission.broadcast, "发送短信")
        var seen: Set<String> = []
        let wanted = people.filter { seen.insert($0.phone).inserted }
        let wrong = wanted.filter { MobileCarrier($0.phone) == nil }.map(\.phone)
        var findings: [FieldFinding] = []
        if !(1...500).contains(text.count) { findings.append(FieldFinding("text", "range", "应为 1—500 个字", title: "短信内容")) }
        if purpose.isEmpty || purpose.count > 60 { findings.append(FieldFinding("purpose", "range", "应为 1—60 个字", title: "事由")) }
        if wanted.isEmpty { findings.append(FieldFinding("phones", "required", "请填写号码或从通讯录选人", title: "接收号码")) }
        if wanted.count > Self.broadcastLimit { findings.append(FieldFinding("phones", "range", "一次最多 \(Self.broadcastLimit) 个号码", title: "接收号码")) }
        if !wrong.isEmpty { findings.append(FieldFinding("phones", "format", "不是手机号码：\(wrong.prefix(5).joined(separator: "、"))", title: "接收号码")) }
        let parts = messageParts(of: text) * wanted.count
        let (used, monthly) = try quota(of: principal.organisation, in: tx)
        if used + parts > monthly { findings.append(FieldFinding("text", "quota", "本月还可发送 \(max(0, monthly - used)) 条，这次要计费 \(parts) 条", title: "短信额度")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let id = try tx.insert(
            """
            INSERT INTO sms_broadcasts (text, purpose, at, by_id, by_name, org, org_name, area, receivers, parts) VALUES (\(text), \(purpose), \(clock.now), \(principal.id),
            \(principal.name), \(principal.organisation), \(principal.organisationName), \(principal.area), \(wanted.count), \(parts))
            """)
        for one in wanted {
            let phone = try phones?.seal(one.phone) ?? one.phone
            let line = try tx.insert(
                """
                INSERT INTO sms_lines (broadcast_id, phone, name, carrier, state) VALUES (\(id), \(phone), \(one.name), \(MobileCarrier(one.phone)?.rawValue ?? ""), 'waiting')
                """)
            try outbox.post(topic: Self.broadcastTopic, key: "sms/\(line)", payload: ["line": .int(line)], in: tx)
        }
        try audit?.record(AuditEntry("send", "smsBroadcast", String(id), "群发短信“\(purpose)”，\(wanted.count) 个号码，计费 \(parts) 条"), by: principal, in: tx)
        return id
    }

    /// Parts used by an organisation this month, and how many it may send.
    package func quota(of org: Int64?, in reader: any Reader) throws -> (used: Int, monthly: Int) {
        let today = clock.today
        let first = today.adding(days: 1 - today.parts.day).start
        let used =
            try reader.first("SELECT COALESCE(SUM(parts), 0) AS n FROM sms_broadcasts WHERE at >= \(first) AND \(org.map { "org = \($0)" as SQL } ?? "org IS NULL")")?.int("n") ?? 0
        let monthly = try reader.first("SELECT monthly FROM sms_quotas WHERE org IN (0, \(org ?? 0)) ORDER BY org DESC LIMIT 1")?.int("monthly") ?? Int64(Self.defaultMonthly)
        return (Int(used), Int(monthly))
    }

    /// What the outbox worker does with a line; the key tells the gateway, and the gateway's receipts, which one it is.
    package var broadcastHandler: OutboxHandler {
        OutboxHandler(topic: Self.broadcastTopic, attempts: 12) { [self] message in
            guard let id = message.payload["line"]?.int else { return }
            let row = try await database.read { try $0.first("SELECT l.*, b.text FROM sms_lines l JOIN sms_broadcasts b ON b.id = l.broadcast_id WHERE l.id = \(id)") }
            guard let row, row.text("state") == "waiting" else { return }
            guard let channel = channels.first(where: { $0.name == "sms" }) else { return try await mark(line: id, "dead", nil, "没有短信通道") }
            let outgoing = OutgoingMessage(
                key: "jianwei-sms-\(id)", address: try opened(row.text("phone") ?? ""), title: "", text: row.text("text") ?? "", at: clock.now)
            do {
                try await mark(line: id, "sent", try await channel.send(outgoing), nil)
            } catch let failure as Failure where failure.kind == .unavailable {
                try await mark(line: id, message.attempts + 1 >= 12 ? "dead" : "waiting", nil, failure.cause ?? failure.message)
                throw failure
            } catch let failure as Failure where failure.kind == .invalid { try await mark(line: id, "dead", nil, failure.cause ?? failure.message) }
        }
    }

    private func mark(line id: Int64, _ state: String, _ receipt: String?, _ error: String?) async throws {
        let sent: Moment? = state == "sent" ? clock.now : nil
        try await database.write { tx in
            _ = try tx.execute(
                "UPDATE sms_lines SET state = \(state), attempts = attempts + 1, sent_at = \(sent), receipt = \(receipt), error = \(error) WHERE id = \(id) AND state = 'waiting'")
        }
    }

    /// What the gateway says became of messages, by their keys: `jianwei-sms-7` of a broadcast, `jianwei-7` of everything else. Unknown keys are counted out.
    ///
    /// - Returns: how many were known.
    package func receive(_ receipts: [(key: String, isReceived: Bool, reason: String)], by principal: Principal, in tx: any Transaction) throws -> Int {
        var known = 0
        for one in receipts.prefix(1000) {
            let state = one.isReceived ? "received" : "refused", reason: String? = one.isReceived ? nil : String(one.reason.prefix(200))
            if one.key.hasPrefix("jianwei-sms-"), let id = Int64(one.key.dropFirst(12)) {
                known += try tx.execute("UPDATE sms_lines SET state = \(state), received_at = \(clock.now), error = \(reason) WHERE id = \(id) AND state IN ('sent', 'waiting')")
            } else if one.key.hasPrefix("jianwei-"), let id = Int64(one.key.dropFirst(8)) {
                known += try tx.execute("UPDATE message_deliveries SET state = \(one.isReceived ? "received" : "dead"), error = \(reason) WHERE id = \(id) AND state = 'sent'")
            }
        }
        try audit?.record(AuditEntry("receive", "smsReceipt", "", "短信回执 \(receipts.count) 条，匹配 \(known) 条"), by: principal, in: tx)
        return known
    }

    /// Newest first, of the reader's scope.
    package func broadcasts(_ keyword: String?, before: Int64?, limit: Int, by principal: Principal, in reader: any Reader) throws -> [SMSBroadcast] {
        var conditions: [SQL] = [principal.scope.condition()]
        if let keyword { conditions.append(.contains(keyword, in: "text", "purpose", "by_name")) }
        if let before { conditions.append("id < \(before)") }
        let rows = try reader.rows("SELECT * FROM sms_broadcasts WHERE \(SQL.all(of: conditions)) ORDER BY id DESC LIMIT \(limit)")
        let ids = rows.compactMap { $0.int("id") }
        var states: [Int64: [String: Int]] = [:]
        for row in try reader.rows("SELECT broadcast_id, state, COUNT(*) AS n FROM sms_lines WHERE broadcast_id IN (\(list: ids)) GROUP BY broadcast_id, state") {
            states[row.int("broadcast_id") ?? 0, default: [:]][row.text("state") ?? ""] = Int(row.int("n") ?? 0)
        }
        return rows.map { row in
            SMSBroadcast(
                id: row.int("id") ?? 0, text: row.text("text") ?? "", purpose: row.text("purpose") ?? "", at: row.moment("at") ?? Moment(milliseconds: 0),
                byName: row.text("by_name") ?? "",
                orgName: row.text("org_name") ?? "", receivers: Int(row.int("receivers") ?? 0), parts: Int(row.int("parts") ?? 0), states: states[row.int("id") ?? 0] ?? [:])
        }
    }

    /// Names and numbers of people of one's scope, for the chooser; only those who gave a number.
    package func numbered(_ ids: [Int64], by principal: Principal, in reader: any Reader) throws -> [(phone: String, name: String)] {
        try reader.rows(
            """
            SELECT u.name, u.phone FROM users u JOIN organisations o ON o.id = u.organisation WHERE u.id IN (\(list: Array(ids.prefix(2000)))) AND u.state = 'active'
            AND u.phone IS NOT NULL AND u.phone <> '' AND \(principal.scope.condition(org: "u.organisation", area: "o.area"))
            """
        ).map { (try opened($0.text("phone") ?? ""), $0.text("name") ?? "") }
    }
}
