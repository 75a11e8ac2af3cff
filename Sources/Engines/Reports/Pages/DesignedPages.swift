import Exchange
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 报表: templates drawn in a table program, checked when they come, filled for whoever asks.
struct DesignedPages: Sendable {
    static let templateBytes = 8 << 20
    let engine: ReportEngine

    func add(to routes: Routes) {
        let build = RoutePermission.named(ReportPermission.build)
        let design = RoutePermission.named(ReportPermission.design)
        routes.get("/reports/designed", permission: build, use: list)
        routes.get("/reports/designed/new", permission: design, use: newForm)
        routes.post("/reports/designed/new", permission: design, use: create)
        routes.get("/reports/designed/{id}", permission: build, use: show)
        routes.get("/reports/designed/{id}/file", permission: build, use: file)
        routes.post("/reports/designed/{id}/keep", permission: build, use: keep)
        routes.get("/reports/designed/{id}/template", permission: design, use: template)
        routes.get("/reports/designed/{id}/replace", permission: design, use: replaceForm)
        routes.post("/reports/designed/{id}/replace", permission: design, use: replace)
    }

    // MARK: List

    @Sendable
    func list(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let window = ListWindow(context.here)
        let items = try await engine.database.read { [engine] in try engine.items(.template, keyword: window.keyword, by: principal, in: $0) }
        let columns = [
            Column("title", "名称", isSortable: true, isWrapping: true), Column("period", "周期"), Column("note", "说明", isWrapping: true), Column("audience", "可见范围"),
            Column("updatedAt", "修改时间", isSortable: true),
        ]
        let shown = window.numbered(items, sortedBy: ["title": { $0.title }, "updatedAt": { $0.updatedAt.text }])
        let rows = shown.rows.map { item -> TableRow in
            let own = item.mayBeChanged(by: principal)
            let actions: Markup = """
                \(Markup.when(context.may(ReportPermission.schedule), "\(ActionButton("定时生成", .dialog("/reports/schedules/new?item=\(item.id)"), icon: "clock", style: .quiet))"))\
                \(Markup.when(own && context.may(ReportPermission.share), "\(ActionButton("共享", .dialog("/reports/items/\(item.id)/share"), icon: "users", style: .quiet))"))\
                \(Markup.when(own && item.name == nil, "\(ActionButton("删除", .dialog("/reports/items/\(item.id)/delete"), icon: "trash", style: .quiet))"))
                """
            let period = item.body["period"]?.string.flatMap { ReportPeriod(rawValue: $0) }?.title ?? ""
            return TableRow(
                id: String(item.id), ["\(item.title)", "\(period)", "\(item.note)", ReportPages.audience(item, of: principal), "\(item.updatedAt)"],
                path: "/reports/designed/\(item.id)", actions: actions)
        }
        let list = ListPage(
            "报表", at: "/reports/designed", crumbs: [Crumb("统计报表"), Crumb("报表")], id: "designed", columns: columns, filters: [.keyword(context, "名称")],
            empty: "还没有报表；把画好的表格作为模板上传，以后按周期填数",
            add: context.may(ReportPermission.design) ? ActionButton("上传模板", .dialog("/reports/designed/new"), icon: "upload", style: .primary) : nil,
            above: ReportFace.styles(context))
        return list.response(rows, shown.pager, context)
    }

    // MARK: Templates

    private func upload(_ title: String, _ action: String, _ input: FormInput?, _ findings: [FieldFinding], asksTitle: Bool, _ context: WebContext) -> Response {
        var fields = [
            FormField("file", "模板文件", .file(accept: ".xlsx", isMultiple: false), isRequired: true, help: "最后一个工作表名为“数据集”。可先下载系统提供的模板照着改", isWide: true)
        ]
        if asksTitle {
            fields.insert(FormField("title", "名称", .text, value: input?["title"], isRequired: true, maxLength: 60, isWide: true), at: 0)
            fields.append(FormField("note", "说明", .textArea(rows: 2), value: input?["note"], maxLength: 500, isWide: true))
        }
        let form = Form(action: action, sections: [FormSection(nil, fields)], submit: "检查并保存", cancel: "/reports/designed", findings: findings, context: context)
        return Shell.form(
            title, crumbs: [Crumb("统计报表"), Crumb("报表", "/reports/designed"), Crumb(title)], active: "/reports/designed", form, context: context)
    }

    /// The template of an upload, or everything that is wrong with it.
    private func read(_ form: FormInput) async throws -> (template: ReportTemplate, bytes: [UInt8]) {
        guard let file = form.files("file").first else { throw Failure.invalid([FieldFinding("file", "required", "请选择模板文件", title: "模板文件")]) }
        let engine = engine
        let bytes = file.bytes
        let template: ReportTemplate
        do {
            template = try await engine.database.read(within: .seconds(10)) { _ in try ReportTemplate(bytes, on: engine) }
        } catch let failure as Failure where failure.fields.isEmpty && [.invalid, .tooLarge].contains(failure.kind) {
            throw Failure.invalid([FieldFinding("file", failure.code, failure.message, title: "模板文件")])
        }
        guard template.faults.isEmpty else { throw Failure.invalid(template.faults.map { FieldFinding("file", "template", $0.message, title: $0.place) }) }
        return (template, bytes)
    }

    @Sendable
    func newForm(request: Request, context: WebContext) async throws -> Response { upload("上传报表模板", "/reports/designed/new", nil, [], asksTitle: true, context) }

    @Sendable
    func create(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let form = try await request.form(context, limit: DesignedPages.templateBytes)
        do {
            let (template, bytes) = try await read(form)
            let blob = try await engine.blobs.put(bytes).hash
            let draft = ReportItemDraft(.template, title: form["title"] ?? "", note: form["note"] ?? "", body: template.summary)
            let id = try await engine.database.write { [engine] in try engine.keep(draft, blob: blob, by: principal, in: $0) }
            return Shell.done("模板已保存", to: "/reports/designed/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return upload("上传报表模板", "/reports/designed/new", form, DesignedPages.told(failure), asksTitle: true, context)
        }
    }

    /// The place of each fault stands in its words, because a form shows one title for each field.
    private static func told(_ failure: Failure) -> [FieldFinding] {
        failure.fields.map { finding in
            finding.code == "template" ? FieldFinding(finding.field, finding.code, "\(finding.title)：\(finding.message)", title: "模板文件") : finding
        }
    }

    private func found(_ context: WebContext) async throws -> ReportItem {
        let (id, principal) = (try context.id("id"), try context.signedIn())
        return try await engine.database.read { [engine] in try engine.item(id, [.template], by: principal, in: $0) }
    }

    @Sendable
    func template(request: Request, context: WebContext) async throws -> Response {
        let item = try await found(context)
        guard let hash = item.blob, let file = try await engine.blobs.open(hash) else { throw Failure.notFound("模板文件") }
        return .download(try await file.read(offset: 0, length: file.size), filename: "\(item.title)-模板.xlsx", contentType: SheetFormat.xlsx.mediaType)
    }

    @Sendable
    func replaceForm(request: Request, context: WebContext) async throws -> Response {
        let item = try await found(context)
        guard item.mayBeChanged(by: try context.signedIn()) else { throw Failure.forbidden("更换他人的模板") }
        return upload("更换“\(item.title)”的模板", "/reports/designed/\(item.id)/replace", nil, [], asksTitle: false, context)
    }

    @Sendable
    func replace(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let item = try await found(context)
        let form = try await request.form(context, limit: DesignedPages.templateBytes)
        do {
            let (template, bytes) = try await read(form)
            let blob = try await engine.blobs.put(bytes).hash
            try await engine.database.write { [engine] in try engine.change(item, body: template.summary, blob: blob, by: principal, in: $0) }
            return Shell.done("模板已更换", to: "/reports/designed/\(item.id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return upload("更换“\(item.title)”的模板", "/reports/designed/\(item.id)/replace", form, DesignedPages.told(failure), asksTitle: false, context)
        }
    }

    // MARK: Filling

    /// `?day=2026-11-01&p.县=130102`; without a day the last period that is over.
    static func order(_ template: ReportTemplate, _ address: PageAddress, today: Day) -> ReportOrder {
        let day = address["day"].flatMap(Day.init(parsing:)) ?? template.period.last(before: today)
        var parameters: [String: [String]] = [:]
        for parameter in template.parameters { parameters[parameter.name] = address.all("p.\(parameter.name)") }
        return ReportOrder(day: min(day, today), parameters: parameters)
    }

    @Sendable
    func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let item = try await found(context)
        let template = try await engine.template(item)
        let order = DesignedPages.order(template, context.here, today: engine.clock.today)
        var preview: Markup
        do {
            let engine = engine
            let report = try await engine.gate.run(for: principal.id, within: ReportEngine.fillLimit) {
                try await engine.database.read(within: ReportEngine.fillLimit) { reader in try engine.fill(template, title: item.title, order, by: principal, in: reader) }
            }
            let page = try await engine.database.read { _ in try ReportPage(report).markup }
            preview = "<div class=\"report-preview\">\(page)</div>"
            if report.uncounted > 0 { preview = "\(Notice(.info, "有 \(report.uncounted) 个公式在预览中没有结果，下载后由 Excel 或 WPS 计算。"))\(preview)" }
        } catch let failure as Failure where [.invalid, .unavailable, .tooMany, .tooLarge, .forbidden].contains(failure.kind) {
            let lines = failure.fields.map { field -> Markup in "<li>\(field.title)：\(field.message)</li>" }
            preview = "\(Notice(.orange, "\(failure.fields.isEmpty ? failure.message : "模板或条件有误")<ul>\(lines)</ul>"))"
        }
        var fields = [FormField("day", "\(template.period.title)（其中一天）", .day, value: order.day.text, isRequired: true, maximum: engine.clock.today.text)]
        for parameter in template.parameters {
            let choices = template.choices(parameter, principal)
            fields.append(FormField("p.\(parameter.name)", parameter.name, .dropdown(choices), values: order.parameters[parameter.name] ?? []))
        }
        let query = context.here.query.filter { $0.name == "day" || $0.name.hasPrefix("p.") }
        func link(_ format: ReportFormat) -> Markup {
            "\(ActionButton(format.title, .download(PageAddress("/reports/designed/\(item.id)/file", query).with("format", format.rawValue).with("day", order.day.text).text), icon: "download"))"
        }
        let office = OfficeProgram.isInstalled
        let note: Markup = office ? .empty : "<span class=\"muted\">服务器没有安装 LibreOffice，不能生成 PDF 和 Word</span>"
        let downloads = ReportFormat.allCases.filter { office || !$0.needsOffice }.map(link)
        let tools: Markup = """
            <div class="report-tools"><strong>\(item.title) · \(template.period.label(order.day))</strong><div class="row-flex">\(downloads)\(note)\
            \(ActionButton("生成并归档", .post(PageAddress("/reports/designed/\(item.id)/keep", query).with("day", order.day.text).text, confirm: nil), icon: "archive", style: .primary))</div></div>
            """
        let own = item.mayBeChanged(by: principal)
        let actions: Markup = """
            \(Markup.when(context.may(ReportPermission.schedule), "\(ActionButton("定时生成", .dialog("/reports/schedules/new?item=\(item.id)"), icon: "clock"))"))\
            \(Markup.when(context.may(ReportPermission.design), "\(ActionButton("下载模板", .download("/reports/designed/\(item.id)/template"), icon: "file"))"))\
            \(Markup.when(own && context.may(ReportPermission.design), "\(ActionButton("更换模板", .dialog("/reports/designed/\(item.id)/replace"), icon: "upload"))"))
            """
        let form = SearchForm(action: "/reports/designed/\(item.id)", fields: fields, table: "report-answer")
        return Shell.page(
            item.title, crumbs: [Crumb("统计报表"), Crumb("报表", "/reports/designed"), Crumb(item.title)], active: "/reports/designed", actions: actions,
            body: "\(ReportFace.styles(context))\(form)<div id=\"report-answer\" class=\"stack\">\(tools)\(preview)</div>", context: context)
    }

    @Sendable
    func file(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        guard let format = ReportFormat(rawValue: context.here["format"] ?? "xlsx") else { throw Failure.notFound("该格式") }
        let item = try await found(context)
        let template = try await engine.template(item)
        let order = DesignedPages.order(template, context.here, today: engine.clock.today)
        let files = try await engine.made(template, title: item.title, order, formats: [format], by: principal)
        return .download(files[format] ?? [], filename: "\(item.title)-\(template.period.label(order.day)).\(format.rawValue)", contentType: format.mediaType)
    }

    /// Makes sheet and, where possible, PDF, and keeps them in one's own archive.
    @Sendable
    func keep(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let item = try await found(context)
        let template = try await engine.template(item)
        let order = DesignedPages.order(template, context.here, today: engine.clock.today)
        let formats: [ReportFormat] = OfficeProgram.isInstalled ? [.xlsx, .pdf] : [.xlsx]
        try await ReportArchive(engine: engine).keep(item, template, order, formats, for: principal, schedule: nil)
        return Shell.done("已归档“\(item.title)”\(template.period.label(order.day))", to: "/reports/archive", context: context)
    }
}

extension ReportTemplate {
    /// What lists show of a template without opening its file.
    package var summary: JSONValue { ["period": .string(period.rawValue), "sheets": .array(sheetNames.map(JSONValue.string))] }

    /// Values of a parameter, from the first dataset that has its dimension.
    func choices(_ parameter: Parameter, _ principal: Principal) -> [Choice] {
        for dataset in datasets { if let dimension = dataset.source.dimension(parameter.dimension) { return dataset.source.choices(dimension.name, principal) } }
        return []
    }
}
