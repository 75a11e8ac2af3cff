import Exchange
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 单位权限上限 (B5.1.7): the most that people of a unit may hold; the units above it set it, and each unit's administrators give rights within it.
struct BoundPages: Sendable {
    let platform: Platform

    static let path = "/admin/bounds"

    private var bounds: PermissionBounds { platform.identity.bounds }

    func add(to routes: Routes) {
        let (reads, writes) = (RoutePermission.named("organisation.read"), RoutePermission.named("organisation.write"))
        routes.get(Self.path, permission: reads, use: list)
        routes.get("\(Self.path)/export", permission: reads, use: export)
        routes.get("\(Self.path)/{id}", permission: reads) { _, context in try await page(context, nil, []) }
        routes.post("\(Self.path)/{id}", permission: writes, isDangerous: true, use: Routes.guarded(.roleChange, save))
        routes.post("\(Self.path)/{id}/lift", permission: writes, isDangerous: true, use: Routes.guarded(.roleChange, lift))
    }

    private static let crumbs = [Crumb("系统"), Crumb("单位权限上限", path)]

    /// `GET /admin/bounds?q=&after=`: units that have a bound of their own.
    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let scope = try context.signedIn().scope
        let window = ListWindow(context.here)
        let found = try await platform.database.read { [bounds] in
            try bounds.page(keyword: window.keyword, scope: scope, after: window.after ?? 0, limit: window.limit, $0)
        }
        let shown = window.following(found) { $0.organisation.id }
        let rows = shown.rows.map { line in
            TableRow(
                id: String(line.organisation.id), ["\(line.organisation.name)", "\(line.organisation.kind.title)", "\(Figure.grouped(line.permissions))"],
                path: "\(Self.path)/\(line.organisation.id)")
        }
        let list = ListPage(
            "单位权限上限", at: Self.path, crumbs: Self.crumbs, id: "bounds", columns: [Column("name", "单位"), Column("kind", "类别"), Column("permissions", "可用权限", align: .end)],
            filters: [.keyword(context, "名称、编号")], empty: "没有设定权限上限的单位，各单位人员的权限只由角色决定；在“机构管理”中为单位设定", export: "\(Self.path)/export",
            actions: "\(ActionButton("机构管理", .link("/admin/organisations"), icon: "building"))")
        return list.response(rows, shown.pager, context)
    }

    /// `GET /admin/bounds/export`.
    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        let scope = try context.signedIn().scope, keyword = context.here["q"]
        let lines = try await platform.database.read { [bounds] in try bounds.page(keyword: keyword, scope: scope, after: 0, limit: 10_000, $0) }
        let rows = lines.map { [Cell($0.organisation.name), Cell($0.organisation.code), Cell($0.organisation.kind.title), Cell($0.permissions)] }
        return try await SheetAnswer(name: "单位权限上限", columns: ["单位", "编号", "类别", "可用权限"].map { SheetColumn($0) }, rows: rows).response(context, on: platform.database)
    }

    /// What the page of one unit shows.
    private struct Contents: Sendable {
        var organisation: Organisation
        var own: Set<String>?
        /// What the units above let through, by name; nil where they let everything through.
        var above: [PermissionDeclaration]
        var isBoundedAbove: Bool
        var maySet: Bool
        var excess: [PermissionBounds.Excess]
    }

    private func contents(_ id: Int64, _ principal: Principal, typed: Set<String>?, _ reader: any Reader) throws -> Contents {
        guard let organisation = try platform.identity.organisations.find(id, reader), principal.scope.admits(org: id, area: organisation.area) else {
            throw Failure.notFound("机构")
        }
        let lineage = try platform.identity.organisations.lineage(of: organisation, reader).dropLast()
        let above = try lineage.last.map { try bounds.bound(of: $0, reader) } ?? PermissionBound(parts: [])
        let declared = try platform.identity.roles.declared(reader).filter { above.keeper(of: $0.name) == nil }
        let own = try bounds.own(id, reader)
        let excess = try (typed ?? own).map { try bounds.excess(in: organisation, over: $0, reader) } ?? []
        return Contents(
            organisation: organisation, own: own, above: declared, isBoundedAbove: !above.isEmpty, maySet: try bounds.maySet(organisation, principal, reader), excess: excess)
    }

    private func page(_ context: WebContext, _ typed: Set<String>?, _ findings: [FieldFinding]) async throws -> Response {
        let principal = try context.signedIn(), id = try context.id()
        let one = try await platform.database.read { reader in try contents(id, principal, typed: typed, reader) }
        var areas: [String] = []
        for permission in one.above where !areas.contains(permission.area) { areas.append(permission.area) }
        let chosen = typed ?? one.own ?? Set(one.above.map(\.name))
        let sections = areas.map { area in
            let choices = one.above.filter { $0.area == area }.map { Choice($0.name, $0.title) }
            let values = choices.map(\.value).filter(chosen.contains)
            return FormSection(
                area.isEmpty ? "其他" : area, [FormField("permissions", "权限", .multiSelect(choices), values: values, isReadOnly: !one.maySet, isWide: true)])
        }
        var notes: Markup =
            "\(Notice(.info, "本单位和下级单位的人员，无论角色、用户组、岗位给了什么权限，都不超过这里选中的；只收紧，不授予。\(one.isBoundedAbove ? "上级单位已设上限，只列出上级允许的权限。" : "")"))"
        if !one.maySet { notes += "\(Notice(.yellow, "本单位和上级单位的权限上限由上级设定，您只能查看。"))" }
        if one.own == nil { notes += "\(Notice(.info, "本单位还没有设定上限。"))" }
        if !one.excess.isEmpty {
            let rows = one.excess.map { excess in
                TableRow(id: String(excess.user), ["\(excess.name)（\(excess.login)）", "\(excess.organisationName)", "\(excess.roleTitle)", "\(excess.permissions)"])
            }
            let columns = [Column("user", "用户"), Column("org", "单位"), Column("role", "角色"), Column("count", "被收紧的权限", align: .end)]
            let table = DataTable(id: "excess", columns: columns, rows: rows, address: context.here, hasTools: false)
            notes += "\(Notice(.orange, "以下人员的角色超出上限，超出的部分不能使用（至多列出 200 行）。"))\(Card("超出上限的现有授权", isFlush: true, body: "\(table)"))"
        }
        let form: Markup =
            one.maySet
            ? "\(Form(action: "\(Self.path)/\(id)", sections: sections, submit: "保存", cancel: Self.path, findings: findings, context: context))"
            : "\(sections.map { section -> Markup in "<h3>\(section.title)</h3><div class=\"form-grid\">\(section.fields)</div>" })"
        let lift: Markup =
            one.maySet && one.own != nil
            ? "\(ActionButton("取消上限", .post("\(Self.path)/\(id)/lift", confirm: "取消后，“\(one.organisation.name)”人员的权限只由角色决定。确定？"), icon: "ban"))" : .empty
        return Shell.page(
            "权限上限：\(one.organisation.name)", crumbs: Self.crumbs + [Crumb(one.organisation.name)], active: Self.path, actions: lift,
            status: findings.isEmpty ? .ok : .unprocessableContent, body: "<div class=\"stack\">\(notes)\(Card(body: form))</div>", context: context)
    }

    @Sendable func save(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context)
        let chosen = Set(input.all("permissions")), id = try context.id()
        do {
            try await bounds.set(chosen, for: id, by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return try await page(context, chosen, failure.fields)
        }
        return Shell.done("已设定权限上限，下一次操作起生效", to: "\(Self.path)/\(id)", context: context)
    }

    @Sendable func lift(request: Request, context: WebContext) async throws -> Response {
        let id = try context.id()
        try await bounds.set(nil, for: id, by: context.signedIn())
        return Shell.done("已取消权限上限", to: "\(Self.path)/\(id)", context: context)
    }
}
