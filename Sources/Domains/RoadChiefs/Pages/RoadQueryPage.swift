import Exchange
import Features
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// B3.1.3.6 任务查询: tasks, problems, emergencies, appeals and bonus items in one list, by name, day, unit, chief and state.
struct RoadQueryPage: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        let reads = RoutePermission.named(RoadPermission.query)
        routes.get("/road-query", permission: reads, use: show)
        routes.get("/road-query/export", permission: reads, use: export)
    }

    private struct Kind: Sendable {
        var ledger: LedgerDeclaration
        var chief: SQL
        var dictionary: DictionaryName
        var title: String
    }

    private static let kinds: [Kind] = [
        Kind(ledger: RoadTask.ledger, chief: "chief", dictionary: .roadTaskState, title: "任务"),
        Kind(ledger: RoadProblem.ledger, chief: "chief", dictionary: .roadProblemState, title: "问题"),
        Kind(ledger: RoadEmergency.ledger, chief: "chief", dictionary: .roadReportState, title: "应急"),
        Kind(ledger: RoadAppeal.ledger, chief: "CAST(NULL AS INTEGER)", dictionary: .roadReportState, title: "申诉"),
        Kind(ledger: BonusItem.ledger, chief: "CAST(NULL AS INTEGER)", dictionary: .roadReportState, title: "加分"),
    ]

    private struct Line: Sendable {
        var kind: String
        var id: Int64
        var number: String
        var name: String
        var unit: String
        var chief: String
        var state: String
        var at: Moment
    }

    /// Every kind of row that the reader may see and the address asks for.
    private func source(_ principal: Principal, _ here: PageAddress) -> SQL {
        var shared: [SQL] = ["deleted_at IS NULL", principal.scope.condition()]
        if let keyword = here["q"] { shared.append(.contains(keyword, in: "name", "number")) }
        if let unit = here["unit"].flatMap({ Int64($0) }) { shared.append("org = \(unit)") }
        if let state = here["state"] { shared.append("state = \(state)") }
        if let from = here["day_from"].flatMap(Day.init(parsing:)) { shared.append("created_at >= \(from.start)") }
        if let to = here["day_to"].flatMap(Day.init(parsing:)) { shared.append("created_at < \(to.end)") }
        let asked = here["kind"]
        let parts = Self.kinds.filter { kind in principal.may(kind.ledger.readPermission) && (asked == nil || asked == kind.ledger.name) }.map { kind -> SQL in
            let name = SQL(text: "'\(kind.ledger.name)'")
            return """
                SELECT \(name) AS kind, id, number, name, org, \(kind.chief) AS chief, state, created_at FROM \(ident: kind.ledger.tableName) WHERE \(SQL.all(of: shared))
                """
        }
        let nothing: SQL = "SELECT '' AS kind, 0 AS id, '' AS number, '' AS name, 0 AS org, 0 AS chief, '' AS state, 0 AS created_at WHERE 1 = 0"
        let union = parts.isEmpty ? nothing : SQL.joined(parts, by: " UNION ALL ")
        let chief: SQL = here["chief"].map { .contains($0, in: "c.name") } ?? "1 = 1"
        return "(\(union)) x LEFT JOIN organisations o ON o.id = x.org LEFT JOIN road_chief c ON c.id = x.chief WHERE \(chief)"
    }

    private func lines(_ source: SQL, limit: Int, offset: Int, _ reader: any Reader) throws -> [Line] {
        try reader.rows(
            """
            SELECT x.kind, x.id, x.number, x.name, x.state, x.created_at, o.name AS unit, c.name AS chief_name FROM \(source) ORDER BY x.created_at DESC, x.kind, x.id DESC LIMIT \(limit) OFFSET \(offset)
            """
        ).map { row in
            Line(
                kind: row.text("kind") ?? "", id: row.int("id") ?? 0, number: row.text("number") ?? "", name: row.text("name") ?? "", unit: row.text("unit") ?? "",
                chief: row.text("chief_name") ?? "", state: row.text("state") ?? "", at: row.moment("created_at") ?? Moment(milliseconds: 0))
        }
    }

    private func state(_ line: Line) -> String {
        Self.kinds.first { $0.ledger.name == line.kind }.map { platform.dictionaries.title(of: line.state, in: $0.dictionary) } ?? line.state
    }

    static func tone(_ state: String) -> Tone {
        switch state {
        case "done": .good
        case "rework", "refused": .red
        case "cancelled": .muted
        case "review": .blue
        default: .orange
        }
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let here = context.here
        let size = min(max(here["size"].flatMap { Int($0) } ?? 20, 1), 100), page = min(max(0, here["page"].flatMap { Int($0) } ?? 0), 100_000)
        let source = source(principal, here)
        let (found, total, units) = try await platform.database.read { reader in
            (
                try self.lines(source, limit: size, offset: page * size, reader), try reader.count("SELECT count(*) FROM (SELECT 1 FROM \(source) LIMIT 10001) AS few"),
                try RoadMapPage.units(principal.scope, reader)
            )
        }
        let rows = found.map { line -> TableRow in
            let kind = Self.kinds.first { $0.ledger.name == line.kind }?.title ?? ""
            return TableRow(
                id: "\(line.kind)-\(line.id)",
                [
                    "\(line.name)", "\(Badge(kind, .info))", "<span class=\"mono\">\(line.number)</span>", "\(Badge(state(line), Self.tone(line.state)))", "\(line.unit)",
                    "\(line.chief)", "\(line.at)",
                ],
                path: "/ledgers/\(line.kind)/\(line.id)", actions: "\(ActionButton("办理", .link("/road-cases/\(line.kind)/\(line.id)"), icon: "flow", style: .quiet))")
        }
        let columns = [
            Column("name", "名称", isWrapping: true), Column("kind", "类别"), Column("number", "编号"), Column("state", "状态"), Column("unit", "责任单位", isWrapping: true),
            Column("chief", "路长"),
            Column("at", "登记时间"),
        ]
        let states = [
            Choice("", "全部"), Choice("todo", "待处理"), Choice("open", "未处理"), Choice("review", "等待复核"), Choice("rework", "退回整改"), Choice("refused", "未通过"), Choice("done", "办结或通过"),
            Choice("cancelled", "已撤回"),
        ]
        let filters = [
            FormField("q", "名称或编号", .text, value: here["q"]), FormField("unit", "责任单位", .select([Choice("", "全部")] + units), value: here["unit"]),
            FormField("chief", "路长", .text, value: here["chief"]), FormField("day", "登记日期", .dayRange, values: [here["day_from"] ?? "", here["day_to"] ?? ""]),
            FormField("state", "状态", .select(states), value: here["state"]),
        ]
        let tabs = Tabs(
            [Tabs.Tab("全部", here.with("kind", nil).with("page", nil).text, isActive: here["kind"] == nil)]
                + Self.kinds.filter { principal.may($0.ledger.readPermission) }.map {
                    Tabs.Tab($0.title, here.with("kind", $0.ledger.name).with("page", nil).text, isActive: here["kind"] == $0.ledger.name)
                })
        func link(_ page: Int) -> String { here.with("page", page == 0 ? nil : String(page)).text }
        let pager = Pager(
            first: page > 0 ? link(0) : nil, previous: page > 0 ? link(page - 1) : nil, next: (page + 1) * size < total ? link(page + 1) : nil, total: min(total, 10_000),
            isTotalFloor: total > 10_000, size: size)
        let table = DataTable(id: "road-query", columns: columns, rows: rows, address: here, toolbar: "\(tabs)", pager: pager, empty: "没有符合条件的任务、问题、应急、申诉或加分项目", hasTools: false)
        let search = SearchForm(action: "/road-query", fields: filters, table: "road-query", kept: here["kind"].map { [.init("kind", $0)] } ?? [])
        var actions = SheetAnswer.buttons(here, path: "/road-query/export")
        if context.may(RoadTask.ledger.writePermission) { actions = "\(ActionButton("下发任务", .link("/ledgers/roadTask/new"), icon: "send", style: .primary))\(actions)" }
        return Shell.page("任务查询", crumbs: [Crumb(RoadChiefs.group), Crumb("任务查询")], active: "/road-query", actions: actions, body: "\(search)\(table)", context: context)
    }

    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        let source = source(try context.signedIn(), context.here)
        let found = try await platform.database.read { reader in try self.lines(source, limit: 10_000, offset: 0, reader) }
        let columns = ["名称", "类别", "编号", "状态", "责任单位", "路长", "登记时间"].map { SheetColumn($0) }
        let rows = found.map { line -> [Cell] in
            let kind = Self.kinds.first { $0.ledger.name == line.kind }?.title ?? ""
            return [Cell(line.name), Cell(kind), Cell(line.number), Cell(state(line)), Cell(line.unit), Cell(line.chief), Cell(line.at)]
        }
        return try await SheetAnswer(name: "路长制任务查询 \(platform.clock.today.text)", columns: columns, rows: rows).response(context, on: platform.database)
    }
}
