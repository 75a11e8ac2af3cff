import Cryptography
import Kernel
import Storage

/// Accounts of people: who may make, change and freeze which. A change acts on the user's next request.
package struct Users: Sendable {
    let database: any Database
    let clock: Clock
    let audit: AuditTrail
    let version: IdentityVersion
    let hasher: PasswordHasher
    /// Telephone numbers are stored sealed and found by the whole number.
    let phones: FieldCipher

    // MARK: Reading

    package func find(_ id: Int64, _ reader: any Reader) throws -> User? {
        try reader.first("SELECT \(User.columns) FROM \(User.tables) WHERE u.id = \(id)").map { try user($0, roles: heldRoles(of: [id], reader)[id] ?? []) }
    }

    package func find(login: String, _ reader: any Reader) throws -> User? {
        try reader.value("SELECT id FROM users WHERE login = \(User.normalized(login))")?.int.flatMap { try find($0, reader) }
    }

    package func find(_ id: Int64) async throws -> User? { try await database.read { try find(id, $0) } }
    package func find(login: String) async throws -> User? { try await database.read { try find(login: login, $0) } }

    /// Users that the scope admits, newest first; `before` is the last id of the page before.
    package func page(_ search: UserSearch = UserSearch(), scope: DataScope, before: Int64? = nil, limit: Int = 50, _ reader: any Reader) throws -> [User] {
        var conditions = try conditions(search, scope)
        if let before { conditions.append("u.id < \(before)") }
        let rows = try reader.rows("SELECT \(User.columns) FROM \(User.tables) WHERE \(SQL.all(of: conditions)) ORDER BY u.id DESC LIMIT \(limit)")
        let roles = try heldRoles(of: rows.compactMap { $0.int("id") }, reader)
        return try rows.map { try user($0, roles: roles[$0.int("id") ?? 0] ?? []) }
    }

    /// How many a search finds; counting ends one beyond `most`.
    package func count(_ search: UserSearch = UserSearch(), scope: DataScope, upTo most: Int = 10_000, _ reader: any Reader) throws -> Int {
        try reader.count("SELECT count(*) FROM (SELECT 1 FROM users u WHERE \(SQL.all(of: try conditions(search, scope))) LIMIT \(most + 1)) AS counted")
    }

    private func user(_ row: Row, roles: [User.HeldRole]) throws -> User {
        var user = User(row, roles: roles)
        user.phone = try user.phone.map(phones.open)
        return user
    }

    private func conditions(_ search: UserSearch, _ scope: DataScope) throws -> [SQL] {
        var conditions: [SQL] = [scope.condition(org: "u.organisation", area: "u.area")]
        if let keyword = search.keyword, !keyword.isEmpty {
            let matches = "\(SQL.contains(keyword, in: "login", "name")) OR phone IN (\(list: try phones.candidates(keyword)))" as SQL
            conditions.append("u.id IN (SELECT id FROM users WHERE \(matches))")
        }
        if let organisation = search.organisation { conditions.append("u.organisation = \(organisation)") }
        if let state = search.state { conditions.append("u.state = \(state.rawValue)") }
        if let role = search.role { conditions.append("u.id IN (SELECT user_id FROM user_roles WHERE role_id = \(role))") }
        return conditions
    }

    private func heldRoles(of users: [Int64], _ reader: any Reader) throws -> [Int64: [User.HeldRole]] {
        var held: [Int64: [User.HeldRole]] = [:]
        let rows = try reader.rows(
            "SELECT ur.user_id, ur.is_direct, r.id, r.name, r.title FROM user_roles ur JOIN roles r ON r.id = ur.role_id WHERE ur.user_id IN (\(list: users)) ORDER BY r.id")
        for row in rows {
            let role = User.HeldRole(id: row.int("id") ?? 0, name: row.text("name") ?? "", title: row.text("title") ?? "", isDirect: row.bool("is_direct"))
            held[row.int("user_id") ?? 0, default: []].append(role)
        }
        return held
    }

    // MARK: Writing

    /// Makes an account with a one-time password, which is returned once and stored nowhere.
    ///
    /// - Throws: `.forbidden`; `.invalid` `JW-K422` with every finding.
    package func create(_ draft: UserDraft, by principal: Principal) async throws -> (id: Int64, oneTimePassword: String) {
        let password = OneTimePassword.make()
        let hash = try await hasher.make(password)
        let id = try await database.write { try insert(draft, passwordHash: hash, by: principal, in: $0) }
        return (id, password)
    }

    /// What is stored of a password, made before the transaction that stores it.
    package func hash(_ password: String) async throws -> String { try await hasher.make(password) }

    /// The same inside a caller's transaction (imports), with a hash that was made before; the password must be changed at the first login.
    package func insert(_ draft: UserDraft, passwordHash: String, by principal: Principal, in transaction: any Transaction) throws -> Int64 {
        try principal.require("user.write", "用户管理")
        let findings = try findings(for: draft, id: nil, by: principal, transaction)
        guard findings.isEmpty, let organisation = draft.organisation else { throw Failure.invalid(findings) }
        let now = clock.now
        let area = try transaction.value("SELECT area FROM organisations WHERE id = \(organisation)")?.text ?? ""
        let id = try transaction.insert(
            """
            INSERT INTO users (login, name, phone, organisation, area, password_hash, password_changed_at, must_change, state, failed_count, created_at, updated_at, expires_at)
            VALUES (\(draft.login), \(draft.name), \(try draft.phone.map(phones.seal)), \(organisation), \(area), \(passwordHash), \(now), 1, 'active', 0, \(now), \(now), \(draft.lastDay?.end))
            """)
        try replaceRoles(of: id, with: draft.roles, in: transaction)
        try audit.record(AuditEntry("create", "user", "\(id)", "新增用户“\(draft.name)”（\(draft.login)）", details: details(draft)), by: principal, in: transaction)
        return id
    }

    /// Changes everything but the password. Who is moved to another organisation sees the other data from the next request on.
    ///
    /// - Throws: as `create`; `.notFound`; `.conflict` `JW-I031` when no system administrator would be left.
    package func update(_ id: Int64, _ draft: UserDraft, by principal: Principal) async throws {
        try await database.write { transaction in
            try principal.require("user.write", "用户管理")
            let old = try manageable(id, by: principal, transaction)
            var findings = try findings(for: draft, id: id, by: principal, transaction)
            if principal.kind == .user, principal.id == id, Set(draft.roles) != Set(old.ownRoles) {
                findings.append(FieldFinding("roles", "own", "不能修改自己的角色", title: "角色"))
            }
            guard findings.isEmpty, let organisation = draft.organisation else { throw Failure.invalid(findings) }
            let area = try transaction.value("SELECT area FROM organisations WHERE id = \(organisation)")?.text ?? ""
            try transaction.execute(
                """
                UPDATE users SET login = \(draft.login), name = \(draft.name), phone = \(try draft.phone.map(phones.seal)), organisation = \(organisation), area = \(area), updated_at = \(clock.now),
                expires_at = \(draft.lastDay?.end)
                WHERE id = \(id)
                """)
            try replaceRoles(of: id, with: draft.roles, in: transaction)
            try requireAnAdministrator(transaction)
            let before = UserDraft(
                login: old.login, name: old.name, phone: old.phone, organisation: old.organisation, roles: old.ownRoles, lastDay: old.expiresAt?.day.adding(days: -1))
            let entry = AuditEntry("update", "user", "\(id)", "修改用户“\(draft.name)”（\(draft.login)）", details: ["before": details(before), "after": details(draft)])
            try audit.record(entry, by: principal, in: transaction)
            version.bump(after: transaction)
        }
    }

    /// A frozen user's sessions end at once.
    ///
    /// - Throws: `.forbidden`, `.notFound`; `.conflict` `JW-I031`, `JW-I032` (oneself).
    package func setState(_ state: User.State, of id: Int64, by principal: Principal) async throws {
        try await database.write { transaction in
            try principal.require("user.write", "用户管理")
            let old = try manageable(id, by: principal, transaction)
            guard state == .active || principal.kind != .user || id != principal.id else { throw Failure(.conflict, "JW-I032", "不能冻结自己的账号") }
            try transaction.execute(
                "UPDATE users SET state = \(state.rawValue), failed_count = 0, locked_until = NULL, left_at = NULL, successor = NULL, updated_at = \(clock.now) WHERE id = \(id)")
            try audit.sealUsers([id], in: transaction)
            if state == .frozen { try transaction.execute("DELETE FROM sessions WHERE user_id = \(id)") }
            try requireAnAdministrator(transaction)
            let act = state == .frozen ? "冻结" : "解冻"
            try audit.record(AuditEntry("update", "user", "\(id)", "\(act)用户“\(old.name)”（\(old.login)）"), by: principal, in: transaction)
            version.bump(after: transaction)
        }
    }

    /// A user whom the asker may manage: inside the scope, and not holding a role that the asker could not give.
    func manageable(_ id: Int64, by principal: Principal, _ reader: any Reader) throws -> User {
        guard let user = try find(id, reader), principal.scope.admits(org: user.organisation, area: user.area) else { throw Failure.notFound("用户") }
        let excess = try rolesBeyond(principal, user.roles.map(\.id), reader)
        guard excess.isEmpty else { throw Failure(.forbidden, "JW-I033", "用户“\(user.name)”的角色超出您的权限，不能维护") }
        return user
    }

    func requireAnAdministrator(_ reader: any Reader) throws {
        let count = try reader.count(
            """
            SELECT count(*) FROM users u JOIN user_roles ur ON ur.user_id = u.id JOIN roles r ON r.id = ur.role_id JOIN organisations o ON o.id = u.organisation
            WHERE r.name = 'admin' AND u.state = 'active' AND o.state = 'active'
            """)
        guard count > 0 else { throw Failure(.conflict, "JW-I031", "至少须保留一名正常状态的系统管理员") }
    }

    /// Seals what is plain or was sealed with an older key; at the start and once a day.
    ///
    /// - Returns: the number of rows written.
    package func sealPersonalFields() async throws -> Int {
        var total = 0
        var after: Int64 = 0
        while true {
            let from = after
            let (last, count) = try await database.write { transaction -> (Int64?, Int) in
                let rows = try transaction.rows("SELECT id, phone FROM users WHERE id > \(from) AND phone IS NOT NULL ORDER BY id LIMIT 500")
                var count = 0
                for row in rows {
                    guard let id = row.int("id"), let stored = row.text("phone"), !phones.isCurrent(stored) else { continue }
                    try transaction.execute("UPDATE users SET phone = \(try phones.seal(phones.open(stored))) WHERE id = \(id)")
                    count += 1
                }
                return (rows.last?.int("id"), count)
            }
            total += count
            guard let last else { return total }
            after = last
        }
    }

    private func replaceRoles(of id: Int64, with roles: [Int64], in transaction: any Transaction) throws {
        try transaction.execute("DELETE FROM user_roles WHERE user_id = \(id)")
        try transaction.insertMany(into: "user_roles", columns: ["user_id", "role_id"], rows: Set(roles).sorted().map { [.int(id), .int($0)] })
        try UserGroups.settle("\(list: [id])", audit, in: transaction)
    }

    private func details(_ draft: UserDraft) -> JSONValue {
        [
            "login": .string(draft.login), "name": .string(draft.name), "phone": JSONValue(draft.phone.map(Masking.phone)), "organisation": JSONValue(draft.organisation),
            "roles": .array(draft.roles.sorted().map { .int($0) }), "lastDay": JSONValue(draft.lastDay?.text),
        ]
    }
}
