import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 证书与密钥 of one person: an administrator registers what the person may sign in with.
struct CertificatePages: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        routes.get("/admin/users/{id}/certificates", permission: .named("user.read")) { _, context in try await page(context, nil, []) }
        routes.post("/admin/users/{id}/certificates", permission: .named("user.write"), isDangerous: true, use: register)
        routes.post("/admin/users/{id}/certificates/{certificate}/revoke", permission: .named("user.write"), isDangerous: true, use: revoke)
    }

    private var certificates: UserCertificates { platform.identity.certificates }

    private func page(_ context: WebContext, _ input: FormInput?, _ findings: [FieldFinding]) async throws -> Response {
        let scope = try context.signedIn().scope
        guard let user = try await platform.identity.users.find(context.id()), scope.admits(org: user.organisation, area: user.area) else { throw Failure.notFound("用户") }
        let found = try await platform.database.read { [certificates] in try certificates.list(of: user.id, $0) }
        let now = platform.clock.now
        let mayWrite = context.may("user.write")
        let rows = found.map { one -> TableRow in
            let revoke = ActionButton(
                "撤销", .post("/admin/users/\(user.id)/certificates/\(one.id)/revoke", confirm: "撤销后不能再用它登录，用它登录的会话立即退出。确定？"), icon: "ban", style: .danger)
            let cells: [Markup] = [
                "\(one.title)", "\(one.isCertificate ? "证书" : "公钥") \(one.algorithm)", "\(one.issuer)", "<span class=\"mono wraps\">\(one.fingerprint.prefix(32))…</span>",
                until(one, now),
                "\(one.createdBy) \(one.createdAt.text)", "\(one.lastUsedAt)",
            ]
            return TableRow(id: String(one.id), cells, actions: mayWrite && one.revokedAt == nil ? "\(revoke)" : .empty)
        }
        let columns = [
            Column("title", "名称或主体", isWrapping: true), Column("kind", "种类"), Column("issuer", "颁发者", isWrapping: true), Column("fingerprint", "指纹（SHA-256）"),
            Column("until", "状态"),
            Column("by", "登记", isWrapping: true), Column("used", "最近使用"),
        ]
        let table = DataTable(id: "certificates", columns: columns, rows: rows, address: context.here, empty: "尚未登记。登记后，此人可用数字证书或密钥签名登录", hasTools: false)
        let form = Form(
            action: "/admin/users/\(user.id)/certificates",
            sections: [
                FormSection(
                    nil,
                    [
                        FormField("title", "名称", .text, value: input?["title"], help: "不填则用证书主体", maxLength: 100, isWide: true),
                        FormField(
                            "pem", "证书或公钥（PEM）", .textArea(rows: 8), value: input?["pem"], isRequired: true, help: "X.509 证书（RSA、EC、SM2），或 SM2、RSA（2048 位以上）公钥；请当面核对指纹",
                            isWide: true),
                    ])
            ], submit: "登记", cancel: "/admin/users/\(user.id)", findings: findings, context: context)
        return Shell.page(
            "证书与密钥", crumbs: [Crumb("系统"), Crumb("用户管理", "/admin/users"), Crumb(user.name, "/admin/users/\(user.id)"), Crumb("证书与密钥")], active: "/admin/users",
            status: findings.isEmpty ? .ok : .unprocessableContent, body: "\(table)\(mayWrite ? "\(Card("登记证书或公钥", body: "\(form)"))" as Markup : Markup.empty)", context: context)
    }

    private func until(_ one: UserCertificates.Entry, _ now: Moment) -> Markup {
        if one.revokedAt != nil { return "\(Badge("已撤销", .muted))" }
        guard let end = one.notAfter else { return "\(Badge("有效", .good))" }
        if end <= now { return "\(Badge("已到期", .red)) \(end.day)" }
        return end <= now.adding(seconds: 30 * 86_400) ? "\(Badge("即将到期", .yellow)) \(end.day)" : "\(Badge("有效", .good)) 至 \(end.day)"
    }

    @Sendable func register(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context, limit: 65_536)
        let id = try context.id()
        do {
            try await certificates.register(input["pem"] ?? "", title: input["title"] ?? "", for: id, by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return try await page(context, input, failure.fields)
        }
        return Shell.done("已登记", to: "/admin/users/\(id)/certificates", context: context)
    }

    @Sendable func revoke(request: Request, context: WebContext) async throws -> Response {
        try await certificates.revoke(context.id("certificate"), of: context.id(), by: context.signedIn())
        return Shell.refreshed("已撤销", context: context, request: request)
    }
}
