import Alarms
import Cryptography
import Exchange
import Features
import Foundation
import GateOffice
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Logging
import Media
import MobileSources
import Schedules
import Storage
import TestDatabases
import Web
import Workflows

/// The pages of the domain as App serves them, on a database of their own: 钢铁 in 长安区, 水泥 in 桥西区, one person for each kind of view; sessions are the person's login.
struct GateHouse: Sendable {
    static let noon = Moment(parsing: "2026-11-21 12:00:00") ?? Moment(milliseconds: 0)

    let platform: Platform
    let gates: GateSupervision
    let steel: GateTerminal
    let cement: GateTerminal
    private let features: FeatureSet
    private let site: Site

    init(clock: Clock = .fixed(GateHouse.noon)) async throws {
        let database = try await TestDatabase.make()
        let keys = KeyRing.ephemeral()
        let photos = PhotoStore(
            database: database, blobs: try LocalBlobs.temporary(), thumbnailFolder: NSTemporaryDirectory() + "/jianwei-thumbs-\(UUID().uuidString)",
            threads: PictureThreads(threads: 1, waiting: 100))
        let identity = IdentityEngine(database: database, clock: clock, keys: keys)
        let domain = MobileSources(clients: SignedClients(keys: keys))
        features = FeatureSet([domain.feature, GateOffice(domain).feature])
        let dictionaries = Dictionaries(features.dictionaries)
        let ledgers = LedgerEngine(database: database, declarations: features.ledgers, dictionaries: dictionaries, keys: keys, audit: identity.audit, clock: clock)
        let live = LiveHub(clock: clock)
        let alarms = AlarmEngine(kinds: features.alarmKinds, audit: identity.audit, hub: live, clock: clock)
        var logger = Logger(label: "gates")
        logger.logLevel = .critical
        platform = Platform(
            database: database, clock: clock, keys: keys, blobs: try LocalBlobs.temporary(), photos: photos, audit: identity.audit, identity: identity, dictionaries: dictionaries,
            ledgers: ledgers,
            alarms: alarms, live: live, tasks: LongTasks(on: database, node: "house", clock: clock, logger: logger), outbox: Outbox(clock: clock), logger: logger,
            workflows: features.workflows)
        try await database.create(ledgers.tables + IdentityTables.all + PhotoStore.tables + AlarmTables.all + ScheduleTables.tables + features.tables)
        try await ledgers.load()
        for feature in features.features { try feature.prepare(platform) }
        try await platform.workflows.load()
        gates = domain.gates(on: platform)
        try await gates.start()
        steel = try await GateFixture.enterprise(gates, code: "130102000001", name: "石家庄示例钢铁有限公司", county: "130102", industry: "01", grade: "C")
        cement = try await GateFixture.enterprise(gates, code: "130104000002", name: "河北示例水泥有限公司", county: "130104", industry: "03", grade: "B")
        site = Site(menu: features.menu(), assets: .empty, sessions: GateSessions(steel: steel.org, cement: cement.org), hub: live, clock: clock)
    }

    var router: Router<WebContext> { WebRouter.make(site: site) { features.register(on: $0, platform: platform) } }

    /// Files and approves a yellow truck for an enterprise.
    func file(_ plate: String, stage: String, of terminal: GateTerminal) async throws {
        try await platform.database.write { [gates] tx in
            let draft = Draft(["plateNo": .string(plate), "plateColor": "1", "vehicleType": "H11", "fuel": "B", "emissionStage": .string(stage)], org: terminal.org)
            let record = try gates.ledgers.create(RegisteredVehicle.ledger.name, draft, by: .system(), in: tx)
            _ = try gates.filings.decide(id: record.id, approves: true, opinion: "", by: .system(), in: tx)
        }
    }

    /// One pass at gate 1, entry, ten minutes ago and later with each serial.
    @discardableResult
    func pass(_ plate: String, _ serial: Int64, of terminal: GateTerminal, barrierAction: String = "2") async throws -> Int64 {
        let at = GateHouse.noon.adding(seconds: serial - 600)
        let value: JSONValue = [
            "serialNo": .int(serial), "gateNo": "1", "barrierNo": "001", "direction": "1", "plateNo": .string(plate), "plateColor": "1", "passedAt": .string(at.rfc3339),
            "barrierAction": .string(barrierAction), "source": "auto",
        ]
        return try await gates.passes.record([value], from: terminal).first?.passId ?? 0
    }

    static func cookie(_ login: String) -> HTTPFields { [.cookie: "jw_session=\(login)"] }
    func principal(_ login: String) -> Principal { GateSessions(steel: steel.org, cement: cement.org).principal(login) ?? .system() }
}

/// Everybody's token is their login.
struct GateSessions: SessionResolver {
    let steel: Int64
    let cement: Int64

    func principal(_ login: String) -> Principal? {
        switch login {
        case "city": Principal(kind: .user, id: 1, login: login, name: "市级监管员", area: "1301", roles: ["city"], permissions: ["*"], scope: .areas(["1301"]))
        case "county": Principal(kind: .user, id: 2, login: login, name: "长安区监管员", area: "130102", roles: ["county"], permissions: ["*"], scope: .areas(["130102"]))
        case "steel":
            Principal(
                kind: .user, id: 3, login: login, name: "钢铁张工", organisation: steel, area: "130102", roles: ["enterpriseAdmin"], permissions: ["*"], scope: .organisation(steel))
        case "cement":
            Principal(
                kind: .user, id: 4, login: login, name: "水泥李工", organisation: cement, area: "130104", roles: ["enterpriseAdmin"], permissions: ["*"], scope: .organisation(cement))
        case "nobody": Principal(kind: .user, id: 5, login: login, name: "无权限人员", organisation: cement, area: "130104", permissions: [], scope: .organisation(cement))
        default: nil
        }
    }

    func resolve(token: String, address: String) async throws -> SignedIn? { principal(token).map { SignedIn(principal: $0) } }
    func logIn(login: String, password: String, address: String, agent: String) async throws -> SessionGrant { SessionGrant(token: login, seconds: 3600) }
    func logOut(token: String) async throws {}
    func changePassword(of principal: Principal, current: String, new: String) async throws {}
}
