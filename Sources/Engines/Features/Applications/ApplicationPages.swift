import Cryptography
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 应用接入: applications apply, a security administrator decides, the secret is shown once.
struct ApplicationPages: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        let (reads, writes, decides) = (RoutePermission.named("application.read"), RoutePermission.named("application.write"), RoutePermission.named("application.approve"))
        routes.get("/admin/applications", permission: reads, use: list)
        routes.get("/admin/applications/new", permission: writes) { _, context in try await form(context, nil, []) }
        routes.post("/admin/applications/new", permission: writes, use: apply)
        routes.get("/admin/applications/{id}", permission: reads, use: show)
        routes.get("/admin/applications/{id}/approve", permission: decides) { _, context in try await ask(context, "approve", "批准接入", "批准后应用即可接入。") }
        routes.post("/admin/applications/{id}/approve", permission: decides, isDangerous: true, use: Routes.guarded(.application, approve))
        routes.post("/admin/applications/{id}/decide/{state}", permission: decides, isDangerous: true, use: Routes.guarded(.application, decide))
        routes.get("/admin/applications/{id}/secret", permission: decides) { _, context in try await ask(context, "secret", "更换密钥", "旧密钥和已发的令牌立即失效。") }
        routes.post("/admin/applications/{id}/secret", permission: decides, isDangerous: true, use: Routes.guarded(.application, renew))
    }

    private var applications: Applications { platform.identity.tokens.applications }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let scope = try context.signedIn().scope
        let address = context.here
        let size = min(max(address["size"].flatMap { Int($0) } ?? 50, 1), 200)
        let (keyword, state, before) = (address["q"], address["state"].flatMap(ClientApplication.State.init), address["after"].flatMap { Int64($0) })
        let found = try await platform.database.read { [applications] reader in
            try applications.page(keyword: keyword, state: state, scope: scope, before: before, limit: size, reader)
        }
        let fields = [
            FormField("q", "关键字", .text, value: keyword, placeholder: "应用名称或编号"),
            FormField("state", "状态", .select(ClientApplication.State.allCases.map { Choice($0.rawValue, $0.title) }), value: address["state"]),
        ]
        let columns = [Column("name", "应用"), Column("client", "应用编号"), Column("kind", "类型", isWrapping: true), Column("by", "申请人"), Column("at", "申请时间"), Column("state", "状态")]
        let rows = found.map { one in
            TableRow(
                id: String(one.id),
                [
                    "\(one.name)", "<span class=\"mono\">\(one.clientId)</span>", "\(one.kind == .confidential ? "服务端" : "浏览器或手机")", "\(one.appliedByName)", "\(one.appliedAt)",
                    "\(badge(one.state))",
                ], path: "/admin/applications/\(one.id)")
        }
        let start = address.restarting
        let pager = Pager(
            first: before == nil ? nil : start.text, next: found.count == size ? found.last.map { start.with("after", String($0.id)).text } : nil, size: size, sizes: [20, 50, 100])
        let table = DataTable(id: "applications", columns: columns, rows: rows, address: address, pager: pager, empty: "没有符合条件的应用，点击“申请接入”登记第一个")
        let action: Markup = context.may("application.write") ? "\(ActionButton("申请接入", .link("/admin/applications/new"), icon: "plus", style: .primary))" : .empty
        return Shell.page(
            "应用接入", crumbs: [Crumb("系统"), Crumb("应用接入")], active: "/admin/applications", actions: action,
            body: "\(SearchForm(action: "/admin/applications", fields: fields, table: "applications"))\(table)", context: context)
    }

    private func badge(_ state: ClientApplication.State) -> Badge {
        switch state {
        case .applied: Badge(state.title, .yellow, isDot: true)
        case .approved: Badge(state.title, .good, isDot: true)
        case .rejected: Badge(state.title, .red, isDot: true)
        case .suspended: Badge(state.title, .muted, isDot: true)
        }
    }

    // MARK: Applying

    private func form(_ context: WebContext, _ input: FormInput?, _ findings: [FieldFinding]) async throws -> Response {
        let declared = try await platform.database.read { [platform] reader in try platform.identity.roles.declared(reader) }
        let scopes = TokenScope.titles.map { Choice($0.name, "\($0.name) · \($0.title)") } + declared.map { Choice($0.name, "\($0.name) · \($0.title)") }
        let sections = [
            FormSection(
                "应用",
                [
                    FormField("name", "应用名称", .text, value: input?["name"], isRequired: true, maxLength: 40),
                    FormField(
                        "kind", "类型", .select(ClientApplication.Kind.allCases.map { Choice($0.rawValue, $0.title) }), value: input?["kind"] ?? "confidential", isRequired: true),
                    FormField(
                        "algorithm", "身份令牌签名", .select(TokenKey.Algorithm.allCases.map { Choice($0.rawValue, $0.rawValue) }), value: input?["algorithm"] ?? "RS256",
                        isRequired: true),
                    FormField("peer", "对端单位与联系人", .text, value: input?["peer"], isRequired: true, help: "如：市公安局交管支队 · 集成指挥平台 · 王工 0311-0000", maxLength: 200, isWide: true),
                    FormField(
                        "validUntil", "接入有效期至", .day, value: input?["validUntil"] ?? platform.clock.today.adding(days: 365).text, isRequired: true, help: "到期自动切断，至多三年"),
                    FormField(
                        "networks", "允许的来源网段", .textArea(rows: 2), value: input?["networks"], help: "服务端应用调用接口的来源，一行一个，如 10.20.0.0/16；不填为不限", isWide: true),
                    FormField("purpose", "用途", .textArea(rows: 2), value: input?["purpose"], isRequired: true, help: "审批人和用户都会看到", maxLength: 500, isWide: true),
                ]),
            FormSection(
                "授权",
                [
                    FormField(
                        "grants", "授权方式", .multiSelect(ClientApplication.Grant.allCases.map { Choice($0.rawValue, $0.title) }),
                        values: input?.all("grants") ?? [ClientApplication.Grant.code.rawValue, ClientApplication.Grant.refresh.rawValue], isRequired: true, isWide: true),
                    FormField("redirects", "回调地址", .textArea(rows: 3), value: input?["redirects"], help: "一行一个，须与请求中的完全一致", isWide: true),
                    FormField(
                        "backChannel", "退出通知地址（后台）", .text, value: input?["backChannel"], help: "用户退出或会话被终止时，向此地址发送 logout_token（OpenID Connect Back-Channel Logout）",
                        maxLength: 500, isWide: true),
                    FormField(
                        "frontChannel", "退出通知地址（浏览器）", .text, value: input?["frontChannel"], help: "统一退出页在浏览器中打开此地址，带 iss 与 sid", maxLength: 500, isWide: true),
                    FormField("scopes", "权限范围", .dropdown(scopes), values: input?.all("scopes") ?? [TokenScope.openid, TokenScope.profile], isRequired: true, isWide: true),
                ]),
        ]
        let form = Form(action: "/admin/applications/new", sections: sections, submit: "提交申请", cancel: "/admin/applications", findings: findings, context: context)
        return Shell.page(
            "申请接入", crumbs: [Crumb("系统"), Crumb("应用接入", "/admin/applications"), Crumb("申请接入")], active: "/admin/applications",
            status: findings.isEmpty ? .ok : .unprocessableContent,
            body: "\(Card(body: "\(form)"))", context: context)
    }

    @Sendable func apply(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context)
        var draft = ApplicationDraft(
            name: input["name"] ?? "", kind: input["kind"].flatMap(ClientApplication.Kind.init) ?? .open,
            redirects: (input["redirects"] ?? "").split(whereSeparator: \.isWhitespace).map(String.init), grants: input.all("grants").compactMap(ClientApplication.Grant.init),
            scopes: input.all("scopes"), algorithm: input["algorithm"] ?? "RS256", purpose: input["purpose"] ?? "")
        (draft.backChannel, draft.frontChannel) = (input["backChannel"] ?? "", input["frontChannel"] ?? "")
        draft.peer = (input["peer"] ?? "").trimmedSpaces
        draft.networks = (input["networks"] ?? "").split(whereSeparator: { $0.isWhitespace || $0 == "," || $0 == "，" || $0 == "、" }).map(String.init)
        draft.validUntil = input["validUntil"].flatMap { Day(parsing: $0) }
        draft.namesPeer = true
        let wanted = draft
        let declared = try await platform.database.read { [platform] reader in try platform.identity.roles.declared(reader) }
        do {
            let id = try await applications.apply(wanted, permissions: Set(declared.map(\.name)), by: context.signedIn())
            return Shell.done("已提交，等待安全管理员审批", to: "/admin/applications/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await form(context, input, failure.fields)
        }
    }

    // MARK: One application

    private func application(_ context: WebContext) async throws -> ClientApplication {
        let (id, scope) = (try context.id(), try context.signedIn().scope)
        guard let found = try await platform.database.read({ [applications] reader in try applications.find(id, scope: scope, reader) }) else { throw Failure.notFound("应用") }
        return found
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let one = try await application(context)
        let organisation = try await platform.identity.organisations.find(one.org)
        let decided: Markup = "\(one.decidedByName) \(one.decidedAt)"
        let redirects: Markup = "<span class=\"keeps-lines mono\">\(one.redirects.joined(separator: "\n"))</span>"
        let scopes: Markup = "<span class=\"mono\">\(one.scopes.joined(separator: " "))</span>"
        let document: Markup = "<a href=\"/.well-known/openid-configuration\" hx-boost=\"false\">/.well-known/openid-configuration</a>"
        var items: [DescriptionList.Item] = []
        items.append(.init("应用编号 client_id", "<code>\(one.clientId)</code>"))
        items.append(.init("状态", "\(badge(one.state))"))
        items.append(.init("类型", "\(one.kind.title)"))
        items.append(.init("所属机构", "\(organisation?.name)"))
        items.append(.init("申请人", "\(one.appliedByName)，\(one.appliedAt)"))
        items.append(.init("审批人", decided))
        if !one.peer.isEmpty { items.append(.init("对端单位与联系人", "\(one.peer)", isWide: true)) }
        let isOver = one.validUntil.map { $0 < platform.clock.today } ?? false
        items.append(.init("接入有效期至", "\(one.validUntil?.text ?? "未限定") \(Markup.when(isOver, "\(Badge("已到期，调用被拒绝", .red))"))"))
        items.append(.init("允许的来源网段", "\(one.networks.isEmpty ? "不限" : one.networks.map(\.text).joined(separator: "、"))"))
        items.append(.init("身份令牌签名", "\(one.algorithm)"))
        items.append(.init("授权方式", "\(one.grants.map(\.title).joined(separator: "、"))", isWide: true))
        items.append(.init("回调地址", redirects, isWide: true))
        if !one.backChannel.isEmpty || !one.frontChannel.isEmpty {
            let told = try await platform.identity.logoutNotices.tally(of: one.id)
            let tally = one.backChannel.isEmpty ? "" : "；已通知 \(told.good) 次，未送达 \(told.failed) 次"
            items.append(.init("退出通知地址", "<span class=\"mono\">\(one.backChannel) \(one.frontChannel)</span>\(tally)", isWide: true))
        }
        items.append(.init("权限范围", scopes, isWide: true))
        items.append(.init("用途", "\(one.purpose)", isWide: true))
        items.append(.init("发现文档", document, isWide: true))
        let facts = DescriptionList(items)
        var actions: Markup = .empty
        if context.may("application.approve") {
            let path = "/admin/applications/\(one.id)"
            if one.state != .approved { actions += "\(ActionButton("批准", .dialog("\(path)/approve"), icon: "check", style: .primary))" }
            if one.state == .applied { actions += "\(ActionButton("不予通过", .post("\(path)/decide/rejected", confirm: "确定不予通过？"), icon: "x"))" }
            if one.state == .approved {
                if one.kind == .confidential { actions += "\(ActionButton("更换密钥", .dialog("\(path)/secret"), icon: "key"))" }
                actions += "\(ActionButton("停用", .post("\(path)/decide/suspended", confirm: "已发的令牌立即失效。确定停用？"), icon: "ban", style: .danger))"
            }
        }
        return Shell.page(
            one.name, crumbs: [Crumb("系统"), Crumb("应用接入", "/admin/applications"), Crumb(one.name)], active: "/admin/applications", actions: actions,
            body: "\(Card(body: "\(facts)"))",
            context: context)
    }

    private func ask(_ context: WebContext, _ act: String, _ title: String, _ warning: String) async throws -> Response {
        let one = try await application(context)
        let risk: Markup = one.grants.contains(.password) ? "\(Notice(.red, "此应用申请了用户名密码方式：用户须把密码交给应用，不推荐。"))" : .empty
        let facts = FormField("what", "应用", .shown("\(one.name)（\(one.clientId)）"), isWide: true)
        let form = Form(
            action: "/admin/applications/\(one.id)/\(act)", sections: [FormSection(nil, [facts])], submit: title, cancel: "/admin/applications/\(one.id)", context: context)
        return Shell.page(
            title, crumbs: [Crumb("应用接入", "/admin/applications"), Crumb(title)], active: "/admin/applications", body: "\(risk)\(Notice(.yellow, "\(warning)"))\(form)",
            context: context)
    }

    @Sendable func approve(request: Request, context: WebContext) async throws -> Response {
        let one = try await application(context)
        if let secret = try await applications.decide(.approved, one.id, opinion: nil, by: context.signedIn()) { return shown(secret, one, context) }
        return Shell.done("“\(one.name)”已批准", to: "/admin/applications/\(one.id)", context: context)
    }

    @Sendable func decide(request: Request, context: WebContext) async throws -> Response {
        guard let state = ClientApplication.State(rawValue: try context.path("state")), state == .rejected || state == .suspended else { throw Failure.notFound("该页面") }
        let one = try await application(context)
        _ = try await applications.decide(state, one.id, opinion: nil, by: context.signedIn())
        return Shell.done("“\(one.name)”\(state.title)", to: "/admin/applications/\(one.id)", context: context)
    }

    @Sendable func renew(request: Request, context: WebContext) async throws -> Response {
        let one = try await application(context)
        return shown(try await applications.renewSecret(one.id, by: context.signedIn()), one, context)
    }

    /// Once: no address leads here again.
    private func shown(_ secret: String, _ one: ClientApplication, _ context: WebContext) -> Response {
        let body: Markup = """
            \(Notice(.good, "请安全地交给应用的开发者。离开此页后不能再次查看。"))<p>应用编号 <code>\(one.clientId)</code>，密钥 client_secret：</p><code class="secret">\(secret)</code>\
            <div class="form-foot">\(ActionButton("我已记下", .link("/admin/applications/\(one.id)"), style: .primary))</div>
            """
        var response = Shell.page(
            "“\(one.name)”的密钥", crumbs: [Crumb("应用接入", "/admin/applications"), Crumb("密钥")], active: "/admin/applications", body: Shell.framed(body, context),
            context: context)
        response.headers[.cacheControl] = "no-store"
        return response
    }
}
