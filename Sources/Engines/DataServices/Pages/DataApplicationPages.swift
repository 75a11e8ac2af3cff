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
        let here = context.here
        let all = try await database.read { [engine] in try engine.applications(by: principal, in: $0) }
        let shown = all.filter { one in
            (here["q"].map { one.name.contains($0) || one.key.contains($0) || one.contact.contains($0) } ?? true) && (here["state"].map { ($0 == "on") == one.isOn } ?? true)
        }
        let size = min(max(here["size"].flatMap { Int($0) } ?? 20, 1), 100)
        let page = max(here["page"].flatMap { Int($0) } ?? 0, 0)
        let rows = shown.dropFirst(page * size).prefix(size).map { one -> TableRow in
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
            Column("name", "应用"), Column("key", "AppKey"), Column("state", "状态"), Column("contact", "联系人"), Column("addresses", "来源地址", isWrapping: true), Column("by", "登记人"),
            Column("at", "登记时间"),
        ]
        let fields = [
            FormField("q", "关键字", .text, value: here["q"], placeholder: "应用、AppKey、联系人"),
            FormField("state", "状态", .select([Choice("", "全部"), Choice("on", "启用"), Choice("off", "停用")]), value: here["state"]),
        ]
        let pager = Pager(
            previous: page > 0 ? here.with("page", page == 1 ? nil : String(page - 1)).text : nil,
            next: (page + 1) * size < shown.count ? here.with("page", String(page + 1)).text : nil,
            total: shown.count, size: size)
        let add = ActionButton("登记应用", .dialog("/data-applications/new"), icon: "plus", style: .primary)
        let table = DataTable(
            id: "applications", columns: columns, rows: Array(rows), address: here, pager: pager, empty: "没有应用；登记后得到 AppKey 与 AppSecret，再申请接口", emptyAction: add.markup)
        return Shell.page(
            "应用与密钥", crumbs: [Crumb("数据服务"), Crumb("应用与密钥")], active: "/data-applications", actions: "\(add)",
            body: "\(SearchForm(action: "/data-applications", fields: fields, table: "applications"))\(table)", context: context)
    }

    func applicationForm(_ context: WebContext, _ input: FormInput?, _ findings: [FieldFinding]) -> Response {
        let fields = [
            FormField("name", "应用名称", .text, value: input?["name"], isRequired: true, maxLength: 60),
            FormField("contact", "联系人", .text, value: input?["contact"], isRequired: true, help: "单位、姓名、电话", maxLength: 100),
            FormField("addresses", "来源地址", .textArea(rows: 2), value: input?["addresses"], help: "只允许这些地址调用，空格或换行分隔；以“.”结尾为地址段；空为不限", maxLength: 500, isWide: true),
        ]
        let form = Form(
            action: "/data-applications/new", sections: [FormSection(nil, fields)], submit: "登记", cancel: "/data-applications", findings: findings, context: context)
        return Shell.page(
            "登记应用", crumbs: [Crumb("应用与密钥", "/data-applications"), Crumb("登记")], active: "/data-applications", status: findings.isEmpty ? .ok : .unprocessableContent,
            body: context.isDialog ? form.markup : "\(Card(body: form.markup))", context: context)
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
        let keyword = context.here["q"]
        let all = try await database.read { [engine] in try engine.blocks(in: $0) }
        let rows = all.filter { one in keyword.map { one.address.contains($0) || one.reason.contains($0) } ?? true }.map { one in
            TableRow(
                id: String(one.id), ["<code>\(one.address)</code>", "\(one.reason)", "\(one.byName)", "\(String(one.at.text.prefix(16)))"],
                actions: "\(ActionButton("移除", .post("/data-blocks/\(one.id)/remove", confirm: "移出黑名单后该地址可以再次调用。确定移除？"), style: .quiet))")
        }
        let columns = [Column("address", "地址"), Column("reason", "原因", isWrapping: true), Column("by", "登记人"), Column("at", "时间")]
        let add = ActionButton("加入黑名单", .dialog("/data-blocks/new"), icon: "plus", style: .primary)
        let search = SearchForm(action: "/data-blocks", fields: [FormField("q", "关键字", .text, value: keyword, placeholder: "地址、原因")], table: "blocks")
        return Shell.page(
            "地址黑名单", crumbs: [Crumb("数据服务"), Crumb("地址黑名单")], active: "/data-blocks", actions: "\(add)",
            body: "\(search)\(DataTable(id: "blocks", columns: columns, rows: rows, address: context.here, empty: "黑名单为空"))", context: context)
    }

    func blockForm(_ context: WebContext, _ input: FormInput?, _ findings: [FieldFinding]) -> Response {
        let fields = [
            FormField("address", "地址", .text, value: input?["address"], isRequired: true, help: "完整 IP 地址，或以“.”结尾的地址段，如 10.2.", maxLength: 45),
            FormField("reason", "原因", .text, value: input?["reason"], isRequired: true, maxLength: 100),
        ]
        let form = Form(action: "/data-blocks/new", sections: [FormSection(nil, fields)], submit: "加入", cancel: "/data-blocks", findings: findings, context: context)
        return Shell.page(
            "加入黑名单", crumbs: [Crumb("地址黑名单", "/data-blocks"), Crumb("加入")], active: "/data-blocks", status: findings.isEmpty ? .ok : .unprocessableContent,
            body: context.isDialog ? form.markup : "\(Card(body: form.markup))", context: context)
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
