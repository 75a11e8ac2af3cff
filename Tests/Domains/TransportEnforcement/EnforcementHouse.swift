import Alarms
import Cryptography
import Features
import Foundation
import GridSupervision
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
import Synchronization
import TestDatabases
import TransportEnforcement
import Web
import Workflows

/// The domain on a database of its own: two counties, their brigades with officers and inspectors, a grid, subjects, and a clock that only moves when told.
final class EnforcementHouse: Sendable {
    /// A Monday.
    static let start = Moment(parsing: "2026-11-23 09:00:00") ?? Moment(milliseconds: 0)
    static let roles: [(login: String, role: String, organisation: String)] = [
        ("city", "city", "1301"), ("leader", EnforcementRole.leader, "130102"), ("officer", EnforcementRole.officer, "130102"), ("officer2", EnforcementRole.officer, "130102"),
        ("leader4", EnforcementRole.leader, "130104"), ("officer4", EnforcementRole.officer, "130104"), ("inspector", EnforcementRole.inspector, "130102"),
        ("inspector2", EnforcementRole.inspector, "130102"),
    ]

    let platform: Platform
    let people: [String: Principal]
    /// In the inspectors' grid, and outside of it.
    let carrier: Record
    let outside: Record
    let grid: Identity.Unit
    private let features = FeatureSet([GridSupervision.feature, TransportEnforcement.feature])

    init() async throws {
        let held = TimeKeeper(Self.start)
        let clock = Clock { held.now }
        let database = try await TestDatabase.make()
        let keys = KeyRing.ephemeral()
        let identity = IdentityEngine(database: database, clock: clock, keys: keys, hasher: PasswordHasher(cost: .trivial))
        let dictionaries = Dictionaries(features.dictionaries)
        let ledgers = LedgerEngine(database: database, declarations: features.ledgers, dictionaries: dictionaries, keys: keys, audit: identity.audit, clock: clock)
        let live = LiveHub(clock: clock)
        let alarms = AlarmEngine(kinds: features.alarmKinds, audit: identity.audit, hub: live, clock: clock)
        var logger = Logger(label: "enforcement")
        logger.logLevel = .critical
        let photos = PhotoStore(
            database: database, blobs: try LocalBlobs.temporary(), thumbnailFolder: NSTemporaryDirectory() + "/jianwei-thumbs-\(UUID().uuidString)",
            threads: PictureThreads(threads: 1, waiting: 10))
        let platform = Platform(
            database: database, clock: clock, keys: keys, blobs: try LocalBlobs.temporary(), photos: photos, audit: identity.audit, identity: identity, dictionaries: dictionaries,
            ledgers: ledgers, alarms: alarms, live: live, tasks: LongTasks(on: database, node: "enforcement", clock: clock, logger: logger), outbox: Outbox(clock: clock),
            logger: logger, workflows: features.workflows)
        try await database.create(ledgers.tables + IdentityTables.all + PhotoStore.tables + AlarmTables.all + ScheduleTables.tables + features.tables)
        try await ledgers.load()
        _ = try await identity.firstStart(
            counties: [.init(area: "130102", name: "长安区"), .init(area: "130104", name: "桥西区")],
            permissions: PermissionDeclaration.identity + AlarmPermission.all + features.permissions)
        try await features.syncRoles(on: platform)
        for feature in features.features { try feature.prepare(platform) }
        try await platform.workflows.load()
        self.platform = platform
        time = held
        let (carrier, outside, grid) = try await Self.subjects(platform)
        (self.carrier, self.outside, self.grid) = (carrier, outside, grid)
        people = try await Self.accounts(identity, grid)
    }

    private let time: TimeKeeper

    private static func subjects(_ platform: Platform) async throws -> (Record, Record, Identity.Unit) {
        let county = try await platform.identity.organisations.find(code: "130102")?.id ?? 0
        try await UsualCategories(platform: platform).load(by: .system())
        return try await platform.database.write { tx in
            let grid = try platform.identity.units.create(UnitDraft(tree: .grid, parent: nil, organisation: "130102", code: "CA", name: "长安网格"), by: .system(), in: tx)
            let registration = SubjectRegistration(platform: platform)
            let carrier = try registration.register(
                ["name": "示例货运有限公司", "kind": "freight", "plateNo": "冀A12345", "phone": "13800000001"], county: county, grid: grid.id, by: .system(), in: tx)
            let outside = try registration.register(["name": "示例个体运输户", "kind": "individual"], county: county, by: .system(), in: tx)
            return (carrier, outside, grid)
        }
    }

    private static func accounts(_ identity: IdentityEngine, _ grid: Identity.Unit) async throws -> [String: Principal] {
        let roles = try await identity.roles.all()
        var people: [String: Principal] = [:]
        for wanted in Self.roles {
            guard let organisation = try await identity.organisations.find(code: wanted.organisation), let role = roles.first(where: { $0.name == wanted.role }) else { continue }
            let known = try await identity.users.find(login: wanted.login)?.id
            let draft = UserDraft(login: wanted.login, name: wanted.login + "（测试）", organisation: organisation.id, roles: [role.id])
            let id: Int64
            if let known { id = known } else { id = try await identity.users.create(draft, by: .system()).id }
            if wanted.login == "inspector" {
                try await identity.database.write { tx in try identity.grids.appoint("inspector", to: grid.id, post: "网格员", by: .system(), in: tx) }
            }
            people[wanted.login] = try await identity.database.read { reader in try identity.sessions.standing(of: id, reader)?.principal }
        }
        return people
    }

    func person(_ login: String) -> Principal { people[login] ?? Principal(kind: .user, id: 0, login: login, name: login, permissions: [], scope: .nothing) }

    // MARK: Cases

    static let found: [String: JSONValue] = [
        "category": "H02", "place": "107 国道 K12", "foundAt": "2026-11-23 08:40", "facts": "未密闭运输，沿途抛洒", "source": "road",
    ]

    func start(_ values: [String: JSONValue] = found, subject: Record? = nil, by login: String = "officer") async throws -> WorkflowCase {
        let record = subject ?? carrier
        var values = values
        values["subjectName"] = .string(record.values["name"]?.text ?? "")
        let draft = CaseDraft(EnforcementCase.workflow.name, values: values, org: record.org)
        return try await platform.database.write { [platform, person = person(login)] tx in try platform.workflows.start(draft, by: person, isAdmitted: true, in: tx) }
    }

    func open(_ id: Int64) async throws -> [WorkflowStepRecord] {
        try await platform.database.read { [platform] in try platform.workflows.path(of: id, in: $0).filter { $0.state == .open } }
    }

    func steps(_ id: Int64) async throws -> [String] { try await open(id).map(\.step) }

    func item(_ id: Int64) async throws -> WorkflowCase? { try await platform.database.read { [platform] in try platform.workflows.find(id, in: $0) } }

    @discardableResult
    func move(_ id: Int64, _ transition: String, by login: String, opinion: String? = "同意", _ values: [String: JSONValue] = [:]) async throws -> WorkflowCase {
        try await move(id, transition, as: person(login), opinion: opinion, values)
    }

    @discardableResult
    func move(_ id: Int64, _ transition: String, as principal: Principal, opinion: String? = "同意", _ values: [String: JSONValue] = [:]) async throws -> WorkflowCase {
        let step = try await open(id).first?.id ?? 0
        return try await platform.database.write { [platform] tx in
            try platform.workflows.move(CaseMove(step: step, transition, opinion: opinion, values: values), by: principal, in: tx)
        }
    }

    static let party = Principal(kind: .client, id: 0, login: "concerned", name: "当事人", permissions: [], scope: .nothing)

    func appeal(_ id: Int64) async throws { try await move(id, "appeal", as: Self.party, opinion: "车辆已密闭", ["appellant": "李四", "phone": "13812345678"]) }

    static let proposal: [String: JSONValue] = ["record": "现场勘验", "measure": "fine", "fine": 2000]

    /// Up to the period in which the party may appeal.
    func notified(_ values: [String: JSONValue] = proposal) async throws -> Int64 {
        let id = try await start().id
        try await move(id, "assign", by: "leader", ["assignee": "officer2"])
        try await move(id, "true", by: "officer2", ["cause": "巡查发现", "accuracy": "accurate", "process": "监控可见"])
        try await move(id, "served", by: "officer2", values)
        return id
    }

    func pass(days: Int64) async throws {
        time.move(days: days)
        try await platform.workflows.tick()
    }

    func list(_ box: WorkBox, by login: String) async throws -> [Int64] {
        try await platform.database.read { [platform, person = person(login)] in try platform.workflows.list(WorkQuery(box), by: person, in: $0).lines.map(\.item.id) }
    }

    func facts(_ id: Int64) async throws -> Row? { try await platform.database.read { try $0.first("SELECT * FROM enforcement_cases WHERE case_id = \(id)") } }

    // MARK: Pages

    func test(_ body: @Sendable @escaping (any TestClientProtocol) async throws -> Void) async throws {
        var settings = WebSettings()
        settings.ratePerSecond = 0
        let site = Site(settings: settings, menu: features.menu(), assets: .empty, sessions: EnforcementSessions(people: people), hub: platform.live, clock: platform.clock)
        let router = WebRouter.make(site: site) { [features, platform] in features.register(on: $0, platform: platform) }
        try await Application(router: router).test(.router, body)
    }

    /// What a request is answered with: status and text.
    func ask(_ who: String?, _ path: String, post values: [String: JSONValue]? = nil) async throws -> (status: Int, body: String) {
        let box = Answer()
        try await test { client in
            var headers: HTTPFields = [:]
            if let who { headers[.authorization] = "Bearer \(who)" }
            if values != nil { headers[.contentType] = "application/json" }
            let text = values.map { JSONValue.object(JSONObject($0.map { (name: $0.key, value: $0.value) })).text } ?? ""
            try await client.execute(uri: path, method: values == nil ? .get : .post, headers: headers, body: ByteBuffer(string: text)) { response in
                box.put((Int(response.status.code), String(buffer: response.body)))
            }
        }
        return box.value
    }
}

/// A clock's hand that closures share.
final class TimeKeeper: Sendable {
    private let held: Mutex<Moment>
    init(_ moment: Moment) { held = Mutex(moment) }
    var now: Moment { held.withLock { $0 } }
    func move(days: Int64) { held.withLock { $0 = $0.adding(seconds: days * 86_400) } }
}

final class Answer: Sendable {
    private let held = Mutex<(Int, String)>((0, ""))
    var value: (status: Int, body: String) { held.withLock { $0 } }
    func put(_ value: (Int, String)) { held.withLock { $0 = value } }
}

/// Everybody's token is their login.
struct EnforcementSessions: SessionResolver {
    let people: [String: Principal]

    func resolve(token: String, address: String) async throws -> SignedIn? { people[token].map { SignedIn(principal: $0) } }
    func logIn(login: String, password: String, address: String, agent: String) async throws -> SessionGrant { SessionGrant(token: login, seconds: 3600) }
    func logOut(token: String) async throws {}
    func changePassword(of principal: Principal, current: String, new: String) async throws {}
}

/// The code of the failure a body throws; nil when it throws none.
func failureCode(_ body: () async throws -> Void) async throws -> String? {
    do {
        try await body()
        return nil
    } catch let failure as Failure { return failure.code }
}
