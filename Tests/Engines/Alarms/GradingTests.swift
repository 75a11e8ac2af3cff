import Alarms
import Identity
import Kernel
import Storage
import Testing

@Suite("D9.7.1 报警分级")
struct GradingTests {
    static let highHigh = AlarmTrait("highHigh", "高高报", group: "限值"), major = AlarmTrait("majorHazard", "重大危险源", group: "单元")

    static let five = GradingScheme(
        "five", "五级",
        levels: [
            GradingLevel("S", "特急", tone: "red", startWithin: 180, recheckEvery: 600, mustCall: true), GradingLevel("A", "紧急", tone: "orange", startWithin: 180, recheckEvery: 600),
            GradingLevel("C", "一般", tone: "blue", startWithin: 600),
        ],
        rules: [
            GradingRule("重大危险源高高报", "S", categories: [.measured], traits: ["majorHazard", "highHigh"]), GradingRule("高高报", "A", traits: ["highHigh"]),
            GradingRule("严重", "A", grades: [3]),
        ], otherwise: "C", timed: [.measured], isLeading: true)
    static let four = GradingScheme(
        "four", "四级", levels: [GradingLevel("A", "一级", tone: "red"), GradingLevel("D", "四级", tone: "blue")], rules: [GradingRule("高高报", "A", traits: ["highHigh"])], otherwise: "D",
        areas: ["1301"])

    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let subject: GradingSubject
        let level: String?
        let rule: Int?
    }

    static let examples: [Example] = [
        Example(testDescription: "两个特征都在", subject: subject(traits: ["majorHazard", "highHigh"]), level: "S", rule: 0),
        Example(testDescription: "类别不合，用下一条", subject: subject(category: .conduct, traits: ["majorHazard", "highHigh"]), level: "A", rule: 1),
        Example(testDescription: "缺一个特征", subject: subject(traits: ["majorHazard"]), level: "C", rule: nil),
        Example(testDescription: "按基本等级", subject: subject(grade: .severe), level: "A", rule: 2),
        Example(testDescription: "都不合，其余", subject: subject(), level: "C", rule: nil),
    ]

    static func subject(category: AlarmCategory = .measured, traits: Set<String> = [], grade: AlarmGrade = .ordinary) -> GradingSubject {
        GradingSubject(kind: "gasLimit", category: category, traits: traits, grade: grade, org: 1, area: "130102")
    }

    @Test("规则依次问，先合者定级", arguments: examples)
    func grade(_ example: Example) {
        let graded = Self.five.grade(example.subject)
        #expect(graded?.level.code == example.level && graded?.rule == example.rule)
    }

    @Test("不在适用区域的不定级")
    func place() {
        var elsewhere = Self.subject()
        elsewhere.area = "130203"
        #expect(Self.four.grade(elsewhere) == nil && Self.four.grade(Self.subject()) != nil)
    }

    @Test("有误的方案一次报全")
    func faults() {
        var scheme = Self.five
        scheme.title = ""
        scheme.otherwise = "X"
        scheme.rules[0].level = "Y"
        scheme.levels[1].code = "S"
        #expect(Set(scheme.faults().map(\.field)) == ["title", "otherwise", "level", "code"])
    }

    @Test("并行方案各自定级并记版本，主用方案给时限；改版后旧报警不变")
    func sideBySide() async throws {
        let desk = try await AlarmFixture()
        try await desk.declare([Self.five, Self.four])
        let id = try await desk.raise(AlarmFixture.measured(traits: ["majorHazard", "highHigh"])).id
        var alarm = try await desk.alarm(id)
        #expect(alarm.levels.map(\.code) == ["S", "A"])
        #expect(alarm.urgency == 1)
        #expect(alarm.dueAt == AlarmFixture.start.adding(seconds: 180))
        // The kind sets no category's time: its own deadline stands.
        let plain = try await desk.alarm(try await desk.raise(AlarmFixture.signal()).id)
        #expect(plain.levels.map(\.code) == ["A", "D"])
        #expect(plain.dueAt == AlarmFixture.start.adding(seconds: 3600))
        var changed = Self.five
        changed.rules.removeFirst()
        let next = changed
        let version = try await desk.database.write { [engine = desk.engine] tx in try engine.publish(next, note: "试", by: AlarmFixture.chief, in: tx) }
        #expect(version == 2)
        alarm = try await desk.alarm(id)
        #expect(alarm.levels.first?.version == 1 && alarm.levels.first?.code == "S")
        let later = try await desk.alarm(try await desk.raise(AlarmFixture.measured(subject: "T-2", traits: ["majorHazard", "highHigh"])).id)
        #expect(later.levels.first?.version == 2 && later.levels.first?.code == "A")
        let counts = try await desk.database.read { [engine = desk.engine] in try engine.trial(next, since: AlarmFixture.start, by: .system(), in: $0) }
        #expect(counts == ["A": 3])
    }

    @Test("只有一套主用；没有权限不能改")
    func leading() async throws {
        let desk = try await AlarmFixture()
        try await desk.declare([Self.five, Self.four])
        var four = Self.four
        four.isLeading = true
        let next = four
        let engine = desk.engine
        let code = try await failureCode { try await desk.database.write { tx in _ = try engine.publish(next, note: "x", by: AlarmFixture.officer(), in: tx) } }
        #expect(code == "JW-K403")
        _ = try await desk.database.write { [engine = desk.engine] tx in try engine.publish(next, note: "主用", by: AlarmFixture.chief, in: tx) }
        #expect(desk.engine.book.schemes.filter(\.scheme.isLeading).map(\.scheme.name) == ["four"])
        #expect(desk.engine.book.leading?.name == "four")
    }

    @Test("误报类别写明理由，统计与重算一致；须电话核实的先核实")
    func handling() async throws {
        let desk = try await AlarmFixture()
        try await desk.declare([Self.five])
        let id = try await desk.raise(AlarmFixture.measured(traits: ["majorHazard", "highHigh"])).id
        let other = try await desk.raise(AlarmFixture.measured(subject: "T-2", traits: ["highHigh"])).id
        let revoked = try await desk.database.write { [engine = desk.engine] in
            try engine.transition(other, .revoke, opinion: nil, falseClass: .momentary, by: AlarmFixture.officer(), in: $0)
        }
        #expect(revoked.opinion == "数据瞬时超限，及时恢复" && revoked.falseClass == .momentary)
        desk.now.change { $0 = $0.adding(seconds: 60) }
        try await desk.act(id, .confirm)
        #expect(try await desk.alarm(id).recheckAt == desk.now.value.adding(seconds: 600))
        let closing = try await failureCode { try await desk.act(id, .close) }
        #expect(closing == "JW-A025")
        let engine = desk.engine
        let empty = try await failureCode { try await desk.database.write { tx in try engine.follow(id, FollowUp(.phone, finding: ""), by: AlarmFixture.officer(), in: tx) } }
        #expect(empty == "JW-K422")
        try await desk.database.write { tx in
            try engine.follow(id, FollowUp(.phone, contact: "李主任", finding: "联锁已动作", isRecovered: true), by: AlarmFixture.officer(), in: tx)
        }
        #expect(try await desk.alarm(id).recheckAt == nil)
        try await desk.act(id, .close)
        #expect(try await desk.faults() == [])
        var filter = AlarmFilter()
        filter.from = AlarmFixture.start.day
        filter.to = AlarmFixture.start.day
        let asked = filter
        let quality = try await desk.database.read { [engine = desk.engine] in try engine.quality(asked, by: .system(), in: $0) }
        #expect(quality.counts.falseAlarms == 1 && quality.counts.inTime == 2)
        #expect(quality.urgent == 2 && quality.flickering == 1)
        #expect(quality.handledRate == 1)
    }
}
