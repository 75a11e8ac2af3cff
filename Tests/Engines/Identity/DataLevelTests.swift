import Cryptography
import Identity
import Kernel
import Storage
import Testing

@Suite("B5.1.6 审核流程配置")
struct DataLevelTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let assets: [String: DataLevel]
        let fields: [String]
        let level: DataLevel
    }

    static let examples: [Example] = [
        Example(testDescription: "没有个人信息的为内部", assets: [:], fields: ["plate"], level: .inner),
        Example(testDescription: "含个人信息的为敏感", assets: [:], fields: ["plate", "owner"], level: .sensitive),
        Example(testDescription: "整本指定后不再按个人信息算", assets: ["car": .open], fields: ["plate", "owner"], level: .open),
        Example(testDescription: "单独定级的字段高于整本", assets: ["car": .open, "car.plate": .core], fields: ["plate", "owner"], level: .core),
        Example(testDescription: "不涉及的字段不算", assets: ["car": .open, "car.plate": .core], fields: ["owner"], level: .open),
        Example(testDescription: "别的台账不算", assets: ["carpark": .core, "carpark.owner": .core], fields: ["plate"], level: .inner),
        Example(testDescription: "个人信息字段可以降级", assets: ["car.owner": .open], fields: ["owner"], level: .inner),
    ]

    @Test(arguments: examples)
    func levels(_ example: Example) {
        var plan = DataLevelPlan()
        plan.assets = example.assets
        #expect(plan.level(of: "car", fields: example.fields, personal: ["owner"]) == example.level)
    }

    @Test func theFlowFollowsTheLevel() async throws {
        let house = try await House()
        let control = house.engine.dualControl
        try await house.user("asker", .county, in: house.organisation("130102"))
        try await house.user("boss", .city, in: house.organisation("1301"))
        _ = try await house.principal("boss")
        let person = try await house.principal("asker")
        try await control.publish(votes: ["massExport": [.sensitive: 1, .open: 0]], workflows: ["dataService": [.core: "strict"]], known: ["strict"], by: .system())
        func verdict(_ level: DataLevel?) async throws -> DualVerdict {
            try await control.admit(AskedAct(act: .massExport, method: "POST", path: "/x/\(level?.rawValue ?? "")", fields: [], approval: nil, level: level), by: person)
        }
        for level in [nil, DataLevel.open, .inner, .core] { #expect(try await verdict(level) == .go) }
        guard case .wait = try await verdict(.sensitive) else {
            Issue.record("敏感数据的导出应待复核")
            return
        }
        #expect(control.asks(for: .massExport) && !control.asks(for: .reveal))

        try await control.classify("car", title: "车辆", as: .core, fields: ["plate": .open], by: .system())
        try await control.classify("carpark", title: "车场", as: nil, fields: ["owner": .core], by: .system())
        try await control.classify("car", title: "车辆", as: nil, fields: [:], by: .system())
        let kept = control.levels.current
        #expect(kept.assets == ["carpark.owner": .core], "定级互不影响")
        #expect(kept.votes == ["massExport": [.sensitive: 1, .open: 0]] && kept.workflows == ["dataService": [.core: "strict"]])

        let again = IdentityEngine(database: house.database, clock: house.hand.clock, keys: .ephemeral())
        try await house.database.read { try again.dualControl.load($0) }
        #expect(again.dualControl.levels.current == kept, "重启后不变")
    }

    @Test func whatNobodyCouldFulfilIsRefused() async throws {
        let house = try await House()
        do {
            try await house.engine.dualControl.publish(
                votes: ["massExport": [.core: 3], "reveal": [.open: 9]], workflows: ["dataService": [.core: "none"]], known: ["strict"], by: .system())
            Issue.record("应被拒绝")
        } catch let failure as Failure {
            #expect(failure.fields.map(\.field) == ["massExport/core", "reveal/open", "dataService/core"])
        }
    }
}
