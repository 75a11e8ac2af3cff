import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 临时授权: a role for a time, on the user's page.
struct GrantPages: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        routes.get("/admin/users/{id}/grants/new", permission: .named("user.write")) { _, context in try await form(context, nil, []) }
        routes.post("/admin/users/{id}/grants/new", permission: .named("user.write"), isDangerous: true, use: Routes.guarded(.roleChange, create))
        routes.post("/admin/users/{id}/grants/{grant}/revoke", permission: .named("user.write"), use: revoke)
    }

    private func form(_ context: WebContext, _ input: FormInput?, _ findings: [FieldFinding]) async throws -> Response {
        let scope = try context.signedIn().scope
        guard let user = try await platform.identity.users.find(context.id()), scope.admits(org: user.organisation, area: user.area) else { throw Failure.notFound("用户") }
        let roles = try await platform.identity.roles.all()
        let today = platform.clock.today
        let fields = [
            FormField("who", "用户", .shown("\(user.name)（\(user.login)），\(user.organisationName)"), isWide: true),
            FormField("role", "临时角色", .select(roles.map { Choice(String($0.id), "\($0.title)（\($0.scope.title)）") }), value: input?["role"], isRequired: true, isWide: true),
            FormField("from", "开始日期", .day, value: input?["from"] ?? today.text, isRequired: true),
            FormField("until", "截止日期", .day, value: input?["until"] ?? today.adding(days: 7).text, isRequired: true, help: "当天结束时自动收回，最长 \(TemporaryGrants.longestDays) 天"),
            FormField("reason", "事由", .textArea(rows: 2), value: input?["reason"], isRequired: true, maxLength: 200, isWide: true),
        ]
        let form = Form(
            action: "/admin/users/\(user.id)/grants/new", sections: [FormSection(nil, fields)], submit: "授予", cancel: "/admin/users/\(user.id)", findings: findings,
            context: context)
        return Shell.page(
            "临时授权", crumbs: [Crumb("用户管理", "/admin/users"), Crumb("临时授权")], active: "/admin/users", status: findings.isEmpty ? .ok : .unprocessableContent, body: "\(form)",
            context: context)
    }

    @Sendable func create(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context)
        let id = try context.id()
        guard let from = input["from"].flatMap({ Day(parsing: $0) }), let until = input["until"].flatMap({ Day(parsing: $0) }), let role = input["role"].flatMap({ Int64($0) })
        else {
            return try await form(context, input, [FieldFinding("role", "required", "请选择角色与起止日期", title: "临时角色")])
        }
        do {
            try await platform.identity.grants.grant(role, to: id, from: from, until: until, reason: input["reason"] ?? "", by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return try await form(context, input, failure.fields)
        }
        return Shell.done("已授予，到期自动收回", to: "/admin/users/\(id)", context: context)
    }

    @Sendable func revoke(request: Request, context: WebContext) async throws -> Response {
        try await platform.identity.grants.revoke(context.id("grant"), of: context.id(), by: context.signedIn())
        return Shell.refreshed("已收回", context: context, request: request)
    }

    /// The card on the user's page; nothing where there was none.
    static func card(_ user: User, _ grants: [TemporaryGrants.Grant], now: Moment, _ context: WebContext) -> Markup {
        guard !grants.isEmpty else { return .empty }
        let rows = grants.map { grant -> TableRow in
            let state: Badge =
                grant.revokedAt != nil
                ? Badge("已收回", .muted) : grant.until <= now ? Badge("已到期", .muted) : grant.from > now ? Badge("未开始", .info) : Badge("生效中", .yellow)
            let isLiving = grant.revokedAt == nil && grant.until > now
            let revoke = ActionButton("收回", .post("/admin/users/\(user.id)/grants/\(grant.id)/revoke", confirm: "确定立即收回“\(grant.roleTitle)”？"), icon: "ban", style: .quiet)
            let cells: [Markup] = [
                "\(grant.roleTitle)", "\(grant.from.day) 至 \(grant.until.adding(seconds: -1).day)", "\(state)", "\(grant.reason)", "\(grant.grantedBy)",
            ]
            return TableRow(id: String(grant.id), cells, actions: isLiving && context.may("user.write") ? "\(revoke)" : .empty)
        }
        let columns = [Column("role", "角色"), Column("time", "期限"), Column("state", "状态"), Column("reason", "事由", isWrapping: true), Column("by", "授权人")]
        return "\(Card("临时授权", isFlush: true, body: "\(DataTable(id: "grants", columns: columns, rows: rows, address: context.here, hasTools: false))"))"
    }
}
