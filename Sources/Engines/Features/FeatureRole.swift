import Identity
import Kernel
import Ledgers
import Storage

/// A role that a domain brings, beside the built-in ones: made at the first start with it, then an administrator's to change, like a built-in one.
package struct FeatureRole: Sendable, Equatable {
    /// Stable and unique among all roles: `roadOffice`. Workflows name it.
    package var name: String
    package var title: String
    package var scope: ScopeRule
    /// Organisations whose people may hold it.
    package var kinds: [Organisation.Kind]
    /// What it holds when each of these first appears; what an administrator took away stays away.
    package var permissions: [String]

    package init(_ name: String, _ title: String, scope: ScopeRule, kinds: [Organisation.Kind], permissions: [String]) {
        self.name = name
        self.title = title
        self.scope = scope
        self.kinds = kinds
        self.permissions = permissions
    }

    /// What each role was given already.
    package static let tables: [Table] = [
        Table(
            "feature_role_grants", key: ["role", "permission"], columns: [Column("role", .text, required: true), Column("permission", .text, required: true)], isClustered: true)
    ]

    /// Every role of a ledger's right, for lists of permissions.
    package static func rights(_ rights: [LedgerRight], on ledgers: [String]) -> [String] { ledgers.flatMap { ledger in rights.map { $0.permission(on: ledger) } } }
}

extension FeatureSet {
    /// Brings the roles of the features in line with their declarations; after those of Identity, before anybody signs in.
    ///
    /// - Returns: how many roles and permissions were added.
    @discardableResult
    package func syncRoles(on platform: Platform) async throws -> Int {
        let roles = roles
        guard !roles.isEmpty else { return 0 }
        return try await platform.database.write { tx in
            var changes = 0
            for role in roles { changes += try Self.sync(role, in: tx) }
            if changes > 0 {
                try platform.audit.sealAllRoles(in: tx)
                try platform.audit.record(AuditEntry("update", "role", "*", "按程序声明更新业务角色的权限，共 \(changes) 项"), by: .system(), in: tx)
            }
            return changes
        }
    }

    private static func sync(_ role: FeatureRole, in tx: any Transaction) throws -> Int {
        var changes = 0
        let id: Int64
        if let known = try tx.value("SELECT id FROM roles WHERE name = \(role.name)")?.int {
            id = known
        } else {
            let kinds = role.kinds.map(\.rawValue).joined(separator: ",")
            id = try tx.insert("INSERT INTO roles (name, title, scope, kinds, is_built_in) VALUES (\(role.name), \(role.title), \(role.scope.rawValue), \(kinds), 1)")
            changes += 1
        }
        let given = Set(try tx.rows("SELECT permission FROM feature_role_grants WHERE role = \(role.name)").compactMap { $0[0].text })
        for permission in Set(role.permissions).subtracting(given).sorted() {
            changes += try tx.execute("INSERT INTO role_permissions (role_id, permission) VALUES (\(id), \(permission)) ON CONFLICT DO NOTHING")
            try tx.execute("INSERT INTO feature_role_grants (role, permission) VALUES (\(role.name), \(permission))")
        }
        return changes
    }
}
