import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Media

/// Signing in and out, and changing one's password.
package struct AccountPages: Sendable {
    func add(to routes: Routes) {
        routes.get("/login", permission: .open, use: loginPage)
        routes.post("/login", permission: .open, use: logIn)
        routes.post("/login/second", permission: .open, use: second)
        routes.get("/login/captcha", permission: .open, use: captcha)
        routes.post("/logout", permission: .signedIn, use: logOut)
        routes.get("/account/password", permission: .signedIn) { _, context in passwordPage(context, findings: []) }
        routes.post("/account/password", permission: .signedIn, use: changePassword)
    }

    @Sendable
    func loginPage(request: Request, context: WebContext) async throws -> Response {
        if context.principal != nil { return .redirect(to: Self.inside(context.here["next"], context)) }
        let captcha = try await context.site.sessions.captcha(for: "", address: context.address)
        return LoginPage(context: context, next: context.here["next"], captcha: captcha).response
    }

    @Sendable
    func captcha(request: Request, context: WebContext) async throws -> Response {
        guard let text = try await context.site.sessions.captchaText(of: context.here["id"] ?? "") else { throw Failure.notFound("验证码") }
        return .bytes(try Captcha.draw(text), contentType: "image/png")
    }

    @Sendable
    func logIn(request: Request, context: WebContext) async throws -> Response {
        try Self.requireOwnPage(request)
        let form = try await request.form(context, limit: 16_384)
        let computer = Computer(request)
        let login = form["login"] ?? ""
        let password = form.items.first { $0.name == "password" }?.value ?? ""
        do {
            guard !login.isEmpty, !password.isEmpty else { throw Failure(.invalid, "JW-W402", "请输入用户名和密码") }
            var attempt = LoginAttempt(login: login, password: password, address: context.address, agent: request.headers[.userAgent] ?? "")
            attempt.device = computer.secret
            if let id = form["captcha_id"] { attempt.captcha = (id, form["captcha"] ?? "") }
            switch try await context.site.sessions.begin(attempt) {
            case .granted(let grant): return computer.kept(in: Self.enter(grant, next: form["next"], context), context)
            case .secondFactor(let pending):
                if context.wantsJSON { return .json(["secondFactor": true, "pending": .string(pending)]) }
                return computer.kept(in: LoginPage(context: context, next: form["next"], pending: pending).response, context)
            }
        } catch let failure as Failure {
            if context.wantsJSON { throw failure }
            let captcha = try await context.site.sessions.captcha(for: login, address: context.address)
            return computer.kept(in: LoginPage(context: context, next: form["next"], login: login, failure: failure, captcha: captcha).response, context)
        }
    }

    /// The second step: the code of the authenticator program.
    @Sendable
    func second(request: Request, context: WebContext) async throws -> Response {
        try Self.requireOwnPage(request)
        let form = try await request.form(context, limit: 16_384)
        do {
            let grant = try await context.site.sessions.finish(
                pending: form["pending"] ?? "", code: form["code"] ?? "", address: context.address, agent: request.headers[.userAgent] ?? "")
            return Self.enter(grant, next: form["next"], context)
        } catch let failure as Failure {
            if context.wantsJSON { throw failure }
            let goesOn = failure.code == "JW-I043"
            return LoginPage(context: context, next: form["next"], failure: failure, pending: goesOn ? form["pending"] : nil).response
        }
    }

    /// A form at the door comes from this site's own page.
    ///
    /// - Throws: `.forbidden` `JW-W419`.
    package static func requireOwnPage(_ request: Request) throws {
        if let origin = request.headers[.fetchSite], origin != "same-origin", origin != "none" { throw Failure(.forbidden, "JW-W419", "页面已过期，请刷新后重新提交") }
    }

    /// Lets a person in: the cookie, and on to what was asked for.
    package static func enter(_ grant: SessionGrant, next: String?, _ context: WebContext) -> Response {
        let goal = inside(next, context)
        let chosen = grant.choosesPost ? PageAddress("/account/posts", ["next": goal]).text : goal
        let target = grant.mustChangePassword ? "/account/password" : grant.mustEnrol ? "/account/second" : chosen
        var response =
            context.wantsJSON ? Response.json(["mustChangePassword": .bool(grant.mustChangePassword), "mustEnrol": .bool(grant.mustEnrol)]) : Response.redirect(to: target)
        response.setCookie(
            Cookie(name: "jw_session", value: grant.token, maxAge: grant.seconds, path: "/", secure: context.site.settings.isSecure, httpOnly: true, sameSite: .lax))
        if let notice = grant.notice { response.headers[values: .setCookie].append("jw_flash=\(FormEncoding.encode(notice)); Path=/; Max-Age=30; HttpOnly; SameSite=Lax") }
        return response
    }

    @Sendable
    func logOut(request: Request, context: WebContext) async throws -> Response {
        if let token = context.token { try await context.site.sessions.logOut(token: token) }
        var response = context.isPartial ? Response(status: .ok, headers: [.hxRedirect: "/login"]) : Response.redirect(to: "/login")
        response.headers[values: .setCookie].append("jw_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
        // D17.10.1: nothing of the person's pages stays behind on a shared computer.
        response.headers[.clearSiteData] = "\"cache\", \"storage\""
        return response
    }

    @Sendable
    func changePassword(request: Request, context: WebContext) async throws -> Response {
        let form = try await request.form(context, limit: 16_384)
        func secret(_ name: String) -> String { form.items.first { $0.name == name }?.value ?? "" }
        do {
            guard secret("password") == secret("again") else { throw Failure.invalid([FieldFinding("again", "mismatch", "两次输入的新密码不一致", title: "再次输入新密码")]) }
            try await context.site.sessions.changePassword(of: try context.signedIn(), current: secret("current"), new: secret("password"))
        } catch let failure as Failure where !failure.fields.isEmpty {
            return passwordPage(context, findings: failure.fields)
        }
        return Shell.done(context.text("密码已修改", "Password changed"), to: context.site.settings.homePath, context: context)
    }

    /// Only paths of this site, so that a link cannot lead a fresh session elsewhere.
    package static func inside(_ next: String?, _ context: WebContext) -> String {
        guard let next, next.hasPrefix("/"), !next.hasPrefix("//"), !next.hasPrefix("/\\"), !next.hasPrefix("/login"), !next.contains(where: \.isNewline) else {
            return context.site.settings.homePath
        }
        return next
    }

    private func passwordPage(_ context: WebContext, findings: [FieldFinding]) -> Response {
        let fields = [
            FormField("current", context.text("当前密码", "Current password"), .password, isRequired: true, isWide: true),
            FormField("password", context.text("新密码", "New password"), .password, isRequired: true, help: context.site.sessions.passwordHint, isWide: true),
            FormField("again", context.text("再次输入新密码", "Repeat new password"), .password, isRequired: true, isWide: true),
        ]
        let form = Form(
            action: "/account/password", sections: [FormSection(nil, fields)], submit: context.text("确认修改", "Change"),
            cancel: context.mustChangePassword ? nil : context.site.settings.homePath, findings: findings, context: context)
        let title = context.text("修改密码", "Change password")
        let status: HTTPResponse.Status = findings.isEmpty ? .ok : .unprocessableContent
        guard context.mustChangePassword else {
            return Shell.page(
                title, crumbs: [Crumb(context.text("个人设置", "Account")), Crumb(title)], status: status, body: "\(Card(body: "<div class=\"narrow\">\(form)</div>"))",
                context: context)
        }
        let body: Markup =
            "<div class=\"centre-card\"><h1>\(title)</h1>\(Notice(.info, "\(context.text("为保障账号安全，首次登录或密码到期后须先修改密码。", "Please choose a new password before you go on."))"))\(form)</div>"
        return Shell.page(title, status: status, layout: .bare, body: body, context: context)
    }
}
