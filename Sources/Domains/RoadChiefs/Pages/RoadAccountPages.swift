import Cryptography
import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// 开通账号 (B3.1.1): a responsible unit gets its administrator, a chief an account, each with a one-time password and the role that fits.
package struct RoadAccountPages: Sendable {
    let platform: Platform

    package init(platform: Platform) { self.platform = platform }

    package enum Kind: String, Sendable {
        case unit, chief

        var ledger: LedgerDeclaration { self == .unit ? ResponsibleUnit.ledger : RoadChief.ledger }
        var title: String { self == .unit ? "开通管理员账号" : "开通账号" }
    }

    func add(to routes: Routes) {
        routes.get("/road-accounts/{kind}/{id}", permission: .named("user.write")) { _, context in try await form(context, "", []) }
        routes.post("/road-accounts/{kind}/{id}", permission: .named("user.write"), use: open)
    }

    private func subject(_ context: WebContext) async throws -> (Kind, Record) {
        let (id, principal) = (try context.id(), try context.signedIn())
        guard let kind = Kind(rawValue: try context.path("kind")), let record = try await platform.ledgers.find(kind.ledger.name, id: id, by: principal), record.deletedAt == nil
        else { throw Failure.notFound("该记录") }
        guard (record.values["login"]?.text ?? "").isEmpty else { throw Failure(.conflict, "JW-B311", "已开通账号 \(record.values["login"]?.text ?? "")") }
        return (kind, record)
    }

    /// A chief of the district reads the whole area, the others their unit's.
    private static func role(_ kind: Kind, _ record: Record) -> String {
        kind == .unit ? RoadRoles.unit : record.values["level"]?.text == "1" ? RoadRoles.leader : RoadRoles.chief
    }

    private func form(_ context: WebContext, _ login: String, _ findings: [FieldFinding]) async throws -> Response {
        let (kind, record) = try await subject(context)
        let name = record.values["name"]?.text ?? "", wanted = Self.role(kind, record)
        let title = RoadRoles.all.first { $0.name == wanted }?.title ?? ""
        let fields = [
            FormField("what", kind == .unit ? "责任单位" : "路长", .shown("\(name)")),
            FormField("login", "登录名", .text, value: login, isRequired: true, help: "3–32 位小写字母、数字或 . _ -", maxLength: 32), FormField("role", "角色", .shown("\(title)")),
        ]
        let path = "/ledgers/\(kind.ledger.name)/\(record.id)"
        let form = Form(
            action: "/road-accounts/\(kind.rawValue)/\(record.id)", sections: [FormSection(nil, fields)], submit: "开通并生成一次性密码", cancel: path, findings: findings, context: context)
        return Shell.form(
            kind.title, crumbs: [Crumb(RoadChiefs.group), Crumb(kind.ledger.title, "/ledgers/\(kind.ledger.name)"), Crumb(name, path), Crumb(kind.title)],
            active: "/ledgers/\(kind.ledger.name)", form, context: context)
    }

    @Sendable func open(request: Request, context: WebContext) async throws -> Response {
        let (kind, record) = try await subject(context)
        let login = User.normalized(try await request.form(context)["login"] ?? "")
        do {
            let password = try await account(login, for: record, kind, by: context.signedIn())
            return secret(kind, record, login: login, password: password, context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await form(context, login, failure.fields)
        }
    }

    /// The account and the row that names it are one act.
    ///
    /// - Returns: the one-time password.
    package func account(_ login: String, for record: Record, _ kind: Kind, by principal: Principal) async throws -> String {
        let wanted = Self.role(kind, record)
        guard let role = try await platform.identity.roles.all().first(where: { $0.name == wanted }) else { throw Failure.notFound("路长制角色") }
        let password = OneTimePassword.make()
        let hash = try await platform.identity.users.hash(password)
        let name = record.values["name"]?.text ?? ""
        let person = kind == .unit ? record.values["contact"]?.text ?? "\(name)管理员" : name
        let draft = UserDraft(login: login, name: String(person.prefix(30)), phone: record.values["phone"]?.text, organisation: record.org, roles: [role.id])
        try await platform.database.write { [platform] tx in
            _ = try platform.identity.users.insert(draft, passwordHash: hash, by: principal, in: tx)
            _ = try platform.ledgers.update(kind.ledger.name, id: record.id, Draft(["login": .string(login)]), by: .system(principal.name), in: tx)
        }
        return password
    }

    private func secret(_ kind: Kind, _ record: Record, login: String, password: String, _ context: WebContext) -> Response {
        let path = "/ledgers/\(kind.ledger.name)/\(record.id)"
        let body: Markup = """
            \(Notice(.good, "请当面或电话告知本人。关闭后不能再次查看；首次登录时必须修改密码。"))<p>登录名 <b class="mono">\(login)</b>，一次性密码：</p><code class="secret">\(password)</code>\
            <div class="form-foot">\(ActionButton("我已记下", .link(path), style: .primary))</div>
            """
        var response = Shell.page(
            "已开通账号", crumbs: [Crumb(kind.ledger.title, "/ledgers/\(kind.ledger.name)"), Crumb("一次性密码")], active: "/ledgers/\(kind.ledger.name)",
            body: Shell.framed(body, context), context: context)
        response.headers[.cacheControl] = "no-store"
        return response
    }
}
