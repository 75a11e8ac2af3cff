import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 外部登录服务 (D17.1.6): other OpenID Connect providers through which people may sign in, set up by the security administrator.
struct ProviderPages: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        routes.get("/admin/providers", permission: .named("policy.read"), use: list)
        routes.get("/admin/providers/new", permission: .named("policy.write")) { try await form($0, $1, nil, nil, []) }
        routes.post("/admin/providers/new", permission: .named("policy.write"), isDangerous: true, use: Routes.guarded(.settingChange) { try await save($0, $1, nil) })
        routes.get("/admin/providers/{id}", permission: .named("policy.write")) { try await form($0, $1, try one($1), nil, []) }
        routes.post("/admin/providers/{id}", permission: .named("policy.write"), isDangerous: true, use: Routes.guarded(.settingChange) { try await save($0, $1, try one($1)) })
    }

    private var book: ExternalProviders { platform.identity.providers }

    private func one(_ context: WebContext) throws -> ExternalProvider {
        let id = try context.id()
        guard let found = book.all.first(where: { $0.id == id }) else { throw Failure.notFound("登录服务") }
        return found
    }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let keyword = context.here["q"] ?? ""
        let found = book.all.filter { keyword.isEmpty || $0.title.contains(keyword) || $0.name.contains(keyword) || $0.issuer.contains(keyword) }
        let linked = try await platform.database.read { reader in
            try reader.rows("SELECT provider, count(*) FROM user_identities GROUP BY provider").reduce(into: [String: Int64]()) { $0[$1[0].text ?? ""] = $1[1].int }
        }
        let mayWrite = context.may("policy.write")
        let rows = found.map { one -> TableRow in
            let state = one.isOn ? Badge("启用", .good, isDot: true) : Badge("停用", .muted, isDot: true)
            let cells: [Markup] = [
                "\(one.title) <small class=\"muted mono\">\(one.name)</small>", "<span class=\"mono\">\(one.issuer)</span>", "\(one.rule.title)", "\(linked[one.name] ?? 0)",
                "\(state)",
                "\(one.updatedByName) \(one.updatedAt)",
            ]
            return TableRow(id: String(one.id), cells, path: mayWrite ? "/admin/providers/\(one.id)" : nil)
        }
        let columns = [
            Column("title", "名称"), Column("issuer", "颁发者地址", isWrapping: true), Column("rule", "准入", isWrapping: true), Column("linked", "已关联账号", align: .end),
            Column("state", "状态"),
            Column("updated", "最近修改", isWrapping: true),
        ]
        let table = DataTable(
            id: "providers", columns: columns, rows: rows, address: context.here, empty: "没有设置外部登录服务。用户目前只能用本系统的账号登录；需要与省、市统一身份认证对接时点击“新增”")
        let search = SearchForm(action: "/admin/providers", fields: [FormField("q", "关键字", .text, value: context.here["q"], placeholder: "名称、代号、地址")], table: "providers")
        let add: Markup = mayWrite ? "\(ActionButton("新增", .link("/admin/providers/new"), icon: "plus", style: .primary))" : .empty
        return Shell.page(
            "外部登录服务", crumbs: [Crumb("系统"), Crumb("外部登录服务")], active: "/admin/providers", actions: add, body: "\(search)\(table)", context: context)
    }

    private func form(_ request: Request, _ context: WebContext, _ old: ExternalProvider?, _ input: FormInput?, _ findings: [FieldFinding]) async throws -> Response {
        let roles = try await platform.identity.roles.all().filter { role in
            ![BuiltInRole.admin.rawValue, BuiltInRole.securityAdmin.rawValue, BuiltInRole.auditAdmin.rawValue].contains(role.name)
        }
        let code = try await old?.organisation.asyncMap { [platform] in try await platform.identity.organisations.find($0)?.code }
        func value(_ name: String, _ stored: String?) -> String? { input == nil ? stored : input?[name] }
        let name =
            old.map { FormField("name", "代号", .shown("\($0.name)")) }
            ?? FormField("name", "代号", .text, value: input?["name"], isRequired: true, help: "用在回调地址中，保存后不能修改", placeholder: "如 province", maxLength: 20)
        let server = FormSection(
            "对方",
            [
                name, FormField("title", "名称", .text, value: value("title", old?.title), isRequired: true, help: "显示在登录页", placeholder: "如 省统一身份认证", maxLength: 30),
                FormField("issuer", "颁发者地址（issuer）", .text, value: value("issuer", old?.issuer), isRequired: true, placeholder: "https://…", maxLength: 500, isWide: true),
                FormField("clientId", "应用编号（client_id）", .text, value: value("clientId", old?.clientId), isRequired: true, maxLength: 200),
                FormField(
                    "secret", "密钥（client_secret）", .password, isRequired: old == nil, help: old == nil ? "加密保存，不再显示" : "不填则不变", maxLength: 500),
                FormField("isOn", "启用", .check("在登录页显示"), value: value("isOn", old.map { $0.isOn ? "1" : "" } ?? "1")),
            ])
        let account = FormSection(
            "谁能登录",
            [
                FormField(
                    "rule", "准入", .select(ExternalProvider.Rule.allCases.map { Choice($0.rawValue, $0.title) }), value: value("rule", old?.rule.rawValue) ?? "bound",
                    isRequired: true,
                    help: "不按姓名、电话或登录名认人：已有账号由本人登录后关联", isWide: true),
                FormField("gateClaim", "条件：声明名称", .text, value: value("gateClaim", old?.gateClaim), help: "自动建立账号时必填，如 groups", maxLength: 60),
                FormField("gateValue", "条件：取值", .text, value: value("gateValue", old?.gateValue), help: "如 jianwei", maxLength: 100),
                FormField("loginClaim", "登录名取自", .text, value: value("loginClaim", old?.loginClaim) ?? "preferred_username", maxLength: 60),
                FormField("nameClaim", "姓名取自", .text, value: value("nameClaim", old?.nameClaim) ?? "name", maxLength: 60),
                FormField("organisation", "账号所属机构编码", .text, value: value("organisation", code ?? nil), maxLength: 64),
                FormField(
                    "role", "账号角色", .select([Choice("", "—")] + roles.map { Choice(String($0.id), $0.title) }), value: value("role", old?.role.map { String($0) }),
                    help: "管理员角色不能自动授予"),
            ])
        let site = context.publicAddress(request)
        let shown = old?.name ?? "代号"
        let notice: Markup = """
            \(Notice(.info, "在对方登记本系统：回调地址 <code>\(site)/login/with/\(shown)/back</code>，退出通知地址 <code>\(site)/login/with/\(shown)/signed-off</code>。对方在内网时，先在“登录与密码规则”中允许其网段。"))
            """
        let form = Form(
            action: old.map { "/admin/providers/\($0.id)" } ?? "/admin/providers/new", sections: [server, account], submit: "保存", cancel: "/admin/providers", findings: findings,
            context: context)
        let title = old.map { "修改“\($0.title)”" } ?? "新增外部登录服务"
        return Shell.page(
            title, crumbs: [Crumb("系统"), Crumb("外部登录服务", "/admin/providers"), Crumb(title)], active: "/admin/providers", status: findings.isEmpty ? .ok : .unprocessableContent,
            body: "\(notice)\(Card(body: "\(form)"))", context: context)
    }

    private func save(_ request: Request, _ context: WebContext, _ old: ExternalProvider?) async throws -> Response {
        let input = try await request.form(context, limit: 32_768)
        var draft = ProviderDraft()
        draft.name = old?.name ?? input["name"] ?? ""
        draft.title = input["title"] ?? ""
        draft.issuer = input["issuer"] ?? ""
        draft.clientId = input["clientId"] ?? ""
        draft.secret = input["secret"]
        draft.rule = input["rule"].flatMap(ExternalProvider.Rule.init) ?? .bound
        draft.loginClaim = input["loginClaim"] ?? ""
        draft.nameClaim = input["nameClaim"] ?? ""
        draft.gateClaim = input["gateClaim"] ?? ""
        draft.gateValue = input["gateValue"] ?? ""
        draft.organisation = input["organisation"] ?? ""
        draft.role = input["role"].flatMap { Int64($0) }
        draft.isOn = input["isOn"] == "1"
        do {
            try await book.save(draft, id: old?.id, by: context.signedIn())
        } catch let failure as Failure where !failure.fields.isEmpty {
            return try await form(request, context, old, input, failure.fields)
        }
        return Shell.done("已保存，即时生效", to: "/admin/providers", context: context)
    }
}

extension Optional {
    fileprivate func asyncMap<Other>(_ body: (Wrapped) async throws -> Other) async rethrows -> Other? {
        guard let self else { return nil }
        return try await body(self)
    }
}
