import Identity
import Kernel
import Ledgers
import Rules
import Storage
import Testing
import Workflows

/// A small workflow with a bit of everything.
enum Sample {
    static let leave = WorkflowDeclaration(
        id: "B3.1.3.2", name: "leave", title: "整改审批", titleEN: "Rectification", numbers: "ZG", startedBy: [.role(.enterpriseAdmin)],
        form: [.text("matter", "事项", length: 1...40, marks: [.required]), .integer("cost", "费用", 0...1_000_000, unit: "元", marks: [.required])], titleField: "matter",
        within: .workingDays(10), publicFields: ["matter"], onStart: ["opened"], onCancel: ["undone"],
        steps: [
            .task(
                "check", "核查", by: [.role(.county)], form: [.text("result", "核查结果", length: 1...20, marks: [.required])], within: .workingDays(2), remind: [24],
                overdue: [.remind, .escalate(to: .role(.city))],
                [
                    .on("pass", "通过", to: "sign", branches: [WorkflowBranch(when: Condition("cost", .greater, 10_000), to: "split")], sets: ["checked": "yes"]),
                    .on("refuse", "不通过", to: "refused", opinion: true, form: false),
                ]),
            .automatic("split", "分派", effects: ["split"], to: "expert"),
            .task("expert", "专家意见", by: [.role(.city)], [.on("done", "提交", to: "board", "record")]),
            .task("board", "班子会签", by: [.role(.county)], signing: .all, [.on("agree", "同意", to: "joined"), .on("object", "反对", to: "refused", opinion: true)]),
            .task("record", "备案", by: [.ownerRole(.enterpriseAdmin)], [.on("done", "完成", to: "joined")]),
            .join("joined", "汇总", to: "notice"),
            .task("sign", "签批", by: [.leader(of: "check", role: "city")], [.on("agree", "同意", to: "notice")]),
            .notice(
                "notice", "公示", for: .workingDays(3), expires: "expire", by: [.starter, .concerned],
                [.on("appeal", "申诉", to: "sign", opinion: true, limit: 2), .on("expire", "期满", to: "closed", automatic: true)]),
            .end("closed", "办结", effects: ["closed"]), .end("refused", "未通过"),
        ])

    static let cheap: [String: JSONValue] = ["matter": "更换滤袋", "cost": 500]
    static let dear: [String: JSONValue] = ["matter": "新建料棚", "cost": 50_000]
}

@Suite("工作流引擎：事项流转")
struct CaseTests {
    @Test func definitionIsSound() { #expect(Sample.leave.faults(knownEffects: ["opened", "undone", "split", "closed"]) == []) }

    @Test func storedDefinitionIsTheSame() throws { #expect(try WorkflowDeclaration(json: Sample.leave.json) == Sample.leave) }

    @Test func faultsAreNamedTogether() {
        var broken = Sample.leave
        broken.steps[0].transitions[0].to = ["nowhere"]
        broken.steps[2].actors = []
        broken.onStart = ["unknown"]
        let faults = broken.faults(knownEffects: ["undone", "split", "closed"])
        #expect(faults.contains { $0.hasPrefix("JW-WD03") } && faults.contains { $0.hasPrefix("JW-WD04") } && faults.contains { $0.hasPrefix("JW-WD08") })
    }

    @Test func startRefusesWhatIsWrongAndWhoMayNot() async throws {
        let house = try await WorkflowHouse([Sample.leave])
        #expect(try await failureCode { try await house.start("leave", ["cost": -1], by: "steel") } == "JW-K422")
        #expect(try await failureCode { try await house.start("leave", Sample.cheap, by: "county") } == "JW-K403")
        let item = try await house.start("leave", Sample.cheap, by: "steel")
        #expect(item.number == "ZG20261123-0001" && item.title == "更换滤袋" && item.area == "130102" && item.org == 5)
        #expect(try await house.list(.todo, by: "county") == [item.number])
        #expect(try await house.list(.todo, by: "qiaoxi") == [])
        #expect(try await house.list(.todo, by: "city") == [])
        #expect(try await house.list(.started, by: "steel") == [item.number])
        #expect(house.ran.value == ["opened"] && house.audited.value.count == 1)
        #expect(house.notices.value.map(\.kind) == [.assigned])
    }

    @Test func shortWayWithLeaderAndNotice() async throws {
        let house = try await WorkflowHouse([Sample.leave])
        let item = try await house.start("leave", Sample.cheap, by: "steel")
        #expect(try await failureCode { try await house.move(item.id, "pass", by: "qiaoxi", values: ["result": "合格"]) } == "JW-K403")
        #expect(try await failureCode { try await house.move(item.id, "pass", by: "county") } == "JW-K422")
        #expect(try await failureCode { try await house.move(item.id, "refuse", by: "county", opinion: " ") } == "JW-K422")
        try await house.move(item.id, "pass", by: "county", values: ["result": "合格"])
        #expect(try await house.steps(item.id) == ["sign"])
        #expect(try await house.list(.done, by: "county") == [item.number])
        try await house.move(item.id, "agree", by: "city")
        #expect(try await house.steps(item.id) == ["notice"])
        #expect(try await house.list(.todo, by: "steel") == [], "公示不是待办")
        try await house.pass(days: 1)
        #expect(try await house.steps(item.id) == ["notice"])
        try await house.pass(days: 3)
        let ended = try #require(try await house.item(item.id))
        #expect(ended.state == .ended && ended.outcome == "closed" && ended.data["checked"]?.string == "yes")
        #expect(house.ran.value == ["opened", "closed"])
    }

    @Test func longWayInParallelWithJointSigning() async throws {
        let house = try await WorkflowHouse([Sample.leave])
        let item = try await house.start("leave", Sample.dear, by: "steel")
        try await house.move(item.id, "pass", by: "county", values: ["result": "合格"])
        #expect(try await house.steps(item.id) == ["expert"])
        #expect(house.ran.value.contains("split"))
        try await house.move(item.id, "done", by: "city")
        #expect(try await house.steps(item.id) == ["board", "record"])
        try await house.move(item.id, "agree", at: "board", by: "county")
        #expect(try await failureCode { try await house.move(item.id, "agree", at: "board", by: "county") } == "JW-WF23")
        #expect(try await house.steps(item.id) == ["board", "record"], "两名会签人只签了一名")
        try await house.move(item.id, "agree", at: "board", by: "county2")
        #expect(try await house.steps(item.id) == ["record"], "汇合等待另一路")
        #expect(try await failureCode { try await house.move(item.id, "done", at: "record", by: "cement") } == "JW-K403")
        try await house.move(item.id, "done", at: "record", by: "steel")
        #expect(try await house.steps(item.id) == ["notice"])
    }

    @Test func oneObjectionDecidesAJointSigning() async throws {
        let house = try await WorkflowHouse([Sample.leave])
        let item = try await house.start("leave", Sample.dear, by: "steel")
        try await house.move(item.id, "pass", by: "county", values: ["result": "合格"])
        try await house.move(item.id, "done", by: "city")
        try await house.move(item.id, "object", at: "board", by: "county2", opinion: "资金来源不清")
        let ended = try #require(try await house.item(item.id))
        #expect(ended.state == .ended && ended.outcome == "refused")
        #expect(try await house.steps(item.id) == [])
        #expect(try await house.list(.todo, by: "steel") == [])
    }

    @Test func twoAppealsAndNoThird() async throws {
        let house = try await WorkflowHouse([Sample.leave])
        let item = try await house.start("leave", Sample.cheap, by: "steel")
        try await house.move(item.id, "pass", by: "county", values: ["result": "合格"])
        try await house.move(item.id, "agree", by: "city")
        for _ in 0..<2 {
            try await house.move(item.id, "appeal", by: "steel", opinion: "不认可")
            try await house.move(item.id, "agree", by: "city")
        }
        #expect(try await failureCode { try await house.move(item.id, "appeal", by: "steel", opinion: "还是不认可") } == "JW-WF22")
        #expect(try await house.steps(item.id) == ["notice"])
    }

    @Test func personConcernedAppealsThroughTheLink() async throws {
        let house = try await WorkflowHouse([Sample.leave])
        let item = try await house.start("leave", Sample.cheap, by: "steel")
        try await house.move(item.id, "pass", by: "county", values: ["result": "合格"])
        let person = Principal(kind: .client, id: 0, login: "concerned", name: "当事人", permissions: [], scope: .nothing)
        let sign = try #require(try await house.open(item.id).first)
        let engine = house.engine
        let refused = try await failureCode { try await house.database.write { tx in _ = try engine.move(CaseMove(step: sign.id, "agree"), by: person, in: tx) } }
        #expect(refused == "JW-K403")
        try await house.move(item.id, "agree", by: "city")
        let notice = try #require(try await house.open(item.id).first)
        try await house.database.write { tx in _ = try engine.move(CaseMove(step: notice.id, "appeal", opinion: "有异议"), by: person, in: tx) }
        #expect(try await house.steps(item.id) == ["sign"])
        let link = "\(item.id)-\(engine.linkCode(of: item.id))"
        #expect(engine.caseId(ofLink: link) == item.id && engine.caseId(ofLink: "\(item.id + 1)-\(engine.linkCode(of: item.id))") == nil)
    }

    @Test func twoClicksNeverBothWin() async throws {
        let house = try await WorkflowHouse([Sample.leave])
        let item = try await house.start("leave", Sample.cheap, by: "steel")
        let step = try #require(try await house.open(item.id).first)
        let engine = house.engine, database = house.database
        let outcomes = await withTaskGroup(of: String?.self) { group in
            for login in ["county", "county2"] {
                group.addTask {
                    try? await failureCode {
                        try await database.write { tx in
                            _ = try engine.move(CaseMove(step: step.id, "pass", values: ["result": "合格"], expectedVersion: 1), by: WorkflowHouse.principal(login), in: tx)
                        }
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.filter { $0 == nil }.count == 1 && outcomes.contains("JW-WF20"), "\(outcomes)")
        #expect(try await house.steps(item.id) == ["sign"])
    }

    @Test func sentTwiceDoneOnce() async throws {
        let house = try await WorkflowHouse([Sample.leave])
        let first = try await house.start("leave", Sample.cheap, by: "steel", key: "k1")
        let again = try await house.start("leave", Sample.cheap, by: "steel", key: "k1")
        #expect(first.id == again.id)
        let step = try #require(try await house.open(first.id).first)
        let engine = house.engine
        for _ in 0..<2 {
            try await house.database.write { tx in
                _ = try engine.move(CaseMove(step: step.id, "pass", values: ["result": "合格"], key: "k2"), by: WorkflowHouse.principal("county"), in: tx)
            }
        }
        #expect(try await house.timeline(first.id).filter { $0.action == "pass" }.count == 1)
    }

    @Test func handedReturnedWithdrawn() async throws {
        let house = try await WorkflowHouse([Sample.leave])
        let item = try await house.start("leave", Sample.cheap, by: "steel")
        let engine = house.engine, county = WorkflowHouse.principal("county"), county2 = WorkflowHouse.principal("county2"), city = WorkflowHouse.principal("city")
        let check = try #require(try await house.open(item.id).first)
        try await house.database.write { try engine.hand(check.id, to: "county2", as: .transfer, opinion: "出差", by: county, in: $0) }
        #expect(try await house.list(.todo, by: "county") == [])
        #expect(try await house.list(.todo, by: "county2") == [item.number])
        try await house.database.write { try engine.hand(check.id, to: "county", as: .delegate, opinion: "请代办", by: county2, in: $0) }
        try await house.move(item.id, "pass", by: "county", values: ["result": "合格"])
        #expect(try await house.timeline(item.id).contains { $0.title == "通过（代长安赵科）" })
        let sign = try #require(try await house.open(item.id).first)
        try await house.database.write { try engine.sendBack(sign.id, to: "check", opinion: "结果不详", by: city, in: $0) }
        #expect(try await house.list(.todo, by: "county") == [item.number], "退回给原办理人")
        #expect(try await house.list(.todo, by: "county2") == [], "退回给原办理人")
        #expect(house.notices.value.contains { $0.kind == .returned && $0.receivers == [.user(2)] })
        #expect(try await failureCode { try await house.database.write { try engine.cancel(item.id, reason: "不做了", by: county2, in: $0) } } == nil, "监管人员可终止")
        #expect(try await house.item(item.id)?.state == .cancelled)
        #expect(house.ran.value.last == "undone")
        #expect(try await failureCode { try await house.move(item.id, "pass", by: "county", values: ["result": "合格"]) } != nil)
    }

    @Test func urgedCopiedAssigned() async throws {
        let house = try await WorkflowHouse([Sample.leave])
        let item = try await house.start("leave", Sample.cheap, by: "steel")
        let engine = house.engine, city = WorkflowHouse.principal("city")
        try await house.database.write { try engine.urge(item.id, text: "今天办结", by: city, in: $0) }
        #expect(house.notices.value.last?.kind == .urged && house.notices.value.last?.receivers == [.role("county", organisation: nil)])
        try await house.database.write { try engine.copy(item.id, to: "cement", by: city, in: $0) }
        #expect(try await house.list(.copies, by: "cement") == [item.number])
        #expect(try await failureCode { _ = try await house.database.read { try engine.visible(item.id, by: WorkflowHouse.principal("qiaoxi"), in: $0) } } == "JW-K404")
        let step = try #require(try await house.open(item.id).first)
        try await house.database.write { try engine.assign(step.id, to: "county2", opinion: "专人办理", by: city, in: $0) }
        #expect(try await house.list(.todo, by: "county") == [])
        #expect(try await house.list(.todo, by: "county2") == [item.number])
    }

    @Test func deadlinesRemindThenEscalate() async throws {
        let house = try await WorkflowHouse([Sample.leave])
        let item = try await house.start("leave", Sample.cheap, by: "steel")
        let step = try #require(try await house.open(item.id).first)
        #expect(step.dueAt?.text == "2026-11-25 23:59:59")
        try await house.pass(days: 1, hours: 14)
        #expect(house.notices.value.last?.kind == .assigned)
        try await house.pass(hours: 1)
        #expect(house.notices.value.last?.kind == .reminder)
        try await house.pass(hours: 24)
        #expect(house.notices.value.suffix(2).map(\.kind) == [.overdue, .overdue])
        #expect(try await house.list(.todo, by: "city") == [item.number], "超期升级到市级")
        let seen = house.notices.value.count
        try await house.pass(hours: 1)
        #expect(house.notices.value.count == seen, "一天只催一次")
        try await house.move(item.id, "pass", by: "city", values: ["result": "合格"])
        let late = try await house.database.read { try house.engine.path(of: item.id, in: $0).first?.wasLate }
        #expect(late == true)
    }
}
