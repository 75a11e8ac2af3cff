/// 三员分立 (8.1.4.2): the system administrator runs the system and makes accounts, the security administrator decides rules, roles and grants, the audit administrator
/// watches both. Nobody holds two of the three, and none does the others' work.
package enum DutySeparation {
    /// Exclude each other.
    package static let administrators: [BuiltInRole] = [.admin, .securityAdmin, .auditAdmin]

    /// What everything (`*`) does not include while duties are separated.
    package static let keptFromSystem: Set<String> = [
        "role.write", "role.grantAny", "policy.write", "review.write", "application.approve", "audit.read", "audit.export", "audit.verify", "auditRule.manage",
        DualControl.permission,
    ]

    /// Whether these names of roles may meet in one person.
    static func excludes(_ roles: some Sequence<String>) -> Bool { administrators.filter { Set(roles).contains($0.rawValue) }.count > 1 }
}

extension Principal {
    /// Whether the stricter rules for administrators apply.
    package var isAdministrator: Bool { DutySeparation.administrators.contains { roles.contains($0.rawValue) } }
}
