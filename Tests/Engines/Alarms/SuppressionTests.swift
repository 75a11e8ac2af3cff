import Alarms
import Identity
import Kernel
import Storage
import Testing

@Suite("D2.5.7 停用免报")
struct SuppressionTests {
    static let asker = Principal(kind: .user, id: 21, login: "ask", name: "申请人", permissions: [AlarmPermission.suppress], scope: .organisation(1))
    static let approver = Principal(kind: .user, id: 22, login: "ok", name: "审批人", permissions: [AlarmPermission.suppress, AlarmPermission.approve], scope: .everything)

    static func window(org: Int64? = 1, kinds: [String] = [], subject: String = "", from: Int64 = 0, hours: Int64 = 8) -> Suppression {
        Suppression(
            title: "检修", reason: .repair, org: org, orgName: "企业1", area: "130102", kinds: kinds, subject: subject, from: AlarmFixture.start.adding(seconds: from),
            until: AlarmFixture.start.adding(seconds: from + hours * 3600))
    }

    static let examples: [(name: String, window: Suppression, signal: AlarmSignal, isHeld: Bool)] = [
        ("本单位", window(), AlarmFixture.signal(), true), ("他单位", window(), AlarmFixture.signal(org: 2), false), ("类型不合", window(kinds: ["unfiled"]), AlarmFixture.signal(), false),
        ("类型合", window(kinds: ["excessListed"]), AlarmFixture.signal(), true), ("对象不合", window(subject: "冀B"), AlarmFixture.signal(), false),
        ("位置合", window(subject: "1号门"), AlarmFixture.signal(), true), ("时段之前", window(from: 60), AlarmFixture.signal(), false),
        ("时段末刻不算", window(), AlarmFixture.signal(at: 8 * 3600), false), ("全区域", window(org: nil), AlarmFixture.signal(org: 7), true),
        ("区域之外", window(org: nil), AlarmFixture.signal(area: "130203"), false),
    ]

    @Test("批准的时段内只计数", arguments: examples)
    func held(_ example: (name: String, window: Suppression, signal: AlarmSignal, isHeld: Bool)) async throws {
        let desk = try await AlarmFixture()
        let id = try await desk.database.write { [engine = desk.engine] in try engine.ask(example.window, by: Self.approver, in: $0) }
        // Not before it is approved.
        var other = example.signal
        other.subject = "未批准时"
        let early = other
        #expect(try await desk.raise(early) == .opened(1))
        try await desk.database.write { [engine = desk.engine] in try engine.decide(id, .approved, opinion: nil, by: .system(), in: $0) }
        let outcome = try await desk.raise(example.signal)
        #expect((outcome == .suppressed(window: id)) == example.isHeld, "\(example.name)")
        let bulk = try await desk.raise(all: [example.signal, example.signal]).filter { $0 == .suppressed(window: id) }.count
        #expect(bulk == (example.isHeld ? 2 : 0))
        let window = try await desk.database.read { [engine = desk.engine] in try engine.suppression(id, by: .system(), in: $0) }
        #expect(window.held == (example.isHeld ? 3 : 0))
        let held = try await desk.database.read { [engine = desk.engine] in try engine.held(by: id, in: $0) }.map(\.times)
        #expect(held == (example.isHeld ? [3] : []))
        #expect(try await desk.faults() == [])
    }

    @Test("申请、审批、提前结束：权限、范围、自己不能批自己的，都留痕")
    func life() async throws {
        let desk = try await AlarmFixture()
        let engine = desk.engine
        let code1 = try await failureCode { try await desk.database.write { tx in _ = try engine.ask(Self.window(org: 2), by: Self.asker, in: tx) } }
        #expect(code1 == "JW-K403")
        let code2 = try await failureCode { try await desk.database.write { tx in _ = try engine.ask(Self.window(hours: 24 * 200), by: Self.asker, in: tx) } }
        #expect(code2 == "JW-K422")
        let code3 = try await failureCode { try await desk.database.write { tx in _ = try engine.ask(Self.window(hours: -1), by: Self.asker, in: tx) } }
        #expect(code3 == "JW-K422")
        let id = try await desk.database.write { try engine.ask(Self.window(), by: Self.asker, in: $0) }
        let own = try await desk.database.write { try engine.ask(Self.window(), by: Self.approver, in: $0) }
        let code4 = try await failureCode { try await desk.database.write { tx in try engine.decide(id, .approved, opinion: nil, by: Self.asker, in: tx) } }
        #expect(code4 == "JW-K403")
        let code5 = try await failureCode { try await desk.database.write { tx in try engine.decide(own, .approved, opinion: nil, by: Self.approver, in: tx) } }
        #expect(code5 == "JW-A041")
        let code6 = try await failureCode { try await desk.database.write { tx in try engine.decide(id, .refused, opinion: nil, by: Self.approver, in: tx) } }
        #expect(code6 == "JW-K422")
        try await desk.database.write { try engine.decide(id, .approved, opinion: "同意", by: Self.approver, in: $0) }
        let code7 = try await failureCode { try await desk.database.write { tx in try engine.decide(id, .approved, opinion: nil, by: Self.approver, in: tx) } }
        #expect(code7 == "JW-A040")
        #expect(try await desk.raise(AlarmFixture.signal()) == .suppressed(window: id))
        desk.now.change { $0 = $0.adding(seconds: 120) }
        try await desk.database.write { try engine.decide(id, .ended, opinion: "提前完工", by: Self.asker, in: $0) }
        #expect(try await desk.raise(AlarmFixture.signal(at: 180)) == .opened(1))
        let audited = desk.audited.value.filter { $0.objectKind == "alarmSuppression" }.count
        #expect(audited == 4)
    }
}
