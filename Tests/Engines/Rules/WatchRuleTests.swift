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

@Suite("D17.3.3 组合与文字中的一部分")
struct TogetherTests {
    private static let vocabulary = [FactDeclaration("act", "动作", .text), FactDeclaration("text", "内容", .text)]
    private static let rule = WatchRule(groupedBy: "who", windowHours: 1, together: WatchRule.Together(fact: "act", values: ["a", "b"]))
    private static let noon = Moment(milliseconds: 1_800_000_000_000)

    private func happening(_ id: Int64, _ minute: Int64, _ mark: String, isNew: Bool = true) -> WatchedHappening {
        WatchedHappening(id, at: Self.noon.adding(seconds: minute * 60), group: "x", isNew: isNew, mark: mark)
    }

    @Test func `every value within the span, counted when one of them is new`() {
        let judge = WatchJudge(Self.rule, vocabulary: Self.vocabulary)
        #expect(judge.hits(of: [happening(1, 0, "a"), happening(2, 59, "b")]).map(\.last.id) == [2])
        #expect(judge.hits(of: [happening(1, 0, "a"), happening(2, 61, "b")]).isEmpty)
        #expect(judge.hits(of: [happening(1, 0, "a"), happening(2, 1, "a")]).isEmpty)
        #expect(judge.hits(of: [happening(1, 0, "a", isNew: false), happening(2, 1, "b", isNew: false)]).isEmpty)
        // One that came late completes what stood there.
        #expect(judge.hits(of: [happening(2, 5, "b", isNew: false), happening(3, 0, "a")]).map(\.last.id) == [2])
        #expect(judge.counts(["act": .text("a")], at: Self.noon) && !judge.counts(["act": .text("c")], at: Self.noon))
        #expect(judge.mark(of: ["act": .text("b")]) == "b" && judge.mark(of: [:]) == nil)
    }

    @Test func `it survives being stored, and needs two values of a known fact`() throws {
        #expect(try WatchRule(json: Self.rule.json) == Self.rule)
        #expect(Self.rule.faults(vocabulary: Self.vocabulary, groupings: ["who"]).isEmpty)
        var wrong = Self.rule
        wrong.together = WatchRule.Together(fact: "nothing", values: ["a"])
        #expect(wrong.faults(vocabulary: Self.vocabulary, groupings: ["who"]).map(\.field) == ["together", "together"])
    }

    @Test(arguments: [("includes", "Deny by policy", "deny", true), ("includes", "permit", "deny", false), ("omits", "permit", "deny", true), ("omits", "DENY", "deny", false)])
    func parts(_ comparison: String, _ text: String, _ part: String, _ holds: Bool) throws {
        let condition = Condition("text", try #require(Condition.Comparison(rawValue: comparison)), .text(part))
        #expect(condition.holds(of: .text(text)) == holds)
        #expect(!condition.holds(of: .missing))
    }
}
