import Exchange
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// 资源目录 (D9.2.4, B5.2.2.2): what can be granted and which roles have it; a role's permissions chosen by the tree of the menu and by interface.
struct ResourcePages: Sendable {
    let platform: Platform
    let table: RouteTable

    static let path = "/admin/resources"
    static let menu = MenuItem("系统", groupEN: "System", "资源目录", "Resources", icon: "list", path: path, permission: "role.read", order: 8929)

    private var catalogue: ResourceCatalogue { ResourceCatalogue(platform: platform, table: table) }

    func add(to routes: Routes) {
        routes.get(Self.path, permission: .named("role.read"), use: list)
        routes.get("\(Self.path)/export", permission: .named("role.read"), use: Routes.guarded(.massExport, export))
        routes.get("/admin/roles/{id}/menu", permission: .named("role.read")) { _, context in try await form(context, nil, []) }
        routes.post("/admin/roles/{id}/menu", permission: .named("role.write"), isDangerous: true, use: Routes.guarded(.roleChange, save))
    }

    // MARK: Catalogue

    private func found(_ context: WebContext) async throws -> (resources: [ResourceCatalogue.Resource], roles: [Role], holders: [Int64: Int]) {
        let (roles, declared, holders) = try await platform.database.read { [platform] reader in
            (
                try platform.identity.roles.all(reader), try platform.identity.roles.declared(reader),
                try reader.rows("SELECT role_id, count(*) FROM user_roles GROUP BY role_id").reduce(into: [Int64: Int]()) { $0[$1[0].int ?? 0] = Int($1[1].int ?? 0) }
            )
        }
        let window = ListWindow(context.here)
        let kind = context.here["kind"].flatMap(ResourceCatalogue.Kind.init)
        let role = context.here["role"].flatMap { Int64($0) }.flatMap { id in roles.first { $0.id == id } }
        let resources = catalogue.all(menu: context.site.menu, declared).filter { one in
            (kind == nil || one.kind == kind) && window.finds(one.title, one.place, one.permission ?? "") && (role.map { role in one.permission.map(role.gives) ?? true } ?? true)
        }
        return (resources, roles, holders)
    }

    private static func whom(_ resource: ResourceCatalogue.Resource, _ roles: [Role]) -> String {
        guard let permission = resource.permission else { return "全部登录用户" }
        let titles = roles.filter { $0.gives(permission) }.map(\.title)
        return titles.isEmpty ? "未授予任何角色" : titles.joined(separator: "、")
    }

    private static func people(_ resource: ResourceCatalogue.Resource, _ roles: [Role], _ holders: [Int64: Int]) -> String {
        guard let permission = resource.permission else { return "" }
        return String(roles.filter { $0.gives(permission) }.reduce(0) { $0 + (holders[$1.id] ?? 0) })
    }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let (resources, roles, holders) = try await found(context)
        let window = ListWindow(context.here, size: 50)
        let (shown, pager) = window.numbered(
            resources, sortedBy: ["kind": { $0.kind.rawValue }, "title": { $0.title }, "place": { $0.place }, "permission": { $0.permission ?? "" }])
        let rows = shown.enumerated().map { index, one -> TableRow in
            let permission: Markup = one.permission.map { "<span class=\"mono\">\($0)</span>" } ?? "<span class=\"muted\">登录即可</span>"
            let cells: [Markup] = [
                "\(one.kind.title)", "\(one.title)", "<span class=\"mono\">\(one.place)</span>", permission, "\(Self.whom(one, roles))", "\(Self.people(one, roles, holders))",
            ]
            return TableRow(id: "r\(index)", cells)
        }
        let page = ListPage(
            "资源目录", at: Self.path, crumbs: [Crumb("系统"), Crumb("角色与权限", "/admin/roles"), Crumb("资源目录")], id: "resources",
            columns: [
                Column("kind", "类别", isSortable: true), Column("title", "名称", isSortable: true, isWrapping: true), Column("place", "地址或标识", isSortable: true, isWrapping: true),
                Column("permission", "所需权限", isSortable: true), Column("roles", "持有角色", isWrapping: true), Column("people", "授予人次", align: .end),
            ],
            filters: [
                .keyword(context, "名称、地址、权限"), .choice("kind", "类别", ResourceCatalogue.Kind.allCases.map { Choice($0.rawValue, $0.title) }, context),
                .choice("role", "角色可用", roles.map { Choice(String($0.id), $0.title) }, context),
            ], empty: "没有资源", export: "\(Self.path)/export", actions: "\(ActionButton("外部系统模块", .link(ExternalModulePages.path), icon: "link"))")
        return page.response(rows, pager, context)
    }

    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        let (resources, roles, holders) = try await found(context)
        let principal = try context.signedIn()
        try await platform.database.write { [platform] tx in
            try platform.audit.record(AuditEntry("export", "resource", "*", "导出资源目录 \(resources.count) 项"), by: principal, in: tx)
        }
        let rows = resources.map { one -> [Cell] in
            [
                .text(one.kind.title), .text(one.title), .text(one.place), .text(one.permission ?? "登录即可"), .text(Self.whom(one, roles)),
                .text(Self.people(one, roles, holders)),
            ]
        }
        let columns = ["类别", "名称", "地址或标识", "所需权限", "持有角色", "授予人次"].map { SheetColumn($0, width: 24) }
        return try await SheetAnswer(name: "资源目录 \(platform.clock.today.text)", columns: columns, rows: rows).response(context, on: platform.database)
    }

    // MARK: A role by menu and interface

    /// Groups of choices, each permission once: first where the menu has it, then what only interfaces ask for.
    private func groups(_ menu: [MenuItem], _ declared: [PermissionDeclaration]) -> [(title: String, choices: [Choice])] {
        var (groups, seen): ([(title: String, choices: [Choice])], Set<String>) = ([], [])
        func put(_ group: String, _ choice: Choice) {
            guard seen.insert(choice.value).inserted else { return }
            if let index = groups.firstIndex(where: { $0.title == group }) { groups[index].choices.append(choice) } else { groups.append((group, [choice])) }
        }
        for item in menu {
            if let permission = item.permission { put("菜单 · \(item.group)", Choice(permission, item.section.isEmpty ? item.title : "\(item.section) / \(item.title)")) }
        }
        let titles = declared.reduce(into: [String: String]()) { $0[$1.name] = $1.title }
        for entry in table.entries where entry.path.hasPrefix("/api/") {
            if case .named(let name) = entry.permission { put("接口", Choice(name, "\(titles[name] ?? name)（\(entry.method) \(entry.path)）")) }
        }
        for one in declared where one.name.hasPrefix("ext.") { put("外部系统 · \(one.area)", Choice(one.name, one.title)) }
        return groups
    }

    private func role(_ context: WebContext) async throws -> (role: Role, declared: [PermissionDeclaration]) {
        let id = try context.id()
        let found = try await platform.database.read { [platform] reader in (try platform.identity.roles.find(id, reader), try platform.identity.roles.declared(reader)) }
        guard let role = found.0 else { throw Failure.notFound("角色") }
        return (role, found.1)
    }

    private func form(_ context: WebContext, _ written: Set<String>?, _ findings: [FieldFinding]) async throws -> Response {
        let (role, declared) = try await role(context)
        let known = Set(declared.map(\.name))
        let isFixed = role.permissions.contains("*") || !context.may("role.write")
        let values = Array(written ?? role.permissions)
        let sections = groups(context.site.menu, declared).map { group in
            let choices = group.choices.filter { known.contains($0.value) }
            return FormSection(group.title, [FormField("permissions", "权限", .multiSelect(choices), values: values, isReadOnly: isFixed, isWide: true)])
        }
        let note = Notice(.info, "勾选菜单或接口即授予打开它所需的权限；没有列出的权限（如维护、导出）保持不变，可在角色页面调整。")
        let content: Markup =
            isFixed
            ? "\(sections.map { section -> Markup in "<h3>\(section.title)</h3><div class=\"form-grid\">\(section.fields)</div>" })"
            : "\(Form(action: "/admin/roles/\(role.id)/menu", sections: sections, cancel: "/admin/roles/\(role.id)", findings: findings, context: context))"
        return Shell.page(
            "\(role.title)：按菜单和接口授权", crumbs: [Crumb("系统"), Crumb("角色与权限", "/admin/roles"), Crumb(role.title, "/admin/roles/\(role.id)"), Crumb("按菜单和接口授权")],
            active: "/admin/roles", status: findings.isEmpty ? .ok : .unprocessableContent, body: "\(note)\(Card(body: content))", context: context)
    }

    @Sendable func save(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context)
        let (role, declared) = try await role(context)
        let shown = Set(groups(context.site.menu, declared).flatMap { $0.choices.map(\.value) }).intersection(declared.map(\.name))
        let chosen = Set(input.all("permissions")).intersection(shown)
        let draft = RoleDraft(title: role.title, scope: role.scope, kinds: role.kinds, permissions: role.permissions.subtracting(shown).union(chosen))
        do {
            try await platform.identity.roles.update(role.id, draft, by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return try await form(context, draft.permissions, failure.fields)
        }
        return Shell.done("已保存，下一次操作起生效", to: "/admin/roles/\(role.id)", context: context)
    }
}
