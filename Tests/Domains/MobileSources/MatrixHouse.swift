import Alarms
import Cryptography
import Exchange
import Features
import Foundation
import GateOffice
import GridSupervision
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import Kernel
import Ledgers
import Logging
import Media
import MobileSources
import NIOCore
import Operations
import ParkSafety
import RoadChiefs
import Schedules
import Security
import Storage
import TestDatabases
import Testing
import TransportEnforcement
import VideoSurveillance
import Web
import Workflows

/// Everything that is declared, on a database of its own, with one person for each role and place, and in every ledger one row of each side.
///
/// What is declared later is in here by itself: ledgers and routes are read from the program.
struct MatrixHouse: Sendable {
    struct Person: Sendable, CustomTestStringConvertible {
        let login: String, role: BuiltInRole?, organisation: String
        var testDescription: String { login }
    }

    static let people: [Person] = [
        Person(login: "admin", role: .admin, organisation: "1301"), Person(login: "security", role: .securityAdmin, organisation: "1301"),
        Person(login: "auditor", role: .auditAdmin, organisation: "1301"), Person(login: "city", role: .city, organisation: "1301"),
        Person(login: "north", role: .county, organisation: "130102"), Person(login: "south", role: .county, organisation: "130104"),
        Person(login: "steel", role: .enterpriseAdmin, organisation: "130102000001"), Person(login: "cement", role: .enterpriseAdmin, organisation: "130104000002"),
        Person(login: "steel-guard", role: .enterpriseGuard, organisation: "130102000001"), Person(login: "cement-guard", role: .enterpriseGuard, organisation: "130104000002"),
        Person(login: "gridder", role: .gridOfficer, organisation: "130102"), Person(login: "gridless", role: .gridOfficer, organisation: "130102"),
        Person(login: "nobody", role: nil, organisation: "130104000002"),
    ]

    /// One row of a ledger and the word that stands in it and nowhere else.
    struct Marked: Sendable {
        let ledger: LedgerDeclaration
        let id: Int64
        let org: Int64?
        let area: String
        let word: String
    }

    let platform: Platform
    let table = RouteTable()
    private let site: Site
    private let features: FeatureSet
    private let alarmPages: AlarmPages
    let principals: [String: Principal]
    let marked: [Marked]

    init() async throws {
        let clock = Clock.fixed(GateHouse.noon)
        let database = try await TestDatabase.make()
        let keys = KeyRing.ephemeral()
        let photos = PhotoStore(
            database: database, blobs: try LocalBlobs.temporary(), thumbnailFolder: NSTemporaryDirectory() + "/jianwei-thumbs-\(UUID().uuidString)",
            threads: PictureThreads(threads: 1, waiting: 100))
        let identity = IdentityEngine(database: database, clock: clock, keys: keys, hasher: PasswordHasher(cost: .trivial))
        let domain = MobileSources(clients: SignedClients(keys: keys))
        let features = FeatureSet([
            domain.feature, GateOffice(domain).feature, Operations.feature, ParkSafety.feature, Security.feature, VideoSurveillance(logger: Logger(label: "test")).feature,
            GridSupervision.feature, RoadChiefs.feature,
            TransportEnforcement.feature,
        ])
        self.features = features
        let dictionaries = Dictionaries(features.dictionaries)
        let ledgers = LedgerEngine(database: database, declarations: features.ledgers, dictionaries: dictionaries, keys: keys, audit: identity.audit, clock: clock)
        let live = LiveHub(clock: clock)
        let alarms = AlarmEngine(kinds: features.alarmKinds, audit: identity.audit, hub: live, clock: clock)
        var logger = Logger(label: "matrix")
        logger.logLevel = .critical
        let platform = Platform(
            database: database, clock: clock, keys: keys, blobs: try LocalBlobs.temporary(), photos: photos, audit: identity.audit, identity: identity, dictionaries: dictionaries,
            ledgers: ledgers, alarms: alarms, live: live, tasks: LongTasks(on: database, node: "matrix", clock: clock, logger: logger), outbox: Outbox(clock: clock),
            logger: logger,
            workflows: features.workflows
        )
        try await database.create(ledgers.tables + IdentityTables.all + PhotoStore.tables + AlarmTables.all + ScheduleTables.tables + features.tables)
        try await ledgers.load()
        _ = try await identity.firstStart(
            counties: [.init(area: "130102", name: "长安区"), .init(area: "130104", name: "桥西区")],
            permissions: PermissionDeclaration.identity + AlarmPermission.all + features.permissions)
        try await features.syncRoles(on: platform)
        for feature in features.features { try feature.prepare(platform) }
        try await platform.workflows.load()
        let gates = domain.gates(on: platform)
        try await gates.start()
        _ = try await GateFixture.enterprise(gates, code: "130102000001", name: "石家庄示例钢铁有限公司", county: "130102", industry: "01", grade: "C")
        _ = try await GateFixture.enterprise(gates, code: "130104000002", name: "河北示例水泥有限公司", county: "130104", industry: "03", grade: "B")
        // A second enterprise of the same county, outside the officer's grid.
        _ = try await GateFixture.enterprise(gates, code: "130102000003", name: "石家庄示例玻璃有限公司", county: "130102", industry: "18", grade: "C")
        let principals = try await Self.principals(identity)
        self.principals = principals
        marked = try await Self.mark(ledgers, identity)
        self.platform = platform
        var settings = WebSettings()
        // The clock stands still, so that a bucket of requests would never fill again.
        settings.ratePerSecond = 0
        site = Site(settings: settings, menu: features.menu(), assets: .empty, sessions: MatrixSessions(principals: principals), hub: live, clock: clock)
        alarmPages = AlarmPages(
            engine: alarms, database: database, photos: photos, settings: AlarmPages.Settings(sourcePath: { _ in nil }, workFolder: NSTemporaryDirectory()))
        _ = router(listing: table)
    }

    private func router(listing table: RouteTable) -> Router<WebContext> {
        WebRouter.make(site: site, table: table) { routes in
            features.register(on: routes, platform: platform)
            alarmPages.add(to: routes)
        }
    }

    /// What a sign-in would make of each person: the role's permissions and scope as the program itself grants them.
    private static func principals(_ identity: IdentityEngine) async throws -> [String: Principal] {
        let roles = try await identity.roles.all()
        var principals: [String: Principal] = [:]
        for person in people {
            guard let organisation = try await identity.organisations.find(code: person.organisation) else { continue }
            var id: Int64 = 0
            if let role = roles.first(where: { $0.name == person.role?.rawValue }) {
                let known = try await identity.users.find(login: person.login)
                let draft = UserDraft(login: person.login, name: person.login, organisation: organisation.id, roles: [role.id])
                if let known { id = known.id } else { id = try await identity.users.create(draft, by: .system()).id }
            }
            if person.login == "gridder" { try await grid(identity) }
            let found = id
            let standing = try await identity.database.read { reader in try identity.sessions.standing(of: found, reader)?.principal }
            principals[person.login] =
                standing
                ?? Principal(
                    kind: .user, id: 0, login: person.login, name: person.login, organisation: organisation.id, area: organisation.area, permissions: [],
                    scope: .organisation(organisation.id))
        }
        return principals
    }

    /// A grid of the first county that holds the steel works alone, with one officer.
    private static func grid(_ identity: IdentityEngine) async throws {
        guard let steel = try await identity.organisations.find(code: "130102000001")?.id else { return }
        try await identity.database.write { tx in
            let draft = UnitDraft(tree: .grid, parent: nil, organisation: "130102", code: "WG-01", name: "第一网格")
            let unit = try identity.units.create(draft, by: .system(), in: tx)
            try identity.grids.set(.added, steel, in: unit, reason: "示例", by: .system(), in: tx)
            try identity.grids.appoint("gridder", to: unit.id, post: "网格员", by: .system(), in: tx)
        }
    }

    /// Three rows in every ledger that has a table, each with a word of its own in every text field, written past the engine.
    private static func mark(_ engine: LedgerEngine, _ identity: IdentityEngine) async throws -> [Marked] {
        let steel = try await identity.organisations.find(code: "130102000001")?.id
        let cement = try await identity.organisations.find(code: "130104000002")?.id
        let glass = try await identity.organisations.find(code: "130102000003")?.id
        return try await engine.database.write { transaction in
            var marked: [Marked] = []
            for ledger in engine.declarations where ledger.ownedBy != .shared {
                guard let table = ledger.table else { continue }
                let texts = table.columns.filter { column in
                    column.kind == .text
                        && ledger.fields.contains { field in
                            if case .text = field.kind { Self.snake(field.name) == column.name } else { false }
                        }
                }.map(\.name)
                guard !texts.isEmpty else { continue }
                for (org, area, sign) in [(steel, "130102", "A"), (cement, "130104", "B"), (glass, "130102", "C")] {
                    let owner = ledger.ownedBy == .enterprise ? org : nil
                    let word = "KENNWORT\(ledger.name)\(area)\(sign)"
                    // The column by which a table is divided holds a value where it is divided.
                    let required = table.columns.filter { column in
                        ((column.isRequired && column.fallback == nil) || column.name == table.partitionedBy) && !["created_at", "updated_at"].contains(column.name)
                            && !texts.contains(column.name)
                    }
                    let names = ["org", "area", "version", "created_at", "updated_at"] + texts + required.map(\.name)
                    var values: [SQLValue] = [owner.map { .int($0) } ?? .null, .text(area), .int(1), .int(1), .int(1)]
                    values += texts.map { _ in .text(word) }
                    values += required.map { $0.kind == .text ? .text("") : .int(0) }
                    let places = names.map { _ in "?" }.joined(separator: ", ")
                    let columns = names.map { "\"\($0)\"" }.joined(separator: ", ")
                    let id = try transaction.insert(SQL(text: "INSERT INTO \"\(table.name)\" (\(columns)) VALUES (\(places))", arguments: values))
                    marked.append(Marked(ledger: ledger, id: id, org: owner, area: area, word: word))
                }
            }
            return marked
        }
    }

    /// `plateNo` → `plate_no`, as columns are named.
    private static func snake(_ name: String) -> String { name.map { $0.isUppercase ? "_" + $0.lowercased() : String($0) }.joined() }

    /// The rule in its own words, so that the engine is not its own judge (docs/security.md, "Who may what").
    func maySee(_ row: Marked, _ principal: Principal) -> Bool {
        guard principal.may("\(row.ledger.name).read") else { return false }
        switch principal.scope {
        case .everything: return true
        case .nothing: return false
        case .areas(let codes): return codes.contains { row.area.hasPrefix($0) }
        case .grids(let reach):
            guard !reach.paths.isEmpty else { return false }
            return row.ledger.ownedBy == .enterprise ? row.org.map(reach.organisations.contains) ?? false : principal.area == row.area
        case .organisation(let id): return row.ledger.ownedBy == .enterprise ? row.org == id : principal.area == row.area
        }
    }

    func test(_ body: @Sendable @escaping (any TestClientProtocol) async throws -> Void) async throws {
        try await Application(router: router(listing: RouteTable())).test(.router, body)
    }
}

/// Everybody's token is their login.
struct MatrixSessions: SessionResolver {
    let principals: [String: Principal]

    func resolve(token: String, address: String) async throws -> SignedIn? { principals[token].map { SignedIn(principal: $0) } }
    func logIn(login: String, password: String, address: String, agent: String) async throws -> SessionGrant { SessionGrant(token: login, seconds: 3600) }
    func logOut(token: String) async throws {}
    func changePassword(of principal: Principal, current: String, new: String) async throws {}
}
