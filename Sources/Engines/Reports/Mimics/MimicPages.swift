import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 工艺组态 in a browser: list, showing, versions.
struct MimicPages: Sendable {
    let engine: ReportEngine

    func add(to routes: Routes) {
        let build = RoutePermission.named(ReportPermission.build)
        routes.get("/reports/mimics", permission: build, use: list)
        routes.get("/reports/mimics/new", permission: build, use: newForm)
        routes.post("/reports/mimics/new", permission: build, use: create)
        routes.get("/reports/mimics/{id}", permission: build, use: show)
        routes.get("/reports/mimics/{id}/canvas", permission: build, use: canvas)
        routes.get("/reports/mimics/{id}/screen", permission: build, use: screen)
        MimicEditor(engine: engine).add(to: routes)
    }

    static let crumbs = [Crumb("统计报表"), Crumb("工艺组态", "/reports/mimics")]

    @Sendable
    func list(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let keyword = context.here["q"]
        let items = try await engine.database.read { [engine] in try engine.items(.mimic, keyword: keyword, by: principal, in: $0) }
        let rows = items.map { item -> TableRow in
            let own = item.mayBeChanged(by: principal)
            let actions: Markup = """
                \(ActionButton("大屏", .link("/reports/mimics/\(item.id)/screen"), icon: "monitor", style: .quiet))\
                \(Markup.when(own, "\(ActionButton("设计", .link("/reports/mimics/\(item.id)/edit"), icon: "edit", style: .quiet))"))\
                \(Markup.when(own && context.may(ReportPermission.share), "\(ActionButton("共享", .dialog("/reports/items/\(item.id)/share"), icon: "users", style: .quiet))"))\
                \(Markup.when(own, "\(ActionButton("删除", .dialog("/reports/items/\(item.id)/delete"), icon: "trash", style: .quiet))"))
                """
            return TableRow(
                id: String(item.id), ["\(item.title)", "\(Mimic(item.body).elements.count)", ReportPages.audience(item, of: principal), "\(item.updatedAt)"],
                path: "/reports/mimics/\(item.id)", actions: actions)
        }
        let add: Markup = "\(ActionButton("新建组态", .link("/reports/mimics/new"), icon: "plus", style: .primary))"
        let search = SearchForm(action: "/reports/mimics", fields: [FormField("q", "名称", .text, value: keyword)], table: "mimics")
        let table = DataTable(
            id: "mimics", columns: [Column("title", "名称", isWrapping: true), Column("n", "图元", align: .end), Column("audience", "可见范围"), Column("at", "修改时间")], rows: rows,
            address: context.here, empty: "还没有工艺组态；新建一幅，拖放图元并绑定数据", emptyAction: add, hasTools: false)
        return Shell.page("工艺组态", crumbs: Self.crumbs, active: "/reports/mimics", actions: add, body: "\(search)\(table)", context: context)
    }

    private func newPage(_ input: FormInput, _ findings: [FieldFinding], _ context: WebContext) -> Response {
        let fields = [
            FormField("title", "名称", .text, value: input["title"], isRequired: true, placeholder: "如 1 号罐区", maxLength: 60, isWide: true),
            FormField("refresh", "刷新间隔", .number(step: "1"), value: input["refresh"] ?? "10", unit: "秒", minimum: "5", maximum: "3600"),
        ]
        let form = Form(action: "/reports/mimics/new", sections: [FormSection(nil, fields)], submit: "新建", cancel: "/reports/mimics", findings: findings, context: context)
        return Shell.page(
            "新建组态", crumbs: Self.crumbs + [Crumb("新建")], active: "/reports/mimics", status: findings.isEmpty ? .ok : .unprocessableContent,
            body: context.isDialog ? form.markup : "\(Card(body: form.markup))", context: context)
    }

    @Sendable
    func newForm(request: Request, context: WebContext) async throws -> Response { newPage(FormInput(), [], context) }

    @Sendable
    func create(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        let draft = ReportItemDraft(.mimic, title: input["title"] ?? "", body: Mimic(refresh: input["refresh"].flatMap { Int($0) } ?? 10).json)
        do {
            let id = try await engine.database.write { [engine] in try engine.keep(draft, by: principal, in: $0) }
            return Shell.done("已新建“\(draft.title)”", to: "/reports/mimics/\(id)/edit", context: context)
        } catch let failure as Failure where failure.kind == .invalid { return newPage(input, failure.fields, context) }
    }

    // MARK: Showing

    private func found(_ context: WebContext) async throws -> ReportItem {
        let (id, principal) = (try context.id("id"), try context.signedIn())
        return try await engine.database.read { [engine] in try engine.item(id, [.mimic], by: principal, in: $0) }
    }

    private func live(_ item: ReportItem, by principal: Principal) async -> Markup {
        let mimic = Mimic(item.body)
        guard !mimic.elements.isEmpty else { return "\(EmptyState("还没有图元", hint: "点“设计”添加", icon: "layers"))" }
        let drawing = MimicDrawing.svg(mimic, await MimicValues(engine: engine).values(of: mimic, by: principal))
        return
            "<div class=\"mimic-frame-box\" hx-get=\"/reports/mimics/\(item.id)/canvas\" hx-trigger=\"every \(mimic.refresh)s\" hx-swap=\"innerHTML\" hx-target=\"this\" hx-push-url=\"false\">\(drawing)</div>"
    }

    @Sendable
    func canvas(request: Request, context: WebContext) async throws -> Response {
        let mimic = Mimic(try await found(context).body)
        return .html(MimicDrawing.svg(mimic, await MimicValues(engine: engine).values(of: mimic, by: try context.signedIn())))
    }

    @Sendable
    func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let item = try await found(context)
        let own = item.mayBeChanged(by: principal)
        let actions: Markup = """
            \(ActionButton("大屏显示", .link("/reports/mimics/\(item.id)/screen"), icon: "monitor", style: .primary))\
            \(Markup.when(own, "\(ActionButton("设计", .link("/reports/mimics/\(item.id)/edit"), icon: "edit"))\(ActionButton("版本", .link("/reports/mimics/\(item.id)/versions"), icon: "history"))"))
            """
        return Shell.page(
            item.title, crumbs: Self.crumbs + [Crumb(item.title)], active: "/reports/mimics", actions: actions,
            body: "\(ReportFace.styles(context))\(Card(body: await live(item, by: principal)))", context: context)
    }

    @Sendable
    func screen(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let item = try await found(context)
        let body: Markup = """
            \(ReportFace.styles(context))<header class="screen-head"><div class="row-flex"><a class="icon-button" href="/reports/mimics/\(item.id)" aria-label="返回">\(Icon("left"))</a></div><h1>\(item.title)</h1>\
            <div class="screen-end"><span class="num" data-clock>\(engine.clock.now)</span><button type="button" class="icon-button" data-fullscreen aria-label="全屏">\(Icon("expand"))</button></div></header>\
            \(await live(item, by: principal))
            """
        return Shell.page(item.title, active: "/reports/mimics", layout: .screen, body: body, context: context)
    }
}
