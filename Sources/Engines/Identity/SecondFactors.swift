import Cryptography
import Kernel
import Storage

/// A second factor of one's own: one-time codes of an authenticator program, and recovery codes for the day the telephone is lost.
package struct SecondFactors: Sendable {
    let database: any Database
    let clock: Clock
    let audit: AuditTrail
    let version: IdentityVersion
    let keys: KeyRing

    /// What enrolling shows.
    package struct Offer: Sendable {
        /// `otpauth://…` for the square code.
        package var address: String
        /// For typing, in groups of four.
        package var secret: String
    }

    package struct State: Sendable {
        package var enabledAt: Moment?
        package var recoveryLeft: Int
    }

    package func state(of user: Int64) async throws -> State {
        try await database.read { reader in
            let row = try reader.first("SELECT totp_secret, totp_enabled_at, totp_step, recovery_codes FROM users WHERE id = \(user)")
            let record = row.flatMap { SecondFactorRecord($0) }
            return State(enabledAt: record == nil ? nil : row?.moment("totp_enabled_at"), recoveryLeft: record?.recovery.count ?? 0)
        }
    }

    /// A new secret, stored but not in force until a code of it was given.
    ///
    /// - Throws: `.conflict` `JW-I041` when a second factor is in force.
    package func offer(to principal: Principal, issuer: String) async throws -> Offer {
        let (secret, login) = try await database.write { transaction in
            let row = try transaction.first("SELECT login, totp_secret, totp_enabled_at FROM users WHERE id = \(principal.id)")
            guard let row, row.moment("totp_enabled_at") == nil else { throw Failure(.conflict, "JW-I041", "已开启动态口令，请先停用") }
            let login = row.text("login") ?? ""
            if let sealed = row.text("totp_secret"), let known = Base64.decode(try keys.open(sealed)) { return (known, login) }
            let made = OneTimeCode.makeSecret()
            try transaction.execute("UPDATE users SET totp_secret = \(try keys.seal(Base64.encode(made))) WHERE id = \(principal.id)")
            try audit.sealUsers([principal.id], in: transaction)
            return (made, login)
        }
        let text = Base32.encode(secret)
        let groups = stride(from: 0, to: text.utf8.count, by: 4).map { String(text.dropFirst($0).prefix(4)) }
        return Offer(address: OneTimeCode.address(secret: secret, account: login, issuer: issuer), secret: groups.joined(separator: " "))
    }

    /// Puts it in force.
    ///
    /// - Returns: ten recovery codes, shown once and stored as hashes.
    /// - Throws: `.invalid` with a finding for `code`; `.conflict` `JW-I041`.
    package func enable(for principal: Principal, code: String) async throws -> [String] {
        let codes = (0..<10).map { _ in Self.recoveryCode() }
        try await database.write { transaction in
            let row = try transaction.first("SELECT totp_secret, totp_enabled_at FROM users WHERE id = \(principal.id)")
            guard let row, let sealed = row.text("totp_secret"), row.moment("totp_enabled_at") == nil, let secret = Base64.decode(try keys.open(sealed)) else {
                throw Failure(.conflict, "JW-I041", "已开启动态口令，或未取得密钥")
            }
            let now = clock.now
            guard let step = OneTimeCode.matchingStep(code.filter(\.isNumber), secret: secret, at: now, after: 0) else {
                throw Failure.invalid([FieldFinding("code", "wrong", "不正确，请核对手机时间后输入最新的 6 位数字", title: "动态口令")])
            }
            let hashes = codes.map(SecondFactorRecord.hash(ofRecovery:)).joined(separator: ",")
            try transaction.execute("UPDATE users SET totp_enabled_at = \(now), totp_step = \(step), recovery_codes = \(hashes) WHERE id = \(principal.id)")
            try audit.record(AuditEntry("update", "secondFactor", "\(principal.id)", "开启动态口令"), by: principal, in: transaction)
            version.bump(after: transaction)
        }
        return codes
    }

    /// One's own.
    package func disable(for principal: Principal) async throws {
        try await database.write { transaction in
            try clear(principal.id, transaction)
            try audit.record(AuditEntry("update", "secondFactor", "\(principal.id)", "停用动态口令"), by: principal, in: transaction)
            version.bump(after: transaction)
        }
    }

    /// Of somebody who lost the telephone; the user's sessions end.
    ///
    /// - Throws: `.forbidden`, `.notFound`.
    package func reset(of user: Int64, users: Users, by principal: Principal) async throws {
        try await database.write { transaction in
            try principal.require("user.write", "用户管理")
            let owner = try users.manageable(user, by: principal, transaction)
            try clear(user, transaction)
            try transaction.execute("DELETE FROM sessions WHERE user_id = \(user)")
            try audit.record(AuditEntry("update", "secondFactor", "\(user)", "重置用户“\(owner.name)”（\(owner.login)）的动态口令"), by: principal, in: transaction)
            version.bump(after: transaction)
        }
    }

    private func clear(_ user: Int64, _ transaction: any Transaction) throws {
        try transaction.execute("UPDATE users SET totp_secret = NULL, totp_enabled_at = NULL, totp_step = 0, recovery_codes = NULL WHERE id = \(user)")
        try audit.sealUsers([user], in: transaction)
    }

    /// Two groups of five without characters that look alike.
    private static func recoveryCode() -> String {
        let alphabet = Array("abcdefghjkmnpqrstuvwxyz23456789")
        let letters = (0..<10).map { _ in alphabet[SecureRandom.below(alphabet.count)] }
        return String(letters[0..<5]) + "-" + String(letters[5...])
    }
}
