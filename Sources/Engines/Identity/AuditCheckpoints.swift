import Cryptography
import Kernel
import Storage

/// Signed states of the audit book. A row changed together with every hash after it, rows taken off the end, and rows taken off the front by anything but retention are found
/// against them. The signing key (SM2) is sealed with the key ring, so that who can write the database alone cannot sign.
package struct AuditCheckpoints: Sendable {
    let database: any Database
    let clock: Clock
    let audit: AuditTrail
    let keys: KeyRing
    let policies: PolicyBook

    package struct Checkpoint: Sendable, Equatable {
        package var at: Moment
        /// The last row it covers.
        package var auditId: Int64
        /// Of that row, in hexadecimal digits.
        package var hash: String
    }

    private static let setting = "auditKey"

    /// Signs the book as it stands; nothing when no row came since the last time.
    ///
    /// - Returns: what was signed, for a log kept elsewhere.
    package func sign() async throws -> Checkpoint? {
        try await database.write { transaction in
            guard let last = try transaction.first("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1"), let id = last.int("id"), let hash = last.blob("hash"),
                try transaction.first("SELECT id FROM audit_checkpoints WHERE audit_id >= \(id)") == nil
            else { return nil }
            let now = clock.now
            let signature = try signingKey(transaction).sign(Self.statement(id, hash, now))
            try transaction.execute("INSERT INTO audit_checkpoints (at, audit_id, hash, signature) VALUES (\(now), \(id), \(hash), \(signature))")
            return Checkpoint(at: now, auditId: id, hash: Hex.encode(hash))
        }
    }

    package func latest(_ reader: any Reader) throws -> Checkpoint? {
        try reader.first("SELECT at, audit_id, hash FROM audit_checkpoints ORDER BY audit_id DESC LIMIT 1").map { row in
            Checkpoint(at: row.moment("at") ?? clock.now, auditId: row.int("audit_id") ?? 0, hash: Hex.encode(row.blob("hash") ?? []))
        }
    }

    /// The whole book against its chain and every checkpoint.
    package func verify(_ reader: any Reader) throws -> AuditVerdict {
        let stored = try reader.rows("SELECT at, audit_id, hash, signature, is_base FROM audit_checkpoints ORDER BY audit_id")
        var witnesses: [Int64: [UInt8]] = [:]
        var forged: [AuditVerdict.BrokenRow] = []
        let key = stored.isEmpty ? nil : try known(reader).map { try SM2PublicKey(pem: $0.publicPEM()) }
        for row in stored {
            let id = row.int("audit_id") ?? 0
            let (hash, at) = (row.blob("hash") ?? [], row.moment("at") ?? clock.now)
            witnesses[id] = hash
            guard let key, key.verify(signature: row.blob("signature") ?? [], over: Self.statement(id, hash, at)) else {
                forged.append(AuditVerdict.BrokenRow(id: id, reason: "检查点的签名无效"))
                continue
            }
        }
        var verdict = try audit.verify(reader, witnesses: witnesses)
        verdict.faults = forged + verdict.faults
        let lastSigned = stored.last?.int("audit_id") ?? 0
        if lastSigned > verdict.last ?? 0, stored.last?.bool("is_base") == false {
            verdict.faults.append(AuditVerdict.BrokenRow(id: (verdict.last ?? 0) + 1, reason: "末尾缺失：检查点签到第 \(lastSigned) 条"))
        }
        if let first = verdict.first, first > 1 {
            let previous = try reader.first("SELECT previous_hash FROM audit WHERE id = \(first)")?.blob("previous_hash")
            let isBorne = stored.contains { $0.bool("is_base") && $0.int("audit_id") == first - 1 && $0.blob("hash") == previous }
            if !isBorne { verdict.faults.insert(AuditVerdict.BrokenRow(id: first, reason: "此前的 \(first - 1) 条缺失，且不是按保存期限清理的"), at: 0) }
        }
        return verdict
    }

    /// Takes rows older than the policy's months off the front, up to a checkpoint, which stays as their witness.
    ///
    /// - Returns: the number of rows removed.
    package func retain() async throws -> Int {
        let until = clock.today.adding(days: -policies.current.auditMonths * 31).start
        return try await database.write { transaction in
            // What no archive holds stays, once there are archives.
            let archived = try AuditArchives.archivedTo(transaction)
            let held: SQL = archived > 0 ? "AND audit_id <= \(archived)" : ""
            let found = try transaction.first("SELECT audit_id FROM audit_checkpoints WHERE at < \(until) AND is_base = 0 \(held) ORDER BY audit_id DESC LIMIT 1")
            guard let id = found?.int("audit_id") else { return 0 }
            try transaction.execute("UPDATE audit_checkpoints SET is_base = 1 WHERE audit_id = \(id)")
            let count = try transaction.execute("DELETE FROM audit WHERE id <= \(id)")
            try transaction.execute("DELETE FROM audit_checkpoints WHERE audit_id < \(id)")
            try audit.record(AuditEntry("delete", "audit", "\(id)", "按保存期限清理审计日志 \(count) 条，至第 \(id) 条"), by: .system(), in: transaction)
            return count
        }
    }

    static func statement(_ id: Int64, _ hash: [UInt8], _ at: Moment) -> [UInt8] { Array("jianwei audit \(id) \(Hex.encode(hash)) \(at.milliseconds)".utf8) }

    /// What verifies the signatures; nil before the first one.
    package func publicPEM(_ reader: any Reader) throws -> String? { try known(reader)?.publicPEM() }

    private func known(_ reader: any Reader) throws -> SM2PrivateKey? {
        guard let sealed = try reader.value("SELECT value FROM identity_settings WHERE name = \(Self.setting)")?.text else { return nil }
        return try SM2PrivateKey(pem: keys.open(sealed))
    }

    private func signingKey(_ transaction: any Transaction) throws -> SM2PrivateKey {
        if let key = try known(transaction) { return key }
        let made = try SM2PrivateKey.generate()
        let sealed = try keys.seal(made.pem())
        try transaction.execute("INSERT INTO identity_settings (name, value, updated_at, updated_by) VALUES (\(Self.setting), \(sealed), \(clock.now), 0)")
        return made
    }
}
