import HTTPTypes
import Hummingbird
import Identity
import Kernel

/// Signing in and out, and changing one's password.
struct AccountPages: Sendable {
    func add(to routes: Routes) {
        routes.get("/login", permission: .open, use: loginPage)
        routes.post("/login", permission: .open, use: logIn)
        routes.post("/logout", permission: .signedIn, use: logOut)
        routes.get("/account/password", permission: .signedIn) { _, context in passwordPage(context, findings: []) }
        routes.post("/account/password", permission: .signedIn, use: changePassword)
    }

    @Sendable
    func loginPage(request: Request, context: WebContext) async throws -> Response {
        if context.principal != nil { return .redirect(to: Self.inside(context.here["next"], context)) }
        return page(context, next: context.here["next"], login: "", failure: nil)
    }

    @Sendable
    func logIn(request: Request, context: WebContext) async throws -> Response {
        if let origin = request.headers[.fetchSite], origin != "same-origin", origin != "none" { throw Failure(.forbidden, "JW-W419", "页面已过期，请刷新后重新提交") }
        let form = try await request.form(context, limit: 16_384)
        let login = form["login"] ?? ""
        let password = form.items.first { $0.name == "password" }?.value ?? ""
        do {
            guard !login.isEmpty, !password.isEmpty else { throw Failure(.invalid, "JW-W402", "请输入用户名和密码") }
            let grant = try await context.site.sessions.logIn(login: login, password: password, address: context.address, agent: request.headers[.userAgent] ?? "")
            let target = grant.mustChangePassword ? "/account/password" : Self.inside(form["next"], context)
            var response = context.wantsJSON ? Response.json(["mustChangePassword": .bool(grant.mustChangePassword)]) : Response.redirect(to: target)
            response.setCookie(
                Cookie(name: "jw_session", value: grant.token, maxAge: grant.seconds, path: "/", secure: context.site.settings.isSecure, httpOnly: true, sameSite: .lax))
            if let notice = grant.notice { response.headers[values: .setCookie].append("jw_flash=\(FormEncoding.encode(notice)); Path=/; Max-Age=30; HttpOnly; SameSite=Lax") }
            return response
        } catch let failure as Failure {
            if context.wantsJSON { throw failure }
            return page(context, next: form["next"], login: login, failure: failure)
        }
    }

    @Sendable
    func logOut(request: Request, context: WebContext) async throws -> Response {
        if let token = context.token { try await context.site.sessions.logOut(token: token) }
        var response = context.isPartial ? Response(status: .ok, headers: [.hxRedirect: "/login"]) : Response.redirect(to: "/login")
        response.headers[values: .setCookie].append("jw_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
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
    static func inside(_ next: String?, _ context: WebContext) -> String {
        guard let next, next.hasPrefix("/"), !next.hasPrefix("//"), !next.hasPrefix("/\\"), !next.hasPrefix("/login"), !next.contains(where: \.isNewline) else {
            return context.site.settings.homePath
        }
        return next
    }

    private func page(_ context: WebContext, next: String?, login: String, failure: Failure?) -> Response {
        let settings = context.site.settings
        let fault: Markup = failure.map { "<div class=\"notice tone-red\" role=\"alert\">\(Icon("alert"))<div>\($0.message)</div></div>" } ?? .empty
        let other = context.text("English", "中文")
        let body: Markup = """
            <div class="login"><section class="login-brand" aria-hidden="true"><div class="login-art">\(Self.art)</div><div class="login-words"><p class="login-motto">见微知著</p>\
            <p class="login-lead">\(context.text("从最小的迹象，看见将要发生的事。", "From the smallest sign, know what is coming."))</p></div></section>\
            <section class="login-card"><div class="login-head"><span class="brand-mark">\(Icon("brand"))</span><div><p class="brand-name">\(context.text("见微", "Jianwei"))</p>\
            <h1>\(context.text(settings.systemName, settings.systemNameEN))</h1></div></div>\(fault)\
            <form method="post" action="/login" hx-boost="false" class="login-form"><input type="hidden" name="next" value="\(next)">\
            <div class="field"><label class="field-label" for="login">\(context.text("用户名", "User name"))</label><div class="input-icon">\(Icon("user"))<input class="form-control" id="login" name="login" value="\(login)" autocomplete="username" required autofocus maxlength="64"></div></div>\
            <div class="field"><label class="field-label" for="password">\(context.text("密码", "Password"))</label><div class="input-icon">\(Icon("lock"))<input class="form-control" id="password" name="password" type="password" autocomplete="current-password" required maxlength="128">\
            <button type="button" class="icon-button" data-reveal="password" aria-label="\(context.text("显示密码", "Show password"))">\(Icon("eye"))</button></div></div>\
            <button type="submit" class="btn btn-primary login-submit">\(context.text("登录", "Sign in"))</button></form>\
            <p class="login-foot"><a href="/login?lang=\(context.language == .zh ? "en" : "zh")" hx-boost="false">\(other)</a><span>\(settings.operatorName)</span></p></section></div>
            """
        return Shell.page(context.text("登录", "Sign in"), status: failure.map { $0.kind.status } ?? .ok, layout: .bare, body: body, context: context)
    }

    /// Rings that spread from one small point.
    private static let art: Markup = """
        <svg viewBox="0 0 600 600" preserveAspectRatio="xMidYMid slice"><g class="rings"><circle cx="210" cy="390" r="5" class="seed"></circle><circle cx="210" cy="390" r="34"></circle><circle cx="210" cy="390" r="76"></circle>\
        <circle cx="210" cy="390" r="132"></circle><circle cx="210" cy="390" r="204"></circle><circle cx="210" cy="390" r="294"></circle><circle cx="210" cy="390" r="404"></circle></g>\
        <g class="sparks"><circle cx="284" cy="374" r="3"></circle><circle cx="330" cy="335" r="4"></circle><circle cx="172" cy="189" r="4"></circle><circle cx="449" cy="221" r="5"></circle><circle cx="78" cy="409" r="3"></circle></g></svg>
        """

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
