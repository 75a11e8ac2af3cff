import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 看板与大屏: each card is asked for by itself, so that a slow one holds nobody.
struct DashboardPages: Sendable {
    let engine: ReportEngine

    func add(to routes: Routes) {
        let build = RoutePermission.named(ReportPermission.build)
        routes.get("/reports/dashboards", permission: build, use: list)
        routes.get("/reports/dashboards/new", permission: build, use: newForm)
        routes.post("/reports/dashboards/new", permission: build, use: create)
        routes.get("/reports/dashboards/rotations/new", permission: build, use: rotationForm)
        routes.post("/reports/dashboards/rotations/new", permission: build, use: createRotation)
        routes.get("/reports/dashboards/rotations/{id}", permission: build, use: rotation)
        routes.get("/reports/dashboards/{id}", permission: build, use: show)
        routes.get("/reports/dashboards/{id}/screen", permission: build, use: screen)
        routes.get("/reports/dashboards/{id}/cards/{card}", permission: build, use: card)
        DashboardEditor(engine: engine).add(to: routes)
    }

    // MARK: Lists

    @Sendable
    func list(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let keyword = context.here["q"]
        let (items, rotations) = try await engine.database.read { [engine] reader in
            (try engine.items(.dashboard, keyword: keyword, by: principal, in: reader), try engine.items(.rotation, by: principal, in: reader))
        }
        let columns = [Column("title", "名称", isWrapping: true), Column("cards", "卡片", align: .end), Column("audience", "可见范围"), Column("updatedAt", "修改时间")]
        func actions(_ item: ReportItem) -> Markup {
            let own = item.mayBeChanged(by: principal)
            let view: Markup =
                item.kind == .dashboard
                ? "\(ActionButton("大屏", .link("/reports/dashboards/\(item.id)/screen"), icon: "monitor", style: .quiet))"
                : "\(ActionButton("播放", .link("/reports/dashboards/rotations/\(item.id)"), icon: "play", style: .quiet))"
            return
                "\(view)\(Markup.when(own && item.kind == .dashboard, "\(ActionButton("编辑", .link("/reports/dashboards/\(item.id)/edit"), icon: "edit", style: .quiet))"))\(Markup.when(own && context.may(ReportPermission.share), "\(ActionButton("共享", .dialog("/reports/items/\(item.id)/share"), icon: "users", style: .quiet))"))\(Markup.when(own && item.name == nil, "\(ActionButton("删除", .dialog("/reports/items/\(item.id)/delete"), icon: "trash", style: .quiet))"))"
        }
        let rows = items.map { item -> TableRow in
            TableRow(
                id: String(item.id), ["\(item.title)", "\(Dashboard(item.body).cards.count)", ReportPages.audience(item, of: principal), "\(item.updatedAt)"],
                path: "/reports/dashboards/\(item.id)", actions: actions(item))
        }
        let cycles = rotations.map { item -> TableRow in
            TableRow(
                id: String(item.id),
                ["\(item.title)", "\((item.body["dashboards"]?.array ?? []).count)", ReportPages.audience(item, of: principal), "\(item.updatedAt)"],
                path: "/reports/dashboards/rotations/\(item.id)", actions: actions(item))
        }
        let search = SearchForm(action: "/reports/dashboards", fields: [FormField("q", "名称", .text, value: keyword)], table: "dashboards")
        let table = DataTable(
            id: "dashboards", columns: columns, rows: rows, address: context.here, empty: "还没有看板，点“新建看板”开始", hasTools: false)
        let second = DataTable(
            id: "rotations", columns: [Column("title", "名称", isWrapping: true), Column("cards", "看板", align: .end), columns[2], columns[3]], rows: cycles, address: context.here,
            empty: "没有轮播。选几个看板，可在大屏上轮流显示", hasTools: false)
        let buttons: Markup =
            "\(ActionButton("新建看板", .dialog("/reports/dashboards/new"), icon: "plus", style: .primary))\(ActionButton("新建轮播", .dialog("/reports/dashboards/rotations/new"), icon: "refresh"))"
        return Shell.page(
            "看板与大屏", crumbs: [Crumb("统计报表"), Crumb("看板与大屏")], active: "/reports/dashboards", actions: buttons,
            body: "\(ReportFace.styles(context))\(search)\(Card("看板", isFlush: true, body: "\(table)"))\(Card("轮播", isFlush: true, body: "\(second)"))", context: context)
    }

    private func framed(_ title: String, _ form: Form, _ findings: [FieldFinding], _ context: WebContext) -> Response {
        Shell.page(
            title, crumbs: [Crumb("统计报表"), Crumb("看板与大屏", "/reports/dashboards"), Crumb(title)], active: "/reports/dashboards",
            status: findings.isEmpty ? .ok : .unprocessableContent,
            body: Shell.framed(form, context), context: context)
    }

    private func newPage(_ context: WebContext, _ input: FormInput, _ findings: [FieldFinding], _ items: [ReportItem]) -> Response {
        let fields = [
            FormField("title", "名称", .text, value: input["title"], isRequired: true, maxLength: 60, isWide: true),
            FormField("from", "从哪个看板复制", .select([Choice("", "空白看板")] + items.map { Choice(String($0.id), $0.title) }), value: input["from"]),
            FormField("refresh", "刷新间隔", .number(step: "1"), value: input["refresh"] ?? "30", unit: "秒", minimum: "10", maximum: "3600"),
        ]
        return framed(
            "新建看板",
            Form(action: "/reports/dashboards/new", sections: [FormSection(nil, fields)], submit: "新建", cancel: "/reports/dashboards", findings: findings, context: context),
            findings, context)
    }

    @Sendable
    func newForm(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let items = try await engine.database.read { [engine] in try engine.items(.dashboard, by: principal, in: $0) }
        return newPage(context, FormInput(), [], items)
    }

    @Sendable
    func create(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let form = try await request.form(context)
        let items = try await engine.database.read { [engine] in try engine.items(.dashboard, by: principal, in: $0) }
        var dashboard = items.first { String($0.id) == form["from"] }.map { Dashboard($0.body) } ?? Dashboard(cards: [])
        dashboard.refresh = min(max(form["refresh"].flatMap { Int($0) } ?? 30, 10), 3600)
        let draft = ReportItemDraft(.dashboard, title: form["title"] ?? "", body: dashboard.json)
        do {
            let id = try await engine.database.write { [engine] in try engine.keep(draft, by: principal, in: $0) }
            return Shell.done("已新建“\(draft.title)”", to: "/reports/dashboards/\(id)/edit", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return newPage(context, form, failure.fields, items)
        }
    }

    // MARK: Rotations

    private func rotationPage(_ context: WebContext, _ input: FormInput, _ findings: [FieldFinding], _ items: [ReportItem]) -> Response {
        let fields = [
            FormField("title", "名称", .text, value: input["title"], isRequired: true, maxLength: 60, isWide: true),
            FormField("dashboard", "看板（按勾选的显示）", .multiSelect(items.map { Choice(String($0.id), $0.title) }), values: input.all("dashboard"), isRequired: true, isWide: true),
            FormField("seconds", "每个停留", .number(step: "1"), value: input["seconds"] ?? "30", unit: "秒", minimum: "5", maximum: "3600"),
        ]
        let form = Form(
            action: "/reports/dashboards/rotations/new", sections: [FormSection(nil, fields)], submit: "新建", cancel: "/reports/dashboards", findings: findings, context: context)
        return framed("新建轮播", form, findings, context)
    }

    @Sendable
    func rotationForm(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let items = try await engine.database.read { [engine] in try engine.items(.dashboard, by: principal, in: $0) }
        return rotationPage(context, FormInput(), [], items)
    }

    @Sendable
    func createRotation(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let form = try await request.form(context)
        let items = try await engine.database.read { [engine] in try engine.items(.dashboard, by: principal, in: $0) }
        let chosen = form.all("dashboard").compactMap { Int64($0) }.filter { id in items.contains { $0.id == id } }
        let seconds = min(max(form["seconds"].flatMap { Int64($0) } ?? 30, 5), 3600)
        do {
            guard (1...20).contains(chosen.count) else { throw Failure.invalid([FieldFinding("dashboard", "count", "请选择一至二十个看板", title: "看板")]) }
            let draft = ReportItemDraft(.rotation, title: form["title"] ?? "", body: ["dashboards": .array(chosen.map { .int($0) }), "seconds": .int(seconds)])
            _ = try await engine.database.write { [engine] in try engine.keep(draft, by: principal, in: $0) }
            return Shell.done("已新建轮播“\(draft.title)”", to: "/reports/dashboards", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return rotationPage(context, form, failure.fields, items)
        }
    }

    /// `?at=0`: one of the dashboards, and where the next one is. Dashboards that are no longer shared with the viewer are passed over.
    @Sendable
    func rotation(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id("id"), try context.signedIn())
        let (item, shown) = try await engine.database.read { [engine] reader in
            let item = try engine.item(id, [.rotation], by: principal, in: reader)
            let ids = (item.body["dashboards"]?.array ?? []).compactMap(\.int)
            let found = try reader.rows("SELECT * FROM report_items WHERE id IN (\(list: ids)) AND kind = 'dashboard'").compactMap(ReportItem.init).filter {
                $0.isSeen(by: principal)
            }
            return (item, ids.compactMap { id in found.first { $0.id == id } })
        }
        guard !shown.isEmpty else { throw Failure.notFound("“\(item.title)”中的看板") }
        let at = (context.here["at"].flatMap { Int($0) } ?? 0) % shown.count
        let next = shown.count > 1 ? "/reports/dashboards/rotations/\(id)?at=\((abs(at) + 1) % shown.count)" : nil
        return screen(shown[abs(at)], next: next, seconds: Int(item.body["seconds"]?.int ?? 30), context)
    }

    // MARK: Showing

    private func found(_ context: WebContext) async throws -> ReportItem {
        let (id, principal) = (try context.id("id"), try context.signedIn())
        return try await engine.database.read { [engine] in try engine.item(id, [.dashboard], by: principal, in: $0) }
    }

    static func grid(_ item: ReportItem) -> Markup {
        let dashboard = Dashboard(item.body)
        let cards = dashboard.cards.map { card -> Markup in
            let trigger = [.text, .live, .video].contains(card.kind) ? "load" : "load, every \(dashboard.refresh)s"
            return """
                <section class="panel report-card kind-\(card.kind.rawValue) \(card.placeClasses)"><header class="panel-head"><h2>\(card.title)</h2></header>\
                <div class="panel-body" data-report-card hx-get="/reports/dashboards/\(item.id)/cards/\(card.id)" hx-trigger="\(trigger)" hx-swap="innerHTML" hx-target="this" hx-push-url="false" \
                hx-request="{&quot;timeout&quot;: 15000}" aria-live="off"><div class="report-loading" role="status">正在读取…</div>\
                <noscript><a href="/reports/dashboards/\(item.id)/cards/\(card.id)">打开“\(card.title)”</a></noscript></div></section>
                """
        }
        return "<div class=\"report-grid\">\(cards)</div>"
    }

    @Sendable
    func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let item = try await found(context)
        let own = item.mayBeChanged(by: principal)
        let actions: Markup = """
            \(ActionButton("大屏显示", .link("/reports/dashboards/\(item.id)/screen"), icon: "monitor", style: .primary))\
            \(Markup.when(own, "\(ActionButton("编辑布局", .link("/reports/dashboards/\(item.id)/edit"), icon: "edit"))"))\
            \(Markup.when(own && context.may(ReportPermission.share), "\(ActionButton("共享", .dialog("/reports/items/\(item.id)/share"), icon: "users"))"))
            """
        let body: Markup =
            Dashboard(item.body).cards.isEmpty
            ? "\(EmptyState("看板还是空的", hint: own ? "点“编辑布局”添加卡片" : "", icon: "dashboard"))" : DashboardPages.grid(item)
        return Shell.page(
            item.title, crumbs: [Crumb("统计报表"), Crumb("看板与大屏", "/reports/dashboards"), Crumb(item.title)], active: "/reports/dashboards", actions: actions,
            body: "\(ReportFace.styles(context))\(body)", context: context)
    }

    @Sendable
    func screen(request: Request, context: WebContext) async throws -> Response { screen(try await found(context), next: nil, seconds: 0, context) }

    private func screen(_ item: ReportItem, next: String?, seconds: Int, _ context: WebContext) -> Response {
        let rotate: Markup = next.map { "<div hidden data-rotate=\"\($0)\" data-seconds=\"\(seconds)\"></div>" } ?? .empty
        let body: Markup = """
            \(ReportFace.styles(context))<header class="screen-head"><div class="row-flex"><a class="icon-button" href="/reports/dashboards/\(item.id)" aria-label="返回">\(Icon("left"))</a></div><h1>\(item.title)</h1>\
            <div class="screen-end"><span class="num" data-clock>\(engine.clock.now)</span><button type="button" class="icon-button" data-fullscreen aria-label="全屏">\(Icon("expand"))</button></div></header>\
            \(DashboardPages.grid(item))\(rotate)
            """
        return Shell.page(item.title, active: "/reports/dashboards", layout: .screen, body: body, context: context)
    }

    @Sendable
    func card(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let item = try await found(context)
        let name = try context.path("card")
        guard let card = Dashboard(item.body).cards.first(where: { $0.id == name }) else { throw Failure.notFound("该卡片") }
        return .html(await DashboardCards(engine: engine, context: context).content(card, by: principal))
    }
}
