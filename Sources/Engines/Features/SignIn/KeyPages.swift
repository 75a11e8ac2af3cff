import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Web

/// 数字证书登录: by the certificate of the TLS connection, or by signing a challenge with a registered SM2 or RSA key.
struct KeyPages: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        routes.get("/login/certificate", permission: .open, use: certificate)
        routes.post("/login/certificate", permission: .open, use: enter)
        routes.get("/login/key", permission: .open) { _, context in ask(context, nil, login: "", next: context.here["next"]) }
        routes.post("/login/key/challenge", permission: .open, use: challenge)
        routes.post("/login/key", permission: .open, use: finish)
    }

    private static let cookie = "jw_key"
    private var keys: KeySignIn { platform.identity.keySignIn }

    // MARK: TLS

    @Sendable func certificate(request: Request, context: WebContext) async throws -> Response { await page(context, nil, next: context.here["next"]) }

    private func page(_ context: WebContext, _ failure: Failure?, next: String?) async -> Response {
        let title = context.text("数字证书登录", "Sign in by certificate")
        let hasOne = await context.peerCertificate() != nil
        let text =
            hasOne
            ? context.text("浏览器已出示证书，点击登录。", "Your browser has shown a certificate.")
            : context.text("浏览器没有出示证书。请插入证书介质或安装证书，关闭并重新打开浏览器后再试。", "Your browser has shown no certificate. Insert or install it and open the browser anew.")
        let button: Markup =
            hasOne
            ? """
            <form method="post" action="/login/certificate" hx-boost="false" class="login-form"><input type="hidden" name="next" value="\(next)">\
            <button type="submit" class="btn btn-primary login-submit">\(context.text("用证书登录", "Sign in"))</button></form>
            """ : .empty
        return LoginPage.frame(
            title, "<p>\(text)</p>\(button)\(LoginPage.ways(context, except: "/login/certificate", next: next))", failure: failure, status: failure.map { $0.status } ?? .ok,
            context)
    }

    @Sendable func enter(request: Request, context: WebContext) async throws -> Response {
        try AccountPages.requireOwnPage(request)
        let form = try await request.form(context, limit: 16_384)
        let computer = Computer(request)
        do {
            guard let certificate = await context.peerCertificate() else { throw Failure(.unauthenticated, "JW-I073", "没有收到证书") }
            let step = try await keys.enter(certificate: certificate, Entrance(request, context, computer))
            return computer.kept(in: SignInAnswer(platform: platform).answer(step, next: form["next"], context), context)
        } catch let failure as Failure {
            if context.wantsJSON { throw failure }
            return computer.kept(in: await page(context, failure, next: form["next"]), context)
        }
    }

    // MARK: Challenge

    private func ask(_ context: WebContext, _ failure: Failure?, login: String, next: String?) -> Response {
        let content: Markup = """
            <form method="post" action="/login/key/challenge" hx-boost="false" class="login-form"><input type="hidden" name="next" value="\(next)">\
            <div class="field"><label class="field-label" for="login">\(context.text("用户名", "User name"))</label><div class="input-icon">\(Icon("user"))<input class="form-control" id="login" name="login" value="\(login)" autocomplete="username" required autofocus maxlength="64"></div>\
            <p class="field-help">\(context.text("用管理员登记过的 SM2 或 RSA 密钥，对下一步给出的文字签名。", "Sign the text of the next step with a registered SM2 or RSA key."))</p></div>\
            <button type="submit" class="btn btn-primary login-submit">\(context.text("获取待签名文字", "Get the text"))</button></form>\(LoginPage.ways(context, except: "/login/key", next: next))
            """
        return LoginPage.frame(context.text("密钥签名登录", "Sign in by signature"), content, failure: failure, status: failure.map { $0.status } ?? .ok, context)
    }

    @Sendable func challenge(request: Request, context: WebContext) async throws -> Response {
        try AccountPages.requireOwnPage(request)
        let form = try await request.form(context, limit: 16_384)
        let computer = Computer(request)
        do {
            let made = try await keys.challenge(form["login"] ?? "", Entrance(request, context, computer))
            var response =
                context.wantsJSON
                ? Response.json(["id": .string(made.id), "challenge": .string(made.text)])
                : LoginPage.frame(
                    context.text("密钥签名登录", "Sign in by signature"),
                    """
                    <form method="post" action="/login/key" hx-boost="false" class="login-form"><input type="hidden" name="next" value="\(form["next"])"><input type="hidden" name="id" value="\(made.id)">\
                    <div class="field"><span class="field-label">\(context.text("待签名文字（UTF-8，含末尾换行）", "Text to sign (UTF-8, with the last line break)"))</span><pre class="login-challenge">\(made.text)</pre></div>\
                    <div class="field"><label class="field-label" for="signature">\(context.text("签名（Base64）", "Signature (Base64)"))</label><textarea class="form-control" id="signature" name="signature" rows="4" required maxlength="2000"></textarea>\
                    <p class="field-help">\(context.text("SM2 为 DER 格式，SM3 摘要，用户标识 1234567812345678；三分钟内有效。", "SM2: DER over SM3, user id 1234567812345678; good for three minutes."))</p></div>\
                    <button type="submit" class="btn btn-primary login-submit">\(context.text("登录", "Sign in"))</button></form>
                    """, context)
            response.setCookie(
                Cookie(
                    name: Self.cookie, value: made.secret, maxAge: Int(KeySignIn.seconds), path: "/login/key", secure: context.site.settings.isSecure, httpOnly: true,
                    sameSite: .strict))
            return computer.kept(in: response, context)
        } catch let failure as Failure {
            if context.wantsJSON { throw failure }
            return ask(context, failure, login: form["login"] ?? "", next: form["next"])
        }
    }

    @Sendable func finish(request: Request, context: WebContext) async throws -> Response {
        try AccountPages.requireOwnPage(request)
        let form = try await request.form(context, limit: 16_384)
        let computer = Computer(request)
        do {
            let step = try await keys.finish(
                form["id"] ?? "", secret: request.cookies[Self.cookie]?.value ?? "", signature: form["signature"] ?? "", Entrance(request, context, computer))
            return computer.kept(in: SignInAnswer(platform: platform).answer(step, next: form["next"], context), context)
        } catch let failure as Failure {
            if context.wantsJSON { throw failure }
            return computer.kept(in: ask(context, failure, login: "", next: form["next"]), context)
        }
    }
}
