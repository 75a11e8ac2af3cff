import Cryptography
import Kernel
import Storage

/// Registered computers (A-22, A-25): where the rules ask for it, a person signs in only at a computer that an administrator approved for them. The computer is known by a cookie of its own.
package struct Terminals: Sendable {
    let database: any Database
    let clock: Clock
    let audit: AuditTrail
    let version: IdentityVersion

    package enum State: String, Sendable, CaseIterable {
        case pending, approved, refused, revoked

        package var title: String {
            switch self {
            case .pending: "待批准"
            case .approved: "已登记"
            case .refused: "未批准"
            case .revoked: "已撤销"
            }
        }
    }

    package struct Terminal: Sendable, Equatable {
        package var id: Int64
        package var userId: Int64
        package var userName: String
        package var login: String
        package var organisationName: String
        package var name: String
        package var agent: String
        package var address: String
        package var state: State
        package var requestedAt: Moment
        package var decidedAt: Moment?
        package var decidedBy: String
        package var expiresAt: Moment?
        package var lastUsedAt: Moment?
        /// The last word of a page that was open there.
        package var aliveAt: Moment?
        /// Since when it has been silent; nil while it speaks, or where it never did.
        package var lostAt: Moment?
    }

    /// Whether it speaks now.
    package enum Presence: String, Sendable, CaseIterable {
        case online, lost, offline

        package var title: String {
            switch self {
            case .online: "在线"
            case .lost: "失联"
            case .offline: "离线"
            }
        }
    }

    package func presence(of terminal: Terminal) -> Presence {
        if terminal.lostAt != nil { return .lost }
        return terminal.aliveAt.map { clock.now < $0.adding(seconds: Self.quietSeconds) } == true ? .online : .offline
    }

    /// How long an approval is good.
    package static let days: Int64 = 365

    // MARK: At the door

    /// The computer's row where it is approved for the person; where the rules ask for one and there is none, a request is noted and the refusal says so.
    func check(_ account: Account, _ policy: SignInPolicy, _ entrance: Entrance, at now: Moment, in tx: any Transaction) throws -> (terminal: Int64?, refusal: Failure?) {
        let user = account.principal.id
        let hash = entrance.device.flatMap { $0.utf8.count == 43 ? SHA256.hash($0).bytes : nil }
        let row = try hash.flatMap { try tx.first("SELECT id, state, expires_at FROM terminals WHERE user_id = \(user) AND token_hash = \($0)") }
        let state = row?.text("state").flatMap(State.init)
        if let id = row?.int("id"), state == .approved, row?.moment("expires_at").map({ now < $0 }) ?? true {
            try tx.execute("UPDATE terminals SET last_used_at = \(now), alive_at = \(now), lost_at = NULL, address = \(entrance.address) WHERE id = \(id)")
            return (id, nil)
        }
        guard policy.demandsTerminal(account) else { return (nil, nil) }
        if state == .refused || state == .revoked {
            return (nil, Failure(.forbidden, "JW-I061", "本终端\(state == .refused ? "未获批准" : "的登记已撤销")，请换用已登记的终端，或联系管理员"))
        }
        if let hash { try ask(for: user, hash, entrance, at: now, in: tx) }
        return (nil, Failure(.forbidden, "JW-I060", "您的账号只能在已登记的终端上登录。本终端的登记申请已提交，请联系管理员批准后再登录"))
    }

    private func ask(for user: Int64, _ hash: [UInt8], _ entrance: Entrance, at now: Moment, in tx: any Transaction) throws {
        // Somebody who knows the password may ask from many browsers; the desk need not see more than ten.
        let waiting = try tx.count("SELECT count(*) FROM terminals WHERE user_id = \(user) AND state = 'pending'")
        guard waiting < 10 else { return }
        try tx.execute(
            """
            INSERT INTO terminals (user_id, token_hash, name, agent, address, state, requested_at) VALUES \
            (\(user), \(hash), \(""), \(String(entrance.agent.prefix(200))), \(entrance.address), 'pending', \(now)) ON CONFLICT (user_id, token_hash) DO UPDATE SET \
            state = 'pending', requested_at = excluded.requested_at, address = excluded.address
            """)
    }

    // MARK: The person

    /// Asks for this computer from a session; what is approved stays so.
    package func request(for principal: Principal, _ entrance: Entrance, name: String) async throws {
        guard let device = entrance.device, device.utf8.count == 43 else { throw Failure(.invalid, "JW-I062", "浏览器没有保存终端标识，请允许本站使用 Cookie") }
        let now = clock.now
        let hash = SHA256.hash(device).bytes
        try await database.write { tx in
            let state = try tx.value("SELECT state FROM terminals WHERE user_id = \(principal.id) AND token_hash = \(hash)")?.text
            guard state != State.approved.rawValue else { return }
            try ask(for: principal.id, hash, entrance, at: now, in: tx)
            try tx.execute("UPDATE terminals SET name = \(String(name.prefix(64))) WHERE user_id = \(principal.id) AND token_hash = \(hash)")
            try audit.record(AuditEntry("create", "terminal", "\(principal.id)", "申请登记终端“\(name)”"), by: principal, in: tx)
        }
    }

    package func own(_ user: Int64, _ reader: any Reader) throws -> [Terminal] {
        try reader.rows("\(Self.select) WHERE t.user_id = \(user) ORDER BY t.id DESC LIMIT 100").map(Self.terminal)
    }

    /// Whether this computer is approved for the person.
    package func isApproved(_ device: String?, for user: Int64, _ reader: any Reader) throws -> Bool {
        guard let device, device.utf8.count == 43 else { return false }
        let row = try reader.first("SELECT expires_at FROM terminals WHERE user_id = \(user) AND token_hash = \(SHA256.hash(device).bytes) AND state = 'approved'")
        return row.map { $0.moment("expires_at").map { clock.now < $0 } ?? true } ?? false
    }

    // MARK: The desk

    /// Of people that the scope admits, newest request first; `before` is the last id of the page before.
    package func page(
        keyword: String?, state: State?, presence: Presence? = nil, scope: DataScope, before: Int64?, limit: Int, _ reader: any Reader
    ) throws -> [Terminal] {
        var parts = conditions(keyword, state, presence, scope)
        if let before { parts.append("t.id < \(before)") }
        return try reader.rows("\(Self.select) WHERE \(SQL.all(of: parts)) ORDER BY t.id DESC LIMIT \(limit)").map(Self.terminal)
    }

    package func count(keyword: String?, state: State?, presence: Presence? = nil, scope: DataScope, _ reader: any Reader) throws -> Int {
        try reader.count(
            "SELECT count(*) FROM terminals t JOIN users u ON u.id = t.user_id JOIN organisations o ON o.id = u.organisation WHERE \(SQL.all(of: conditions(keyword, state, presence, scope)))"
        )
    }

    /// Approves, refuses or takes back. What is taken back ends the sessions opened there, with the next request.
    ///
    /// - Throws: `.forbidden`, `.notFound`; `.conflict` `JW-I063` for a state that does not lead there.
    package func decide(_ id: Int64, _ state: State, by principal: Principal) async throws {
        try principal.require("terminal.write", "终端登记")
        let now = clock.now
        try await database.write { tx in
            guard let row = try tx.first("\(Self.select) WHERE t.id = \(id) AND \(principal.scope.condition(org: "u.organisation", area: "u.area"))") else {
                throw Failure.notFound("该终端")
            }
            let terminal = Self.terminal(row)
            let isRight = state == .revoked ? terminal.state == .approved : terminal.state != .approved && state != .pending
            guard isRight else { throw Failure(.conflict, "JW-I063", "该终端现为“\(terminal.state.title)”，不能改为“\(state.title)”") }
            let until = state == .approved ? now.adding(seconds: Self.days * 86_400) : nil
            try tx.execute(
                """
                UPDATE terminals SET state = \(state.rawValue), decided_at = \(now), decided_by = \(principal.id), decided_by_name = \(principal.name), expires_at = \(until) WHERE id = \(id)
                """)
            if state == .revoked { try tx.execute("DELETE FROM sessions WHERE terminal_id = \(id)") }
            let entry = AuditEntry("update", "terminal", "\(id)", "终端登记：\(terminal.userName)（\(terminal.login)）的终端\(state.title)")
            try audit.record(entry, by: principal, in: tx)
            version.bump(after: tx)
        }
    }

    private func conditions(_ keyword: String?, _ state: State?, _ presence: Presence?, _ scope: DataScope) -> [SQL] {
        var parts: [SQL] = [scope.condition(org: "u.organisation", area: "u.area")]
        if let state { parts.append("t.state = \(state.rawValue)") }
        if let keyword, !keyword.isEmpty { parts.append(.contains(keyword, in: "u.login", "u.name", "o.name", "t.name")) }
        let quiet = clock.now.adding(seconds: -Self.quietSeconds)
        switch presence {
        case .online: parts.append("t.state = 'approved' AND t.lost_at IS NULL AND t.alive_at > \(quiet)")
        case .lost: parts.append("t.state = 'approved' AND t.lost_at IS NOT NULL")
        case .offline: parts.append("t.state = 'approved' AND t.lost_at IS NULL AND (t.alive_at IS NULL OR t.alive_at <= \(quiet))")
        case nil: break
        }
        return parts
    }

    private static let select: SQL =
        "SELECT t.*, u.name AS user_name, u.login, o.name AS organisation_name FROM terminals t JOIN users u ON u.id = t.user_id JOIN organisations o ON o.id = u.organisation"

    private static func terminal(_ row: Row) -> Terminal {
        Terminal(
            id: row.int("id") ?? 0, userId: row.int("user_id") ?? 0, userName: row.text("user_name") ?? "", login: row.text("login") ?? "",
            organisationName: row.text("organisation_name") ?? "", name: row.text("name") ?? "", agent: row.text("agent") ?? "", address: row.text("address") ?? "",
            state: row.text("state").flatMap(State.init) ?? .pending, requestedAt: row.moment("requested_at") ?? Moment(milliseconds: 0), decidedAt: row.moment("decided_at"),
            decidedBy: row.text("decided_by_name") ?? "", expiresAt: row.moment("expires_at"), lastUsedAt: row.moment("last_used_at"),
            aliveAt: row.moment("alive_at"), lostAt: row.moment("lost_at"))
    }
}
