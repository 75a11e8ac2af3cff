import Cryptography
import Identity
import Kernel
import Ledgers
import Storage
import Testing

@Suite("台账 · 自定义台账、声明检查、统计、视图")
struct RuntimeLedgerTests {
    static let toolCheck: JSONValue = [
        "id": "X-01", "name": "toolCheck", "title": "工具检查", "ownedBy": "enterprise", "uniqueBy": ["org", "toolNo"],
        "fields": [
            ["name": "toolNo", "title": "工具编号", "kind": "text", "min": 1, "max": 32, "marks": ["required", "searchable"]],
            ["name": "checkedOn", "title": "检查日期", "kind": "day", "marks": ["filterable"]],
            ["name": "stage", "title": "阶段", "kind": "code", "dictionary": "stage", "marks": ["filterable", "groupable"]],
        ],
    ]

    @Test("定义后即可登记、查询、加字段；另一节点也能装入")
    func define() async throws {
        let shop = try await LedgerWorkshop()
        var declaration = try LedgerDeclaration(json: Self.toolCheck)
        try await shop.engine.define(declaration, by: LedgerWorkshop.system)
        let own = LedgerWorkshop.enterprise(1, permissions: ["toolCheck.read", "toolCheck.write"])
        _ = try await shop.engine.create("toolCheck", Draft(["toolNo": "T1", "stage": "5"]), by: own)
        declaration.fields.append(.integer("score", "得分", 0...100, marks: [.summable]))
        try await shop.engine.define(declaration, by: LedgerWorkshop.system)
        _ = try await shop.engine.create("toolCheck", Draft(["toolNo": "T2", "score": 90]), by: own)
        #expect(try await shop.engine.list(LedgerQuery(ledger: "toolCheck", parsing: "sort=toolNo"), by: own).records.map { $0.values["score"] } == [.null, .int(90)])
        #expect(try await shop.count("SELECT count(*) FROM x_tool_check") == 2)
        #expect(!shop.engine.tables.contains { $0.name == "x_tool_check" })
        let other = LedgerEngine(
            database: shop.database, declarations: [], dictionaries: Dictionaries(LedgerWorkshop.dictionaries), keys: shop.keys, audit: AuditTrail(clock: LedgerWorkshop.clock),
            clock: LedgerWorkshop.clock)
        try await other.load()
        #expect(other.declaration("toolCheck") == shop.engine.declaration("toolCheck"))
        #expect(await failure { _ = try await shop.engine.create("toolCheck", Draft(["toolNo": "T1"]), by: own) }?.fields.map(\.code) == ["duplicate"])
    }

    @Test("不能删字段、改类型、占用内置名称、带错误定义；没有权限不能定义")
    func refusals() async throws {
        let shop = try await LedgerWorkshop()
        let declaration = try LedgerDeclaration(json: Self.toolCheck)
        try await shop.engine.define(declaration, by: LedgerWorkshop.system)
        var smaller = declaration
        smaller.fields.removeLast()
        #expect(await failure { try await shop.engine.define(smaller, by: LedgerWorkshop.system) }?.code == "JW-L051")
        var other = declaration
        other.fields[1] = .text("checkedOn", "检查日期")
        #expect(await failure { try await shop.engine.define(other, by: LedgerWorkshop.system) }?.code == "JW-L051")
        var wrong = declaration
        wrong.name = "wrong"
        wrong.fields.append(.code("colour", "颜色", from: DictionaryName("colour")))
        #expect(await failure { try await shop.engine.define(wrong, by: LedgerWorkshop.system) }?.code == "JW-L051")
        #expect(await failure { try await shop.engine.define(LedgerWorkshop.vehicle, by: LedgerWorkshop.system) }?.code == "JW-L052")
        #expect(await failure { try await shop.engine.define(declaration, by: LedgerWorkshop.enterprise(1)) }?.kind == .forbidden)
        #expect(throws: Failure.self) { try LedgerDeclaration(json: ["fields": [["name": "a"]]]) }
    }

    @Test("声明写成 JSON 再读回来不变")
    func json() throws {
        var declaration = LedgerWorkshop.vehicle
        declaration.isRuntime = true
        #expect(try LedgerDeclaration(json: try JSONValue(parsing: declaration.json.text)) == declaration)
    }

    @Test("声明的错误一次说完")
    func checks() {
        let wrong = LedgerDeclaration(
            id: "W-01", name: "Wrong", title: "错", ownedBy: .enterprise, uniqueBy: ["vim"], titleField: "name", sortedBy: [LedgerDeclaration.Sort("label")], timeField: "name",
            fields: [
                .text("name", "名称", check: .notFuture), .text("name", "又一个"), .code("colour", "颜色", from: DictionaryName("colour")), .reference("other", "别处", to: "nowhere"),
                .integer("org", "企业"), .computed("label", "标签", .joined(["name", "nothing"], separator: "")),
                .bool("flag", "旗", marks: [.summable, .searchable]).fallback("maybe"),
            ]
        )
        let faults = LedgerEngine.check([wrong, wrong], dictionaries: Dictionaries(LedgerWorkshop.dictionaries))
        for fault in [
            "JW-L010 ledger name “Wrong” used twice", "JW-L011 “Wrong” is no name in W-01", "JW-L013 field “name” declared twice in W-01",
            "JW-L012 unknown field “vim” in W-01.uniqueBy",
            "JW-L012 unknown field “label” in W-01.sortedBy", "JW-L014 W-01.timeField “name” is no day or moment", "JW-L015 unknown dictionary “colour” in W-01.colour",
            "JW-L016 unknown ledger “nowhere” in W-01.other", "JW-L011 “org” in W-01 is reserved", "JW-L012 unknown field “nothing” in W-01.label",
            "JW-L017 check “notFuture” does not fit W-01.name",
            "JW-L014 W-01.flag is summable but no number", "JW-L014 W-01.flag is searchable but no text", "JW-L019 fallback “maybe” of W-01.flag: 应填“是”或“否”",
        ] { #expect(faults.contains(fault), "\(fault)") }
        #expect(
            LedgerEngine.check(
                [LedgerWorkshop.vehicle, LedgerWorkshop.depot, LedgerWorkshop.passing, DictionaryLedger.ledger], dictionaries: Dictionaries(LedgerWorkshop.dictionaries)) == [])
    }

    @Test("分组统计：名称、合计、按月、企业数")
    func statistics() async throws {
        let shop = try await ListTests.shop()
        let query = LedgerQuery(ledger: "truck")
        let byStage = try await shop.engine.statistics(query, dimensions: [.field("stage")], measures: [.count, .sum("tonnes"), .distinct("org")], by: LedgerWorkshop.system)
        #expect(byStage.groups.map(\.labels) == [["国四"], ["国五"], ["国六"]])
        #expect(byStage.groups.map(\.values) == [[2, 30, 2], [1, 10, 1], [1, nil, 1]])
        #expect(byStage.measureTitles == ["数量", "核定载质量合计（吨）", "企业数"])
        let byMonth = try await shop.engine.statistics(query, dimensions: [.month("seenAt"), .field("org")], measures: [.count], by: LedgerWorkshop.system)
        #expect(byMonth.groups.map(\.labels) == [["未填写", "甲钢铁"], ["未填写", "乙焦化"], ["2026-11", "甲钢铁"]])
        #expect(byMonth.chart.categories == ["未填写", "2026-11"])
        #expect(byMonth.chart.series.map(\.name) == ["甲钢铁", "乙焦化"])
        let byDay = try await shop.engine.statistics(query, dimensions: [.day("seenAt")], measures: [], by: LedgerWorkshop.enterprise(1))
        #expect(byDay.groups.map(\.labels) == [["未填写"], ["2026-11-20"]])
        let wrong = await failure { _ = try await shop.engine.statistics(query, dimensions: [.field("plateNo")], measures: [.sum("vin")], by: LedgerWorkshop.system) }
        #expect(wrong?.fields.map(\.field) == ["plateNo", "vin"])
    }

    @Test("保存的视图：自己的、共享的、别人看不到的")
    func views() async throws {
        let shop = try await LedgerWorkshop()
        let query = LedgerQuery(ledger: "truck", parsing: "f.stage=5&sort=-plateNo")
        let (own, other) = (LedgerWorkshop.enterprise(1), LedgerWorkshop.enterprise(2))
        try await shop.database.write { [engine = shop.engine] tx in
            try engine.saveView(query, title: "国五车", isShared: false, by: own, in: tx)
            try engine.saveView(query, title: "国五车", isShared: false, by: own, in: tx)
            let shared = try engine.saveView(query, title: "大家的", isShared: true, by: own, in: tx)
            #expect(try engine.savedViews("truck", for: own, in: tx).map(\.title) == ["国五车", "大家的"])
            #expect(try engine.savedViews("truck", for: other, in: tx).map(\.title) == ["大家的"])
            #expect(try engine.savedViews("truck", for: other, in: tx).map(\.urlQuery) == [query.urlQuery])
            try engine.deleteView(shared, by: own, in: tx)
            #expect(try engine.savedViews("truck", for: other, in: tx).isEmpty)
        }
        #expect(
            await failure {
                _ = try await shop.database.write { [engine = shop.engine] tx in
                    try engine.saveView(LedgerQuery(ledger: "truck", parsing: "f.x=1"), title: "错", isShared: false, by: own, in: tx)
                }
            }?.kind == .invalid)
    }
}
