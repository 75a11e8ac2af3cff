import Cryptography
import Identity
import Kernel
import Ledgers
import Rules
import Storage
import Synchronization
import TestDatabases
import Workflows

/// An engine on a database of its own: a city, two counties, an enterprise, people with roles, and a clock that only moves when told.
final class WorkflowHouse: Sendable {
    /// A Saturday; the Monday after is a working day.
    static let start = Moment(parsing: "2026-11-23 09:00:00") ?? Moment(milliseconds: 0)

    let database: any Database
    let engine: WorkflowEngine
    let now: Shared<Moment>
    let notices: Shared<[WorkflowNotice]>
    let audited: Shared<[AuditEntry]>
    let ran: Shared<[String]>

    init(_ declarations: [WorkflowDeclaration], dictionaries: [DictionaryDeclaration] = []) async throws {
        let database = try await TestDatabase.make()
        let now = Shared(Self.start), notices = Shared<[WorkflowNotice]>([]), audited = Shared<[AuditEntry]>([]), ran = Shared<[String]>([])
        let clock = Clock { now.value }
        let book = Dictionaries(dictionaries)
        engine = WorkflowEngine(
            declarations: declarations, database: database, dictionaries: book, keys: .ephemeral(),
            hooks: WorkflowEngine.Hooks(audit: { entry, _, _ in audited.change { $0.append(entry) } }, notify: { notice, _ in notices.change { $0.append(notice) } }), clock: clock)
        self.database = database
        self.now = now
        self.notices = notices
        self.audited = audited
        self.ran = ran
        let holidays = [HolidayCalendar.ledger, DictionaryLedger.ledger].compactMap(\.table)
        try await database.create(IdentityTables.all + WorkflowTables.all + holidays)
        try await database.write { tx in
            _ = try book.seed(in: tx, now: Self.start)
            try Self.people(tx)
        }
        try await database.read { try book.load(in: $0) }
        for name in declarations.flatMap(\.effects) { engine.onEffect(name) { _, _, _ in ran.change { $0.append(name) } } }
        try await engine.load()
    }

    /// Organisations 1 省, 2 市, 3 长安区, 4 桥西区, 5 钢铁 (长安), 6 水泥 (桥西); users by login.
    static let logins: [(id: Int64, login: String, name: String, org: Int64, role: String)] = [
        (1, "city", "市局王处", 2, "city"), (2, "county", "长安李科", 3, "county"), (3, "county2", "长安赵科", 3, "county"), (4, "qiaoxi", "桥西孙科", 4, "county"),
        (5, "steel", "钢铁张工", 5, "enterpriseAdmin"), (6, "cement", "水泥周工", 6, "enterpriseAdmin"),
    ]
    static let places: [(id: Int64, parent: Int64?, kind: String, name: String, area: String)] = [
        (1, nil, "province", "河北省", "13"), (2, 1, "city", "石家庄市", "1301"), (3, 2, "county", "长安区", "130102"), (4, 2, "county", "桥西区", "130104"),
        (5, 3, "enterprise", "示例钢铁有限公司", "130102"), (6, 4, "enterprise", "示例水泥有限公司", "130104"),
    ]

    private static func people(_ tx: any Transaction) throws {
        for place in places {
            try tx.execute(
                "INSERT INTO organisations (id, parent, kind, code, name, area, path, state, created_at, updated_at) VALUES (\(place.id), \(place.parent), \(place.kind), \(place.name), \(place.name), \(place.area), '/', 'active', 0, 0)"
            )
        }
        for (index, role) in BuiltInRole.allCases.enumerated() {
            let kinds = role.kinds.map(\.rawValue).joined(separator: ",")
            try tx.execute(
                "INSERT INTO roles (id, name, title, scope, kinds, is_built_in) VALUES (\(Int64(index + 1)), \(role.rawValue), \(role.title), \(role.scope.rawValue), \(kinds), 1)")
        }
        for user in logins {
            try tx.execute(
                """
                INSERT INTO users (id, login, name, organisation, area, password_hash, password_changed_at, must_change, state, failed_count, created_at, updated_at)
                VALUES (\(user.id), \(user.login), \(user.name), \(user.org), '', '', 0, 0, 'active', 0, 0, 0)
                """)
            let role = BuiltInRole(rawValue: user.role).flatMap { BuiltInRole.allCases.firstIndex(of: $0) } ?? 0
            try tx.execute("INSERT INTO user_roles (user_id, role_id) VALUES (\(user.id), \(Int64(role + 1)))")
        }
    }

    static func principal(_ login: String) -> Principal {
        guard let user = logins.first(where: { $0.login == login }), let place = places.first(where: { $0.id == user.org }) else { return .system() }
        let isEnterprise = place.kind == "enterprise"
        return Principal(
            kind: .user, id: user.id, login: login, name: user.name, organisation: place.id, organisationName: place.name, area: place.area, roles: [user.role],
            permissions: isEnterprise ? [] : ["workflow.read", "workflow.supervise", "workflow.design"], scope: isEnterprise ? .organisation(place.id) : .areas([place.area]))
    }

    // MARK: Acts

    @discardableResult
    func start(_ workflow: String, _ values: [String: JSONValue] = [:], by login: String, key: String? = nil) async throws -> WorkflowCase {
        try await database.write { [engine] in try engine.start(CaseDraft(workflow, values: values, key: key), by: Self.principal(login), in: $0) }
    }

    /// Takes a transition on the case's open step of that name, or on its only one.
    @discardableResult
    func move(_ id: Int64, _ transition: String, at step: String? = nil, by login: String, opinion: String? = "同意", values: [String: JSONValue] = [:], key: String? = nil)
        async throws
        -> WorkflowCase
    {
        let open = try await self.open(id).first { step == nil || $0.step == step }
        return try await database.write { [engine] in
            try engine.move(CaseMove(step: open?.id ?? 0, transition, opinion: opinion, values: values, key: key), by: Self.principal(login), in: $0)
        }
    }

    func open(_ id: Int64) async throws -> [WorkflowStepRecord] { try await database.read { [engine] in try engine.path(of: id, in: $0).filter { $0.state == .open } } }
    func steps(_ id: Int64) async throws -> [String] { try await open(id).map(\.step) }
    func item(_ id: Int64) async throws -> WorkflowCase? { try await database.read { [engine] in try engine.find(id, in: $0) } }
    func timeline(_ id: Int64) async throws -> [WorkflowEvent] { try await database.read { [engine] in try engine.timeline(of: id, in: $0) } }
    func list(_ box: WorkBox, by login: String) async throws -> [String] {
        try await database.read { [engine] in try engine.list(WorkQuery(box), by: Self.principal(login), in: $0).lines.map(\.item.number) }
    }

    func pass(days: Int64 = 0, hours: Int64 = 0) async throws {
        now.change { $0 = $0.adding(seconds: days * 86_400 + hours * 3600) }
        try await engine.tick()
    }
}

/// A value that closures of the house share.
final class Shared<Value: Sendable>: Sendable {
    private let held: Mutex<Value>
    init(_ value: Value) { held = Mutex(value) }
    var value: Value { held.withLock { $0 } }
    func change(_ body: (inout Value) -> Void) { held.withLock { body(&$0) } }
}

/// The code of the failure a body throws; nil when it throws none.
func failureCode(_ body: () async throws -> Void) async throws -> String? {
    do {
        try await body()
        return nil
    } catch let failure as Failure { return failure.code }
}
