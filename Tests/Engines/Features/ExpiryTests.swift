import Alarms
import Features
import Identity
import Kernel
import Ledgers
import Messages
import Storage
import Synchronization
import Testing

@Suite("D2.6 到期预警")
struct ExpiryTests {
    static let noon = Moment(milliseconds: 1_795_233_600_000)

    private final class Time: Sendable {
        let at = Mutex(ExpiryTests.noon)
    }

    /// A house whose clock is moved by days.
    func house() async throws -> (LedgerHouse, @Sendable (Int) -> Void) {
        let time = Time()
        let house = try await LedgerHouse(features: FeatureSet([TruckFeature.feature]), clock: Clock { time.at.withLock { $0 } })
        let travel: @Sendable (Int) -> Void = { days in time.at.withLock { $0 = ExpiryTests.noon.adding(seconds: Int64(days) * 86_400) } }
        return (house, travel)
    }

    static let rule = ExpiryRule("truckSeen", "年检有效期", ledger: "truck", field: "lastPassAt", stages: [30, 7, 0], receivers: ["role:city"])

    struct Stage: Sendable, CustomTestStringConvertible {
        let left: Int, stage: Int?
        var testDescription: String { "还有 \(left) 天" }
    }

    @Test(
        "到哪一步",
        arguments: [
            Stage(left: 31, stage: nil), Stage(left: 30, stage: 30), Stage(left: 8, stage: 30), Stage(left: 7, stage: 7), Stage(left: 1, stage: 7), Stage(left: 0, stage: 0),
            Stage(left: -1, stage: -1),
        ])
    func stages(_ example: Stage) {
        let today = Self.noon.day
        #expect(Self.rule.stage(of: today.adding(days: example.left), on: today) == example.stage)
    }

    @Test("逐级提醒各一次，过期报警，更新后自动消除，规则可改可删")
    func life() async throws {
        let (house, travel) = try await house()
        let (expiries, ledgers, admin) = (house.platform.expiries, house.platform.ledgers, house.admin)
        expiries.declare([Self.rule])
        try await expiries.open()
        let due = Self.noon.day.adding(days: 20)
        let draft = Draft(["plateNo": "冀A10001", "stage": "5", "lastPassAt": .string(due.start.adding(seconds: 3600).rfc3339)], org: house.north)
        let record = try await ledgers.create("truck", draft, by: admin)
        let first = try await expiries.run()
        let again = try await expiries.run()
        #expect(first == 1 && again == 0)
        travel(15)
        _ = try await expiries.run()
        var open = try await house.platform.database.read { try expiries.warnings(state: "open", by: admin, in: $0) }
        #expect(open.map(\.stage) == [7] && open.first?.due == due && open.first?.orgName == "石家庄北方钢铁有限公司")
        travel(21)
        _ = try await expiries.run()
        open = try await house.platform.database.read { try expiries.warnings(state: "passed", by: admin, in: $0) }
        #expect(open.map(\.stage) == [-1])
        let stands = try await house.platform.database.read { try $0.count("SELECT COUNT(*) FROM alarms WHERE kind = 'dateExpired' AND state = 'new'") }
        #expect(stands == 1)
        // Renewed: closed in the same transaction, the alarm with it.
        let next = Self.noon.day.adding(days: 400)
        _ = try await ledgers.update("truck", id: record.id, Draft(["lastPassAt": .string(next.start.rfc3339)]), expectedVersion: record.version, by: admin)
        let counts = try await house.platform.database.read { try expiries.counts(by: admin, in: $0) }
        #expect(counts.near == 0 && counts.passed == 0 && counts.closed == 1)
        let closed = try await house.platform.database.read { try $0.count("SELECT COUNT(*) FROM alarms WHERE kind = 'dateExpired' AND state = 'closed'") }
        #expect(closed == 1)
        let faults = try await house.platform.database.read { [alarms = house.platform.alarms] in try alarms.verify(in: $0) }
        #expect(faults == [])
    }

    @Test("范围：看不到别家的，读不了台账的看不到")
    func scope() async throws {
        let (house, _) = try await house()
        let (expiries, ledgers, admin) = (house.platform.expiries, house.platform.ledgers, house.admin)
        expiries.declare([Self.rule])
        try await expiries.open()
        for (index, org) in [house.north, house.south].enumerated() {
            let draft = Draft(["plateNo": .string("冀A2000\(index)"), "stage": "5", "lastPassAt": .string(Self.noon.rfc3339)], org: org)
            _ = try await ledgers.create("truck", draft, by: admin)
        }
        _ = try await expiries.run()
        let north = house.northClerk
        let seen = try await house.platform.database.read { reader in
            (try expiries.warnings(state: "open", by: admin, in: reader).count, try expiries.warnings(state: "open", by: north, in: reader).map(\.org))
        }
        #expect(seen.0 == 2)
        #expect(seen.1 == [house.north])
        let stranger = Principal(kind: .user, id: 9, login: "x", name: "x", permissions: [AlarmPermission.read], scope: .everything)
        let none = try await house.platform.database.read { try expiries.warnings(state: "open", by: stranger, in: $0).count }
        #expect(none == 0)
    }

    @Test("规则有误一次报全；推送到点才发，次数与间隔按规则，受理后停止")
    func pushes() async throws {
        let (house, travel) = try await house()
        let (expiries, admin, alarms, database) = (house.platform.expiries, house.admin, house.platform.alarms, house.platform.database)
        var fields: Set<String> = []
        do {
            try await database.write { try expiries.keep(ExpiryRule("x", "", ledger: "truck", field: "plateNo", stages: [], doneField: "none"), by: admin, in: $0) }
        } catch let failure as Failure { fields = Set(failure.fields.map(\.field)) }
        #expect(fields == ["title", "field", "doneField", "stages"])

        alarms.book.declare(pushRules: [
            PushRule("three", "三次", trigger: .opened, times: 3, every: 86_400, receivers: ["user:1"]),
            PushRule("late", "升级", trigger: .unhandled, after: 3600, receivers: ["user:1"]),
        ])
        try await alarms.book.open(database, clock: house.platform.clock)
        try await database.write { tx in
            _ = try tx.insert(
                """
                INSERT INTO users (login, name, organisation, area, password_hash, password_changed_at, must_change, state, failed_count, created_at, updated_at) \
                VALUES ('u1', '值班员', 2, '1301', 'x', 1, 0, 'active', 0, 1, 1)
                """)
        }
        let signal = AlarmSignal(kind: "dateExpired", org: house.north, area: "130102", subject: "x", occurredAt: Self.noon, title: "到期")
        let id = try await database.write { try alarms.raise(signal, by: .system(), in: $0) }.id
        let dispatch = AlarmDispatch(engine: alarms, messages: house.platform.messages, database: database)
        let first = try await dispatch.tick(), idle = try await dispatch.tick()
        #expect(first == 1 && idle == 0)
        try await database.write { _ = try alarms.transition(id, .accept, opinion: nil, by: admin, in: $0) }
        travel(1)
        _ = try await dispatch.tick()
        let pushes = try await database.read { try alarms.pushes(of: id, in: $0) }
        #expect(pushes.map(\.sent) == [2, 0])
        #expect(pushes.map(\.ended) == [nil, "handled"])
        travel(2)
        _ = try await dispatch.tick()
        let done = try await database.read { try alarms.pushes(of: id, in: $0) }
        #expect(done.first?.ended == "done" && done.first?.receivers == 1)
        let messages = try await database.read { try $0.count("SELECT COUNT(*) FROM message_inbox WHERE kind = 'alarm.push'") }
        #expect(messages == 3)
    }
}
