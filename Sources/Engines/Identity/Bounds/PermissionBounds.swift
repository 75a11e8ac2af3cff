import Kernel
import Storage

/// Bounds as they are kept: set by whoever manages the tree above, acting on the next request of everybody below.
package struct PermissionBounds: Sendable {
    let database: any Database
    let clock: Clock
    let audit: AuditTrail
    let version: IdentityVersion
    let organisations: Organisations

    /// Stands for the bound itself, so that one without any permission is kept, too.
    static let mark = ""

    /// One row is one permission that people of an organisation, and of all below it, may hold at most.
    static let table = Table(
        "organisation_bounds", key: ["org", "permission"], columns: [Column("org", .integer, required: true), Column("permission", .text, required: true)], isClustered: true)

    /// An organisation that has a bound of its own.
    package struct Line: Sendable {
        package let organisation: Organisation
        package let permissions: Int
    }

    /// Somebody whose roles give more than the bound lets through.
    package struct Excess: Sendable {
        package let user: Int64
        package let name: String
        package let login: String
        package let organisationName: String
        package let roleTitle: String
        package let permissions: Int
    }

    // MARK: Reading

    package func bound(of organisation: Organisation, _ reader: any Reader) throws -> PermissionBound { try PermissionBound.find(path: organisation.path, reader) }

    /// Its own permissions; nil where it has no bound of its own.
    package func own(_ organisation: Int64, _ reader: any Reader) throws -> Set<String>? {
        let rows = try reader.rows("SELECT permission FROM organisation_bounds WHERE org = \(organisation)").compactMap { $0[0].text }
        return rows.isEmpty ? nil : Set(rows).subtracting([Self.mark])
    }

    /// Organisations of the scope that have one, in the order of ids.
    package func page(keyword: String?, scope: DataScope, after: Int64, limit: Int, _ reader: any Reader) throws -> [Line] {
        var conditions: [SQL] = ["o.id > \(after)", scope.condition(org: "o.id", area: "o.area"), "o.id IN (SELECT org FROM organisation_bounds)"]
        if let keyword, !keyword.isEmpty { conditions.append(.contains(keyword, in: "o.name", "o.code")) }
        return try reader.rows(
            """
            SELECT o.*, (SELECT COUNT(*) FROM organisation_bounds b WHERE b.org = o.id AND b.permission <> \(Self.mark)) AS permissions FROM organisations o
            WHERE \(SQL.all(of: conditions)) ORDER BY o.id LIMIT \(limit)
            """
        ).map { Line(organisation: Organisation($0), permissions: Int($0.int("permissions") ?? 0)) }
    }

    /// Whose roles give more than this bound lets through, in the organisation and below it: the first 200 of them, by person and role.
    package func excess(in organisation: Organisation, over permissions: Set<String>, _ reader: any Reader) throws -> [Excess] {
        let below = organisation.path
        let holders = try reader.rows(
            """
            SELECT u.id, u.name, u.login, o.name AS organisation_name, r.id AS role, r.title FROM users u JOIN organisations o ON o.id = u.organisation
            JOIN user_roles ur ON ur.user_id = u.id JOIN roles r ON r.id = ur.role_id
            WHERE u.state = 'active' AND o.path >= \(below) AND o.path < \(below + "~") ORDER BY u.id, r.id LIMIT 2000
            """)
        let roles = Set(holders.compactMap { $0.int("role") }).sorted()
        var given: [Int64: Set<String>] = [:]
        for row in try reader.rows("SELECT role_id, permission FROM role_permissions WHERE role_id IN (\(list: roles))") {
            given[row.int("role_id") ?? 0, default: []].insert(row.text("permission") ?? "")
        }
        let bound = PermissionBound(parts: [PermissionBound.Part(organisation: organisation.id, permissions: permissions)])
        let beyond = given.mapValues { bound.excess(of: $0).count }
        return holders.compactMap { row -> Excess? in
            guard let role = row.int("role"), let count = beyond[role], count > 0 else { return nil }
            return Excess(
                user: row.int("id") ?? 0, name: row.text("name") ?? "", login: row.text("login") ?? "", organisationName: row.text("organisation_name") ?? "",
                roleTitle: row.text("title") ?? "", permissions: count)
        }.prefix(200).map { $0 }
    }

    // MARK: Writing

    /// Whether somebody may set an organisation's bound: it stands below their own, or elsewhere in what they look after.
    package func maySet(_ organisation: Organisation, _ principal: Principal, _ reader: any Reader) throws -> Bool {
        guard principal.kind != .system else { return true }
        guard principal.may("organisation.write"), principal.scope.admits(org: organisation.id, area: organisation.area) else { return false }
        let own = try principal.organisation.flatMap { try organisations.find($0, reader) }
        return !(own?.path.hasPrefix(organisation.path) ?? true)
    }

    /// - Parameter permissions: nil lifts the bound.
    /// - Throws: `.forbidden` for one's own organisation and those above it; `.invalid` `JW-K422` for what is unknown or beyond the bound above; `.conflict` `JW-I141` where system administrators stand
    ///   below it.
    package func set(_ permissions: Set<String>?, for id: Int64, by principal: Principal) async throws {
        try await database.write { tx in
            try principal.require("organisation.write", "单位权限上限")
            guard let organisation = try organisations.find(id, tx), principal.scope.admits(org: id, area: organisation.area) else { throw Failure.notFound("机构") }
            guard try maySet(organisation, principal, tx) else { throw Failure(.forbidden, "JW-I140", "本单位和上级单位的权限上限由上级设定") }
            let before = try own(id, tx)
            if let permissions { try check(permissions, for: organisation, tx) }
            try tx.execute("DELETE FROM organisation_bounds WHERE org = \(id)")
            if let permissions {
                try tx.insertMany(into: "organisation_bounds", columns: ["org", "permission"], rows: ([Self.mark] + permissions.sorted()).map { [.int(id), .text($0)] })
            }
            let words = permissions.map { "权限上限设为 \($0.count) 项" } ?? "取消权限上限"
            let details: JSONValue = [
                "added": .array((permissions ?? []).subtracting(before ?? []).sorted().map { .string($0) }),
                "removed": .array((before ?? []).subtracting(permissions ?? []).sorted().map { .string($0) }),
            ]
            try audit.record(AuditEntry("update", "permissionBound", "\(id)", "“\(organisation.name)”\(words)", details: details), by: principal, in: tx)
            version.bump(after: tx)
        }
    }

    private func check(_ permissions: Set<String>, for organisation: Organisation, _ reader: any Reader) throws {
        let declared = Set(try reader.rows("SELECT name FROM permissions WHERE is_declared = 1").compactMap { $0[0].text })
        let unknown = permissions.subtracting(declared)
        let above = organisation.path.split(separator: "/").dropLast().map { "\($0)/" }.joined()
        let beyond = try PermissionBound.find(path: "/" + above, reader).excess(of: permissions)
        var findings: [FieldFinding] = []
        if !unknown.isEmpty { findings.append(FieldFinding("permissions", "unknown", "没有这样的权限：\(unknown.sorted().prefix(5).joined(separator: "、"))", title: "权限")) }
        if !beyond.isEmpty { findings.append(FieldFinding("permissions", "beyond", "超出上级单位的上限：\(beyond.sorted().prefix(5).joined(separator: "、"))", title: "权限")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let administrators = try reader.count(
            """
            SELECT count(*) FROM users u JOIN user_roles ur ON ur.user_id = u.id JOIN roles r ON r.id = ur.role_id JOIN organisations o ON o.id = u.organisation
            WHERE r.name IN ('admin', 'securityAdmin', 'auditAdmin') AND u.state = 'active' AND o.path >= \(organisation.path) AND o.path < \(organisation.path + "~")
            """)
        guard administrators == 0 else { throw Failure(.conflict, "JW-I141", "该单位有系统、安全或审计管理员，不能限制，否则可能无人能够恢复") }
    }
}
