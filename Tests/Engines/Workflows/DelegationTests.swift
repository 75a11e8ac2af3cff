import Identity
import Kernel
import Ledgers
import Rules
import Storage
import Testing
import Workflows

/// Workflows for what cases have beside transitions.
enum MoreSamples {
    /// One of the county's people, each in turn.
    static let turns = WorkflowDeclaration(
        id: "T-1", name: "turns", title: "轮流分派", titleEN: "Turns", numbers: "LL", startedBy: [.role(.enterpriseAdmin)],
        steps: [.task("check", "核查", by: [.role(.county)], signing: .rotating, [.on("done", "完成", to: "closed")]), .end("closed", "办结")])

    /// Parallel within parallel: a and (b1, b2), which meet before the outer join.
    static let nested = WorkflowDeclaration(
        id: "T-2", name: "nested", title: "并行", titleEN: "Nested", numbers: "BX", startedBy: [.role(.enterpriseAdmin)],
        steps: [
            .task("begin", "受理", by: [.role(.city)], [.on("go", "分派", to: "a", "b")]), .task("a", "甲", by: [.role(.city)], [.on("done", "完成", to: "outer")]),
            .task("b", "乙", by: [.role(.city)], [.on("go", "分派", to: "b1", "b2")]), .task("b1", "乙一", by: [.role(.city)], [.on("done", "完成", to: "inner")]),
            .task("b2", "乙二", by: [.role(.city)], [.on("done", "完成", to: "inner")]), .join("inner", "内汇合", to: "after"),
            .task("after", "汇总乙", by: [.role(.city)], [.on("done", "完成", to: "outer")]), .join("outer", "汇合", to: "closed"), .end("closed", "办结"),
        ])

    static let child = WorkflowDeclaration(
        id: "T-3", name: "appraisal", title: "鉴定", titleEN: "Appraisal", numbers: "JD", form: [.text("matter", "事项", length: 1...40, marks: [.required])],
        steps: [
            .task("look", "鉴定", by: [.role(.city)], [.on("pass", "合格", to: "good"), .on("fail", "不合格", to: "bad")]), .end("good", "合格"), .end("bad", "不合格"),
        ])

    static let parent = WorkflowDeclaration(
        id: "T-4", name: "rectify", title: "整改", titleEN: "Rectify", numbers: "ZZ", startedBy: [.role(.enterpriseAdmin)],
        form: [.text("matter", "事项", length: 1...40, marks: [.required])], titleField: "matter",
        steps: [
            .subflow("appraise", "委托鉴定", "appraisal", [.on("good", "合格", to: "closed"), .on("bad", "不合格", to: "again", sets: ["failed": "yes"])]),
            .task("again", "重新整改", by: [.starter], [.on("done", "提交", to: "appraise")]), .end("closed", "办结"),
        ])

    static let all = [turns, nested, child, parent, Sample.leave]
}

@Suite("工作流引擎：委托、轮流、子流程、并行与版本")
struct DelegationTests {
    private func delegate(_ house: WorkflowHouse, from login: String, to other: String, workflow: String? = nil, days: ClosedRange<Int> = 0...6) async throws {
        let today = WorkflowHouse.start.day
        try await house.database.write { [engine = house.engine] tx in
            try engine.delegate(
                to: other, workflow: workflow, from: today.adding(days: days.lowerBound), until: today.adding(days: days.upperBound), note: "出差",
                by: WorkflowHouse.principal(login), in: tx)
        }
    }

    @Test func theDelegateActsForTheHolder() async throws {
        let house = try await WorkflowHouse(MoreSamples.all)
        let before = try await house.start("leave", Sample.cheap, by: "steel")
        try await delegate(house, from: "county", to: "cement")
        #expect(try await house.list(.todo, by: "cement") == [before.number], "what was open when it began")
        let after = try await house.start("leave", Sample.cheap, by: "steel")
        #expect(try await house.list(.todo, by: "cement").contains(after.number), "and what opened since")
        #expect(try await house.list(.todo, by: "county").contains(after.number), "the holder may still act")
        try await house.move(after.id, "pass", by: "cement", values: ["result": "合格"])
        #expect(try await house.timeline(after.id).contains { $0.title == "通过（代长安李科）" && $0.byName == "水泥周工" })
        house.now.change { $0 = WorkflowHouse.start.adding(seconds: 8 * 86_400) }
        try await house.engine.tick()
        #expect(try await house.list(.todo, by: "cement") == [], "it ends by itself")
    }

    @Test func aSeatSignsOnce() async throws {
        let house = try await WorkflowHouse(MoreSamples.all)
        try await delegate(house, from: "county", to: "cement", workflow: "leave")
        let item = try await house.start("leave", Sample.dear, by: "steel")
        try await house.move(item.id, "pass", by: "county", values: ["result": "合格"])
        try await house.move(item.id, "done", by: "city")
        try await house.move(item.id, "agree", at: "board", by: "cement")
        #expect(try await house.steps(item.id).contains("board"), "the other of the two has not signed")
        await #expect(throws: Failure.self) { try await house.move(item.id, "agree", at: "board", by: "county") }
        try await house.move(item.id, "agree", at: "board", by: "county2")
        #expect(try await !house.steps(item.id).contains("board"))
    }

    @Test func refusesWhatIsNoDelegation() async throws {
        let house = try await WorkflowHouse(MoreSamples.all)
        await #expect(throws: Failure.self) { try await delegate(house, from: "county", to: "county") }
        await #expect(throws: Failure.self) { try await delegate(house, from: "county", to: "nobody") }
        await #expect(throws: Failure.self) { try await delegate(house, from: "county", to: "cement", workflow: "unknown") }
        await #expect(throws: Failure.self) { try await delegate(house, from: "county", to: "cement", days: -9 ... -2) }
        try await delegate(house, from: "county", to: "cement", days: 2...6)
        await #expect(throws: Failure.self) { try await delegate(house, from: "county", to: "county2", days: 4...9) }
        let item = try await house.start("leave", Sample.cheap, by: "steel")
        #expect(try await house.list(.todo, by: "cement") == [], "it has not begun")
        house.now.change { $0 = WorkflowHouse.start.adding(seconds: 3 * 86_400) }
        try await house.engine.tick()
        #expect(try await house.list(.todo, by: "cement") == [item.number])
        let id = try await house.database.read { [engine = house.engine] in try engine.delegations(by: WorkflowHouse.principal("county"), in: $0).first?.id ?? 0 }
        await #expect(throws: Failure.self) {
            try await house.database.write { [engine = house.engine] in try engine.revokeDelegation(id, by: WorkflowHouse.principal("steel"), in: $0) }
        }
        try await house.database.write { [engine = house.engine] in try engine.revokeDelegation(id, by: WorkflowHouse.principal("county"), in: $0) }
        #expect(try await house.list(.todo, by: "cement") == [])
    }

    @Test func givesOutInTurn() async throws {
        let house = try await WorkflowHouse(MoreSamples.all)
        var holders: [[String]] = []
        for _ in 0..<4 {
            let item = try await house.start("turns", by: "steel")
            holders.append(try await house.database.read { [engine = house.engine] in try engine.holders(of: item.id, in: $0).values.flatMap { $0 } })
        }
        #expect(holders == [["长安李科"], ["长安赵科"], ["长安李科"], ["长安赵科"]])
    }

    @Test func parallelStandsWithinParallel() async throws {
        let house = try await WorkflowHouse(MoreSamples.all)
        let item = try await house.start("nested", by: "steel")
        try await house.move(item.id, "go", by: "city")
        try await house.move(item.id, "go", at: "b", by: "city")
        #expect(try await Set(house.steps(item.id)) == ["a", "b1", "b2"])
        try await house.move(item.id, "done", at: "b1", by: "city")
        try await house.move(item.id, "done", at: "b2", by: "city")
        #expect(try await Set(house.steps(item.id)) == ["a", "after"], "the inner join does not wait for a")
        try await house.move(item.id, "done", at: "after", by: "city")
        #expect(try await house.steps(item.id) == ["a"])
        try await house.move(item.id, "done", at: "a", by: "city")
        #expect(try await house.item(item.id)?.state == .ended)
    }

    @Test func aCaseIsAStepOfAnother() async throws {
        let house = try await WorkflowHouse(MoreSamples.all)
        let item = try await house.start("rectify", ["matter": "更换滤袋"], by: "steel")
        #expect(try await house.steps(item.id) == ["appraise"])
        let first = try #require(try await house.database.read { try $0.value("SELECT MAX(id) FROM workflow_cases WHERE workflow = 'appraisal'")?.int })
        #expect(try await house.item(first)?.title == "更换滤袋")
        try await house.move(first, "fail", by: "city")
        #expect(try await house.steps(item.id) == ["again"])
        try await house.move(item.id, "done", by: "steel")
        let second = try #require(try await house.database.read { try $0.value("SELECT MAX(id) FROM workflow_cases WHERE workflow = 'appraisal'")?.int })
        #expect(second != first)
        try await house.move(second, "pass", by: "city")
        #expect(try await house.item(item.id)?.state == .ended)
        let other = try await house.start("rectify", ["matter": "料棚"], by: "steel")
        let child = try #require(try await house.database.read { try $0.value("SELECT MAX(id) FROM workflow_cases WHERE workflow = 'appraisal'")?.int })
        try await house.database.write { [engine = house.engine] in try engine.cancel(other.id, reason: "撤回", by: WorkflowHouse.principal("steel"), in: $0) }
        #expect(try await house.item(child)?.state == .cancelled, "what is taken back takes its sub-flow along")
    }

    @Test func casesMoveToANewVersionOnPurpose() async throws {
        let house = try await WorkflowHouse(MoreSamples.all)
        let stays = try await house.start("leave", Sample.cheap, by: "steel")
        let moves = try await house.start("leave", Sample.cheap, by: "steel")
        let stuck = try await house.start("leave", Sample.cheap, by: "steel")
        try await house.move(stuck.id, "pass", by: "county", values: ["result": "合格"])
        var next = Sample.leave
        let index = try #require(next.steps.firstIndex { $0.name == "check" })
        next.steps[index].title = "现场核查"
        next.steps[index].within = .workingDays(5)
        next.steps[index].actors = [.role(.city)]
        next.steps.removeAll { $0.name == "sign" }
        next.steps[index].transitions = [.on("pass", "通过", to: "notice"), .on("refuse", "不通过", to: "refused", opinion: true, form: false)]
        for (at, step) in next.steps.enumerated() where step.kind == .notice { next.steps[at].transitions = [.on("expire", "期满", to: "closed", automatic: true)] }
        next.steps.removeAll { ["split", "expert", "board", "record", "joined"].contains($0.name) }
        let admin = Principal(kind: .user, id: 1, login: "city", name: "市局王处", permissions: ["*"], scope: .everything)
        let draft = next
        let version = try await house.database.write { [engine = house.engine] tx in
            try engine.keepDraft(draft, by: admin, in: tx)
            return try engine.publish("leave", note: "改版", by: admin, in: tx)
        }
        let outlook = try await house.database.read { [engine = house.engine] in try engine.outlook("leave", in: $0) }
        #expect(outlook.map(\.number) == [stays.number, moves.number, stuck.number])
        #expect(outlook.map { $0.obstacle != nil } == [false, false, true])
        let (moved, refused) = try await house.database.write { [engine = house.engine] in try engine.bring([moves.id, stuck.id], of: "leave", by: admin, in: $0) }
        #expect(moved == 1 && refused.map(\.number) == [stuck.number])
        #expect(try await house.item(moves.id)?.definitionVersion == version)
        #expect(try await house.item(stays.id)?.definitionVersion != version)
        #expect(try await house.open(moves.id).first?.title == "现场核查")
        #expect(try await house.list(.todo, by: "city").contains(moves.number))
        try await house.move(moves.id, "pass", by: "city", values: ["result": "合格"])
        #expect(try await house.steps(moves.id) == ["notice"])
    }
}
