import Kernel
import Storage

/// Groups as they are kept. What a group gives stands in `user_roles` beside what a person holds alone, so that whoever asks who holds a role need not know of groups.
package struct UserGroups: Sendable {
    let database: any Database
    let clock: Clock
    let audit: AuditTrail
    let version: IdentityVersion
    let users: Users

    package static let mostMembers = 5000
    /// Added by one act.
    package static let mostAdded = 200

    // MARK: Reading

    private static let select: SQL = """
        SELECT g.*, o.name AS organisation_name, (SELECT count(*) FROM user_group_members m WHERE m.group_id = g.id) AS members FROM user_groups g \
        JOIN organisations o ON o.id = g.organisation
        """

    /// By id; `after` is the last of the page before.
    package func page(keyword: String? = nil, scope: DataScope, after: Int64? = nil, limit: Int = 50, _ reader: any Reader) throws -> [UserGroup] {
        var parts: [SQL] = [scope.condition(org: "g.organisation", area: "g.area")]
        if let keyword, !keyword.isEmpty { parts.append(.contains(keyword, in: "g.name", "g.note", "o.name")) }
        if let after { parts.append("g.id > \(after)") }
        return try withRoles(reader.rows("\(Self.select) WHERE \(SQL.all(of: parts)) ORDER BY g.id LIMIT \(limit)").map(UserGroup.init), reader)
    }

    package func find(_ id: Int64, scope: DataScope, _ reader: any Reader) throws -> UserGroup? {
        try withRoles(reader.rows("\(Self.select) WHERE g.id = \(id) AND \(scope.condition(org: "g.organisation", area: "g.area"))").map(UserGroup.init), reader).first
    }

    private func withRoles(_ groups: [UserGroup], _ reader: any Reader) throws -> [UserGroup] {
        var held: [Int64: [User.HeldRole]] = [:]
        let rows = try reader.rows(
            "SELECT gr.group_id, r.id, r.name, r.title FROM user_group_roles gr JOIN roles r ON r.id = gr.role_id WHERE gr.group_id IN (\(list: groups.map(\.id))) ORDER BY r.id")
        for row in rows {
            let role = User.HeldRole(id: row.int("id") ?? 0, name: row.text("name") ?? "", title: row.text("title") ?? "", isDirect: false)
            held[row.int("group_id") ?? 0, default: []].append(role)
        }
        return groups.map { group in
            var group = group
            group.roles = held[group.id] ?? []
            return group
        }
    }

    /// By id of the user; what the scope does not admit is left out.
    package func members(of group: Int64, scope: DataScope, after: Int64? = nil, limit: Int, _ reader: any Reader) throws -> [User] {
        let rows = try reader.rows(
            """
            SELECT \(User.columns) FROM \(User.tables) JOIN user_group_members m ON m.user_id = u.id WHERE m.group_id = \(group) AND u.id > \(after ?? 0) \
            AND \(scope.condition(org: "u.organisation", area: "u.area")) ORDER BY u.id LIMIT \(limit)
            """)
        return rows.map { User($0, roles: []) }
    }

    /// Names of the groups of a person, for the person's page.
    package func names(of user: Int64, _ reader: any Reader) throws -> [(id: Int64, name: String)] {
        try reader.rows("SELECT g.id, g.name FROM user_groups g JOIN user_group_members m ON m.group_id = g.id WHERE m.user_id = \(user) ORDER BY g.id LIMIT 100").map {
            ($0.int("id") ?? 0, $0.text("name") ?? "")
        }
    }

    // MARK: Writing

    /// - Throws: `.forbidden`; `.invalid` `JW-K422` with every finding.
    package func create(_ draft: UserGroupDraft, by principal: Principal) async throws -> Int64 {
        try await database.write { tx in
            try principal.require("user.write", "用户管理")
            let owner = try checked(draft, id: nil, by: principal, tx)
            let id = try tx.insert(
                """
                INSERT INTO user_groups (name, note, organisation, area, updated_at, updated_by_name)
                VALUES (\(draft.name), \(draft.note), \(owner.id), \(owner.area), \(clock.now), \(principal.name))
                """)
            try tx.insertMany(into: "user_group_roles", columns: ["group_id", "role_id"], rows: Set(draft.roles).sorted().map { [.int(id), .int($0)] })
            try audit.record(AuditEntry("create", "userGroup", "\(id)", "新增用户组“\(draft.name)”", details: details(draft)), by: principal, in: tx)
            return id
        }
    }

    /// Changes what a group is and gives; its members have it with their next request.
    ///
    /// - Throws: as `create`; `.notFound`; `.forbidden` `JW-I036` where members stand outside the asker's scope; `.conflict` `JW-I035` for a group of one's own.
    package func update(_ id: Int64, _ draft: UserGroupDraft, by principal: Principal) async throws {
        try await database.write { tx in
            try principal.require("user.write", "用户管理")
            let old = try kept(id, by: principal, tx)
            let owner = try checked(draft, id: id, by: principal, tx)
            let given = Set(draft.roles), before = Set(old.roles.map(\.id))
            if given != before { try requireReach(old, by: principal, tx) }
            try tx.execute(
                """
                UPDATE user_groups SET name = \(draft.name), note = \(draft.note), organisation = \(owner.id), area = \(owner.area), updated_at = \(clock.now), \
                updated_by_name = \(principal.name) WHERE id = \(id)
                """)
            try tx.execute("DELETE FROM user_group_roles WHERE group_id = \(id)")
            try tx.insertMany(into: "user_group_roles", columns: ["group_id", "role_id"], rows: given.sorted().map { [.int(id), .int($0)] })
            try Self.settle("SELECT user_id FROM user_group_members WHERE group_id = \(id)", audit, in: tx)
            let was = UserGroupDraft(name: old.name, note: old.note, organisation: old.organisation, roles: old.roles.map(\.id))
            let entry = AuditEntry("update", "userGroup", "\(id)", "修改用户组“\(draft.name)”", details: ["before": details(was), "after": details(draft)])
            try audit.record(entry, by: principal, in: tx)
            version.bump(after: tx)
        }
    }

    package func delete(_ id: Int64, by principal: Principal) async throws {
        try await database.write { tx in
            try principal.require("user.write", "用户管理")
            let old = try kept(id, by: principal, tx)
            try requireReach(old, by: principal, tx)
            let people = try tx.rows("SELECT user_id FROM user_group_members WHERE group_id = \(id)").compactMap { $0[0].int }
            try tx.execute("DELETE FROM user_group_roles WHERE group_id = \(id)")
            try tx.execute("DELETE FROM user_group_members WHERE group_id = \(id)")
            try tx.execute("DELETE FROM user_groups WHERE id = \(id)")
            for start in stride(from: 0, to: people.count, by: 500) { try Self.settle("\(list: Array(people[start..<min(start + 500, people.count)]))", audit, in: tx) }
            try audit.record(AuditEntry("delete", "userGroup", "\(id)", "删除用户组“\(old.name)”，\(people.count) 名成员"), by: principal, in: tx)
            version.bump(after: tx)
        }
    }

    /// - Parameter logins: of people whom the asker may manage.
    /// - Returns: how many came new.
    /// - Throws: `.invalid` `JW-K422` naming every login that cannot be taken in.
    package func add(_ logins: [String], to id: Int64, by principal: Principal) async throws -> Int {
        try await database.write { tx in
            try principal.require("user.write", "用户管理")
            let group = try kept(id, by: principal, tx)
            let wanted = Array(Set(logins.map(User.normalized))).sorted()
            guard (1...Self.mostAdded).contains(wanted.count) else { throw Failure.invalid([FieldFinding("logins", "count", "每次加入 1–\(Self.mostAdded) 人", title: "成员")]) }
            let have = Set(try tx.rows("SELECT user_id FROM user_group_members WHERE group_id = \(id)").compactMap { $0[0].int })
            var (people, faults): ([User], [String]) = ([], [])
            for login in wanted {
                guard let user = try users.find(login: login, tx), principal.scope.admits(org: user.organisation, area: user.area), user.leftAt == nil else {
                    faults.append("“\(login)”不存在、已离职或不在您的管辖范围内")
                    continue
                }
                if principal.kind == .user, user.id == principal.id, !group.roles.isEmpty { faults.append("不能把自己加入授予角色的用户组") }
                if try !users.rolesBeyond(principal, user.roles.map(\.id), tx).isEmpty { faults.append("用户“\(user.name)”的角色超出您的权限") }
                people.append(user)
            }
            let new = people.filter { !have.contains($0.id) }
            if have.count + new.count > Self.mostMembers { faults.append("一个用户组至多 \(Self.mostMembers) 人") }
            guard faults.isEmpty else { throw Failure.invalid(faults.map { FieldFinding("logins", "unknown", $0, title: "成员") }) }
            guard !new.isEmpty else { return 0 }
            let rows = new.map { [SQLValue.int(id), .int($0.id), .int(clock.now.milliseconds), .text(principal.name)] }
            try tx.insertMany(into: "user_group_members", columns: ["group_id", "user_id", "since", "by_name"], rows: rows)
            try Self.settle("\(list: new.map(\.id))", audit, in: tx)
            let names = new.prefix(20).map { "\($0.name)（\($0.login)）" }.joined(separator: "、") + (new.count > 20 ? "等" : "")
            try audit.record(AuditEntry("update", "userGroup", "\(id)", "用户组“\(group.name)”加入 \(new.count) 人：\(names)"), by: principal, in: tx)
            version.bump(after: tx)
            return new.count
        }
    }

    package func remove(_ user: Int64, from id: Int64, by principal: Principal) async throws {
        try await database.write { tx in
            try principal.require("user.write", "用户管理")
            let group = try kept(id, by: principal, tx)
            let person = try users.manageable(user, by: principal, tx)
            guard try tx.execute("DELETE FROM user_group_members WHERE group_id = \(id) AND user_id = \(user)") == 1 else { throw Failure.notFound("该成员") }
            try Self.settle("\(list: [user])", audit, in: tx)
            try audit.record(AuditEntry("update", "userGroup", "\(id)", "用户组“\(group.name)”移出“\(person.name)”（\(person.login)）"), by: principal, in: tx)
            version.bump(after: tx)
        }
    }

    /// Brings what groups give in line, for some people: everything given is taken away and given anew.
    ///
    /// - Parameter people: ids or a query of them, for an `IN`.
    static func settle(_ people: SQL, _ audit: AuditTrail, in tx: any Transaction) throws {
        try tx.execute("DELETE FROM user_roles WHERE is_direct = 0 AND user_id IN (\(people))")
        try tx.execute(
            """
            INSERT INTO user_roles (user_id, role_id, is_direct) SELECT DISTINCT m.user_id, gr.role_id, 0 FROM user_group_members m JOIN user_group_roles gr ON gr.group_id = m.group_id \
            WHERE m.user_id IN (\(people)) ON CONFLICT (user_id, role_id) DO NOTHING
            """)
        try audit.sealUsers(people, in: tx)
    }

    // MARK: Checking

    private func kept(_ id: Int64, by principal: Principal, _ reader: any Reader) throws -> UserGroup {
        guard let group = try find(id, scope: principal.scope, reader) else { throw Failure.notFound("用户组") }
        return group
    }

    /// Whose roles change must be in reach, and not oneself.
    private func requireReach(_ group: UserGroup, by principal: Principal, _ reader: any Reader) throws {
        let outside = try reader.count(
            """
            SELECT count(*) FROM user_group_members m JOIN users u ON u.id = m.user_id WHERE m.group_id = \(group.id) \
            AND NOT (\(principal.scope.condition(org: "u.organisation", area: "u.area")))
            """)
        guard outside == 0 else { throw Failure(.forbidden, "JW-I036", "用户组“\(group.name)”有 \(outside) 名成员不在您的管辖范围内，不能改变其角色") }
        let isOwn = try reader.count("SELECT count(*) FROM user_group_members WHERE group_id = \(group.id) AND user_id = \(principal.id)") > 0
        guard principal.kind != .user || !isOwn else { throw Failure(.conflict, "JW-I035", "不能修改自己所在用户组的角色") }
    }

    private func checked(_ draft: UserGroupDraft, id: Int64?, by principal: Principal, _ reader: any Reader) throws -> Organisation {
        var findings: [FieldFinding] = []
        if !(1...30).contains(draft.name.count) || draft.name.allSatisfy(\.isWhitespace) { findings.append(FieldFinding("name", "length", "须为 1–30 个字", title: "名称")) }
        if draft.note.count > 200 { findings.append(FieldFinding("note", "length", "至多 200 个字", title: "说明")) }
        let owner = try draft.organisation.flatMap { try reader.first("SELECT * FROM organisations WHERE id = \($0)") }.map(Organisation.init)
        let isOwn = owner.map { $0.state == .active && principal.scope.admits(org: $0.id, area: $0.area) } ?? false
        if !isOwn { findings.append(FieldFinding("organisation", "unknown", "不存在、已停用或不在您的管辖范围内", title: "维护机构")) }
        if try reader.count("SELECT count(*) FROM user_groups WHERE name = \(draft.name) AND organisation = \(draft.organisation ?? 0) AND id <> \(id ?? 0)") > 0 {
            findings.append(FieldFinding("name", "duplicate", "该机构已有同名用户组", title: "名称"))
        }
        let roles = try reader.rows("SELECT * FROM roles WHERE id IN (\(list: draft.roles))").map { Role($0, permissions: []) }
        if roles.count != Set(draft.roles).count { findings.append(FieldFinding("roles", "unknown", "有不存在的角色", title: "角色")) }
        for role in roles where DutySeparation.administrators.contains(where: { $0.rawValue == role.name }) {
            findings.append(FieldFinding("roles", "exclusive", "“\(role.title)”须逐人授予，不能通过用户组授予", title: "角色"))
        }
        for title in principal.may("role.grantAny") ? [] : try users.rolesBeyond(principal, draft.roles, reader) {
            findings.append(FieldFinding("roles", "excess", "“\(title)”超出您的权限，不能授予", title: "角色"))
        }
        guard findings.isEmpty, let owner else { throw Failure.invalid(findings) }
        return owner
    }

    private func details(_ draft: UserGroupDraft) -> JSONValue {
        [
            "name": .string(draft.name), "note": .string(draft.note), "organisation": JSONValue(draft.organisation), "roles": .array(draft.roles.sorted().map { .int($0) }),
        ]
    }
}
