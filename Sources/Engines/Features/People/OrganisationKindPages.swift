import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 机构类型 (B5.2.2.1): the built-in ones, and those that administrators add, rename and stop.
struct OrganisationKindPages: Sendable {
    let platform: Platform

    static let path = "/admin/organisation-kinds"
    private static let crumbs = [Crumb("系统"), Crumb("机构管理", "/admin/organisations"), Crumb("机构类型")]

    private var kinds: OrganisationKinds { platform.identity.kinds }

    func add(to routes: Routes) {
        let writes = RoutePermission.named("organisation.write")
        routes.get(Self.path, permission: .named("organisation.read"), use: list)
        routes.get("\(Self.path)/new", permission: writes) { _, context in form(context, nil, OrganisationKindDraft(title: "", base: .enterprise), []) }
        routes.post("\(Self.path)/new", permission: writes, use: create)
        routes.get("\(Self.path)/{id}/edit", permission: writes) { _, context in
            let kind = try await kind(context)
            return form(context, kind.id, OrganisationKindDraft(title: kind.title, base: kind.base, note: kind.note, rank: kind.rank), [])
        }
        routes.post("\(Self.path)/{id}/edit", permission: writes, use: update)
        routes.post("\(Self.path)/{id}/stop", permission: writes) { try await set(.stopped, "已停用", $0, $1) }
        routes.post("\(Self.path)/{id}/resume", permission: writes) { try await set(.active, "已启用", $0, $1) }
    }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let window = ListWindow(context.here)
        let base = context.here["base"].flatMap(Organisation.Kind.init)
        let (own, counts) = try await platform.database.read { [kinds] reader in
            (
                try kinds.all(keyword: window.keyword, base: base, reader),
                try reader.rows("SELECT kind, count(*) FROM organisations GROUP BY kind").reduce(into: [String: Int]()) { $0[$1[0].text ?? ""] = Int($1[1].int ?? 0) }
            )
        }
        let builtIn = Organisation.Kind.allCases.filter { (base == nil || base == $0) && window.finds($0.title) }.map { kind -> TableRow in
            let uses = counts[kind.rawValue] ?? 0
            return TableRow(
                id: kind.rawValue,
                ["\(kind.title)", "\(kind.title)", "系统内置", "<a href=\"/admin/organisations?kind=\(kind.rawValue)\">\(uses)</a>", "\(Badge("内置", .info))", "", ""])
        }
        let mayWrite = context.may("organisation.write")
        let rows = builtIn + own.map { row($0, mayWrite) }
        let (shown, pager) = window.numbered(rows)
        let page = ListPage(
            "机构类型", at: Self.path, crumbs: Self.crumbs, active: "/admin/organisations", id: "kinds",
            columns: [
                Column("title", "名称"), Column("base", "基本类型"), Column("note", "说明", isWrapping: true), Column("uses", "机构数", align: .end), Column("state", "状态"),
                Column("at", "修改时间"), Column("by", "修改人"),
            ], filters: [.keyword(context, "名称、说明"), .choice("base", "基本类型", Organisation.Kind.allCases.map { Choice($0.rawValue, $0.title) }, context)],
            empty: "没有机构类型", add: mayWrite ? ActionButton("新增机构类型", .dialog("\(Self.path)/new"), icon: "plus", style: .primary) : nil)
        return page.response(shown, pager, context)
    }

    private func row(_ kind: OrganisationKind, _ mayWrite: Bool) -> TableRow {
        let path = "\(Self.path)/\(kind.id)"
        let change =
            kind.state == .active
            ? ActionButton("停用", .post("\(path)/stop", confirm: "停用后新增、编辑机构时不能再选“\(kind.title)”，已有的 \(kind.uses) 个机构不变。确定停用？"), style: .quiet)
            : ActionButton("启用", .post("\(path)/resume", confirm: "确定启用“\(kind.title)”？"), style: .quiet)
        let state = Badge(kind.state.title, kind.state == .active ? .good : .muted, isDot: true)
        let cells: [Markup] = [
            "\(kind.title)", "\(kind.base.title)", "\(kind.note)", "<a href=\"/admin/organisations?kind=k\(kind.id)\">\(kind.uses)</a>", "\(state)", "\(kind.updatedAt)",
            "\(kind.updatedBy)",
        ]
        return TableRow(id: "k\(kind.id)", cells, actions: mayWrite ? "\(ActionButton("编辑", .dialog("\(path)/edit"), style: .quiet))\(change)" : .empty)
    }

    private func kind(_ context: WebContext) async throws -> OrganisationKind {
        let id = try context.id()
        guard let found = try await platform.database.read({ [kinds] in try kinds.find(id, $0) }) else { throw Failure.notFound("机构类型") }
        return found
    }

    private func form(_ context: WebContext, _ id: Int64?, _ draft: OrganisationKindDraft, _ findings: [FieldFinding]) -> Response {
        let base: FormField =
            id == nil
            ? FormField(
                "base", "基本类型", .select(Organisation.Kind.allCases.filter { $0 != .province }.map { Choice($0.rawValue, $0.title) }), value: draft.base.rawValue, isRequired: true,
                help: "决定行政区划级别、可用角色和数据范围，保存后不能修改")
            : FormField("base", "基本类型", .shown("\(draft.base.title)"))
        let fields = [
            FormField("title", "名称", .text, value: draft.title, isRequired: true, placeholder: "如 化工园区管委会、第三方检测机构", maxLength: 20), base,
            FormField("rank", "顺序", .number(step: "1"), value: String(draft.rank), minimum: "0", maximum: "9999"),
            FormField("note", "说明", .text, value: draft.note, maxLength: 200, isWide: true),
        ]
        let title = id == nil ? "新增机构类型" : "编辑机构类型"
        let form = Form(
            action: id.map { "\(Self.path)/\($0)/edit" } ?? "\(Self.path)/new", sections: [FormSection(nil, fields)], cancel: Self.path, findings: findings, context: context)
        return Shell.form(title, crumbs: Self.crumbs + [Crumb(title)], active: "/admin/organisations", form, context: context)
    }

    private func draft(_ input: FormInput, base: Organisation.Kind) -> OrganisationKindDraft {
        OrganisationKindDraft(title: input["title"] ?? "", base: base, note: input["note"] ?? "", rank: input["rank"].flatMap { Int($0) } ?? 0)
    }

    @Sendable func create(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context)
        let draft = draft(input, base: input["base"].flatMap(Organisation.Kind.init) ?? .enterprise)
        do {
            _ = try await kinds.create(draft, by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return form(context, nil, draft, failure.fields)
        }
        return Shell.done("已新增，可在机构管理中选用", to: Self.path, context: context)
    }

    @Sendable func update(request: Request, context: WebContext) async throws -> Response {
        let kind = try await kind(context)
        let draft = draft(try await request.form(context), base: kind.base)
        do {
            try await kinds.update(kind.id, draft, by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return form(context, kind.id, draft, failure.fields)
        }
        return Shell.done("已保存", to: Self.path, context: context)
    }

    private func set(_ state: OrganisationKind.State, _ message: String, _ request: Request, _ context: WebContext) async throws -> Response {
        try await kinds.setState(state, of: context.id(), by: context.signedIn())
        return Shell.refreshed(message, context: context, request: request)
    }
}
