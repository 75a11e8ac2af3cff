import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// Arranging a dashboard: by drag and drop, by the arrow keys, or by numbers in each card's form; saved at once.
struct DashboardEditor: Sendable {
    let engine: ReportEngine

    func add(to routes: Routes) {
        let build = RoutePermission.named(ReportPermission.build)
        routes.get("/reports/dashboards/{id}/edit", permission: build, use: edit)
        routes.post("/reports/dashboards/{id}/layout", permission: build, use: layout)
        routes.get("/reports/dashboards/{id}/settings", permission: build, use: settingsForm)
        routes.post("/reports/dashboards/{id}/settings", permission: build, use: settings)
        routes.get("/reports/dashboards/{id}/new/{kind}", permission: build, use: newForm)
        routes.post("/reports/dashboards/{id}/new/{kind}", permission: build, use: create)
        routes.get("/reports/dashboards/{id}/cards/{card}/edit", permission: build, use: cardForm)
        routes.post("/reports/dashboards/{id}/cards/{card}/edit", permission: build, use: change)
        routes.post("/reports/dashboards/{id}/cards/{card}/remove", permission: build, use: remove)
    }

    private func editable(_ id: Int64, _ principal: Principal, _ reader: any Reader) throws -> (item: ReportItem, dashboard: Dashboard) {
        let item = try engine.item(id, [.dashboard], by: principal, in: reader)
        guard item.mayBeChanged(by: principal) else { throw Failure.forbidden("修改他人的看板") }
        return (item, Dashboard(item.body))
    }

    @Sendable
    func edit(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id("id"), try context.signedIn())
        let (item, dashboard) = try await engine.database.read { try editable(id, principal, $0) }
        let base = "/reports/dashboards/\(id)"
        let cards = dashboard.cards.map { card -> Markup in
            """
            <section class="panel report-card is-editing \(card.placeClasses)" tabindex="0" data-card="\(card.id)" data-x="\(card.x)" data-y="\(card.y)" data-w="\(card.width)" data-h="\(card.height)" \
            aria-label="\(card.title)，\(card.kind.title)，方向键移动，按住 Shift 改变大小"><header class="panel-head" data-grip><h2>\(card.title)</h2><div class="panel-actions">\
            \(ActionButton("设置", .dialog("\(base)/cards/\(card.id)/edit"), icon: "settings", style: .quiet, isIconOnly: true))\
            \(ActionButton("移除", .post("\(base)/cards/\(card.id)/remove", confirm: "移除卡片“\(card.title)”？"), icon: "trash", style: .quiet, isIconOnly: true))</div></header>\
            <div class="panel-body">\(Icon(card.kind.icon))<span class="muted">\(card.kind.title)</span></div><span class="report-resize" data-resize aria-hidden="true"></span></section>
            """
        }
        let add = DashboardCard.Kind.allCases.map { kind -> Markup in "\(ActionButton(kind.title, .dialog("\(base)/new/\(kind.rawValue)"), icon: kind.icon))" }
        let tools: Markup = """
            <div class="report-tools"><div class="row-flex"><span class="muted">添加卡片</span>\(add)</div><span class="muted" data-layout-state role="status">拖动标题移动，拖右下角改变大小；选中后也可用方向键，按住 Shift 改变大小。</span></div>
            """
        let grid: Markup =
            dashboard.cards.isEmpty
            ? "\(EmptyState("还没有卡片", hint: "从上面选一种卡片添加", icon: "dashboard"))" : "<div class=\"report-grid is-editing\" data-layout=\"\(base)/layout\">\(cards)</div>"
        let actions: Markup =
            "\(ActionButton("名称与刷新", .dialog("\(base)/settings"), icon: "settings"))\(ActionButton("完成", .link(base), icon: "check", style: .primary))"
        return Shell.page(
            "编辑“\(item.title)”", crumbs: [Crumb("统计报表"), Crumb("看板与大屏", "/reports/dashboards"), Crumb(item.title, base), Crumb("编辑")], active: "/reports/dashboards",
            actions: actions, body: "\(ReportFace.styles(context))\(tools)\(grid)", context: context)
    }

    /// `[{"id", "x", "y", "w", "h"}]`; answers where each card lies now.
    @Sendable
    func layout(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id("id"), try context.signedIn())
        let places = try await request.json(context, limit: 64 << 10).array ?? []
        let dashboard = try await engine.database.write { [engine] tx in
            var (item, dashboard) = try editable(id, principal, tx)
            dashboard.arrange(places)
            try engine.change(item, body: dashboard.json, by: principal, in: tx)
            return dashboard
        }
        return .json(
            .array(
                dashboard.cards.map { ["id": .string($0.id), "x": .int(Int64($0.x)), "y": .int(Int64($0.y)), "w": .int(Int64($0.width)), "h": .int(Int64($0.height))] }))
    }

    // MARK: Settings

    private func framed(_ title: String, _ form: Form, _ findings: [FieldFinding], _ context: WebContext) -> Response {
        Shell.page(
            title, crumbs: [Crumb("统计报表"), Crumb("看板与大屏", "/reports/dashboards"), Crumb(title)], active: "/reports/dashboards",
            status: findings.isEmpty ? .ok : .unprocessableContent,
            body: Shell.framed(form, context), context: context)
    }

    private func settingsPage(_ item: ReportItem, _ input: FormInput?, _ findings: [FieldFinding], _ context: WebContext) -> Response {
        let fields = [
            FormField("title", "名称", .text, value: input?["title"] ?? item.title, isRequired: true, maxLength: 60, isWide: true),
            FormField("refresh", "刷新间隔", .number(step: "1"), value: input?["refresh"] ?? String(Dashboard(item.body).refresh), unit: "秒", minimum: "10", maximum: "3600"),
        ]
        let form = Form(
            action: "/reports/dashboards/\(item.id)/settings", sections: [FormSection(nil, fields)], cancel: "/reports/dashboards/\(item.id)/edit", findings: findings,
            context: context)
        return framed("名称与刷新", form, findings, context)
    }

    @Sendable
    func settingsForm(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id("id"), try context.signedIn())
        let (item, _) = try await engine.database.read { try editable(id, principal, $0) }
        return settingsPage(item, nil, [], context)
    }

    @Sendable
    func settings(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id("id"), try context.signedIn())
        let form = try await request.form(context)
        do {
            try await engine.database.write { [engine] tx in
                var (item, dashboard) = try editable(id, principal, tx)
                dashboard = Dashboard(refresh: form["refresh"].flatMap { Int($0) } ?? 30, cards: dashboard.cards)
                try engine.change(item, title: form["title"] ?? "", body: dashboard.json, by: principal, in: tx)
            }
            return Shell.done("已保存", to: "/reports/dashboards/\(id)/edit", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            let (item, _) = try await engine.database.read { try editable(id, principal, $0) }
            return settingsPage(item, form, failure.fields, context)
        }
    }

    // MARK: Cards

    @Sendable
    func newForm(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id("id"), try context.signedIn())
        guard let kind = DashboardCard.Kind(rawValue: try context.path("kind")) else { throw Failure.notFound("这种卡片") }
        let (dashboard, chosen) = try await engine.database.read { [engine] reader in
            (try editable(id, principal, reader).dashboard, try CardChoices(engine, by: principal, in: reader))
        }
        let card = DashboardCard(dashboard.nextId, kind, kind.title, x: 0, y: dashboard.bottom, width: kind.size.width, height: kind.size.height)
        return cardPage(id, card, isNew: true, nil, [], chosen, principal, context)
    }

    @Sendable
    func create(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id("id"), try context.signedIn())
        guard let kind = DashboardCard.Kind(rawValue: try context.path("kind")) else { throw Failure.notFound("这种卡片") }
        return try await keep(id, principal, request, context) { dashboard in
            guard dashboard.cards.count < Dashboard.mostCards else {
                throw Failure.invalid([FieldFinding("title", "count", "一个看板最多 \(Dashboard.mostCards) 张卡片", title: "卡片")])
            }
            return (DashboardCard(dashboard.nextId, kind, kind.title, x: 0, y: dashboard.bottom, width: kind.size.width, height: kind.size.height), true)
        }
    }

    @Sendable
    func cardForm(request: Request, context: WebContext) async throws -> Response {
        let (id, principal, name) = (try context.id("id"), try context.signedIn(), try context.path("card"))
        let (dashboard, chosen) = try await engine.database.read { [engine] reader in
            (try editable(id, principal, reader).dashboard, try CardChoices(engine, by: principal, in: reader))
        }
        guard let card = dashboard.cards.first(where: { $0.id == name }) else { throw Failure.notFound("该卡片") }
        return cardPage(id, card, isNew: false, nil, [], chosen, principal, context)
    }

    @Sendable
    func change(request: Request, context: WebContext) async throws -> Response {
        let (id, principal, name) = (try context.id("id"), try context.signedIn(), try context.path("card"))
        return try await keep(id, principal, request, context) { dashboard in
            guard let card = dashboard.cards.first(where: { $0.id == name }) else { throw Failure.notFound("该卡片") }
            return (card, false)
        }
    }

    private func keep(
        _ id: Int64, _ principal: Principal, _ request: Request, _ context: WebContext, _ begin: @escaping @Sendable (Dashboard) throws -> (card: DashboardCard, isNew: Bool)
    ) async throws -> Response {
        let form = try await request.form(context)
        let (dashboard, chosen) = try await engine.database.read { [engine] reader in
            (try editable(id, principal, reader).dashboard, try CardChoices(engine, by: principal, in: reader))
        }
        let (start, isNew) = try begin(dashboard)
        do {
            try await engine.database.write { [engine] tx in
                var (item, dashboard) = try editable(id, principal, tx)
                let card = try chosen.form(engine, context).read(form, into: start, by: principal)
                if let index = dashboard.cards.firstIndex(where: { $0.id == card.id }) { dashboard.cards[index] = card } else { dashboard.cards.append(card) }
                dashboard.settle()
                try engine.change(item, body: dashboard.json, by: principal, in: tx)
            }
            return Shell.done(isNew ? "已添加卡片" : "已保存", to: "/reports/dashboards/\(id)/edit", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return cardPage(id, start, isNew: isNew, form, failure.fields, chosen, principal, context)
        }
    }

    private func cardPage(
        _ id: Int64, _ card: DashboardCard, isNew: Bool, _ input: FormInput?, _ findings: [FieldFinding], _ chosen: CardChoices, _ principal: Principal, _ context: WebContext
    ) -> Response {
        let fields = chosen.form(engine, context).fields(card, isNew: isNew, input, principal)
        let form = Form(
            action: isNew ? "/reports/dashboards/\(id)/new/\(card.kind.rawValue)" : "/reports/dashboards/\(id)/cards/\(card.id)/edit", sections: [FormSection(nil, fields)],
            submit: isNew ? "添加" : "保存", cancel: "/reports/dashboards/\(id)/edit", findings: findings, context: context)
        return framed("\(isNew ? "添加" : "")\(card.kind.title)卡片", form, findings, context)
    }

    @Sendable
    func remove(request: Request, context: WebContext) async throws -> Response {
        let (id, principal, name) = (try context.id("id"), try context.signedIn(), try context.path("card"))
        try await engine.database.write { [engine] tx in
            var (item, dashboard) = try editable(id, principal, tx)
            dashboard.cards.removeAll { $0.id == name }
            try engine.change(item, body: dashboard.json, by: principal, in: tx)
        }
        return Shell.done("已移除卡片", to: "/reports/dashboards/\(id)/edit", context: context)
    }
}

/// What the form of a card may choose from.
private struct CardChoices: Sendable {
    let charts: [ReportItem]
    let mimics: [ReportItem]
    let cameras: [Choice]

    init(_ engine: ReportEngine, by principal: Principal, in reader: any Reader) throws {
        charts = try engine.items(.chart, by: principal, in: reader)
        mimics = try engine.items(.mimic, by: principal, in: reader)
        cameras = try engine.pictureChoices(for: principal, in: reader)
    }

    func form(_ engine: ReportEngine, _ context: WebContext) -> DashboardCardForm {
        DashboardCardForm(engine: engine, charts: charts, mimics: mimics, cameras: cameras, linkHosts: context.site.settings.linkHosts)
    }
}
