import Exchange
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

extension WorkPages {
    /// `GET /workflow-statistics?workflow=&day_from=&day_to=`: time per step and overdue.
    @Sendable
    func statistics(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let here = context.here
        let today = context.site.clock.today
        let definitions = engine.definitions
        let from = here["day_from"].flatMap(Day.init(parsing:)) ?? today.adding(days: -90), to = here["day_to"].flatMap(Day.init(parsing:)) ?? today
        let chosen = try await chosen(request, context, from: from, to: to)
        let fields = [
            FormField("workflow", "流程", .select(definitions.map { Choice($0.name, $0.title) }), value: chosen?.name),
            FormField("day", "发起日期", .dayRange, values: [from.text, to.text]),
        ]
        let search = SearchForm(action: "/workflow-statistics", fields: fields, table: "figures")
        guard let name = chosen?.name else {
            return Shell.page("流程统计", active: "/workflow-statistics", body: "\(Card(body: "\(EmptyState("还没有流程"))"))", context: context)
        }
        let (steps, outcomes, organisations) = try await database.read { [engine] reader in
            (
                try engine.statistics(name, from: from, to: to, by: principal, in: reader),
                try engine.outcomes(name, from: from, to: to, by: principal, in: reader),
                try engine.byOrganisation(name, from: from, to: to, by: principal, in: reader)
            )
        }
        let total = outcomes.reduce(0) { $0 + $1.count }
        let overdue = steps.reduce(0) { $0 + $1.overdue }, late = steps.reduce(0) { $0 + $1.doneLate }, done = steps.reduce(0) { $0 + $1.done }
        let cards: [Markup] = [
            "\(StatCard("事项", Figure.grouped(total), unit: "件"))", "\(StatCard("办毕环节", Figure.grouped(done), unit: "个"))",
            "\(StatCard("按时率", done == 0 ? "—" : Figure.percent(Double(done - late) / Double(done), digits: 1)))",
            "\(StatCard("正在超期", Figure.grouped(overdue), unit: "个环节", tone: overdue > 0 ? .red : .good))",
        ]
        let rows = steps.map { step in
            TableRow([
                "\(step.title)", "\(step.open)", "\(step.overdue)", "\(step.done)", "\(step.doneLate)", "\(step.averageSeconds.map(Self.duration) ?? "—")",
                "\(step.done == 0 ? "—" : Figure.percent(Double(step.done - step.doneLate) / Double(step.done), digits: 1))",
            ])
        }
        let columns = [
            Column("step", "环节"), Column("open", "办理中", align: .end), Column("overdue", "超期未办", align: .end), Column("done", "已办", align: .end),
            Column("late", "超期办毕", align: .end),
            Column("average", "平均用时", align: .end), Column("rate", "按时率", align: .end),
        ]
        let time = Chart(
            .bar, "各环节平均用时", categories: steps.map(\.title), series: [ChartSeries("小时", steps.map { $0.averageSeconds.map { ($0 / 360).rounded() / 10 } })], unit: "小时")
        let ends = Chart(.ring, "结果", categories: outcomes.map(\.title), series: [ChartSeries("件", outcomes.map { Double($0.count) })], unit: "件")
        let table = DataTable(id: "step-figures", columns: columns, rows: rows, address: here, empty: "这段时间没有事项", hasTools: false)
        let owners = organisations.lines.map { line -> TableRow in
            let counts = organisations.titles.map { title -> Markup in "\(line.outcomes[title] ?? 0)" }
            let first: [Markup] = ["\(line.name.isEmpty ? "—" : line.name)", "\(line.total)", "\(line.running)"]
            let last: [Markup] = ["\(line.averageSeconds.map(Self.duration) ?? "—")"]
            return TableRow(first + counts + last)
        }
        let ownerColumns =
            [Column("org", "单位"), Column("total", "事项", align: .end), Column("running", "办理中", align: .end)] + organisations.titles.map { Column($0, $0, align: .end) }
            + [Column("average", "平均办结用时", align: .end)]
        let ownerTable = DataTable(id: "owner-figures", columns: ownerColumns, rows: owners, address: here, empty: "这段时间没有事项", hasTools: false)
        let body: Markup = """
            \(search)<div id="figures" class="stack">\(Grid(.quarters, cards))\(Grid(.mainAside, ["\(Card("各环节平均用时", body: "\(time)"))", "\(Card("结果", body: "\(ends)"))"]))\
            \(Card("各环节", isFlush: true, body: "\(table)"))\(Card("按单位与结论", actions: SheetAnswer.buttons(here, path: "/workflow-statistics/export"), isFlush: true, body: "\(ownerTable)"))</div>
            """
        var page = Shell.page(
            context.text("流程统计", "Workflow statistics"), crumbs: [Crumb("事项办理", "/work"), Crumb("流程统计")], active: "/workflow-statistics", body: body, context: context)
        if here["workflow"] == name {
            page.headers[values: .setCookie].append("\(Self.lastChosen)=\(name); Path=/workflow-statistics; Max-Age=31536000; HttpOnly; SameSite=Lax")
        }
        return page
    }

    private static let lastChosen = "jw_workflow"

    /// What the address names, else what was chosen last in this browser, else the workflow with most cases of these days.
    private func chosen(_ request: Request, _ context: WebContext, from: Day, to: Day) async throws -> WorkflowDeclaration? {
        let definitions = engine.definitions
        if let named = [context.here["workflow"], request.cookies[Self.lastChosen]?.value].lazy.compactMap({ name in definitions.first { $0.name == name } }).first {
            return named
        }
        let scope = try context.signedIn().scope
        let busiest = try await database.read { reader in
            try reader.first(
                """
                SELECT c.workflow FROM workflow_cases c WHERE c.started_at >= \(from.start) AND c.started_at < \(to.end) AND \(scope.condition(org: "c.org", area: "c.area"))
                GROUP BY c.workflow ORDER BY COUNT(*) DESC, c.workflow LIMIT 1
                """
            )?.text("workflow")
        }
        return definitions.first { $0.name == busiest } ?? definitions.first
    }

    /// `GET /workflow-statistics/export`: what came of the cases of each organisation.
    @Sendable
    func exportStatistics(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let here = context.here
        let today = context.site.clock.today
        let from = here["day_from"].flatMap(Day.init(parsing:)) ?? today.adding(days: -90), to = here["day_to"].flatMap(Day.init(parsing:)) ?? today
        guard let definition = try await chosen(request, context, from: from, to: to) else { throw Failure.notFound("该流程") }
        let figures = try await database.read { [engine] in try engine.byOrganisation(definition.name, from: from, to: to, by: principal, in: $0) }
        let columns = (["单位", "事项", "办理中"] + figures.titles + ["平均办结用时（小时）"]).map { SheetColumn($0) }
        let rows = figures.lines.map { line -> [Cell] in
            let counts = figures.titles.map { title -> Cell in Cell(line.outcomes[title] ?? 0) }
            let hours: Double? = line.averageSeconds.map { ($0 / 360).rounded() / 10 }
            return [Cell(line.name), Cell(line.total), Cell(line.running)] + counts + [Cell(hours)]
        }
        return try await SheetAnswer(name: "\(definition.title)统计 \(from.text) 至 \(to.text)", columns: columns, rows: rows).response(context, on: database)
    }
}
