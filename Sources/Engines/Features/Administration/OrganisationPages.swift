import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 机构管理: authorities, enterprises and maintenance units inside the asker's scope.
struct OrganisationPages: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        let reads = RoutePermission.named("organisation.read")
        let writes = RoutePermission.named("organisation.write")
        routes.get("/admin/organisations", permission: reads, use: list)
        routes.get("/admin/organisations/new", permission: writes, use: newForm)
        routes.post("/admin/organisations/new", permission: writes, use: create)
        routes.get("/admin/organisations/{id}/edit", permission: writes, use: editForm)
        routes.post("/admin/organisations/{id}/edit", permission: writes, use: update)
        routes.post("/admin/organisations/{id}/retire", permission: writes, use: retire)
        routes.post("/admin/organisations/{id}/resume", permission: writes, use: resume)
    }

    private var organisations: Organisations { platform.identity.organisations }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let address = context.here
        let size = min(max(address["size"].flatMap { Int($0) } ?? 50, 1), 200)
        let (found, kinds) = try await platform.database.read { [self] reader in
            let kinds = try self.platform.identity.kinds.all(reader)
            let choice = KindChoice(address["kind"], among: kinds)
            let found = try self.organisations.page(
                keyword: address["q"], kind: choice?.kind, category: choice?.category, scope: principal.scope, after: address["after"].flatMap { Int64($0) } ?? 0, limit: size,
                reader)
            return (found, kinds)
        }
        let titles = kinds.reduce(into: [Int64: String]()) { $0[$1.id] = $1.title }
        let fields = [
            FormField("q", "关键字", .text, value: address["q"], placeholder: "名称、编号"),
            FormField("kind", "类别", .select(KindChoice.choices(Organisation.Kind.allCases, kinds, isFilter: true)), value: address["kind"]),
        ]
        let columns = [Column("name", "机构名称", isWrapping: true), Column("kind", "类别"), Column("code", "机构编号"), Column("area", "行政区划"), Column("state", "状态")]
        let mayWrite = context.may("organisation.write")
        let rows = found.map { one -> TableRow in
            let path = "/admin/organisations/\(one.id)"
            let change =
                one.state == .active
                ? ActionButton("停用", .post("\(path)/retire", confirm: "停用后“\(one.name)”的全部用户不能登录。确定停用？"), style: .quiet)
                : ActionButton("启用", .post("\(path)/resume", confirm: "确定启用“\(one.name)”？"), style: .quiet)
            let file: Markup = one.kind == .enterprise ? "\(ActionButton("一企一册", .link(OrganisationFile.path(one.id)), icon: "book", style: .quiet))" : .empty
            let bound: Markup = "\(ActionButton("权限上限", .link("\(BoundPages.path)/\(one.id)"), style: .quiet))"
            let actions: Markup = file + bound + (mayWrite ? "\(ActionButton("编辑", .dialog("\(path)/edit"), style: .quiet))\(change)" : .empty)
            let area = Region(code: one.area + String(repeating: "0", count: max(0, 6 - one.area.utf8.count)))?.path ?? one.area
            let cells: [Markup] = [
                "<a href=\"/admin/users?organisation=\(one.id)\">\(one.name)</a>", "\(one.category.flatMap { titles[$0] } ?? one.kind.title)",
                "<span class=\"mono\">\(one.code)</span>", "\(area)",
                "\(one.state == .active ? Badge("正常", .good, isDot: true) : Badge("已停用", .muted, isDot: true))",
            ]
            return TableRow(id: String(one.id), cells, actions: actions)
        }
        let start = address.restarting
        let pager = Pager(
            first: address["after"] == nil ? nil : start.text, next: found.count == size ? found.last.map { start.with("after", String($0.id)).text } : nil, size: size,
            sizes: [20, 50, 100])
        let table = DataTable(id: "organisations", columns: columns, rows: rows, address: address, pager: pager, empty: "没有符合条件的机构")
        let kindsLink: Markup = "\(ActionButton("机构类型", .link(OrganisationKindPages.path), icon: "tag"))"
        let action: Markup = mayWrite ? "\(kindsLink)\(ActionButton("新增机构", .dialog("/admin/organisations/new"), icon: "plus", style: .primary))" : kindsLink
        return Shell.page(
            "机构管理", crumbs: [Crumb("系统"), Crumb("机构管理")], active: "/admin/organisations", actions: action,
            body: "\(SearchForm(action: "/admin/organisations", fields: fields, table: "organisations"))\(table)",
            context: context)
    }

    @Sendable func newForm(request: Request, context: WebContext) async throws -> Response {
        try await form(nil, OrganisationDraft(parent: try context.signedIn().organisation, kind: .county, code: "", name: "", area: ""), [], .ok, context)
    }

    private func form(_ id: Int64?, _ draft: OrganisationDraft, _ findings: [FieldFinding], _ status: HTTPResponse.Status, _ context: WebContext) async throws -> Response {
        let (parent, kinds) = try await platform.database.read { [organisations, platform] reader in
            (try draft.parent.flatMap { try organisations.find($0, reader) }, try platform.identity.kinds.all(reader))
        }
        // Its level stays; which of the kinds of that level it is may change.
        let bases = id == nil ? Organisation.Kind.allCases.filter { $0 != .province } : [draft.kind]
        var fields = [
            FormField(
                "kind", "类别", .select(KindChoice.choices(bases, kinds, kept: draft.category)), value: KindChoice.text(draft.kind, draft.category), isRequired: true),
            FormField("name", "机构名称", .text, value: draft.name, isRequired: true, maxLength: 60),
            FormField("code", "机构编号", .text, value: draft.code, isRequired: true, maxLength: 64),
            FormField("area", "行政区划代码", .text, value: draft.area, isRequired: true, help: "省 2 位、市 4 位、县（区、市）及企业 6 位", maxLength: 6),
        ]
        if id == nil {
            fields.append(
                FormField("parent", "上级机构", .reference(url: "/admin/users/organisations", shown: parent?.name ?? ""), value: draft.parent.map { String($0) }, isRequired: true))
        }
        let form = Form(
            action: id.map { "/admin/organisations/\($0)/edit" } ?? "/admin/organisations/new", sections: [FormSection(nil, fields)], cancel: "/admin/organisations",
            findings: findings, context: context)
        let title = id == nil ? "新增机构" : "编辑机构"
        return Shell.page(
            title, crumbs: [Crumb("机构管理", "/admin/organisations"), Crumb(title)], active: "/admin/organisations", status: status,
            body: Shell.framed(form, context), context: context)
    }

    @Sendable func create(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context)
        let choice = KindChoice(input["kind"], among: try await kinds())
        let draft = OrganisationDraft(
            parent: input["parent"].flatMap { Int64($0) }, kind: choice?.kind ?? .county, code: input["code"] ?? "", name: input["name"] ?? "",
            area: input["area"] ?? "", category: choice?.category)
        do {
            _ = try await organisations.create(draft, by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return try await form(nil, draft, failure.fields, .unprocessableContent, context)
        }
        return Shell.done("已新增机构", to: "/admin/organisations", context: context)
    }

    private func kinds() async throws -> [OrganisationKind] { try await platform.database.read { [platform] in try platform.identity.kinds.all($0) } }

    private func organisation(_ context: WebContext) async throws -> Organisation {
        let scope = try context.signedIn().scope
        guard let found = try await organisations.find(context.id()), scope.admits(org: found.id, area: found.area) else { throw Failure.notFound("机构") }
        return found
    }

    @Sendable func editForm(request: Request, context: WebContext) async throws -> Response {
        let one = try await organisation(context)
        return try await form(
            one.id, OrganisationDraft(parent: one.parent, kind: one.kind, code: one.code, name: one.name, area: one.area, category: one.category), [], .ok, context)
    }

    @Sendable func update(request: Request, context: WebContext) async throws -> Response {
        let one = try await organisation(context)
        let input = try await request.form(context)
        let category = input.has("kind") ? KindChoice(input["kind"], among: try await kinds())?.category : one.category
        let draft = OrganisationDraft(
            parent: one.parent, kind: one.kind, code: input["code"] ?? "", name: input["name"] ?? "", area: input["area"] ?? "", category: category)
        do {
            try await organisations.update(one.id, name: draft.name, code: draft.code, area: draft.area, category: .some(category), by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return try await form(one.id, draft, failure.fields, .unprocessableContent, context)
        }
        return Shell.done("已保存", to: "/admin/organisations", context: context)
    }

    @Sendable func retire(request: Request, context: WebContext) async throws -> Response { try await set(.retired, "已停用", context) }
    @Sendable func resume(request: Request, context: WebContext) async throws -> Response { try await set(.active, "已启用", context) }

    private func set(_ state: Organisation.State, _ message: String, _ context: WebContext) async throws -> Response {
        try await organisations.setState(state, of: context.id(), by: context.signedIn())
        return Shell.done(message, to: "/admin/organisations", context: context)
    }
}
