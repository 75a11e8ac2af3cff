import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

extension DataServicePages {
    /// `GET /data-applications?q=&state=`.
    @Sendable
    func applications(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let window = ListWindow(context.here)
        let all = try await database.read { [engine] in try engine.applications(by: principal, in: $0) }
        let wanted = all.filter { one in window.finds(one.name, one.key, one.contact) && (context.here["state"].map { ($0 == "on") == one.isOn } ?? true) }
        let shown = window.numbered(wanted, sortedBy: ["name": { $0.name }, "contact": { $0.contact }, "by": { $0.byName }, "at": { $0.at.text }])
        let rows = shown.rows.map { one -> TableRow in
            let path = "/data-applications/\(one.id)"
            let turn =
                one.isOn
                ? ActionButton("停用", .post("\(path)/turn/off", confirm: "停用后该应用立即不能调用任何接口。确定停用？"), style: .quiet)
                : ActionButton("启用", .post("\(path)/turn/on", confirm: nil), style: .quiet)
            let renew = ActionButton("更换密钥", .post("\(path)/secret", confirm: "旧密钥和已发的令牌立即失效。确定更换？"), style: .quiet)
            return TableRow(
                id: String(one.id),
                [
                    "\(one.name)", "<code>\(one.key)</code>", "\(Badge(one.isOn ? "启用" : "停用", one.isOn ? .good : .muted, isDot: true))", "\(one.contact)",
                    "\(one.addresses.isEmpty ? "不限" : one.addresses.joined(separator: " "))", "\(one.byName)", "\(String(one.at.text.prefix(16)))",
                ], actions: "\(turn)\(renew)")
        }
        let columns = [
            Column("name", "应用", isSortable: true), Column("key", "AppKey"), Column("state", "状态"), Column("contact", "联系人", isSortable: true),
            Column("addresses", "来源地址", isWrapping: true), Column("by", "登记人", isSortable: true), Column("at", "登记时间", isSortable: true),
        ]
        let list = ListPage(
            "应用与密钥", at: "/data-applications", crumbs: [Crumb("数据服务"), Crumb("应用与密钥")], id: "applications", columns: columns,
            filters: [.keyword(context, "应用、AppKey、联系人"), .choice("state", "状态", [Choice("on", "启用"), Choice("off", "停用")], context)],
            empty: "没有应用；登记后得到 AppKey 与 AppSecret，再申请接口", add: ActionButton("登记应用", .dialog("/data-applications/new"), icon: "plus", style: .primary))
        return list.response(rows, shown.pager, context)
    }

    func applicationForm(_ context: WebContext, _ input: FormInput?, _ findings: [FieldFinding]) -> Response {
        let fields = [
            FormField("name", "应用名称", .text, value: input?["name"], isRequired: true, maxLength: 60),
            FormField("contact", "联系人", .text, value: input?["contact"], isRequired: true, help: "单位、姓名、电话", maxLength: 100),
            FormField("addresses", "来源地址", .textArea(rows: 2), value: input?["addresses"], help: "只允许这些地址调用，空格或换行分隔；以“.”结尾为地址段；空为不限", maxLength: 500, isWide: true),
        ]
        let form = Form(
            action: "/data-applications/new", sections: [FormSection(nil, fields)], submit: "登记", cancel: "/data-applications", findings: findings, context: context)
        return Shell.form(
            "登记应用", crumbs: [Crumb("应用与密钥", "/data-applications"), Crumb("登记")], active: "/data-applications", form, context: context)
    }

    /// `POST /data-applications/new`: the secret is shown once.
    @Sendable
    func register(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        let (name, contact, addresses) = (input["name"] ?? "", input["contact"] ?? "", input["addresses"] ?? "")
        do {
            let (application, secret) = try await database.write { [engine] tx in
                let made = try engine.register(name: name, contact: contact, addresses: addresses, by: principal, in: tx)
                return (try engine.application(made.id, by: principal, in: tx), made.secret)
            }
            return shown(secret, application, context)
        } catch let failure as Failure where failure.kind == .invalid {
            return applicationForm(context, input, failure.fields)
        }
    }

    /// `POST /data-applications/{id}/secret`.
    @Sendable
    func renew(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let (application, secret) = try await database.write { [engine] tx in
            let secret = try engine.renewSecret(id, by: principal, in: tx)
            return (try engine.application(id, by: principal, in: tx), secret)
        }
        return shown(secret, application, context)
    }

    private func shown(_ secret: String, _ application: DataApplication, _ context: WebContext) -> Response {
        let facts = DescriptionList([
            .init("应用", "\(application.name)"), .init("AppKey", "<code>\(application.key)</code>"), .init("AppSecret", "<code class=\"secret\">\(secret)</code>", isWide: true),
        ])
        let body: Markup = """
            \(Notice(.yellow, "AppSecret 只显示这一次，请立即交给应用的开发者妥善保管；遗失只能更换。"))\(Card(body: "\(facts)"))\
            <p>\(ActionButton("我已记下", .link("/data-applications"), style: .primary))</p>
            """
        var response = Shell.page(
            "AppSecret", crumbs: [Crumb("应用与密钥", "/data-applications"), Crumb("AppSecret")], active: "/data-applications", body: "<div class=\"stack\">\(body)</div>",
            context: context)
        response.headers[.cacheControl] = "no-store"
        return response
    }

    /// `POST /data-applications/{id}/turn/{state}`.
    @Sendable
    func turn(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let (id, isOn) = (try context.id(), try context.path("state") == "on")
        try await database.write { [engine] tx in try engine.turn(id, on: isOn, by: principal, in: tx) }
        return Shell.refreshed(isOn ? "已启用" : "已停用", context: context, request: request)
    }

    // MARK: Black list

    /// `GET /data-blocks?q=`.
    @Sendable
    func blocks(request: Request, context: WebContext) async throws -> Response {
        let window = ListWindow(context.here)
        let all = try await database.read { [engine] in try engine.blocks(in: $0) }
        let shown = window.numbered(all.filter { window.finds($0.address, $0.reason) }, sortedBy: ["address": { $0.address }, "by": { $0.byName }, "at": { $0.at.text }])
        let rows = shown.rows.map { one in
            TableRow(
                id: String(one.id), ["<code>\(one.address)</code>", "\(one.reason)", "\(one.byName)", "\(String(one.at.text.prefix(16)))"],
                actions: "\(ActionButton("移除", .post("/data-blocks/\(one.id)/remove", confirm: "移出黑名单后该地址可以再次调用。确定移除？"), style: .quiet))")
        }
        let columns = [
            Column("address", "地址", isSortable: true), Column("reason", "原因", isWrapping: true), Column("by", "登记人", isSortable: true), Column("at", "时间", isSortable: true),
        ]
        let list = ListPage(
            "地址黑名单", at: "/data-blocks", crumbs: [Crumb("数据服务"), Crumb("地址黑名单")], id: "blocks", columns: columns, filters: [.keyword(context, "地址、原因")],
            empty: "黑名单为空；滥用接口的地址可以加入", add: ActionButton("加入黑名单", .dialog("/data-blocks/new"), icon: "plus", style: .primary))
        return list.response(rows, shown.pager, context)
    }

    func blockForm(_ context: WebContext, _ input: FormInput?, _ findings: [FieldFinding]) -> Response {
        let fields = [
            FormField("address", "地址", .text, value: input?["address"], isRequired: true, help: "完整 IP 地址，或以“.”结尾的地址段，如 10.2.", maxLength: 45),
            FormField("reason", "原因", .text, value: input?["reason"], isRequired: true, maxLength: 100),
        ]
        let form = Form(action: "/data-blocks/new", sections: [FormSection(nil, fields)], submit: "加入", cancel: "/data-blocks", findings: findings, context: context)
        return Shell.form(
            "加入黑名单", crumbs: [Crumb("地址黑名单", "/data-blocks"), Crumb("加入")], active: "/data-blocks", form, context: context)
    }

    /// `POST /data-blocks/new`.
    @Sendable
    func block(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        let (address, reason) = (input["address"] ?? "", input["reason"] ?? "")
        do {
            try await database.write { [engine] tx in try engine.block(address, reason: reason, by: principal, in: tx) }
            return Shell.done("已加入黑名单", to: "/data-blocks", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return blockForm(context, input, failure.fields)
        }
    }

    /// `POST /data-blocks/{id}/remove`.
    @Sendable
    func unblock(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        try await database.write { [engine] tx in try engine.unblock(id, by: principal, in: tx) }
        return Shell.refreshed("已移除", context: context, request: request)
    }
}
