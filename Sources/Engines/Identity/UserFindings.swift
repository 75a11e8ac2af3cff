import Kernel
import Storage

extension Users {
    /// Everything wrong with a draft, in form order; empty when it may be stored. Imports ask this of every row before any is stored.
    package func findings(for draft: UserDraft, id: Int64?, by principal: Principal, _ reader: any Reader) throws -> [FieldFinding] {
        var findings: [FieldFinding] = []
        if !Self.isLogin(draft.login) {
            findings.append(FieldFinding("login", "format", "须为 3–32 位小写字母、数字或 . _ -，以字母或数字开头", title: "登录名"))
        } else if try reader.count("SELECT count(*) FROM users WHERE login = \(draft.login) AND id <> \(id ?? 0)") > 0 {
            findings.append(FieldFinding("login", "duplicate", "“\(draft.login)”已被使用", title: "登录名"))
        }
        if !(1...30).contains(draft.name.count) || draft.name.allSatisfy(\.isWhitespace) { findings.append(FieldFinding("name", "length", "须为 1–30 个字", title: "姓名")) }
        if let phone = draft.phone, !Phone(normalizing: phone).isValid { findings.append(FieldFinding("phone", "format", "不是有效的电话号码", title: "电话")) }
        let organisation = try draft.organisation.flatMap { try reader.first("SELECT * FROM organisations WHERE id = \($0)") }.map(Organisation.init)
        if let organisation, organisation.state == .active, principal.scope.admits(org: organisation.id, area: organisation.area) {
            let was = try id.flatMap { try reader.value("SELECT organisation FROM users WHERE id = \($0)")?.int }
            if was != organisation.id, let full = try Tenants.finding(field: "organisation", title: "所属机构", below: organisation.path, reader) { findings.append(full) }
            findings += try roleFindings(draft.roles, in: organisation, by: principal, reader)
        } else {
            let isMissing = draft.organisation == nil
            findings.append(FieldFinding("organisation", isMissing ? "required" : "unknown", isMissing ? "不能为空" : "不存在、已停用或不在您的管辖范围内", title: "所属机构"))
        }
        return findings
    }

    func roleFindings(_ ids: [Int64], in organisation: Organisation, by principal: Principal, _ reader: any Reader) throws -> [FieldFinding] {
        guard !ids.isEmpty else { return [FieldFinding("roles", "required", "至少选择一个", title: "角色")] }
        let roles = try reader.rows("SELECT * FROM roles WHERE id IN (\(list: ids))").map { Role($0, permissions: []) }
        var findings: [FieldFinding] = []
        if roles.count != Set(ids).count { findings.append(FieldFinding("roles", "unknown", "有不存在的角色", title: "角色")) }
        if DutySeparation.excludes(roles.map(\.name)) { findings.append(FieldFinding("roles", "exclusive", "系统管理员、安全管理员、审计管理员须由不同的人担任", title: "角色")) }
        for role in roles where !role.kinds.contains(organisation.kind) {
            findings.append(FieldFinding("roles", "kind", "“\(role.title)”不适用于\(organisation.kind.title)机构", title: "角色"))
        }
        let grantsAny = principal.may("role.grantAny")
        for role in roles where !mayAppoint(role, principal) { findings.append(FieldFinding("roles", "appoint", "“\(role.title)”须由同类管理员授予", title: "角色")) }
        for title in grantsAny ? [] : try rolesBeyond(principal, ids, reader) { findings.append(FieldFinding("roles", "excess", "“\(title)”超出您的权限，不能授予", title: "角色")) }
        return findings
    }

    /// Administrators are appointed by their own kind, audit administrators by security administrators.
    private func mayAppoint(_ role: Role, _ principal: Principal) -> Bool {
        guard principal.kind == .user, DutySeparation.administrators.contains(where: { $0.rawValue == role.name }) else { return true }
        let appointer = role.name == BuiltInRole.auditAdmin.rawValue ? BuiltInRole.securityAdmin.rawValue : role.name
        return principal.roles.contains(appointer)
    }

    /// Titles of those roles that would give more than the asker has: a wider scope, everything, or, with a scope as wide as the asker's own, permissions the asker lacks.
    func rolesBeyond(_ principal: Principal, _ ids: [Int64], _ reader: any Reader) throws -> [String] {
        let own: Int
        switch principal.scope {
        case .everything: own = ScopeRule.everything.width
        case .areas: own = ScopeRule.ownArea.width
        case .grids: own = ScopeRule.ownGrids.width
        case .organisation: own = ScopeRule.ownOrganisation.width
        case .nothing: own = -1
        }
        var titles: [String] = []
        for id in Set(ids).sorted() {
            guard let row = try reader.first("SELECT * FROM roles WHERE id = \(id)") else { continue }
            let permissions = try reader.rows("SELECT permission FROM role_permissions WHERE role_id = \(id)").compactMap { $0[0].text }
            let role = Role(row, permissions: Set(permissions))
            // What the unit's bound keeps back gives nothing to anybody of it, so it is no more than the asker has.
            let given = principal.bound?.cut(role.permissions) ?? role.permissions
            let isAlike = role.scope.width == own && !given.allSatisfy(principal.may)
            if role.scope.width > own || isAlike || (given.contains("*") && !principal.may("*")) { titles.append(role.title) }
        }
        return titles
    }

    static func isLogin(_ login: String) -> Bool {
        let bytes = Array(login.utf8)
        let isPlain = { (byte: UInt8) in (97...122).contains(byte) || (48...57).contains(byte) }
        return (3...32).contains(bytes.count) && isPlain(bytes[0]) && bytes.allSatisfy { isPlain($0) || $0 == 46 || $0 == 95 || $0 == 45 }
    }
}
