import Cryptography
import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// 开通账号 (B1.3.2, B2.2.2): an officer of the register gets an account with a one-time password and the role 网格员; the post in the grid follows.
struct GridOfficerPages: Sendable {
    let platform: Platform

    static let additions: [LedgerAdditions] = [
        LedgerAdditions(
            GridOfficer.ledger.name,
            rowActions: [
                LedgerRowAction("开通账号", "Open account", icon: "key", permission: "user.write", opensDialog: true) { record in
                    (record.values["login"]?.text ?? "").isEmpty && record.deletedAt == nil ? "/grid-officers/\(record.id)/account" : nil
                }
            ])
    ]

    func add(to routes: Routes) {
        routes.get("/grid-officers/{id}/account", permission: .named("user.write")) { _, context in try await form(context, "", []) }
        routes.post("/grid-officers/{id}/account", permission: .named("user.write"), use: open)
    }

    private func officer(_ context: WebContext) async throws -> Record {
        let (id, principal) = (try context.id(), try context.signedIn())
        guard let record = try await platform.ledgers.find(GridOfficer.ledger.name, id: id, by: principal), record.deletedAt == nil else { throw Failure.notFound("该网格人员") }
        guard (record.values["login"]?.text ?? "").isEmpty else { throw Failure(.conflict, "JW-G002", "已开通账号 \(record.values["login"]?.text ?? "")") }
        return record
    }

    private func form(_ context: WebContext, _ login: String, _ findings: [FieldFinding]) async throws -> Response {
        let record = try await officer(context)
        let name = record.values["name"]?.text ?? ""
        let (owner, grid) = try await platform.database.read { [platform] reader in
            (
                try record.org.flatMap { try platform.identity.organisations.find($0, reader) },
                try record.values["grid"]?.int.flatMap { try platform.identity.units.find($0, scope: .everything, reader) }
            )
        }
        let fields = [
            FormField("what", "人员", .shown("\(name)，\(record.values["duties"]?.text)，\(grid?.name)")), FormField("where", "账号所属机构", .shown("\(owner?.name)")),
            FormField("login", "登录名", .text, value: login, isRequired: true, help: "3–32 位小写字母、数字或 . _ -", maxLength: 32),
            FormField("role", "角色", .shown("\(BuiltInRole.gridOfficer.title)：只见所在网格及下级网格内的主体")),
        ]
        let form = Form(
            action: "/grid-officers/\(record.id)/account", sections: [FormSection(nil, fields)], submit: "开通并生成一次性密码", cancel: "/ledgers/gridOfficer/\(record.id)",
            findings: findings,
            context: context)
        return Shell.page(
            "开通账号", crumbs: [Crumb(GridSupervision.group), Crumb("网格人员", "/ledgers/gridOfficer"), Crumb("开通账号")], active: "/ledgers/gridOfficer",
            status: findings.isEmpty ? .ok : .unprocessableContent, body: context.isDialog ? "\(form)" : "\(Card(body: "\(form)"))", context: context)
    }

    @Sendable func open(request: Request, context: WebContext) async throws -> Response {
        let record = try await officer(context)
        let login = User.normalized(try await request.form(context)["login"] ?? "")
        do {
            let password = try await Self.account(login, for: record, on: platform, by: context.signedIn())
            return secret(record, login: login, password: password, context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await form(context, login, failure.fields)
        }
    }

    /// The account and the row that names it are one act.
    ///
    /// - Returns: the one-time password.
    static func account(_ login: String, for record: Record, on platform: Platform, by principal: Principal) async throws -> String {
        guard let role = try await platform.identity.roles.all().first(where: { $0.name == BuiltInRole.gridOfficer.rawValue }) else { throw Failure.notFound("网格员角色") }
        let password = OneTimePassword.make()
        let hash = try await platform.identity.users.hash(password)
        try await platform.database.write { tx in
            guard let whole = try platform.ledgers.find(GridOfficer.ledger.name, id: record.id, by: .system(), in: tx) else { throw Failure.notFound("该网格人员") }
            let draft = UserDraft(
                login: login, name: whole.values["name"]?.text ?? "", phone: whole.values["phone"]?.text, organisation: whole.org ?? principal.organisation, roles: [role.id])
            _ = try platform.identity.users.insert(draft, passwordHash: hash, by: principal, in: tx)
            _ = try platform.ledgers.update(GridOfficer.ledger.name, id: record.id, Draft(["login": .string(login)]), by: principal, in: tx)
        }
        return password
    }

    private func secret(_ record: Record, login: String, password: String, _ context: WebContext) -> Response {
        let body: Markup = """
            \(Notice(.good, "请当面或电话告知本人。关闭后不能再次查看；首次登录时必须修改密码。"))<p>登录名 <b class="mono">\(login)</b>，一次性密码：</p><code class="secret">\(password)</code>\
            <div class="form-foot">\(ActionButton("我已记下", .link("/ledgers/gridOfficer/\(record.id)"), style: .primary))</div>
            """
        var response = Shell.page(
            "已开通账号", crumbs: [Crumb("网格人员", "/ledgers/gridOfficer"), Crumb("一次性密码")], active: "/ledgers/gridOfficer", body: context.isDialog ? body : "\(Card(body: body))",
            context: context)
        response.headers[.cacheControl] = "no-store"
        return response
    }
}
