import Cryptography
import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// 检查员账号 (B1.1.6.1): `/inspection/accounts`, one form for the account and everything it is bound to.
struct InspectorAccountPages: Sendable {
    let platform: Platform
    private var accounts: InspectorAccounts { InspectorAccounts(platform: platform) }

    static let menu = MenuItem(
        EnforcementArea.inspection, groupEN: "Inspection", "检查员账号", "Inspectors' accounts", icon: "users", path: "/inspection/accounts",
        permission: ItemBinding.ledger.writePermission,
        order: 555)

    func add(to routes: Routes) {
        let bind = RoutePermission.named(ItemBinding.ledger.writePermission)
        routes.get("/inspection/accounts", permission: bind, use: list)
        routes.get("/inspection/accounts/new", permission: .named("user.write")) { _, context in try await form(InspectorAccounts.Entry(), nil, [], context) }
        routes.post("/inspection/accounts/new", permission: .named("user.write"), use: open)
        routes.get("/inspection/accounts/{id}", permission: bind, use: show)
        routes.post("/inspection/accounts/{id}", permission: bind, use: rebind)
    }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn(), window = ListWindow(context.here)
        let found = try await platform.database.read {
            try accounts.lines(keyword: window.keyword, before: window.before, limit: window.limit, by: principal, in: $0)
        }
        let shown = window.newest(found, id: \.id)
        let rows = shown.rows.map { line in
            TableRow(
                id: "\(line.id)",
                [
                    "\(line.name)", "\(line.login)", "\(Badge(line.isActive ? "在用" : "停用", line.isActive ? .good : .muted))", "\(line.organisation)",
                    "\(line.grids.isEmpty ? "未分配" : line.grids.joined(separator: "、"))", "\(line.post)", "\(line.items == 0 ? "全部" : "\(line.items) 项")",
                ], path: "/inspection/accounts/\(line.id)")
        }
        let columns = [
            Column("name", "姓名"), Column("login", "登录名"), Column("state", "状态"), Column("organisation", "所属部门", isWrapping: true), Column("grid", "所属网格", isWrapping: true),
            Column("post", "身份"),
            Column("items", "检查内容"),
        ]
        let page = ListPage(
            "检查员账号", at: "/inspection/accounts", crumbs: [Crumb(EnforcementArea.inspection)], id: "inspectors", columns: columns, filters: [.keyword(context, "姓名、登录名、部门")],
            empty: "还没有检查员账号",
            add: context.may("user.write") ? ActionButton("新建检查员", .link("/inspection/accounts/new"), icon: "plus", style: .primary) : nil)
        return page.response(rows, shown.pager, context)
    }

    private func form(_ entry: InspectorAccounts.Entry, _ user: Int64?, _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let (departments, grids, items) = try await platform.database.read { reader in
            (try accounts.departments(by: principal, in: reader), try accounts.grids(by: principal, in: reader), try InspectionItem.all(reader))
        }
        var person: [FormField] = []
        if user == nil {
            person = [
                FormField("name", "姓名", .text, value: entry.name, isRequired: true, maxLength: 30),
                FormField("phone", "联系电话", .text, value: entry.phone, isRequired: true, maxLength: 20),
                FormField("idCard", "身份证号码", .text, value: entry.idCard, isRequired: true, help: "登记网格人员台账，加密保存", maxLength: 18),
                FormField("login", "登录名", .text, value: entry.login, isRequired: true, help: "3–32 位小写字母、数字或 . _ -", maxLength: 32),
                FormField(
                    "organisation", "所属部门", .select([Choice("", "请选择")] + departments.map { Choice(String($0.id), $0.name) }), value: entry.organisation.map { String($0) },
                    isRequired: true),
            ]
        } else {
            let department = departments.first { $0.id == entry.organisation }?.name ?? ""
            person = [
                FormField("who", "检查员", .shown("\(entry.name)（\(entry.login)）\(Markup.when(context.may("user.write"), " <a href=\"/admin/users\">姓名、电话、部门在用户管理中修改</a>"))")),
                FormField("where", "所属部门", .shown("\(department)")),
            ]
        }
        let choices = items.map { item in
            Choice(item.code, item.name + (item.isSpecial ? "（特种）" : ""), group: platform.dictionaries.title(of: item.responsibility, in: .mainResponsibility))
        }
        let bound = [
            FormField(
                "grid", "所属网格", .select([Choice("", "请选择")] + grids.map { Choice(String($0.id), $0.name) }), value: entry.grid.map { String($0) }, isRequired: true,
                help: "只检查网格内的主体"),
            FormField("post", "身份", .text, value: entry.post, isRequired: true, help: "如 网格长、网格员", maxLength: 30),
            FormField(
                "groups", "检查项分组", .multiSelect(platform.dictionaries.items(.itemGroup, on: nil).map { Choice($0.code, $0.title) }), help: "选中的分组，其中的检查项全部绑定", isWide: true),
            FormField("items", "检查内容", .multiSelect(choices), values: entry.items, help: "可另选单项；移动端只出现绑定的检查项", isWide: true),
            FormField("duties", "工作职责", .textArea(rows: 3), value: entry.duties, maxLength: 300, isWide: true),
        ]
        let path = user.map { "/inspection/accounts/\($0)" } ?? "/inspection/accounts/new"
        let form = Form(
            action: path, sections: [FormSection(user == nil ? "账号" : nil, person), FormSection("绑定", bound)], submit: user == nil ? "开通并生成一次性密码" : "保存",
            cancel: "/inspection/accounts",
            findings: findings, context: context)
        return Shell.form(
            user == nil ? "新建检查员" : entry.name, crumbs: [Crumb(EnforcementArea.inspection), Crumb("检查员账号", "/inspection/accounts"), Crumb(user == nil ? "新建" : entry.name)],
            active: "/inspection/accounts", form, context: context)
    }

    private func read(_ input: FormInput, into entry: inout InspectorAccounts.Entry) async throws {
        let groups = input.all("groups")
        entry.grid = input["grid"].flatMap { Int64($0) }
        entry.post = input["post"] ?? ""
        let chosen = try await platform.database.read { try accounts.items(ofGroups: groups, in: $0) }
        entry.items = Array(Set(input.all("items") + chosen)).sorted()
        entry.duties = input["duties"] ?? ""
    }

    @Sendable func open(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn(), input = try await request.form(context)
        var entry = InspectorAccounts.Entry()
        entry.login = User.normalized(input["login"] ?? "")
        entry.name = input["name"] ?? ""
        entry.phone = input["phone"] ?? ""
        entry.idCard = input["idCard"] ?? ""
        entry.organisation = input["organisation"].flatMap { Int64($0) }
        try await read(input, into: &entry)
        let password = OneTimePassword.make()
        let hash = try await platform.identity.users.hash(password)
        do {
            let wanted = entry
            _ = try await platform.database.write { try accounts.open(wanted, passwordHash: hash, by: principal, in: $0) }
            return secret(entry, password, context)
        } catch let failure as Failure where failure.kind == .invalid { return try await form(entry, nil, failure.fields, context) }
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn(), id = try context.id()
        let entry = try await platform.database.read { try accounts.entry(of: id, by: principal, in: $0) }
        return try await form(entry, id, [], context)
    }

    @Sendable func rebind(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn(), id = try context.id(), input = try await request.form(context)
        var entry = try await platform.database.read { try accounts.entry(of: id, by: principal, in: $0) }
        try await read(input, into: &entry)
        do {
            let wanted = entry
            try await platform.database.write { try accounts.rebind(wanted, by: principal, in: $0) }
            return Shell.done("已保存“\(entry.name)”的网格与检查内容", to: "/inspection/accounts", context: context)
        } catch let failure as Failure where failure.kind == .invalid { return try await form(entry, id, failure.fields, context) }
    }

    private func secret(_ entry: InspectorAccounts.Entry, _ password: String, _ context: WebContext) -> Response {
        let body: Markup = """
            \(Notice(.good, "账号、网格、检查内容已一并绑定。请当面或电话告知本人；关闭后不能再次查看，首次登录时必须修改密码。"))<p>登录名 <b class="mono">\(entry.login)</b>，一次性密码：</p><code class="secret">\(password)</code>\
            <div class="form-foot">\(ActionButton("我已记下", .link("/inspection/accounts"), style: .primary))</div>
            """
        var response = Shell.page(
            "已开通账号", crumbs: [Crumb("检查员账号", "/inspection/accounts"), Crumb("一次性密码")], active: "/inspection/accounts", body: context.isDialog ? body : "\(Card(body: body))",
            context: context)
        response.headers[.cacheControl] = "no-store"
        return response
    }
}
