import Cryptography
import Features
import Identity
import Kernel
import Storage

/// D17.6.5: a backup of keys that only its custodian opens, and the way back. The administrator who makes it cannot read it.
extension KeyStore {
    /// All keys that are not destroyed, sealed to the certificate of a custodian out of the ledger of certificates.
    package func backup(to certificate: Int64, by principal: Principal, in tx: any Transaction) throws -> [UInt8] {
        try principal.requireHeld(SecurityPermission.keysManage, "密钥管理")
        let today = platform.clock.today
        guard
            let row = try tx.first(
                "SELECT title, pem FROM security_certificate WHERE id = \(certificate) AND deleted_at IS NULL AND \"use\" = 'custodian' AND state = 'valid' AND (valid_to IS NULL OR valid_to >= \(today))"
            ),
            let pem = row.text("pem"), !pem.isEmpty
        else { throw Failure.invalid([FieldFinding("certificate", "unknown", "选择证书台账中用途为“密钥保管”、有效且含 PEM 的 SM2 证书", title: "保管人证书")]) }
        let keys = try tx.rows("SELECT * FROM security_keys WHERE state <> 'destroyed' ORDER BY id LIMIT 5000").map { try SecurityKey($0) }
        let content = JSONValue.array(
            try keys.map { key in
                [
                    "name": .string(key.name), "title": .string(key.title), "generation": .int(Int64(key.generation)), "purpose": .string(key.purpose.rawValue),
                    "state": .string(key.state.rawValue), "public": key.publicPEM.map { .string($0) } ?? .null, "certificate": key.certificate.map { .string($0) } ?? .null,
                    "fingerprint": .string(key.fingerprint), "madeAt": .int(key.madeAt.milliseconds), "rotateBy": key.rotateBy.map { .string($0.text) } ?? .null,
                    "secret": .string(try secret(of: key)),
                ]
            })
        let sealed: [UInt8]
        do { sealed = try Envelope.seal(content.bytes, for: [pem]) } catch let failure as Failure where failure.kind == .invalid {
            throw Failure.invalid([FieldFinding("certificate", "kind", "须为 SM2 证书", title: "保管人证书")])
        }
        let custodian = row.text("title") ?? ""
        try tx.execute("UPDATE security_keys SET backed_up_at = \(platform.clock.now), custodian = \(custodian) WHERE state <> 'destroyed'")
        try note("export", 0, "备份 \(keys.count) 个密钥，封装给保管人“\(custodian)”", by: principal, in: tx)
        return sealed
    }

    /// Takes back what is missing; what was destroyed stays destroyed, what is there stays as it is.
    ///
    /// - Parameters:
    ///   - key: the custodian's private key, PEM, used once and not kept.
    /// - Returns: restored, and left alone.
    /// - Throws: `.invalid` `JW-C040`, `JW-C041`, `JW-C043`, or by field.
    package func restore(_ sealed: [UInt8], key pem: String, certificate: String, by principal: Principal, in tx: any Transaction) throws -> (restored: Int, left: Int) {
        try principal.requireHeld(SecurityPermission.keysManage, "密钥管理")
        let key: ServiceKey
        do { key = try ServiceKey(pem: pem) } catch { throw Failure.invalid([FieldFinding("key", "format", "不是未加密的 PEM 私钥", title: "保管人私钥")]) }
        let opened: JSONValue
        do { opened = try JSONValue(parsing: String(decoding: try Envelope.open(sealed, key: key, certificate: certificate), as: UTF8.self)) } catch let failure as Failure
            where failure.kind == .invalid
        {
            throw Failure.invalid([FieldFinding("file", "format", failure.message, title: "备份文件")])
        }
        guard let entries = opened.array else { throw Failure.invalid([FieldFinding("file", "format", "不是密钥备份", title: "备份文件")]) }
        var restored = 0
        for entry in entries.prefix(5000) {
            guard let name = entry["name"]?.string, let generation = entry["generation"]?.int, let purpose = entry["purpose"]?.string,
                SecurityKey.Purpose(rawValue: purpose) != nil,
                let secret = entry["secret"]?.string, let fingerprint = entry["fingerprint"]?.string
            else { throw Failure.invalid([FieldFinding("file", "format", "备份内容缺项", title: "备份文件")]) }
            guard try tx.value("SELECT id FROM security_keys WHERE name = \(name) AND generation = \(generation)") == nil else { continue }
            // What was in use comes back as what opens history: which generation is in use is decided here, not by the file.
            let state = ["made", "stopped", "archived"].contains(entry["state"]?.string ?? "") ? entry["state"]?.string ?? "retired" : "retired"
            let madeAt = Moment(milliseconds: entry["madeAt"]?.int ?? 0)
            try tx.execute(
                """
                INSERT INTO security_keys (name, title, generation, purpose, state, secret, public_pem, certificate, fingerprint, made_at, made_by, made_by_name, rotate_by)
                VALUES (\(name), \(entry["title"]?.string ?? name), \(generation), \(purpose), \(state), \(try platform.keys.seal(secret)), \(entry["public"]?.string),
                \(entry["certificate"]?.string), \(fingerprint), \(madeAt), \(principal.id), \(principal.name), \(entry["rotateBy"]?.string.flatMap { Day(parsing: $0) }))
                """)
            restored += 1
        }
        try note("restore", 0, "从备份恢复 \(restored) 个密钥，已存在或已销毁的 \(entries.count - restored) 个不变", by: principal, in: tx)
        return (restored, entries.count - restored)
    }
}
