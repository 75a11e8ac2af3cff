import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 离职交接: the account ends, roles and duties go over to a colleague.
struct DeparturePages: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        routes.get("/admin/users/{id}/departure", permission: .named("user.write")) { _, context in try await form(context, []) }
        routes.post("/admin/users/{id}/departure", permission: .named("user.write"), isDangerous: true, use: Routes.guarded(.userChange, depart))
        routes.post("/admin/users/{id}/second/reset", permission: .named("user.write"), isDangerous: true, use: Routes.guarded(.userChange, resetFactor))
    }

    private func form(_ context: WebContext, _ findings: [FieldFinding]) async throws -> Response {
        let scope = try context.signedIn().scope
        guard let user = try await platform.identity.users.find(context.id()), scope.admits(org: user.organisation, area: user.area) else { throw Failure.notFound("用户") }
        let colleagues = try await platform.database.read { [platform] reader in
            try platform.identity.users.page(UserSearch(organisation: user.organisation, state: .active), scope: scope, limit: 200, reader)
        }
        let fields = [
            FormField("who", "离职人员", .shown("\(user.name)（\(user.login)），\(user.organisationName)"), isWide: true),
            FormField(
                "successor", "接收人", .select(colleagues.filter { $0.id != user.id }.map { Choice(String($0.id), "\($0.name)（\($0.login)）") }), isRequired: true,
                help: "处理中的报警与共享的视图转给此人", isWide: true),
            FormField("roles", "角色", .check("同时把离职人员的角色授予接收人"), value: "", isWide: true),
        ]
        let form = Form(
            action: "/admin/users/\(user.id)/departure", sections: [FormSection(nil, fields)], submit: "办理离职交接", cancel: "/admin/users/\(user.id)", findings: findings,
            context: context)
        return Shell.page(
            "离职交接", crumbs: [Crumb("用户管理", "/admin/users"), Crumb("离职交接")], active: "/admin/users", status: findings.isEmpty ? .ok : .unprocessableContent,
            body: "\(Notice(.yellow, "办理后“\(user.name)”立即退出登录，账号停用。"))\(form)", context: context)
    }

    @Sendable func depart(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context)
        let id = try context.id()
        do {
            let identity = platform.identity
            let moved = try await identity.users.depart(
                id, successor: input["successor"].flatMap { Int64($0) } ?? 0, roles: input["roles"] == "1", handOvers: identity.handOvers, by: context.signedIn())
            let text = moved.filter { $0.count > 0 }.map { "\($0.title) \($0.count) 项" }.joined(separator: "、")
            return Shell.done("已办理离职" + (text.isEmpty ? "" : "，移交\(text)"), to: "/admin/users/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await form(context, failure.fields)
        }
    }

    @Sendable func resetFactor(request: Request, context: WebContext) async throws -> Response {
        let id = try context.id()
        try await platform.identity.secondFactors.reset(of: id, users: platform.identity.users, by: context.signedIn())
        return Shell.done("已重置动态口令，该用户须重新登录", to: "/admin/users/\(id)", context: context)
    }
}
