import Kernel
import Maps
import RoadChiefs
import Testing

/// B3.2 月度考核: what each fault costs and each merit brings, by example.
@Suite("B3.2 路长制月度考核")
struct AppraisalScoreTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let facts: AppraisalScore.Facts
        let total: Double
        /// Words that stand in the reasons, in the order of the lines.
        let reasons: [String]

        init(_ description: String, _ total: Double, _ reasons: [String], _ change: (inout AppraisalScore.Facts) -> Void) {
            testDescription = description
            self.total = total
            self.reasons = reasons
            var facts = AppraisalScore.Facts(now: Self.moment("2026-11-01 00:00:00"))
            facts.rounds = (1...4).map { AppraisalScore.Round(id: Int64($0), name: "第 \($0) 次巡检", isExecuted: true, missed: []) }
            change(&facts)
            self.facts = facts
        }

        static func moment(_ text: String) -> Moment { Moment(parsing: text) ?? Moment(milliseconds: 0) }
    }

    static let rules: [AppraisalScore.Rule] = AppraisalRule.presets.map { AppraisalScore.Rule(code: $0.code, name: $0.name, trigger: $0.trigger, points: $0.points) }

    static func task(_ id: Int64 = 7, due: String, answered: String?, isDue: Bool = true, isFailed: Bool = false, isOverdueWaived: Bool = false, isFailureWaived: Bool = false)
        -> AppraisalScore.Task
    {
        AppraisalScore.Task(
            id: id, title: "LZ-1 清理占道", deadline: Example.moment(due), firstFeedbackAt: answered.map(Example.moment), isDue: isDue, isFailed: isFailed,
            isOverdueWaived: isOverdueWaived, isFailureWaived: isFailureWaived)
    }

    static let examples: [Example] = [
        Example("按次巡检、无事: 满分", 100, []) { _ in },
        Example("少巡一次扣两分", 98, ["应巡检 4 次，执行 3 次，少 1 次"]) { $0.rounds.removeLast() },
        Example("生成而未执行的不算一次", 98, ["执行 3 次"]) { $0.rounds[3].isExecuted = false },
        Example("多巡不加分", 100, []) { $0.rounds.append(AppraisalScore.Round(id: 5, name: "第 5 次", isExecuted: true, missed: [])) },
        Example("当月未结束不扣次数", 100, []) {
            $0.rounds = []
            $0.isOver = false
        },
        Example("漏巡按条次", 99, ["第 2 次巡检漏巡 2 条：甲路、乙路"]) { $0.rounds[1].missed = ["甲路", "乙路"] },
        Example("按期反馈不扣", 100, []) { $0.tasks = [task(due: "2026-10-10 18:00:00", answered: "2026-10-10 18:00:00")] },
        Example("超期反馈说明多久", 98, ["超期 15 小时"]) { $0.tasks = [task(due: "2026-10-10 18:00:00", answered: "2026-10-11 09:00:00")] },
        Example("至今未反馈也是超期", 98, ["至今未反馈"]) { $0.tasks = [task(due: "2026-10-10 18:00:00", answered: nil)] },
        Example("期限未到不扣", 100, []) { $0.tasks = [task(due: "2026-11-10 18:00:00", answered: nil)] },
        Example("申诉通过的超期划去不计", 100, ["超期 15 小时"]) { $0.tasks = [task(due: "2026-10-10 18:00:00", answered: "2026-10-11 09:00:00", isOverdueWaived: true)] },
        Example("复查未通过另扣一分", 97, ["超期", "复查未通过"]) { $0.tasks = [task(due: "2026-10-10 18:00:00", answered: "2026-10-12 18:00:00", isFailed: true)] },
        Example("复查未通过的申诉只免这一项", 98, ["超期", "复查未通过"]) {
            $0.tasks = [task(due: "2026-10-10 18:00:00", answered: "2026-10-12 18:00:00", isFailed: true, isFailureWaived: true)]
        },
        Example("上月到期、本月复查未通过", 99, ["复查未通过"]) { $0.tasks = [task(due: "2026-09-28 18:00:00", answered: "2026-09-29 18:00:00", isDue: false, isFailed: true)] },
        Example("应急上报超时", 98, ["155 分钟上报，时限 60 分钟"]) {
            $0.emergencies = [
                AppraisalScore.Emergency(id: 1, title: "倒树", minutes: 155, isLate: true, isWaived: false),
                AppraisalScore.Emergency(id: 2, title: "路灯", minutes: 25, isLate: false, isWaived: false),
            ]
        },
        Example("加分项目按媒体级别", 108, ["“稿件甲”审核通过", "“稿件乙”审核通过", "“举措”审核通过"]) {
            $0.bonuses = [
                AppraisalScore.Bonus(id: 1, title: "稿件甲", kind: "article", mediaLevel: "province"), AppraisalScore.Bonus(id: 2, title: "稿件乙", kind: "article", mediaLevel: "city"),
                AppraisalScore.Bonus(id: 3, title: "举措", kind: "innovation", mediaLevel: nil),
            ]
        },
        Example("日常考核照录入的分值", 97.5, ["2026-10-20：缺签字", "2026-10-21"]) {
            $0.daily = [
                AppraisalScore.Entry(id: 1, day: Day(number: 20_261_020) ?? Day(daysSince1970: 0), rule: "台账资料不完整", points: -1.5, note: "缺签字"),
                AppraisalScore.Entry(id: 2, day: Day(number: 20_261_021) ?? Day(daysSince1970: 0), rule: "未落实信息报送制度", points: -1, note: ""),
            ]
        },
        Example("发布后通过的申诉在当月返还", 102, ["2026 年 9 月“暴雨”的扣分已发布"]) {
            $0.refunds = [AppraisalScore.Refund(appeal: 3, title: "暴雨", month: RoadMonth(parsing: "2026-09") ?? RoadMonth(of: Day(daysSince1970: 0)), points: -2)]
        },
    ]

    @Test(arguments: examples)
    func score(_ example: Example) {
        let sheet = AppraisalScore.sheet(example.facts, rules: Self.rules, settings: AppraisalSettings())
        #expect(sheet.total == example.total)
        #expect(sheet.lines.count == example.reasons.count)
        for (line, reason) in zip(sheet.lines, example.reasons) { #expect(line.why.contains(reason), "\(line.why)") }
    }

    @Test func `a trigger without a rule costs nothing`() {
        var facts = AppraisalScore.Facts(now: Example.moment("2026-11-01 00:00:00"))
        facts.tasks = [Self.task(due: "2026-10-10 18:00:00", answered: nil)]
        #expect(AppraisalScore.sheet(facts, rules: [], settings: AppraisalSettings(base: 90)).total == 90)
    }

    @Test func `equal scores share a rank`() {
        func standing(_ org: Int64, _ base: Double) -> AppraisalDesk.Standing {
            AppraisalDesk.Standing(org: org, name: "单位\(org)", sheet: AppraisalScore.Sheet(base: base, rounds: 4, missed: 0, lines: []), rank: 0)
        }
        let ranked = AppraisalDesk.ranked([standing(1, 90), standing(2, 95), standing(3, 95), standing(4, 80)])
        #expect(ranked.map(\.rank) == [1, 1, 3, 4])
        #expect(ranked.map(\.org) == [2, 3, 1, 4])
    }

    @Test(arguments: [
        ("2026-11-21 08:00:00", "2026-11-21 09:00:00", 60, false), ("2026-11-21 08:00:00", "2026-11-21 09:00:01", 60, true),
        ("2026-11-21 08:00:00", "2026-11-21 07:59:00", 0, false),
    ])
    func `late is more than the limit`(_ happened: String, _ reported: String, _ minutes: Int, _ isLate: Bool) {
        let delay = RoadEmergency.delay(happenedAt: Example.moment(happened), reportedAt: Example.moment(reported), limit: 60)
        #expect(delay.minutes == minutes && delay.isLate == isLate)
    }
}

@Suite("B3.4.3.1 巡查轨迹与月份")
struct PatrolTrackTests {
    static func point(_ seconds: Int64, _ longitude: Double, _ latitude: Double, _ accuracy: Double? = 8) -> PatrolTrack.Point {
        PatrolTrack.Point(at: Moment(milliseconds: seconds * 1000), place: Coordinate(longitude, latitude), accuracy: accuracy)
    }

    static let examples: [(String, [PatrolTrack.Point], ClosedRange<Double>)] = [
        ("一点没有长度", [point(0, 114.5, 38)], 0...0), ("向北百分之一度", [point(0, 114.5, 38), point(600, 114.5, 38.01)], 1.10...1.12),
        ("原地漂移不算", [point(0, 114.5, 38), point(10, 114.50001, 38), point(20, 114.5, 38.00001)], 0...0),
        ("跳点不算", [point(0, 114.5, 38), point(5, 114.6, 38), point(600, 114.5, 38.01)], 1.10...1.12),
        ("精度太差的点不算", [point(0, 114.5, 38), point(300, 114.51, 38, 400), point(600, 114.5, 38.01)], 1.10...1.12),
    ]

    @Test(arguments: examples)
    func `length along the track`(_ name: String, _ points: [PatrolTrack.Point], _ length: ClosedRange<Double>) {
        #expect(length.contains(PatrolTrack.kilometres(points)), "\(name): \(PatrolTrack.kilometres(points))")
    }

    @Test(arguments: [("2026-11", 202_611, "2026-11-30", "2026-12"), ("2026-12", 202_612, "2026-12-31", "2027-01"), ("2028-02", 202_802, "2028-02-29", "2028-03")])
    func months(_ text: String, _ number: Int, _ last: String, _ next: String) throws {
        let month = try #require(RoadMonth(parsing: text))
        #expect(month.number == number && month.last.text == last && month.next.text == next && month.next.previous == month && RoadMonth(number: number) == month)
    }

    @Test(arguments: ["2026-13", "2026", "2026-1", "abc", ""])
    func `no month`(_ text: String) { #expect(RoadMonth(parsing: text) == nil) }

    @Test(arguments: [
        (#"[[114.5,38],[114.51,38]]"#, 2), (#"{"type":"LineString","coordinates":[[114.5,38],[114.51,38],[114.52,38]]}"#, 3),
        (#"{"type":"Feature","geometry":{"coordinates":[[114.5,38],[114.51,38]]}}"#, 2),
    ])
    func lines(_ text: String, _ count: Int) throws {
        let line = try RoadLine(geoJSON: text)
        #expect(line.points.count == count)
        #expect(try RoadLine(geoJSON: line.text) == line && RoadLine(geoJSON: line.geoJSON) == line)
    }

    @Test(arguments: ["", "[]", "[[114.5,38]]", "[[200,38],[114,38]]", "{}", "[[\"a\",1],[2,3]]"])
    func `no line`(_ text: String) { #expect(throws: Failure.self) { try RoadLine(geoJSON: text) } }
}
