import Exchange
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 自助统计: a question is put together in a form, each one an address; kept, shared, embedded, exported.
struct ChartPages: Sendable {
    let engine: ReportEngine

    func add(to routes: Routes) {
        let build = RoutePermission.named(ReportPermission.build)
        routes.get("/reports/charts", permission: build, use: list)
        routes.get("/reports/charts/build", permission: build, use: builder)
        routes.get("/reports/charts/file", permission: build, use: file)
        routes.get("/reports/charts/save", permission: build, use: saveForm)
        routes.post("/reports/charts/save", permission: build, use: save)
        routes.get("/reports/charts/{id}", permission: build, use: show)
        routes.get("/reports/charts/{id}/card", permission: build, use: card)
        let api = routes.under("/api/v1")
        api.get("/reports/sources", permission: build, use: apiSources)
        api.get("/reports/charts/{id}", permission: build, use: apiChart)
        api.get("/reports/ask", permission: build, use: apiAsk)
    }

    // MARK: Begin

    @Sendable
    func list(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let keyword = context.here["q"]
        let items = try await engine.database.read { [engine] in try engine.items(.chart, keyword: keyword, by: principal, in: $0) }
        let columns = [Column("title", "名称", isWrapping: true), Column("source", "统计主题"), Column("chart", "图形"), Column("audience", "可见范围"), Column("updatedAt", "修改时间")]
        let rows = items.map { item -> TableRow in
            let question = ReportQuestion(item.body)
            let actions: Markup =
                item.mayBeChanged(by: principal)
                ? "\(Markup.when(context.may(ReportPermission.share), "\(ActionButton("共享", .dialog("/reports/items/\(item.id)/share"), icon: "users", style: .quiet))"))\(Markup.when(item.name == nil, "\(ActionButton("删除", .dialog("/reports/items/\(item.id)/delete"), icon: "trash", style: .quiet))"))"
                : .empty
            return TableRow(
                id: String(item.id),
                [
                    "\(item.title)", "\(question.flatMap { engine.source($0.source)?.title })", "\(question?.picture.title)", ReportPages.audience(item, of: principal),
                    "\(item.updatedAt)",
                ], path: "/reports/charts/\(item.id)", actions: actions)
        }
        let search = SearchForm(action: "/reports/charts", fields: [FormField("q", "名称", .text, value: keyword)], table: "charts")
        let table = DataTable(id: "charts", columns: columns, rows: rows, address: context.here, empty: "还没有保存的统计图表，从下面选一个主题开始", hasTools: false)
        let sources = engine.sources(for: principal)
        let groups = Dictionary(grouping: sources, by: \.group)
        let order = ["汇总"] + groups.keys.filter { $0 != "汇总" }.sorted()
        let cards = order.compactMap { group -> Markup? in
            guard let own = groups[group] else { return nil }
            let links = own.map { source -> Markup in
                "<a class=\"report-source\" href=\"/reports/charts/build?source=\(source.name)\">\(Icon(source.group == "汇总" ? "layers" : "book"))<span>\(source.title)</span><small>\(source.dimensions.count) 个维度 · \(source.measures.count) 个指标</small></a>"
            }
            return "\(Card(group == "汇总" ? "汇总数据（可统计多年）" : group, body: "<div class=\"report-sources\">\(links)</div>"))"
        }
        return Shell.page(
            "自助统计", crumbs: [Crumb("统计报表"), Crumb("自助统计")], active: "/reports/charts",
            body: "\(ReportFace.styles(context))\(search)\(Card("保存的统计图表", isFlush: true, body: "\(table)"))<h2 class=\"report-h2\">选择统计主题</h2>\(cards)", context: context)
    }

    // MARK: Builder

    /// A question as the form sends it; names that do not exist are told, not dropped.
    private func question(_ context: WebContext, _ source: ReportSource) -> ReportQuestion {
        var question = ReportQuestion(context.here) ?? ReportQuestion(source.name, terms: [])
        if question.dimensions.isEmpty, !context.here.query.contains(where: { $0.name == "measure" }) {
            question.dimensions = [source.dimensions.first { $0.grain == nil } ?? source.dimensions.first].compactMap { $0?.name }
        }
        if question.terms.isEmpty, let first = source.measures.first { question.terms = [.plain(first.name)] }
        if source.note.contains("天"), context.here["span"] == nil { question.span = .last7 }
        return question
    }

    private func asked(_ context: WebContext) throws -> (source: ReportSource, question: ReportQuestion) {
        guard let name = context.here["source"], let source = engine.source(name), source.mayBeAsked(by: try context.signedIn()) else { throw Failure.notFound("该统计主题") }
        return (source, question(context, source))
    }

    @Sendable
    func builder(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let (source, question) = try asked(context)
        let answer: Markup
        var findings: [FieldFinding] = []
        do {
            answer = ReportFace.whole(try await engine.ask(question, by: principal), question.picture)
        } catch let failure as Failure where failure.kind == .invalid {
            findings = failure.fields
            answer = "\(findings.map { "\(Notice(.yellow, "\($0.title)：\($0.message)"))" as Markup })\(EmptyState("请修改统计条件", icon: "filter"))"
        } catch let failure as Failure where failure.kind == .unavailable || failure.kind == .tooMany {
            answer = "\(Notice(.orange, "\(failure.message)"))"
        }
        let actions: Markup = """
            \(ActionButton("保存", .dialog(PageAddress("/reports/charts/save", question.query).text), icon: "save", style: .primary))\
            \(ActionButton("导出 Excel", .download(PageAddress("/reports/charts/file", question.query).text), icon: "download"))
            """
        // Beside the answer, since they are about it and are brought anew with it.
        let tools: Markup = "<div class=\"report-tools\"><span class=\"muted\">\(source.note)</span><div class=\"row-flex\">\(actions)</div></div>"
        let body: Markup = "\(ReportFace.styles(context))\(form(source, question, principal, findings))<div id=\"report-answer\" class=\"stack\">\(tools)\(answer)</div>"
        return Shell.page(
            source.title, crumbs: [Crumb("统计报表"), Crumb("自助统计", "/reports/charts"), Crumb(source.title)], active: "/reports/charts", body: body, context: context)
    }

    private func form(_ source: ReportSource, _ question: ReportQuestion, _ principal: Principal, _ findings: [FieldFinding]) -> Markup {
        let dimensions = source.dimensions.map { Choice($0.name, $0.title, group: $0.grain == nil ? "分类" : "时间") }
        let down = question.isPivot ? Array(question.dimensions.dropLast()) : question.dimensions
        let spans = ReportSpan.named.map { Choice($0.span.word, $0.title) } + [Choice("fixed", "指定日期")]
        var days: [String] = []
        var span = question.span.word
        if case .fixed(let from, let to) = question.span { (days, span) = ([from.text, to.text], "fixed") }
        var fields = [
            FormField("row", "行（一级）", .select([Choice("", "不分组")] + dimensions), value: down.first),
            FormField("row2", "行（二级）", .select([Choice("", "无")] + dimensions), value: down.count > 1 ? down[1] : nil),
            FormField("across", "列（透视）", .select([Choice("", "无")] + dimensions), value: question.isPivot ? question.dimensions.last : nil),
            FormField("measure", "指标", .dropdown(ChartPages.terms(source)), values: question.terms.map(\.text)),
        ]
        if !source.times.isEmpty {
            fields.append(FormField("span", "时间范围", .select(spans), value: span))
            fields.append(FormField("days", "指定日期", .dayRange, values: days))
            if source.times.count > 1 { fields.append(FormField("time", "按哪个时间", .select(source.times), value: question.time ?? source.times[0].value)) }
        }
        fields.append(FormField("chart", "图形", .select(ReportPicture.allCases.map { Choice($0.rawValue, $0.title) }), value: question.picture.rawValue))
        let sorts = question.terms.map { $0.heading(source) }.flatMap { [Choice("-\($0.name)", "\($0.title)从高到低"), Choice($0.name, "\($0.title)从低到高")] }
        fields.append(FormField("sort", "排序", .select([Choice("", "按维度")] + sorts), value: question.sort))
        fields.append(FormField("top", "只取前几项", .number(step: "1"), value: question.limit > 0 ? String(question.limit) : nil, placeholder: "全部", minimum: "0", maximum: "1000"))
        for dimension in source.dimensions where dimension.isFilter {
            let choices = source.choices(dimension.name, principal)
            guard !choices.isEmpty else { continue }
            fields.append(FormField("f.\(dimension.name)", dimension.title, .dropdown(choices), values: question.filters.first { $0.dimension == dimension.name }?.values ?? []))
        }
        fields = fields.map { field in
            var field = field
            field.error = findings.first { $0.field == field.name }?.message
            return field
        }
        return "\(SearchForm(action: "/reports/charts/build", fields: fields, table: "report-answer", kept: [.init("source", source.name)], visible: source.times.isEmpty ? 5 : 7))"
    }

    /// The source's figures, then what follows from each that may be added up.
    static func terms(_ source: ReportSource) -> [Choice] {
        var out = source.measures.map { Choice($0.name, $0.title, group: "指标") }
        let additive = source.measures.filter(\.isAdditive).prefix(6)
        for measure in additive { out.append(Choice(ReportTerm.share(measure.name).text, "\(measure.title)占比", group: "占比")) }
        if !source.times.isEmpty {
            for measure in source.measures.prefix(6) {
                out.append(Choice(ReportTerm.yearOnYear(measure.name).text, "\(measure.title)同比", group: "对比"))
                out.append(Choice(ReportTerm.sequential(measure.name).text, "\(measure.title)环比", group: "对比"))
                out.append(Choice(ReportTerm.lastYear(measure.name).text, "\(measure.title)（去年同期）", group: "对比"))
            }
        }
        for part in additive {
            for whole in additive where whole.name != part.name { out.append(Choice(ReportTerm.ratio(part.name, whole.name).text, "\(part.title)÷\(whole.title)", group: "比率")) }
        }
        return out
    }

    @Sendable
    func file(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let (source, question) = try asked(context)
        let table = try await engine.ask(question, by: principal)
        let title = "\(source.title)统计"
        let bytes = try await engine.database.read { _ in try ReportFace.sheet(table, title: String(title.prefix(28))) }
        return .download(bytes, filename: "\(title)-\(engine.clock.today.text).xlsx", contentType: SheetFormat.xlsx.mediaType)
    }

    // MARK: Keeping

    private func saveForm(_ context: WebContext, _ question: ReportQuestion, title: String?, note: String?, findings: [FieldFinding]) throws -> Response {
        let fields = [
            FormField("title", "名称", .text, value: title, isRequired: true, maxLength: 60, isWide: true),
            FormField("note", "说明", .textArea(rows: 2), value: note, maxLength: 500, isWide: true), FormField("question", "", .hidden, value: question.json.text),
        ]
        let form = Form(action: "/reports/charts/save", sections: [FormSection(nil, fields)], submit: "保存", cancel: "/reports/charts", findings: findings, context: context)
        return Shell.form(
            "保存统计图表", crumbs: [Crumb("统计报表"), Crumb("自助统计", "/reports/charts"), Crumb("保存")], form, context: context)
    }

    @Sendable
    func saveForm(request: Request, context: WebContext) async throws -> Response {
        let (source, question) = try asked(context)
        return try saveForm(context, question, title: "\(source.title)统计", note: nil, findings: [])
    }

    @Sendable
    func save(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let form = try await request.form(context, limit: 64 << 10)
        let written = form["question"].flatMap { try? JSONValue(parsing: $0) }
        guard let question = ReportQuestion(written), let source = engine.source(question.source), source.mayBeAsked(by: principal) else { throw Failure.notFound("该统计主题") }
        do {
            let findings = question.findings(for: source, today: engine.clock.today)
            guard findings.isEmpty else { throw Failure.invalid(findings) }
            let draft = ReportItemDraft(.chart, title: form["title"] ?? "", note: form["note"] ?? "", body: question.json)
            let id = try await engine.database.write { [engine] in try engine.keep(draft, by: principal, in: $0) }
            var response = Shell.done("已保存“\(draft.title)”", to: "/reports/charts/\(id)", context: context)
            if context.isDialog { response.trigger([("jw:toast", ["text": .string("已保存“\(draft.title)”，可在自助统计中打开"), "tone": "good"]), ("jw:close-dialog", true)]) }
            return response
        } catch let failure as Failure where failure.kind == .invalid {
            return try saveForm(context, question, title: form["title"], note: form["note"], findings: failure.fields)
        }
    }

    private func saved(_ context: WebContext) async throws -> (item: ReportItem, question: ReportQuestion) {
        let (id, principal) = (try context.id("id"), try context.signedIn())
        let item = try await engine.database.read { [engine] in try engine.item(id, [.chart], by: principal, in: $0) }
        guard let question = ReportQuestion(item.body) else { throw Failure.notFound("该统计图表") }
        return (item, question)
    }

    @Sendable
    func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let (item, question) = try await saved(context)
        let answer: Markup
        do {
            answer = ReportFace.whole(try await engine.ask(question, by: principal), question.picture)
        } catch let failure as Failure where failure.kind != .unexpected {
            answer = "\(Notice(.orange, "\(failure.message)"))"
        }
        let actions: Markup = """
            \(ActionButton("调整条件", .link(PageAddress("/reports/charts/build", question.query).text), icon: "sliders"))\
            \(ActionButton("导出 Excel", .download(PageAddress("/reports/charts/file", question.query).text), icon: "download"))\
            \(Markup.when(item.mayBeChanged(by: principal) && context.may(ReportPermission.share), "\(ActionButton("共享", .dialog("/reports/items/\(item.id)/share"), icon: "users"))"))\
            \(Markup.when(item.mayBeChanged(by: principal) && item.name == nil, "\(ActionButton("删除", .dialog("/reports/items/\(item.id)/delete"), icon: "trash", style: .quiet))"))
            """
        let note: Markup = item.note.isEmpty ? .empty : "<p class=\"muted\">\(item.note)</p>"
        return Shell.page(
            item.title, crumbs: [Crumb("统计报表"), Crumb("自助统计", "/reports/charts"), Crumb(item.title)], active: "/reports/charts", actions: actions,
            body: "\(ReportFace.styles(context))\(note)<div class=\"stack\">\(answer)</div>", context: context)
    }

    /// The picture alone, for embedding in another page: it fills an element with `hx-get` of this address.
    @Sendable
    func card(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let (item, question) = try await saved(context)
        return .html(await DashboardCards(engine: engine, context: context).chart(question, title: item.title, by: principal))
    }

    // MARK: API

    @Sendable
    func apiSources(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let items = engine.sources(for: principal).map { source -> JSONValue in
            [
                "name": .string(source.name), "title": .string(source.title),
                "dimensions": .array(source.dimensions.map { ["name": .string($0.name), "title": .string($0.title), "grain": JSONValue($0.grain?.rawValue)] }),
                "measures": .array(source.measures.map { ["name": .string($0.name), "title": .string($0.title), "unit": .string($0.unit), "isAdditive": .bool($0.isAdditive)] }),
                "times": .array(source.times.map { ["name": .string($0.value), "title": .string($0.title)] }),
            ]
        }
        return .json(["items": .array(items)])
    }

    @Sendable
    func apiChart(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let (item, question) = try await saved(context)
        return .json(["id": .int(item.id), "title": .string(item.title), "question": question.json, "answer": try await engine.ask(question, by: principal).json])
    }

    @Sendable
    func apiAsk(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        return .json(try await engine.ask(try asked(context).question, by: principal).json)
    }
}

extension ReportTable {
    var json: JSONValue {
        [
            "dimensions": .array(dimensions.map { .string($0.title) }),
            "measures": .array(measures.map { ["name": .string($0.name), "title": .string($0.title), "unit": .string($0.unit), "isRatio": .bool($0.isPercent)] }),
            "rows": .array(
                rows.map { row in
                    ["keys": .array(row.keys.map(JSONValue.string)), "labels": .array(row.labels.map(JSONValue.string)), "values": .array(row.values.map { JSONValue($0) })]
                }), "totals": .array(totals.map { JSONValue($0) }), "isTruncated": .bool(isTruncated), "span": .string(span),
        ]
    }
}
