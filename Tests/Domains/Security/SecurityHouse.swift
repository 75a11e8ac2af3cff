import Alarms
import Cryptography
import Features
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import Kernel
import Ledgers
import Logging
import Media
import Schedules
import Security
import Storage
import TestDatabases
import Web
import Workflows

/// The security feature on a database of its own, with the people of 三员 as the program itself grants them; sessions are the person's login.
struct SecurityHouse: Sendable {
    static let noon = Moment(parsing: "2026-11-21 12:00:00") ?? Moment(milliseconds: 0)

    let platform: Platform
    let people: [String: Principal]
    private let features = FeatureSet([Security.feature])

    init(clock: Clock = .fixed(SecurityHouse.noon)) async throws {
        let database = try await TestDatabase.make()
        let keys = KeyRing.ephemeral()
        let identity = IdentityEngine(database: database, clock: clock, keys: keys, hasher: PasswordHasher(cost: .trivial))
        let dictionaries = Dictionaries(features.dictionaries)
        let ledgers = LedgerEngine(database: database, declarations: features.ledgers, dictionaries: dictionaries, keys: keys, audit: identity.audit, clock: clock)
        let live = LiveHub(clock: clock)
        let alarms = AlarmEngine(kinds: features.alarmKinds, audit: identity.audit, hub: live, clock: clock)
        var logger = Logger(label: "security")
        logger.logLevel = .critical
        let photos = PhotoStore(
            database: database, blobs: try LocalBlobs.temporary(), thumbnailFolder: NSTemporaryDirectory() + "/jianwei-thumbs-\(UUID().uuidString)",
            threads: PictureThreads(threads: 1, waiting: 10))
        let platform = Platform(
            database: database, clock: clock, keys: keys, blobs: try LocalBlobs.temporary(), photos: photos, audit: identity.audit, identity: identity, dictionaries: dictionaries,
            ledgers: ledgers, alarms: alarms, live: live, tasks: LongTasks(on: database, node: "security", clock: clock, logger: logger), outbox: Outbox(clock: clock),
            logger: logger, workflows: features.workflows)
        try await database.create(ledgers.tables + IdentityTables.all + PhotoStore.tables + AlarmTables.all + ScheduleTables.tables + features.tables)
        try await ledgers.load()
        _ = try await identity.firstStart(
            counties: [.init(area: "130102", name: "长安区")], permissions: PermissionDeclaration.identity + AlarmPermission.all + features.permissions)
        for feature in features.features { try feature.prepare(platform) }
        try await platform.workflows.load()
        self.platform = platform
        people = try await Self.people(identity)
    }

    private static func people(_ identity: IdentityEngine) async throws -> [String: Principal] {
        let roles = try await identity.roles.all()
        var people: [String: Principal] = [:]
        let wanted: [(String, BuiltInRole, String)] = [
            ("sysadmin", .admin, "1301"), ("guardian", .securityAdmin, "1301"), ("reader", .auditAdmin, "1301"), ("officer", .city, "1301"), ("leaver", .city, "1301"),
            ("county", .county, "130102"),
        ]
        for (login, role, code) in wanted {
            guard let organisation = try await identity.organisations.find(code: code), let role = roles.first(where: { $0.name == role.rawValue }) else { continue }
            let draft = UserDraft(login: login, name: login, organisation: organisation.id, roles: [role.id])
            let id = try await identity.users.create(draft, by: .system()).id
            people[login] = try await identity.database.read { reader in try identity.sessions.standing(of: id, reader)?.principal }
        }
        return people
    }

    func person(_ login: String) -> Principal { people[login] ?? Principal(kind: .user, id: 0, login: login, name: login, permissions: [], scope: .nothing) }

    func test(_ body: @Sendable @escaping (any TestClientProtocol) async throws -> Void) async throws {
        var settings = WebSettings()
        settings.ratePerSecond = 0
        let site = Site(settings: settings, menu: features.menu(), assets: .empty, sessions: SecuritySessions(people: people), hub: platform.live, clock: platform.clock)
        let router = WebRouter.make(site: site) { features.register(on: $0, platform: platform) }
        try await Application(router: router).test(.router, body)
    }

    static func bearer(_ login: String, json: Bool = false) -> HTTPFields {
        var fields: HTTPFields = [.authorization: "Bearer \(login)", .accept: "application/json"]
        if json { fields[.contentType] = "application/json" }
        return fields
    }

    /// The open step of a case.
    func step(_ caseId: Int64) async throws -> Int64 {
        try await platform.database.read { try $0.value("SELECT id FROM workflow_steps WHERE case_id = \(caseId) AND state = 'open' ORDER BY id DESC LIMIT 1")?.int ?? 0 }
    }

    @discardableResult
    func move(_ caseId: Int64, _ transition: String, _ values: [String: JSONValue] = [:], opinion: String? = nil, by login: String) async throws -> WorkflowCase {
        let step = try await step(caseId)
        let principal = person(login)
        return try await platform.database.write { [workflows = platform.workflows] tx in
            try workflows.move(CaseMove(step: step, transition, opinion: opinion, values: values), by: principal, in: tx)
        }
    }
}

/// Everybody's token is their login.
struct SecuritySessions: SessionResolver {
    let people: [String: Principal]

    func resolve(token: String, address: String) async throws -> SignedIn? { people[token].map { SignedIn(principal: $0) } }
    func logIn(login: String, password: String, address: String, agent: String) async throws -> SessionGrant { SessionGrant(token: login, seconds: 3600) }
    func logOut(token: String) async throws {}
    func changePassword(of principal: Principal, current: String, new: String) async throws {}
}
