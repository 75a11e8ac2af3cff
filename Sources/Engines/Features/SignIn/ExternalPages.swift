import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// Signing in through another provider, and linking one's account with it.
struct ExternalPages: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        routes.get("/login/with/{provider}", permission: .open) { try await leave(linking: nil, $0, $1) }
        routes.get("/login/with/{provider}/back", permission: .open, use: back)
        routes.post("/login/with/{provider}/signed-off", permission: .open, use: signedOff)
        // A link, not a form: the policy of our pages lets no form end at another site. What it begins ends only in the browser and session that began it.
        routes.on(.get, "/account/identities/{provider}", permission: .signedIn, isDangerous: true) { try await leave(linking: $1.signedIn(), $0, $1) }
        routes.post("/account/identities/{provider}/unlink", permission: .signedIn, isDangerous: true, use: unlink)
    }

    private static let cookie = "jw_oidc"
    private var external: ExternalSignIn { platform.identity.external }

    private func leave(linking principal: Principal?, _ request: Request, _ context: WebContext) async throws -> Response {
        let name = try context.path("provider")
        let computer = Computer(request)
        let departure = try await external.begin(
            name, redirect: context.publicAddress(request) + "/login/with/\(name)/back", linking: principal, Entrance(request, context, computer))
        var response = Response.redirect(to: departure.url)
        // The way back is a visit from another site, which Strict would come without.
        response.setCookie(
            Cookie(
                name: Self.cookie, value: departure.secret, maxAge: Int(ExternalSignIn.seconds), path: "/login/with", secure: context.site.settings.isSecure, httpOnly: true,
                sameSite: .lax)
        )
        return computer.kept(in: response, context)
    }

    @Sendable func back(request: Request, context: WebContext) async throws -> Response {
        let computer = Computer(request)
        do {
            guard let code = context.here["code"], let state = context.here["state"] else { throw Failure(.unauthenticated, "JW-I085", "对方没有同意登录") }
            let arrival = try await external.finish(
                try context.path("provider"), id: state, secret: request.cookies[Self.cookie]?.value ?? "", code: code, by: context.principal, Entrance(request, context, computer))
            switch arrival {
            case .linked: return Shell.done("已关联，今后可由此登录", to: "/account/sessions", context: context)
            case .signedIn(let step): return computer.kept(in: SignInAnswer(platform: platform).answer(step, next: nil, context), context)
            }
        } catch let failure as Failure {
            if context.wantsJSON { throw failure }
            return computer.kept(in: LoginPage.frame("登录", LoginPage.ways(context, except: "", next: nil), failure: failure, status: failure.status, context), context)
        }
    }

    /// The other provider says that somebody signed off there (OpenID Connect Back-Channel Logout).
    @Sendable func signedOff(request: Request, context: WebContext) async throws -> Response {
        let form = try await request.form(context, limit: 32_768)
        var response = Response(status: .ok)
        do {
            try await external.signedOff(try context.path("provider"), token: form["logout_token"] ?? "", address: context.address)
        } catch let failure as Failure where failure.kind == .unauthenticated {
            response = .json(["error": "invalid_request"], status: .badRequest)
        }
        response.headers[.cacheControl] = "no-store"
        return response
    }

    @Sendable func unlink(request: Request, context: WebContext) async throws -> Response {
        try await external.unlink(try context.path("provider"), by: context.signedIn())
        return Shell.refreshed("已取消关联", context: context, request: request)
    }

    /// The card beside one's own sessions; nothing where no provider is set up.
    static func card(_ platform: Platform, _ context: WebContext) async throws -> Markup {
        let external = platform.identity.external
        let providers = external.providers
        guard !providers.isEmpty else { return .empty }
        let user = try context.signedIn().id
        let linked = try await platform.database.read { try external.identities(of: user, $0) }
        let rows = providers.map { provider -> TableRow in
            let known = linked.first { $0.provider == provider.name }
            let path = "/account/identities/\(provider.name)"
            let link: Markup = "<a href=\"\(path)\" class=\"btn btn-plain\" hx-boost=\"false\">关联</a>"
            let unlink = ActionButton("取消关联", .post("\(path)/unlink", confirm: "今后不能再由“\(provider.title)”登录。确定取消？"), icon: "ban", style: .quiet)
            let cells: [Markup] = ["\(provider.title)", "\(known?.title)", "\(known?.linkedAt)", "\(known?.lastUsedAt)"]
            return TableRow(id: provider.name, cells, actions: known == nil ? link : "\(unlink)")
        }
        let columns = [Column("provider", "登录服务"), Column("title", "对方账号"), Column("linked", "关联时间"), Column("used", "最近使用")]
        return "\(Card("外部账号", isFlush: true, body: "\(DataTable(id: "identities", columns: columns, rows: rows, address: context.here, hasTools: false))"))"
    }
}
