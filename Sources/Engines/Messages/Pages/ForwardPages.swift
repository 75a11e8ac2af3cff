import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 消息转发 (B5.3.1): rules by which one application's messages reach another, and what became of each.
extension MessagePages {
    func addForwards(to routes: Routes) {
        let rules = RoutePermission.named(MessagePermission.rules), deliveries = RoutePermission.named(MessagePermission.deliveries)
        routes.get("/message-forwards", permission: rules, use: forwards)
        routes.get("/message-forwards/new", permission: rules) { _, context in try await forwardForm(nil, FormInput(), [], context) }
        routes.post("/message-forwards/new", permission: rules, use: keepForward)
        routes.get("/message-forwards/deliveries", permission: deliveries, use: forwardDeliveries)
        routes.post("/message-forwards/deliveries/{id}/retry", permission: deliveries, use: retryForward)
        routes.get("/message-forwards/{id}/edit", permission: rules, use: editForward)
        routes.post("/message-forwards/{id}/edit", permission: rules, use: keepForward)
        routes.post("/message-forwards/{id}/remove", permission: rules, use: removeForward)
    }

    private static let crumbs = [Crumb("系统"), Crumb("消息转发", "/message-forwards")]

    @Sendable
    func forwards(request: Request, context: WebContext) async throws -> Response {
        let window = ListWindow(context.here)
        let all = try await database.read { [engine] in try engine.forwardRules(in: $0) }.filter { window.finds($0.title, $0.target, $0.sourceName) }
        let shown = window.numbered(all)
        let rows = shown.rows.map { rule in
            TableRow(
                id: String(rule.id),
                [
                    "\(rule.title)", "\(Badge(rule.isOn ? "启用" : "停用", rule.isOn ? .good : .muted, isDot: true))", "\(rule.source == nil ? "任何应用" : rule.sourceName)",
                    "\(rule.grade.title)及以上\(rule.keyword.isEmpty ? "" : "，含“\(rule.keyword)”")", "\(rule.target)", "\(rule.url)",
                ],
                actions:
                    "\(ActionButton("修改", .dialog("/message-forwards/\(rule.id)/edit"), style: .quiet))\(ActionButton("删除", .post("/message-forwards/\(rule.id)/remove", confirm: "删除转发规则“\(rule.title)”？"), style: .quiet))"
            )
        }
        let columns = [
            Column("title", "规则"), Column("on", "状态"), Column("source", "来源应用"), Column("when", "条件", isWrapping: true), Column("target", "接收应用"),
            Column("url", "接收地址", isWrapping: true),
        ]
        let list = ListPage(
            "消息转发", at: "/message-forwards", crumbs: [Crumb("系统")], id: "forwards", columns: columns, filters: [.keyword(context, "规则、应用")],
            empty: "没有转发规则；一个应用发来的消息只送达平台内的人员", add: ActionButton("新增规则", .dialog("/message-forwards/new"), icon: "plus", style: .primary),
            actions: context.may(MessagePermission.deliveries) ? "\(ActionButton("转发情况", .link("/message-forwards/deliveries"), icon: "send"))" : .empty)
        return list.response(rows, shown.pager, context)
    }

    private func forwardForm(_ id: Int64?, _ input: FormInput, _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let (known, applications) = try await database.read { [engine] reader in
            (
                try id.flatMap { id in try engine.forwardRules(in: reader).first { $0.id == id } },
                try reader.rows("SELECT id, name FROM oauth_clients WHERE state = 'approved' ORDER BY name LIMIT 500").map {
                    Choice(String($0.int("id") ?? 0), $0.text("name") ?? "")
                }
            )
        }
        if id != nil, known == nil { throw Failure.notFound("该转发规则") }
        let isFilled = input.has("title")
        func value(_ name: String, _ otherwise: String?) -> String? { isFilled ? input[name] : otherwise }
        let fields = [
            FormField("title", "规则名称", .text, value: value("title", known?.title), isRequired: true, maxLength: 60),
            FormField("source", "来源应用", .select([Choice("", "任何应用")] + applications), value: value("source", known?.source.map { String($0) })),
            FormField("grade", "最低级别", .select(MessageGrade.allCases.map { Choice($0.rawValue, $0.title) }), value: value("grade", known?.grade.rawValue)),
            FormField("keyword", "关键字", .text, value: value("keyword", known?.keyword), help: "标题或内容含此字才转发；空为全部", maxLength: 60),
            FormField("target", "接收应用", .text, value: value("target", known?.target), isRequired: true, maxLength: 60),
            FormField("url", "接收地址", .text, value: value("url", known?.url), isRequired: true, help: "以 POST 发送 JSON；内网地址须先在“登录与安全”中允许", maxLength: 500, isWide: true),
            FormField(
                "secret", "签名密钥", .password, isRequired: id == nil, help: id == nil ? "16—128 个字符；对“时间\\n正文”作 HMAC-SHA256，放在 X-Jianwei-Signature" : "不填则不变", maxLength: 128,
                isWide: true),
            FormField("isOn", "启用", .check("按此规则转发"), value: value("isOn", known.map { $0.isOn ? "1" : "" } ?? "1")),
        ]
        let form = Form(
            action: id.map { "/message-forwards/\($0)/edit" } ?? "/message-forwards/new", sections: [FormSection(nil, fields)], cancel: "/message-forwards", findings: findings,
            context: context)
        return Shell.form("消息转发规则", crumbs: Self.crumbs + [Crumb(id == nil ? "新增" : "修改")], active: "/message-forwards", form, context: context)
    }

    @Sendable
    func editForward(request: Request, context: WebContext) async throws -> Response { try await forwardForm(context.id(), FormInput(), [], context) }

    @Sendable
    func keepForward(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = context.here.path.hasSuffix("/edit") ? try context.id() : nil
        let input = try await request.form(context)
        let source = input["source"].flatMap { Int64($0) }
        let name = try await database.read { reader in try source.flatMap { try reader.first("SELECT name FROM oauth_clients WHERE id = \($0)")?.text("name") } }
        var rule = ForwardRule(
            title: input["title"] ?? "", source: name == nil ? nil : source, sourceName: name ?? "", grade: input["grade"].flatMap(MessageGrade.init(rawValue:)) ?? .info,
            keyword: input["keyword"] ?? "", target: input["target"] ?? "", url: input["url"] ?? "", secret: input["secret"] ?? "", isOn: input["isOn"] == "1")
        rule.id = id ?? 0
        let wanted = rule
        do {
            try await database.write { [engine] in try engine.keep(wanted, by: principal, in: $0) }
            return Shell.done("已保存", to: "/message-forwards", context: context)
        } catch let failure as Failure where failure.kind == .invalid { return try await forwardForm(id, input, failure.fields, context) }
    }

    @Sendable
    func removeForward(request: Request, context: WebContext) async throws -> Response {
        let (principal, id) = (try context.signedIn(), try context.id())
        try await database.write { [engine] in try engine.removeForward(id, by: principal, in: $0) }
        return Shell.refreshed("已删除", context: context, request: request)
    }

    private static let forwardStates: [(name: String, title: String, tone: Tone)] = [("waiting", "待发送", .info), ("sent", "已接收", .good), ("dead", "发送失败", .red)]

    /// `GET /message-forwards/deliveries?state=&q=`.
    @Sendable
    func forwardDeliveries(request: Request, context: WebContext) async throws -> Response {
        let window = ListWindow(context.here)
        var conditions: [SQL] = []
        if let state = context.here["state"] { conditions.append("state = \(state)") }
        if let keyword = window.keyword { conditions.append(.contains(keyword, in: "title", "target", "source_name")) }
        if let before = window.before { conditions.append("id < \(before)") }
        let filters = conditions
        let found = try await database.read { try $0.rows("SELECT * FROM forward_deliveries WHERE \(SQL.all(of: filters)) ORDER BY id DESC LIMIT \(window.limit)") }
        let shown = window.newest(found) { $0.int("id") ?? 0 }
        let rows = shown.rows.map { row -> TableRow in
            let state = Self.forwardStates.first { $0.name == row.text("state") } ?? ("", row.text("state") ?? "", .neutral)
            let again: Markup =
                state.name == "dead" ? "\(ActionButton("重发", .post("/message-forwards/deliveries/\(row.int("id") ?? 0)/retry", confirm: "重新转发这条消息？"), style: .quiet))" : .empty
            return TableRow(
                id: String(row.int("id") ?? 0),
                [
                    "\(row.text("title"))", "\(row.text("source_name"))", "\(row.text("target"))", "\(Badge(state.title, state.tone, isDot: true))", "\(row.int("attempts") ?? 0)",
                    "\(row.moment("at"))",
                    "\(row.moment("sent_at"))", "\(row.text("receipt") ?? row.text("error"))",
                ], actions: again)
        }
        let columns = [
            Column("title", "消息", isWrapping: true), Column("source", "来源应用"), Column("target", "接收应用"), Column("state", "状态"), Column("attempts", "次数", align: .end),
            Column("at", "提交时间"),
            Column("sent", "送达时间"), Column("receipt", "回执或原因", isWrapping: true),
        ]
        let list = ListPage(
            "转发情况", at: "/message-forwards/deliveries", crumbs: Self.crumbs, active: "/message-forwards", id: "forwarded", columns: columns,
            filters: [.keyword(context, "消息、应用"), .choice("state", "状态", [Choice("", "全部")] + Self.forwardStates.map { Choice($0.name, $0.title) }, context)], empty: "没有转发过消息")
        return list.response(rows, shown.pager, context)
    }

    @Sendable
    func retryForward(request: Request, context: WebContext) async throws -> Response {
        let (principal, id) = (try context.signedIn(), try context.id())
        try await database.write { [engine] in try engine.retryForward(id, by: principal, in: $0) }
        return Shell.refreshed("已重新提交", context: context, request: request)
    }
}
