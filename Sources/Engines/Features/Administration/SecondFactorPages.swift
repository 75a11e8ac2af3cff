import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Web

/// 动态口令: one's own second factor. Enrolling shows a square code, asks for a first code and hands out recovery codes once.
struct SecondFactorPages: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        routes.get("/account/second", permission: .signedIn) { _, context in try await page(context, []) }
        routes.post("/account/second", permission: .signedIn, isDangerous: true, use: enable)
        routes.post("/account/second/off", permission: .signedIn, isDangerous: true, use: disable)
    }

    private var factors: SecondFactors { platform.identity.secondFactors }

    private func page(_ context: WebContext, _ findings: [FieldFinding]) async throws -> Response {
        let principal = try context.signedIn()
        let state = try await factors.state(of: principal.id)
        if let since = state.enabledAt { return enabled(since, state.recoveryLeft, context) }
        let offer = try await factors.offer(to: principal, issuer: context.site.settings.systemName)
        let form = Form(
            action: "/account/second",
            sections: [FormSection(nil, [FormField("code", "验证器上的 6 位数字", .text, isRequired: true, help: "扫码后输入，用于确认手机时间与系统一致", maxLength: 6, isWide: true)])], submit: "开启动态口令",
            cancel: context.mustEnrol ? nil : "/", findings: findings, context: context)
        let note: Markup = context.mustEnrol ? "\(Notice(.yellow, "按本单位的登录规则，您须开启动态口令后才能继续使用。"))" : .empty
        let body: Markup = """
            \(note)<div class="enrol">\(SquareCode(offer.address, label: "用验证器扫描的二维码"))<div><ol class="keeps-lines"><li>在手机上打开任一支持 TOTP 的验证器（如 FreeOTP、Authenticator）。</li>\
            <li>扫描左侧二维码；不能扫码时手工输入密钥 <code class="wraps">\(offer.secret)</code>。</li><li>输入验证器显示的 6 位数字。</li></ol>\(form)</div></div>
            """
        return shell(body, findings.isEmpty ? .ok : .unprocessableContent, context)
    }

    private func enabled(_ since: Moment, _ left: Int, _ context: WebContext) -> Response {
        let facts = DescriptionList([.init("状态", "\(Badge("已开启", .good, isDot: true))"), .init("开启时间", "\(since)"), .init("剩余恢复码", "\(left) 个")])
        let few: Markup = left < 3 ? "\(Notice(.yellow, "恢复码所剩不多。停用后重新开启即可得到新的恢复码。"))" : .empty
        let off = ActionButton("停用", .post("/account/second/off", confirm: "停用后登录只凭密码。确定停用动态口令？"), icon: "lock", style: .danger)
        return shell("\(few)\(facts)<div class=\"form-foot\">\(off)</div>", .ok, context)
    }

    private func shell(_ body: Markup, _ status: HTTPResponse.Status, _ context: WebContext) -> Response {
        guard context.mustEnrol else {
            return Shell.page("动态口令", crumbs: [Crumb("个人设置"), Crumb("动态口令")], status: status, body: "\(Card(body: body))", context: context)
        }
        return Shell.page("动态口令", status: status, layout: .bare, body: "<div class=\"centre-card\"><h1>动态口令</h1>\(body)</div>", context: context)
    }

    @Sendable func enable(request: Request, context: WebContext) async throws -> Response {
        let form = try await request.form(context, limit: 16_384)
        do {
            let codes = try await factors.enable(for: context.signedIn(), code: form["code"] ?? "")
            let list = codes.map { code -> Markup in "<code>\(code)</code>" }
            let body: Markup = """
                \(Notice(.good, "动态口令已开启。请抄写或打印下列恢复码并妥善保管：手机不在身边时，每个恢复码可代替动态口令使用一次。此页只显示这一次。"))\
                <div class="codes">\(list)</div><div class="form-foot">\(ActionButton("打印", .print, icon: "print"))\(ActionButton("我已保存", .link("/"), style: .primary))</div>
                """
            var response = shell(body, .ok, context)
            response.headers[.cacheControl] = "no-store"
            return response
        } catch let failure as Failure where !failure.fields.isEmpty {
            return try await page(context, failure.fields)
        }
    }

    @Sendable func disable(request: Request, context: WebContext) async throws -> Response {
        try await factors.disable(for: context.signedIn())
        return Shell.done("动态口令已停用", to: "/account/second", context: context)
    }
}
