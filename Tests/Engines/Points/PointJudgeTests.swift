import Foundation
import Kernel
import Points
import Testing

private let noon = Moment(parsing: "2026-11-22 12:00:00") ?? Moment(milliseconds: 0)

@Suite("D2.5.2 限值判定")
struct PointJudgeTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var limits = PointLimits(lowLow: 5, low: 10, high: 25, highHigh: 50, band: 2)
        /// Seconds and values.
        let values: [(Int64, Double)]
        let said: [String]
    }

    static let examples = [
        Example(testDescription: "限值以内", values: [(0, 15), (5, 24.9), (10, 10.1)], said: []),
        Example(testDescription: "达到即报", values: [(0, 15), (5, 25)], said: ["high"]),
        Example(testDescription: "回差以内不算恢复", values: [(0, 26), (5, 24), (10, 26), (15, 23)], said: ["high", "-high"]),
        Example(testDescription: "逐级升降", values: [(0, 30), (5, 55), (10, 30), (15, 15)], said: ["high", "highHigh", "-highHigh", "-high"]),
        Example(testDescription: "一步到高高，回落到高仍报高", values: [(0, 60), (5, 30), (10, 15)], said: ["highHigh", "-highHigh", "high", "-high"]),
        Example(testDescription: "一步恢复", values: [(0, 30), (5, 60), (10, 15)], said: ["high", "highHigh", "-highHigh", "-high"]),
        Example(testDescription: "低与低低", values: [(0, 9), (5, 4), (10, 6.5), (15, 7.5), (20, 13)], said: ["low", "lowLow", "-lowLow", "-low"]),
        Example(testDescription: "由高直接到低", values: [(0, 30), (5, 8)], said: ["high", "-high", "low"]),
        Example(
            testDescription: "延时以内不报", limits: PointLimits(high: 25, delay: 10), values: [(0, 30), (5, 30), (8, 20), (10, 30), (15, 30), (20, 30)], said: ["high"]),
        Example(testDescription: "旧数据不判", values: [(10, 15), (5, 60), (10, 60)], said: []),
        Example(testDescription: "变化率", limits: PointLimits(rate: 30), values: [(0, 10), (60, 35), (120, 70)], said: ["rate 35.0"]),
        Example(testDescription: "没有限值", limits: PointLimits(), values: [(0, 1e9), (5, -1e9)], said: []),
    ]

    static func said(_ finding: PointStanding.Finding) -> String {
        switch finding {
        case .raise(let level, _, _): level.rawValue
        case .clear(let level, _): "-\(level.rawValue)"
        case .rate(let perMinute, _, _): "rate \(perMinute)"
        case .online: "online"
        }
    }

    @Test(arguments: examples)
    func `what values say`(_ example: Example) {
        var standing = PointStanding()
        let said = example.values.flatMap { seconds, value in
            standing.take(PointSample(noon.adding(seconds: seconds), value), example.limits, isJudged: true).map(Self.said)
        }
        #expect(said == example.said)
    }

    @Test func `doubtful and bad values are not judged, nor are paused points`() {
        let limits = PointLimits(high: 25)
        for (quality, isJudged) in [(PointQuality.doubtful, true), (.bad, true), (.good, false)] {
            var standing = PointStanding()
            #expect(standing.take(PointSample(noon, 60, quality), limits, isJudged: isJudged).isEmpty)
            #expect(standing.last?.value == 60 && standing.level == .normal)
        }
    }

    @Test func `limits of gas come from GB/T 50493 where nobody set any`() {
        #expect(PointKind.combustible.preset(unit: "%LEL") == PointLimits(high: 25, highHigh: 50, band: 2))
        #expect(PointKind.toxic.preset(unit: "%OEL").highHigh == 200 && PointKind.toxic.preset(unit: "ppm").isEmpty)
        #expect(PointKind.oxygen.preset(unit: "%VOL").low == 19.5 && PointKind.temperature.preset(unit: "℃").isEmpty)
    }

    @Test(arguments: [(PointLimits(low: 3, high: 2), false), (PointLimits(lowLow: 1, highHigh: 2), true), (PointLimits(high: 5, highHigh: 5), false), (PointLimits(), true)])
    func `limits stand in order`(_ limits: PointLimits, _ isInOrder: Bool) { #expect((limits.disorder == nil) == isInOrder) }
}

@Suite("D9.8.4 时序算法")
struct SeriesAlgorithmTests {
    let algorithms = SeriesAlgorithms()

    /// A quiet series with one value far out.
    private var spiked: StepSeries {
        var random = SplitMix64(seed: 5)
        var values: [Double?] = (0..<120).map { _ in 20 + Double(random.next() % 100) / 100 }
        values[80] = 30
        values[81] = nil
        return StepSeries(step: 60, values: values)
    }

    @Test(arguments: ["sigma", "rolling", "ewma"])
    func `a value far out is found`(_ name: String) throws {
        let found = try #require(algorithms.detector(name)).anomalies(in: spiked)
        #expect(found.contains { $0.index == 80 && $0.value == 30 && $0.high < 30 })
        #expect(found.count <= 12)
    }

    @Test func `EWMA judges a swinging series by its sudden moves`() throws {
        var random = SplitMix64(seed: 6)
        var values: [Double?] = []
        for step in 0..<200 {
            let swing = 5 * sin(Double(step) / 20), noise = Double(random.next() % 200) / 100
            values.append(20 + swing + noise + (step == 120 ? 9 : 0))
        }
        let swinging = StepSeries(step: 60, values: values)
        let found = try #require(algorithms.detector("ewma")).anomalies(in: swinging)
        #expect(found.contains { $0.index == 120 } && found.count < 12)
        #expect(try #require(algorithms.detector("sigma")).anomalies(in: swinging).isEmpty)
    }

    @Test(arguments: ["linear", "holt"])
    func `a straight line goes on`(_ name: String) throws {
        let steps = try #require(algorithms.forecaster(name)).forecast(StepSeries(step: 60, values: (0..<60).map { 10 + Double($0) * 0.5 }), steps: 10)
        #expect(steps.count == 10 && abs(steps[9].value - 44.5) < 0.5)
        #expect(steps.allSatisfy { $0.low <= $0.value && $0.value <= $0.high })
    }

    @Test func `too little says nothing`() {
        let few = StepSeries(step: 60, values: [1, nil, 2])
        #expect(algorithms.detectors.allSatisfy { $0.anomalies(in: few).isEmpty } && algorithms.forecasters.allSatisfy { $0.forecast(few, steps: 5).isEmpty })
        #expect(algorithms.detector("sigma")?.anomalies(in: StepSeries(step: 1, values: Array(repeating: 5, count: 50))) == [])
    }

    /// A domain's own plug.
    private struct Nothing: AnomalyDetector {
        let name = "nothing", title = "无", note = ""
        func anomalies(in series: StepSeries) -> [SeriesAnomaly] { [] }
    }

    @Test func `algorithms can be added`() {
        algorithms.add(Nothing())
        #expect(algorithms.detectors.count == 4 && algorithms.detector("nothing") != nil && algorithms.detector(nil) == nil)
    }
}

@Suite("监测数据文本行")
struct PointLinesTests {
    @Test func `lines are read, faults are named`() {
        let lines = PointLines(Array("A-1,1700000000000,12.34\nA-1,1700000001000,-0.5,1\r\n\nB,1700000002000,1e3\nB,x,1\nB,1,\n,1,2\nA,1,2,3\n".utf8))
        #expect(
            lines.reports == [
                PointReport("A-1", PointSample(Moment(milliseconds: 1_700_000_000_000), 12.34)),
                PointReport("A-1", PointSample(Moment(milliseconds: 1_700_000_001_000), -0.5, .doubtful)),
                PointReport("B", PointSample(Moment(milliseconds: 1_700_000_002_000), 1000)),
            ])
        #expect(lines.faults.map(\.line) == [5, 6, 7, 8])
    }

    @Test(arguments: ["0", "-0.0", "0.1", "123456789.987654", "1234567890123456789", "3.141592653589793238", "1e-7", "-5"])
    func `numbers are what every reader reads`(_ text: String) {
        #expect(PointLines(Array("A,1,\(text)".utf8)).reports.first?.sample.value.bitPattern == Double(text)?.bitPattern)
    }
}

@Suite("D9.3.8 计算点位")
struct PointFormulaTests {
    static let examples: [(text: String, value: Double?)] = [
        ("{A} + {B} * 2", 16), ("({A}+{B})*2", 22), ("-{A} - -{B}", -1), ("{A} / 0", nil), ("{A} / {B}", 1.2), ("{A} >= 6", 1), ("{A} < 6", 0), ("{A} = 6", 1), ("{A} != 6", 0),
        ("min({A},{B},3)", 3), ("max({A},{B})", 6), ("avg({A},{B})", 5.5), ("abs({B} - {A})", 1), ("and({A} > 1, {B} > 9)", 0), ("or({A} > 1, {B} > 9)", 1), ("not({A})", 0),
        ("if({A} > 5, {B}, 0)", 5), ("{nobody} + 1", nil), ("10 - 2 - 3 + {A} * 0", 5), ("1.5 * {A}", 9),
    ]

    @Test(arguments: examples)
    func `formulas come to what they say`(_ example: (text: String, value: Double?)) throws {
        #expect(try PointFormula(example.text).value { ["A": 6, "B": 5][$0] } == example.value)
    }

    static let faults = [
        "", "1 + 2", "{A", "{}", "{A} +", "{A}} ", "({A}", "system({A})", "min()", "if({A}, 1)", "{A} 5", "{A} ; {B}", "1.2.3 + {A}", String(repeating: "(", count: 60) + "{A}",
        String(repeating: "-", count: 200) + "{A}", String(repeating: "{A}+", count: 200) + "1",
    ]

    @Test(arguments: faults)
    func `what is no formula is refused with a sentence`(_ text: String) { #expect(throws: Failure.self) { try PointFormula(text) } }
}
