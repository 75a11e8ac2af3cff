import Kernel
import Storage

/// Roles and what they permit. A change acts on the next request of everyone who holds the role.
package struct Roles: Sendable {
    let database: any Database
    let audit: AuditTrail
    let version: IdentityVersion

    // MARK: Reading

    /// Built-in roles first.
    package func all(_ reader: any Reader) throws -> [Role] {
        var permissions: [Int64: Set<String>] = [:]
        try reader.each("SELECT role_id, permission FROM role_permissions") { row in
            if let id = row.int("role_id"), let name = row.text("permission") { permissions[id, default: []].insert(name) }
            return true
        }
        return try reader.rows("SELECT * FROM roles ORDER BY is_built_in DESC, id").map { Role($0, permissions: permissions[$0.int("id") ?? 0] ?? []) }
    }

    package func find(_ id: Int64, _ reader: any Reader) throws -> Role? {
        guard let row = try reader.first("SELECT * FROM roles WHERE id = \(id)") else { return nil }
        let permissions = try reader.rows("SELECT permission FROM role_permissions WHERE role_id = \(id)").compactMap { $0[0].text }
        return Role(row, permissions: Set(permissions))
    }

    package func all() async throws -> [Role] { try await database.read { try all($0) } }

    // MARK: Declarations

    /// Brings roles and permissions in line with the program's declarations: makes missing built-in roles, grants a permission to its default roles when it (or a new default
    /// role of it) first appears. What an administrator took away stays away.
    package func sync(_ declarations: [PermissionDeclaration]) async throws {
        let changes = try await database.write { try sync(declarations, in: $0) }
        if changes > 0 { version.bump() }
    }

    private func sync(_ declarations: [PermissionDeclaration], in transaction: any Transaction) throws -> Int {
        var changes = 0
        var ids: [String: Int64] = [:]
        for row in try transaction.rows("SELECT id, name FROM roles") { ids[row.text("name") ?? ""] = row.int("id") }
        for role in BuiltInRole.allCases where ids[role.rawValue] == nil {
            let id = try insert(name: role.rawValue, title: role.title, scope: role.scope, kinds: role.kinds, isBuiltIn: true, in: transaction)
            ids[role.rawValue] = id
            if role == .admin { try transaction.execute("INSERT INTO role_permissions (role_id, permission) VALUES (\(id), '*')") }
            changes += 1
        }
        var known: [String: Set<String>] = [:]
        for row in try transaction.rows("SELECT name, default_roles FROM permissions") {
            known[row.text("name") ?? ""] = Set((row.text("default_roles") ?? "").split(separator: ",").map(String.init))
        }
        // What other systems registered (`ext.…`) is theirs to declare.
        try transaction.execute("UPDATE permissions SET is_declared = 0 WHERE name < 'ext.' OR name >= 'ext/'")
        for declaration in declarations {
            let roles = Set(declaration.defaultRoles.map(\.rawValue))
            let before = known.removeValue(forKey: declaration.name)
            for role in roles.subtracting(before ?? []).sorted() {
                guard let id = ids[role] else { continue }
                changes += try transaction.execute("INSERT INTO role_permissions (role_id, permission) VALUES (\(id), \(declaration.name)) ON CONFLICT DO NOTHING")
            }
            try transaction.execute(
                """
                INSERT INTO permissions (name, title, area, default_roles, is_declared) VALUES (\(declaration.name), \(declaration.title), \(declaration.area), \(roles.sorted().joined(separator: ",")), 1)
                ON CONFLICT (name) DO UPDATE SET title = excluded.title, area = excluded.area, default_roles = excluded.default_roles, is_declared = 1
                """)
        }
        if changes > 0 {
            try audit.sealAllRoles(in: transaction)
            try audit.record(AuditEntry("update", "role", "*", "按程序声明更新内置角色的权限，共 \(changes) 项"), by: .system(), in: transaction)
        }
        return changes
    }

    /// The permissions of the running program, for the role form.
    package func declared(_ reader: any Reader) throws -> [PermissionDeclaration] {
        try reader.rows("SELECT name, title, area, default_roles FROM permissions WHERE is_declared = 1 ORDER BY area, name").map { row in
            let roles = (row.text("default_roles") ?? "").split(separator: ",").compactMap { BuiltInRole(rawValue: String($0)) }
            return PermissionDeclaration(row.text("name") ?? "", row.text("title") ?? "", area: row.text("area") ?? "", defaultRoles: roles)
        }
    }

    // MARK: Writing

    /// - Throws: `.forbidden`; `.invalid` `JW-K422` with every finding.
    package func create(_ draft: RoleDraft, by principal: Principal) async throws -> Role {
        try await database.write { transaction in
            try principal.require("role.write", "角色管理")
            try check(draft, id: nil, by: principal, transaction)
            let id = try insert(name: "", title: draft.title, scope: draft.scope, kinds: draft.kinds, isBuiltIn: false, in: transaction)
            try transaction.execute("UPDATE roles SET name = \("role\(id)") WHERE id = \(id)")
            try replacePermissions(of: id, with: draft.permissions, in: transaction)
            try audit.record(AuditEntry("create", "role", "\(id)", "新增角色“\(draft.title)”", details: details(draft)), by: principal, in: transaction)
            guard let role = try find(id, transaction) else { throw Failure.notFound("角色") }
            return role
        }
    }

    /// A built-in role keeps its scope and kinds; only its title and permissions change. `admin` does not change.
    ///
    /// - Throws: as `create`; `.notFound`; `.conflict` `JW-I020` for `admin`.
    package func update(_ id: Int64, _ draft: RoleDraft, by principal: Principal) async throws {
        try await database.write { transaction in
            try principal.require("role.write", "角色管理")
            guard let old = try find(id, transaction) else { throw Failure.notFound("角色") }
            guard old.name != BuiltInRole.admin.rawValue else { throw Failure(.conflict, "JW-I020", "系统管理员角色不能修改") }
            var draft = draft
            if old.isBuiltIn {
                draft.scope = old.scope
                draft.kinds = old.kinds
            }
            try check(draft, id: id, by: principal, transaction)
            try transaction.execute(
                "UPDATE roles SET title = \(draft.title), scope = \(draft.scope.rawValue), kinds = \(draft.kinds.map(\.rawValue).joined(separator: ",")) WHERE id = \(id)")
            try replacePermissions(of: id, with: draft.permissions, in: transaction)
            try requireNotOwn(old, principal)
            let before = details(RoleDraft(title: old.title, scope: old.scope, kinds: old.kinds, permissions: old.permissions))
            try audit.record(AuditEntry("update", "role", "\(id)", "修改角色“\(draft.title)”", details: ["before": before, "after": details(draft)]), by: principal, in: transaction)
            version.bump(after: transaction)
        }
    }

    /// - Throws: `.forbidden`, `.notFound`; `.conflict` `JW-I021` for a built-in role or one that someone holds.
    package func delete(_ id: Int64, by principal: Principal) async throws {
        try await database.write { transaction in
            try principal.require("role.write", "角色管理")
            guard let old = try find(id, transaction) else { throw Failure.notFound("角色") }
            let holders = try transaction.count("SELECT count(*) FROM user_roles WHERE role_id = \(id)")
            guard !old.isBuiltIn, holders == 0 else {
                throw Failure(.conflict, "JW-I021", old.isBuiltIn ? "内置角色不能删除" : "仍有 \(holders) 名用户使用角色“\(old.title)”，请先调整")
            }
            let posts = try transaction.count("SELECT count(*) FROM unit_post_roles WHERE role_id = \(id)")
            guard posts == 0 else { throw Failure(.conflict, "JW-I021", "仍有 \(posts) 个岗位授予角色“\(old.title)”，请先调整") }
            try transaction.execute("DELETE FROM role_permissions WHERE role_id = \(id)")
            try transaction.execute("DELETE FROM roles WHERE id = \(id)")
            try audit.sealRoles([id], in: transaction)
            try audit.record(AuditEntry("delete", "role", "\(id)", "删除角色“\(old.title)”"), by: principal, in: transaction)
            version.bump(after: transaction)
        }
    }

    /// Who may grant anything may not grant it to a role of their own.
    private func requireNotOwn(_ role: Role, _ principal: Principal) throws {
        guard principal.kind != .user || principal.may("*") || !principal.roles.contains(role.name) else { throw Failure(.conflict, "JW-I035", "不能修改自己所持有的角色") }
    }

    private func check(_ draft: RoleDraft, id: Int64?, by principal: Principal, _ reader: any Reader) throws {
        var findings: [FieldFinding] = []
        if !(1...20).contains(draft.title.count) { findings.append(FieldFinding("title", "length", "须为 1–20 个字", title: "角色名称")) }
        if try reader.count("SELECT count(*) FROM roles WHERE title = \(draft.title) AND id <> \(id ?? 0)") > 0 {
            findings.append(FieldFinding("title", "duplicate", "已存在", title: "角色名称"))
        }
        if draft.kinds.isEmpty { findings.append(FieldFinding("kinds", "required", "至少选择一类", title: "适用机构")) }
        if draft.scope == .ownGrids, draft.kinds.contains(where: { !$0.supervises }) { findings.append(FieldFinding("scope", "kind", "“所在网格数据”只能用于监管部门", title: "数据范围")) }
        if draft.scope == .ownArea, draft.kinds.contains(where: { !$0.supervises }) { findings.append(FieldFinding("scope", "kind", "“本辖区数据”只能用于监管部门", title: "数据范围")) }
        let known = Set(try declared(reader).map(\.name))
        let unknown = draft.permissions.subtracting(known).sorted()
        if !unknown.isEmpty { findings.append(FieldFinding("permissions", "unknownCode", "不存在：\(unknown.joined(separator: "、"))", title: "权限")) }
        let excess = principal.may("role.grantAny") ? [] : draft.permissions.filter { !principal.may($0) }.sorted()
        if !excess.isEmpty { findings.append(FieldFinding("permissions", "excess", "超出您自己的权限：\(excess.joined(separator: "、"))", title: "权限")) }
        if draft.scope == .everything, principal.scope != .everything { findings.append(FieldFinding("scope", "excess", "超出您自己的数据范围", title: "数据范围")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
    }

    private func insert(name: String, title: String, scope: ScopeRule, kinds: [Organisation.Kind], isBuiltIn: Bool, in transaction: any Transaction) throws -> Int64 {
        try transaction.insert(
            "INSERT INTO roles (name, title, scope, kinds, is_built_in) VALUES (\(name), \(title), \(scope.rawValue), \(kinds.map(\.rawValue).joined(separator: ",")), \(isBuiltIn))"
        )
    }

    private func replacePermissions(of id: Int64, with permissions: Set<String>, in transaction: any Transaction) throws {
        try transaction.execute("DELETE FROM role_permissions WHERE role_id = \(id)")
        try transaction.insertMany(into: "role_permissions", columns: ["role_id", "permission"], rows: permissions.sorted().map { [.int(id), .text($0)] })
        try audit.sealRoles([id], in: transaction)
    }

    private func details(_ draft: RoleDraft) -> JSONValue {
        ["title": .string(draft.title), "scope": .string(draft.scope.rawValue), "permissions": .array(draft.permissions.sorted().map { .string($0) })]
    }
}
