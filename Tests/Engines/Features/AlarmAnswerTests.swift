import Alarms
import Features
import Identity
import Kernel
import Ledgers
import Messages
import Operations
import Schedules
import Storage
import Synchronization
import Testing

@Suite("D9.7.5 企业答复报警：提醒、上报与恢复")
struct AlarmAnswerTests {
    private final class Time: Sendable {
        let at = Mutex(LedgerHouse.noon)
    }

    @Test func anEnterpriseIsAskedUntilItIsOver() async throws {
        let time = Time()
        let house = try await LedgerHouse(features: FeatureSet([TruckFeature.feature, Operations.feature]), clock: Clock { time.at.withLock { $0 } })
        let (alarms, database, north) = (house.platform.alarms, house.platform.database, house.north)
        try await database.write { tx in
            for (id, login, role, scope, org) in [
                (1, "north", "enterpriseAdmin", "ownOrganisation", north), (2, "changan", "county", "ownArea", 3), (3, "shi", "city", "ownArea", 2),
            ] {
                let user = try tx.insert(
                    """
                    INSERT INTO users (login, name, organisation, area, password_hash, password_changed_at, must_change, state, failed_count, created_at, updated_at) \
                    VALUES (\(login), \(login), \(org), '1301', 'x', 1, 0, 'active', 0, 1, 1)
                    """)
                let known = try tx.value("SELECT id FROM roles WHERE name = \(role)")?.int
                let made = try known ?? tx.insert("INSERT INTO roles (name, title, is_built_in, scope, kinds) VALUES (\(role), \(role), 1, \(scope), '')")
                try tx.execute("INSERT INTO user_roles (user_id, role_id) VALUES (\(user), \(made))")
                #expect(user == id)
            }
        }
        let signal = AlarmSignal(kind: "gasLimit", org: north, orgName: "北方钢铁", area: "130102", place: "3 号罐", subject: "AT-101", occurredAt: LedgerHouse.noon, title: "可燃气体高高报")
        let id = try await database.write { try alarms.raise(signal, by: .system(), in: $0) }.id
        let plant: @Sendable (Int64) -> Principal = { org in
            Principal(kind: .user, id: 3, login: "plant", name: "张工", permissions: [AlarmPermission.read, AlarmPermission.answer], scope: .organisation(org))
        }
        let dispatch = AlarmDispatch(engine: alarms, messages: house.platform.messages, database: database)
        let told = { (user: Int64) in try await database.read { try $0.count("SELECT COUNT(*) FROM message_inbox WHERE kind = 'alarm.answer' AND user_id = \(user)") } }
        let pass = { (minutes: Int64) in
            time.at.withLock { $0 = $0.adding(seconds: minutes * 60) }
            _ = try await dispatch.tick()
        }
        _ = try await dispatch.tick()
        #expect(try await told(1) == 0)
        try await database.write { try alarms.askForAnswer(id, by: house.admin, in: $0) }
        try await pass(0)
        try await pass(5)
        #expect(try await told(1) == 1)
        try await pass(5)
        #expect(try await [told(1), told(2)] == [2, 0])
        // Twice asked and nothing said: the county is told; after four times the city.
        try await pass(10)
        #expect(try await [told(1), told(2), told(3)] == [3, 1, 0])
        try await pass(10)
        try await pass(10)
        #expect(try await [told(2), told(3)] == [1, 1])
        // Others may not answer, and nothing may be left out.
        await #expect(throws: Failure.self) {
            try await database.write { try alarms.answer(id, EnterpriseAnswer(contact: "张", cause: "泄漏", measure: "关阀"), by: plant(house.south), in: $0) }
        }
        let failure = await #expect(throws: Failure.self) { try await database.write { try alarms.answer(id, EnterpriseAnswer(cause: "", measure: ""), by: plant(north), in: $0) } }
        #expect(failure?.fields.map(\.field) == ["cause", "measure", "contact"])
        try await database.write { try alarms.answer(id, EnterpriseAnswer(contact: "张工", cause: "阀门泄漏", measure: "已关阀"), by: plant(north), in: $0) }
        let before = try await told(1)
        try await pass(5)
        #expect(try await [told(1), told(2)] == [before, 2])
        try await pass(5)
        #expect(try await told(1) == before + 1)
        try await database.write { try alarms.answer(id, EnterpriseAnswer(contact: "张工", cause: "阀门泄漏", measure: "已更换垫片", isRecovered: true), by: plant(north), in: $0) }
        try await pass(60)
        #expect(try await told(1) == before + 1)
        let alarm = try await database.read { try alarms.required(id, by: house.admin, in: $0) }
        #expect(alarm.recoveredAt != nil && alarm.answerDueAt == nil && alarm.answerAsked == 6)
        #expect(try await database.read { try alarms.answers(of: id, in: $0).map(\.isRecovered) } == [false, true])
    }

    @Test("D9.14.3 没有账号的接收人按手机号收短信")
    func whoHasNoAccountIsToldByShortMessage() async throws {
        let house = try await LedgerHouse(features: FeatureSet([TruckFeature.feature, Operations.feature]))
        let (alarms, database, ledgers) = (house.platform.alarms, house.platform.database, house.platform.ledgers)
        try await database.create(ScheduleTables.tables.filter { $0.name == "outbox" })
        try Operations.feature.prepare(house.platform)
        let recipient: @Sendable ([String: JSONValue]) async throws -> Void = { values in
            _ = try await ledgers.create("notificationRecipient", Draft(["person": "李工", "kind": "officer", "isOn": true].merging(values) { $1 }), by: house.admin)
        }
        await #expect(throws: Failure.self) { try await recipient([:]) }
        try await recipient(["mobile": "13812345678"])
        try await recipient(["mobile": "13812345679", "source": "消防"])
        alarms.book.declare(pushRules: [PushRule("own", "信息接收人", trigger: .opened, receivers: ["recipient:officer"])])
        try await alarms.book.open(database, clock: house.platform.clock)
        let signal = AlarmSignal(kind: "gasLimit", org: house.north, area: "130102", place: "3 号罐", subject: "AT-101", occurredAt: LedgerHouse.noon, title: "可燃气体高高报")
        let id = try await database.write { try alarms.raise(signal, by: .system(), in: $0) }.id
        _ = try await AlarmDispatch(engine: alarms, messages: house.platform.messages, database: database).tick()
        let sent = try await database.read {
            try $0.rows("SELECT b.text, l.name FROM sms_lines l JOIN sms_broadcasts b ON b.id = l.broadcast_id").map { "\($0[0].text ?? "") \($0[1].text ?? "")" }
        }
        #expect(sent.count == 1 && sent[0].contains("可燃气体高高报") && sent[0].hasSuffix("李工"))
        #expect(try await database.read { try alarms.pushes(of: id, in: $0).filter { $0.title == "信息接收人" }.map(\.receivers) } == [1])
    }
}
