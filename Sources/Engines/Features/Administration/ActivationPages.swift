import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Web

/// 激活账号: who was brought in by a sheet sets the own password with the code that the administrator handed over.
struct ActivationPages: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        routes.get("/activate", permission: .open) { _, context in door("", [], context) }
        routes.post("/activate", permission: .open, use: activate)
    }

    private func door(_ login: String, _ findings: [FieldFinding], _ context: WebContext) -> Response {
        let fields = [
            FormField("login", "登录名", .text, value: login, isRequired: true, maxLength: 32),
            FormField("code", "激活码", .text, isRequired: true, help: "管理员交给您的 16 位字母和数字", maxLength: 32),
            FormField("password", "新密码", .password, isRequired: true, help: context.site.sessions.passwordHint, maxLength: 128),
            FormField("again", "再输一次", .password, isRequired: true, maxLength: 128),
        ]
        let form = Form(action: "/activate", sections: [FormSection(nil, fields)], submit: "激活并设置密码", cancel: "/login", findings: findings, context: context)
        return LoginPage.frame("激活账号", "<h2>激活账号</h2>\(form)", status: findings.isEmpty ? .ok : .unprocessableContent, context)
    }

    @Sendable func activate(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context, limit: 4096)
        let (login, password) = (input["login"] ?? "", input["password"] ?? "")
        guard password == input["again"] else { return door(login, [FieldFinding("again", "differs", "两次输入不一致", title: "再输一次")], context) }
        do {
            try await platform.identity.activations.activate(login, code: input["code"] ?? "", password: password, from: context.address)
        } catch let failure as Failure where failure.kind == .invalid {
            return door(login, failure.fields, context)
        }
        let body: Markup = "<h2>账号已激活</h2><p>请用新密码登录。</p><p><a class=\"btn btn-primary\" href=\"/login\" hx-boost=\"false\">去登录</a></p>"
        return LoginPage.frame("账号已激活", body, context)
    }
}
