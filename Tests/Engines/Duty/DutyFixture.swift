import Alarms
import Cryptography
import Duty
import Identity
import Kernel
import Ledgers
import Messages
import Schedules
import Storage
import Synchronization
import TestDatabases
import Testing
import Web
import Workflows

/// A group of four people in two teams, with early and middle shifts, on a database of its own and a clock that only moves when told.
final class DutyFixture: Sendable {
    static let start = Moment(parsing: "2026-11-23 09:00:00") ?? Moment(milliseconds: 0)

    let database: any Database
    let engine: DutyEngine
    let alarms: AlarmEngine
    let group: Int64

    static let chief = Principal(kind: .user, id: 90, login: "chief", name: "值班主任", permissions: ["*"], scope: .everything)
    static func person(_ id: Int64) -> Principal { Principal(kind: .user, id: id, login: "p\(id)", name: "值班员\(id)", permissions: [], scope: .nothing) }

    private final class Time: Sendable {
        let at = Mutex(DutyFixture.start)
    }
    private let time: Time

    init() async throws {
        let time = Time()
        self.time = time
        let clock = Clock { time.at.withLock { $0 } }
        database = try await TestDatabase.make()
        let keys = KeyRing.ephemeral()
        let identity = IdentityEngine(database: database, clock: clock, keys: keys)
        let alarms = AlarmEngine(
            kinds: [AlarmKind("gas", "气体", "Gas", category: .measured)], hooks: AlarmEngine.Hooks(audit: { _, _, _ in }, lock: { _, _ in true }), clock: clock)
        let outbox = Outbox(clock: clock)
        let messages = MessageEngine(kinds: DutyEngine.messageKinds, channels: [], database: database, outbox: outbox, hub: LiveHub(clock: clock), clock: clock)
        let engine = DutyEngine(database: database, alarms: alarms, messages: messages, audit: identity.audit, clock: clock)
        self.engine = engine
        self.alarms = alarms
        let holiday = Table(
            "holiday", columns: [Column("day", .integer, required: true), Column("is_work", .integer), Column("deleted_at", .integer), Column("title", .text)])
        try await database.create(IdentityTables.all + ScheduleTables.tables + AlarmTables.all + MessageTables.all + DutyTables.all + [holiday])
        try await engine.seed()
        engine.connect()
        group = try await database.write { tx in
            try tx.execute("INSERT INTO organisations (kind, code, name, area, path, state, created_at, updated_at) VALUES ('city', '1301', '石家庄市', '1301', '/1/', 'active', 1, 1)")
            for id in 1...4 as ClosedRange<Int64> {
                try tx.execute(
                    """
                    INSERT INTO users (login, name, organisation, area, password_hash, password_changed_at, must_change, state, failed_count, created_at, updated_at) \
                    VALUES (\("p\(id)"), \("值班员\(id)"), 1, '1301', 'x', 1, 0, 'active', 0, 1, 1)
                    """)
            }
            var draft = DutyGroup(title: "总值班室", leader: "组长", phone: "0311-1", org: nil, area: "1301", shifts: [1, 2])
            draft.members = [(1, 1, true), (2, 1, false), (3, 2, true), (4, 2, false)].map { DutyGroup.Member(user: $0.0, name: "", team: $0.1, isLeader: $0.2) }
            return try engine.keep(draft, by: Self.chief, in: tx)
        }
    }

    func travel(to moment: String) { time.at.withLock { $0 = Moment(parsing: moment) ?? $0 } }

    func write<T: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> T) async throws -> T { try await database.write(body) }

    /// The code of the failure a body throws; nil when it throws none.
    func code(_ body: @escaping @Sendable (any Transaction) throws -> Void) async throws -> String? {
        do {
            try await database.write(body)
            return nil
        } catch let failure as Failure { return failure.code }
    }
}
