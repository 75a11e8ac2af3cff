import Exchange
import Features
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// B3.3.1 路长制统计: patrols, overdue and missed, tasks, problems and scores by unit, month, road, chief or category.
struct RoadStatisticsPage: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        let reads = RoutePermission.named(RoadPermission.statistics)
        routes.get("/road-statistics", permission: reads, use: show)
        routes.get("/road-statistics/export", permission: reads, use: export)
    }

    /// What the table's lines are.
    enum Grouping: String, CaseIterable {
        case unit, month, road, chief, category

        var title: String {
            switch self {
            case .unit: "按责任单位"
            case .month: "按月"
            case .road: "按道路"
            case .chief: "按路长"
            case .category: "按问题类别"
            }
        }
    }

    struct Line: Sendable {
        var label: String
        var patrols = 0
        var patrolled = 0
        var missed = 0
        var kilometres = 0.0
        var tasks = 0
        var tasksDone = 0
        var overdue = 0
        var problems = 0
        var handled = 0
        var emergencies = 0
        var lateReports = 0
        var score: Double?

        var patrolRate: Double? { patrols == 0 ? nil : Double(patrolled) / Double(patrols) }
        var onTimeRate: Double? { tasks == 0 ? nil : Double(tasks - overdue) / Double(tasks) }
    }

    struct Asked: Sendable {
        var from: RoadMonth
        var to: RoadMonth
        var unit: Int64?
        var grouping: Grouping
    }

    /// `?from=2026-09&to=2026-11&unit=&by=`; the last three months by unit otherwise.
    private func asked(_ here: PageAddress) throws -> Asked {
        let this = RoadMonth(of: platform.clock.today)
        let from = here["from"].flatMap(RoadMonth.init(parsing:)) ?? this.previous.previous, to = here["to"].flatMap(RoadMonth.init(parsing:)) ?? this
        guard from <= to, to.number - from.number < 400 else { throw Failure.invalid([FieldFinding("from", "range", "开始月份不能晚于结束月份，至多三年", title: "月份")]) }
        return Asked(from: from, to: to, unit: here["unit"].flatMap { Int64($0) }, grouping: here["by"].flatMap(Grouping.init(rawValue:)) ?? .unit)
    }

    /// Month `yyyymm` of a moment in Asia/Shanghai, told from the months that are asked for, so that every database can.
    private static func month(of column: String, _ asked: Asked) -> SQL {
        var months: [RoadMonth] = [asked.from]
        while let last = months.last, last < asked.to, months.count < mostMonths { months.append(last.next) }
        let cases = months.map { "WHEN \(column) < \($0.end.milliseconds) THEN \($0.number)" }
        return SQL(text: "CASE \(cases.joined(separator: " ")) ELSE 0 END")
    }

    /// Three years at once.
    private static let mostMonths = 36

    private func key(_ grouping: Grouping, month: SQL, road: SQL, chief: SQL, category: SQL) -> SQL {
        switch grouping {
        case .unit: "org"
        case .month: month
        case .road: road
        case .chief: chief
        case .category: category
        }
    }

    func lines(_ asked: Asked, _ principal: Principal, _ reader: any Reader) throws -> [Line] {
        var found: [Int64: Line] = [:]
        let nothing: SQL = "CAST(NULL AS INTEGER)"
        let unit: SQL = asked.unit.map { "org = \($0)" } ?? "1 = 1"
        let within: SQL = "deleted_at IS NULL AND \(unit) AND \(principal.scope.condition())"
        let now = platform.clock.now
        func collect(_ key: SQL, _ figures: SQL, _ table: SQL, _ condition: SQL, _ add: (inout Line, Row) -> Void) throws {
            for row in try reader.rows("SELECT \(key) AS k, \(figures) FROM \(table) WHERE \(within) AND \(condition) GROUP BY \(key) LIMIT 2000") {
                guard let id = row.int("k") else { continue }
                var line = found[id] ?? Line(label: "")
                add(&line, row)
                found[id] = line
            }
        }
        func number(_ row: Row, _ name: String) -> Int { Int(row.int(name) ?? 0) }
        try collect(
            key(asked.grouping, month: "month", road: "road", chief: "chief", category: nothing),
            "count(*) AS n, SUM(CASE WHEN state = 'done' THEN 1 ELSE 0 END) AS done, SUM(CASE WHEN state = 'missed' THEN 1 ELSE 0 END) AS missed, SUM(walked_length) AS length",
            "road_patrol",
            "month >= \(asked.from.number) AND month <= \(asked.to.number)"
        ) { line, row in
            line.patrols += number(row, "n")
            line.patrolled += number(row, "done")
            line.missed += number(row, "missed")
            line.kilometres += row.double("length") ?? 0
        }
        try collect(
            key(asked.grouping, month: Self.month(of: "deadline", asked), road: "road", chief: "chief", category: nothing),
            "count(*) AS n, SUM(CASE WHEN state = 'done' THEN 1 ELSE 0 END) AS done, SUM(CASE WHEN COALESCE(first_feedback_at, \(now)) > deadline THEN 1 ELSE 0 END) AS overdue",
            "road_task",
            "state <> 'cancelled' AND deadline >= \(asked.from.start) AND deadline < \(asked.to.end)"
        ) { line, row in
            line.tasks += number(row, "n")
            line.tasksDone += number(row, "done")
            line.overdue += number(row, "overdue")
        }
        try collect(
            key(asked.grouping, month: Self.month(of: "found_at", asked), road: "road", chief: "chief", category: "category"),
            "count(*) AS n, SUM(CASE WHEN state = 'done' THEN 1 ELSE 0 END) AS done", "road_problem",
            "state <> 'cancelled' AND found_at >= \(asked.from.start) AND found_at < \(asked.to.end)"
        ) { line, row in
            line.problems += number(row, "n")
            line.handled += number(row, "done")
        }
        try collect(
            key(asked.grouping, month: Self.month(of: "reported_at", asked), road: "road", chief: "chief", category: nothing),
            "count(*) AS n, SUM(is_late) AS late", "road_emergency", "state <> 'cancelled' AND reported_at >= \(asked.from.start) AND reported_at < \(asked.to.end)"
        ) { line, row in
            line.emergencies += number(row, "n")
            line.lateReports += number(row, "late")
        }
        if asked.grouping == .unit || asked.grouping == .month {
            try collect(
                key(asked.grouping, month: "month", road: nothing, chief: nothing, category: nothing), "AVG(total) AS score", "road_score",
                "month >= \(asked.from.number) AND month <= \(asked.to.number)"
            ) { line, row in line.score = row.double("score") }
        }
        return try named(found, asked.grouping, reader)
    }

    private func named(_ found: [Int64: Line], _ grouping: Grouping, _ reader: any Reader) throws -> [Line] {
        let ids = found.keys.sorted()
        var names: [Int64: String] = [:]
        switch grouping {
        case .month: for id in ids { names[id] = RoadMonth(number: Int(id))?.text }
        case .unit: for row in try reader.rows("SELECT id, name FROM organisations WHERE id IN (\(list: ids))") { names[row.int("id") ?? 0] = row.text("name") }
        case .road: for row in try reader.rows("SELECT id, name FROM road WHERE id IN (\(list: ids))") { names[row.int("id") ?? 0] = row.text("name") }
        case .chief: for row in try reader.rows("SELECT id, name FROM road_chief WHERE id IN (\(list: ids))") { names[row.int("id") ?? 0] = row.text("name") }
        case .category: for row in try reader.rows("SELECT id, name FROM problem_category WHERE id IN (\(list: ids))") { names[row.int("id") ?? 0] = row.text("name") }
        }
        return ids.compactMap { id in
            found[id].map { line in
                var line = line
                line.label = names[id] ?? "—"
                return line
            }
        }
    }

    static func total(_ lines: [Line]) -> Line {
        lines.reduce(into: Line(label: "合计")) {
            $0.patrols += $1.patrols
            $0.patrolled += $1.patrolled
            $0.missed += $1.missed
            $0.kilometres += $1.kilometres
            $0.tasks += $1.tasks
            $0.tasksDone += $1.tasksDone
            $0.overdue += $1.overdue
            $0.problems += $1.problems
            $0.handled += $1.handled
            $0.emergencies += $1.emergencies
            $0.lateReports += $1.lateReports
        }
    }

    private static func rate(_ value: Double?) -> String { value.map { Figure.percent($0, digits: 1) } ?? "—" }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let here = context.here
        let asked = try asked(here)
        let (lines, trend, units) = try await platform.database.read { reader in
            var byMonth = asked
            byMonth.grouping = .month
            return (try self.lines(asked, principal, reader), try self.lines(byMonth, principal, reader), try RoadMapPage.units(principal.scope, reader))
        }
        let sum = Self.total(lines)
        let cards: [Markup] = [
            "\(StatCard("巡检完成率", Self.rate(sum.patrolRate), note: "\(sum.patrolled) / \(sum.patrols) 条次"))",
            "\(StatCard("漏巡", "\(sum.missed)", unit: "条次", tone: sum.missed > 0 ? .red : .neutral))",
            "\(StatCard("执行及时率", Self.rate(sum.onTimeRate), note: "任务 \(sum.tasks) 件，超期 \(sum.overdue) 件"))",
            "\(StatCard("问题", "\(sum.problems)", unit: "个", note: "已处理 \(sum.handled) 个"))",
            "\(StatCard("应急问题", "\(sum.emergencies)", unit: "件", note: "上报超时 \(sum.lateReports) 件"))", "\(StatCard("巡查里程", Figure.decimal(sum.kilometres, digits: 1), unit: "公里"))",
        ]
        let top = Array(lines.prefix(20))
        let patrols = Chart(
            .stackedBar, "巡检完成", categories: top.map(\.label),
            series: [
                ChartSeries("已巡查", top.map { Double($0.patrolled) }, tone: .good), ChartSeries("漏巡", top.map { Double($0.missed) }, tone: .red),
                ChartSeries("待巡查", top.map { Double(max(0, $0.patrols - $0.patrolled - $0.missed)) }, tone: .muted),
            ], unit: "条次")
        let months = Chart(
            .line, "问题与超期趋势", categories: trend.map(\.label),
            series: [ChartSeries("问题", trend.map { Double($0.problems) }, tone: .blue), ChartSeries("任务超期", trend.map { Double($0.overdue) }, tone: .orange)], unit: "件")
        let rows = lines.map { TableRow(Self.cells($0)) } + (lines.count > 1 ? [TableRow(Self.cells(sum))] : [])
        let columns = Self.columns(asked.grouping).enumerated().map { Column("c\($0.offset)", $0.element, align: $0.offset == 0 ? .start : .end, isWrapping: $0.offset == 0) }
        let tabs = Tabs(Grouping.allCases.map { Tabs.Tab($0.title, here.with("by", $0.rawValue).text, isActive: $0 == asked.grouping) })
        let fields = [
            FormField("from", "自", .month, value: asked.from.text), FormField("to", "至", .month, value: asked.to.text),
            FormField("unit", "责任单位", .select([Choice("", "全部")] + units), value: here["unit"]),
        ]
        let table = DataTable(id: "road-figures-table", columns: columns, rows: rows, address: here, toolbar: "\(tabs)", empty: "这段时间没有数据", hasTools: false)
        let body: Markup = """
            <div class="stack">\(SearchForm(action: "/road-statistics", fields: fields, table: "road-figures", kept: [.init("by", asked.grouping.rawValue)]))\
            <div id="road-figures" class="stack">\(Grid(.sixths, cards))\(Grid(.halves, ["\(Card("巡检完成", body: "\(patrols)"))", "\(Card("问题与超期趋势", body: "\(months)"))"]))\(table)</div></div>
            """
        return Shell.page(
            "路长制统计", crumbs: [Crumb(RoadChiefs.group), Crumb("路长制统计")], active: "/road-statistics",
            actions:
                "\(ActionButton("超期原因", .link("/ledgers/roadTask/statistics?dim=lateReason"), icon: "pie"))\(SheetAnswer.buttons(here, path: "/road-statistics/export"))\(ActionButton("打印", .print, icon: "print", style: .quiet))",
            body: body, context: context)
    }

    private static func columns(_ grouping: Grouping) -> [String] {
        [String(grouping.title.dropFirst()), "应巡条次", "已巡查", "漏巡", "完成率", "里程（公里）", "任务", "办结", "超期", "及时率", "问题", "已处理", "应急", "上报超时", "平均得分"]
    }

    private static func texts(_ line: Line) -> [String] {
        [
            line.label, "\(line.patrols)", "\(line.patrolled)", "\(line.missed)", rate(line.patrolRate), Figure.decimal(line.kilometres, digits: 1), "\(line.tasks)",
            "\(line.tasksDone)", "\(line.overdue)",
            rate(line.onTimeRate), "\(line.problems)", "\(line.handled)", "\(line.emergencies)", "\(line.lateReports)", line.score.map { Figure.decimal($0, digits: 1) } ?? "—",
        ]
    }

    private static func cells(_ line: Line) -> [Markup] { texts(line).map { text -> Markup in "\(text)" } }

    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let asked = try asked(context.here)
        let lines = try await platform.database.read { reader in try self.lines(asked, principal, reader) }
        let rows = (lines + [Self.total(lines)]).map { line in
            Self.texts(line).enumerated().map { $0.offset == 0 ? Cell($0.element) : Double($0.element).map { Cell($0) } ?? Cell($0.element) }
        }
        let name = "路长制统计\(asked.grouping.title) \(asked.from.text) 至 \(asked.to.text)"
        return try await SheetAnswer(name: name, columns: Self.columns(asked.grouping).map { SheetColumn($0) }, rows: rows).response(context, on: platform.database)
    }
}
