import Alarms
import Exchange
import Features
import Hummingbird
import Identity
import Kernel
import MobileSources
import Storage
import Web
import Workflows

/// A-19 复议统计: cases by enterprise, by kind of alarm and by verdict, with how long they took.
struct ReconsiderationStatistics: Sendable {
    let platform: Platform

    struct Line: Sendable {
        var label: String
        var total = 0
        var running = 0
        var upheld = 0
        var revoked = 0
        var changed = 0
        var others = 0
        var seconds = 0.0

        var ended: Int { total - running }
        /// Days from asking to the end, of those that ended.
        var days: Double? { ended == 0 ? nil : seconds / Double(ended) / 86_400 }
    }

    func add(to routes: Routes) {
        routes.get("/reconsideration-statistics", permission: .named(WorkflowPermission.read), use: show)
        routes.get("/reconsideration-statistics/export", permission: .named(WorkflowPermission.read), use: export)
    }

    private func lines(_ context: WebContext) async throws -> (lines: [Line], from: Day, to: Day, isByKind: Bool) {
        let principal = try context.signedIn()
        let here = context.here
        let today = platform.clock.today
        let from = here["day_from"].flatMap(Day.init(parsing:)) ?? today.adding(days: -179), to = here["day_to"].flatMap(Day.init(parsing:)) ?? today
        guard from <= to else { throw Failure.invalid([FieldFinding("day", "range", "开始日期不能晚于结束日期", title: "提出日期")]) }
        let isByKind = here["by"] == "kind"
        let label: SQL = isByKind ? "a.kind" : "c.org_name"
        let keyword: SQL = here["q"].map { .contains($0, in: "c.org_name") } ?? "1 = 1"
        let rows = try await platform.database.read { reader in
            try reader.rows(
                """
                SELECT \(label) AS label, c.state, c.outcome, COUNT(*) AS n, SUM((COALESCE(c.ended_at, c.started_at) - c.started_at) / 1000.0) AS seconds
                FROM workflow_cases c LEFT JOIN alarms a ON c.subject_kind = 'alarm' AND a.id = c.subject_id
                WHERE c.workflow = \(Reconsideration.workflow.name) AND c.started_at >= \(from.start) AND c.started_at < \(to.end) AND \(keyword)
                AND \(principal.scope.condition(org: "c.org", area: "c.area")) GROUP BY \(label), c.state, c.outcome
                """)
        }
        var found: [String: Line] = [:]
        for row in rows {
            let raw = row.text("label") ?? ""
            let label = isByKind ? platform.alarms.kind(raw)?.title ?? raw : raw
            var line = found[label] ?? Line(label: label.isEmpty ? "—" : label)
            let count = Int(row.int("n") ?? 0)
            line.total += count
            if row.text("state") == WorkflowCase.State.running.rawValue {
                line.running += count
            } else {
                line.seconds += row.double("seconds") ?? 0
                switch row.text("outcome") {
                case "upheld": line.upheld += count
                case "revoked": line.revoked += count
                case "changed": line.changed += count
                default: line.others += count
                }
            }
            found[label] = line
        }
        return (found.values.sorted { ($0.total, $1.label) > ($1.total, $0.label) }, from, to, isByKind)
    }

    /// `GET /reconsideration-statistics?day_from=&day_to=&by=kind&q=`.
    @Sendable
    func show(request: Request, context: WebContext) async throws -> Response {
        let (lines, from, to, isByKind) = try await lines(context)
        let here = context.here
        let sum = lines.reduce(into: Line(label: "")) {
            $0.total += $1.total
            $0.running += $1.running
            $0.upheld += $1.upheld
            $0.revoked += $1.revoked
            $0.changed += $1.changed
            $0.others += $1.others
            $0.seconds += $1.seconds
        }
        let cards: [Markup] = [
            "\(StatCard("复议", Figure.grouped(sum.total), unit: "件"))", "\(StatCard("办理中", Figure.grouped(sum.running), unit: "件"))",
            "\(StatCard("撤销或变更", sum.ended == 0 ? "—" : Figure.percent(Double(sum.revoked + sum.changed) / Double(sum.ended), digits: 1)))",
            "\(StatCard("平均办结", sum.days.map { Figure.decimal($0, digits: 1) } ?? "—", unit: "天"))",
        ]
        let rows = lines.prefix(500).map { line in
            TableRow([
                "\(line.label)", "\(line.total)", "\(line.running)", "\(line.upheld)", "\(line.revoked)", "\(line.changed)", "\(line.others)",
                "\(line.days.map { Figure.decimal($0, digits: 1) } ?? "—")",
            ])
        }
        let columns = [
            Column("label", isByKind ? "报警类型" : "企业", isWrapping: true), Column("total", "复议", align: .end), Column("running", "办理中", align: .end),
            Column("upheld", "维持", align: .end), Column("revoked", "撤销", align: .end), Column("changed", "变更", align: .end), Column("others", "其他", align: .end),
            Column("days", "平均天数", align: .end),
        ]
        let tabs = Tabs([
            Tabs.Tab("按企业", here.with("by", nil).text, isActive: !isByKind), Tabs.Tab("按报警类型", here.with("by", "kind").text, isActive: isByKind),
        ])
        let fields = [FormField("day", "提出日期", .dayRange, values: [from.text, to.text]), FormField("q", "企业", .text, value: here["q"])]
        let ring = Chart(
            .ring, "结论", categories: ["维持", "撤销", "变更", "其他", "办理中"],
            series: [ChartSeries("件", [sum.upheld, sum.revoked, sum.changed, sum.others, sum.running].map { Double($0) })], unit: "件")
        let table = DataTable(id: "reconsiderations", columns: columns, rows: Array(rows), address: here, toolbar: "\(tabs)", empty: "这段时间没有复议", hasTools: false)
        let body: Markup = """
            <div class="stack">\(SearchForm(action: "/reconsideration-statistics", fields: fields, table: "reconsideration-figures", kept: isByKind ? [.init("by", "kind")] : []))\
            <div id="reconsideration-figures" class="stack">\(Grid(.quarters, cards))\(Grid(.mainAside, ["\(table)", "\(Card("结论", body: "\(ring)"))"]))</div></div>
            """
        return Shell.page(
            context.text("复议统计", "Reconsiderations"), crumbs: [Crumb("监测报警"), Crumb("复议统计")], active: "/reconsideration-statistics",
            actions: SheetAnswer.buttons(here, path: "/reconsideration-statistics/export"), body: body, context: context)
    }

    @Sendable
    func export(request: Request, context: WebContext) async throws -> Response {
        let (lines, from, to, isByKind) = try await lines(context)
        let columns = [isByKind ? "报警类型" : "企业", "复议", "办理中", "维持", "撤销", "变更", "其他", "平均天数"].map { SheetColumn($0) }
        let rows = lines.map { line -> [Cell] in
            let days: Double? = line.days.map { ($0 * 10).rounded() / 10 }
            return [Cell(line.label), Cell(line.total), Cell(line.running), Cell(line.upheld), Cell(line.revoked), Cell(line.changed), Cell(line.others), Cell(days)]
        }
        return try await SheetAnswer(name: "复议统计 \(from.text) 至 \(to.text)", columns: columns, rows: rows).response(context, on: platform.database)
    }
}
