import Kernel
import Storage

/// 鉴别信息与访问控制信息 (D17.4.1): who may sign in with what, and what a role lets one do.
extension IntegritySubject {
    static let users = IntegritySubject(
        "user", "用户账号与角色分配", ids: { after, limit, reader in try ids(of: "users", after, limit, reader) }, contents: { ids, reader in try accounts(ids, reader) })

    static let roles = IntegritySubject(
        "role", "角色与权限", ids: { after, limit, reader in try ids(of: "roles", after, limit, reader) }, contents: { ids, reader in try rights(ids, reader) })

    private static func accounts(_ ids: [Int64], _ reader: any Reader) throws -> [Int64: IntegrityContent] {
        let columns = ["login", "organisation", "password_hash", "state", "totp_secret", "expires_at"]
        let rows = try reader.rows("SELECT id, login, organisation, password_hash, state, totp_secret, expires_at FROM users WHERE id IN (\(list: ids))")
        var contents = content(rows, columns)
        for row in try reader.rows("SELECT user_id, role_id, is_direct FROM user_roles WHERE user_id IN (\(list: ids)) ORDER BY user_id, role_id") {
            contents[row.int("user_id") ?? 0]?.add(row, ["role_id", "is_direct"])
        }
        for row in try reader.rows("SELECT user_id, unit_id, role_id FROM unit_post_roles WHERE user_id IN (\(list: ids)) ORDER BY user_id, unit_id, role_id") {
            contents[row.int("user_id") ?? 0]?.add(row, ["unit_id", "role_id"])
        }
        return contents
    }

    private static func rights(_ ids: [Int64], _ reader: any Reader) throws -> [Int64: IntegrityContent] {
        var contents = content(try reader.rows("SELECT id, name, scope, kinds FROM roles WHERE id IN (\(list: ids))"), ["name", "scope", "kinds"])
        // Ordered by bytes on every database, whatever its collation.
        let granted = try reader.rows("SELECT role_id, permission FROM role_permissions WHERE role_id IN (\(list: ids))")
        for row in granted.sorted(by: { ($0.text("permission") ?? "") < ($1.text("permission") ?? "") }) { contents[row.int("role_id") ?? 0]?.add(row, ["permission"]) }
        return contents
    }

    private static func ids(of table: String, _ after: Int64, _ limit: Int, _ reader: any Reader) throws -> [Int64] {
        try reader.rows("SELECT id FROM \(ident: table) WHERE id > \(after) ORDER BY id LIMIT \(limit)").compactMap { $0[0].int }
    }

    private static func content(_ rows: [Row], _ columns: [String]) -> [Int64: IntegrityContent] {
        var contents: [Int64: IntegrityContent] = [:]
        for row in rows {
            var content = IntegrityContent()
            content.add(row, columns)
            contents[row.int("id") ?? 0] = content
        }
        return contents
    }
}

extension AuditTrail {
    /// To be called after every change of what is sealed of accounts, in its transaction.
    func sealUsers(_ ids: [Int64], in tx: any Transaction) throws { try integrity?.seal("user", ids, in: tx) }

    /// The same for people named by a query.
    func sealUsers(_ people: SQL, in tx: any Transaction) throws {
        guard let integrity else { return }
        try integrity.seal("user", try tx.rows("SELECT id FROM users WHERE id IN (\(people)) ORDER BY id").compactMap { $0[0].int }, in: tx)
    }

    /// The same for roles.
    package func sealRoles(_ ids: [Int64], in tx: any Transaction) throws { try integrity?.seal("role", ids, in: tx) }

    package func sealAllRoles(in tx: any Transaction) throws { try sealRoles(try tx.rows("SELECT id FROM roles ORDER BY id").compactMap { $0[0].int }, in: tx) }
}
