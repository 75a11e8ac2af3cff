import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Web

/// 短信验证码登录: the login and a picture, then the code that came by SMS.
struct CodePages: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        routes.get("/login/sms", permission: .open) { request, context in try await ask(request, context, nil, login: "", next: context.here["next"]) }
        routes.post("/login/sms", permission: .open, use: send)
        routes.post("/login/sms/code", permission: .open, use: finish)
    }

    private static let cookie = "jw_code"
    private var codes: CodeSignIn { platform.identity.codeSignIn }

    private func ask(_ request: Request, _ context: WebContext, _ failure: Failure?, login: String, next: String?) async throws -> Response {
        guard codes.isOn else { throw Failure.notFound("该页面") }
        let captcha = try await platform.identity.sessions.challenges.make()
        let content: Markup = """
            <form method="post" action="/login/sms" hx-boost="false" class="login-form"><input type="hidden" name="next" value="\(next)"><input type="hidden" name="captcha_id" value="\(captcha)">\
            <div class="field"><label class="field-label" for="login">\(context.text("用户名", "User name"))</label><div class="input-icon">\(Icon("user"))<input class="form-control" id="login" name="login" value="\(login)" autocomplete="username" required autofocus maxlength="64"></div></div>\
            <div class="field"><label class="field-label" for="captcha">\(context.text("验证码", "Characters in the picture"))</label><div class="captcha"><input class="form-control" id="captcha" name="captcha" autocomplete="off" autocapitalize="characters" required maxlength="6">\
            <img src="/login/captcha?id=\(captcha)" width="168" height="56" alt="\(context.text("图形验证码；看不清请刷新页面", "Picture with four characters; reload for another"))"></div></div>\
            <button type="submit" class="btn btn-primary login-submit">\(context.text("获取短信验证码", "Send a code"))</button></form>\(LoginPage.ways(context, except: "/login/sms", next: next))
            """
        return LoginPage.frame(context.text("短信登录", "Sign in by SMS"), content, failure: failure, status: failure.map { $0.status } ?? .ok, context)
    }

    private func answer(_ context: WebContext, _ failure: Failure?, id: String, next: String?) -> Response {
        let content: Markup = """
            <form method="post" action="/login/sms/code" hx-boost="false" class="login-form"><input type="hidden" name="next" value="\(next)"><input type="hidden" name="id" value="\(id)">\
            <div class="field"><label class="field-label" for="code">\(context.text("短信验证码", "Code"))</label><div class="input-icon">\(Icon("message"))<input class="form-control" id="code" name="code" autocomplete="one-time-code" inputmode="numeric" required autofocus maxlength="6"></div>\
            <p class="field-help">\(context.text("如账号存在且登记了手机，6 位验证码已发往该手机，5 分钟内有效。", "If the account has a telephone, six digits are on their way; they are good for five minutes."))</p></div>\
            <button type="submit" class="btn btn-primary login-submit">\(context.text("登录", "Sign in"))</button></form><p><a href="/login/sms" hx-boost="false">\(context.text("重新获取", "Send again"))</a></p>
            """
        return LoginPage.frame(context.text("短信登录", "Sign in by SMS"), content, failure: failure, status: failure.map { $0.status } ?? .ok, context)
    }

    @Sendable func send(request: Request, context: WebContext) async throws -> Response {
        try AccountPages.requireOwnPage(request)
        let form = try await request.form(context, limit: 16_384)
        let computer = Computer(request)
        do {
            let (id, secret) = try await codes.begin(
                form["login"] ?? "", captcha: (form["captcha_id"] ?? "", form["captcha"] ?? ""), Entrance(request, context, computer))
            var response = answer(context, nil, id: id, next: form["next"])
            response.setCookie(
                Cookie(
                    name: Self.cookie, value: secret, maxAge: Int(CodeSignIn.seconds), path: "/login/sms", secure: context.site.settings.isSecure, httpOnly: true, sameSite: .strict
                ))
            return computer.kept(in: response, context)
        } catch let failure as Failure {
            if context.wantsJSON { throw failure }
            return try await ask(request, context, failure, login: form["login"] ?? "", next: form["next"])
        }
    }

    @Sendable func finish(request: Request, context: WebContext) async throws -> Response {
        try AccountPages.requireOwnPage(request)
        let form = try await request.form(context, limit: 16_384)
        let computer = Computer(request)
        do {
            let step = try await codes.finish(
                form["id"] ?? "", secret: request.cookies[Self.cookie]?.value ?? "", code: form["code"] ?? "", Entrance(request, context, computer))
            return computer.kept(in: SignInAnswer(platform: platform).answer(step, next: form["next"], context), context)
        } catch let failure as Failure {
            if context.wantsJSON { throw failure }
            return computer.kept(in: answer(context, failure, id: form["id"] ?? "", next: form["next"]), context)
        }
    }
}

/// Where a person goes after the first step, whatever it was.
struct SignInAnswer: Sendable {
    let platform: Platform

    func answer(_ step: LoginStep, next: String?, _ context: WebContext) -> Response {
        switch step {
        case .opened(let new): return AccountPages.enter(IdentitySessions(platform.identity).grant(new), next: next, context)
        case .secondFactor(let pending):
            if context.wantsJSON { return .json(["secondFactor": true, "pending": .string(pending)]) }
            return LoginPage.second(pending, next: next, context)
        }
    }
}
