import HTTPTypes
import Hummingbird
import Kernel

/// The page at the door: name and password, a picture to read after failures, then the one-time code where the account has one.
package struct LoginPage {
    let context: WebContext
    /// Where to go afterwards.
    var next: String?
    var login = ""
    var failure: Failure?
    /// The picture's id where one must be read.
    var captcha: String?
    /// The second step's state.
    var pending: String?

    var response: Response {
        let status = failure.map { $0.kind.status } ?? .ok
        var response = Self.frame(
            context.text("登录", "Sign in"), "\(pending == nil ? passwordForm : codeForm)\(pending == nil ? Self.ways(context, except: "/login", next: next) : .empty)",
            failure: failure, status: status, context)
        // Signing in on the way to another application ends at that application's address, which browsers count as the form's.
        if next?.hasPrefix("/oauth/authorize?") ?? false {
            response.headers[.contentSecurityPolicy] = SecurityPolicy.text(tiles: "", formTargets: "https: http://127.0.0.1:* http://localhost:*")
        }
        return response
    }

    /// The second step after another first one than the password.
    package static func second(_ pending: String, next: String?, _ context: WebContext) -> Response { LoginPage(context: context, next: next, pending: pending).response }

    /// The other ways in, under a form at the door.
    package static func ways(_ context: WebContext, except path: String, next: String?) -> Markup {
        var ways = context.site.sessions.ways.filter { $0.path != "/login/certificate" || context.site.settings.asksCertificates }
        guard !ways.isEmpty else { return .empty }
        ways.insert(SignInWay("密码", "Password", icon: "lock", path: "/login"), at: 0)
        let links = ways.filter { $0.path != path }.map { way -> Markup in
            "<a href=\"\(PageAddress(way.path, ["next": next]).text)\" hx-boost=\"false\">\(Icon(way.icon))<span>\(context.text(way.title, way.titleEN))</span></a>"
        }
        return "<nav class=\"login-ways\" aria-label=\"\(context.text("其他登录方式", "Other ways to sign in"))\">\(links)</nav>"
    }

    /// A page at the door.
    package static func frame(_ title: String, _ content: Markup, failure: Failure? = nil, status: HTTPResponse.Status = .ok, _ context: WebContext) -> Response {
        let settings = context.site.settings
        let fault: Markup = failure.map { "<div class=\"notice tone-red\" role=\"alert\">\(Icon("alert"))<div>\($0.message)</div></div>" } ?? .empty
        let words = context.site.sessions.doorNotice
        let notice: Markup = words.isEmpty ? .empty : "<div class=\"notice tone-blue\" role=\"note\">\(Icon("shield"))<div class=\"keeps-lines\">\(words)</div></div>"
        let other = context.text("English", "中文")
        let body: Markup = """
            <div class="login"><section class="login-brand" aria-hidden="true"><div class="login-art">\(Self.art)</div><div class="login-words"><p class="login-motto">见微知著</p>\
            <p class="login-lead">\(context.text("从最小的迹象，看见将要发生的事。", "From the smallest sign, know what is coming."))</p></div></section>\
            <section class="login-card"><div class="login-head"><span class="brand-mark">\(Icon("brand"))</span><div><p class="brand-name">\(context.text("见微", "Jianwei"))</p>\
            <h1>\(context.text(settings.systemName, settings.systemNameEN))</h1></div></div>\(notice)\(fault)\(content)\
            <p class="login-foot"><a href="/login?lang=\(context.language == .zh ? "en" : "zh")" hx-boost="false">\(other)</a><span>\(settings.operatorName)</span></p></section></div>
            """
        return Shell.page(title, status: status, layout: .bare, body: body, context: context)
    }

    private var passwordForm: Markup {
        """
        <form method="post" action="/login" hx-boost="false" class="login-form"><input type="hidden" name="next" value="\(next)">\
        <div class="field"><label class="field-label" for="login">\(context.text("用户名", "User name"))</label><div class="input-icon">\(Icon("user"))<input class="form-control" id="login" name="login" value="\(login)" autocomplete="username" required autofocus maxlength="64"></div></div>\
        <div class="field"><label class="field-label" for="password">\(context.text("密码", "Password"))</label><div class="input-icon">\(Icon("lock"))<input class="form-control" id="password" name="password" type="password" autocomplete="current-password" required maxlength="128">\
        <button type="button" class="icon-button" data-reveal="password" aria-label="\(context.text("显示密码", "Show password"))">\(Icon("eye"))</button></div></div>\(captchaField)\
        <button type="submit" class="btn btn-primary login-submit">\(context.text("登录", "Sign in"))</button></form>
        """
    }

    private var captchaField: Markup {
        guard let captcha else { return .empty }
        return """
            <input type="hidden" name="captcha_id" value="\(captcha)"><div class="field"><label class="field-label" for="captcha">\(context.text("验证码", "Characters in the picture"))</label>\
            <div class="captcha"><input class="form-control" id="captcha" name="captcha" autocomplete="off" autocapitalize="characters" required maxlength="6">\
            <img src="/login/captcha?id=\(captcha)" width="168" height="56" alt="\(context.text("图形验证码；看不清请刷新页面", "Picture with four characters; reload for another"))"></div></div>
            """
    }

    private var codeForm: Markup {
        """
        <form method="post" action="/login/second" hx-boost="false" class="login-form"><input type="hidden" name="next" value="\(next)"><input type="hidden" name="pending" value="\(pending)">\
        <div class="field"><label class="field-label" for="code">\(context.text("动态口令", "One-time code"))</label><div class="input-icon">\(Icon("shield"))<input class="form-control" id="code" name="code" autocomplete="one-time-code" inputmode="text" required autofocus maxlength="16"></div>\
        <p class="field-help">\(context.text("打开手机上的验证器，输入 6 位数字；手机不在身边时输入恢复码。", "Six digits of your authenticator, or a recovery code."))</p></div>\
        <button type="submit" class="btn btn-primary login-submit">\(context.text("确认", "Confirm"))</button></form><p><a href="/login" hx-boost="false">\(context.text("返回重新登录", "Back"))</a></p>
        """
    }

    /// Rings that spread from one small point.
    private static let art: Markup = """
        <svg viewBox="0 0 600 600" preserveAspectRatio="xMidYMid slice"><g class="rings"><circle cx="210" cy="390" r="5" class="seed"></circle><circle cx="210" cy="390" r="34"></circle><circle cx="210" cy="390" r="76"></circle>\
        <circle cx="210" cy="390" r="132"></circle><circle cx="210" cy="390" r="204"></circle><circle cx="210" cy="390" r="294"></circle><circle cx="210" cy="390" r="404"></circle></g>\
        <g class="sparks"><circle cx="284" cy="374" r="3"></circle><circle cx="330" cy="335" r="4"></circle><circle cx="172" cy="189" r="4"></circle><circle cx="449" cy="221" r="5"></circle><circle cx="78" cy="409" r="3"></circle></g></svg>
        """
}
