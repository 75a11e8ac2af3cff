import Cryptography
import Kernel
import Storage

/// Who may come in and what they may do: everything of this module, put together once by the App.
package struct IdentityEngine: Sendable {
    package let database: any Database
    package let audit: AuditTrail
    package let version: IdentityVersion
    package let organisations: Organisations
    /// Kinds of organisations that administrators add.
    package let kinds: OrganisationKinds
    /// Departments, teams, sections, grids: trees beside the organisations.
    package let units: Units
    package let grids: GridBook
    /// Accounts that are asked for at the door.
    package let registrations: Registrations
    package let roles: Roles
    package let users: Users
    package let groups: UserGroups
    /// 局点: organisations that work on the platform by themselves.
    package let tenants: Tenants
    /// When and from where permissions count.
    package let limits: GrantLimits
    /// The most that people of an organisation may hold.
    package let bounds: PermissionBounds
    /// Which roles a post in a unit gives, and in which post a session acts.
    package let posts: Posts
    /// Accounts by the sheet, brought to life by their owners.
    package let activations: Activations
    package let passwords: Passwords
    package let sessions: Sessions
    package let policies: PolicyBook
    package let secondFactors: SecondFactors
    package let grants: TemporaryGrants
    package let reviews: AccessReviews
    package let checkpoints: AuditCheckpoints
    package let archives: AuditArchives
    /// The authorization server for other applications (OAuth 2.0, OpenID Connect).
    package let tokens: TokenDesk
    package let terminals: Terminals
    package let certificates: UserCertificates
    package let revocations: RevocationLists
    package let qrSignIn: QRSignIn
    package let codeSignIn: CodeSignIn
    package let keySignIn: KeySignIn
    /// Other providers through which people may sign in.
    package let providers: ExternalProviders
    package let external: ExternalSignIn
    /// Tells applications of sessions that have ended.
    package let logoutNotices: LogoutNotices
    /// Acts that wait for a second person.
    package let dualControl: DualControl
    /// Seals over rows that matter.
    package let integrity: IntegrityBook
    /// Addresses that are shut out.
    package let blocks: AddressBlocks
    package let handOvers = HandOvers()

    package init(
        database: any Database, clock: Clock, keys: KeyRing, hasher: PasswordHasher = PasswordHasher(), policy: PasswordPolicy = PasswordPolicy(),
        limits: LoginLimits = LoginLimits()
    ) {
        let version = IdentityVersion()
        let integrity = IntegrityBook(database: database, keys: keys, clock: clock)
        let audit = AuditTrail(clock: clock, integrity: integrity)
        self.integrity = integrity
        let policies = PolicyBook(initial: SignInPolicy(password: policy, limits: limits), audit: audit, clock: clock, version: version)
        self.policies = policies
        self.database = database
        self.audit = audit
        self.version = version
        organisations = Organisations(database: database, clock: clock, audit: audit, version: version)
        tenants = Tenants(database: database, clock: clock, audit: audit, version: version)
        kinds = OrganisationKinds(database: database, clock: clock, audit: audit)
        units = Units(database: database, clock: clock, audit: audit, version: version)
        grids = GridBook(units: units, audit: audit, clock: clock, version: version)
        roles = Roles(database: database, audit: audit, version: version)
        users = Users(database: database, clock: clock, audit: audit, version: version, hasher: hasher, phones: keys.field("users.phone"))
        self.limits = GrantLimits(database: database, clock: clock, audit: audit, version: version, users: users)
        bounds = PermissionBounds(database: database, clock: clock, audit: audit, version: version, organisations: organisations)
        groups = UserGroups(database: database, clock: clock, audit: audit, version: version, users: users)
        activations = Activations(database: database, clock: clock, audit: audit, version: version, users: users, policies: policies)
        passwords = Passwords(database: database, clock: clock, audit: audit, version: version, hasher: hasher, policies: policies, users: users)
        blocks = AddressBlocks(database: database, clock: clock, audit: audit, policies: policies)
        sessions = Sessions(database: database, clock: clock, audit: audit, version: version, hasher: hasher, policies: policies, keys: keys, blocks: blocks)
        terminals = sessions.terminals
        posts = Posts(database: database, clock: clock, audit: audit, version: version, users: users, units: units, policies: policies)
        registrations = Registrations(
            database: database, clock: clock, audit: audit, users: users, organisations: organisations, challenges: sessions.challenges, policies: policies,
            phones: keys.field("registrations.phone"))
        certificates = UserCertificates(database: database, clock: clock, audit: audit, version: version, users: users)
        revocations = RevocationLists(database: database, clock: clock, audit: audit, version: version)
        qrSignIn = QRSignIn(sessions: sessions)
        codeSignIn = CodeSignIn(sessions: sessions, users: users)
        keySignIn = KeySignIn(sessions: sessions, certificates: certificates)
        providers = ExternalProviders(database: database, clock: clock, audit: audit, users: users, keys: keys)
        external = ExternalSignIn(sessions: sessions, users: users, book: providers)
        grants = TemporaryGrants(database: database, clock: clock, audit: audit, version: version, users: users)
        reviews = AccessReviews(database: database, clock: clock, audit: audit)
        checkpoints = AuditCheckpoints(database: database, clock: clock, audit: audit, keys: keys, policies: policies)
        archives = AuditArchives(database: database, clock: clock, audit: audit, checkpoints: checkpoints)
        tokens = TokenDesk(
            database: database, clock: clock, audit: audit, applications: Applications(database: database, clock: clock, audit: audit),
            signing: SigningKeys(database: database, clock: clock, keys: keys), sessions: sessions, organisations: organisations, issuer: "")
        dualControl = DualControl(database: database, clock: clock, audit: audit, keys: keys)
        logoutNotices = LogoutNotices(database: database, clock: clock, signing: tokens.signing, policies: policies)
        secondFactors = SecondFactors(database: database, clock: clock, audit: audit, version: version, keys: keys)
    }
}
