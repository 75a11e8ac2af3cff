import Exchange
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// One call as the log keeps it.
struct DataCallLine: Sendable {
    var id: Int64
    var at: Moment
    var service: String
    var application: String
    var address: String
    var status: Int
    var code: String
    var rows: Int
    var milliseconds: Int
    var query: String

    init(_ row: Row) {
        id = row.int("id") ?? 0
        at = row.moment("at") ?? Moment(milliseconds: 0)
        service = row.text("service") ?? ""
        application = row.text("application") ?? ""
        address = row.text("address") ?? ""
        status = Int(row.int("status") ?? 0)
        code = row.text("code") ?? ""
        rows = Int(row.int("rows") ?? 0)
        milliseconds = Int(row.int("milliseconds") ?? 0)
        query = row.text("query") ?? ""
    }
}

extension DataServicePages {
    private func condition(_ here: PageAddress, _ principal: Principal) -> SQL {
        // A refused call has no application, and is of no area.
        var conditions: [SQL] = ["\(principal.scope.condition()) OR application IS NULL"]
        if let text = here["q"] { conditions.append("service = \(text) OR application = \(text) OR address = \(text) OR app_key = \(text)") }
        if here["result"] == "good" { conditions.append("status = 200") }
        if here["result"] == "bad" { conditions.append("status <> 200") }
        if let from = here["day_from"].flatMap({ Day(parsing: $0) }) { conditions.append("at >= \(from.start)") }
        if let to = here["day_to"].flatMap({ Day(parsing: $0) }) { conditions.append("at < \(to.end)") }
        return .all(of: conditions)
    }

    /// `GET /data-calls?q=&result=&day_from=&day_to=&before=`.
    @Sendable
    func calls(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let here = context.here
        let condition = condition(here, principal)
        let window = ListWindow(here, size: 50)
        let before = window.before ?? Int64.max
        let today = engine.clock.today
        let scope = principal.scope.condition()
        let (lines, sums) = try await database.read { reader in
            (
                try reader.rows("SELECT * FROM data_calls WHERE \(condition) AND id < \(before) ORDER BY id DESC LIMIT \(window.limit)").map(DataCallLine.init),
                try reader.first(
                    """
                    SELECT COUNT(*) AS n, SUM(CASE WHEN status = 200 THEN 0 ELSE 1 END) AS bad, SUM(rows) AS given, AVG(milliseconds) AS spent FROM data_calls
                    WHERE at >= \(today.start) AND (\(scope) OR application IS NULL)
                    """)
            )
        }
        let shown = window.newest(lines, id: \.id)
        let rows = shown.rows.map { line in
            TableRow(
                id: String(line.id),
                [
                    "\(line.at)", "<code>\(line.service)</code>", "\(line.application)", "\(line.address)", "\(Badge(String(line.status), line.status == 200 ? .good : .orange))",
                    "\(line.code)", "\(Figure.grouped(line.rows))", "\(line.milliseconds)", "<code>\(line.query)</code>",
                ])
        }
        let columns = [
            Column("at", "时间"), Column("service", "接口"), Column("application", "应用"), Column("address", "来源"), Column("status", "结果"), Column("code", "错误码"),
            Column("rows", "条数", align: .end), Column("ms", "毫秒", align: .end), Column("query", "参数", isWrapping: true),
        ]
        let filters: [FormField] = [
            FormField("q", "接口、应用或地址", .text, value: here["q"], help: "完整内容"), .choice("result", "结果", [Choice("good", "成功"), Choice("bad", "被拒绝或出错")], context),
            FormField("day", "日期", .dayRange, values: [here["day_from"] ?? "", here["day_to"] ?? ""]),
        ]
        let cards = [
            StatCard("今日调用", Figure.grouped(Int(sums?.int("n") ?? 0)), unit: "次").markup, StatCard("今日被拒", Figure.grouped(Int(sums?.int("bad") ?? 0)), unit: "次").markup,
            StatCard("今日返回", Figure.grouped(Int(sums?.int("given") ?? 0)), unit: "条").markup,
            StatCard("平均用时", Figure.decimal(sums?.double("spent"), digits: 0), unit: "毫秒").markup,
        ]
        let list = ListPage(
            "访问日志", at: "/data-calls", crumbs: [Crumb("数据服务"), Crumb("访问日志")], id: "calls", columns: columns, filters: filters, empty: "还没有人调用过接口",
            export: "/data-calls/export", above: "\(Grid(.quarters, cards))")
        return list.response(rows, shown.pager, context)
    }

    /// `GET /data-calls/export`: at most 10,000 of what the page is narrowed to.
    @Sendable
    func exportCalls(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let condition = condition(context.here, principal)
        let lines = try await database.read { reader in
            try reader.rows("SELECT * FROM data_calls WHERE \(condition) ORDER BY id DESC LIMIT 10000").map(DataCallLine.init)
        }
        let columns = ["时间", "接口", "应用", "来源", "结果", "错误码", "条数", "毫秒", "参数"].map { SheetColumn($0) }
        let rows = lines.map { line -> [Cell] in
            [
                .text(line.at.text), .text(line.service), .text(line.application), .text(line.address), .number(Double(line.status)), .text(line.code), .number(Double(line.rows)),
                .number(Double(line.milliseconds)), .text(line.query),
            ]
        }
        return try await SheetAnswer(name: "数据服务访问日志", columns: columns, rows: rows).response(context, on: database)
    }
}
