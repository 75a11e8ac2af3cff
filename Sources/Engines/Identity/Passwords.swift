import Cryptography
import Kernel
import Storage

/// Changing and resetting passwords.
package struct Passwords: Sendable {
    let database: any Database
    let clock: Clock
    let audit: AuditTrail
    let version: IdentityVersion
    let hasher: PasswordHasher
    let policies: PolicyBook
    let users: Users

    /// As it is in force now.
    package var policy: PasswordPolicy { policies.current.password }

    /// The user changes the own password; the user's other sessions end.
    ///
    /// - Throws: `.invalid` `JW-K422` with findings for `current` and `password`; `.tooMany` `JW-I010`: guesses count as login attempts.
    package func change(of principal: Principal, current: String, new: String) async throws {
        let found = try await database.read { try Account.load(where: "u.id = \(principal.id)", at: clock.now, $0) }
        guard principal.kind == .user, let account = found else { throw Failure.notFound("用户") }
        let login = account.principal.login
        let (policy, limits) = (policies.current.password, policies.current.limits)
        let attempt = try await database.write { try limits.admit(login, from: principal.address, at: clock.now, in: $0) }
        var findings = policy.findings(for: new, login: login)
        let isRight: Bool
        do {
            isRight = current.utf8.count <= 512 ? try await hasher.verify(current, against: account.passwordHash) : false
        } catch {
            // Not the user's failure: it must not count as one.
            try await database.write { _ = try $0.execute("DELETE FROM login_attempts WHERE id = \(attempt)") }
            throw error
        }
        if !isRight {
            findings.insert(FieldFinding("current", "wrong", "不正确", title: "当前密码"), at: 0)
        } else if current == new {
            findings.append(PasswordPolicy.finding("same", "不能与当前密码相同"))
        } else if findings.isEmpty, try await isEarlier(new, of: principal.id, policy) {
            findings.append(PasswordPolicy.finding("history", "不能与最近 \(policy.history) 次用过的密码相同"))
        }
        guard findings.isEmpty else {
            let outcome = isRight ? "accepted" : "failed"
            try await database.write { _ = try $0.execute("UPDATE login_attempts SET outcome = \(outcome) WHERE id = \(attempt)") }
            throw Failure.invalid(findings)
        }
        let hash = try await hasher.make(new)
        try await database.write { transaction in
            try transaction.execute("UPDATE login_attempts SET outcome = 'accepted' WHERE id = \(attempt)")
            let changed = try transaction.execute(
                "UPDATE users SET password_hash = \(hash), password_changed_at = \(clock.now), must_change = 0 WHERE id = \(principal.id) AND password_hash = \(account.passwordHash)"
            )
            guard changed == 1 else { throw Failure(.conflict, "JW-I034", "密码刚刚已被修改，请重新登录") }
            try remember(account.passwordHash, of: principal.id, keeping: policy.history, transaction)
            let own = principal.session.flatMap(Hex.decode) ?? []
            try transaction.execute("DELETE FROM sessions WHERE user_id = \(principal.id) AND token_hash <> \(own)")
            try audit.sealUsers([principal.id], in: transaction)
            try audit.record(AuditEntry("update", "password", "\(principal.id)", "修改本人密码"), by: principal, in: transaction)
            version.bump(after: transaction)
        }
    }

    private func isEarlier(_ password: String, of user: Int64, _ policy: PasswordPolicy) async throws -> Bool {
        let hashes = try await database.read { reader in
            try reader.rows("SELECT hash FROM password_history WHERE user_id = \(user) ORDER BY id DESC LIMIT \(policy.history)").compactMap { $0[0].text }
        }
        for hash in hashes where try await hasher.verify(password, against: hash) { return true }
        return false
    }

    private func remember(_ hash: String, of user: Int64, keeping count: Int, _ transaction: any Transaction) throws {
        _ = try transaction.insert("INSERT INTO password_history (user_id, at, hash) VALUES (\(user), \(clock.now), \(hash))")
        let kept = try transaction.rows("SELECT id FROM password_history WHERE user_id = \(user) ORDER BY id DESC LIMIT \(count)").compactMap { $0[0].int }
        try transaction.execute("DELETE FROM password_history WHERE user_id = \(user) AND id < \(kept.last ?? Int64.max)")
    }

    /// An administrator gives a user a new one-time password; all the user's sessions end.
    ///
    /// - Returns: the password, shown once and stored nowhere.
    /// - Throws: `.forbidden`, `.notFound`.
    package func reset(of userId: Int64, by principal: Principal) async throws -> String {
        let password = OneTimePassword.make()
        let hash = try await hasher.make(password)
        try await database.write { transaction in
            try principal.require("user.write", "用户管理")
            let user = try users.manageable(userId, by: principal, transaction)
            try transaction.execute(
                "UPDATE users SET password_hash = \(hash), password_changed_at = \(clock.now), must_change = 1, failed_count = 0, locked_until = NULL WHERE id = \(userId)")
            try transaction.execute("DELETE FROM user_activations WHERE user_id = \(userId)")
            try transaction.execute("DELETE FROM sessions WHERE user_id = \(userId)")
            try audit.sealUsers([userId], in: transaction)
            try audit.record(AuditEntry("update", "password", "\(userId)", "重置用户“\(user.name)”（\(user.login)）的密码"), by: principal, in: transaction)
            version.bump(after: transaction)
        }
        return password
    }
}
