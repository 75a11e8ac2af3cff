import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Web

/// 确认本人身份: asked before a dangerous act when the last proof is too old; afterwards one returns to the page and does the act again.
struct ConfirmPages: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        routes.get("/account/confirm", permission: .signedIn) { _, context in try await page(context, []) }
        routes.post("/account/confirm", permission: .signedIn, use: confirm)
    }

    private func page(_ context: WebContext, _ findings: [FieldFinding]) async throws -> Response {
        let principal = try context.signedIn()
        let hasFactor = try await platform.identity.secondFactors.state(of: principal.id).enabledAt != nil
        var fields = [
            FormField("next", "", .hidden, value: AccountPages.inside(context.here["next"], context)), FormField("password", "密码", .password, isRequired: true, isWide: true),
        ]
        if hasFactor { fields.append(FormField("code", "动态口令", .text, isRequired: true, help: "验证器上的 6 位数字或恢复码", maxLength: 16, isWide: true)) }
        let form = Form(action: context.here.text, sections: [FormSection(nil, fields)], submit: "确认", cancel: "/", findings: findings, context: context)
        let minutes = platform.identity.policies.current.confirmMinutes
        let note = Notice(.info, "您要进行的操作较为重要。确认本人身份后 \(minutes) 分钟内有效，请回到原页面再次操作。")
        return Shell.page(
            "确认本人身份", crumbs: [Crumb("个人设置"), Crumb("确认本人身份")], status: findings.isEmpty ? .ok : .unprocessableContent,
            body: "\(Card(body: "<div class=\"narrow\">\(note)\(form)</div>"))", context: context)
    }

    @Sendable func confirm(request: Request, context: WebContext) async throws -> Response {
        let form = try await request.form(context, limit: 16_384)
        func secret(_ name: String) -> String { form.items.first { $0.name == name }?.value ?? "" }
        do {
            try await platform.identity.sessions.confirm(context.signedIn(), password: secret("password"), code: secret("code"))
        } catch let failure as Failure where !failure.fields.isEmpty {
            return try await page(context, failure.fields)
        }
        return Shell.done("身份已确认，请再次操作", to: AccountPages.inside(form["next"] ?? context.here["next"], context), context: context)
    }
}
