import Cryptography
import Kernel
import Storage

/// Who may come in and what they may do: everything of this module, put together once by the App.
package struct IdentityEngine: Sendable {
    package let database: any Database
    package let audit: AuditTrail
    package let version: IdentityVersion
    package let organisations: Organisations
    package let roles: Roles
    package let users: Users
    package let passwords: Passwords
    package let sessions: Sessions

    package init(
        database: any Database, clock: Clock, keys: KeyRing, hasher: PasswordHasher = PasswordHasher(), policy: PasswordPolicy = PasswordPolicy(),
        limits: LoginLimits = LoginLimits()
    ) {
        let version = IdentityVersion()
        let audit = AuditTrail(clock: clock)
        self.database = database
        self.audit = audit
        self.version = version
        organisations = Organisations(database: database, clock: clock, audit: audit, version: version)
        roles = Roles(database: database, audit: audit, version: version)
        users = Users(database: database, clock: clock, audit: audit, version: version, hasher: hasher)
        passwords = Passwords(database: database, clock: clock, audit: audit, version: version, hasher: hasher, policy: policy, limits: limits)
        sessions = Sessions(database: database, clock: clock, audit: audit, version: version, hasher: hasher, policy: policy, limits: limits, csrfKey: keys.mac(purpose: "csrf"))
    }
}
