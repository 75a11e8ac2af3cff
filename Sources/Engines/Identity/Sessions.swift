import Cryptography
import Kernel
import Storage

/// Signing in, staying in, signing out. Of a session's token only the SHA-256 is stored; idle or old beyond the policy's measure, it ends.
package struct Sessions: Sendable {
    let database: any Database
    let clock: Clock
    let audit: AuditTrail
    let version: IdentityVersion
    let hasher: PasswordHasher
    let policies: PolicyBook
    let keys: KeyRing
    let blocks: AddressBlocks
    package let challenges: LoginChallenges
    let terminals: Terminals
    private let csrfKey: MACKey
    private let cache = SessionCache()

    init(
        database: any Database, clock: Clock, audit: AuditTrail, version: IdentityVersion, hasher: PasswordHasher, policies: PolicyBook, keys: KeyRing,
        blocks: AddressBlocks
    ) {
        self.database = database
        self.clock = clock
        self.audit = audit
        self.version = version
        self.hasher = hasher
        self.policies = policies
        self.keys = keys
        self.blocks = blocks
        challenges = LoginChallenges(database: database, clock: clock)
        terminals = Terminals(database: database, clock: clock, audit: audit, version: version)
        csrfKey = keys.mac(purpose: "csrf")
    }

    // MARK: Every request

    /// Whose token this is. From memory except after a change of identity; writes at most once a minute.
    ///
    /// - Parameter address: stands in the principal and so in the audit.
    /// - Returns: nil when the token is unknown, ended, or its owner was frozen.
    /// - Throws: `.unavailable` when the database cannot be asked.
    package func session(for token: String, address: String) async throws -> Session? {
        guard token.utf8.count == 43 else { return nil }
        let key = SHA256.hash(token)
        let now = clock.now
        // Before the database is asked: a change after this moment makes the answer stale.
        let version = version.current
        let policy = policies.current
        switch cache.touch(key, at: now, version: version, idleSeconds: policy.idleSeconds) {
        case .known(var session, let mustStore):
            if mustStore { try await store(now, session.id) }
            session.principal.place(at: address, policy, now)
            return session
        case .unknown(let lastSeen):
            guard let found = try await database.read({ try Self.load(key, policy, now, $0) }) else {
                cache.forget(key)
                return nil
            }
            var entry = SessionCache.Entry(
                session: found.session, version: version, lastSeen: max(found.lastSeen, lastSeen ?? found.lastSeen), stored: found.lastSeen, changesAt: found.changesAt)
            guard now < entry.session.expiresAt, now < entry.lastSeen.adding(seconds: policy.idleSeconds) else {
                cache.forget(key)
                return nil
            }
            entry.lastSeen = max(entry.lastSeen, now)
            cache.remember(entry, key)
            entry.session.principal.place(at: address, policy, now)
            return entry.session
        }
    }

    /// `session(for:address:)` for those who need only the person.
    package func principal(for token: String, address: String) async throws -> Principal? { try await session(for: token, address: address)?.principal }

    private func store(_ now: Moment, _ id: Int64) async throws {
        try await database.write { _ = try $0.execute("UPDATE sessions SET last_seen_at = \(now) WHERE id = \(id) AND last_seen_at < \(now)") }
    }

    static func load(_ key: Digest, _ policy: SignInPolicy, _ now: Moment, _ reader: any Reader) throws -> (session: Session, lastSeen: Moment, changesAt: Moment?)? {
        guard let row = try reader.first("SELECT * FROM sessions WHERE token_hash = \(key.bytes)"), let userId = row.int("user_id"),
            let account = try Account.load(where: "u.id = \(userId)", at: now, in: row.int("unit_id"), reader), account.isActive, let createdAt = row.moment("created_at"),
            let expiresAt = row.moment("expires_at")
        else { return nil }
        let confirmedAt = row.moment("confirmed_at") ?? createdAt
        var session = Self.session(id: row.int("id") ?? 0, key, account, policy, createdAt: createdAt, expiresAt: expiresAt, confirmedAt: confirmedAt, now: now)
        session.principal.terminal = row.int("terminal_id")
        return (session, row.moment("last_seen_at") ?? createdAt, account.changesAt)
    }

    static func session(
        id: Int64, _ key: Digest, _ account: Account, _ policy: SignInPolicy, createdAt: Moment, expiresAt: Moment, confirmedAt: Moment, now: Moment
    ) -> Session {
        let limit = policy.password.maximumAgeDays.map { account.passwordChangedAt.adding(seconds: Int64($0) * 86_400) }
        let mustChange = account.mustChange || limit.map { now >= $0 } ?? false
        var principal = account.principal
        principal.session = key.hex
        principal.withheld = policy.withheld(from: principal)
        let mustEnrol = account.secondFactor == nil && policy.demandsSecondFactor(administrator: principal.isAdministrator)
        if mustChange || mustEnrol { principal.permissions = [] }
        return Session(
            id: id, principal: principal, mustChangePassword: mustChange, mustEnrol: mustEnrol, confirmedAt: confirmedAt, createdAt: createdAt,
            expiresAt: min(expiresAt, account.expiresAt ?? expiresAt))
    }

    /// What a user would be, signed in now: for explanations. Nil when there is none.
    package func standing(of userId: Int64, _ reader: any Reader) throws -> (principal: Principal, isActive: Bool)? {
        guard var account = try Account.load(where: "u.id = \(userId)", at: clock.now, reader) else { return nil }
        account.principal.withheld = policies.current.withheld(from: account.principal)
        return (account.principal, account.isActive)
    }

    // MARK: Ending

    package func logout(token: String) async throws {
        let key = SHA256.hash(token)
        cache.forget(key)
        let now = clock.now
        let policy = policies.current
        try await database.write { transaction in
            guard let found = try Self.load(key, policy, now, transaction) else { return }
            try transaction.execute("DELETE FROM sessions WHERE token_hash = \(key.bytes)")
            try audit.record(AuditEntry("logout", "session", "\(found.session.id)", "退出登录"), by: found.session.principal, in: transaction)
            version.bump(after: transaction)
        }
    }

    /// Ends every session of a user, or one of them; acts on the next request. One's own, or anybody's with `user.write` in scope.
    ///
    /// - Throws: `.forbidden`, `.notFound`.
    package func revoke(of userId: Int64, only session: Int64? = nil, by principal: Principal) async throws {
        try await database.write { transaction in
            if principal.kind != .user || principal.id != userId {
                try principal.require("user.write", "用户管理")
                let account = try Account.load(where: "u.id = \(userId)", at: clock.now, transaction)
                guard let owner = account?.principal, principal.scope.admits(org: owner.organisation, area: owner.area) else { throw Failure.notFound("用户") }
            }
            let one: SQL = session.map { " AND id = \($0)" } ?? ""
            let count = try transaction.execute("DELETE FROM sessions WHERE user_id = \(userId)\(one)")
            try audit.record(AuditEntry("revoke", "session", "\(userId)", "终止用户的 \(count) 个会话"), by: principal, in: transaction)
            version.bump(after: transaction)
        }
    }

    /// A user's living sessions, newest first.
    package func list(of userId: Int64) async throws -> [SessionSummary] {
        let now = clock.now
        let idle = now.adding(seconds: -policies.current.idleSeconds)
        return try await database.read { reader in
            try reader.rows("SELECT * FROM sessions WHERE user_id = \(userId) AND expires_at > \(now) AND last_seen_at > \(idle) ORDER BY id DESC").map { row in
                SessionSummary(
                    id: row.int("id") ?? 0, createdAt: row.moment("created_at") ?? now, lastSeenAt: row.moment("last_seen_at") ?? now, address: row.text("address") ?? "",
                    agent: row.text("agent") ?? "", method: row.text("method").flatMap(SignInMethod.init) ?? .password,
                    marks: SessionMark.list(row.text("marks")))
            }
        }
    }

    /// Removes ended sessions and login attempts that no longer count; for a daily job.
    ///
    /// - Returns: the number of rows removed.
    package func sweep() async throws -> Int {
        let now = clock.now
        let policy = policies.current
        let idle = now.adding(seconds: -policy.idleSeconds - SessionLife.touchSeconds)
        let attempts = now.adding(seconds: -Int64(policy.limits.knownAddressDays) * 86_400)
        return try await database.write { transaction in
            let sessions = try transaction.execute("DELETE FROM sessions WHERE expires_at <= \(now) OR last_seen_at <= \(idle)")
            try transaction.execute("DELETE FROM login_challenges WHERE expires_at < \(now)")
            try transaction.execute("DELETE FROM login_tickets WHERE expires_at < \(now.adding(seconds: -7200))")
            return sessions + (try transaction.execute("DELETE FROM login_attempts WHERE at < \(attempts)"))
        }
    }

    // MARK: Forms

    /// Stands in every form of this session and comes back with it. Empty without a session.
    package func csrfToken(for principal: Principal) -> String { principal.session.map { Base64.encodeURL(csrfKey.tag($0).bytes) } ?? "" }

    /// In constant time; false without a session.
    package func verifiesCSRF(_ token: String, for principal: Principal) -> Bool {
        guard let session = principal.session, let tag = Base64.decodeURL(token).flatMap(Digest.init(bytes:)) else { return false }
        return csrfKey.verifies(tag, over: session)
    }
}

extension Principal {
    /// What depends on the request itself: from where, and when.
    mutating func place(at address: String, _ policy: SignInPolicy, _ now: Moment) {
        self.address = address
        onlyReads = isAdministrator && policy.isRemote(address)
        applyLimits(at: now)
    }
}
