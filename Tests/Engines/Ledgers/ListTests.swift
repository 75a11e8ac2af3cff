import Identity
import Kernel
import Ledgers
import Storage
import TestDatabases
import Testing

@Suite("台账 · 列表")
struct ListTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let query: String
        let plates: [String]
    }

    static let examples: [Example] = [
        Example(testDescription: "检索一部分", query: "q=0001", plates: ["冀A00001", "冀B00001"]),
        Example(testDescription: "检索小写", query: "q=a0000", plates: ["冀A00001", "冀A00002", "冀A00003"]),
        Example(testDescription: "通配符当普通字", query: "q=%25", plates: []),
        Example(testDescription: "一个代码", query: "f.stage=6", plates: ["冀A00003"]),
        Example(testDescription: "几个代码", query: "f.stage=5,6", plates: ["冀A00001", "冀A00003"]),
        Example(testDescription: "重复的参数", query: "f.stage=5&f.stage=6", plates: ["冀A00001", "冀A00003"]),
        Example(testDescription: "不等于", query: "f.stage.ne=4", plates: ["冀A00001", "冀A00003"]),
        Example(testDescription: "日期不早于", query: "f.registeredOn.gte=2025-01-01", plates: ["冀A00002", "冀A00003"]),
        Example(testDescription: "日期之间", query: "f.registeredOn.between=2024-01-01,2025-06-30", plates: ["冀A00001", "冀A00002"]),
        Example(testDescription: "空", query: "f.registeredOn.isEmpty", plates: ["冀B00001"]),
        Example(testDescription: "时间按天", query: "f.seenAt=2026-11-20", plates: ["冀A00002"]),
        Example(testDescription: "小数不大于", query: "f.tonnes.lte=20", plates: ["冀A00001"]),
        Example(testDescription: "多选包含任一", query: "f.fuels=E", plates: ["冀A00003"]),
        Example(testDescription: "条件合用", query: "f.stage=4,5&f.tonnes.gte=15&q=A", plates: ["冀A00002"]),
        Example(testDescription: "开头", query: "f.plateNo.startsWith=%E5%86%80B", plates: ["冀B00001"]),
        Example(testDescription: "地区", query: "f.area=1302", plates: ["冀B00001"]),
        Example(testDescription: "地图框", query: "f.place.between=114,37,115,39", plates: ["冀A00001"]),
        Example(testDescription: "布尔", query: "f.ultraLow=true", plates: ["冀A00002"]),
    ]

    static func shop() async throws -> LedgerWorkshop {
        let shop = try await LedgerWorkshop()
        let rows: [(String, Int64, JSONValue, [String: JSONValue])] = [
            ("冀A00001", 1, "5", ["registeredOn": "2024-05-01", "tonnes": 10, "fuels": ["B"], "place": "114.5,38.0"]),
            ("冀A00002", 1, "4", ["registeredOn": "2025-05-01", "tonnes": 30, "seenAt": "2026-11-20 23:59:59", "ultraLow": true]),
            ("冀A00003", 1, "6", ["registeredOn": "2026-05-01", "fuels": ["B", "E"]]),
            ("冀B00001", 2, "4", [:]),
        ]
        for (plate, org, stage, more) in rows { _ = try await shop.engine.create("truck", LedgerWorkshop.truck(plate, stage: stage, org: org, more), by: LedgerWorkshop.system) }
        return shop
    }

    @Test("查询条件", arguments: examples)
    func filters(_ example: Example) async throws {
        let shop = try await Self.shop()
        let query = LedgerQuery(ledger: "truck", parsing: example.query + "&sort=plateNo")
        let page = try await shop.engine.list(query, by: LedgerWorkshop.system)
        #expect(page.records.map { $0.values["plateNo"]?.text } == example.plates)
        let again = LedgerQuery(ledger: "truck", parsing: query.urlQuery)
        #expect(again.urlQuery == query.urlQuery)
        #expect(try await shop.engine.list(again, by: LedgerWorkshop.system).records == page.records)
    }

    @Test("错误的条件都说出来")
    func wrongFilters() async throws {
        let shop = try await Self.shop()
        let query = LedgerQuery(ledger: "truck", parsing: "f.colour=1&f.tonnes=x&f.stage.contains=5&f.label=1&sort=wrong")
        #expect(await failure { _ = try await shop.engine.list(query, by: LedgerWorkshop.system) }?.fields.map(\.field) == ["colour", "tonnes", "stage", "label", "wrong"])
        #expect(await failure { _ = try await shop.engine.list(LedgerQuery(ledger: "truck", parsing: "cursor=abc"), by: LedgerWorkshop.system) }?.code == "JW-L021")
    }

    @Test("逗号和特殊字符原样往返")
    func escaping() {
        var query = LedgerQuery(ledger: "truck", search: "a&b=c 号")
        query.filters = [LedgerQuery.Filter("plateNo", .in, ["a,b", "c\\d"]), LedgerQuery.Filter("registeredOn", .between, ["2026-01-01", ""])]
        let again = LedgerQuery(ledger: "truck", parsing: query.urlQuery)
        #expect(again.search == query.search)
        #expect(again.filters == query.filters)
    }

    @Test(
        "翻页在并列和空值下不重不漏，向后向前一致",
        arguments: ["sort=stage", "sort=-stage", "sort=tonnes", "sort=-tonnes", "sort=-tonnes,stage", "sort=stage,-registeredOn", "sort=-registeredOn,-tonnes,id", ""])
    func cursors(_ sort: String) async throws {
        let shop = try await LedgerWorkshop()
        try await shop.database.write { tx in
            for index in 0..<47 {
                var more: [String: JSONValue] = [:]
                if index % 3 != 0 { more["tonnes"] = .int(Int64(index % 4)) }
                if index % 5 != 0 { more["registeredOn"] = .string("2026-01-0\(index % 3 + 1)") }
                _ = try shop.engine.create(
                    "truck", LedgerWorkshop.truck("冀A\(10_000 + index)", stage: .string("\(4 + index % 3)"), org: 1, more), by: LedgerWorkshop.system, in: tx)
            }
        }
        let whole = try await shop.engine.list(LedgerQuery(ledger: "truck", parsing: sort + "&limit=200"), by: LedgerWorkshop.system).records.map(\.id)
        #expect(Set(whole).count == 47)
        var query = LedgerQuery(ledger: "truck", parsing: sort + "&limit=7")
        var pages: [[Int64]] = []
        var page = try await shop.engine.list(query, by: LedgerWorkshop.system)
        #expect(page.previousCursor == nil)
        pages.append(page.records.map(\.id))
        while let next = page.nextCursor {
            query.cursor = next
            page = try await shop.engine.list(query, by: LedgerWorkshop.system)
            pages.append(page.records.map(\.id))
        }
        #expect(pages.flatMap { $0 } == whole)
        for expected in pages.dropLast().reversed() {
            #expect(page.previousCursor != nil)
            query.cursor = page.previousCursor
            page = try await shop.engine.list(query, by: LedgerWorkshop.system)
            #expect(page.records.map(\.id) == expected)
        }
        #expect(page.previousCursor == nil)
        #expect(page.nextCursor != nil)
    }

    @Test("关联名称一次取齐")
    func titles() async throws {
        let shop = try await LedgerWorkshop()
        let depot = try await shop.engine.create("depot", Draft(["name": "北场"]), by: LedgerWorkshop.system)
        _ = try await shop.engine.create("truck", LedgerWorkshop.truck("冀A00001", org: 1, ["depot": .int(depot.id)]), by: LedgerWorkshop.system)
        let page = try await shop.engine.list(LedgerQuery(ledger: "truck"), by: LedgerWorkshop.system)
        let presenter = try shop.engine.presenter("truck", titles: page.titles, for: LedgerWorkshop.system)
        let record = try #require(page.records.first)
        #expect(presenter.text(try #require(LedgerWorkshop.vehicle.field("depot")), record) == "北场")
        #expect(presenter.owner(record) == "甲钢铁")
        #expect(presenter.text(try #require(LedgerWorkshop.vehicle.field("label")), record) == "冀A00001/5")
    }

    @Test("第一页、翻页、计数都走索引", .enabled(if: !TestDatabase.runsOnPostgres, "the plan of SQLite; PostgreSQL reads small tables whole"))
    func plans() async throws {
        let shop = try await Self.shop()
        try await shop.database.read { [engine = shop.engine] reader throws in
            for (principal, index) in [(LedgerWorkshop.enterprise(1), "idx_truck_org_id"), (LedgerWorkshop.supervisor(["130102"]), "idx_truck_area_id")] {
                let sql = try engine.listStatement(LedgerQuery(ledger: "truck"), by: principal, reader.dialect)
                let plan = try reader.rows("EXPLAIN QUERY PLAN \(sql)").map { $0["detail"].text ?? "" }.joined(separator: "\n")
                #expect(plan.contains(index), "\(plan)")
                #expect(!plan.contains("TEMP B-TREE"), "\(plan)")
            }
            let all = try engine.listStatement(LedgerQuery(ledger: "truck"), by: LedgerWorkshop.supervisor(["13"]), reader.dialect)
            let plan = try reader.rows("EXPLAIN QUERY PLAN \(all)").map { $0["detail"].text ?? "" }.joined(separator: "\n")
            #expect(!plan.contains("TEMP B-TREE"), "\(plan)")
        }
    }
}
