import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// What a person sees of an application's request: the consent, the code of a device, signing off, and the applications agreed to.
struct AuthorizePages: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        routes.get("/oauth/authorize", permission: .open, use: authorize)
        routes.post("/oauth/authorize", permission: .signedIn, use: decide)
        routes.get("/oauth/device", permission: .signedIn, use: device)
        routes.post("/oauth/device", permission: .signedIn, use: answerDevice)
        routes.get("/oauth/logout", permission: .open, use: logoutPage)
        routes.post("/oauth/logout", permission: .signedIn, use: logOut)
        routes.get("/account/applications", permission: .signedIn, use: mine)
        routes.post("/account/applications/{id}/withdraw", permission: .signedIn, use: withdraw)
    }

    private func desk(_ request: Request, _ context: WebContext) -> TokenDesk { platform.identity.tokens.reached(at: Issuer.address(request, context)) }

    // MARK: Codes

    @Sendable func authorize(request: Request, context: WebContext) async throws -> Response {
        let desk = desk(request, context)
        let asked: AuthorizationRequest
        do {
            asked = try await desk.authorization { context.here[$0] }
        } catch let refusal as RedirectedRefusal {
            return .redirect(to: refusal.address)
        }
        guard let principal = context.principal, !context.mustChangePassword, !context.mustEnrol, context.isCookieSession else {
            if asked.isSilent { return .redirect(to: desk.refuse(asked, "login_required", "the user is not signed in").address) }
            return .redirect(to: PageAddress("/login", ["next": context.here.text]).text)
        }
        let confirmedAt = context.confirmedAt ?? platform.clock.now
        if let age = asked.maximumAge, platform.clock.now.seconds(since: confirmedAt) > Double(age) {
            if asked.isSilent { return .redirect(to: desk.refuse(asked, "login_required", "the user must sign in again").address) }
            return .redirect(to: PageAddress("/account/confirm", ["next": context.here.text]).text)
        }
        if try await desk.hasConsent(asked, by: principal), context.here["prompt"] != "consent" {
            return .redirect(to: try await desk.approve(asked, by: principal, authenticatedAt: confirmedAt).address)
        }
        if asked.isSilent { return .redirect(to: desk.refuse(asked, "consent_required", "the user has not agreed").address) }
        return try await consent(asked, principal, context)
    }

    private func consent(_ asked: AuthorizationRequest, _ principal: Principal, _ context: WebContext) async throws -> Response {
        let body: Markup = """
            <div class="centre-card"><h1>应用请求访问</h1><p><strong>\(asked.application.name)</strong> 请求以“\(principal.name)”（\(principal.organisationName)）的身份：</p>\
            \(try await list(asked.scopes))<p class="muted">用途：\(asked.application.purpose)</p>\
            <p class="muted">期限：\(asked.scopes.contains(TokenScope.offline) ? "退出登录后仍可继续访问，直至您在“已授权的应用”中收回，最长 180 天" : "本次登录结束时即终止")</p>\
            <form method="post" action="\(context.here.text)" hx-boost="false" class="form-foot"><input type="hidden" name="_csrf" value="\(context.csrf)">\
            <button class="btn btn-primary" name="decision" value="allow">同意</button><button class="btn btn-plain" name="decision" value="deny">拒绝</button></form></div>
            """
        var response = Shell.page("应用请求访问", layout: .bare, body: body, context: context)
        response.headers[.contentSecurityPolicy] = SecurityPolicy.text(tiles: "", formTargets: SecurityPolicy.origin(of: asked.redirect))
        return response
    }

    private func list(_ scopes: [String]) async throws -> Markup {
        let declared = try await platform.database.read { [platform] reader in try platform.identity.roles.declared(reader) }
        let items = scopes.map { scope -> Markup in
            let title = TokenScope.titles.first { $0.name == scope }?.title ?? declared.first { $0.name == scope }?.title ?? scope
            return "<li>\(Icon("check"))<span>\(title)</span></li>"
        }
        return "<ul class=\"scopes\">\(items)</ul>"
    }

    @Sendable func decide(request: Request, context: WebContext) async throws -> Response {
        let desk = desk(request, context)
        let form = try await request.form(context, limit: 16_384)
        let principal = try context.signedIn()
        do {
            let asked = try await desk.authorization { context.here[$0] }
            guard form["decision"] == "allow" else { return .redirect(to: desk.refuse(asked, "access_denied", "the user denied the request").address) }
            return .redirect(to: try await desk.approve(asked, by: principal, authenticatedAt: context.confirmedAt ?? platform.clock.now).address)
        } catch let refusal as RedirectedRefusal {
            return .redirect(to: refusal.address)
        }
    }

    // MARK: Devices

    @Sendable func device(request: Request, context: WebContext) async throws -> Response { try await devicePage(context, code: context.here["user_code"] ?? "", fault: nil) }

    private func devicePage(_ context: WebContext, code: String, fault: String?) async throws -> Response {
        let pending = code.isEmpty ? nil : try await platform.identity.tokens.pendingDevice(code)
        let hidden: Markup = "<input type=\"hidden\" name=\"_csrf\" value=\"\(context.csrf)\">"
        var body: Markup = fault.map { "\(Notice(.red, "\($0)"))" } ?? .empty
        if let pending {
            body += """
                <p><strong>\(pending.application.name)</strong> 的一台设备（代码 <code>\(code)</code>）请求：</p>\(try await list(pending.scopes))\
                \(Notice(.yellow, "只有当您眼前的设备显示同一代码时才同意。"))<form method="post" action="/oauth/device" class="form-foot">\(hidden)<input type="hidden" name="user_code" value="\(code)">\
                <button class="btn btn-primary" name="decision" value="allow">同意</button><button class="btn btn-plain" name="decision" value="deny">拒绝</button></form>
                """
        } else {
            if !code.isEmpty, fault == nil { body += "\(Notice(.red, "代码不存在、已使用或已过期。"))" }
            body += """
                <form method="get" action="/oauth/device" class="login-form"><div class="field"><label class="field-label" for="user_code">设备上显示的代码</label>\
                <input class="form-control" id="user_code" name="user_code" autocomplete="off" required maxlength="12"></div><div class="form-foot"><button class="btn btn-primary">下一步</button></div></form>
                """
        }
        return Shell.page("连接设备", layout: .bare, body: "<div class=\"centre-card\"><h1>连接设备</h1>\(body)</div>", context: context)
    }

    @Sendable func answerDevice(request: Request, context: WebContext) async throws -> Response {
        let form = try await request.form(context, limit: 16_384)
        let allows = form["decision"] == "allow"
        try await platform.identity.tokens.answerDevice(form["user_code"] ?? "", approves: allows, by: context.signedIn())
        return Shell.done(allows ? "已连接，请回到设备继续" : "已拒绝", to: "/account/applications", context: context)
    }

    // MARK: Signing off

    @Sendable func logoutPage(request: Request, context: WebContext) async throws -> Response {
        guard context.principal != nil else { return .redirect(to: try await afterLogout(context)) }
        let body: Markup = """
            <div class="centre-card"><h1>退出登录</h1><p>将退出本系统，以及由此登录的所有应用。</p><form method="post" action="\(context.here.text)" hx-boost="false" class="form-foot">\
            <input type="hidden" name="_csrf" value="\(context.csrf)"><button class="btn btn-primary">退出</button><a class="btn btn-plain" href="/">取消</a></form></div>
            """
        var response = Shell.page("退出登录", layout: .bare, body: body, context: context)
        response.headers[.contentSecurityPolicy] = SecurityPolicy.text(tiles: "", formTargets: SecurityPolicy.origin(of: try await afterLogout(context)))
        return response
    }

    @Sendable func logOut(request: Request, context: WebContext) async throws -> Response {
        let target = try await afterLogout(context)
        let frames = try await platform.identity.logoutNotices.frontChannel(of: context.principal?.session ?? "")
        if let token = context.token { try await platform.identity.sessions.logout(token: token) }
        var response = frames.isEmpty ? Response.redirect(to: target) : signedOff(frames, target, context)
        response.headers[values: .setCookie].append("jw_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
        return response
    }

    /// Opens the applications' own addresses in frames, then goes on.
    private func signedOff(_ frames: [String], _ target: String, _ context: WebContext) -> Response {
        let list = frames.map { address -> Markup in "<iframe hidden src=\"\(address)\" title=\"退出\"></iframe>" }
        let body: Markup =
            "<div class=\"centre-card\"><h1>正在退出</h1><p>正在退出由此登录的应用。</p><p><a class=\"btn btn-primary\" href=\"\(target)\" hx-boost=\"false\">继续</a></p>\(list)</div>"
        var signedOut = context
        signedOut.principal = nil
        var response = Shell.page("正在退出", layout: .bare, body: body, context: signedOut)
        response.headers[.contentSecurityPolicy] = SecurityPolicy.text(tiles: "", frames: Set(frames.map(SecurityPolicy.origin)).sorted().joined(separator: " "))
        if let refresh = HTTPField.Name("Refresh") { response.headers[refresh] = "3; url=\(target)" }
        response.headers[.cacheControl] = "no-store"
        return response
    }

    /// Only an address registered by the application that asks.
    private func afterLogout(_ context: WebContext) async throws -> String {
        guard let target = context.here["post_logout_redirect_uri"], let client = context.here["client_id"], try await platform.identity.tokens.admits(redirect: target, of: client)
        else {
            return "/login"
        }
        return context.here["state"].map { target + (target.contains("?") ? "&" : "?") + "state=" + FormEncoding.encode($0) } ?? target
    }

    // MARK: One's own

    @Sendable func mine(request: Request, context: WebContext) async throws -> Response {
        let consents = try await platform.identity.tokens.consents(of: context.signedIn().id)
        let rows = consents.map { one -> TableRow in
            TableRow(
                id: String(one.application.id), ["\(one.application.name)", "\(one.application.purpose)", "<span class=\"mono\">\(one.scope)</span>", "\(one.at)"],
                actions:
                    "\(ActionButton("收回", .post("/account/applications/\(one.application.id)/withdraw", confirm: "收回后“\(one.application.name)”立即不能再以您的身份访问。确定？"), icon: "ban", style: .quiet))"
            )
        }
        let columns = [Column("name", "应用"), Column("purpose", "用途", isWrapping: true), Column("scope", "权限范围", isWrapping: true), Column("at", "同意时间")]
        let table = DataTable(id: "consents", columns: columns, rows: rows, address: context.here, empty: "您还没有同意任何应用访问")
        return Shell.page("已授权的应用", crumbs: [Crumb("个人设置"), Crumb("已授权的应用")], body: "\(table)", context: context)
    }

    @Sendable func withdraw(request: Request, context: WebContext) async throws -> Response {
        try await platform.identity.tokens.withdraw(context.id(), by: context.signedIn())
        return Shell.refreshed("已收回授权", context: context, request: request)
    }
}
