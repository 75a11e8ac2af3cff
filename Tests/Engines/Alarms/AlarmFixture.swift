import Alarms
import Identity
import Kernel
import Storage
import Synchronization
import TestDatabases
import Testing

/// A desk with three kinds, a database of its own and a clock that only moves when told.
final class AlarmFixture: Sendable {
    static let start = Moment(parsing: "2026-11-21 08:00:00") ?? Moment(milliseconds: 0)
    static let head = digest("a"), body = digest("b"), plate = digest("c")

    static let kinds = [
        AlarmKind("excessListed", "超标车辆入场", "Excess-listed vehicle", grade: .severe, mergeWindow: 600, triageWithin: 3600),
        AlarmKind("gateOffline", "门禁离线", "Gate offline", closesItself: true),
        AlarmKind("unfiled", "未备案放行", "Unfiled pass", grade: .heavier, mergeWindow: 0, dailyLimit: 3),
        AlarmKind(
            "gasLimit", "气体超限", "Gas limit", grade: .heavier, category: .measured,
            traits: [GradingTests.highHigh, GradingTests.major, AlarmTrait("testing", "测试", group: "性质", waivesVerification: true)],
            isReported: true),
    ]

    /// As much of the photo store as evidence needs.
    static let photos = Table("photos", key: ["sha256"], columns: [Column("sha256", .text, required: true), Column("locks", .integer, required: true, fallback: .int(0))])

    let database: any Database
    let engine: AlarmEngine
    let audited: Shared<[AuditEntry]>
    let announced: Shared<[AlarmNotice]>
    let now: Shared<Moment>

    init() async throws {
        database = try await TestDatabase.make()
        let audited = Shared<[AuditEntry]>([]), announced = Shared<[AlarmNotice]>([]), now = Shared(Self.start)
        engine = AlarmEngine(
            kinds: Self.kinds,
            hooks: AlarmEngine.Hooks(
                audit: { entry, _, _ in audited.change { $0.append(entry) } }, lock: { try $1.execute("UPDATE photos SET locks = locks + 1 WHERE sha256 = \($0)") > 0 },
                announce: { notice in announced.change { $0.append(notice) } }),
            clock: Clock { now.value }, evidenceLimit: 20)
        self.audited = audited
        self.announced = announced
        self.now = now
        try await database.create([Self.photos] + AlarmTables.all)
    }

    /// 64 times one digit: a digest nobody computed.
    static func digest(_ digit: Character) -> String { String(repeating: digit, count: 64) }

    static func signal(
        _ kind: String = "excessListed", org: Int64? = 1, area: String? = "130102", subject: String = "冀A12345", at seconds: Int64 = 0,
        facts: JSONValue = ["plateNo": "冀A12345", "direction": 1],
        evidence: [EvidenceDraft] = []
    ) -> AlarmSignal {
        AlarmSignal(
            kind: kind, org: org, orgName: "企业\(org ?? 0)", area: area, place: "1号门岗", subject: subject, plate: subject, occurredAt: start.adding(seconds: seconds),
            title: "\(subject) 入场", facts: facts,
            reasons: [AlarmReason("excessListed", "车辆在排放超标名单内（第 7 版）")], versions: AlarmVersions(rule: 3, list: 7, strategy: 12), evidence: evidence,
            source: AlarmSource("gatePass", 42))
    }

    static func officer(scope: DataScope = .everything, permissions: Set<String> = ["alarm.read", "alarm.handle", "alarm.export"]) -> Principal {
        Principal(kind: .user, id: 9, login: "wang", name: "王科长", permissions: permissions, scope: scope)
    }

    /// May do everything at the desk.
    static let chief = Principal(kind: .user, id: 8, login: "chief", name: "处长", permissions: ["*"], scope: .everything)

    static func measured(subject: String = "T-1", traits: Set<String>, at seconds: Int64 = 0) -> AlarmSignal {
        var signal = signal("gasLimit", subject: subject, at: seconds)
        signal.traits = traits
        signal.plate = nil
        return signal
    }

    func declare(_ schemes: [GradingScheme] = [], rules: [PushRule] = []) async throws {
        engine.book.declare(schemes: schemes, pushRules: rules)
        try await engine.book.open(database, clock: Clock { [now] in now.value })
    }

    @discardableResult
    func raise(all signals: [AlarmSignal]) async throws -> [AlarmOutcome] { try await database.write { [engine] in try engine.raise(all: signals, by: .system(), in: $0) } }

    /// Alarms and daily figures as text, for comparing two desks.
    func figures() async throws -> [String] {
        try await database.read { reader in
            let alarms = try reader.rows("SELECT kind, subject, times, state, occurred_at, last_at FROM alarms ORDER BY kind, subject, occurred_at, times")
            let daily = try reader.rows("SELECT kind, opened, times FROM alarm_daily ORDER BY kind")
            return (alarms + daily).map { "\($0.values)" }
        }
    }

    @discardableResult
    func raise(_ signal: AlarmSignal, by principal: Principal = .system()) async throws -> AlarmOutcome {
        try await database.write { [engine] in try engine.raise(signal, by: principal, in: $0) }
    }

    @discardableResult
    func act(_ id: Int64, _ action: AlarmAction, opinion: String? = "情况属实", version: Int? = nil, by principal: Principal = officer()) async throws -> Alarm {
        try await database.write { [engine] in try engine.transition(id, action, opinion: opinion, expectedVersion: version, by: principal, in: $0) }
    }

    func alarm(_ id: Int64) async throws -> Alarm { try await database.read { [engine] in try engine.required(id, by: .system(), in: $0) } }
    func evidence(_ id: Int64) async throws -> [EvidenceItem] { try await database.read { [engine] in try engine.evidence(of: id, by: .system(), in: $0) } }
    func faults() async throws -> [String] { try await database.read { [engine] in try engine.verify(in: $0) } }

    func storePhoto(_ sha256: String) async throws {
        try await database.write { tx in
            try tx.execute("INSERT INTO photos (sha256) VALUES (\(sha256))")
        }
    }

    func locks(_ sha256: String) async throws -> Int { try await database.read { try $0.count("SELECT locks FROM photos WHERE sha256 = \(sha256)") } }
    func change(_ sql: SQL) async throws { try await database.write { _ = try $0.execute(sql) } }
}

/// A value that closures of the fixture share.
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
