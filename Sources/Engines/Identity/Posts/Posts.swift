import Kernel
import Storage

/// Posts in units that give roles (D16.1.2): an account with several of them acts in one at a time. A change acts on the next request.
package struct Posts: Sendable {
    let database: any Database
    let clock: Clock
    let audit: AuditTrail
    let version: IdentityVersion
    let users: Users
    let units: Units
    let policies: PolicyBook

    /// Titles of what the posts in a unit give, by person.
    package func roles(in unit: Int64, _ reader: any Reader) throws -> [Int64: [User.HeldRole]] {
        let rows = try reader.rows(
            "SELECT p.user_id, r.id, r.name, r.title FROM unit_post_roles p JOIN roles r ON r.id = p.role_id WHERE p.unit_id = \(unit) ORDER BY p.user_id, r.id LIMIT 2000")
        return rows.reduce(into: [:]) { held, row in
            held[row.int("user_id") ?? 0, default: []].append(User.HeldRole(id: row.int("id") ?? 0, name: row.text("name") ?? "", title: row.text("title") ?? ""))
        }
    }

    package func all(of user: Int64, _ reader: any Reader) throws -> [ActingPost] { try ActingPost.all(of: user, reader) }

    // MARK: Appointing

    /// What a post lets its holder do, and whether it is held alone or by two; no roles: the post names a task only.
    ///
    /// - Throws: `.forbidden`, `.notFound`; `.invalid` `JW-K422` with every finding.
    package func give(_ roles: [Int64], standing: PostStanding, isMain: Bool, to user: Int64, in unit: Int64, by principal: Principal) async throws {
        try await database.write { tx in
            try principal.require("organisation.write", "组织机构管理")
            try principal.require("user.write", "用户管理")
            let place = try units.visible(unit, to: principal, tx)
            let holder = try users.manageable(user, by: principal, tx)
            guard let member = try tx.first("SELECT post, is_active FROM unit_members WHERE unit_id = \(unit) AND user_id = \(user)") else { throw Failure.notFound("此人的岗位") }
            let post = member.text("post") ?? ""
            let findings = try findings(roles, standing, post, of: user, in: place, by: principal, tx)
            guard findings.isEmpty else { throw Failure.invalid(findings) }
            try tx.execute("DELETE FROM unit_post_roles WHERE unit_id = \(unit) AND user_id = \(user)")
            let rows = Set(roles).sorted().map { [SQLValue.int(unit), .int(user), .int($0)] }
            try tx.insertMany(into: "unit_post_roles", columns: ["unit_id", "user_id", "role_id"], rows: rows)
            try audit.sealUsers([user], in: tx)
            try tx.execute("UPDATE unit_members SET standing = \(standing.rawValue) WHERE unit_id = \(unit) AND user_id = \(user)")
            if isMain {
                try tx.execute("UPDATE unit_members SET is_active = CASE WHEN unit_id = \(unit) THEN 1 ELSE 0 END WHERE user_id = \(user)")
            } else {
                try tx.execute("UPDATE unit_members SET is_active = 0 WHERE unit_id = \(unit) AND user_id = \(user)")
            }
            if roles.isEmpty { try tx.execute("UPDATE sessions SET unit_id = NULL WHERE user_id = \(user) AND unit_id = \(unit)") }
            let titles = try tx.rows("SELECT title FROM roles WHERE id IN (\(list: roles)) ORDER BY id").compactMap { $0[0].text }
            let words = titles.isEmpty ? "不授予角色" : "授予角色“\(titles.joined(separator: "、"))”"
            let entry = AuditEntry(
                "update", "unit", "\(unit)", "“\(holder.name)”（\(holder.login)）在“\(place.name)”的岗位“\(post)”（\(standing.title)）\(words)",
                details: ["roles": .array(Set(roles).sorted().map { .int($0) }), "main": .bool(isMain)])
            try audit.record(entry, by: principal, in: tx)
            version.bump(after: tx)
        }
    }

    private func findings(
        _ roles: [Int64], _ standing: PostStanding, _ post: String, of user: Int64, in unit: Unit, by principal: Principal, _ reader: any Reader
    ) throws -> [FieldFinding] {
        var findings: [FieldFinding] = []
        if principal.kind == .user, principal.id == user { findings.append(FieldFinding("roles", "own", "不能修改自己的岗位", title: "岗位角色")) }
        if unit.state != .active { findings.append(FieldFinding("roles", "state", "此单位已停用", title: "岗位角色")) }
        if !roles.isEmpty, let owner = try reader.first("SELECT * FROM organisations WHERE id = \(unit.org)").map(Organisation.init) {
            findings += try users.roleFindings(roles, in: owner, by: principal, reader)
            let apart = Set(DutySeparation.administrators.map(\.rawValue))
            for row in try reader.rows("SELECT name, title FROM roles WHERE id IN (\(list: roles))") where apart.contains(row.text("name") ?? "") {
                findings.append(FieldFinding("roles", "exclusive", "“\(row.text("title") ?? "")”须授予账号本身，不能作为岗位角色", title: "岗位角色"))
            }
        }
        if standing != .regular {
            let other = try reader.value(
                """
                SELECT u.name FROM unit_members m JOIN users u ON u.id = m.user_id WHERE m.unit_id = \(unit.id) AND m.post = \(post) AND m.standing = \(standing.rawValue)
                AND m.user_id <> \(user) LIMIT 1
                """)?.text
            if let other { findings.append(FieldFinding("standing", "taken", "“\(post)”的\(standing.title)已由“\(other)”担任", title: "任职方式")) }
        }
        return findings
    }

    /// The person's own choice of the post in which to sign in; nil for the account's own roles.
    package func prefer(_ unit: Int64?, by principal: Principal) async throws {
        try await database.write { tx in
            let known = try ActingPost.all(of: principal.id, tx)
            let chosen = known.first { $0.unit == unit }
            guard unit == nil || chosen != nil else { throw Failure.notFound("岗位") }
            try tx.execute("UPDATE unit_members SET is_active = CASE WHEN unit_id = \(unit ?? 0) THEN 1 ELSE 0 END WHERE user_id = \(principal.id)")
            try audit.record(AuditEntry("update", "user", "\(principal.id)", "登录时的岗位改为“\(chosen?.title ?? "本职")”"), by: principal, in: tx)
            version.bump(after: tx)
        }
    }

    // MARK: Acting

    /// From the next request on the session acts in another post; networks, hours and registered computers are asked for as at the door.
    ///
    /// - Parameter unit: nil for the account's own roles.
    /// - Returns: what the post is called.
    /// - Throws: `.notFound`; `.forbidden` as `Sessions.login`.
    package func act(in unit: Int64?, by principal: Principal) async throws -> String {
        guard let key = principal.session.flatMap(Sessions.bytes) else { throw Failure(.conflict, "JW-I110", "只有登录的会话可以切换岗位") }
        let now = clock.now
        let policy = policies.current
        return try await database.write { tx in
            guard let row = try tx.first("SELECT id, terminal_id FROM sessions WHERE token_hash = \(key) AND user_id = \(principal.id)"), let session = row.int("id"),
                let account = try Account.load(where: "u.id = \(principal.id)", at: now, in: unit, tx), account.principal.post?.unit == unit
            else { throw Failure.notFound("岗位") }
            let title = account.principal.post?.fullTitle ?? "本职"
            if let refusal = account.refusal(policy, from: principal.address, at: now) { throw refusal }
            if policy.demandsTerminal(account), row.int("terminal_id") == nil {
                throw Failure(.forbidden, "JW-I111", "岗位“\(title)”只能在已登记的终端上使用，请换用已登记的终端，或联系管理员")
            }
            try tx.execute("UPDATE sessions SET unit_id = \(unit) WHERE id = \(session)")
            let details: JSONValue = ["before": .string(principal.post?.fullTitle ?? "本职"), "after": .string(title), "organisation": .string(account.principal.organisationName)]
            try audit.record(AuditEntry("switch", "session", "\(session)", "切换到岗位“\(title)”", details: details), by: principal, in: tx)
            version.bump(after: tx)
            return title
        }
    }

    /// Takes back what posts gave: one, or all of a person.
    static func strip(_ user: Int64, from unit: Int64? = nil, in tx: any Transaction) throws {
        let one: SQL = unit.map { " AND unit_id = \($0)" } ?? ""
        try tx.execute("DELETE FROM unit_post_roles WHERE user_id = \(user)\(one)")
        try tx.execute("UPDATE sessions SET unit_id = NULL WHERE user_id = \(user)\(one)")
    }
}
