import Exchange
import Features
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// B2.1.16、B2.3.1: figures, charts and tables of cases for those who lead.
struct CaseStatisticsPages: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        let reads = RoutePermission.named(EnforcementPermission.figures)
        routes.get("/enforcement/statistics", permission: reads, use: show)
        routes.get("/enforcement/statistics/export", permission: reads, use: export)
    }

    private struct Asked {
        var span: CaseFigures.Span
        var day: Day
        var category: String?
    }

    private func asked(_ context: WebContext) -> Asked {
        let here = context.here
        return Asked(
            span: here["span"].flatMap(CaseFigures.Span.init) ?? .year, day: here["day"].flatMap { Day(parsing: $0) } ?? platform.clock.today, category: here["category"])
    }

    private func figures(_ asked: Asked, _ context: WebContext) async throws -> CaseFigures {
        let scope = try context.signedIn().scope
        let (from, to) = asked.span.days(of: asked.day)
        return try await platform.database.read { [platform] reader in
            try CaseFigures.read(
                from: from, to: to, category: asked.category, scope: scope, dictionaries: platform.dictionaries, now: platform.clock.now, reader)
        }
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let asked = asked(context)
        let figures = try await figures(asked, context)
        let (from, to) = asked.span.days(of: asked.day)
        let choices = [Choice("", "全部小类")] + platform.dictionaries.items(.caseCategory, on: nil).map { Choice($0.code, $0.title) }
        let search = SearchForm(
            action: "/enforcement/statistics",
            fields: [
                FormField("span", "统计周期", .select(CaseFigures.Span.allCases.map { Choice($0.rawValue, $0.title) }), value: asked.span.rawValue),
                FormField("day", "所在日期", .day, value: asked.day.text), .choice("category", "案件小类", choices, context),
            ], table: "enforcement-figures")
        let body: Markup = "\(search)<div id=\"enforcement-figures\" class=\"stack\">\(cards(figures))\(charts(figures))\(tables(figures, context))</div>"
        let actions: Markup = "\(SheetAnswer.buttons(context.here.restarting, path: "/enforcement/statistics/export"))\(ActionButton("打印", .print, icon: "print", style: .quiet))"
        return Shell.page(
            "执法统计", crumbs: [Crumb(EnforcementArea.cases), Crumb("执法统计")], active: "/enforcement/statistics", actions: actions,
            body: "<p class=\"nothing\">\(from.text) 至 \(to.adding(days: -1).text)，按录入时间</p>\(body)", context: context)
    }

    private func cards(_ figures: CaseFigures) -> Markup {
        let sums = figures.total
        func share(_ part: Int) -> Markup { sums.cases == 0 ? .empty : "占 \(Figure.percent(Double(part) / Double(sums.cases), digits: 1))" }
        let cards: [Markup] = [
            "\(StatCard("案件", Figure.grouped(sums.cases), unit: "件", icon: "file"))",
            "\(StatCard("办结", Figure.grouped(sums.ended), unit: "件", note: share(sums.ended), icon: "check"))",
            "\(StatCard("超期", Figure.grouped(sums.late), unit: "件", note: share(sums.late), tone: sums.late > 0 ? .red : .neutral, icon: "clock"))",
            "\(StatCard("申诉", Figure.grouped(sums.appealed), unit: "件", note: share(sums.appealed), icon: "message"))",
            "\(StatCard("罚款", Figure.grouped(Int(sums.amount.rounded())), unit: "元", note: "\(sums.fined) 件", icon: "scale"))",
            "\(StatCard("实缴", Figure.grouped(Int(sums.paid.rounded())), unit: "元", icon: "tick"))",
        ]
        return "\(Grid(.sixths, cards))"
    }

    private func charts(_ figures: CaseFigures) -> Markup {
        guard figures.total.cases > 0 else { return "\(Card(body: "\(EmptyState("这段时间没有案件", hint: "换一个周期，或先录入案件", icon: "chart"))"))" }
        let months = figures.months
        let trend = Chart(
            .bar, "案件与办结", categories: months.map(\.title),
            series: [
                ChartSeries("案件", months.map { Double($0.sums.cases) }), ChartSeries("办结", months.map { Double($0.sums.ended) }, tone: .good),
                ChartSeries("超期", months.map { Double($0.sums.late) }, tone: .red),
            ],
            unit: "件")
        let fines = Chart(
            .bar, "罚款与实缴", categories: months.map(\.title), series: [ChartSeries("罚款", months.map(\.sums.amount)), ChartSeries("实缴", months.map(\.sums.paid), tone: .good)],
            unit: "元")
        let top = Array(figures.categories.prefix(10))
        let causes = Chart(
            .horizontalBar, "高发类别", categories: top.map(\.title), series: [ChartSeries("案件", top.map { Double($0.sums.cases) })], unit: "件")
        let kinds = Chart(.ring, "被执法主体", categories: figures.kinds.map(\.title), series: [ChartSeries("案件", figures.kinds.map { Double($0.sums.cases) })], unit: "件")
        let first: [Markup] = ["\(Card("案件趋势", body: "\(trend)"))", "\(Card("罚款趋势", body: "\(fines)"))"]
        let second: [Markup] = ["\(Card("高发原因（案件最多的小类）", body: "\(causes)"))", "\(Card("被执法主体类别", body: "\(kinds)"))"]
        return "\(Grid(.halves, first))\(Grid(.halves, second))"
    }

    private static let columns = [
        Column("cases", "案件", align: .end), Column("ended", "办结", align: .end), Column("late", "超期", align: .end), Column("appealed", "申诉", align: .end),
        Column("fined", "罚款件数", align: .end), Column("amount", "罚款（元）", align: .end), Column("paid", "实缴（元）", align: .end),
    ]

    private static func cells(_ sums: CaseFigures.Sums) -> [Markup] {
        [
            "\(Figure.grouped(sums.cases))", "\(Figure.grouped(sums.ended))", sums.late > 0 ? "\(Badge(Figure.grouped(sums.late), .red))" : "0",
            "\(Figure.grouped(sums.appealed))", "\(Figure.grouped(sums.fined))",
            "\(Figure.grouped(Int(sums.amount.rounded())))", "\(Figure.grouped(Int(sums.paid.rounded())))",
        ]
    }

    private func table(_ id: String, _ first: String, _ lines: [CaseFigures.Line], _ context: WebContext, path: (CaseFigures.Line) -> String? = { _ in nil }) -> Markup {
        let rows = lines.map { TableRow(id: $0.key, ["\($0.title)"] + Self.cells($0.sums), path: path($0)) }
        return "\(DataTable(id: id, columns: [Column("title", first, isWrapping: true)] + Self.columns, rows: rows, address: context.here, empty: "没有案件", hasTools: false))"
    }

    private func tables(_ figures: CaseFigures, _ context: WebContext) -> Markup {
        let byCategory = table("by-category", "案件小类", figures.categories, context) { "/ledgers/enforcementCase?f.category=\($0.key)" }
        let officers = figures.officers.map { TableRow(id: $0.key, ["\($0.title)", "\($0.sums.subjects)"] + Self.cells($0.sums)) }
        let byOfficer = DataTable(
            id: "by-officer", columns: [Column("title", "执法人员"), Column("subjects", "主体", align: .end)] + Self.columns, rows: officers, address: context.here, empty: "没有案件",
            hasTools: false)
        return """
            \(Card("按类别", isFlush: true, body: byCategory))\(Card("按网格", isFlush: true, body: table("by-grid", "网格", figures.grids, context)))\
            \(Card("按执法人员（录入）", isFlush: true, body: "\(byOfficer)"))
            """
    }

    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        let asked = asked(context)
        let figures = try await figures(asked, context)
        let columns = [SheetColumn("统计口径"), SheetColumn("名称")] + Self.columns.map { SheetColumn($0.title) }
        func rows(_ kind: String, _ lines: [CaseFigures.Line]) -> [[Cell]] {
            lines.map { line in
                let sums = line.sums
                let numbers: [Double] = [Double(sums.cases), Double(sums.ended), Double(sums.late), Double(sums.appealed), Double(sums.fined), sums.amount, sums.paid]
                return [Cell.text(kind), .text(line.title)] + numbers.map { Cell.number($0) }
            }
        }
        let all = rows("案件小类", figures.categories) + rows("月份", figures.months) + rows("网格", figures.grids) + rows("执法人员", figures.officers) + rows("主体类别", figures.kinds)
        return try await SheetAnswer(name: "执法统计-\(asked.span.title)-\(asked.day.text)", columns: columns, rows: all).response(context, on: platform.database)
    }
}
