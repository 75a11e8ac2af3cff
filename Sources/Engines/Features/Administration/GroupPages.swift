import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 用户组 (D9.2.2, D17.1.1, B5.1.7): people who get the same roles; what a group gives acts on their next request.
struct GroupPages: Sendable {
    let platform: Platform

    static let path = "/admin/groups"
    static let menu = MenuItem("系统", groupEN: "System", "用户组", "User groups", icon: "users", path: path, permission: "user.read", order: 8911)

    private var groups: UserGroups { platform.identity.groups }
    private static let crumbs = [Crumb("系统"), Crumb("用户组", path)]

    func add(to routes: Routes) {
        let reads = RoutePermission.named("user.read"), writes = RoutePermission.named("user.write")
        routes.get(Self.path, permission: reads, use: list)
        routes.get("\(Self.path)/new", permission: writes) { _, context in
            try await form(context, nil, UserGroupDraft(name: "", organisation: context.signedIn().organisation), [])
        }
        routes.post("\(Self.path)/new", permission: writes, isDangerous: true, use: Routes.guarded(.roleChange, create))
        routes.get("\(Self.path)/{id}", permission: reads) { _, context in try await show(context, nil, []) }
        routes.get("\(Self.path)/{id}/edit", permission: writes, use: editForm)
        routes.post("\(Self.path)/{id}/edit", permission: writes, isDangerous: true, use: Routes.guarded(.roleChange, update))
        routes.post("\(Self.path)/{id}/delete", permission: writes, isDangerous: true, use: Routes.guarded(.roleChange, delete))
        routes.post("\(Self.path)/{id}/members", permission: writes, isDangerous: true, use: Routes.guarded(.roleChange, take))
        routes.post("\(Self.path)/{id}/members/{user}/remove", permission: writes, use: remove)
    }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let scope = try context.signedIn().scope
        let window = ListWindow(context.here)
        let found = try await platform.database.read { [groups] reader in
            try groups.page(keyword: window.keyword, scope: scope, after: window.after, limit: window.limit, reader)
        }
        let (shown, pager) = window.following(found) { $0.id }
        let rows = shown.map { group -> TableRow in
            let cells: [Markup] = [
                "\(group.name)", "\(group.organisationName)", "\(group.roles.isEmpty ? "只用于归类和发通知" : group.roles.map(\.title).joined(separator: "、"))", "\(group.members)",
                "\(group.note)", "\(group.updatedAt)",
            ]
            return TableRow(id: String(group.id), cells, path: "\(Self.path)/\(group.id)")
        }
        let page = ListPage(
            "用户组", at: Self.path, crumbs: [Crumb("系统"), Crumb("用户组")], id: "groups",
            columns: [
                Column("name", "名称"), Column("organisation", "维护机构", isWrapping: true), Column("roles", "授予的角色", isWrapping: true), Column("members", "成员", align: .end),
                Column("note", "说明", isWrapping: true), Column("updated", "更新时间"),
            ], filters: [.keyword(context, "名称、说明、维护机构")], empty: "还没有用户组。把职责相同的人编为一组，授予、收回角色和发通知只需一次",
            add: context.may("user.write") ? ActionButton("新增用户组", .dialog("\(Self.path)/new"), icon: "plus", style: .primary) : nil)
        return page.response(rows, pager, context)
    }

    // MARK: One group

    private func group(_ context: WebContext) async throws -> UserGroup {
        let (id, scope) = (try context.id(), try context.signedIn().scope)
        guard let found = try await platform.database.read({ [groups] reader in try groups.find(id, scope: scope, reader) }) else { throw Failure.notFound("用户组") }
        return found
    }

    private func show(_ context: WebContext, _ written: String?, _ findings: [FieldFinding]) async throws -> Response {
        let group = try await group(context)
        let scope = try context.signedIn().scope
        let window = ListWindow(context.here, size: 50)
        let found = try await platform.database.read { [groups] reader in try groups.members(of: group.id, scope: scope, after: window.after, limit: window.limit, reader) }
        let history = try await platform.database.read { [platform] reader in try platform.audit.history(of: "userGroup", "\(group.id)", limit: 30, reader) }
        let (shown, pager) = window.following(found) { $0.id }
        let path = "\(Self.path)/\(group.id)"
        let mayWrite = context.may("user.write")
        let rows = shown.map { user -> TableRow in
            let remove = ActionButton("移出", .post("\(path)/members/\(user.id)/remove", confirm: "移出后“\(user.name)”不再拥有本组授予的角色。确定？"), icon: "x", style: .quiet)
            let state = user.state == .active ? Badge("正常", .good, isDot: true) : Badge("已冻结", .red, isDot: true)
            return TableRow(
                id: String(user.id), ["\(user.name)", "\(user.login)", "\(user.organisationName)", "\(state)"], path: "/admin/users/\(user.id)",
                actions: mayWrite ? "\(remove)" : .empty)
        }
        let members = DataTable(
            id: "members", columns: [Column("name", "姓名"), Column("login", "登录名"), Column("organisation", "所属机构", isWrapping: true), Column("state", "状态")], rows: rows,
            address: context.here, pager: pager, empty: "还没有成员", hasTools: false)
        let facts = DescriptionList([
            .init("维护机构", "\(group.organisationName)"), .init("授予的角色", "\(group.roles.isEmpty ? "无，只用于归类和发通知" : group.roles.map(\.title).joined(separator: "、"))"),
            .init("成员", "\(group.members) 人"), .init("说明", "\(group.note)"), .init("最近修改", "\(group.updatedAt)，\(group.updatedBy)"),
        ])
        var actions: Markup = .empty
        var joining: Markup = .empty
        if mayWrite {
            actions += "\(ActionButton("编辑", .dialog("\(path)/edit"), icon: "edit"))"
            actions += "\(ActionButton("删除", .post("\(path)/delete", confirm: "删除后 \(group.members) 名成员不再拥有本组授予的角色。确定删除用户组“\(group.name)”？"), icon: "trash", style: .danger))"
            let field = FormField(
                "logins", "登录名", .textArea(rows: 3), value: written, isRequired: true, help: "每行一个，也可用逗号分隔；每次至多 \(UserGroups.mostAdded) 人",
                error: findings.isEmpty ? nil : findings.map(\.message).joined(separator: "；"), maxLength: 8000, isWide: true)
            joining = "\(Card("加入成员", body: "\(Form(action: "\(path)/members", sections: [FormSection(nil, [field])], submit: "加入", context: context))"))"
        }
        let timeline = Timeline(history.map { Timeline.Entry($0.at, $0.summary, who: $0.actor, tone: .info) })
        let changes: Markup = "\(Card("变更记录", body: "\(timeline)"))"
        let lower: Markup = mayWrite ? "\(Grid(.mainAside, [joining, changes]))" : changes
        let body: Markup = "\(Card("用户组", body: "\(facts)"))\(Card("成员", isFlush: true, body: "\(members)"))\(lower)"
        return Shell.page(
            group.name, crumbs: Self.crumbs + [Crumb(group.name)], active: Self.path, actions: actions, status: findings.isEmpty ? .ok : .unprocessableContent, body: body,
            context: context)
    }

    @Sendable func take(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context)
        let written = input["logins"] ?? ""
        let logins = written.split(whereSeparator: { $0.isWhitespace || ",，、;；".contains($0) }).map(String.init)
        do {
            let count = try await groups.add(logins, to: context.id(), by: context.signedIn())
            return Shell.done(count == 0 ? "都已是成员" : "已加入 \(count) 人，下一次操作起生效", to: "\(Self.path)/\(try context.id())", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await show(context, written, failure.fields)
        }
    }

    @Sendable func remove(request: Request, context: WebContext) async throws -> Response {
        try await groups.remove(context.id("user"), from: context.id(), by: context.signedIn())
        return Shell.refreshed("已移出", context: context, request: request)
    }

    @Sendable func delete(request: Request, context: WebContext) async throws -> Response {
        try await groups.delete(context.id(), by: context.signedIn())
        return Shell.done("已删除用户组", to: Self.path, context: context)
    }

    // MARK: Form

    private func form(_ context: WebContext, _ id: Int64?, _ draft: UserGroupDraft, _ findings: [FieldFinding]) async throws -> Response {
        let (roles, owner) = try await platform.database.read { [platform] reader in
            (try platform.identity.roles.all(reader), try draft.organisation.flatMap { try platform.identity.organisations.find($0, reader) })
        }
        let apart = Set(DutySeparation.administrators.map(\.rawValue))
        let choices = roles.filter { !apart.contains($0.name) }.map { Choice(String($0.id), "\($0.title)（\($0.scope.title)）") }
        let fields = [
            FormField("name", "名称", .text, value: draft.name, isRequired: true, maxLength: 30),
            FormField(
                "organisation", "维护机构", .reference(url: "/admin/users/organisations", shown: owner?.name ?? ""), value: draft.organisation.map { String($0) }, isRequired: true),
            FormField("note", "说明", .text, value: draft.note, maxLength: 200, isWide: true),
            FormField(
                "roles", "授予的角色", .multiSelect(choices), values: draft.roles.map { String($0) }, help: "不选则只用于归类和发通知；角色只对适用机构的成员生效", isWide: true),
        ]
        let title = id == nil ? "新增用户组" : "编辑用户组"
        let form = Form(
            action: id.map { "\(Self.path)/\($0)/edit" } ?? "\(Self.path)/new", sections: [FormSection(nil, fields)], cancel: Self.path, findings: findings, context: context)
        return Shell.page(
            title, crumbs: Self.crumbs + [Crumb(title)], active: Self.path, status: findings.isEmpty ? .ok : .unprocessableContent, body: Shell.framed(form, context),
            context: context)
    }

    @Sendable func editForm(request: Request, context: WebContext) async throws -> Response {
        let group = try await group(context)
        return try await form(context, group.id, UserGroupDraft(name: group.name, note: group.note, organisation: group.organisation, roles: group.roles.map(\.id)), [])
    }

    private func draft(_ input: FormInput) -> UserGroupDraft {
        UserGroupDraft(
            name: input["name"] ?? "", note: input["note"] ?? "", organisation: input["organisation"].flatMap { Int64($0) }, roles: input.all("roles").compactMap { Int64($0) })
    }

    @Sendable func create(request: Request, context: WebContext) async throws -> Response {
        let draft = draft(try await request.form(context))
        do {
            let id = try await groups.create(draft, by: context.signedIn())
            return Shell.done("已新增，请加入成员", to: "\(Self.path)/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await form(context, nil, draft, failure.fields)
        }
    }

    @Sendable func update(request: Request, context: WebContext) async throws -> Response {
        let id = try context.id()
        let draft = draft(try await request.form(context))
        do {
            try await groups.update(id, draft, by: context.signedIn())
            return Shell.done("已保存，成员的下一次操作起生效", to: "\(Self.path)/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await form(context, id, draft, failure.fields)
        }
    }
}
