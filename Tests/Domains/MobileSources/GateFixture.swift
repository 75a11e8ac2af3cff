import Alarms
import Cryptography
import Exchange
import Foundation
import Identity
import Kernel
import Ledgers
import Media
import MobileSources
import Schedules
import Storage
import Synchronization
import TestDatabases

/// The whole domain on a database of its own, assembled as App does, with a clock that moves only when told.
///
/// One enterprise stands ready: 石家庄 长安区 钢铁, grade C, gate `1` with entry barrier `001` and exit barrier `002`, and the truck 冀A12345 (yellow, heavy diesel, stage five) filed.
final class GateFixture: Sendable {
    static let start = Moment(parsing: "2026-11-21 08:00:00") ?? Moment(milliseconds: 0)
    static let truck = "冀A12345"
    static let system = Principal.system()

    let database: any Database
    let gates: GateSupervision
    let ledgers: LedgerEngine
    let dictionaries: Dictionaries
    let photos: PhotoStore
    private let time: Time
    let steel: GateTerminal

    private final class Time: Sendable {
        let now = Mutex(GateFixture.start)
    }

    var now: Moment { time.now.withLock { $0 } }
    func move(seconds: Int64) { time.now.withLock { $0 = $0.adding(seconds: seconds) } }
    func move(to moment: Moment) { time.now.withLock { $0 = moment } }
    var clock: Clock { Clock { [time] in time.now.withLock { $0 } } }

    init(grade: String = "C") async throws {
        let time = Time()
        let clock = Clock { time.now.withLock { $0 } }
        let database = try await TestDatabase.make()
        let keys = KeyRing.ephemeral()
        let photos = PhotoStore(
            database: database, blobs: try LocalBlobs.temporary(), thumbnailFolder: NSTemporaryDirectory() + "/jianwei-thumbs-\(UUID().uuidString)",
            threads: PictureThreads(threads: 1, waiting: 100))
        let identity = IdentityEngine(database: database, clock: clock, keys: keys)
        let dictionaries = Dictionaries(MobileSources.dictionaries)
        let ledgers = LedgerEngine(database: database, declarations: MobileSources.ledgers, dictionaries: dictionaries, keys: keys, audit: identity.audit, clock: clock)
        let audit = identity.audit
        let alarms = AlarmEngine(
            kinds: ViolationAlarm.kinds,
            hooks: AlarmEngine.Hooks(audit: { try audit.record($0, by: $1, in: $2) }, lock: { try PhotoStore.lock($0, in: $1) || ClipStore.lock($0, in: $1) }), clock: clock)
        try await database.create(ledgers.tables + IdentityTables.all + PhotoStore.tables + AlarmTables.all + GateTables.all + SignedClients.tables + ScheduleTables.tables)
        try await ledgers.load()
        gates = GateSupervision(
            database: database, clock: clock, ledgers: ledgers, alarms: alarms, audit: audit, photos: photos, clients: SignedClients(keys: keys),
            organisations: identity.organisations)
        gates.registerHooks()
        try await gates.start()
        self.time = time
        self.database = database
        self.ledgers = ledgers
        self.dictionaries = dictionaries
        self.photos = photos
        steel = try await GateFixture.enterprise(gates, code: "130102000001", name: "石家庄示例钢铁有限公司", county: "130102", industry: "01", grade: grade)
        try await file(GateFixture.truck, stage: "5")
    }

    static func enterprise(_ gates: GateSupervision, code: String, name: String, county: String, industry: String, grade: String) async throws -> GateTerminal {
        let request = EnterpriseRegistration.GateClient(enterpriseCode: code, name: name, county: county, industry: industry, grade: grade, gates: ["1"], publicKey: nil)
        let made = try await gates.registration.provision(request, by: system)
        return GateTerminal(org: made.org, enterpriseCode: code, accreditationNo: made.accreditationNo, address: "127.0.0.1")
    }

    /// Another enterprise: 桥西区 水泥, grade B.
    func cement() async throws -> GateTerminal {
        try await GateFixture.enterprise(gates, code: "130104000002", name: "河北示例水泥有限公司", county: "130104", industry: "03", grade: "B")
    }

    /// Files a vehicle for an enterprise and approves it.
    @discardableResult
    func file(_ plate: String, color: String = "1", stage: String, fuel: String = "B", type: String = "H11", approves: Bool = true, of terminal: GateTerminal? = nil) async throws
        -> Int64
    {
        let org = (terminal ?? steel).org
        return try await database.write { [ledgers, gates] tx in
            let draft = Draft(
                ["plateNo": .string(plate), "plateColor": .string(color), "vehicleType": .string(type), "fuel": .string(fuel), "emissionStage": .string(stage)], org: org)
            let record = try ledgers.create(RegisteredVehicle.ledger.name, draft, by: GateFixture.system, in: tx)
            if approves { _ = try gates.filings.decide(id: record.id, approves: true, opinion: "", by: GateFixture.system, in: tx) }
            return record.id
        }
    }

    /// A pass of the ready truck as a gate would send it; `changes` replaces or adds members, `.null` removes them.
    func pass(_ serial: Int64, plate: String = truck, color: String = "1", direction: String = "1", at moment: Moment? = nil, _ changes: [String: JSONValue] = [:]) -> JSONValue {
        var object = JSONObject([
            ("serialNo", .int(serial)), ("gateNo", "1"), ("barrierNo", direction == "1" ? "001" : "002"), ("direction", .string(direction)), ("plateNo", .string(plate)),
            ("plateColor", .string(color)),
            ("passedAt", .string((moment ?? now).rfc3339)), ("barrierAction", "2"), ("headPhoto", .string(GateFixture.photo(serial, 1))),
            ("bodyPhoto", .string(GateFixture.photo(serial, 2))),
            ("cargoName", "钢坯"), ("cargoTonnes", 30), ("measuredBy", "scale"), ("source", "auto"),
        ])
        for (name, value) in changes { object[name] = value.isNull ? nil : value }
        return .object(object)
    }

    /// A digest nobody computed, another one for each serial and view.
    static func photo(_ serial: Int64, _ view: Int) -> String {
        let text = String(serial * 10 + Int64(view), radix: 16)
        return String(repeating: "0", count: 64 - text.count) + text
    }

    @discardableResult
    func record(_ values: JSONValue..., from terminal: GateTerminal? = nil) async throws -> [PassResult] { try await gates.passes.record(values, from: terminal ?? steel) }

    @discardableResult
    func beat(last: Int64, today: Int64 = 0, from terminal: GateTerminal? = nil) async throws -> [[Int64]] {
        try await gates.heartbeats.beat(GateHeartbeats.Beat(gateNo: "1", lastSerialNo: last, generatedToday: today, pending: 0), from: terminal ?? steel).missing.map {
            [$0.from, $0.to]
        }
    }

    func value(_ sql: SQL) async throws -> SQLValue? { try await database.read { try $0.value(sql) } }
    func number(_ sql: SQL) async throws -> Int64? { try await value(sql)?.int }

    /// `kind state` of every alarm in the order they were opened.
    func alarmStates() async throws -> [String] {
        try await database.read { try $0.rows("SELECT kind, state FROM alarms ORDER BY id").map { "\($0[0].text ?? "") \($0[1].text ?? "")" } }
    }

    /// Holes as the platform keeps them.
    func gaps() async throws -> [[Int64]] {
        try await database.read { try $0.rows("SELECT from_serial, to_serial FROM serial_gap ORDER BY from_serial").map { [$0[0].int ?? 0, $0[1].int ?? 0] } }
    }
}

extension PassResult {
    var codes: [String] { findings.map(\.kind.rawValue) }
    var wrongFields: [String] { errors.map(\.field).sorted() }
}
