import Alarms
import Features
import Identity
import Kernel
import Ledgers
import Operations
import ParkSafety
import Storage
import Testing

@Suite("D2.6 园区到期预警场景")
struct ParkSafetyTests {
    struct Scenario: Sendable, CustomTestStringConvertible {
        let row: String, rule: String, ledger: String, field: String
        let values: [String: JSONValue]
        /// What mends it: another date in the same field, or a done field.
        var done: String?
        var testDescription: String { "\(row) \(rule)" }
    }

    private static func licence(_ kind: String) -> [String: JSONValue] {
        ["name": "证照（演示）", "kind": .string(kind), "number": .string("X-\(kind)"), "issuer": "应急管理局", "issuedOn": "2023-11-01"]
    }
    private static func certificate(_ kind: String) -> [String: JSONValue] {
        ["holder": "张三", "post": "安全员", "kind": .string(kind), "certificateNo": .string("C-\(kind)-1"), "issuer": "应急管理局", "issuedOn": "2023-11-01"]
    }
    private static func report(_ kind: String) -> [String: JSONValue] {
        ["name": .string("报告 \(kind)"), "kind": .string(kind), "author": "评价机构", "issuedOn": "2023-11-01"]
    }

    static let scenarios: [Scenario] = [
        Scenario(
            row: "D2.6.1", rule: "majorHiddenDangerOverdue", ledger: "majorHiddenDanger", field: "deadline",
            values: ["name": "储罐高液位联锁失效", "details": "联锁未投用，需整改", "source": "park", "place": "罐区", "registeredAt": "2026-11-01 08:00:00", "rectifier": "李四"], done: "rectifiedOn"),
        Scenario(row: "D2.6.2", rule: "safetyPermitExpiry", ledger: "enterpriseLicence", field: "validUntil", values: licence("production")),
        Scenario(row: "D2.6.3", rule: "usePermitExpiry", ledger: "enterpriseLicence", field: "validUntil", values: licence("use")),
        Scenario(row: "D2.6.4", rule: "tradePermitExpiry", ledger: "enterpriseLicence", field: "validUntil", values: licence("trade")),
        Scenario(row: "D2.6.5", rule: "managerCertExpiry", ledger: "personCertificate", field: "validUntil", values: certificate("manager")),
        Scenario(
            row: "D2.6.6", rule: "equipmentInspectionExpiry", ledger: "specialEquipment", field: "nextInspectionOn",
            values: ["name": "反应釜", "code": "2150-01", "kind": "2000", "place": "1号装置"]),
        Scenario(row: "D2.6.7", rule: "hazardReportExpiry", ledger: "hazardReport", field: "validUntil", values: report("hazard")),
        Scenario(row: "D2.6.8", rule: "specialWorkerCertExpiry", ledger: "personCertificate", field: "validUntil", values: certificate("specialWork")),
        Scenario(row: "D2.6.9", rule: "standardizationExpiry", ledger: "enterpriseLicence", field: "validUntil", values: licence("standardization")),
        Scenario(row: "D2.6.10", rule: "currentAssessmentExpiry", ledger: "hazardReport", field: "validUntil", values: report("current")),
        Scenario(row: "D2.6.11", rule: "operatorCertExpiry", ledger: "personCertificate", field: "validUntil", values: certificate("operator")),
        Scenario(
            row: "D2.6.12", rule: "drillOverdue", ledger: "drillPlan", field: "dueOn",
            values: ["name": "氯气泄漏演练", "mode": "live", "kind": "single", "level": "company", "plan": "综合应急预案", "scenario": "氯气泄漏", "department": "安环部"], done: "heldOn"),
        Scenario(
            row: "D2.6.13", rule: "planFilingExpiry", ledger: "emergencyPlanFiling", field: "validUntil",
            values: ["name": "综合应急预案", "kind": "overall", "filingDepartment": "园区应急局", "issuedOn": "2023-10-01", "filedOn": "2023-11-01"]),
        Scenario(
            row: "D2.6.14", rule: "fireFacilityOverdue", ledger: "fireFacility", field: "nextCheckOn",
            values: ["name": "消火栓", "code": "XF-1", "kind": "hydrant", "zone": "一区", "keeper": "王五", "cycleDays": 30]),
    ]

    @Test("到期未更新：报警；更新或完成：自行消警；别的类型不动", arguments: scenarios)
    func scenario(_ one: Scenario) async throws {
        let house = try await LedgerHouse(features: FeatureSet([ParkSafety.feature]))
        let (expiries, ledgers, admin) = (house.platform.expiries, house.platform.ledgers, house.admin)
        try ParkSafety.feature.prepare(house.platform)
        try await expiries.open()
        var values = one.values
        let today = house.platform.clock.today
        values[one.field] = .string(today.adding(days: -1).text)
        let record = try await ledgers.create(one.ledger, Draft(values, org: house.north), by: admin)
        _ = try await expiries.run()
        let found = try await house.platform.database.read { try expiries.warnings(state: "open", by: admin, in: $0) }
        let rules = Dictionary(expiries.current.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        #expect(found.map { rules[$0.rule] } == [one.rule])
        #expect(found.first?.stage == -1 && found.first?.org == house.north)
        let alarms = try await house.platform.database.read { try $0.count("SELECT COUNT(*) FROM alarms WHERE kind = 'dateExpired' AND state = 'new'") }
        #expect(alarms == 1)
        let mended: [String: JSONValue] = one.done.map { [$0: .string(today.text)] } ?? [one.field: .string(today.adding(days: 1000).text)]
        _ = try await ledgers.update(one.ledger, id: record.id, Draft(mended), expectedVersion: record.version, by: admin)
        let left = try await house.platform.database.read { try $0.count("SELECT COUNT(*) FROM alarms WHERE kind = 'dateExpired' AND state = 'new'") }
        #expect(left == 0)
    }

    @Test("提前量 90/30/7 天；目录 14 个场景一个不少") func declared() throws {
        let features = FeatureSet([ParkSafety.feature, Operations.feature])
        #expect(features.check().isEmpty)
        #expect(Set(Self.scenarios.map(\.row)).count == 14)
    }
}
