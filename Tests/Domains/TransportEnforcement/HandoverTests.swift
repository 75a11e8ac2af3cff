import Features
import Identity
import Kernel
import Ledgers
import Storage
import Testing
import TransportEnforcement
import Workflows

@Suite("B2.1.3 第三方案件移交")
struct HandoverTests {
    static let good: JSONValue = [
        "key": "QX-1", "category": "H02", "subject": ["name": "示例货运有限公司"], "county": "130102", "place": "107 国道 K12", "foundAt": "2026-11-23T08:40:00+08:00", "facts": "未密闭运输，沿途抛洒",
    ]

    static func body(_ changes: [String: JSONValue]) -> JSONValue {
        var members = good.object?.members.map { ($0.name, $0.value) } ?? []
        for (name, value) in changes {
            members.removeAll { $0.0 == name }
            members.append((name, value))
        }
        return .object(JSONObject(members))
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let changes: [String: JSONValue]
        let fields: [String]
    }

    static let wrongs: [Wrong] = [
        Wrong(testDescription: "缺字段一次列全", changes: ["key": .null, "place": .null, "facts": "短"], fields: ["facts", "key", "place"]),
        Wrong(testDescription: "时间", changes: ["foundAt": "昨天"], fields: ["foundAt"]), Wrong(testDescription: "没有的字段", changes: ["speed": 80], fields: ["speed"]),
        Wrong(testDescription: "当事人", changes: ["subject": ["name": "甲"]], fields: ["subject.name"]), Wrong(testDescription: "类型", changes: ["category": 7], fields: ["category"]),
    ]

    @Test(arguments: wrongs)
    func wrongFieldsAreNamed(_ example: Wrong) {
        let failure = #expect(throws: Failure.self) { _ = try CaseHandover(Self.body(example.changes)) }
        #expect(failure?.fields.map(\.field).sorted() == example.fields)
    }

    private func sender(_ id: Int64 = 1, _ permissions: Set<String> = [EnforcementPermission.handOver]) -> Principal {
        Principal(kind: .client, id: id, login: "app\(id)", name: "治超系统", permissions: permissions, scope: .areas(["130102"]))
    }

    /// Sent twice, kept once; another sender's number is another case; it waits at 派单 for the brigade, which sends an officer there.
    @Test func aCaseIsTakenOnce() async throws {
        let house = try await EnforcementHouse()
        let handovers = CaseHandovers(platform: house.platform)
        let wanted = try CaseHandover(Self.good)
        let first = try await house.platform.database.write { [who = sender()] in try handovers.take(wanted, by: who, in: $0) }
        #expect(!first.isRepeat)
        #expect(first.node == "dispatch")
        let again = try await house.platform.database.write { [who = sender()] in try handovers.take(wanted, by: who, in: $0) }
        #expect(again.number == first.number)
        #expect(again.isRepeat)
        let other = try await house.platform.database.write { [who = sender(2)] in try handovers.take(wanted, by: who, in: $0) }
        #expect(other.number != first.number)
        let (own, stranger) = (sender(), sender(3))
        let seen = try await house.platform.database.read { try handovers.standing("QX-1", of: stranger, in: $0) }
        #expect(seen == nil)
        let id = try #require(try await house.platform.database.read { try $0.first("SELECT id FROM workflow_cases WHERE number = \(first.number)")?.int("id") })
        #expect(try await house.list(.todo, by: "leader").contains(id))
        try await house.move(id, "assign", by: "leader", ["assignee": "officer2"])
        let sent = try await house.platform.database.read { try handovers.standing("QX-1", of: own, in: $0) }
        #expect(sent?.node == "verify")
    }

    @Test func whoIsUnknownIsRegistered() async throws {
        let house = try await EnforcementHouse()
        let handovers = CaseHandovers(platform: house.platform)
        let wanted = try CaseHandover(Self.body(["key": "QX-9", "subject": ["name": "外地运输有限公司", "phone": "13800000009"]]))
        _ = try await house.platform.database.write { [who = sender()] in try handovers.take(wanted, by: who, in: $0) }
        #expect(try await house.platform.database.read { try $0.count("SELECT COUNT(*) FROM transport_subject WHERE name = '外地运输有限公司'") } == 1)
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let changes: [String: JSONValue]
        let permissions: Set<String>
    }

    static let refusals: [Refused] = [
        Refused(testDescription: "没有权限", changes: [:], permissions: []),
        Refused(testDescription: "别的县", changes: ["county": "130104"], permissions: [EnforcementPermission.handOver]),
        Refused(testDescription: "没有的小类", changes: ["category": "ZZ"], permissions: [EnforcementPermission.handOver]),
    ]

    @Test(arguments: refusals)
    func isRefused(_ example: Refused) async throws {
        let house = try await EnforcementHouse()
        let handovers = CaseHandovers(platform: house.platform)
        let wanted = try CaseHandover(Self.body(example.changes))
        let who = sender(1, example.permissions)
        await #expect(throws: Failure.self) { try await house.platform.database.write { _ = try handovers.take(wanted, by: who, in: $0) } }
        #expect(try await house.platform.database.read { try $0.count("SELECT COUNT(*) FROM workflow_cases") } == 0)
    }
}

@Suite("B1.1.6.1 检查员账号、B1.1.6.5 特种检查")
struct InspectorAccountTests {
    private func entry(_ house: EnforcementHouse) async throws -> InspectorAccounts.Entry {
        var entry = InspectorAccounts.Entry()
        entry.login = "zhao.wg"
        entry.name = "赵检查"
        entry.phone = "13800000011"
        entry.idCard = "11010519491231002X"
        entry.organisation = try await house.platform.identity.organisations.find(code: "130102")?.id
        entry.grid = house.grid.id
        entry.items = ["T01"]
        entry.post = "网格长"
        entry.duties = "长安网格危货运输"
        return entry
    }

    /// Account, grid, register and binding are one act; a wrong field leaves nothing of it.
    @Test func oneFormBindsAll() async throws {
        let house = try await EnforcementHouse()
        let accounts = InspectorAccounts(platform: house.platform)
        let city = house.person("city"), wanted = try await entry(house)
        var wrong = wanted
        wrong.items = []
        wrong.grid = nil
        let refused = wrong
        let failure = await #expect(throws: Failure.self) { try await house.platform.database.write { _ = try accounts.open(refused, passwordHash: "x", by: city, in: $0) } }
        #expect(Set(failure?.fields.map(\.field) ?? []) == ["items", "grid"])
        #expect(try await house.platform.identity.users.find(login: wanted.login) == nil)
        let id = try await house.platform.database.write { try accounts.open(wanted, passwordHash: "x", by: city, in: $0) }
        let read = try await house.platform.database.read { try accounts.entry(of: id, by: city, in: $0) }
        #expect(read.grid == wanted.grid)
        #expect(read.items == ["T01"])
        #expect(read.post == "网格长")
        #expect(read.duties == "长安网格危货运输")
        let lines = try await house.platform.database.read { try accounts.lines(keyword: "赵检查", before: nil, limit: 10, by: city, in: $0) }
        #expect(lines.map(\.grids) == [["长安网格"]])
        var other = read
        other.items = ["T01", "T02"]
        let changed = other
        try await house.platform.database.write { try accounts.rebind(changed, by: city, in: $0) }
        #expect(try await house.platform.database.read { try accounts.entry(of: id, by: city, in: $0) }.items == ["T01", "T02"])
        await #expect(throws: Failure.self) { try await house.platform.database.write { _ = try accounts.open(wanted, passwordHash: "x", by: city, in: $0) } }
        await #expect(throws: Failure.self) { try await house.platform.database.write { _ = try accounts.open(wanted, passwordHash: "x", by: house.person("officer"), in: $0) } }
    }

    /// Equipment that comes due is inspected on the spot, once; what was found stands on it; an ordinary item is none for equipment.
    @Test func equipmentComesDue() async throws {
        let house = try await EnforcementHouse()
        let platform = house.platform, desk = InspectionDesk(platform: house.platform)
        let values: [String: JSONValue] = [
            "name": "液化气罐体", "code": "GT20260001", "kind": "tank", "plateNo": "冀A12345挂", "item": "T01", "nextInspectionOn": "2026-12-10", "inUse": 1,
        ]
        let org = house.carrier.org
        let ordinary = Draft(values.merging(["item": "J01"]) { $1 }, org: org), special = Draft(values, org: org)
        await #expect(throws: Failure.self) {
            try await platform.database.write { _ = try platform.ledgers.create(TransportEquipment.ledger.name, ordinary, by: .system(), in: $0) }
        }
        let piece = try await platform.database.write { try platform.ledgers.create(TransportEquipment.ledger.name, special, by: .system(), in: $0) }
        for expected in [1, 0] {
            let added = try await platform.database.write { try desk.gatherEquipment(in: $0) }
            #expect(added == expected)
        }
        let pending = try await platform.database.read { try $0.first("SELECT item, origin, assignee_name FROM pending_inspections WHERE done_at IS NULL") }
        #expect(pending?.text("origin") == "equipment")
        #expect(pending?.text("assignee_name") == "inspector（测试）")
        let visit = InspectionDesk.Visit(subject: house.carrier.id, findings: [.init(item: pending?.int("item") ?? 0, result: .pass)])
        let inspector = house.person("inspector")
        _ = try await platform.database.write { try desk.submit(visit, by: inspector, in: $0) }
        let row = try await platform.database.read { try $0.first("SELECT check_result, checked_on FROM transport_equipment WHERE id = \(piece.id)") }
        #expect(row?.text("check_result") == "pass")
        #expect(row?.int("checked_on") == 20_261_123)
        let again = try await platform.database.write { try desk.gatherEquipment(in: $0) }
        #expect(again == 0)
    }
}
