import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// Grading schemes: `/alarm-schemes`, one scheme with levels, rules, trial and versions; each change is a new version.
extension AlarmPages {
    func addSchemes(to routes: Routes) {
        let configure = RoutePermission.named(AlarmPermission.configure)
        routes.get("/alarm-schemes", permission: configure, use: schemes)
        routes.get("/alarm-schemes/new", permission: configure, use: newScheme)
        routes.post("/alarm-schemes/new", permission: configure, use: makeScheme)
        routes.get("/alarm-schemes/{name}", permission: configure, use: scheme)
        routes.get("/alarm-schemes/{name}/edit", permission: configure, use: schemeForm)
        routes.post("/alarm-schemes/{name}/edit", permission: configure, use: keepScheme)
        routes.get("/alarm-schemes/{name}/levels/{at}", permission: configure, use: levelForm)
        routes.post("/alarm-schemes/{name}/levels/{at}", permission: configure, use: keepLevel)
        routes.get("/alarm-schemes/{name}/rules/{at}", permission: configure, use: ruleForm)
        routes.post("/alarm-schemes/{name}/rules/{at}", permission: configure, use: keepRule)
        routes.post("/alarm-schemes/{name}/rules/{at}/remove", permission: configure, use: removeRule)
        routes.post("/alarm-schemes/{name}/rules/{at}/up", permission: configure, use: raiseRule)
    }

    static let schemeCrumbs = [Crumb("监测报警"), Crumb("分级方案", "/alarm-schemes")]

    func found(_ context: WebContext) throws -> (scheme: GradingScheme, version: Int) {
        let name = try context.path("name")
        guard let found = engine.book.schemes.first(where: { $0.scheme.name == name }) else { throw Failure.notFound("该分级方案") }
        return found
    }

    func publish(_ scheme: GradingScheme, _ note: String, _ context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        try await database.write { [engine] tx in _ = try engine.publish(scheme, note: note, by: principal, in: tx) }
        return Shell.done("已保存，新产生的报警按新版分级", to: "/alarm-schemes/\(scheme.name)", context: context)
    }

    /// `GET /alarm-schemes`.
    @Sendable
    func schemes(request: Request, context: WebContext) async throws -> Response {
        let keyword = context.here["q"]
        let rows = engine.book.schemes.filter { entry in keyword.map { entry.scheme.title.contains($0) } ?? true }.map { entry -> TableRow in
            let scheme = entry.scheme
            let levels = scheme.levels.map { level -> Markup in "\(Badge(level.code, Tone(rawValue: level.tone) ?? .neutral)) " }
            let use: Markup = scheme.isOn ? "\(Badge(scheme.isLeading ? "主用" : "并行", scheme.isLeading ? .good : .info, isDot: true))" : "\(Badge("停用", .muted, isDot: true))"
            let place = (scheme.areas.isEmpty ? ["全部区域"] : scheme.areas.map { areaTitle($0) }) + (scheme.orgs.isEmpty ? [] : ["\(scheme.orgs.count) 家单位"])
            return TableRow(
                id: scheme.name, ["\(scheme.title)", use, "\(levels)", "\(scheme.rules.count)", "\(place.joined(separator: "、"))", "第 \(entry.version) 版"],
                path: "/alarm-schemes/\(scheme.name)")
        }
        let columns = [
            Column("title", "方案"), Column("use", "使用"), Column("levels", "级别"), Column("rules", "规则数", align: .end), Column("where", "适用范围", isWrapping: true),
            Column("version", "版本"),
        ]
        let search = SearchForm(action: "/alarm-schemes", fields: [FormField("q", "关键字", .text, value: keyword)], table: "schemes")
        let table = DataTable(
            id: "schemes", columns: columns, rows: rows, address: context.here, empty: "还没有分级方案，点“新建方案”开始",
            emptyAction: "\(ActionButton("新建方案", .dialog("/alarm-schemes/new"), icon: "plus", style: .primary))")
        return Shell.page(
            context.text("分级方案", "Grading"), crumbs: [Crumb("监测报警")], active: "/alarm-schemes",
            actions: "\(ActionButton("新建方案", .dialog("/alarm-schemes/new"), icon: "plus", style: .primary))",
            body:
                "<div class=\"stack\">\(Notice(.info, "几套方案可以并行：每条报警在产生时按各方案分别定级并留存版本；主用方案决定颜色、排序与研判时限。"))\(search)\(table)</div>", context: context)
    }

    /// `GET /alarm-schemes/new`.
    @Sendable
    func newScheme(request: Request, context: WebContext) async throws -> Response { newScheme(FormInput(), findings: [], status: .ok, context) }

    private func newScheme(_ input: FormInput, findings: [FieldFinding], status: HTTPResponse.Status, _ context: WebContext) -> Response {
        let fields = [
            FormField("title", "方案名称", .text, value: input["title"], isRequired: true, maxLength: 40),
            FormField("name", "方案编码", .text, value: input["name"], isRequired: true, help: "字母和数字，建成后不再改", maxLength: 20),
            FormField("copy", "从哪套复制", .select(engine.book.schemes.map { Choice($0.scheme.name, $0.scheme.title) }), value: input["copy"], isRequired: true),
        ]
        let form = Form(
            action: "/alarm-schemes/new", sections: [FormSection(nil, fields)], submit: "新建", cancel: "/alarm-schemes", findings: findings, context: context)
        return Shell.page("新建方案", crumbs: Self.schemeCrumbs + [Crumb("新建")], active: "/alarm-schemes", status: status, body: Shell.framed(form, context), context: context)
    }

    /// `POST /alarm-schemes/new`.
    @Sendable
    func makeScheme(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context)
        let name = input["name"] ?? ""
        guard var scheme = engine.book.schemes.first(where: { $0.scheme.name == input["copy"] })?.scheme else {
            return newScheme(input, findings: [FieldFinding("copy", "required", "请选择", title: "从哪套复制")], status: .unprocessableContent, context)
        }
        guard !engine.book.schemes.contains(where: { $0.scheme.name == name }) else {
            return newScheme(input, findings: [FieldFinding("name", "unique", "已有这个编码", title: "方案编码")], status: .unprocessableContent, context)
        }
        let copied = scheme.title
        scheme.name = name
        scheme.title = input["title"] ?? ""
        scheme.isLeading = false
        do { return try await publish(scheme, "新建，复制自“\(copied)”", context) } catch let failure as Failure where failure.kind == .invalid {
            return newScheme(input, findings: failure.fields, status: .unprocessableContent, context)
        }
    }

    /// `GET /alarm-schemes/{name}`.
    @Sendable
    func scheme(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let (scheme, version) = try found(context)
        let since = context.site.clock.today.adding(days: -29).start
        let (versions, trial) = try await database.read { [engine] reader in
            (try engine.versions(ofScheme: scheme.name, in: reader), try engine.trial(scheme, since: since, by: principal, in: reader))
        }
        let base = "/alarm-schemes/\(scheme.name)"
        let actions: Markup =
            "\(ActionButton("加规则", .dialog("\(base)/rules/new"), icon: "plus", style: .primary))\(ActionButton("加级别", .dialog("\(base)/levels/new"), icon: "plus"))\(ActionButton("方案设置", .dialog("\(base)/edit"), icon: "settings"))"
        let facts = DescriptionList(
            [
                .init("使用", scheme.isOn ? (scheme.isLeading ? "主用" : "并行") : "停用"), .init("版本", "第 \(version) 版"), .init("其余报警", "\(scheme.otherwise) 级"),
                .init("按级别规定时限的类别", "\(scheme.timed.isEmpty ? "无（沿用各报警类型自己的时限）" : scheme.timed.map(\.title).joined(separator: "、"))", isWide: true),
                .init("适用区域", "\(scheme.areas.isEmpty ? "全部" : scheme.areas.map { areaTitle($0) }.joined(separator: "、"))"),
                .init("适用单位", "\(scheme.orgs.isEmpty ? "全部" : "\(scheme.orgs.count) 家")"),
            ], columns: 3)
        let body: Markup =
            "<div class=\"stack\">\(Card(body: facts.markup))\(Card("级别", isFlush: true, body: levelTable(scheme, trial)))\(Card("分级规则", isFlush: true, body: ruleTable(scheme)))\(Card("版本", isFlush: true, body: versionTable(versions)))</div>"
        return Shell.page(scheme.title, crumbs: Self.schemeCrumbs + [Crumb(scheme.title)], active: "/alarm-schemes", actions: actions, body: body, context: context)
    }

    private func levelTable(_ scheme: GradingScheme, _ trial: [String: Int]) -> Markup {
        let minutes = { (seconds: Int64?) -> String in seconds.map { $0 % 60 == 0 ? "\($0 / 60) 分钟" : "\($0) 秒" } ?? "—" }
        let rows = scheme.levels.enumerated().map { at, level -> TableRow in
            TableRow(
                id: level.code,
                [
                    "\(Badge(level.code, Tone(rawValue: level.tone) ?? .neutral))", "\(level.title)", "\(minutes(level.startWithin))", "\(minutes(level.recheckEvery))",
                    "\(level.mustCall ? "是" : "否")",
                    "\(Figure.grouped(trial[level.code] ?? 0))",
                ], actions: "\(ActionButton("修改", .dialog("/alarm-schemes/\(scheme.name)/levels/\(at)"), style: .quiet))")
        }
        let columns = [
            Column("code", "代码"), Column("title", "名称"), Column("start", "开始处置时限"), Column("recheck", "复核间隔"), Column("call", "须电话核实"), Column("trial", "近 30 天试算", align: .end),
        ]
        return "\(DataTable(id: "levels", columns: columns, rows: rows, address: PageAddress("/alarm-schemes/\(scheme.name)"), empty: "没有级别", hasTools: false))"
    }

    private func ruleTable(_ scheme: GradingScheme) -> Markup {
        let traits = Dictionary(engine.traits.map { ($0.name, $0.title) }, uniquingKeysWith: { first, _ in first })
        let rows = scheme.rules.enumerated().map { at, rule -> TableRow in
            let path = "/alarm-schemes/\(scheme.name)/rules/\(at)"
            let conditions = [
                rule.categories.map(\.title).joined(separator: "或"), rule.kinds.map { engine.title(ofKind: $0) }.joined(separator: "或"),
                rule.traits.map { traits[$0] ?? $0 }.joined(separator: "且"),
                rule.grades.compactMap { AlarmGrade(rawValue: $0)?.title }.joined(separator: "或"),
            ].filter { !$0.isEmpty }
            let level = scheme.level(rule.level)
            let up: Markup = at == 0 ? .empty : "\(ActionButton("上移", .post("\(path)/up", confirm: nil), icon: "up", style: .quiet, isIconOnly: true))"
            return TableRow(
                id: "\(at)",
                [
                    "\(at + 1)", "\(rule.title)", "\(conditions.isEmpty ? "全部" : conditions.joined(separator: "，"))",
                    "\(Badge("\(rule.level) \(level?.title ?? "")", level.flatMap { Tone(rawValue: $0.tone) } ?? .neutral))",
                ], actions: "\(up)\(ActionButton("修改", .dialog(path), style: .quiet))\(ActionButton("删除", .post("\(path)/remove", confirm: "删除规则“\(rule.title)”？"), style: .quiet))"
            )
        }
        let columns = [Column("at", "次序", align: .end), Column("title", "规则"), Column("when", "条件", isWrapping: true), Column("level", "级别")]
        return "\(DataTable(id: "grading-rules", columns: columns, rows: rows, address: PageAddress("/alarm-schemes/\(scheme.name)"), empty: "没有规则，全部按其余报警定级", hasTools: false))"
    }

    private func versionTable(_ versions: [SchemeVersion]) -> Markup {
        let rows = versions.map { TableRow(["第 \($0.version) 版", "\($0.note)", "\($0.at)", "\($0.byName)"]) }
        return
            "\(DataTable(id: "versions", columns: [Column("v", "版本"), Column("note", "说明", isWrapping: true), Column("at", "时间"), Column("by", "修改人")], rows: rows, address: PageAddress("/alarm-schemes"), empty: "没有版本", hasTools: false))"
    }
}
