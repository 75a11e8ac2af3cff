import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// 用户管理 (A-16): accounts inside the asker's scope; a one-time password is shown once and never again.
struct UserPages: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        let reads = RoutePermission.named("user.read")
        let writes = RoutePermission.named("user.write")
        routes.get("/admin/users", permission: reads, use: list)
        routes.get("/admin/users/new", permission: writes, use: newForm)
        routes.post("/admin/users/new", permission: writes, use: create)
        routes.get("/admin/users/organisations", permission: writes, use: organisations)
        routes.get("/admin/users/{id}", permission: reads, use: show)
        routes.get("/admin/users/{id}/edit", permission: writes, use: editForm)
        routes.post("/admin/users/{id}/edit", permission: writes, use: Routes.guarded(.userChange, update))
        routes.post("/admin/users/{id}/freeze", permission: writes, isDangerous: true, use: Routes.guarded(.userChange, freeze))
        routes.post("/admin/users/{id}/thaw", permission: writes, use: thaw)
        routes.get("/admin/users/{id}/password", permission: writes, use: resetForm)
        routes.post("/admin/users/{id}/password", permission: writes, isDangerous: true, use: Routes.guarded(.userChange, reset))
    }

    private var users: Users { platform.identity.users }

    // MARK: List

    /// Beyond this many the page says “more than”: counting all of a large province on every page costs more than the page.
    private static let mostCounted = 10_000

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let address = context.here
        let size = min(max(address["size"].flatMap { Int($0) } ?? 50, 1), 200)
        let search = UserSearch(
            keyword: address["q"], organisation: address["organisation"].flatMap { Int64($0) }, state: address["state"].flatMap(User.State.init),
            role: address["role"].flatMap { Int64($0) })
        let (found, total, roles) = try await platform.database.read { [self] reader in
            (
                try self.users.page(search, scope: principal.scope, before: address["after"].flatMap { Int64($0) }, limit: size, reader),
                try self.users.count(search, scope: principal.scope, upTo: UserPages.mostCounted, reader),
                try self.platform.identity.roles.all(reader)
            )
        }
        let fields = [
            FormField("q", "关键字", .text, value: address["q"], placeholder: "姓名、登录名或完整电话"),
            FormField("role", "角色", .select(roles.map { Choice(String($0.id), $0.title) }), value: address["role"]),
            FormField("state", "状态", .select(User.State.allCases.map { Choice($0.rawValue, $0.title) }), value: address["state"]),
        ]
        let columns = [
            Column("name", "姓名"), Column("login", "登录名"), Column("organisation", "所属机构", isWrapping: true), Column("roles", "角色", isWrapping: true), Column("state", "状态"),
            Column("last", "最近登录"), Column("address", "登录地址"),
        ]
        let mayWrite = context.may("user.write")
        let rows = found.map { user -> TableRow in
            let cells: [Markup] = [
                "\(user.name)", "\(user.login)", "\(user.organisationName)", "\(user.roleTitles)", state(user),
                user.lastLoginAt.map { "\($0)" } ?? "<span class=\"muted\">未登录</span>",
                "<span class=\"mono\">\(user.lastLoginAddress)</span>",
            ]
            return TableRow(
                id: String(user.id), cells, path: "/admin/users/\(user.id)",
                actions: mayWrite ? "\(ActionButton("编辑", .dialog("/admin/users/\(user.id)/edit"), icon: "edit", style: .quiet, isIconOnly: true))" : .empty)
        }
        let start = address.restarting
        let pager = Pager(
            first: address["after"] == nil ? nil : start.text, next: found.count == size ? found.last.map { start.with("after", String($0.id)).text } : nil,
            total: min(total, UserPages.mostCounted),
            isTotalFloor: total > UserPages.mostCounted, size: size, sizes: [20, 50, 100])
        let table = DataTable(id: "users", columns: columns, rows: rows, address: address, pager: pager, empty: "没有符合条件的用户")
        var action: Markup = "\(ActionButton("导出", .download(PageAddress("/admin/users/export", address.restarting.query).text), icon: "download"))"
        if mayWrite {
            action += "\(ActionButton("导入", .link(AccountImport.path), icon: "upload"))\(ActionButton("新增用户", .dialog("/admin/users/new"), icon: "plus", style: .primary))"
        }
        return Shell.page(
            "用户管理", crumbs: [Crumb("系统"), Crumb("用户管理")], active: "/admin/users", actions: action,
            body: "\(SearchForm(action: "/admin/users", fields: fields, table: "users"))\(table)", context: context)
    }

    private func state(_ user: User) -> Markup {
        let now = platform.clock.now
        if user.leftAt != nil { return "\(Badge("已离职", .muted, isDot: true))" }
        if let until = user.expiresAt, until <= now { return "\(Badge("已到期", .red, isDot: true))" }
        if user.state == .frozen { return "\(Badge("已冻结", .red, isDot: true))" }
        if let until = user.lockedUntil, until > now { return "\(Badge("登录锁定", .orange, isDot: true))" }
        return user.mustChangePassword ? "\(Badge("待改密码", .info, isDot: true))" : "\(Badge("正常", .good, isDot: true))"
    }

    // MARK: One user

    private func user(_ context: WebContext) async throws -> User {
        let scope = try context.signedIn().scope
        guard let user = try await users.find(context.id()), scope.admits(org: user.organisation, area: user.area) else { throw Failure.notFound("用户") }
        return user
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let user = try await user(context)
        let (grants, groups, waiting, posts, person) = try await platform.database.read { [platform] reader in
            (
                try platform.identity.grants.list(of: user.id, reader), try platform.identity.groups.names(of: user.id, reader),
                try platform.identity.activations.waiting(user.id, reader), try platform.identity.posts.all(of: user.id, reader),
                try reader.value("SELECT person FROM users WHERE id = \(user.id)")?.int
            )
        }
        let acts = try await platform.database.read { [platform] reader in
            try platform.audit.history(of: "user", "\(user.id)", limit: 30, reader) + platform.audit.history(of: "password", "\(user.id)", limit: 10, reader)
        }
        let facts = DescriptionList([
            .init("姓名", "\(user.name)"), .init("登录名", "\(user.login)"), .init("电话", "\(user.phone.map(Masking.phone))"), .init("所属机构", "\(user.organisationName)"),
            .init("角色", "\(user.roleTitles)"),
            .init("岗位", "\(posts.map { one -> Markup in "<a href=\"/admin/units/\(one.unit)\">\(one.fullTitle)</a> " })"),
            .init("人员档案", person.map { file -> Markup in "<a href=\"/ledgers/\(PersonFile.ledger.name)/\(file)\">已关联</a>" } ?? "未关联"),
            .init("用户组", "\(groups.map { one -> Markup in "<a href=\"\(GroupPages.path)/\(one.id)\">\(one.name)</a> " })"),
            .init("状态", waiting.map { "\(Badge("待激活", .info, isDot: true)) 激活码有效期至 \($0)" } ?? state(user)), .init("最近登录", "\(user.lastLoginAt)"),
            .init("登录地址", "\(user.lastLoginAddress)"), .init("连续输错密码", "\(user.failedCount) 次"),
            .init("动态口令", user.hasSecondFactor ? "\(Badge("已开启", .good))" : "未开启"), .init("有效期至", "\(user.expiresAt.map { $0.day.adding(days: -1).text } ?? "长期")"),
            .init("创建时间", "\(user.createdAt)"),
        ])
        var actions: Markup = .empty
        if context.may("user.write") {
            let path = "/admin/users/\(user.id)"
            if user.hasSecondFactor {
                actions += "\(ActionButton("重置动态口令", .post("\(path)/second/reset", confirm: "该用户将退出登录，之后可重新开启动态口令。确定重置？"), icon: "phone"))"
            }
            actions += "\(ActionButton("证书与密钥", .link("\(path)/certificates"), icon: "shield"))"
            actions += "\(ActionButton("临时授权", .dialog("\(path)/grants/new"), icon: "clock"))"
            if waiting != nil {
                actions += "\(ActionButton("重发激活码", .dialog("\(path)/activation"), icon: "key"))"
            }
            if user.leftAt == nil { actions += "\(ActionButton("离职交接", .dialog("\(path)/departure"), icon: "users"))" }
            actions += "\(ActionButton("编辑", .dialog("\(path)/edit"), icon: "edit"))\(ActionButton("重置密码", .dialog("\(path)/password"), icon: "key"))"
            actions +=
                user.state == .active
                ? "\(ActionButton("冻结", .post("\(path)/freeze", confirm: "冻结后“\(user.name)”立即退出登录且不能再登录。确定冻结？"), icon: "lock", style: .danger))"
                : "\(ActionButton("解冻", .post("\(path)/thaw", confirm: "确定恢复“\(user.name)”的账号？"), icon: "check", style: .primary))"
        }
        let timeline = Timeline(acts.sorted { $0.id > $1.id }.map { Timeline.Entry($0.at, $0.summary, who: $0.actor, tone: .info) })
        let behaviour = try await UserBehaviour(platform: platform, user: user).markup(context)
        let body = Grid(
            .mainAside, ["\(Card("账号信息", body: "\(facts)"))\(GrantPages.card(user, grants, now: platform.clock.now, context))\(behaviour)", "\(Card("变更记录", body: "\(timeline)"))"])
        return Shell.page(
            user.name, crumbs: [Crumb("系统"), Crumb("用户管理", "/admin/users"), Crumb(user.name)], active: "/admin/users", actions: actions, body: "\(body)", context: context)
    }

    // MARK: Making and changing

    @Sendable func newForm(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        return try await form(nil, UserDraft(login: "", name: "", organisation: principal.organisation, roles: []), [], .ok, context)
    }

    @Sendable func editForm(request: Request, context: WebContext) async throws -> Response {
        let user = try await user(context)
        return try await form(
            user.id,
            UserDraft(
                login: user.login, name: user.name, phone: user.phone, organisation: user.organisation, roles: user.ownRoles, lastDay: user.expiresAt?.day.adding(days: -1)),
            [], .ok, context)
    }

    private func form(_ id: Int64?, _ draft: UserDraft, _ findings: [FieldFinding], _ status: HTTPResponse.Status, _ context: WebContext) async throws -> Response {
        let (roles, organisation) = try await platform.database.read { [platform] reader in
            (try platform.identity.roles.all(reader), try draft.organisation.flatMap { try platform.identity.organisations.find($0, reader) })
        }
        let fields = [
            FormField("name", "姓名", .text, value: draft.name, isRequired: true, maxLength: 30),
            FormField("login", "登录名", .text, value: draft.login, isRequired: true, help: "3–32 位小写字母、数字或 . _ -", maxLength: 32),
            FormField("phone", "电话", .text, value: draft.phone, maxLength: 20),
            FormField("lastDay", "有效期至", .day, value: draft.lastDay?.text, help: "临时账号的最后一天；不填为长期"),
            FormField(
                "organisation", "所属机构", .reference(url: "/admin/users/organisations", shown: organisation?.name ?? ""), value: draft.organisation.map { String($0) },
                isRequired: true),
            FormField(
                "roles", "角色", .multiSelect(roles.map { Choice(String($0.id), "\($0.title)（\($0.scope.title)）") }), values: draft.roles.map { String($0) }, isRequired: true,
                isWide: true),
        ]
        let action = id.map { "/admin/users/\($0)/edit" } ?? "/admin/users/new"
        let form = Form(action: action, sections: [FormSection(nil, fields)], submit: id == nil ? "新增并生成一次性密码" : "保存", cancel: "/admin/users", findings: findings, context: context)
        let title = id == nil ? "新增用户" : "编辑用户"
        return Shell.page(
            title, crumbs: [Crumb("用户管理", "/admin/users"), Crumb(title)], active: "/admin/users", status: status, body: Shell.framed(form, context),
            context: context)
    }

    private func draft(_ input: FormInput) -> UserDraft {
        UserDraft(
            login: input["login"] ?? "", name: input["name"] ?? "", phone: input["phone"], organisation: input["organisation"].flatMap { Int64($0) },
            roles: input.all("roles").compactMap { Int64($0) }, lastDay: input["lastDay"].flatMap { Day(parsing: $0) })
    }

    @Sendable func create(request: Request, context: WebContext) async throws -> Response {
        let draft = draft(try await request.form(context))
        do {
            let made = try await users.create(draft, by: context.signedIn())
            return secret("已新增用户“\(draft.name)”", login: draft.login, password: made.oneTimePassword, id: made.id, context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await form(nil, draft, failure.fields, .unprocessableContent, context)
        }
    }

    @Sendable func update(request: Request, context: WebContext) async throws -> Response {
        let id = try context.id()
        let draft = draft(try await request.form(context))
        do {
            try await users.update(id, draft, by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return try await form(id, draft, failure.fields, .unprocessableContent, context)
        }
        return Shell.done("已保存", to: "/admin/users/\(id)", context: context)
    }

    @Sendable func freeze(request: Request, context: WebContext) async throws -> Response { try await set(.frozen, "已冻结", context) }
    @Sendable func thaw(request: Request, context: WebContext) async throws -> Response { try await set(.active, "已解冻", context) }

    private func set(_ state: User.State, _ message: String, _ context: WebContext) async throws -> Response {
        let id = try context.id()
        try await users.setState(state, of: id, by: context.signedIn())
        return Shell.done(message, to: "/admin/users/\(id)", context: context)
    }

    // MARK: Passwords

    @Sendable func resetForm(request: Request, context: WebContext) async throws -> Response {
        let user = try await user(context)
        let field = FormField("what", "用户", .shown("\(user.name)（\(user.login)），\(user.organisationName)"), isWide: true)
        let form = Form(action: "/admin/users/\(user.id)/password", sections: [FormSection(nil, [field])], submit: "重置密码", cancel: "/admin/users/\(user.id)", context: context)
        let note = Notice(.yellow, "该用户将立即退出登录；新的一次性密码只显示一次，首次登录时必须修改。")
        return Shell.page("重置密码", crumbs: [Crumb("用户管理", "/admin/users"), Crumb("重置密码")], active: "/admin/users", body: "\(note)\(form)", context: context)
    }

    @Sendable func reset(request: Request, context: WebContext) async throws -> Response {
        let user = try await user(context)
        let password = try await platform.identity.passwords.reset(of: user.id, by: context.signedIn())
        return secret("已重置“\(user.name)”的密码", login: user.login, password: password, id: user.id, context)
    }

    /// Shown once: no address leads here again.
    private func secret(_ title: String, login: String, password: String, id: Int64, _ context: WebContext) -> Response {
        let body: Markup = """
            \(Notice(.good, "请当面或电话告知本人。关闭后不能再次查看；首次登录时必须修改密码。"))<p>登录名 <b class="mono">\(login)</b>，一次性密码：</p><code class="secret">\(password)</code>\
            <div class="form-foot">\(ActionButton("我已记下", .link("/admin/users/\(id)"), style: .primary))</div>
            """
        var response = Shell.page(
            title, crumbs: [Crumb("用户管理", "/admin/users"), Crumb("一次性密码")], active: "/admin/users", body: Shell.framed(body, context), context: context)
        response.headers[.cacheControl] = "no-store"
        return response
    }

    @Sendable func organisations(request: Request, context: WebContext) async throws -> Response {
        let scope = try context.signedIn().scope
        let keyword = context.here["q"]
        let found = try await platform.database.read { [platform] reader in try platform.identity.organisations.page(keyword: keyword, scope: scope, limit: 20, reader) }
        return .html("\(ReferenceChoices(found.filter { $0.state == .active }.map { Choice(String($0.id), $0.name, group: $0.kind.title) }))")
    }
}
