import Cryptography
import Kernel
import Storage

extension Sessions {
    /// Signs in. The answer to a wrong password takes as long and says as much as the one to a login that does not exist.
    ///
    /// - Throws: `.tooMany` `JW-I010` (limits), `JW-C041` (too many hash at once); `.unauthenticated` `JW-I011` (login or password wrong); `.forbidden` `JW-I012` (frozen or
    ///   its organisation retired; said only to who knows the password).
    package func login(_ login: String, password: String, address: String, agent: String) async throws -> NewSession {
        let login = String(User.normalized(login).prefix(64))
        let attempt = try await database.write { try limits.admit(login, from: address, at: clock.now, in: $0) }
        let account = try await database.read { try Account.load(where: "u.login = \(login)", $0) }
        let isRight: Bool
        var upgraded: String?
        do {
            let stored = account?.passwordHash ?? PasswordHash.decoy(cost: hasher.cost)
            isRight = password.utf8.count <= 512 ? try await hasher.verify(password, against: stored) : false
            if isRight, account != nil, hasher.needsUpgrade(stored) { upgraded = try await hasher.make(password) }
        } catch {
            // Not the user's failure: it must not count as one.
            try await database.write { _ = try $0.execute("DELETE FROM login_attempts WHERE id = \(attempt)") }
            throw error
        }
        guard isRight, let account else { throw try await failed(login, attempt, account, address) }
        return try await open(account, attempt, upgraded, address, agent)
    }

    private func failed(_ login: String, _ attempt: Int64, _ account: Account?, _ address: String) async throws -> Failure {
        try await database.write { transaction in
            try transaction.execute("UPDATE login_attempts SET outcome = 'failed' WHERE id = \(attempt)")
            var actor = account?.principal ?? Principal(kind: .user, id: 0, login: login, name: login, permissions: [], scope: .nothing)
            actor.address = address
            if account != nil {
                let until = try limits.lockedUntil(login, at: clock.now, transaction)
                try transaction.execute("UPDATE users SET failed_count = failed_count + 1, locked_until = \(until) WHERE id = \(actor.id)")
            }
            try audit.record(AuditEntry("loginFailed", "session", "", "登录失败（\(login)）"), by: actor, in: transaction)
        }
        return Failure(.unauthenticated, "JW-I011", "登录名或密码错误")
    }

    private func open(_ seen: Account, _ attempt: Int64, _ upgraded: String?, _ address: String, _ agent: String) async throws -> NewSession {
        let token = SecureRandom.token(32)
        let key = SHA256.hash(token)
        let now = clock.now
        let expiresAt = now.adding(seconds: SessionLife.absoluteSeconds)
        let opened = try await database.write { transaction -> (Session, Bool)? in
            // Asked again: what was read before the hash was computed may have changed.
            let userId = seen.principal.id
            guard let account = try Account.load(where: "u.id = \(userId)", transaction), account.passwordHash == seen.passwordHash else {
                throw Failure(.unauthenticated, "JW-I011", "登录名或密码错误")
            }
            var actor = account.principal
            actor.address = address
            let login = actor.login
            let isFirst = try transaction.first("SELECT id FROM login_attempts WHERE login = \(login) AND outcome = 'accepted' LIMIT 1") == nil
            let isNewAddress = try !isFirst && !limits.knows(address, of: login, at: now, transaction)
            try transaction.execute("UPDATE login_attempts SET outcome = 'accepted' WHERE id = \(attempt)")
            guard account.isActive else {
                try audit.record(AuditEntry("loginFailed", "session", "", "登录失败：账号或所属机构已停用"), by: actor, in: transaction)
                return nil
            }
            let id = try transaction.insert(
                """
                INSERT INTO sessions (token_hash, user_id, created_at, last_seen_at, expires_at, address, agent)
                VALUES (\(key.bytes), \(userId), \(now), \(now), \(expiresAt), \(address), \(String(agent.prefix(200))))
                """)
            try transaction.execute(
                """
                UPDATE users SET failed_count = 0, locked_until = NULL, last_login_at = \(now), last_login_address = \(address), password_hash = \(upgraded ?? account.passwordHash)
                WHERE id = \(userId)
                """)
            try audit.record(AuditEntry("login", "session", "\(id)", isNewAddress ? "登录（首次使用的地址）" : "登录"), by: actor, in: transaction)
            var session = Self.session(id: id, key, account, policy, createdAt: now, expiresAt: expiresAt, now: now)
            session.principal.address = address
            return (session, isNewAddress)
        }
        guard let (session, isNewAddress) = opened else { throw Failure(.forbidden, "JW-I012", "账号或所属机构已停用，请联系管理员") }
        return NewSession(token: token, session: session, isNewAddress: isNewAddress)
    }
}
