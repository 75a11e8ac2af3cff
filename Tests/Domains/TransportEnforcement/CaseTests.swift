import Features
import Foundation
import HTTPTypes
import Identity
import Kernel
import Ledgers
import Storage
import Testing
import TransportEnforcement
import Workflows

@Suite("B2.1 执法案件：从录入到归档")
struct CaseTests {
    @Test func declarationIsSound() {
        let effects = ["open", "assign", "judgeMeasure", "appeal", "file", "decide", "approve", "execute", "close", "end", "cancel"].map { "enforcement." + $0 }
        #expect(EnforcementCase.workflow.faults(knownEffects: Set(effects)) == [])
    }

    @Test("两次申诉均驳回、第三次不受理、自动立案、讨论、决定、公示、执行、结案、归档")
    func wholeWay() async throws {
        let house = try await EnforcementHouse()
        let id = try await house.notified()
        #expect(try await house.steps(id) == ["appealPeriod"])
        try await house.appeal(id)
        #expect(try await house.steps(id) == ["answer"])
        try await house.move(id, "reject", by: "leader", opinion: "证据充分")
        #expect(try await house.steps(id) == ["appealPeriod"], "首次驳回后可再次申诉")
        try await house.appeal(id)
        try await house.move(id, "reject", by: "leader", opinion: "维持")
        #expect(try await house.steps(id) == ["discussion"], "再次申诉驳回即自动立案")
        let filed = try #require(try await house.facts(id))
        #expect(filed.int("filed_at") != nil && filed.int("appeals") == 2)
        let state = try await house.platform.database.read { [subject = house.carrier.id] in try $0.value("SELECT state FROM transport_subject WHERE id = \(subject)")?.text }
        #expect(state == "abnormal")
        try await house.move(id, "agree", by: "leader", ["meeting": "集体讨论同意处罚"])
        try await house.move(id, "propose", by: "leader", ["measure": "fine", "fine": 2000])
        #expect(try await house.steps(id) == ["publicity"])
        try await house.pass(days: 14)
        #expect(try await house.steps(id) == ["execution"])
        try await house.move(id, "done", by: "officer2", ["executed": "已缴款", "paid": 2000])
        try await house.move(id, "close", by: "leader", ["closingNote": "执行完毕"])
        let ended = try #require(try await house.item(id))
        #expect(ended.outcome == "archived" && ended.state == .ended)
        let facts = try #require(try await house.facts(id))
        #expect(facts.text("final_state") == "archived" && facts.double("paid") == 2000 && facts.text("assignee_name") == "officer2（测试）")
        let after = try await house.platform.database.read { [subject = house.carrier.id] in try $0.value("SELECT state FROM transport_subject WHERE id = \(subject)")?.text }
        #expect(after == "normal")
    }

    struct Appeals: CustomTestStringConvertible, Sendable {
        let answers: [String], ends: String, why: String
        var testDescription: String { why }
    }
    static let appeals: [Appeals] = [
        Appeals(answers: [], ends: "discussion", why: "期满未申诉即立案"), Appeals(answers: ["reject"], ends: "discussion", why: "一次驳回后期满即立案"),
        Appeals(answers: ["reject", "reject"], ends: "discussion", why: "二次驳回即立案"), Appeals(answers: ["accept"], ends: "", why: "申诉成立即撤销"),
        Appeals(answers: ["reject", "accept"], ends: "", why: "二次申诉成立即撤销"),
    ]

    @Test(arguments: appeals)
    func appealsEnd(_ example: Appeals) async throws {
        let house = try await EnforcementHouse()
        let id = try await house.notified()
        for answer in example.answers {
            try await house.appeal(id)
            try await house.move(id, answer, by: "leader", opinion: "答复")
        }
        if try await house.steps(id) == ["appealPeriod"] {
            try await house.pass(days: 4)
            #expect(try await house.steps(id) == ["appealPeriod"], "申诉期内不立案")
            try await house.pass(days: 10)
        }
        #expect(try await house.steps(id).first ?? "" == example.ends)
        let reads = house.platform
        #expect(try await reads.database.read { try reads.workflows.uses(of: id, in: $0)["appealPeriod/appeal"] ?? 0 } == example.answers.count)
    }

    @Test func thirdAppealIsRefusedOverTheCode() async throws {
        let house = try await EnforcementHouse()
        let id = try await house.notified()
        let path = "/w/\(id)-\(house.platform.workflows.linkCode(of: id))"
        let first = try await house.ask(nil, path)
        #expect(first.status == 200 && first.body.contains("申诉（剩 2 次）") && first.body.contains("拟") == false && first.body.contains("2000"))
        #expect(!first.body.contains("驾驶人身份证"))
        let step = try await house.open(id).first?.id ?? 0
        for _ in 0..<2 {
            let open = try await house.open(id).first?.id ?? 0
            let sent = try await house.ask(nil, "\(path)/\(open)/appeal", post: ["appellant": "李四", "phone": "13812345678", "opinion": "车辆已密闭"])
            #expect(sent.status < 400)
            try await house.move(id, "reject", by: "leader", opinion: "证据充分")
        }
        let third = try await house.ask(nil, "\(path)/\(step)/appeal", post: ["appellant": "李四", "phone": "13812345678", "opinion": "再次申诉"])
        #expect(third.status == 409 && third.body.contains("JW-WF22"))
        let after = try await house.ask(nil, path)
        #expect(after.body.contains("申诉已满 2 次，不再受理") && after.body.contains("证据充分"))
        #expect(try await house.ask(nil, "/w/\(id)-00000000000000000000000000000000").status == 404)
    }

    @Test func officersSeeTheirOwnCasesOnly() async throws {
        let house = try await EnforcementHouse()
        let id = try await house.start().id
        #expect(try await house.list(.todo, by: "leader") == [id])
        #expect(try await house.list(.todo, by: "leader4") == [])
        #expect(try await house.ask("officer", "/work/\(id)").status == 200, "录入人")
        #expect(try await house.ask("officer2", "/work/\(id)").status == 404, "他人的案件")
        try await house.move(id, "assign", by: "leader", ["assignee": "officer2"])
        #expect(try await house.list(.todo, by: "officer2") == [id])
        #expect(try await house.ask("officer2", "/work/\(id)").status == 200, "承办人")
        #expect(try await house.ask("officer4", "/work/\(id)").status == 404)
        #expect(try await house.ask("officer2", "/ledgers/enforcementCase").status == 403, "案件台账归大队")
        #expect(try await house.ask("leader", "/ledgers/enforcementCase").body.contains("示例货运有限公司"))
        #expect(try await house.ask("leader4", "/ledgers/enforcementCase").body.contains("示例货运有限公司") == false)
    }

    @Test func dispatchGoesToOfficersOfTheArea() async throws {
        let house = try await EnforcementHouse()
        let id = try await house.start().id
        for (login, isRefused) in [("officer4", true), ("leader", true), ("nobody", true), ("officer", false)] {
            let code = try await failureCode { try await house.move(id, "assign", by: "leader", ["assignee": .string(login)]) }
            #expect((code == "JW-K422") == isRefused, "\(login)")
        }
    }

    @Test func withoutSubjectNoCase() async throws {
        let house = try await EnforcementHouse()
        let code = try await failureCode {
            let draft = CaseDraft(
                EnforcementCase.workflow.name, values: EnforcementHouse.found.merging(["subjectName": "无名"]) { first, _ in first }, org: house.person("leader").organisation)
            _ = try await house.platform.database.write { [platform = house.platform, person = house.person("officer")] tx in
                try platform.workflows.start(draft, by: person, isAdmitted: true, in: tx)
            }
        }
        #expect(code == "JW-EN01")
        #expect(try await failureCode { _ = try await house.start(EnforcementHouse.found.merging(["category": "H"]) { $1 }) } == "JW-K422", "大类不能立案")
    }

    @Test func simpleProcedureSkipsVerificationAndDiscussion() async throws {
        let house = try await EnforcementHouse()
        let id = try await house.start(EnforcementHouse.found.merging(["category": "H03"]) { $1 }).id
        try await house.move(id, "assign", by: "leader", ["assignee": "officer"])
        #expect(try await house.steps(id) == ["evidence"])
        try await house.move(id, "served", by: "officer", ["record": "现场确认", "measure": "fine", "fine": 100])
        try await house.pass(days: 14)
        #expect(try await house.steps(id) == ["decision"])
    }

    @Test func casesMayGoUpward() async throws {
        let house = try await EnforcementHouse()
        let id = try await house.start().id
        try await house.move(id, "upward", by: "leader", opinion: "跨区案件")
        #expect(try await house.list(.todo, by: "city") == [id])
        try await house.move(id, "assign", by: "city", ["assignee": "officer2"])
        try await house.move(id, "beyond", by: "officer2", opinion: "不属本职权")
        #expect(try await house.steps(id) == ["dispatch"])
        try await house.move(id, "upward", by: "leader", opinion: "请上级处理")
        try await house.move(id, "further", by: "city", opinion: "移送省厅")
        #expect(try await house.facts(id)?.text("final_state") == "transferred")
    }

    struct Due: CustomTestStringConvertible, Sendable {
        let hours: Int64, due: String
        var testDescription: String { "\(hours) 个工作小时" }
    }
    /// From Monday 9:00; a working day has 7.5 hours: 8:30–12:00, 13:30–17:30.
    static let dues: [Due] = [
        Due(hours: 2, due: "2026-11-23 11:00:00"), Due(hours: 4, due: "2026-11-23 14:30:00"), Due(hours: 8, due: "2026-11-24 09:30:00"), Due(hours: 37, due: "2026-11-27 17:30:00"),
        Due(hours: 38, due: "2026-11-30 09:30:00"),
    ]

    @Test(arguments: dues)
    func stepsAreDueByTheirCategory(_ example: Due) async throws {
        let house = try await EnforcementHouse()
        try await house.platform.database.write { [platform = house.platform] tx in
            let row = try #require(try tx.value("SELECT id FROM case_category WHERE code = 'H02'")?.int)
            _ = try platform.ledgers.update("caseCategory", id: row, Draft(["dispatchHours": .int(example.hours)]), by: .system(), in: tx)
        }
        let id = try await house.start().id
        #expect(try await house.open(id).first?.dueAt?.text.hasPrefix(example.due) == true)
    }

    @Test func overdueIsTold() async throws {
        let house = try await EnforcementHouse()
        let id = try await house.start().id
        try await house.move(id, "assign", by: "leader", ["assignee": "officer2"])
        try await house.pass(days: 6)
        let events = try await house.platform.database.read { [platform = house.platform] in try platform.workflows.timeline(of: id, in: $0) }
        #expect(events.contains { $0.action == "overdue" } && events.contains { $0.action == "escalate" })
        #expect(try await house.list(.todo, by: "leader") == [id], "超期后大队可办")
        let messages = try await house.platform.database.read { try $0.count("SELECT COUNT(*) FROM messages WHERE kind = 'work.overdue'") }
        #expect(messages > 0)
    }

    @Test func beyondTheRangeGoesToApproval() async throws {
        let house = try await EnforcementHouse()
        let id = try await house.notified()
        try await house.pass(days: 14)
        try await house.move(id, "agree", by: "leader", ["meeting": "同意"])
        #expect(try await failureCode { try await house.move(id, "propose", by: "leader", ["measure": "fine", "fine": 5000]) } == "JW-K422")
        #expect(try await house.steps(id) == ["decision"])
        try await house.move(id, "propose", by: "leader", ["measure": "fine", "fine": 5000, "fineConfirmed": "true", "fineReason": "一年内多次违法"])
        #expect(try await house.steps(id) == ["approval"])
        try await house.move(id, "approve", by: "city", opinion: "同意")
        #expect(try await house.facts(id)?.text("approver") == house.person("city").name)
    }

    @Test func figuresCountEachCaseOnce() async throws {
        let house = try await EnforcementHouse()
        for _ in 0..<2 { _ = try await house.notified() }
        _ = try await house.start(EnforcementHouse.found.merging(["category": "H03"]) { $1 }, subject: house.outside)
        let figures = try await house.platform.database.read { [platform = house.platform, scope = house.person("leader").scope] reader in
            try CaseFigures.read(
                from: Day(number: 20_260_101)!, to: Day(number: 20_270_101)!, scope: scope, dictionaries: platform.dictionaries, now: platform.clock.now, reader)
        }
        #expect(figures.total.cases == 3 && figures.categories.map(\.key) == ["H02", "H03"] && figures.categories.first?.title == "货物脱落扬撒未采取措施")
        #expect(figures.months.count == 12 && figures.months[10].sums.cases == 3 && figures.grids.map(\.sums.cases) == [2] && figures.officers.first?.sums.subjects == 2)
        let elsewhere = try await house.platform.database.read { [platform = house.platform, scope = house.person("leader4").scope] reader in
            try CaseFigures.read(
                from: Day(number: 20_260_101)!, to: Day(number: 20_270_101)!, scope: scope, dictionaries: platform.dictionaries, now: platform.clock.now, reader)
        }
        #expect(elsewhere.total.cases == 0)
        for path in [
            "/enforcement/statistics", "/enforcement/statistics?span=month", "/enforcement/subjects?q=示例".addingPercentEncoding(withAllowedCharacters: .urlQueryAllowed) ?? "",
        ] {
            #expect(try await house.ask("leader", path).status == 200, "\(path)")
        }
        #expect(try await house.ask("officer", "/enforcement/statistics").status == 403)
    }

    struct Span: CustomTestStringConvertible, Sendable {
        let span: CaseFigures.Span, day: Int, from: Int, to: Int
        var testDescription: String { "\(span.title) \(day)" }
    }
    static let spans: [Span] = [
        Span(span: .month, day: 20_261_123, from: 20_261_101, to: 20_261_201), Span(span: .month, day: 20_261_231, from: 20_261_201, to: 20_270_101),
        Span(span: .quarter, day: 20_261_123, from: 20_261_001, to: 20_270_101), Span(span: .quarter, day: 20_260_331, from: 20_260_101, to: 20_260_401),
        Span(span: .year, day: 20_260_630, from: 20_260_101, to: 20_270_101),
    ]

    @Test(arguments: spans)
    func spansHaveTheirDays(_ example: Span) throws {
        let days = example.span.days(of: try #require(Day(number: example.day)))
        #expect(days.from.number == example.from && days.to.number == example.to)
    }
}

@Suite("B2.1.9 B2.2.9 处置措施与幅度")
struct MeasureTests {
    struct Choice: CustomTestStringConvertible, Sendable {
        let choice: MeasureChoice, findings: [String], why: String
        var testDescription: String { why }
    }
    static let range = FineRange(minimum: 500, maximum: 3000)
    static let choices: [Choice] = [
        Choice(choice: MeasureChoice(kind: "fine", fine: 500), findings: [], why: "下限"), Choice(choice: MeasureChoice(kind: "fine", fine: 3000), findings: [], why: "上限"),
        Choice(choice: MeasureChoice(kind: "fine"), findings: ["fine"], why: "罚款没有金额"), Choice(choice: MeasureChoice(kind: "fine", fine: 499.99), findings: ["fine"], why: "低于下限"),
        Choice(choice: MeasureChoice(kind: "fine", fine: 3000.01), findings: ["fine"], why: "高于上限"),
        Choice(choice: MeasureChoice(kind: "fine", fine: 5000, isConfirmed: true), findings: ["fineReason"], why: "超出未说明"),
        Choice(choice: MeasureChoice(kind: "fine", fine: 5000, isConfirmed: true, reason: "多次违法"), findings: [], why: "超出已说明"),
        Choice(choice: MeasureChoice(kind: "suspend"), findings: ["suspendDays"], why: "停业没有天数"),
        Choice(choice: MeasureChoice(kind: "suspend", days: 30), findings: [], why: "停业三十天"),
        Choice(choice: MeasureChoice(kind: "suspend", days: 91), findings: ["suspendDays"], why: "停业过长"),
        Choice(choice: MeasureChoice(kind: "suspend", fine: 9000, days: 30), findings: ["fine"], why: "停业并处罚款超出"),
        Choice(choice: MeasureChoice(kind: "warn"), findings: [], why: "警告"),
    ]

    @Test(arguments: choices)
    func fines(_ example: Choice) { #expect(example.choice.findings(range: Self.range, daysMax: 90).map(\.field) == example.findings) }

    static let texts: [(FineRange, String)] = [
        (FineRange(minimum: 20, maximum: 200), "20～200 元"), (FineRange(maximum: 1500), "不超过 1500 元"), (FineRange(minimum: 0.5), "不低于 0.5 元"), (FineRange(), "不限"),
    ]

    @Test(arguments: texts)
    func rangesAreSaid(_ range: FineRange, _ text: String) { #expect(range.text == text) }

    @Test func categoriesAndMeasuresAreOfferedByName() async throws {
        let house = try await EnforcementHouse()
        let platform = house.platform
        #expect(platform.dictionaries.title(of: "H04", in: .caseCategory) == "超限超载运输" && platform.dictionaries.title(of: "H", in: .caseMajor) == "货物运输类")
        #expect(platform.dictionaries.items(.caseMeasure, on: platform.clock.today).map(\.code) == ["recheck", "warn", "fine", "rectify", "suspend", "revoke", "police"])
        try await platform.database.write { tx in
            let row = try #require(try tx.value("SELECT id FROM enforcement_measure WHERE code = 'police'")?.int)
            _ = try platform.ledgers.update("enforcementMeasure", id: row, Draft(["isOpen": "false"]), by: .system(), in: tx)
        }
        #expect(platform.dictionaries.items(.caseMeasure, on: platform.clock.today).contains { $0.code == "police" } == false)
        #expect(platform.dictionaries.title(of: "police", in: .caseMeasure) == "报送公安机关", "停用的措施仍有名称")
        let wrong: [[String: JSONValue]] = [
            ["code": "X1", "name": "没有大类", "level": "minor"], ["code": "X 2", "name": "编号不对", "level": "major"],
            ["code": "X3", "name": "上下颠倒", "level": "minor", "parent": 1, "fineMin": 10, "fineMax": 5],
        ]
        for values in wrong {
            let code = try await failureCode { _ = try await platform.database.write { tx in try platform.ledgers.create("caseCategory", Draft(values), by: .system(), in: tx) } }
            #expect(code == "JW-K422", "\(values)")
        }
    }

    @Test func subjectsAreRegisteredWithTheirOrganisation() async throws {
        let house = try await EnforcementHouse()
        let county = try #require(house.person("officer").organisation)
        let answer = try await house.ask(
            "officer", "/enforcement/subjects/new",
            post: ["name": "新登记运输户", "kind": "individual", "county": .string(String(county)), "grid": .string(String(house.grid.id)), "phone": "13900000000"])
        #expect(answer.status < 400)
        let row = try #require(try await house.platform.database.read { try $0.first("SELECT * FROM transport_subject WHERE name = '新登记运输户'") })
        #expect(row.text("area") == "130102")
        let inside = try await house.platform.database.read { try GridReach.officers(of: row.int("org") ?? 0, $0) }
        #expect(inside == [house.person("inspector").id])
        #expect(try await house.ask("inspector", "/ledgers/transportSubject").body.contains("示例个体运输户") == false, "网格外的主体不可见")
        let elsewhere = try #require(house.person("officer4").organisation)
        #expect(try await house.ask("officer", "/enforcement/subjects/new", post: ["name": "越权登记", "kind": "individual", "county": .string(String(elsewhere))]).status == 422)
    }
}
