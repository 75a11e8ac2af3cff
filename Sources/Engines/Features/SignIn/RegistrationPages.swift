import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 自助注册 (D9.2.7): asking at the door, how the matter stands, and the desk of those who decide.
struct RegistrationPages: Sendable {
    let platform: Platform

    static let menu = MenuItem("系统", groupEN: "System", "注册审核", "Registrations", icon: "inbox", path: "/admin/registrations", permission: "registration.review", order: 8922)

    private var registrations: Registrations { platform.identity.registrations }

    func add(to routes: Routes) {
        routes.get("/register", permission: .open) { _, context in try await door(context, [:], []) }
        routes.post("/register", permission: .open, use: apply)
        routes.get("/register/status", permission: .open) { _, context in statusPage(context, nil, isAsked: false) }
        routes.post("/register/status", permission: .open, use: status)
        let reviews = RoutePermission.named("registration.review")
        routes.get("/admin/registrations", permission: reviews, use: list)
        routes.get("/admin/registrations/{id}", permission: reviews) { _, context in try await show(context, []) }
        routes.post("/admin/registrations/{id}/approve", permission: reviews, use: approve)
        routes.post("/admin/registrations/{id}/refuse", permission: reviews, use: refuse)
    }

    // MARK: The door

    private static let names = ["kind", "login", "name", "phone", "code", "company", "county", "purpose"]

    private func door(_ context: WebContext, _ written: [String: String], _ findings: [FieldFinding]) async throws -> Response {
        guard registrations.isOn else { throw Failure(.notFound, "JW-I050", "本系统未开放自助注册，请联系管理员开通账号") }
        let kind = Registration.Kind(rawValue: written["kind"] ?? context.here["kind"] ?? "") ?? .person
        let captcha = try await registrations.challenge()
        let counties = try await platform.database.read { reader in
            try reader.rows("SELECT area, name FROM organisations WHERE kind = 'county' AND state = 'active' ORDER BY area").map {
                Choice($0.text("area") ?? "", $0.text("name") ?? "")
            }
        }
        func fault(_ name: String) -> String? { findings.first { $0.field == name }?.message }
        func field(_ name: String, _ title: String, _ control: FormField.Kind = .text, help: String? = nil, most: Int = 64) -> FormField {
            FormField(name, title, control, value: written[name], isRequired: true, help: help, error: fault(name), maxLength: most)
        }
        var fields: [FormField] = []
        if kind == .enterprise { fields += [field("company", "企业名称", most: 60), field("code", "统一社会信用代码", most: 18)] }
        if kind == .person { fields.append(field("code", "所在单位编号", help: "企业填统一社会信用代码或联网企业编号，机关填行政区划代码")) }
        fields += [
            field("county", "县（区、市）", .select(counties)), field("name", kind == .person ? "姓名" : "管理员姓名", most: 30), field("phone", "联系电话", most: 20),
            field("login", "登录名", help: "3–32 位小写字母、数字或 . _ -", most: 32), field("password", "密码", .password, help: context.site.sessions.passwordHint, most: 128),
            field("purpose", "用途", help: "如：负责本单位门禁数据填报", most: 200),
        ]
        let tabs = Tabs(Registration.Kind.allCases.map { Tabs.Tab($0.title, "/register?kind=\($0.rawValue)", isActive: $0 == kind) })
        let mark: Markup = fault("captcha").map { "<p class=\"field-error\" role=\"alert\">\($0)</p>" } ?? .empty
        let extra: Markup = """
            <input type="hidden" name="kind" value="\(kind.rawValue)"><input type="hidden" name="captcha_id" value="\(captcha)">
            """
        let picture = FormField(
            "captcha", "验证码",
            .shown(
                """
                <div class="captcha"><input class="form-control" name="captcha" aria-label="验证码" autocomplete="off" autocapitalize="characters" required maxlength="6">\
                <img src="/login/captcha?id=\(captcha)" width="168" height="56" alt="图形验证码；看不清请刷新页面"></div>\(mark)
                """))
        let form = Form(
            action: "/register", sections: [FormSection(nil, fields + [picture])], submit: "提交申请", cancel: "/login", findings: findings.filter { $0.field != "captcha" },
            extra: extra,
            context: context)
        let note = "提交后由管理员审核；审核结果凭申请编号和电话查询。"
        return LoginPage.frame(
            "申请账号", "<h2>申请账号</h2>\(tabs)\(form)<p class=\"muted\">\(note)<a href=\"/register/status\" hx-boost=\"false\">查询申请结果</a></p>",
            status: findings.isEmpty ? .ok : .unprocessableContent, context)
    }

    @Sendable func apply(request: Request, context: WebContext) async throws -> Response {
        let form = try await request.form(context, limit: 32_768)
        let written = Dictionary(uniqueKeysWithValues: Self.names.compactMap { name in form[name].map { (name, $0) } })
        let draft = RegistrationDraft(
            kind: Registration.Kind(rawValue: written["kind"] ?? "") ?? .person, login: written["login"] ?? "", name: written["name"] ?? "", phone: written["phone"] ?? "",
            password: form["password"] ?? "", code: written["code"] ?? "", company: written["company"] ?? "", county: written["county"] ?? "", purpose: written["purpose"] ?? "",
            captcha: (form["captcha_id"] ?? "", form["captcha"] ?? ""))
        do {
            let number = try await registrations.apply(draft, from: context.address)
            let body: Markup = """
                <h2>申请已提交</h2><p>申请编号：</p><code class="secret">\(number)</code><p>请记下申请编号。审核通过后，用您填写的登录名和密码登录，首次登录须修改密码。</p>\
                <p><a href="/register/status" hx-boost="false">查询申请结果</a>　<a href="/login" hx-boost="false">返回登录</a></p>
                """
            return LoginPage.frame("申请已提交", body, context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await door(context, written, failure.fields)
        }
    }

    private func statusPage(_ context: WebContext, _ found: Registration?, isAsked: Bool) -> Response {
        let fields = [FormField("number", "申请编号", .text, isRequired: true, maxLength: 20), FormField("phone", "申请时填写的电话", .text, isRequired: true, maxLength: 20)]
        let form = Form(action: "/register/status", sections: [FormSection(nil, fields)], submit: "查询", cancel: "/login", context: context)
        var answer: Markup = .empty
        if let found {
            let tone: Tone = found.state == .approved ? .good : found.state == .refused ? .red : .info
            answer = "\(Notice(tone, "申请 \(found.number)：\(found.state.title)\(found.reason.map { "，原因：\($0)" } ?? "")"))"
        } else if isAsked {
            answer = "\(Notice(.yellow, "没有相符的申请，请核对申请编号和电话。"))"
        }
        return LoginPage.frame("查询申请结果", "<h2>查询申请结果</h2>\(answer)\(form)", context)
    }

    @Sendable func status(request: Request, context: WebContext) async throws -> Response {
        let form = try await request.form(context, limit: 4096)
        let found = try await registrations.standing(of: form["number"] ?? "", phone: form["phone"] ?? "")
        return statusPage(context, found, isAsked: true)
    }

    // MARK: The desk

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let scope = try context.signedIn().scope
        let here = context.here
        let size = min(max(here["size"].flatMap { Int($0) } ?? 50, 1), 200)
        let state = here["state"] == "all" ? nil : here["state"].flatMap(Registration.State.init) ?? .pending
        let found = try await platform.database.read { [registrations] reader in
            try registrations.page(state: state, keyword: here["q"], scope: scope, before: here["after"].flatMap { Int64($0) }, limit: size + 1, reader)
        }
        let rows = found.prefix(size).map { one -> TableRow in
            let tone: Tone = one.state == .pending ? .info : one.state == .approved ? .good : .muted
            let cells: [Markup] = [
                "\(one.at)", "\(one.kind.title)", "\(one.name)", "<span class=\"mono\">\(one.login)</span>", "\(one.company.isEmpty ? one.code : one.company)", "\(one.purpose)",
                "\(Badge(one.state.title, tone))",
            ]
            return TableRow(id: String(one.id), cells, path: "/admin/registrations/\(one.id)")
        }
        let columns = [
            Column("at", "申请时间"), Column("kind", "类别"), Column("name", "姓名"), Column("login", "登录名"), Column("company", "单位", isWrapping: true),
            Column("purpose", "用途", isWrapping: true), Column("state", "状态"),
        ]
        let fields = [
            FormField("q", "关键字", .text, value: here["q"], placeholder: "登录名、姓名、申请编号、信用代码"),
            FormField("state", "状态", .select(Registration.State.allCases.map { Choice($0.rawValue, $0.title) } + [Choice("all", "全部")]), value: here["state"] ?? "pending"),
        ]
        let start = here.restarting
        let pager = Pager(
            first: here["after"] == nil ? nil : start.text, next: found.count > size ? found.prefix(size).last.map { start.with("after", String($0.id)).text } : nil, size: size,
            sizes: [20, 50, 100])
        let note: Markup = registrations.isOn ? .empty : "\(Notice(.info, "自助注册尚未开放：由安全管理员在“登录与密码规则”中开启。"))"
        let table = DataTable(id: "registrations", columns: columns, rows: Array(rows), address: here, pager: pager, empty: "没有符合条件的申请")
        return Shell.page(
            "注册审核", crumbs: [Crumb("系统"), Crumb("注册审核")], active: "/admin/registrations",
            body: "\(note)\(SearchForm(action: "/admin/registrations", fields: fields, table: "registrations"))\(table)", context: context)
    }

    private func show(_ context: WebContext, _ findings: [FieldFinding]) async throws -> Response {
        let (id, scope) = (try context.id(), try context.signedIn().scope)
        let (found, obstacles, owner) = try await platform.database.read { [registrations, platform] reader in
            let found = try registrations.find(id, scope: scope, reader)
            return (found, try found.map { try registrations.obstacles($0, reader) } ?? [], try found?.org.flatMap { try platform.identity.organisations.find($0, reader) })
        }
        guard let one = found else { throw Failure.notFound("该申请") }
        let county = one.area.map { Region(code: $0 + String(repeating: "0", count: max(0, 6 - $0.utf8.count)))?.path ?? $0 }
        var items: [DescriptionList.Item] = [
            .init("申请编号", "<span class=\"mono\">\(one.number)</span>"), .init("类别", "\(one.kind.title)"), .init("状态", "\(one.state.title)"), .init("姓名", "\(one.name)"),
            .init("登录名", "<span class=\"mono\">\(one.login)</span>"), .init("联系电话", "\(Masking.phone(one.phone))"), .init("单位编号", "<span class=\"mono\">\(one.code)</span>"),
            .init("单位", "\(one.kind == .enterprise ? one.company : owner?.name ?? "无此机构")"), .init("地区", "\(county)"), .init("用途", "\(one.purpose)", isWide: true),
            .init("申请时间", "\(one.at)"), .init("网络地址", "\(one.address)"),
        ]
        if let at = one.decidedAt { items.append(.init("审核", "\(at) \(one.decidedByName)")) }
        if let reason = one.reason { items.append(.init("原因", "\(reason)", isWide: true)) }
        var body: Markup = "\(Card(body: "\(DescriptionList(items))"))"
        if one.state == .pending { body += try await decision(one, obstacles, findings, context) }
        return Shell.page(
            "注册申请 \(one.number)", crumbs: [Crumb("系统"), Crumb("注册审核", "/admin/registrations"), Crumb(one.number)], active: "/admin/registrations",
            status: findings.isEmpty ? .ok : .unprocessableContent, body: body, context: context)
    }

    private func decision(_ one: Registration, _ obstacles: [String], _ findings: [FieldFinding], _ context: WebContext) async throws -> Markup {
        let path = "/admin/registrations/\(one.id)"
        let kind: Organisation.Kind? =
            one.kind == .enterprise
            ? .enterprise : try await platform.database.read { [platform] reader in try one.org.flatMap { try platform.identity.organisations.find($0, reader)?.kind } }
        let roles = try await platform.identity.roles.all().filter { role in kind.map(role.kinds.contains) ?? false }
        let first = one.kind == .enterprise ? roles.first { $0.name == BuiltInRole.enterpriseAdmin.rawValue } : nil
        let role = FormField(
            "role", "角色", .select(roles.map { Choice(String($0.id), "\($0.title)（\($0.scope.title)）") }), value: first.map { String($0.id) }, isRequired: true,
            help: one.kind == .enterprise ? "通过后建立企业机构，申请人为其管理员" : "不能授予超出您本人的权限")
        let notes = obstacles.map { text -> Markup in "\(Notice(.red, "不能通过：\(text)"))" }
        let approve = Form(action: "\(path)/approve", sections: [FormSection(nil, [role])], submit: "通过", cancel: nil, findings: findings, context: context)
        let reason = FormField("reason", "原因", .text, isRequired: true, help: "申请人查询时可见", maxLength: 200)
        let refuse = Form(action: "\(path)/refuse", sections: [FormSection(nil, [reason])], submit: "不通过", cancel: nil, findings: findings, context: context)
        let pass: Markup = obstacles.isEmpty ? "\(Card("通过", body: "\(approve)"))" : "\(Card("通过", body: "\(notes)"))"
        return "\(Grid(.halves, [pass, "\(Card("不通过", body: "\(refuse)"))"]))"
    }

    @Sendable func approve(request: Request, context: WebContext) async throws -> Response {
        let role = try await request.form(context, limit: 4096)["role"].flatMap { Int64($0) }
        do {
            guard let role else { throw Failure.invalid([FieldFinding("role", "required", "不能为空", title: "角色")]) }
            try await registrations.approve(context.id(), role: role, by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            let findings = failure.fields.map { FieldFinding("role", $0.code, $0.title.isEmpty || $0.field == "role" ? $0.message : $0.title + $0.message, title: "角色") }
            return try await show(context, findings)
        }
        return Shell.done("已通过，账号已开通", to: "/admin/registrations", context: context)
    }

    @Sendable func refuse(request: Request, context: WebContext) async throws -> Response {
        let reason = try await request.form(context, limit: 4096)["reason"] ?? ""
        do {
            try await registrations.refuse(context.id(), reason: reason, by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return try await show(context, failure.fields)
        }
        return Shell.done("已退回申请", to: "/admin/registrations", context: context)
    }
}
