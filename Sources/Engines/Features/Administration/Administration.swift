import Web

/// Pages of the platform itself that every product has: users, organisations, roles, the audit book.
enum Administration {
    static func add(to routes: Routes, platform: Platform, auditTitles: [String: String]) {
        UserPages(platform: platform).add(to: routes)
        OrganisationPages(platform: platform).add(to: routes)
        RolePages(platform: platform).add(to: routes)
        AuditPage(platform: platform, titles: auditTitles).add(to: routes)
    }

    static let menu: [MenuItem] = [
        MenuItem("系统", groupEN: "System", "用户管理", "Users", icon: "users", path: "/admin/users", permission: "user.read", order: 8910),
        MenuItem("系统", groupEN: "System", "机构管理", "Organisations", icon: "building", path: "/admin/organisations", permission: "organisation.read", order: 8920),
        MenuItem("系统", groupEN: "System", "角色与权限", "Roles", icon: "shield", path: "/admin/roles", permission: "role.read", order: 8930),
        MenuItem("系统", groupEN: "System", "审计日志", "Audit trail", icon: "book", path: "/audit", permission: "audit.read", order: 8940),
    ]
}
