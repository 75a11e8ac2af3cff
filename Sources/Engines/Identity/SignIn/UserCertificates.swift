import Cryptography
import Kernel
import Storage

/// Certificates and public keys that an administrator registered for people: by which they sign in over TLS, or by signing a challenge (SM2, RSA).
package struct UserCertificates: Sendable {
    let database: any Database
    let clock: Clock
    let audit: AuditTrail
    let version: IdentityVersion
    let users: Users

    package struct Entry: Sendable, Equatable {
        package var id: Int64
        package var userId: Int64
        /// `certificate` or `key`.
        package var isCertificate: Bool
        package var title: String
        package var fingerprint: String
        /// `RSA2`, `SM2` or `其他`.
        package var algorithm: String
        package var keyPEM: String
        package var issuer: String
        package var serial: String
        package var notBefore: Moment?
        package var notAfter: Moment?
        package var createdAt: Moment
        package var createdBy: String
        package var revokedAt: Moment?
        package var lastUsedAt: Moment?

        /// Whether it opens a session now.
        package func isGood(at now: Moment) -> Bool { revokedAt == nil && notBefore.map { now >= $0 } ?? true && notAfter.map { now < $0 } ?? true }
    }

    package func list(of user: Int64, _ reader: any Reader) throws -> [Entry] {
        try reader.rows("SELECT * FROM user_certificates WHERE user_id = \(user) ORDER BY id DESC LIMIT 100").map(Self.entry)
    }

    /// - Parameter pem: a certificate, or a bare public key (RSA ≥ 2048, SM2).
    /// - Throws: `.invalid` with a finding for `pem`; `.conflict` `JW-I065` for one that is registered already; `.forbidden`, `.notFound`.
    package func register(_ pem: String, title: String, for user: Int64, by principal: Principal) async throws {
        try principal.require("user.write", "用户管理")
        let now = clock.now
        let made = try Self.read(pem, title: title, now: now)
        try await database.write { tx in
            let owner = try users.manageable(user, by: principal, tx)
            if let other = try tx.first("SELECT user_id FROM user_certificates WHERE fingerprint = \(made.fingerprint) AND revoked_at IS NULL") {
                throw Failure(.conflict, "JW-I065", other[0].int == user ? "此证书已登记" : "此证书已登记给其他用户")
            }
            if made.isCertificate, let gone = try RevocationLists.revokedAt(issuer: made.issuer, serial: made.serial, tx) {
                throw Failure.invalid([FieldFinding("pem", "revoked", "已于 \(gone.day.text) 被颁发机构吊销", title: "证书或公钥")])
            }
            let kind = made.isCertificate ? "certificate" : "key"
            _ = try tx.insert(
                """
                INSERT INTO user_certificates (user_id, kind, title, fingerprint, algorithm, key_pem, issuer, serial, not_before, not_after, created_at, created_by, created_by_name) VALUES \
                (\(user), \(kind), \(made.title), \(made.fingerprint), \(made.algorithm), \(made.keyPEM), \(made.issuer), \(made.serial), \(made.notBefore), \(made.notAfter), \
                \(now), \(principal.id), \(principal.name))
                """)
            let entry = AuditEntry(
                "create", "userCertificate", "\(user)", "为“\(owner.name)”（\(owner.login)）登记\(made.isCertificate ? "证书" : "公钥")“\(made.title)”，指纹 \(made.fingerprint)")
            try audit.record(entry, by: principal, in: tx)
        }
    }

    /// Ends the sessions that it opened, with the next request.
    package func revoke(_ id: Int64, of user: Int64, by principal: Principal) async throws {
        try principal.require("user.write", "用户管理")
        try await database.write { tx in
            let owner = try users.manageable(user, by: principal, tx)
            let count = try tx.execute("UPDATE user_certificates SET revoked_at = \(clock.now) WHERE id = \(id) AND user_id = \(user) AND revoked_at IS NULL")
            guard count > 0 else { throw Failure.notFound("该证书") }
            try tx.execute("DELETE FROM sessions WHERE certificate_id = \(id)")
            try audit.record(AuditEntry("update", "userCertificate", "\(user)", "撤销“\(owner.name)”（\(owner.login)）的证书或公钥 \(id)"), by: principal, in: tx)
            version.bump(after: tx)
        }
    }

    // MARK: At the door

    func find(fingerprint: String, _ reader: any Reader) throws -> Entry? {
        guard let found = try reader.first("SELECT * FROM user_certificates WHERE fingerprint = \(fingerprint) AND revoked_at IS NULL").map(Self.entry) else { return nil }
        let isTakenBack = found.isCertificate ? try RevocationLists.revokedAt(issuer: found.issuer, serial: found.serial, reader) != nil : false
        return isTakenBack ? nil : found
    }

    private static func read(_ pem: String, title: String, now: Moment) throws -> Entry {
        func refuse(_ message: String) -> Failure { Failure.invalid([FieldFinding("pem", "format", message, title: "证书或公钥")]) }
        let name = String(title.prefix(100))
        do {
            if Certificate.isCertificate(pem) {
                let certificate = try Certificate(pem: pem)
                guard certificate.notAfter > now else { throw refuse("已于 \(certificate.notAfter.day.text) 到期") }
                let key = try? PublicKey(pem: certificate.keyPEM)
                return Entry(
                    id: 0, userId: 0, isCertificate: true, title: name.isEmpty ? String(certificate.subject.prefix(200)) : name, fingerprint: certificate.fingerprint,
                    algorithm: key?.algorithm ?? "其他", keyPEM: certificate.keyPEM, issuer: certificate.issuer, serial: certificate.serial, notBefore: certificate.notBefore,
                    notAfter: certificate.notAfter, createdAt: now, createdBy: "")
            }
            let key = try PublicKey(pem: pem)
            return Entry(
                id: 0, userId: 0, isCertificate: false, title: name.isEmpty ? "\(key.algorithm) 公钥" : name, fingerprint: key.fingerprint, algorithm: key.algorithm,
                keyPEM: try key.pem(), issuer: "", serial: "", createdAt: now, createdBy: "")
        } catch let failure as Failure where failure.fields.isEmpty {
            throw refuse("无法识别：\(failure.message)")
        }
    }

    private static func entry(_ row: Row) -> Entry {
        Entry(
            id: row.int("id") ?? 0, userId: row.int("user_id") ?? 0, isCertificate: row.text("kind") == "certificate", title: row.text("title") ?? "",
            fingerprint: row.text("fingerprint") ?? "", algorithm: row.text("algorithm") ?? "", keyPEM: row.text("key_pem") ?? "", issuer: row.text("issuer") ?? "",
            serial: row.text("serial") ?? "", notBefore: row.moment("not_before"), notAfter: row.moment("not_after"),
            createdAt: row.moment("created_at") ?? Moment(milliseconds: 0), createdBy: row.text("created_by_name") ?? "", revokedAt: row.moment("revoked_at"),
            lastUsedAt: row.moment("last_used_at"))
    }
}
