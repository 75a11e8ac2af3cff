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
import NIOCore
import Schedules
import Storage
import TestDatabases
import Web

/// A whole site on a database of its own, with two enterprises and one person for each kind of view; sessions are the person's login.
struct LedgerHouse: Sendable {
    let platform: Platform
    let table: RouteTable
    private let site: Site
    private let features: FeatureSet
    let north: Int64
    let south: Int64

    static let noon = Moment(milliseconds: 1_795_233_600_000)

    init(features: FeatureSet, clock: Clock = .fixed(LedgerHouse.noon), assets: AssetStore = .empty) async throws {
        let database = try await TestDatabase.make()
        let blobs = try LocalBlobs.temporary()
        let keys = KeyRing.ephemeral()
        let photos = PhotoStore(
            database: database, blobs: blobs, thumbnailFolder: NSTemporaryDirectory() + "/jianwei-thumbs-\(UUID().uuidString)", threads: PictureThreads(threads: 1, waiting: 100))
        let identity = IdentityEngine(database: database, clock: clock, keys: keys)
        let dictionaries = Dictionaries(features.dictionaries)
        let ledgers = LedgerEngine(database: database, declarations: features.ledgers, dictionaries: dictionaries, keys: keys, audit: identity.audit, clock: clock)
        let alarms = AlarmEngine(kinds: features.alarmKinds, hooks: AlarmEngine.Hooks(audit: { _, _, _ in }, lock: { _, _ in true }), clock: clock)
        var logger = Logger(label: "house")
        logger.logLevel = .critical
        platform = Platform(
            database: database, clock: clock, keys: keys, blobs: blobs, photos: photos, audit: identity.audit, identity: identity, dictionaries: dictionaries, ledgers: ledgers,
            alarms: alarms,
            live: LiveHub(), tasks: LongTasks(on: database, node: "house", clock: clock, logger: logger), outbox: Outbox(clock: clock), logger: logger)
        let tables = ledgers.tables + IdentityTables.all + PhotoStore.tables + LongTasks.tables + AlarmTables.all + features.tables
        try await database.write { transaction in for table in tables { try transaction.apply(.createTable(table)) } }
        try await ledgers.load()
        let system = Principal.system()
        let (north, south) = try await database.write { [identity] transaction -> (Int64, Int64) in
            func add(_ parent: Int64?, _ kind: Organisation.Kind, _ code: String, _ name: String, _ area: String) throws -> Int64 {
                try identity.organisations.create(OrganisationDraft(parent: parent, kind: kind, code: code, name: name, area: area), by: system, in: transaction).id
            }
            let province = try add(nil, .province, "13", "河北省", "13")
            let city = try add(province, .city, "1301", "石家庄市", "1301")
            let county = try add(city, .county, "130102", "长安区", "130102")
            let other = try add(city, .county, "130104", "桥西区", "130104")
            return (try add(county, .enterprise, "E001", "石家庄北方钢铁有限公司", "130102"), try add(other, .enterprise, "E002", "河北南方水泥有限公司", "130104"))
        }
        self.north = north
        self.south = south
        table = RouteTable()
        self.features = features
        site = Site(menu: features.menu(), assets: assets, sessions: HouseSessions(north: north, south: south), hub: platform.live, clock: clock)
    }

    var router: Router<WebContext> { WebRouter.make(site: site, table: table) { features.register(on: $0, platform: platform) } }

    var admin: Principal { HouseSessions(north: north, south: south).principal("admin") ?? .system() }
    var northClerk: Principal { HouseSessions(north: north, south: south).principal("north") ?? .system() }
}

/// Everybody's token is their login.
struct HouseSessions: SessionResolver {
    let north: Int64
    let south: Int64

    func principal(_ login: String) -> Principal? {
        switch login {
        case "admin": Principal(kind: .user, id: 1, login: login, name: "市级管理员", organisation: 2, organisationName: "石家庄市", area: "1301", permissions: ["*"], scope: .everything)
        case "county":
            Principal(
                kind: .user, id: 2, login: login, name: "长安区监管员", organisation: 3, organisationName: "长安区", area: "130102", permissions: ["*.read"], scope: .areas(["130102"]))
        case "north":
            Principal(
                kind: .user, id: 3, login: login, name: "北方钢铁张工", organisation: north, organisationName: "石家庄北方钢铁有限公司", area: "130102",
                permissions: ["truck.read", "truck.write", "truck.delete", "truck.import", "truck.export", "depot.read"], scope: .organisation(north))
        case "south":
            Principal(
                kind: .user, id: 4, login: login, name: "南方水泥李工", organisation: south, organisationName: "河北南方水泥有限公司", area: "130104", permissions: ["*.read", "*.write"],
                scope: .organisation(south))
        case "nobody": Principal(kind: .user, id: 5, login: login, name: "无权限人员", organisation: south, area: "130104", permissions: [], scope: .organisation(south))
        default: nil
        }
    }

    func resolve(token: String, address: String) async throws -> SignedIn? { principal(token).map { SignedIn(principal: $0) } }
    func logIn(login: String, password: String, address: String, agent: String) async throws -> SessionGrant { SessionGrant(token: login, seconds: 3600) }
    func logOut(token: String) async throws {}
    func changePassword(of principal: Principal, current: String, new: String) async throws {}
}

extension LedgerHouse {
    /// Two trucks, one of each enterprise, and a depot.
    static func furnished() async throws -> LedgerHouse {
        let house = try await LedgerHouse(features: FeatureSet([TruckFeature.feature]))
        let (engine, admin) = (house.platform.ledgers, house.admin)
        _ = try await engine.create("depot", Draft(["name": "东门停车场", "places": 40]), by: admin)
        for (index, org) in [house.north, house.south].enumerated() {
            let draft = Draft(
                [
                    "plateNo": .string("冀A1000\(index + 1)"), "stage": index == 0 ? "5" : "6", "load": .int(Int64(10 + index * 20)), "depot": 1, "owner": "张三",
                    "phone": "13812345678",
                    "registeredOn": "2020-05-01", "place": "114.51,38.04",
                ], org: org)
            _ = try await engine.create("truck", draft, by: admin)
        }
        return house
    }

    static func cookie(_ login: String) -> HTTPFields { [.cookie: "jw_session=\(login)"] }
    static func bearer(_ login: String) -> HTTPFields { [.authorization: "Bearer \(login)", .contentType: "application/json"] }
    static func form(_ login: String) -> HTTPFields { [.cookie: "jw_session=\(login)", .contentType: "application/x-www-form-urlencoded"] }

    /// As a form of theirs carries it.
    static func csrf(_ login: String, _ client: some TestClientProtocol) async throws -> String {
        try await client.execute(uri: "/ledgers/truck/columns", method: .get, headers: cookie(login)) { response in
            let body = String(buffer: response.body)
            guard let start = body.range(of: "name=\"_csrf\" value=\"") else { return "" }
            return String(body[start.upperBound...].prefix { $0 != "\"" })
        }
    }

    static func upload(_ login: String, _ values: [String: String], file: String, _ content: String) -> (HTTPFields, ByteBuffer) {
        var body = ""
        for (name, value) in values { body += "--edge\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n" }
        body += "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\(file)\"\r\nContent-Type: text/csv\r\n\r\n\(content)\r\n--edge--\r\n"
        return ([.cookie: "jw_session=\(login)", .contentType: "multipart/form-data; boundary=edge"], ByteBuffer(string: body))
    }
}
