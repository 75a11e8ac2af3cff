import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 角色与权限: what each role may do, by area; built-in roles keep their scope, their permissions may be changed.
struct RolePages: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        let reads = RoutePermission.named("role.read")
        let writes = RoutePermission.named("role.write")
        routes.get("/admin/roles", permission: reads, use: list)
        routes.get("/admin/roles/new", permission: writes, use: newForm)
        routes.post("/admin/roles/new", permission: writes, isDangerous: true, use: Routes.guarded(.roleChange, create))
        routes.get("/admin/roles/{id}", permission: reads, use: show)
        routes.post("/admin/roles/{id}", permission: writes, isDangerous: true, use: Routes.guarded(.roleChange, update))
        routes.post("/admin/roles/{id}/delete", permission: writes, isDangerous: true, use: Routes.guarded(.roleChange, delete))
    }

    private var roles: Roles { platform.identity.roles }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let (all, counts) = try await platform.database.read { [roles] reader in
            var counts: [Int64: Int] = [:]
            try reader.each("SELECT role_id, COUNT(*) FROM user_roles GROUP BY role_id") { row in
                counts[row[0].int ?? 0] = Int(row[1].int ?? 0)
                return true
            }
            return (try roles.all(reader), counts)
        }
        let columns = [
            Column("title", "角色"), Column("scope", "数据范围"), Column("kinds", "适用机构"), Column("permissions", "权限", align: .end), Column("users", "用户", align: .end),
            Column("kind", "来源"),
        ]
        let rows = all.map { role -> TableRow in
            TableRow(
                id: String(role.id),
                [
                    "\(role.title)", "\(role.scope.title)", "\(role.kinds.map(\.title).joined(separator: "、"))",
                    role.permissions.contains("*") ? "全部" : "\(role.permissions.count)", "\(counts[role.id] ?? 0)",
                    "\(role.isBuiltIn ? Badge("内置", .muted) : Badge("自定义", .info))",
                ], path: "/admin/roles/\(role.id)")
        }
        let action: Markup =
            context.may("role.write")
            ? "\(ActionButton("比较角色", .link("/admin/roles/compare"), icon: "columns"))\(ActionButton("新增角色", .link("/admin/roles/new"), icon: "plus", style: .primary))"
            : "\(ActionButton("比较角色", .link("/admin/roles/compare"), icon: "columns"))"
        let table = DataTable(id: "roles", columns: columns, rows: rows, address: context.here)
        return Shell.page("角色与权限", crumbs: [Crumb("系统"), Crumb("角色与权限")], active: "/admin/roles", actions: action, body: "\(table)", context: context)
    }

    private func form(_ id: Int64?, _ draft: RoleDraft, builtIn: Bool, _ findings: [FieldFinding], _ status: HTTPResponse.Status, _ context: WebContext) async throws -> Response {
        let declared = try await platform.database.read { [roles] reader in try roles.declared(reader) }
        var areas: [String] = []
        for one in declared where !areas.contains(one.area) { areas.append(one.area) }
        let isFixed = draft.permissions.contains("*") || !context.may("role.write")
        var sections = [
            FormSection(
                "基本信息",
                [
                    FormField("title", "角色名称", .text, value: draft.title, isRequired: true, isReadOnly: builtIn, maxLength: 30),
                    FormField(
                        "scope", "数据范围", .select(ScopeRule.allCases.map { Choice($0.rawValue, $0.title) }), value: draft.scope.rawValue, isRequired: true, isReadOnly: builtIn),
                    FormField(
                        "kinds", "适用机构", .multiSelect(Organisation.Kind.allCases.map { Choice($0.rawValue, $0.title) }), values: draft.kinds.map(\.rawValue), isRequired: true,
                        isReadOnly: builtIn, isWide: true),
                ])
        ]
        sections += areas.map { area in
            let choices = declared.filter { $0.area == area }.map { Choice($0.name, $0.title) }
            return FormSection(
                area.isEmpty ? "其他" : area, [FormField("permissions", "权限", .multiSelect(choices), values: Array(draft.permissions), isReadOnly: isFixed, isWide: true)])
        }
        let title = id == nil ? "新增角色" : draft.title
        let delete: Markup =
            id.map {
                !builtIn && !isFixed ? "\(ActionButton("删除角色", .post("/admin/roles/\($0)/delete", confirm: "确定删除角色“\(draft.title)”？"), icon: "trash", style: .danger))" : .empty
            } ?? .empty
        let copy: Markup = id.map { context.may("role.write") ? "\(ActionButton("复制为新角色", .link("/admin/roles/new?from=\($0)"), icon: "file"))" : .empty } ?? .empty
        let byMenu: Markup = id.map { "\(ActionButton("按菜单和接口", .link("/admin/roles/\($0)/menu"), icon: "menu"))" } ?? .empty
        let note: Markup = draft.permissions.contains("*") ? "\(Notice(.info, "该角色拥有全部权限，不能修改。"))" : .empty
        let content: Markup =
            isFixed
            ? "\(sections.map { section -> Markup in "<h3>\(section.title)</h3><div class=\"form-grid\">\(section.fields)</div>" })"
            : "\(Form(action: id.map { "/admin/roles/\($0)" } ?? "/admin/roles/new", sections: sections, cancel: "/admin/roles", findings: findings, context: context))"
        return Shell.page(
            title, crumbs: [Crumb("系统"), Crumb("角色与权限", "/admin/roles"), Crumb(title)], active: "/admin/roles", actions: byMenu + copy + delete, status: status,
            body: "\(note)\(Card(body: content))", context: context)
    }

    @Sendable func newForm(request: Request, context: WebContext) async throws -> Response {
        var draft = RoleDraft(title: "", scope: .ownArea, kinds: [.city, .county], permissions: [])
        if let id = context.here["from"].flatMap({ Int64($0) }), let model = try await platform.database.read({ [roles] reader in try roles.find(id, reader) }) {
            draft = RoleDraft(title: String("\(model.title)副本".prefix(20)), scope: model.scope, kinds: model.kinds, permissions: model.permissions.subtracting(["*"]))
        }
        return try await form(nil, draft, builtIn: false, [], .ok, context)
    }

    private func role(_ context: WebContext) async throws -> Role {
        let id = try context.id()
        guard let role = try await platform.database.read({ [roles] reader in try roles.find(id, reader) }) else { throw Failure.notFound("角色") }
        return role
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let role = try await role(context)
        return try await form(role.id, RoleDraft(title: role.title, scope: role.scope, kinds: role.kinds, permissions: role.permissions), builtIn: role.isBuiltIn, [], .ok, context)
    }

    private func draft(_ input: FormInput) -> RoleDraft {
        RoleDraft(
            title: input["title"] ?? "", scope: input["scope"].flatMap(ScopeRule.init) ?? .ownOrganisation, kinds: input.all("kinds").compactMap(Organisation.Kind.init),
            permissions: Set(input.all("permissions")))
    }

    @Sendable func create(request: Request, context: WebContext) async throws -> Response {
        let draft = draft(try await request.form(context))
        do {
            _ = try await roles.create(draft, by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return try await form(nil, draft, builtIn: false, failure.fields, .unprocessableContent, context)
        }
        return Shell.done("已新增角色", to: "/admin/roles", context: context)
    }

    @Sendable func update(request: Request, context: WebContext) async throws -> Response {
        let role = try await role(context)
        var draft = draft(try await request.form(context))
        if role.isBuiltIn { (draft.title, draft.scope, draft.kinds) = (role.title, role.scope, role.kinds) }
        do {
            try await roles.update(role.id, draft, by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return try await form(role.id, draft, builtIn: role.isBuiltIn, failure.fields, .unprocessableContent, context)
        }
        return Shell.done("已保存，下一次操作起生效", to: "/admin/roles", context: context)
    }

    @Sendable func delete(request: Request, context: WebContext) async throws -> Response {
        try await roles.delete(context.id(), by: context.signedIn())
        return Shell.done("已删除角色", to: "/admin/roles", context: context)
    }
}
