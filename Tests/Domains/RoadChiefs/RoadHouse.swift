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
import RoadChiefs
import Schedules
import Storage
import Synchronization
import TestDatabases
import Web
import Workflows

/// 路长制 on a database of its own: an office, two units with two roads and one chief each, a clock that moves when told; sessions are the person's login.
final class RoadHouse: Sendable {
    static let noon = Moment(parsing: "2026-10-20 12:00:00") ?? Moment(milliseconds: 0)

    let platform: Platform
    let features = FeatureSet([RoadChiefs.feature])
    private let state = Mutex<[String: Principal]>([:])

    private final class Time: Sendable {
        let now = Mutex(RoadHouse.noon)
    }
    private let clock: Time

    func move(to text: String) {
        guard let moment = Moment(parsing: text) else { return }
        clock.now.withLock { $0 = moment }
    }

    init() async throws {
        let clock = Time()
        self.clock = clock
        let ticking = Clock { clock.now.withLock { $0 } }
        let database = try await TestDatabase.make()
        let keys = KeyRing.ephemeral()
        let identity = IdentityEngine(database: database, clock: ticking, keys: keys, hasher: PasswordHasher(cost: .trivial))
        let dictionaries = Dictionaries(features.dictionaries)
        let ledgers = LedgerEngine(database: database, declarations: features.ledgers, dictionaries: dictionaries, keys: keys, audit: identity.audit, clock: ticking)
        let live = LiveHub(clock: ticking)
        let alarms = AlarmEngine(kinds: features.alarmKinds, audit: identity.audit, hub: live, clock: ticking)
        var logger = Logger(label: "roads")
        logger.logLevel = .critical
        let photos = PhotoStore(
            database: database, blobs: try LocalBlobs.temporary(), thumbnailFolder: NSTemporaryDirectory() + "/jianwei-thumbs-\(UUID().uuidString)",
            threads: PictureThreads(threads: 1, waiting: 10))
        platform = Platform(
            database: database, clock: ticking, keys: keys, blobs: try LocalBlobs.temporary(), photos: photos, audit: identity.audit, identity: identity,
            dictionaries: dictionaries,
            ledgers: ledgers, alarms: alarms, live: live, tasks: LongTasks(on: database, node: "roads", clock: ticking, logger: logger), outbox: Outbox(clock: ticking),
            logger: logger,
            workflows: features.workflows)
        try await database.create(ledgers.tables + IdentityTables.all + PhotoStore.tables + AlarmTables.all + ScheduleTables.tables + features.tables)
        try await ledgers.load()
        _ = try await identity.firstStart(
            counties: [.init(area: "130102", name: "长安区"), .init(area: "130104", name: "桥西区")],
            permissions: PermissionDeclaration.identity + AlarmPermission.all + features.permissions)
        try await features.syncRoles(on: platform)
        for feature in features.features { try feature.prepare(platform) }
        try await platform.workflows.load()
        try await registers()
        try await people()
    }

    private func registers() async throws {
        try await platform.database.write { [platform] tx in
            func create(_ ledger: LedgerDeclaration, _ values: [String: JSONValue], org: Int64? = nil) throws -> Record {
                try platform.ledgers.create(ledger.name, Draft(values, org: org), by: .system(), in: tx)
            }
            for rule in AppraisalRule.presets {
                _ = try create(
                    AppraisalRule.ledger, ["code": .string(rule.code), "name": .string(rule.name), "cause": .string(rule.trigger), "points": .double(rule.points), "inUse": true])
            }
            _ = try create(ProblemCategory.ledger, ["code": "1", "name": "占道经营"])
            for (code, name, county) in [("U1", "建北街道办事处", "130102"), ("U2", "裕东街道办事处", "130104")] {
                let unit = try create(ResponsibleUnit.ledger, ["code": .string(code), "name": .string(name), "region": .string(county)])
                let chief = try create(
                    RoadChief.ledger, ["level": "2", "code": .string("C\(code)"), "name": .string("路长\(code)"), "phone": "13800138000"], org: unit.org)
                for number in 1...2 {
                    let values: [String: JSONValue] = [
                        "code": .string("\(code)-\(number)"), "name": .string("\(name.prefix(2))\(number)号路"), "startPoint": "东", "endPoint": "西", "chief": .int(chief.id),
                        "isPatrolled": true,
                    ]
                    _ = try create(Road.ledger, values, org: unit.org)
                }
            }
        }
    }

    private func people() async throws {
        let identity = platform.identity
        let roles = try await identity.roles.all()
        let wanted = [
            ("office", RoadRoles.office, "130102"), ("unit1", RoadRoles.unit, "U1"), ("chief1", RoadRoles.chief, "U1"), ("unit2", RoadRoles.unit, "U2"), ("city", "city", "1301"),
        ]
        for (login, role, code) in wanted {
            guard let organisation = try await identity.organisations.find(code: code), let role = roles.first(where: { $0.name == role }) else { continue }
            let known = try await identity.users.find(login: login)?.id
            let draft = UserDraft(login: login, name: login, organisation: organisation.id, roles: [role.id])
            var id = known
            if id == nil { id = try await identity.users.create(draft, by: .system()).id }
            let found = id ?? 0
            let standing = try await identity.database.read { reader in try identity.sessions.standing(of: found, reader)?.principal }
            state.withLock { $0[login] = standing }
        }
        try await platform.database.write { [platform] tx in
            let chief = try tx.value("SELECT id FROM road_chief WHERE code = 'CU1'")?.int ?? 0
            _ = try platform.ledgers.update(RoadChief.ledger.name, id: chief, Draft(["login": "chief1"]), by: .system(), in: tx)
        }
    }

    func person(_ login: String) -> Principal {
        state.withLock { $0[login] } ?? Principal(kind: .user, id: 0, login: login, name: login, permissions: [], scope: .nothing)
    }

    var people: [String: Principal] { state.withLock { $0 } }

    // MARK: Acts

    func id(_ table: String, _ column: String, _ value: String) async throws -> Int64 {
        try await platform.database.read { try $0.value("SELECT id FROM \(ident: table) WHERE \(ident: column) = \(value)")?.int ?? 0 }
    }

    func create(_ ledger: LedgerDeclaration, _ values: [String: JSONValue], by login: String) async throws -> Record {
        let principal = person(login)
        return try await platform.database.write { [platform] tx in try platform.ledgers.create(ledger.name, Draft(values), by: principal, origin: .person, in: tx) }
    }

    func change(_ ledger: LedgerDeclaration, _ id: Int64, _ values: [String: JSONValue], by login: String) async throws {
        let principal = person(login)
        _ = try await platform.database.write { [platform] tx in try platform.ledgers.update(ledger.name, id: id, Draft(values), by: principal, origin: .person, in: tx) }
    }

    /// Takes a transition on the open step of the row's case.
    func move(_ ledger: LedgerDeclaration, _ id: Int64, _ transition: String, opinion: String? = nil, _ values: [String: JSONValue] = [:], by login: String) async throws {
        let principal = person(login)
        try await platform.database.write { [platform] tx in
            let item = try platform.workflows.cases(about: WorkflowSubject(ledger.name, id), in: tx)[0]
            let step = try platform.workflows.path(of: item.id, in: tx).last { $0.state == .open }?.id ?? 0
            try platform.workflows.move(CaseMove(step: step, transition, opinion: opinion, values: values), by: principal, in: tx)
        }
    }

    func values(_ ledger: LedgerDeclaration, _ id: Int64) async throws -> [String: SQLValue] {
        try await platform.database.read { [platform] in try platform.ledgers.find(ledger.name, id: id, by: .system(), in: $0)?.values ?? [:] }
    }

    func standings(_ month: String, by login: String) async throws -> [AppraisalDesk.Standing] {
        let scope = person(login).scope
        guard let month = RoadMonth(parsing: month) else { return [] }
        return try await platform.database.read { [platform] in try AppraisalDesk(platform: platform).standings(month, scope: scope, $0) }
    }

    // MARK: Pages

    func get(_ path: String, by login: String) async throws -> (status: Int, body: String) {
        var settings = WebSettings()
        settings.ratePerSecond = 0
        let site = Site(settings: settings, menu: features.menu(), assets: .empty, sessions: RoadSessions(people: people), hub: platform.live, clock: platform.clock)
        let router = WebRouter.make(site: site) { features.register(on: $0, platform: platform) }
        let answer = Mutex<(Int, String)>((0, ""))
        try await Application(router: router).test(.router) { client in
            try await client.execute(uri: path, method: .get, headers: [.authorization: "Bearer \(login)"]) { reply in
                let status = Int(reply.status.code), body = String(buffer: reply.body)
                answer.withLock { $0 = (status, body) }
            }
        }
        return answer.withLock { $0 }
    }
}

/// Everybody's token is their login.
struct RoadSessions: SessionResolver {
    let people: [String: Principal]

    func resolve(token: String, address: String) async throws -> SignedIn? { people[token].map { SignedIn(principal: $0) } }
    func logIn(login: String, password: String, address: String, agent: String) async throws -> SessionGrant { SessionGrant(token: login, seconds: 3600) }
    func logOut(token: String) async throws {}
    func changePassword(of principal: Principal, current: String, new: String) async throws {}
}
