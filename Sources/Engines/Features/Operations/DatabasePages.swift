import Exchange
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 数据库运行 (B7.1.2): what the database does now, whether a standby follows, and which statements take long and why.
struct DatabasePages: Sendable {
    let platform: Platform
    static let path = "/admin/database"

    func add(to routes: Routes) {
        let reads = RoutePermission.named(OperationPermission.read)
        let writes = RoutePermission.named(OperationPermission.write)
        routes.get(Self.path, permission: reads, use: show)
        routes.get("/admin/database/export", permission: reads, use: export)
        routes.get("/admin/database/statements/{digest}", permission: reads, use: statement)
        routes.post("/admin/database/settings", permission: writes, use: save)
        routes.post("/admin/database/clear", permission: writes, use: clear)
    }

    private func search(_ address: PageAddress) -> SlowStatementBook.Search {
        var search = SlowStatementBook.Search(keyword: address["q"], kind: address["kind"])
        if let sort = address["sort"], SlowStatementBook.Search.sorts[sort.hasPrefix("-") ? String(sort.dropFirst()) : sort] != nil { search.sort = sort }
        return search
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response { try await page(nil, context) }

    private func page(_ failure: Failure?, _ context: WebContext) async throws -> Response {
        let address = context.here
        let size = min(max(address["size"].flatMap { Int($0) } ?? 20, 1), 100)
        let number = min(max(1, address["page"].flatMap { Int($0) } ?? 1), SlowStatementBook.bound)
        let asked = search(address)
        let (settings, found) = try await platform.database.read { reader in
            (try OperationSettings.read(reader), try SlowStatementBook.page(asked, limit: size, offset: (number - 1) * size, in: reader))
        }
        let columns = [
            Column("statement", "语句", isWrapping: true), Column("worst", "最慢", align: .end, isSortable: true), Column("mean", "平均", align: .end),
            Column("runs", "慢的次数", align: .end, isSortable: true), Column("total", "累计", align: .end, isSortable: true), Column("rows", "行数", align: .end),
            Column("last", "最近一次", isSortable: true),
        ]
        let rows = found.lines.map { line -> TableRow in
            TableRow(
                id: line.digest,
                [
                    "<span class=\"mono\">\(String(line.statement.prefix(160)))\(line.statement.count > 160 ? "…" : "")</span>", "\(Self.time(line.worstMilliseconds))",
                    "\(Self.time(line.totalMilliseconds / Double(max(1, line.runs))))", "\(Figure.grouped(line.runs))", "\(Self.time(line.totalMilliseconds))",
                    "\(Figure.grouped(line.rows))",
                    "\(line.lastAt)",
                ], path: "/admin/database/statements/\(line.digest)")
        }
        let start = address.restarting
        let pager = Pager(
            first: number > 1 ? start.text : nil, previous: number > 1 ? start.with("page", String(number - 1)).text : nil,
            next: number * size < found.total ? start.with("page", String(number + 1)).text : nil, total: found.total, size: size, sizes: [20, 50, 100])
        let fields = [
            FormField("q", "语句", .text, value: address["q"], placeholder: "表名或语句中的文字"),
            FormField("kind", "类别", .select([Choice("read", "查询"), Choice("write", "写入")]), value: address["kind"]),
        ]
        let mayWrite = context.may(OperationPermission.write)
        let limit = settings.slowMilliseconds
        let table = DataTable(
            id: "slow", columns: columns, rows: rows, address: address, sort: asked.sort, pager: pager,
            empty: limit == 0 ? "慢语句记录已关闭：在下方设置超过多少毫秒记录" : "没有超过 \(limit) 毫秒的语句")
        let clear = ActionButton("清空慢语句", .post("/admin/database/clear", confirm: "将清空已记录的全部慢语句及其执行计划，不能恢复。确定？"), icon: "trash", style: .danger)
        let actions: Markup =
            "\(SheetAnswer.buttons(address.restarting, path: "/admin/database/export"))\(mayWrite && found.total > 0 ? "\(clear)" : .empty)"
        return Shell.page(
            "数据库运行", crumbs: [Crumb("系统"), Crumb("数据库运行")], active: Self.path, actions: actions, status: failure == nil ? .ok : .unprocessableContent,
            body: "\(await state())\(SearchForm(action: Self.path, fields: fields, table: "slow"))\(table)\(mayWrite ? form(settings, failure, context) : .empty)", context: context
        )
    }

    /// What the database says of itself.
    private func state() async -> Markup {
        let figures = await platform.database.figures()
        func number(_ name: String) -> String { Figure.grouped(Int(figures[name] ?? 0)) }
        let isEmbedded = platform.database.dialect == .sqlite
        let waiting = (figures["waiting_writers"] ?? 0) + (figures["waiting_readers"] ?? 0)
        var cards: [Markup] = [
            "\(StatCard("数据库", isEmbedded ? "内置" : "PostgreSQL", note: isEmbedded ? "\(Figure.size(Int(figures["file_bytes"] ?? 0)))" : "连接重建 \(number("write_reconnects")) 次", icon: "database"))",
            "\(StatCard("排队", Figure.grouped(Int(waiting)), unit: "个", note: "等待读写的请求", tone: waiting > 1000 ? .red : .good, icon: "clock"))",
            "\(StatCard("提交", number("commits"), unit: "次", note: "写入 \(number("writes")) 个，单次最多 \(number("largest_commit")) 个", icon: "check"))",
            "\(StatCard("查询", number("reads"), unit: "次", note: "超时 \(number("read_timeouts")) 次", tone: (figures["read_timeouts"] ?? 0) > 0 ? .yellow : .good, icon: "search"))",
        ]
        if let usable = figures["replica_usable"] {
            let lag = Figure.decimal(figures["replica_lag_seconds"] ?? 0)
            cards.append(
                "\(StatCard("只读备库", usable > 0 ? "跟随中" : "不可用", note: usable > 0 ? "落后 \(lag) 秒，已代答 \(number("replica_looks")) 次" : "查询全部由主库应答", tone: usable > 0 ? .good : .red, icon: "layers"))"
            )
        }
        return "\(Grid(.quarters, cards))<p class=\"muted\">以上为本节点启动以来的数字。</p>"
    }

    private func form(_ settings: OperationSettings, _ failure: Failure?, _ context: WebContext) -> Markup {
        let field = FormField(
            "slowMilliseconds", "记录超过", .number(step: "1"), value: String(settings.slowMilliseconds), isRequired: true, help: "只记语句和执行计划，不记其中的数据；0 为不记录", unit: "毫秒", minimum: "0",
            maximum: "60000")
        return
            "\(Card("慢语句记录", body: "\(Form(action: "/admin/database/settings", sections: [FormSection(nil, [field])], submit: "保存设置", findings: failure?.fields ?? [], context: context))"))"
    }

    @Sendable func statement(request: Request, context: WebContext) async throws -> Response {
        let digest = try context.path("digest")
        guard let line = try await platform.database.read({ try SlowStatementBook.line(digest, in: $0) }) else { throw Failure.notFound("该语句") }
        let facts = DescriptionList([
            .init("最慢一次", "\(Self.time(line.worstMilliseconds))"), .init("慢的次数", "\(Figure.grouped(line.runs))"), .init("累计用时", "\(Self.time(line.totalMilliseconds))"),
            .init("行数", "\(Figure.grouped(line.rows))"), .init("首次", "\(line.firstAt)"), .init("最近一次", "\(line.lastAt)"), .init("节点", "\(line.node)"),
            .init("计划取得于", "\(line.plannedAt)"),
        ])
        let body: Markup = """
            \(Card(body: "\(facts)"))\(Card("语句", body: "<pre class=\"keeps-lines\">\(line.statement)</pre>"))\
            \(Card("执行计划", body: "<pre class=\"keeps-lines\">\(line.plan ?? "还没有取得执行计划")</pre><p class=\"muted\">按未知取值估算；SCAN 或 Seq Scan 表示逐行扫描整张表。</p>"))
            """
        return Shell.page("慢语句", crumbs: [Crumb("系统"), Crumb("数据库运行", Self.path), Crumb("慢语句")], active: Self.path, body: body, context: context)
    }

    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let asked = search(context.here)
        let lines = try await platform.database.write { [platform] tx in
            let lines = try SlowStatementBook.page(asked, limit: SlowStatementBook.bound, offset: 0, in: tx).lines
            try platform.audit.record(AuditEntry("export", "slowStatement", "", "导出慢语句，共 \(lines.count) 条"), by: principal, in: tx)
            return lines
        }
        let columns: [(String, Double)] = [
            ("语句", 80), ("最慢（毫秒）", 14), ("平均（毫秒）", 14), ("慢的次数", 12), ("累计（毫秒）", 14), ("行数", 12), ("首次", 20), ("最近一次", 20), ("节点", 24), ("执行计划", 80),
        ]
        let rows = lines.map { line -> [Cell] in
            [
                .text(line.statement), .number(line.worstMilliseconds), .number((line.totalMilliseconds / Double(max(1, line.runs))).rounded()), Cell(line.runs),
                .number(line.totalMilliseconds),
                Cell(line.rows), line.firstAt.map(Cell.moment) ?? .empty, line.lastAt.map(Cell.moment) ?? .empty, .text(line.node), Cell(line.plan),
            ]
        }
        return try await SheetAnswer(name: "慢语句-\(platform.clock.today.text)", columns: columns.map { SheetColumn($0.0, width: $0.1) }, rows: rows).response(
            context, on: platform.database)
    }

    @Sendable func save(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        guard let limit = input["slowMilliseconds"].flatMap({ Int($0) }), (0...60_000).contains(limit) else {
            return try await page(Failure(.invalid, "JW-O001", "请填写 0 至 60000 的整数", fields: [FieldFinding("slowMilliseconds", "range", "请填写 0 至 60000 的整数")]), context)
        }
        let (now, audit) = (platform.clock.now, platform.audit)
        try await platform.database.write { tx in
            var settings = try OperationSettings.read(tx)
            settings.slowMilliseconds = limit
            try OperationSettings.save(settings, by: principal, at: now, audit: audit, in: tx)
        }
        return Shell.done("设置已保存，几秒内在各节点生效", to: Self.path, context: context)
    }

    @Sendable func clear(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        try await platform.database.write { [platform] tx in
            let count = try tx.execute("DELETE FROM slow_statements")
            try platform.audit.record(AuditEntry("delete", "slowStatement", "", "清空慢语句，共 \(count) 条"), by: principal, in: tx)
        }
        return Shell.done("已清空", to: Self.path, context: context)
    }

    static func time(_ milliseconds: Double) -> String {
        milliseconds < 1000 ? "\(Int(milliseconds.rounded())) 毫秒" : "\(Figure.decimal(milliseconds / 1000, digits: 1)) 秒"
    }
}
