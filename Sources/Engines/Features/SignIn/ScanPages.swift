import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Web

/// 扫码登录: the desk shows a square code and two digits; the telephone, signed in already, scans and repeats the digits.
struct ScanPages: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        routes.get("/login/qr", permission: .open, use: offer)
        routes.get("/login/qr/state", permission: .open, use: state)
        routes.post("/login/qr", permission: .open, use: finish)
        routes.get("/account/scan", permission: .signedIn) { _, context in try await asked(context, []) }
        routes.post("/account/scan", permission: .signedIn, use: confirm)
    }

    private static let cookie = "jw_scan"
    private var scans: QRSignIn { platform.identity.qrSignIn }

    @Sendable func offer(request: Request, context: WebContext) async throws -> Response {
        if context.principal != nil { return .redirect(to: AccountPages.inside(context.here["next"], context)) }
        let computer = Computer(request)
        let offer = try await scans.offer(Entrance(request, context, computer))
        let address = context.publicAddress(request) + PageAddress("/account/scan", ["id": offer.id]).text
        let content: Markup = """
            <div class="login-scan" data-scan="\(PageAddress("/login/qr/state", ["id": offer.id]).text)">\(SquareCode(address, label: context.text("登录二维码", "Code to sign in")))\
            <p>\(context.text("用已登录的手机扫描，并输入核对码", "Scan with a telephone that is signed in and type"))</p><p class="scan-digits">\(offer.digits)</p>\
            <p class="field-help" data-scan-note role="status">\(context.text("两分钟内有效", "Good for two minutes"))</p>\
            <form method="post" action="/login/qr" hx-boost="false"><input type="hidden" name="id" value="\(offer.id)"><input type="hidden" name="next" value="\(context.here["next"])">\
            <button type="submit" class="btn btn-primary">\(context.text("已在手机上确认", "Confirmed on the telephone"))</button> \
            <a class="btn btn-plain" href="/login/qr" hx-boost="false">\(context.text("刷新", "Refresh"))</a></form></div>\(LoginPage.ways(context, except: "/login/qr", next: context.here["next"]))
            """
        var response = LoginPage.frame(context.text("扫码登录", "Sign in by scanning"), content, context)
        response.headers[.cacheControl] = "no-store"
        response.setCookie(
            Cookie(
                name: Self.cookie, value: offer.secret, maxAge: Int(QRSignIn.seconds), path: "/login/qr", secure: context.site.settings.isSecure, httpOnly: true, sameSite: .strict)
        )
        return computer.kept(in: response, context)
    }

    @Sendable func state(request: Request, context: WebContext) async throws -> Response {
        let state = try await scans.state(of: context.here["id"] ?? "", secret: request.cookies[Self.cookie]?.value ?? "")
        var response = Response.json(["state": .string("\(state)")])
        response.headers[.cacheControl] = "no-store"
        return response
    }

    @Sendable func finish(request: Request, context: WebContext) async throws -> Response {
        try AccountPages.requireOwnPage(request)
        let form = try await request.form(context, limit: 16_384)
        let computer = Computer(request)
        do {
            let new = try await scans.finish(form["id"] ?? "", secret: request.cookies[Self.cookie]?.value ?? "", Entrance(request, context, computer))
            return computer.kept(in: AccountPages.enter(IdentitySessions(platform.identity).grant(new), next: form["next"], context), context)
        } catch let failure as Failure {
            if context.wantsJSON { throw failure }
            let again: Markup = "<p><a class=\"btn btn-primary\" href=\"/login/qr\" hx-boost=\"false\">\(context.text("重新获取二维码", "Another code"))</a></p>"
            let content: Markup = "\(again)\(LoginPage.ways(context, except: "/login/qr", next: form["next"]))"
            return computer.kept(in: LoginPage.frame(context.text("扫码登录", "Sign in by scanning"), content, failure: failure, status: failure.status, context), context)
        }
    }

    // MARK: On the telephone

    private func asked(_ context: WebContext, _ findings: [FieldFinding]) async throws -> Response {
        let id = context.here["id"] ?? ""
        let asked = try await scans.asked(id)
        let facts = DescriptionList([
            .init("电脑", "\(Terminal.title(asked.agent))"), .init("地址", "<span class=\"mono\">\(asked.address)</span>"), .init("时间", "\(asked.at)"),
            .init("登录为", "\(try context.signedIn().name)"),
        ])
        let form = Form(
            action: PageAddress("/account/scan", ["id": id]).text,
            sections: [FormSection(nil, [FormField("digits", "电脑上显示的两位核对码", .text, isRequired: true, placeholder: "如 47", maxLength: 2, isWide: true)])], submit: "确认登录",
            cancel: "/", findings: findings, context: context)
        let body: Markup = "\(Notice(.yellow, "只确认您本人正在使用的电脑。不是您本人的操作，请取消并修改密码。"))\(facts)\(form)"
        return Shell.page(
            "确认在电脑上登录", crumbs: [Crumb("个人设置"), Crumb("扫码登录")], status: findings.isEmpty ? .ok : .unprocessableContent,
            body: "\(Card(body: "<div class=\"narrow\">\(body)</div>"))",
            context: context)
    }

    @Sendable func confirm(request: Request, context: WebContext) async throws -> Response {
        let form = try await request.form(context, limit: 16_384)
        do {
            try await scans.confirm(context.here["id"] ?? "", digits: form["digits"] ?? "", by: context.signedIn())
        } catch let failure as Failure where !failure.fields.isEmpty {
            return try await asked(context, failure.fields)
        }
        return Shell.done("已确认，电脑即将登录", to: context.site.settings.homePath, context: context)
    }
}

extension Entrance {
    init(_ request: Request, _ context: WebContext, _ computer: Computer) {
        self.init(address: context.address, agent: request.headers[.userAgent] ?? "", device: computer.secret)
    }
}
