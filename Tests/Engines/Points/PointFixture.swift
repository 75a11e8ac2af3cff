import Alarms
import Cryptography
import Identity
import Kernel
import Ledgers
import Points
import Storage
import Synchronization
import TestDatabases

/// Two enterprises with points, on a database of its own and a clock that only moves when told.
final class PointFixture: Sendable {
    static let start = Moment(parsing: "2026-11-22 12:00:00") ?? Moment(milliseconds: 0)
    static let system = Principal.system("测试")

    let database: any Database
    let alarms: AlarmEngine
    let ledgers: LedgerEngine
    private let held: Mutex<PointEngine>
    private let clock: Clock

    var engine: PointEngine { held.withLock { $0 } }

    private final class Time: Sendable {
        let at = Mutex(PointFixture.start)
    }
    private let time = Time()

    init() async throws {
        let clock = Clock { [time] in time.at.withLock { $0 } }
        self.clock = clock
        database = try await TestDatabase.make()
        let audit = AuditTrail(clock: clock)
        alarms = AlarmEngine(
            kinds: PointAlarms.all, hooks: AlarmEngine.Hooks(audit: { _, _, _ in }, lock: { _, _ in true }), clock: clock)
        ledgers = LedgerEngine(
            database: database, declarations: PointLedgers.all, dictionaries: Dictionaries(PointCodes.dictionaries), keys: .ephemeral(), audit: audit, clock: clock)
        held = Mutex(PointEngine(database: database, alarms: alarms, clock: clock))
        try await database.create(ledgers.tables + IdentityTables.all + AlarmTables.all + PointTables.all)
        try await database.write { tx in
            for (id, name, area) in [(1, "甲化工", "130102"), (2, "乙化工", "130205")] {
                try tx.execute(
                    "INSERT INTO organisations (id, kind, code, name, area, path, state, created_at, updated_at) VALUES (\(id), 'enterprise', \("E\(id)"), \(name), \(area), \("/\(id)/"), 'active', 0, 0)"
                )
            }
        }
        try await ledgers.load()
        engine.connect(ledgers: ledgers)
    }

    @discardableResult
    func point(_ code: String, org: Int64 = 1, _ values: [String: JSONValue] = [:]) async throws -> Int64 {
        var all: [String: JSONValue] = ["code": .string(code), "name": .string("\(code) 测点"), "kind": "combustible", "unit": "%LEL"]
        for (name, value) in values { all[name] = value }
        let made = try await ledgers.create(MonitoringPoint.ledger.name, Draft(all, org: org), by: Self.system)
        return made.id
    }

    func move(seconds: Int64) { time.at.withLock { $0 = $0.adding(seconds: seconds) } }

    /// The program was killed and starts again: what was in memory is gone.
    func restart() {
        let fresh = PointEngine(database: database, alarms: alarms, clock: clock)
        held.withLock { $0 = fresh }
    }

    /// Values of one point, by seconds after the start.
    @discardableResult
    func send(_ code: String, _ values: [(Int64, Double)], quality: PointQuality = .good, by principal: Principal = system) async throws -> PointReceipt {
        try await engine.append(
            values.map { PointReport(code, PointSample(Self.start.adding(seconds: $0.0), $0.1, quality)) }, source: "测试", by: principal)
    }

    func values(_ id: Int64) async throws -> [Double] {
        try await engine.read(id, from: Self.start.adding(seconds: -86_400 * 40), to: Self.start.adding(seconds: 86_400)).map(\.value)
    }

    /// Kinds and states of all alarms, oldest first.
    func alarmStates() async throws -> [String] {
        try await database.read { try $0.rows("SELECT kind, state FROM alarms ORDER BY id").map { "\($0.text("kind") ?? "") \($0.text("state") ?? "")" } }
    }

    func count(_ table: String) async throws -> Int { try await database.read { try $0.count("SELECT COUNT(*) FROM \(ident: table)") } }
}
