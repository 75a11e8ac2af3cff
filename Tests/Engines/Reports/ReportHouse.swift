import Alarms
import Cryptography
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import Kernel
import Ledgers
import Logging
import Messages
import NIOCore
import Reports
import Schedules
import Storage
import TestDatabases
import Web

/// The engine on a database of its own: a ledger of carriages in two counties, a roll-up of sums, a source that never ends, and one person for each kind of view.
struct ReportHouse: Sendable {
    let engine: ReportEngine
    let ledgers: LedgerEngine
    let database: any Database
    let messages: MessageEngine
    let identity: IdentityEngine
    let north: Int64
    let south: Int64

    /// 2026-11-21 12:00 in Shanghai.
    static let noon = Moment(parsing: "2026-11-21 12:00:00") ?? Moment(milliseconds: 0)

    static let ledger = LedgerDeclaration(
        id: "R-01", name: "carriage", title: "运输记录", group: "测试台账", ownedBy: .enterprise, uniqueBy: ["number"], timeField: "carriedOn",
        fields: [
            .text("number", "编号", length: 1...20, marks: [.required, .searchable]), .code("fuel", "燃料", from: DictionaryName("fuel"), marks: [.required, .filterable, .groupable]),
            .day("carriedOn", "运输日期", marks: [.required, .filterable, .sortable]), .decimal("load", "载质量", places: 1, 0...500, unit: "吨", marks: [.filterable, .summable]),
        ])

    init(clock: Clock = .fixed(ReportHouse.noon)) async throws {
        let database = try await TestDatabase.make()
        let keys = KeyRing.ephemeral()
        let identity = IdentityEngine(database: database, clock: clock, keys: keys, hasher: PasswordHasher(cost: .trivial))
        let fuels = DictionaryDeclaration(DictionaryName("fuel"), "燃料", [CodeItem("B", "柴油", "Diesel"), CodeItem("C", "电", "Electric")])
        let ledgers = LedgerEngine(database: database, declarations: [Self.ledger], dictionaries: Dictionaries([fuels]), keys: keys, audit: identity.audit, clock: clock)
        let hub = LiveHub(clock: clock)
        let alarms = AlarmEngine(kinds: [], hooks: AlarmEngine.Hooks(audit: { _, _, _ in }, lock: { _, _ in true }), clock: clock)
        let messages = MessageEngine(
            kinds: [MessageKind("report.made", "报表已生成")], channels: [], database: database, outbox: Outbox(clock: clock), hub: hub, clock: clock)
        var logger = Logger(label: "house")
        logger.logLevel = .critical
        engine = ReportEngine(
            database: database, ledgers: ledgers, alarms: alarms, identity: identity, messages: messages, blobs: try LocalBlobs.temporary(),
            tasks: LongTasks(on: database, node: "house", clock: clock, logger: logger), clock: clock)
        try await database.create(ledgers.tables + IdentityTables.all + AlarmTables.all + ScheduleTables.tables + MessageTables.all + ReportTables.all)
        try await ledgers.load()
        _ = try await identity.firstStart(
            counties: [.init(area: "130102", name: "长安区"), .init(area: "130104", name: "桥西区")],
            permissions: PermissionDeclaration.identity + ReportPermission.all + [
                PermissionDeclaration("carriage.read", "运输记录：查看", defaultRoles: [.city, .county, .enterpriseAdmin])
            ])
        let system = Principal.system()
        let (north, south) = try await database.write { [identity] tx -> (Int64, Int64) in
            func add(_ code: String, _ name: String, _ area: String) throws -> Int64 {
                let parent = try identity.organisations.find(code: area, tx)?.id
                return try identity.organisations.create(OrganisationDraft(parent: parent, kind: .enterprise, code: code, name: name, area: area), by: system, in: tx).id
            }
            return (try add("E001", "北方钢铁", "130102"), try add("E002", "南方水泥", "130104"))
        }
        (self.north, self.south, self.database, self.ledgers, self.messages, self.identity) = (north, south, database, ledgers, messages, identity)
        engine.register(Self.sums)
        engine.register(Self.endless)
        try await fill()
    }

    /// Carriages of three years: north burns 柴油, south runs on 电; each month of each year a few more.
    private func fill() async throws {
        let ledgers = ledgers
        let (north, south) = (north, south)
        try await database.write { tx in
            var number = 0
            func add(_ org: Int64, _ day: String, _ fuel: String, _ load: Double) throws {
                number += 1
                _ = try ledgers.create(
                    "carriage", Draft(["number": .string("N\(number)"), "fuel": .string(fuel), "carriedOn": .string(day), "load": .double(load)], org: org), by: .system(), in: tx)
            }
            for (day, load) in [("2025-10-05", 10.0), ("2025-11-05", 20), ("2026-10-05", 30), ("2026-11-05", 40), ("2026-11-20", 40)] { try add(north, day, "B", load) }
            for (day, load) in [("2025-11-06", 5.0), ("2026-11-06", 7)] { try add(south, day, "C", load) }
            try add(north, "2026-11-07", "C", 4)
        }
    }

    /// 100 for each day, by day or month.
    static let sums = ReportSource(
        "test.sums", "汇总数", group: "汇总", permission: nil, dimensions: [ReportDimension("day", "日期", grain: .day), ReportDimension("month", "月份", grain: .month)],
        measures: [ReportMeasure("amount", "总量", unit: "吨")], times: [Choice("day", "日期")],
        answer: { ask, _, _ in
            guard let days = ask.days, var day = Day(number: days.lowerBound), let last = Day(number: days.upperBound) else { return ReportAnswer(groups: []) }
            var groups: [ReportAnswer.Group] = []
            while day <= last {
                let key = ask.dimensions.isEmpty ? [] : [String(ask.dimensions == ["month"] ? day.month : day.number)]
                groups.append(ReportAnswer.Group(keys: key, labels: key, values: [Double(100 + day.parts.year - 2026)]))
                day = day.adding(days: 1)
            }
            return ReportAnswer(groups: groups).folded { $0 }
        })

    /// A statement that no database finishes.
    static let endless = ReportSource(
        "test.endless", "查不完的数", group: "汇总", permission: nil, dimensions: [], measures: [ReportMeasure("n", "数")], times: [],
        answer: { _, _, reader in
            let value = try reader.value("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n")?.double
            return ReportAnswer(groups: [ReportAnswer.Group(keys: [], labels: [], values: [value])])
        })

    func principal(_ login: String) -> Principal? {
        let all: Set<String> = [ReportPermission.build, ReportPermission.share, ReportPermission.design, ReportPermission.schedule, "carriage.read", "alarm.read"]
        switch login {
        case "city":
            return Principal(
                kind: .user, id: 101, login: login, name: "市局王工", organisation: 2, organisationName: "石家庄市", area: "1301", roles: ["city"], permissions: all,
                scope: .areas(["1301"]))
        case "county":
            return Principal(
                kind: .user, id: 102, login: login, name: "长安李工", organisation: 3, organisationName: "长安区", area: "130102", roles: ["county"],
                permissions: all.subtracting([ReportPermission.design]), scope: .areas(["130102"]))
        case "south":
            return Principal(
                kind: .user, id: 103, login: login, name: "南方赵工", organisation: south, organisationName: "南方水泥", area: "130104", roles: ["enterpriseAdmin"],
                permissions: [ReportPermission.build, "carriage.read"], scope: .organisation(south))
        case "blind":
            return Principal(
                kind: .user, id: 104, login: login, name: "无台账权限", organisation: 3, area: "130102", roles: ["county"], permissions: [ReportPermission.build],
                scope: .areas(["130102"]))
        case "nobody": return Principal(kind: .user, id: 105, login: login, name: "无权限", organisation: 3, area: "130102", permissions: [], scope: .nothing)
        default: return nil
        }
    }

    func known(_ login: String) -> Principal { principal(login) ?? .system() }

    func test(_ body: @Sendable @escaping (any TestClientProtocol) async throws -> Void) async throws {
        var settings = WebSettings()
        settings.ratePerSecond = 0
        settings.linkHosts = ["www.example.gov.cn"]
        let site = Site(settings: settings, menu: ReportPages.menu, assets: .empty, sessions: ReportSessions(house: self), hub: LiveHub(), clock: engine.clock)
        let router = WebRouter.make(site: site, table: RouteTable()) { ReportPages(engine: engine).add(to: $0) }
        try await Application(router: router).test(.router, body)
    }

    static func cookie(_ login: String) -> HTTPFields { [.cookie: "jw_session=\(login)"] }
    static func form(_ login: String) -> HTTPFields { [.cookie: "jw_session=\(login)", .contentType: "application/x-www-form-urlencoded"] }
    static func bearer(_ login: String) -> HTTPFields { [.authorization: "Bearer \(login)", .contentType: "application/json"] }

    static func page(_ login: String, _ uri: String, _ client: any TestClientProtocol) async throws -> (status: HTTPResponse.Status, text: String) {
        try await client.execute(uri: uri, method: .get, headers: cookie(login)) { ($0.status, String(buffer: $0.body)) }
    }

    /// Sends a form as a page of theirs would; the answer's place where it leads somewhere.
    static func post(_ login: String, _ uri: String, _ fields: [(String, String)], _ client: any TestClientProtocol) async throws -> (
        status: HTTPResponse.Status, place: String, text: String
    ) {
        let csrf = try await page(login, "/reports/charts", client).text.firstMatch(of: /name="csrf" content="([^"]+)"/).map { String($0.1) } ?? ""
        let body = (fields + [("_csrf", csrf)]).map { "\($0.0)=\(FormEncoding.encode($0.1))" }.joined(separator: "&")
        return try await client.execute(uri: uri, method: .post, headers: form(login), body: ByteBuffer(string: body)) {
            ($0.status, $0.headers[.location] ?? "", String(buffer: $0.body))
        }
    }
}

/// Everybody's token is their login.
struct ReportSessions: SessionResolver {
    let house: ReportHouse

    func resolve(token: String, address: String) async throws -> SignedIn? { house.principal(token).map { SignedIn(principal: $0) } }
    func logIn(login: String, password: String, address: String, agent: String) async throws -> SessionGrant { SessionGrant(token: login, seconds: 3600) }
    func logOut(token: String) async throws {}
    func changePassword(of principal: Principal, current: String, new: String) async throws {}
}
