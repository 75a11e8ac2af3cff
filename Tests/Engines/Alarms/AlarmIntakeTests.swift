import Alarms
import Identity
import Kernel
import Storage
import Testing

@Suite("A-07 报警产生与合并")
struct AlarmIntakeTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var kind = "excessListed"
        var subject = "冀A12345"
        var org: Int64 = 1
        let second: Int64
        var action: AlarmAction?
        let merges: Bool
    }

    /// A first signal at second 0 and, after what was done to its alarm, a second one.
    static let examples: [Example] = [
        Example(testDescription: "同车 10 分钟整", second: 600, merges: true),
        Example(testDescription: "同车 10 分 01 秒", second: 601, merges: false),
        Example(testDescription: "补传的更早一次，窗口内", second: -600, merges: true),
        Example(testDescription: "补传的更早一次，窗口外", second: -601, merges: false),
        Example(testDescription: "他车", subject: "冀B1", second: 1, merges: false),
        Example(testDescription: "同车他厂", org: 2, second: 1, merges: false),
        Example(testDescription: "处理中仍合并", second: 1, action: .accept, merges: true),
        Example(testDescription: "成立之后另立", second: 1, action: .confirm, merges: false),
        Example(testDescription: "撤销之后另立", second: 1, action: .revoke, merges: false),
        Example(testDescription: "关闭之后另立", second: 1, action: .close, merges: false),
        Example(testDescription: "持续状况不论多久都合并", kind: "gateOffline", second: 86_400, merges: true),
        Example(testDescription: "持续状况成立之后仍是同一件", kind: "gateOffline", second: 60, action: .confirm, merges: true),
        Example(testDescription: "窗口为零只合并同一时刻", kind: "unfiled", second: 1, merges: false),
    ]

    @Test("合并窗口", arguments: examples)
    func merging(_ example: Example) async throws {
        let desk = try await AlarmFixture()
        let first = try await desk.raise(AlarmFixture.signal(example.kind)).id
        if let action = example.action { try await desk.act(first, action) }
        let outcome = try await desk.raise(AlarmFixture.signal(example.kind, org: example.org, subject: example.subject, at: example.second))
        #expect((outcome == .merged(first)) == example.merges)
        #expect(try await desk.alarm(first).times == (example.merges ? 2 : 1))
        #expect(try await desk.faults() == [])
    }

    @Test("窗口随最后一次移动")
    func slidingWindow() async throws {
        let desk = try await AlarmFixture()
        let first = try await desk.raise(AlarmFixture.signal()).id
        for second in [500, 1000, 1500] as [Int64] { #expect(try await desk.raise(AlarmFixture.signal(at: second)) == .merged(first)) }
        let alarm = try await desk.alarm(first)
        #expect(alarm.times == 4 && alarm.lastAt == AlarmFixture.start.adding(seconds: 1500) && alarm.occurredAt == AlarmFixture.start)
        #expect(try await desk.evidence(first).map(\.occurrence) == [1, 2, 3, 4])
    }

    @Test("报警号按产生日连续，理由和版本随报警保存")
    func numbers() async throws {
        let desk = try await AlarmFixture()
        let a = try await desk.raise(AlarmFixture.signal(subject: "1")).id
        let b = try await desk.raise(AlarmFixture.signal(subject: "2")).id
        desk.now.change { $0 = $0.adding(seconds: 86_400) }
        let c = try await desk.raise(AlarmFixture.signal(subject: "3")).id
        let alarms = [try await desk.alarm(a), try await desk.alarm(b), try await desk.alarm(c)]
        #expect(alarms.map(\.number) == ["BJ20261121-000001", "BJ20261121-000002", "BJ20261122-000001"])
        #expect(alarms[0].reasons == [AlarmReason("excessListed", "车辆在排放超标名单内（第 7 版）")])
        #expect(alarms[0].versions == AlarmVersions(rule: 3, list: 7, strategy: 12) && alarms[0].source == AlarmSource("gatePass", 42))
        #expect(alarms[0].grade == .severe && alarms[0].dueAt == AlarmFixture.start.adding(seconds: 3600))
        #expect(desk.announced.value.map(\.change) == [.opened, .opened, .opened])
    }

    @Test("没有给出理由时以标题为理由")
    func reasonNeverEmpty() async throws {
        let desk = try await AlarmFixture()
        var signal = AlarmFixture.signal()
        signal.reasons = []
        let id = try await desk.raise(signal).id
        #expect(try await desk.alarm(id).reasons == [AlarmReason("excessListed", signal.title)])
    }

    @Test("恢复后自动关闭，再次发生另立一条")
    func selfClosing() async throws {
        let desk = try await AlarmFixture()
        let offline = AlarmFixture.signal("gateOffline", subject: "1-001", facts: .null)
        let first = try await desk.raise(offline).id
        let closed = try await desk.database.write { [engine = desk.engine] in
            try engine.clear(kind: "gateOffline", subject: "1-001", org: 1, at: AlarmFixture.start.adding(seconds: 300), reason: "心跳恢复", in: $0)
        }
        #expect(closed == [first])
        let alarm = try await desk.alarm(first)
        #expect(alarm.state == .closed && alarm.respondedAt == nil && alarm.opinion == "心跳恢复（恢复时间 2026-11-21 08:05:00）")
        let again = try await desk.database.write { [engine = desk.engine] in
            try engine.clear(kind: "gateOffline", subject: "1-001", org: 1, at: AlarmFixture.start, reason: "心跳恢复", in: $0)
        }
        #expect(again == [])
        #expect(try await desk.raise(offline) == .opened(first + 1))
        let code = try await failureCode {
            try await desk.database.write { [engine = desk.engine] in _ = try engine.clear(kind: "unfiled", subject: "x", org: 1, at: AlarmFixture.start, reason: "", in: $0) }
        }
        #expect(code == "JW-A004")
        #expect(try await desk.faults() == [])
    }

    @Test("一日过多时其余合并为一条，证据不丢，不影响他厂")
    func storm() async throws {
        let desk = try await AlarmFixture()
        var outcomes: [AlarmOutcome] = []
        for index in 1...6 { outcomes.append(try await desk.raise(AlarmFixture.signal("unfiled", subject: "车\(index)"))) }
        #expect(outcomes == [.opened(1), .opened(2), .opened(3), .opened(4), .merged(4), .merged(4)])
        let collecting = try await desk.alarm(4)
        #expect(collecting.times == 3 && collecting.reasons.first?.code == "storm" && collecting.plate == nil)
        #expect(try await desk.evidence(4).count { $0.body?.contains("车6") ?? false } == 1)
        #expect(try await desk.raise(AlarmFixture.signal("unfiled", org: 2, subject: "车1")) == .opened(5))
        #expect(try await desk.faults() == [])
    }

    @Test("重复再多，证据也有上限，次数照计")
    func evidenceLimit() async throws {
        let desk = try await AlarmFixture()
        for _ in 1...30 { try await desk.raise(AlarmFixture.signal()) }
        #expect(try await desk.alarm(1).times == 30)
        #expect(try await desk.evidence(1).count == 20)
        #expect(desk.announced.value.count == 10)
    }

    @Test("未声明的类型不被接受；声明有误一次报全")
    func declarations() async throws {
        let desk = try await AlarmFixture()
        #expect(try await failureCode { try await desk.raise(AlarmFixture.signal("nobody")) } == "JW-A003")
        let faults = AlarmKind.check([AlarmKind("a b", "", "x", mergeWindow: -1, dailyLimit: 0), AlarmKind("k", "甲", "A"), AlarmKind("k", "乙", "B")])
        #expect(faults.map { $0.prefix(7) } == ["JW-AL01", "JW-AL03", "JW-AL04", "JW-AL05", "JW-AL02"])
        #expect(AlarmKind.check(AlarmFixture.kinds) == [])
    }
}
