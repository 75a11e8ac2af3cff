import Foundation
import Identity
import Kernel
import Storage
import Testing
import Workflows

@Suite("B2.1.6 执法案件：标尺")
struct InspectionCaseTests {
    static let found: [String: JSONValue] = ["party": "示例运输公司", "category": "未密闭运输", "facts": "夜间巡查发现渣土车未密闭", "confirmedOnSite": "false"]
    static let party = Principal(kind: .client, id: 0, login: "concerned", name: "当事人", permissions: [], scope: .nothing)

    @Test func declarationIsShortAndSound() throws {
        #expect(InspectionCase.workflow.faults(knownEffects: ["case.takeBack", "case.file", "case.archive"]) == [])
        let source = try String(contentsOfFile: #filePath.replacingOccurrences(of: "InspectionCaseTests.swift", with: "InspectionCase.swift"), encoding: .utf8)
        #expect(source.split(separator: "\n", omittingEmptySubsequences: false).count < 200)
    }

    private func appeal(_ house: WorkflowHouse, _ id: Int64) async throws {
        let step = try #require(try await house.open(id).first)
        let engine = house.engine
        try await house.database.write { tx in
            _ = try engine.move(CaseMove(step: step.id, "appeal", opinion: "车辆已密闭", values: ["appellant": "李四", "phone": "13812345678"]), by: Self.party, in: tx)
        }
    }

    @Test("两次申诉、第三次不受理、自动立案、会签、市级审批、公示、执行、归档")
    func wholeWay() async throws {
        let house = try await WorkflowHouse([InspectionCase.workflow], dictionaries: [InspectionCase.dictionary])
        let item = try await house.start("inspectionCase", Self.found, by: "county")
        let id = item.id
        try await house.move(id, "assign", by: "county")
        #expect(try await house.steps(id) == ["verify"])
        try await house.move(id, "true", by: "county2", values: ["verified": "监控可见"])
        try await house.move(id, "served", by: "county2", values: ["record": "现场勘验"])
        for _ in 0..<2 {
            #expect(try await house.steps(id) == ["appealPeriod"])
            try await appeal(house, id)
            try await house.move(id, "reject", by: "county", opinion: "证据充分")
        }
        #expect(try await failureCode { try await appeal(house, id) } == "JW-WF22")
        try await house.pass(days: 8)
        #expect(try await house.steps(id) == ["discussion"])
        #expect(house.ran.value == ["case.file"])
        try await house.move(id, "agree", by: "county")
        try await house.move(id, "agree", by: "county2")
        #expect(try await failureCode { try await house.move(id, "propose", by: "county", values: ["measure": "jail"]) } == "JW-K422")
        try await house.move(id, "propose", by: "county", values: ["measure": "fine", "fine": 80_000])
        #expect(try await house.steps(id) == ["approval"], "大额罚款报市级")
        try await house.move(id, "reject", by: "city", opinion: "金额偏高")
        try await house.move(id, "propose", by: "county", values: ["measure": "fine", "fine": 30_000])
        #expect(try await house.steps(id) == ["publicity"])
        try await house.pass(days: 12)
        try await house.move(id, "done", by: "county", values: ["executed": "已缴款"])
        let ended = try #require(try await house.item(id))
        #expect(ended.outcome == "archived" && house.ran.value == ["case.file", "case.archive"])
        #expect(try await house.timeline(id).filter { $0.action == "appeal" }.count == 2)
    }

    @Test func dismissedWhereUntrue() async throws {
        let house = try await WorkflowHouse([InspectionCase.workflow], dictionaries: [InspectionCase.dictionary])
        let item = try await house.start("inspectionCase", Self.found, by: "county")
        try await house.move(item.id, "assign", by: "county")
        #expect(try await failureCode { try await house.move(item.id, "false", by: "county", opinion: "", values: ["verified": "无"]) } == "JW-K422")
        try await house.move(item.id, "false", by: "county", opinion: "号牌辨认有误", values: ["verified": "号牌不符"])
        #expect(try await house.item(item.id)?.outcome == "dismissed")
    }

    @Test func overdueEvidenceEscalatesToTheCity() async throws {
        let house = try await WorkflowHouse([InspectionCase.workflow], dictionaries: [InspectionCase.dictionary])
        var found = Self.found
        found["confirmedOnSite"] = "true"
        let item = try await house.start("inspectionCase", found, by: "county")
        try await house.move(item.id, "assign", by: "county")
        #expect(try await house.steps(item.id) == ["evidence"])
        #expect(try await house.list(.todo, by: "city") == [])
        try await house.pass(days: 8)
        #expect(try await house.list(.todo, by: "city") == [item.number])
        #expect(try await house.timeline(item.id).contains { $0.action == "overdue" })
    }
}
