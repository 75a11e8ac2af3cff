import Kernel
import Rules
import Testing

@Suite("A-18 自定义规则：条件、次数、时间窗与时段")
struct WatchRuleTests {
    static let noon = Moment(parsing: "2026-11-20 12:00:00") ?? Moment(milliseconds: 0)
    static let vocabulary = [FactDeclaration("stage", "排放阶段", .number), FactDeclaration("direction", "方向", .text)]

    static func at(_ minutes: Int64) -> Moment { noon.adding(seconds: minutes * 60) }

    @Test("每到一次够数的即命中；窗口外不算", arguments: [(0, [3, 4]), (1, [3]), (24, [3, 4, 5])])
    func spans(_ hours: Int, _ hits: [Int64]) {
        let judge = WatchJudge(WatchRule(groupedBy: "x", times: 3, windowHours: hours), vocabulary: [])
        let minutes: [(Int64, Int64)] = [(1, 0), (2, 20), (3, 50), (4, 300), (5, 800)]
        let happenings = minutes.map { WatchedHappening($0.0, at: Self.at($0.1), group: "冀A12345") } + [WatchedHappening(9, at: Self.at(30), group: "冀A99999")]
        #expect(judge.hits(of: happenings).map(\.last.id) == hits)
    }

    @Test func whatWasJudgedMakesNoneAgain() {
        let judge = WatchJudge(WatchRule(groupedBy: "x", times: 2), vocabulary: [])
        let known = [WatchedHappening(1, at: Self.at(0), group: "a", isNew: false), WatchedHappening(2, at: Self.at(10), group: "a", isNew: false)]
        #expect(judge.hits(of: known).isEmpty)
        #expect(judge.hits(of: known + [WatchedHappening(3, at: Self.at(20), group: "a")]).map(\.count) == [3])
        // One that came late completes what stood alone after it, and says nothing of what was a hit without it.
        let late = [WatchedHappening(4, at: Self.at(60), group: "b", isNew: false), WatchedHappening(5, at: Self.at(30), group: "b")]
        #expect(judge.hits(of: late).map(\.last.id) == [4])
        #expect(judge.hits(of: known + [WatchedHappening(6, at: Self.at(-5), group: "a")]).map(\.last.id) == [1])
    }

    @Test(
        "有效期、星期与跨零点的时段",
        arguments: [
            ("2026-11-20 22:30:00", true), ("2026-11-21 05:59:00", false), ("2026-11-20 06:00:00", false), ("2026-11-20 00:10:00", true), ("2026-11-13 23:00:00", false),
            ("2026-12-04 23:00:00", false),
        ])
    func whenItHolds(_ text: String, _ holds: Bool) throws {
        let rule = WatchRule(
            groupedBy: "x", validFrom: Day(parsing: "2026-11-14"), validUntil: Day(parsing: "2026-11-30"), hours: WatchRule.ClosedSpan(from: 1320, until: 360), weekdays: [5])
        #expect(rule.holds(at: try #require(Moment(parsing: text))) == holds)
        #expect(rule.hours?.text == "22:00 至次日 06:00")
    }

    @Test func conditionsAndJSON() throws {
        let rule = WatchRule(
            conditions: [Condition("stage", .atMost, 4), Condition("direction", .oneOf, ["1"])], groupedBy: "vehicle", times: 2, windowHours: 24,
            validFrom: Day(parsing: "2026-11-14"),
            hours: WatchRule.ClosedSpan(from: 0, until: 360), weekdays: [1, 7])
        #expect(try WatchRule(json: try JSONValue(parsing: rule.json.text)) == rule)
        let judge = WatchJudge(rule, vocabulary: Self.vocabulary)
        let night = try #require(Moment(parsing: "2026-11-22 01:00:00"))
        #expect(judge.counts(["stage": 3, "direction": "1"], at: night))
        #expect(!judge.counts(["stage": 5, "direction": "1"], at: night) && !judge.counts(["direction": "1"], at: night))
        #expect(judge.mayCount(["direction": "1"], at: night, later: ["stage"]))
        #expect(rule.faults(vocabulary: Self.vocabulary, groupings: ["vehicle"]).isEmpty)
        let wrong = WatchRule(conditions: [Condition("speed", .atMost, 4)], groupedBy: "nobody", times: 0, windowHours: 900)
        #expect(wrong.faults(vocabulary: Self.vocabulary, groupings: ["vehicle"]).map(\.field) == ["groupedBy", "times", "windowHours", "conditions"])
        #expect(WatchRule(groupedBy: "vehicle").faults(vocabulary: [], groupings: ["vehicle"]).map(\.field) == ["conditions"])
    }
}
