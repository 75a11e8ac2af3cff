import Kernel
import MobileSources
import Testing

@Suite("A-02 A-11 放行判断")
struct GatePassRuleTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let facts: GatePassRule.Facts
        let verdict: GatePassRule.Verdict
        let findings: [PassFinding]

        init(_ text: String, _ verdict: GatePassRule.Verdict, _ findings: [PassFinding] = [], _ change: (inout GatePassRule.Facts) -> Void = { _ in }) {
            testDescription = text
            var facts = GatePassRuleTests.facts
            change(&facts)
            self.facts = facts
            self.verdict = verdict
            self.findings = findings
        }
    }

    /// A compliant heavy diesel truck of stage five, changed only where an example says so.
    static let facts = GatePassRule.Facts(
        plate: PlateNumber(normalizing: "冀A12345"), color: .yellow, isInternal: false, filing: .approved, stage: .five, fuel: "B", group: .heavy, vehicleClass: "0",
        listedVersion: nil,
        level: .none, strategy: strategy(.none, .four), minuteOfDay: 480, tripsToday: 0, tonnesToday: 0, tonnes: 30, isEntry: true
    )

    static func strategy(_ level: WarningLevel, _ minimum: EmissionStage?, _ change: (inout Strategy) -> Void = { _ in }) -> Strategy {
        var strategy = Strategy(id: 1, version: 1, name: "示例", level: level, minimumStage: minimum)
        change(&strategy)
        return strategy
    }

    static let examples: [Example] = [
        Example("已备案、国五、无预警: 放行", .allow),
        Example("未备案: 不放行", .refuse, [.notFiled]) { $0.filing = .none },
        Example("待校验: 不放行", .refuse, [.filingPending]) { $0.filing = .pending },
        Example("退回: 不放行", .refuse, [.filingRejected]) { $0.filing = .rejected },
        Example("列入名单: 不放行", .refuse, [.excessListed]) { $0.listedVersion = 7 },
        Example("国三低于无预警下限国四", .refuse, [.strategyBreached]) { $0.stage = .three },
        Example("黄色预警国四", .refuse, [.strategyBreached]) {
            $0.stage = .four
            $0.level = .yellow
            $0.strategy = strategy(.yellow, .five)
        },
        Example("黄色预警国五", .allow) {
            $0.level = .yellow
            $0.strategy = strategy(.yellow, .five)
        },
        Example("红色预警要求国六，新能源不受限", .allow) {
            $0.stage = .electric
            $0.fuel = "C"
            $0.strategy = strategy(.red, .six)
        },
        Example("红色预警停止进出", .refuse, [.strategyBreached]) { $0.strategy = strategy(.red, nil) { $0.stopsAll = true } },
        Example("停止进出时新能源豁免可关闭", .refuse, [.strategyBreached]) {
            $0.stage = .electric
            $0.strategy = strategy(.red, nil) {
                $0.stopsAll = true
                $0.allowsNewEnergy = false
            }
        },
        Example("民生保障豁免", .allow) {
            $0.stage = .three
            $0.vehicleClass = "3"
            $0.strategy = strategy(.orange, .five) { $0.exemptClasses = ["3"] }
        },
        Example("豁免名单中的号牌", .allow) {
            $0.stage = .two
            $0.strategy = strategy(.red, .six) { $0.exemptPlates = ["冀A12345"] }
        },
        Example("轻型车不在限制车型内", .allow) {
            $0.stage = .three
            $0.group = .light
        },
        Example("限制时段之外", .allow) {
            $0.stage = .three
            $0.strategy = strategy(.yellow, .five) { $0.windows = [TimeWindow(from: 1020, to: 1200)] }
        },
        Example("跨零点的限制时段之内", .refuse, [.strategyBreached]) {
            $0.stage = .three
            $0.minuteOfDay = 30
            $0.strategy = strategy(.yellow, .five) { $0.windows = [TimeWindow(from: 1320, to: 360)] }
        },
        Example("车次达到上限", .refuse, [.strategyBreached]) {
            $0.tripsToday = 10
            $0.strategy = strategy(.orange, .five) { $0.dailyTripCap = 10 }
        },
        Example("最后一车次之内", .allow) {
            $0.tripsToday = 9
            $0.strategy = strategy(.orange, .five) { $0.dailyTripCap = 10 }
        },
        Example("出厂不计车次上限", .allow) {
            $0.tripsToday = 10
            $0.isEntry = false
            $0.strategy = strategy(.orange, .five) { $0.dailyTripCap = 10 }
        },
        Example("运输量超过上限", .refuse, [.strategyBreached]) {
            $0.tonnesToday = 980
            $0.strategy = strategy(.orange, .five) { $0.dailyTonnesCap = 1000 }
        },
        Example("禁止的燃料", .refuse, [.strategyBreached]) { $0.strategy = strategy(.red, nil) { $0.bannedFuels = ["B"] } },
        Example("阶段未知不能证明符合", .refuse, [.strategyBreached, .stageUnknown]) { $0.stage = .unknown },
        Example("未备案又列名单，两个原因都说", .refuse, [.notFiled, .excessListed]) {
            $0.filing = .none
            $0.listedVersion = 2
        },
        Example("内部车辆豁免一切", .allow, [.internalVehicle]) {
            $0.isInternal = true
            $0.filing = .none
            $0.listedVersion = 2
        },
        Example("无牌车辆无法判定", .unknown, [.plateMissing]) {
            $0.plate = .none
            $0.filing = .none
        },
    ]

    @Test(arguments: examples)
    func judges(_ example: Example) {
        let judgement = GatePassRule.judge(example.facts)
        #expect(judgement.verdict == example.verdict)
        #expect(judgement.findings.map(\.kind) == example.findings)
    }

    @Test(arguments: examples)
    func explanationAgreesWithVerdict(_ example: Example) {
        let explanation = PassExplanation(example.facts)
        #expect(explanation.verdict == example.verdict)
        #expect(explanation.steps.contains { $0.outcome == .failed } == (example.verdict != .allow))
    }

    @Test(arguments: [("07:00-09:00,17:00-20:00", 2), ("22:00-06:00", 1), ("", 0)])
    func readsWindows(_ text: String, _ count: Int) { #expect(TimeWindow.parse(text)?.count == count) }

    @Test(arguments: ["7-9", "25:00-26:00", "07:00", "07:00-07:00"])
    func refusesWindows(_ text: String) { #expect(TimeWindow.parse(text) == nil) }
}
