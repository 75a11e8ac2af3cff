import Exchange
import Hummingbird
import Identity
import Kernel
import Ledgers
import MobileSources
import Storage
import Web

/// A-34 统计路检路查记录: by time, place, business type and inspector, each with tests, failures and the share that failed.
struct RoadsideStatisticsPage: Sendable {
    let gates: GateSupervision

    /// What the table's lines are.
    enum Grouping: String, CaseIterable {
        case month, day, county, place, kind, officer, stage

        var title: String {
            switch self {
            case .month: "按月"
            case .day: "按日"
            case .county: "按区县"
            case .place: "按地点"
            case .kind: "按业务类型"
            case .officer: "按人员"
            case .stage: "按排放阶段"
            }
        }

        var dimension: Dimension {
            switch self {
            case .month: .month("inspectedAt")
            case .day: .day("inspectedAt")
            case .county: .area(digits: 6)
            case .place: .field("place")
            case .kind: .field("businessType")
            case .officer: .field("officer")
            case .stage: .field("emissionStage")
            }
        }
    }

    struct Line: Sendable {
        var label: String
        var tests: Int
        var failed: Int
        var share: Double? { tests == 0 ? nil : Double(failed) / Double(tests) }
    }

    func add(to routes: Routes) {
        let reads = RoutePermission.named(RoadsideInspection.ledger.readPermission)
        routes.get("/roadside-statistics", permission: reads, use: show)
        routes.get("/roadside-statistics/export", permission: reads, use: export)
    }

    private struct Asked: Sendable {
        var from: Day
        var to: Day
        var grouping: Grouping
        var query: LedgerQuery
    }

    /// `?day_from=&day_to=&kind=&officer=&place=&by=`; the last ninety days by month otherwise.
    private func asked(_ context: WebContext) throws -> Asked {
        let here = context.here
        let today = gates.clock.today
        let from = here["day_from"].flatMap(Day.init(parsing:)) ?? today.adding(days: -89), to = here["day_to"].flatMap(Day.init(parsing:)) ?? today
        guard from <= to else { throw Failure.invalid([FieldFinding("day", "range", "开始日期不能晚于结束日期", title: "检测日期")]) }
        var query = LedgerQuery(
            ledger: RoadsideInspection.ledger.name, filters: [.init("inspectedAt", .gte, [from.start.text]), .init("inspectedAt", .lte, [to.end.adding(seconds: -1).text])])
        if let kind = here["kind"] { query.filters.append(.init("businessType", .eq, [kind])) }
        if let officer = here["officer"] { query.filters.append(.init("officer", .contains, [officer])) }
        if let place = here["place"] { query.filters.append(.init("place", .contains, [place])) }
        return Asked(from: from, to: to, grouping: here["by"].flatMap(Grouping.init(rawValue:)) ?? .month, query: query)
    }

    private func lines(_ asked: Asked, by principal: Principal) async throws -> [Line] {
        let table = try await gates.ledgers.statistics(asked.query, dimensions: [asked.grouping.dimension, .field("result")], measures: [.count], by: principal)
        var order: [String] = []
        var found: [String: Line] = [:]
        for group in table.groups {
            let label = group.labels.first ?? "", count = Int(group.values.first.flatMap { $0 } ?? 0)
            if found[label] == nil { order.append(label) }
            var line = found[label] ?? Line(label: label, tests: 0, failed: 0)
            line.tests += count
            if group.keys.last?.text == "fail" { line.failed += count }
            found[label] = line
        }
        return order.compactMap { found[$0] }
    }

    @Sendable
    func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let asked = try asked(context)
        let here = context.here
        let lines = try await lines(asked, by: principal)
        let tests = lines.reduce(0) { $0 + $1.tests }, failed = lines.reduce(0) { $0 + $1.failed }
        let kinds = gates.ledgers.dictionaries.items(.roadsideKind, on: nil).map { Choice($0.code, $0.title) }
        let fields = [
            FormField("day", "检测日期", .dayRange, values: [asked.from.text, asked.to.text]),
            FormField("kind", "业务类型", .select([Choice("", "全部")] + kinds), value: here["kind"]), FormField("place", "地点", .text, value: here["place"]),
            FormField("officer", "人员", .text, value: here["officer"]),
        ]
        let cards: [Markup] = [
            "\(StatCard("检测", Figure.grouped(tests), unit: "辆次"))", "\(StatCard("不合格", Figure.grouped(failed), unit: "辆次", tone: failed > 0 ? .orange : .good))",
            "\(StatCard("不合格率", tests == 0 ? "—" : Figure.percent(Double(failed) / Double(tests), digits: 1)))",
        ]
        let tabs = Tabs(Grouping.allCases.map { Tabs.Tab($0.title, here.with("by", $0.rawValue).text, isActive: $0 == asked.grouping) })
        let rows = lines.map { line in
            TableRow(["\(line.label)", "\(line.tests)", "\(line.failed)", "\(line.share.map { Figure.percent($0, digits: 1) } ?? "—")"])
        }
        let columns = [
            Column("label", String(asked.grouping.title.dropFirst())), Column("tests", "检测辆次", align: .end), Column("failed", "不合格", align: .end),
            Column("share", "不合格率", align: .end),
        ]
        let top = Array(lines.prefix(30))
        let chart = Chart(
            .stackedBar, "检测与不合格", categories: top.map(\.label),
            series: [ChartSeries("合格", top.map { Double($0.tests - $0.failed) }), ChartSeries("不合格", top.map { Double($0.failed) }, tone: .orange)], unit: "辆次")
        let table = DataTable(id: "roadside", columns: columns, rows: rows, address: here, toolbar: "\(tabs)", empty: "这段时间没有路检路查记录", hasTools: false)
        let kept = here["by"].map { [PageAddress.QueryItem("by", $0)] } ?? []
        let records = ActionButton("检测明细", .link("/ledgers/\(RoadsideInspection.ledger.name)"), icon: "list")
        return Shell.page(
            context.text("路检路查统计", "Roadside statistics"), crumbs: [Crumb("路检路查"), Crumb("统计")], active: "/roadside-statistics",
            actions: "\(records)\(SheetAnswer.buttons(here, path: "/roadside-statistics/export"))",
            body: """
                <div class="stack">\(SearchForm(action: "/roadside-statistics", fields: fields, table: "roadside-figures", kept: kept))<div id="roadside-figures" class="stack">\(Grid(.thirds, cards))\
                \(Card("检测与不合格", body: "\(chart)"))\(table)</div></div>
                """, context: context)
    }

    @Sendable
    func export(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let asked = try asked(context)
        let lines = try await lines(asked, by: principal)
        let columns = [String(asked.grouping.title.dropFirst()), "检测辆次", "不合格", "不合格率"].map { SheetColumn($0) }
        let rows = lines.map { line -> [Cell] in [Cell(line.label), Cell(line.tests), Cell(line.failed), Cell(line.share.map { Figure.percent($0, digits: 1) } ?? "")] }
        return try await SheetAnswer(name: "路检路查统计\(asked.grouping.title) \(asked.from.text) 至 \(asked.to.text)", columns: columns, rows: rows).response(
            context, on: gates.database)
    }
}
