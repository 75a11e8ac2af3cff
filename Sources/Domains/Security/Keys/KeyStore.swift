import Cryptography
import Features
import Identity
import Kernel
import Storage

/// D17.6.1 … D17.6.6: the life of the services' keys. Whoever makes and moves keys never uses them; whoever confirms a destruction did not ask for it. Every step stands in the audit book.
package struct KeyStore: Sendable {
    let platform: Platform
    private static let certificateYears: Int64 = 5

    package init(platform: Platform) { self.platform = platform }

    private var clock: Clock { platform.clock }

    package struct Draft: Sendable {
        package var name: String
        package var title: String
        package var purpose: SecurityKey.Purpose
        /// Days after its activation at which it is to be changed.
        package var days: Int

        package init(name: String, title: String, purpose: SecurityKey.Purpose, days: Int = 365) {
            self.name = name
            self.title = title
            self.purpose = purpose
            self.days = days
        }
    }

    // MARK: Reading

    package func find(_ id: Int64, _ reader: any Reader) throws -> SecurityKey {
        guard let row = try reader.first("SELECT * FROM security_keys WHERE id = \(id)") else { throw Failure.notFound("该密钥") }
        return try SecurityKey(row)
    }

    package func page(state: String?, purpose: String?, keyword: String?, before: Int64?, limit: Int, _ reader: any Reader) throws -> [SecurityKey] {
        var conditions: [SQL] = []
        if let state { conditions.append("state = \(state)") }
        if let purpose { conditions.append("purpose = \(purpose)") }
        if let before { conditions.append("id < \(before)") }
        if let keyword { conditions.append("(name = \(keyword) OR title = \(keyword) OR fingerprint = \(keyword))") }
        return try reader.rows("SELECT * FROM security_keys WHERE \(SQL.all(of: conditions)) ORDER BY id DESC LIMIT \(limit)").map { try SecurityKey($0) }
    }

    /// The generation in use, to sign and to seal with.
    func active(_ name: String, _ purpose: SecurityKey.Purpose, _ reader: any Reader) throws -> SecurityKey {
        guard let row = try reader.first("SELECT * FROM security_keys WHERE name = \(name) AND state = 'active'") else {
            throw Failure.invalid([FieldFinding("key", "unknown", "没有在用的密钥“\(name.prefix(60))”", title: "密钥")])
        }
        let key = try SecurityKey(row)
        guard key.purpose == purpose else { throw Failure.invalid([FieldFinding("key", "purpose", "用途是\(key.purpose.title)，不能用于此操作", title: "密钥")]) }
        return key
    }

    /// A generation that may open what is old: in use, replaced or archived.
    func opening(_ name: String, generation: Int?, _ purpose: SecurityKey.Purpose, _ reader: any Reader) throws -> [SecurityKey] {
        var conditions: [SQL] = ["name = \(name)", "purpose = \(purpose.rawValue)", "state IN ('active', 'retired', 'archived')"]
        if let generation { conditions.append("generation = \(generation)") }
        let keys = try reader.rows("SELECT * FROM security_keys WHERE \(SQL.all(of: conditions)) ORDER BY generation DESC LIMIT 20").map { try SecurityKey($0) }
        guard !keys.isEmpty else { throw Failure.invalid([FieldFinding("key", "unknown", "没有可用的密钥“\(name.prefix(60))”", title: "密钥")]) }
        return keys
    }

    func secret(of key: SecurityKey) throws -> String {
        guard let sealed = key.secret else { throw Failure(.conflict, "JW-SE22", "密钥“\(key.name)”已销毁") }
        return try platform.keys.open(sealed)
    }

    func pair(of key: SecurityKey) throws -> ServiceKey { try ServiceKey(pem: secret(of: key)) }

    // MARK: Life

    /// Makes a key, or the next generation of one; it waits to be put into use.
    ///
    /// - Throws: `.invalid` with every finding.
    package func make(_ draft: Draft, by principal: Principal, in tx: any Transaction) throws -> SecurityKey {
        try principal.requireHeld(SecurityPermission.keysManage, "密钥管理")
        var findings: [FieldFinding] = []
        let isName = (2...40).contains(draft.name.utf8.count) && draft.name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
        if !isName { findings.append(FieldFinding("name", "format", "2 至 40 个小写字母、数字或“-”", title: "密钥名")) }
        if draft.title.isEmpty || draft.title.count > 60 { findings.append(FieldFinding("title", "required", "填写 1 至 60 字", title: "用途说明")) }
        if !(1...1825).contains(draft.days) { findings.append(FieldFinding("days", "range", "填写 1 至 1825 天", title: "更换周期")) }
        let known = try tx.first("SELECT purpose, max(generation) AS generation FROM security_keys WHERE name = \(draft.name) GROUP BY purpose")
        if let known, known.text("purpose") != draft.purpose.rawValue { findings.append(FieldFinding("purpose", "fixed", "同名密钥的用途不能改变", title: "用途")) }
        if try tx.value("SELECT id FROM security_keys WHERE name = \(draft.name) AND state = 'made'") != nil {
            findings.append(FieldFinding("name", "duplicate", "已有待启用的下一代密钥", title: "密钥名"))
        }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let generation = Int(known?.int("generation") ?? 0) + 1, now = clock.now
        var publicPEM: String?, certificate: String?
        let secret: String, fingerprint: String
        if draft.purpose.isPair {
            let key = try ServiceKey.generate(draft.purpose == .stamp ? .p256 : .sm2)
            let serial = now.milliseconds % 1_000_000_000_000 * 100 + Int64(generation % 100)
            let until = now.day.adding(days: Int(Self.certificateYears) * 365).start
            certificate = try key.certificate(
                name: "\(draft.title) \(draft.name)-\(generation)", serial: serial, from: now, until: until,
                use: draft.purpose == .stamp ? .stamp : draft.purpose == .envelope ? .envelope : .sign)
            publicPEM = try key.publicPEM()
            secret = try key.pem()
            fingerprint = SHA256.hash(publicPEM ?? "").hex
        } else {
            let bytes = Self.strong(48)
            secret = Base64.encode(bytes)
            fingerprint = SM3.hash(SM3.hash(bytes).bytes).hex
        }
        let id = try tx.insert(
            """
            INSERT INTO security_keys (name, title, generation, purpose, state, secret, public_pem, certificate, fingerprint, made_at, made_by, made_by_name, rotate_by)
            VALUES (\(draft.name), \(draft.title), \(generation), \(draft.purpose.rawValue), 'made', \(try platform.keys.seal(secret)), \(publicPEM), \(certificate), \(fingerprint), \(now),
            \(principal.id), \(principal.name), \(now.day.adding(days: draft.days)))
            """)
        try note("create", id, "生成密钥 \(draft.name) 第 \(generation) 代（\(draft.purpose.title)）", by: principal, in: tx)
        return try find(id, tx)
    }

    /// Puts a made key into use; the generation before it is replaced and opens only what is old.
    package func activate(_ id: Int64, by principal: Principal, in tx: any Transaction) throws {
        let key = try managed(id, [.made], "启用", by: principal, in: tx)
        let now = clock.now
        try tx.execute("UPDATE security_keys SET state = 'retired', ended_at = \(now) WHERE name = \(key.name) AND state = 'active'")
        try tx.execute("UPDATE security_keys SET state = 'active', active_from = \(now) WHERE id = \(id)")
        try note("update", id, "启用密钥 \(key.name) 第 \(key.generation) 代，前一代转为仅解历史", by: principal, in: tx)
    }

    package func archive(_ id: Int64, by principal: Principal, in tx: any Transaction) throws {
        let key = try managed(id, [.retired], "归档", by: principal, in: tx)
        try tx.execute("UPDATE security_keys SET state = 'archived' WHERE id = \(id)")
        try note("update", id, "归档密钥 \(key.name) 第 \(key.generation) 代", by: principal, in: tx)
    }

    /// A key that leaked stops at once, for everything.
    package func stop(_ id: Int64, reason: String, by principal: Principal, in tx: any Transaction) throws {
        let key = try managed(id, [.made, .active, .retired, .archived], "停用", by: principal, in: tx)
        try Self.require(reason)
        try tx.execute("UPDATE security_keys SET state = 'stopped', ended_at = \(clock.now) WHERE id = \(id)")
        try note("update", id, "紧急停用密钥 \(key.name) 第 \(key.generation) 代：\(reason)", by: principal, in: tx)
    }

    /// The first half of a destruction.
    package func askDestruction(_ id: Int64, reason: String, by principal: Principal, in tx: any Transaction) throws {
        let key = try managed(id, [.made, .archived, .stopped], "申请销毁（须先归档或停用）", by: principal, in: tx)
        try Self.require(reason)
        guard key.askedAt == nil else { throw Failure(.conflict, "JW-SE23", "已申请销毁，等待监销人确认") }
        try tx.execute(
            "UPDATE security_keys SET asked_at = \(clock.now), asked_by = \(principal.id), asked_by_name = \(principal.name), asked_reason = \(reason) WHERE id = \(id)")
        try note("update", id, "申请销毁密钥 \(key.name) 第 \(key.generation) 代：\(reason)", by: principal, in: tx)
    }

    /// The other half, by another person: the secret is overwritten, the row stays as the record.
    package func destroy(_ id: Int64, by principal: Principal, in tx: any Transaction) throws {
        try principal.requireHeld(SecurityPermission.keysWitness, "密钥监销")
        let key = try find(id, tx)
        guard key.state != .destroyed, key.askedAt != nil else { throw Failure(.conflict, "JW-SE24", "该密钥没有待确认的销毁申请") }
        guard key.askedBy != principal.id, key.madeBy != principal.id else { throw Failure(.forbidden, "JW-SE25", "监销人不能是申请人或生成人") }
        let now = clock.now
        // Overwritten before it goes, so that a page of the database which is used again holds no secret.
        try tx.execute("UPDATE security_keys SET secret = \(String(repeating: "0", count: key.secret?.utf8.count ?? 0)) WHERE id = \(id)")
        try tx.execute(
            "UPDATE security_keys SET secret = NULL, state = 'destroyed', destroyed_at = \(now), destroyed_by = \(principal.id), destroyed_by_name = \(principal.name) WHERE id = \(id)"
        )
        try note("delete", id, "监销确认，销毁密钥 \(key.name) 第 \(key.generation) 代（申请人 \(key.askedByName ?? "")）", by: principal, in: tx)
    }

    package func refuseDestruction(_ id: Int64, reason: String, by principal: Principal, in tx: any Transaction) throws {
        try principal.requireHeld(SecurityPermission.keysWitness, "密钥监销")
        let key = try find(id, tx)
        guard key.state != .destroyed, key.askedAt != nil else { throw Failure(.conflict, "JW-SE24", "该密钥没有待确认的销毁申请") }
        try Self.require(reason)
        try tx.execute("UPDATE security_keys SET asked_at = NULL, asked_by = NULL, asked_by_name = NULL, asked_reason = NULL WHERE id = \(id)")
        try note("update", id, "不同意销毁密钥 \(key.name) 第 \(key.generation) 代：\(reason)", by: principal, in: tx)
    }

    func note(_ action: String, _ id: Int64, _ text: String, by principal: Principal, in tx: any Transaction) throws {
        try platform.audit.record(AuditEntry(action, "securityKey", "\(id)", text), by: principal, in: tx)
    }

    private func managed(_ id: Int64, _ states: [SecurityKey.State], _ act: String, by principal: Principal, in tx: any Transaction) throws -> SecurityKey {
        try principal.requireHeld(SecurityPermission.keysManage, "密钥管理")
        let key = try find(id, tx)
        guard states.contains(key.state) else { throw Failure(.conflict, "JW-SE26", "密钥“\(key.name)”第 \(key.generation) 代\(key.state.title)，不能\(act)") }
        return key
    }

    private static func require(_ reason: String) throws {
        guard (2...200).contains(reason.count) else { throw Failure.invalid([FieldFinding("reason", "required", "填写 2 至 200 字", title: "原因")]) }
    }

    /// Random, and not one of those that a broken source of randomness gives.
    private static func strong(_ count: Int) -> [UInt8] {
        while true {
            let bytes = SecureRandom.bytes(count)
            if Set(bytes).count > count / 3 { return bytes }
        }
    }
}
