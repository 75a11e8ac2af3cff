import Kernel

/// Who is asking: a signed-in user, a gate system, or Jianwei itself. Passed in everywhere, never global.
package struct Principal: Sendable {
    package enum Kind: String, Sendable { case user, client, system }

    package var kind: Kind
    package var id: Int64
    package var login: String
    package var name: String
    package var organisation: Int64?
    package var organisationName: String
    /// The organisation's region code: `13`, `1301`, `130102`; an enterprise's county.
    package var area: String?
    package var roles: [String]
    /// Names such as `onSiteVehicle.read`, `onSiteVehicle.write`, `alarm.handle`; `*` is everything.
    package var permissions: Set<String>
    /// Never held, whatever `permissions` says: what 三员分立 keeps from the system administrator.
    package var withheld: Set<String> = []
    package var scope: DataScope
    package var address: String
    package var session: String?
    /// An administrator from outside the networks where people work: looks, changes nothing (D17.1.8).
    package var onlyReads = false
    /// The post in which the session acts; nil for the account's own roles.
    package var post: ActingPost?
    /// All posts among which the person may choose; empty for most.
    package var posts: [ActingPost] = []
    /// When and from where some of the permissions count; judged on every request (`applyLimits`).
    package var limits: [GrantLimit] = []
    /// What the person's organisation, and those above it, let through at most; `permissions` is cut to it already. Nil where nothing is bounded.
    package var bound: PermissionBound?
    /// The registered computer at which the session was opened; nil for another one.
    package var terminal: Int64?

    package init(
        kind: Kind, id: Int64, login: String, name: String, organisation: Int64? = nil, organisationName: String = "", area: String? = nil, roles: [String] = [],
        permissions: Set<String>, scope: DataScope, address: String = "", session: String? = nil
    ) {
        self.kind = kind
        self.id = id
        self.login = login
        self.name = name
        self.organisation = organisation
        self.organisationName = organisationName
        self.area = area
        self.roles = roles
        self.permissions = permissions
        self.scope = scope
        self.address = address
        self.session = session
    }

    /// Jianwei's own jobs and the command line on the machine itself.
    package static func system(_ name: String = "系统") -> Principal {
        Principal(kind: .system, id: 0, login: "system", name: name, organisationName: "见微", permissions: ["*"], scope: .everything)
    }

    /// Denies by default: only a permission that was given counts.
    package func may(_ permission: String) -> Bool {
        if withheld.contains(permission) || (onlyReads && !permission.hasSuffix(".read")) { return false }
        if permissions.contains(permission) || permissions.contains("*") { return true }
        guard let dot = permission.lastIndex(of: ".") else { return false }
        return permissions.contains("*" + permission[dot...])
    }

    /// - Throws: `.forbidden` `JW-K403` naming what was asked.
    package func require(_ permission: String, _ title: String) throws {
        guard may(permission) else { throw Failure.forbidden(title) }
    }
}
