import Cryptography
import Identity
import Kernel
import Schedules
import Storage

/// Passes on what applications say: a delivery in the transaction that takes the message, sent by the outbox at least once, signed, its answer kept.
extension MessageEngine {
    static let forwardTopic = "message.forward"
    static let forwardAttempts = 12

    package func forwardRules(in reader: any Reader) throws -> [ForwardRule] {
        try reader.rows("SELECT * FROM message_forwards ORDER BY id LIMIT 500").map { ForwardRule($0) }
    }

    /// - Throws: `.invalid` with every finding; `.notFound`; `.conflict` `JW-MS20` for a title that is taken.
    package func keep(_ rule: ForwardRule, by principal: Principal, in tx: any Transaction) throws {
        try principal.require(MessagePermission.rules, "消息设置")
        let faults = rule.faults(isNew: rule.id == 0)
        guard faults.isEmpty else { throw Failure.invalid(faults) }
        if try tx.first("SELECT id FROM message_forwards WHERE title = \(rule.title) AND id <> \(rule.id)") != nil {
            throw Failure.invalid([FieldFinding("title", "unique", "已有同名规则", title: "规则名称")])
        }
        let secret = try rule.secret.isEmpty ? nil : phones?.seal(rule.secret) ?? rule.secret
        if rule.id == 0 {
            try tx.execute(
                """
                INSERT INTO message_forwards (title, source, source_name, grade, keyword, target, url, secret, is_on, at, by_name) VALUES (\(rule.title), \(rule.source), \(rule.sourceName),
                \(rule.grade.rawValue), \(rule.keyword), \(rule.target), \(rule.url), \(secret ?? ""), \(rule.isOn ? 1 : 0), \(clock.now), \(principal.name))
                """)
        } else {
            let changed = try tx.execute(
                """
                UPDATE message_forwards SET title = \(rule.title), source = \(rule.source), source_name = \(rule.sourceName), grade = \(rule.grade.rawValue), keyword = \(rule.keyword),
                target = \(rule.target), url = \(rule.url), secret = COALESCE(\(secret), secret), is_on = \(rule.isOn ? 1 : 0), at = \(clock.now), by_name = \(principal.name) WHERE id = \(rule.id)
                """)
            guard changed == 1 else { throw Failure.notFound("该转发规则") }
        }
        try audit?.record(AuditEntry("update", "messageForward", rule.title, "保存消息转发规则“\(rule.title)”，转给“\(rule.target)”"), by: principal, in: tx)
    }

    package func removeForward(_ id: Int64, by principal: Principal, in tx: any Transaction) throws {
        try principal.require(MessagePermission.rules, "消息设置")
        guard let row = try tx.first("SELECT title FROM message_forwards WHERE id = \(id)") else { throw Failure.notFound("该转发规则") }
        try tx.execute("DELETE FROM message_forwards WHERE id = \(id)")
        try audit?.record(AuditEntry("delete", "messageForward", row.text("title") ?? "", "删除消息转发规则“\(row.text("title") ?? "")”"), by: principal, in: tx)
    }

    /// Hands a message to every application whose rule admits it; never back to the one that said it.
    ///
    /// - Returns: names of the applications.
    func forward(_ posted: PostedMessage, message id: Int64?, dedupe: String?, by principal: Principal, in tx: any Transaction) throws -> [String] {
        let application: Int64? = principal.kind == .client ? principal.id : nil
        let rules = try forwardRules(in: tx).filter { $0.admits(application: application, grade: posted.grade, title: posted.title, text: posted.text) }
        var told: [String] = []
        for rule in rules {
            let body: JSONValue = [
                "application": .string(principal.name), "title": .string(posted.title), "text": .string(posted.text), "grade": .string(posted.grade.rawValue),
                "key": JSONValue(posted.key),
                "path": JSONValue(posted.path), "rule": .string(rule.title),
            ]
            if let dedupe, try tx.first("SELECT id FROM forward_deliveries WHERE rule = \(rule.id) AND dedupe = \(dedupe)") != nil { continue }
            let delivery = try tx.insert(
                """
                INSERT INTO forward_deliveries (rule, message_id, target, source_name, title, body, dedupe, state, at) VALUES (\(rule.id), \(id), \(rule.target), \(principal.name),
                \(posted.title), \(body.text), \(dedupe), 'waiting', \(clock.now))
                """)
            try outbox.post(topic: Self.forwardTopic, key: "forward/\(rule.id)", payload: ["delivery": .int(delivery)], in: tx)
            told.append(rule.target)
        }
        return told
    }

    /// What the outbox worker does: a POST signed with HMAC-SHA256 over time and body, through the caller that keeps to the outbound rule. Its key is the same at every attempt.
    package var forwardHandler: OutboxHandler {
        OutboxHandler(topic: Self.forwardTopic, attempts: Self.forwardAttempts) { [self] message in
            guard let id = message.payload["delivery"]?.int else { return }
            let row = try await database.read {
                try $0.first("SELECT d.body, d.state, f.url, f.secret, f.is_on FROM forward_deliveries d LEFT JOIN message_forwards f ON f.id = d.rule WHERE d.id = \(id)")
            }
            guard let row, row.text("state") == "waiting" else { return }
            guard let url = row.text("url"), row.bool("is_on") else { return try await settle(id, "dead", nil, "转发规则已停用或删除") }
            let body = row.text("body") ?? "{}", time = String(clock.now.milliseconds), secret = try opened(row.text("secret") ?? "")
            let signature = HMAC.tag(.sha256, key: Array(secret.utf8), over: Array((time + "\n" + body).utf8)).hex
            let headers = [
                ("Content-Type", "application/json"), ("Idempotency-Key", "jianwei-forward-\(id)"), ("X-Jianwei-Time", time), ("X-Jianwei-Signature", signature),
            ]
            do {
                guard let call = outbound else { throw Failure(.unavailable, "JW-MS21", "没有对外连接", cause: "no outbound call") }
                let answer = try await call(url, headers, body)
                guard (200..<300).contains(answer.status) else { throw Failure(.unavailable, "JW-MS22", "接收应用未接收", cause: "HTTP \(answer.status)") }
                try await settle(id, "sent", String(String(decoding: answer.body, as: UTF8.self).prefix(200)), nil)
            } catch let failure as Failure {
                try await settle(id, message.attempts + 1 >= Self.forwardAttempts ? "dead" : "waiting", nil, failure.cause ?? failure.message)
                throw failure
            }
        }
    }

    private func settle(_ id: Int64, _ state: String, _ receipt: String?, _ error: String?) async throws {
        let sent: Moment? = state == "sent" ? clock.now : nil
        try await database.write { tx in
            _ = try tx.execute(
                "UPDATE forward_deliveries SET state = \(state), attempts = attempts + 1, sent_at = \(sent), receipt = \(receipt), error = \(error) WHERE id = \(id) AND state = 'waiting'"
            )
        }
    }

    /// A dead delivery gets new attempts.
    package func retryForward(_ id: Int64, by principal: Principal, in tx: any Transaction) throws {
        try principal.require(MessagePermission.deliveries, "重新发送")
        guard let row = try tx.first("SELECT rule FROM forward_deliveries WHERE id = \(id) AND state = 'dead'") else { throw Failure.notFound("该未送达消息") }
        try tx.execute("UPDATE forward_deliveries SET state = 'waiting', error = NULL WHERE id = \(id)")
        try outbox.post(topic: Self.forwardTopic, key: "forward/\(row.int("rule") ?? 0)", payload: ["delivery": .int(id)], in: tx)
        try audit?.record(AuditEntry("retry", "forwardDelivery", String(id), "重新转发消息"), by: principal, in: tx)
    }
}
