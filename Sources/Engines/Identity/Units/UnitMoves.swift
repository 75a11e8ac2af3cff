import Kernel
import Storage

extension Units {
    /// What would be touched.
    ///
    /// - Throws: `.forbidden`, `.notFound`; `.conflict` `JW-I100` (into itself, into a retired one, another tree), `JW-I101` (too deep).
    package func touch(_ id: Int64, under parent: Int64, by principal: Principal, _ reader: any Reader) throws -> UnitTouch {
        try principal.require("organisation.write", "组织机构管理")
        return try touch(visible(id, to: principal, reader), visible(parent, to: principal, reader), reader)
    }

    private func touch(_ unit: Unit, _ target: Unit, _ reader: any Reader) throws -> UnitTouch {
        guard unit.tree == target.tree else { throw Failure(.conflict, "JW-I100", "“\(target.name)”属于\(target.tree.title)，不能跨树") }
        guard !target.isAtOrBelow(unit) else { throw Failure(.conflict, "JW-I100", "不能移到自己或自己的下级之下") }
        guard target.state == .active else { throw Failure(.conflict, "JW-I100", "“\(target.name)”已停用") }
        let row = try reader.first("SELECT count(*) AS n, max(depth) AS d FROM units WHERE \(unit.subtree)")
        let members = try reader.count("SELECT count(*) FROM unit_members WHERE unit_id IN (SELECT id FROM units WHERE \(unit.subtree))")
        let depth = Int(row?.int("d") ?? 1) - unit.depth + target.depth + 1
        guard depth <= Self.levels else { throw Failure(.conflict, "JW-I101", "移动后共 \(depth) 级，至多 \(Self.levels) 级") }
        return UnitTouch(nodes: Int(row?.int("n") ?? 1), members: members, depth: depth, changesOwner: unit.org != target.org)
    }

    /// A node with everything below it goes under another; people, and posts, stay with their units. Under another organisation's node everything below becomes that organisation's.
    ///
    /// - Throws: as `touch`.
    package func move(_ id: Int64, under parent: Int64, by principal: Principal) async throws -> UnitTouch {
        try await database.write { tx in
            try principal.require("organisation.write", "组织机构管理")
            let unit = try visible(id, to: principal, tx), target = try visible(parent, to: principal, tx)
            let touched = try touch(unit, target, tx)
            try relocate(unit, under: target, in: tx)
            let before = try lineage(of: unit, tx).dropLast().map(\.name).joined(separator: " / "), after = (try lineage(of: target, tx)).map(\.name).joined(separator: " / ")
            try note(unit, "移动", before: before, after: after, nodes: touched.nodes, members: touched.members, by: principal, in: tx)
            let words = "“\(unit.name)”移至“\(target.name)”之下，连同 \(touched.nodes - 1) 个下级、\(touched.members) 人"
            try audit.record(AuditEntry("move", "unit", "\(id)", words, details: ["from": .string(before), "to": .string(after)]), by: principal, in: tx)
            try hooks.run(unit.tree, by: principal, in: tx)
            version.bump(after: tx)
            return touched
        }
    }

    private func relocate(_ unit: Unit, under target: Unit, in tx: any Transaction) throws {
        let path = "\(target.path)\(unit.id)/"
        let shift = target.depth + 1 - unit.depth
        try tx.execute("UPDATE units SET parent = \(target.id) WHERE id = \(unit.id)")
        try tx.execute(
            """
            UPDATE units SET path = \(path) || substr(path, CAST(\(unit.path.utf8.count + 1) AS INTEGER)), depth = depth + \(shift), org = \(target.org), area = \(target.area), updated_at = \(clock.now)
            WHERE \(unit.subtree)
            """)
    }

    /// A node goes into another: its people and what stands below it go over, it stays as a retired one that names its successor.
    ///
    /// - Throws: as `touch`.
    package func merge(_ id: Int64, into other: Int64, by principal: Principal) async throws -> UnitTouch {
        try await database.write { tx in
            try principal.require("organisation.write", "组织机构管理")
            let unit = try visible(id, to: principal, tx), target = try visible(other, to: principal, tx)
            var touched = try touch(unit, target, tx)
            touched.depth -= 1
            for child in try tx.rows("SELECT * FROM units WHERE parent = \(id) ORDER BY id").map(Unit.init) { try relocate(child, under: target, in: tx) }
            let moved = try tx.execute(
                """
                UPDATE unit_members SET unit_id = \(other) WHERE unit_id = \(id)
                AND NOT EXISTS (SELECT 1 FROM unit_members o WHERE o.unit_id = \(other) AND o.user_id = unit_members.user_id)
                """)
            try tx.execute("DELETE FROM unit_members WHERE unit_id = \(id)")
            // What the posts gave was given in the old unit; it is given anew, or not.
            let holders = try tx.rows("SELECT DISTINCT user_id FROM unit_post_roles WHERE unit_id = \(id)").compactMap { $0[0].int }
            try tx.execute("DELETE FROM unit_post_roles WHERE unit_id = \(id)")
            try audit.sealUsers(holders, in: tx)
            try tx.execute("UPDATE units SET state = 'retired', successor = \(other), updated_at = \(clock.now) WHERE id = \(id)")
            try note(unit, "并入", before: unit.name, after: target.name, nodes: touched.nodes, members: moved, by: principal, in: tx)
            try note(target, "接收合并", before: unit.name, after: target.name, nodes: touched.nodes, members: moved, by: principal, in: tx)
            let words = "“\(unit.name)”并入“\(target.name)”，\(touched.nodes - 1) 个下级、\(moved) 人随同"
            try audit.record(AuditEntry("merge", "unit", "\(id)", words, details: ["into": .int(other)]), by: principal, in: tx)
            try hooks.run(unit.tree, by: principal, in: tx)
            version.bump(after: tx)
            return touched
        }
    }

    // MARK: People

    package func members(of unit: Unit, _ reader: any Reader) throws -> [UnitMember] {
        try reader.rows(
            """
            SELECT m.*, u.name AS user_name, u.login, o.name AS organisation_name FROM unit_members m JOIN users u ON u.id = m.user_id JOIN organisations o ON o.id = u.organisation
            WHERE m.unit_id = \(unit.id) ORDER BY m.post, u.id LIMIT 500
            """
        ).map { row in
            UnitMember(
                user: row.int("user_id") ?? 0, userName: row.text("user_name") ?? "", login: row.text("login") ?? "", organisationName: row.text("organisation_name") ?? "",
                post: row.text("post") ?? "", isActive: row.int("is_active") == 1, standing: row.text("standing").flatMap(PostStanding.init) ?? .regular)
        }
    }

    /// Gives somebody in scope a post; the first one of a person is the active one.
    ///
    /// - Throws: `.invalid` `JW-K422`.
    package func appoint(_ login: String, to id: Int64, post: String, by principal: Principal) async throws {
        try await database.write { tx in
            try principal.require("organisation.write", "组织机构管理")
            let unit = try visible(id, to: principal, tx)
            var findings: [FieldFinding] = []
            let user = try tx.first("SELECT id, name FROM users WHERE login = \(User.normalized(login)) AND \(principal.scope.condition(org: "organisation", area: "area"))")
            if user == nil { findings.append(FieldFinding("login", "unknown", "没有此登录名，或不在您的管辖范围内", title: "登录名")) }
            if !(1...30).contains(post.count) { findings.append(FieldFinding("post", "length", "须为 1–30 个字", title: "岗位")) }
            if unit.state != .active { findings.append(FieldFinding("login", "state", "此单位已停用", title: "登录名")) }
            guard findings.isEmpty, let user, let number = user.int("id") else { throw Failure.invalid(findings) }
            let isFirst = try tx.count("SELECT count(*) FROM unit_members WHERE user_id = \(number)") == 0
            try tx.execute(
                """
                INSERT INTO unit_members (unit_id, user_id, post, is_active, since) VALUES (\(id), \(number), \(post), \(isFirst ? 1 : 0), \(clock.now))
                ON CONFLICT (unit_id, user_id) DO UPDATE SET post = excluded.post
                """)
            try audit.record(AuditEntry("update", "unit", "\(id)", "“\(user.text("name") ?? "")”任“\(unit.name)”\(post)"), by: principal, in: tx)
            version.bump(after: tx)
        }
    }

    package func dismiss(_ user: Int64, from id: Int64, by principal: Principal) async throws {
        try await database.write { tx in
            try principal.require("organisation.write", "组织机构管理")
            let unit = try visible(id, to: principal, tx)
            guard try tx.execute("DELETE FROM unit_members WHERE unit_id = \(id) AND user_id = \(user)") == 1 else { throw Failure.notFound("此人") }
            try Posts.strip(user, from: id, in: tx)
            try audit.sealUsers([user], in: tx)
            version.bump(after: tx)
            try audit.record(AuditEntry("update", "unit", "\(id)", "用户 \(user) 不再任职于“\(unit.name)”"), by: principal, in: tx)
            version.bump(after: tx)
        }
    }
}
