import Alarms
import Identity
import Kernel
import Storage
import Testing

@Suite("D2.5.5 报警分析")
struct AnalysisTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let set: @Sendable (inout AlarmAdvice.Facts) -> Void
        let advice: [AlarmAdvice]
    }

    static let examples: [Example] = [
        Example(
            testDescription: "四条报警不判",
            set: {
                $0.alarms = 4
                $0.falseAlarms = 4
            }, advice: []),
        Example(
            testDescription: "误报三成",
            set: {
                $0.alarms = 10
                $0.falseAlarms = 3
            }, advice: [.falseOften]),
        Example(
            testDescription: "误报不足三成",
            set: {
                $0.alarms = 10
                $0.falseAlarms = 2
            }, advice: []),
        Example(
            testDescription: "瞬时为主",
            set: {
                $0.alarms = 10
                $0.falseAlarms = 4
                $0.classes = [.momentary: 2, .network: 2]
            }, advice: [.falseOften, .momentary]),
        Example(
            testDescription: "检修频报",
            set: {
                $0.alarms = 10
                $0.falseAlarms = 2
                $0.classes = [.maintenance: 2]
            }, advice: [.maintenance]),
        Example(
            testDescription: "识别不准",
            set: {
                $0.alarms = 10
                $0.falseAlarms = 3
                $0.classes = [.recognition: 3]
            }, advice: [.falseOften, .recognition]),
        Example(
            testDescription: "频繁掉线",
            set: {
                $0.alarms = 1
                $0.times = 5
                $0.category = .equipment
                $0.isSubject = true
            }, advice: [.offline]),
        Example(
            testDescription: "同一对象屡报",
            set: {
                $0.alarms = 5
                $0.times = 5
                $0.isSubject = true
            }, advice: [.repeated]),
        Example(
            testDescription: "一条发生二十次",
            set: {
                $0.alarms = 1
                $0.times = 20
                $0.isSubject = true
            }, advice: [.repeated]),
        Example(
            testDescription: "屡报但多是误报",
            set: {
                $0.alarms = 5
                $0.falseAlarms = 3
                $0.isSubject = true
            }, advice: [.falseOften]),
        Example(
            testDescription: "受理不及时",
            set: {
                $0.alarms = 10
                $0.inTime = 8
            }, advice: [.slowStart]),
        Example(
            testDescription: "九成按时",
            set: {
                $0.alarms = 10
                $0.inTime = 9
            }, advice: []),
        Example(
            testDescription: "闭环超过一天",
            set: {
                $0.alarms = 5
                $0.meanCloseSeconds = 86_401
            }, advice: [.slowEnd]),
    ]

    @Test(arguments: examples)
    func advice(_ example: Example) {
        var facts = AlarmAdvice.Facts()
        example.set(&facts)
        #expect(AlarmAdvice.advice(for: facts) == example.advice)
    }

    /// Means, classes and subjects, within the scope; `verify` counts the same.
    @Test func rankingsSayWhoAndHowFast() async throws {
        let desk = try await AlarmFixture()
        for number in 0..<6 {
            guard case .opened(let id) = try await desk.raise(AlarmFixture.signal(subject: "冀A12345", at: Int64(number * 1000))) else { continue }
            desk.now.change { $0 = $0.adding(seconds: 60) }
            try await desk.act(id, number < 2 ? .revoke : .confirm)
            desk.now.change { $0 = $0.adding(seconds: 60) }
            try await desk.act(id, .close)
        }
        try await desk.raise(AlarmFixture.signal(org: 3, area: "130203", subject: "冀B00001"))
        var filter = AlarmFilter()
        filter.from = AlarmFixture.start.day
        filter.to = AlarmFixture.start.day
        let period = filter
        let found = try await desk.database.read { [engine = desk.engine] in try engine.analysis(period, by: AlarmFixture.officer(scope: .areas(["1301"])), in: $0) }
        #expect(found.totals.judged == 6)
        #expect(found.totals.meanJudgeSeconds.map { $0 > 0 } == true)
        #expect(found.totals.meanCloseSeconds.map { $0 - (found.totals.meanJudgeSeconds ?? 0) } == 60)
        #expect(found.units.map(\.rank.key) == ["1"])
        #expect(found.subjects.map(\.subject) == ["冀A12345"])
        #expect(found.subjects.first?.advice == [.repeated])
        #expect(found.categories.map(\.rank.key) == ["conduct"])
        #expect(try await desk.faults() == [])
        try await desk.database.write { [engine = desk.engine] in try engine.rebuildDaily(in: $0) }
        #expect(try await desk.faults() == [])
    }
}

@Suite("D2.5.2 短信通知负责人")
struct ResponsibleCallTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let facts: ResponsibleCall.Facts
        let roles: Set<BuiltInRole>
    }

    static let examples: [Example] = [
        Example(testDescription: "S 级", facts: .init(urgency: 1), roles: [.enterpriseGuard, .enterpriseAdmin, .county, .city]),
        Example(testDescription: "A 级", facts: .init(urgency: 2), roles: [.enterpriseGuard, .enterpriseAdmin, .county]),
        Example(testDescription: "B 级", facts: .init(urgency: 3), roles: [.enterpriseGuard, .enterpriseAdmin]),
        Example(testDescription: "C 级", facts: .init(urgency: 4), roles: [.enterpriseGuard]),
        Example(testDescription: "C 级超时未受理", facts: .init(urgency: 4, isOverdue: true), roles: [.enterpriseGuard, .county]),
        Example(testDescription: "C 级九分钟未恢复", facts: .init(urgency: 4, standing: 9), roles: [.enterpriseGuard]),
        Example(testDescription: "C 级十分钟未恢复", facts: .init(urgency: 4, standing: 10), roles: [.enterpriseGuard, .enterpriseAdmin]),
        Example(testDescription: "B 级一小时未恢复", facts: .init(urgency: 3, standing: 60), roles: [.enterpriseGuard, .enterpriseAdmin, .county]),
        Example(testDescription: "两次提醒未答复", facts: .init(urgency: 4, unanswered: 2), roles: [.enterpriseGuard, .enterpriseAdmin, .county]),
    ]

    @Test(arguments: examples)
    func advice(_ example: Example) {
        let advice = ResponsibleCall.advice(for: example.facts)
        #expect(advice.roles == example.roles)
        #expect(!advice.reasons.isEmpty)
    }
}

@Suite("D2.5.6 报警上屏")
struct WallTests {
    /// Up, watched, left behind by the shift, down again after it recovered, off the wall when closed.
    @Test func anAlarmGoesThroughTheZones() async throws {
        let desk = try await AlarmFixture()
        guard case .opened(let id) = try await desk.raise(AlarmFixture.signal()) else { return }
        let officer = AlarmFixture.officer()
        #expect(try await desk.alarm(id).wallZone == "fresh")
        try await desk.act(id, .accept)
        #expect(try await desk.alarm(id).wallZone == "watched")
        desk.now.change { $0 = $0.adding(seconds: 600) }
        let (given, now) = (desk.now.value, desk.now.value)
        let later = AlarmFixture.signal(subject: "冀A99999")
        desk.now.change { $0 = $0.adding(seconds: 60) }
        try await desk.raise(later)
        let left = try await desk.database.write { try WallHandover.leave("1 = 1", given: given, at: now, by: officer, in: $0) }
        #expect(left == 1)
        #expect(try await desk.alarm(id).wallZone == "heldOver")
        try await desk.database.write { [engine = desk.engine] in
            try engine.follow(id, FollowUp(.phone, contact: "张三", finding: "已处理", isRecovered: true), by: officer, in: $0)
        }
        #expect(try await desk.alarm(id).wallZone == "over")
        try await desk.act(id, .close)
        #expect(try await desk.alarm(id).closedAt != nil)
    }

    /// Tests, points out of use and doubtful data are closed without words and without a call.
    @Test func someNeedNoVerification() async throws {
        let desk = try await AlarmFixture()
        var signal = AlarmFixture.measured(traits: ["testing"])
        signal.subject = "T-9"
        guard case .opened(let id) = try await desk.raise(signal), case .opened(let other) = try await desk.raise(AlarmFixture.measured(traits: [])) else { return }
        #expect(try await desk.act(id, .close, opinion: nil).state == .closed)
        #expect(try await desk.alarm(id).opinion == "测试类报警，免验证闭环")
        await #expect(throws: Failure.self) { try await desk.act(other, .close, opinion: nil) }
    }
}
