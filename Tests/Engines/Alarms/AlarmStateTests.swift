import Alarms
import Identity
import Kernel
import Storage
import Testing

@Suite("A-07 报警状态")
struct AlarmStateTests {
    /// Every action from every state: where it leads, or nothing where it is not allowed.
    static let rules: [(action: AlarmAction, from: AlarmState, to: AlarmState?)] = {
        let table: [AlarmAction: [AlarmState?]] = [
            //         new         handling    reconsidering confirmed   revoked     closed
            .accept: [.handling, nil, nil, nil, nil, nil],
            .confirm: [.confirmed, .confirmed, nil, nil, nil, nil],
            .revoke: [.revoked, .revoked, nil, .revoked, nil, nil],
            .close: [.closed, .closed, nil, .closed, .closed, nil],
            .reopen: [nil, nil, nil, .handling, .handling, .handling],
            .appeal: [nil, nil, nil, .reconsidering, nil, nil],
            .uphold: [nil, nil, .confirmed, nil, nil, nil],
            .overturn: [nil, nil, .revoked, nil, nil, nil],
            .selfClose: [.closed, .closed, nil, .closed, nil, nil],
        ]
        return AlarmAction.allCases.flatMap { action in AlarmState.allCases.enumerated().map { (action, $1, table[action]?[$0]) } }
    }()

    @Test("状态转换表", arguments: rules)
    func rule(_ rule: (action: AlarmAction, from: AlarmState, to: AlarmState?)) {
        #expect(rule.action.isAllowed(from: rule.from) == (rule.to != nil))
        if let to = rule.to { #expect(AlarmTransition.table[rule.action]?.to == to) }
    }

    /// How a fresh alarm comes to each state.
    static let ways: [AlarmState: [AlarmAction]] = [
        .new: [], .handling: [.accept], .reconsidering: [.confirm, .appeal], .confirmed: [.confirm], .revoked: [.revoke], .closed: [.close],
    ]

    @Test("每个操作在每个状态下写入或拒绝，统计与证据链始终一致", arguments: AlarmState.allCases)
    func everyAction(_ state: AlarmState) async throws {
        let desk = try await AlarmFixture()
        let everybody = AlarmFixture.officer(permissions: ["*"])
        for rule in Self.rules where rule.from == state && !rule.action.isAutomatic {
            let id = try await desk.raise(AlarmFixture.signal(subject: "\(rule.action)")).id
            for step in Self.ways[state] ?? [] { try await desk.act(id, step, by: everybody) }
            let code = try await failureCode { try await desk.act(id, rule.action, by: everybody) }
            #expect(code == (rule.to == nil ? "JW-A020" : nil), "\(rule.action) from \(state)")
            #expect(try await desk.alarm(id).state == rule.to ?? state)
        }
        #expect(try await desk.faults() == [])
    }

    @Test("意见、权限、版本、批量")
    func guards() async throws {
        let desk = try await AlarmFixture()
        let id = try await desk.raise(AlarmFixture.signal()).id
        #expect(try await failureCode { try await desk.act(id, .confirm, opinion: "  ") } == "JW-K422")
        #expect(try await failureCode { try await desk.act(id, .confirm, opinion: String(repeating: "长", count: 1001)) } == "JW-K422")
        #expect(try await failureCode { try await desk.act(id, .accept, by: AlarmFixture.officer(permissions: ["alarm.read"])) } == "JW-K403")
        #expect(try await failureCode { try await desk.act(id, .selfClose) } == "JW-K403")
        #expect(try await failureCode { try await desk.act(id, .accept, version: 7) } == "JW-A021")
        #expect(try await failureCode { try await desk.act(id, .accept, by: AlarmFixture.officer(scope: .areas(["1302"]))) } == "JW-K404")
        desk.now.change { $0 = $0.adding(seconds: 90) }
        let accepted = try await desk.act(id, .accept, opinion: nil, version: 1)
        #expect(accepted.handlerName == "王科长" && accepted.respondedAt == desk.now.value && accepted.version == 2)
        let other = try await desk.raise(AlarmFixture.signal(subject: "冀B1")).id
        let results = try await desk.database.write { [engine = desk.engine] in
            try engine.transition(all: [id, other, 999, other], .accept, opinion: nil, by: AlarmFixture.officer(), in: $0)
        }
        #expect(results.map { $0.failure?.code } == ["JW-A020", nil, "JW-K404"])
        let totals = try await desk.database.read { [engine = desk.engine] in try engine.totals(AlarmFilter(), by: .system(), in: $0) }
        #expect(totals.opened == 2 && totals.responded == 2 && totals.responseSeconds == 90 && totals.byState[.handling] == 2)
        #expect(desk.audited.value.map(\.action) == ["update", "update"])
        #expect(try await desk.faults() == [])
    }

    @Test("时间线记下每一步")
    func timeline() async throws {
        let desk = try await AlarmFixture()
        let id = try await desk.raise(AlarmFixture.signal()).id
        try await desk.act(id, .accept, opinion: nil)
        try await desk.database.write { [engine = desk.engine] in try engine.comment(id, "已电话核实", by: AlarmFixture.officer(), in: $0) }
        try await desk.act(id, .revoke, opinion: "车辆已维修复检合格")
        try await desk.act(id, .reopen, opinion: "复检报告系伪造")
        let events = try await desk.database.read { [engine = desk.engine] in try engine.timeline(of: id, by: .system(), in: $0) }
        #expect(events.map(\.action) == ["raise", "accept", "comment", "revoke", "reopen"])
        #expect(events.map(\.to) == [.new, .handling, .handling, .revoked, .handling])
        #expect(try await desk.alarm(id).decidedAt == nil)
    }
}
