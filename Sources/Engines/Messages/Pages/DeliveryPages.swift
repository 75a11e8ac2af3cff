import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

extension MessagePages {
    private static let states: [(name: String, title: String, tone: Tone)] = [
        ("waiting", "待发送", .info), ("sent", "已发送", .good), ("received", "已送达", .good), ("dead", "发送失败", .red),
    ]

    /// `GET /message-deliveries?state=&channel=`: what left the platform and what did not.
    @Sendable
    func deliveries(request: Request, context: WebContext) async throws -> Response {
        let here = context.here, window = ListWindow(here)
        var conditions: [SQL] = []
        if let state = here["state"] { conditions.append("d.state = \(state)") }
        if let channel = here["channel"] { conditions.append("d.channel = \(channel)") }
        if let before = window.before { conditions.append("d.id < \(before)") }
        if let keyword = here["q"] { conditions.append(.contains(keyword, in: "m.title", "u.name")) }
        let filters = conditions
        let (found, counts) = try await database.read { reader in
            (
                try reader.rows(
                    """
                    SELECT d.*, m.title, u.name AS user_name, (SELECT COUNT(*) FROM message_inbox i WHERE i.message_id = m.id AND i.user_id = d.user_id AND i.read_at IS NOT NULL) AS is_read
                    FROM message_deliveries d JOIN messages m ON m.id = d.message_id LEFT JOIN users u ON u.id = d.user_id WHERE \(SQL.all(of: filters)) ORDER BY d.id DESC LIMIT \(window.limit)
                    """),
                try reader.rows("SELECT state, COUNT(*) AS n FROM message_deliveries GROUP BY state").reduce(into: [String: Int]()) {
                    $0[$1.text("state") ?? ""] = Int($1.int("n") ?? 0)
                }
            )
        }
        let shown = window.newest(found) { $0.int("id") ?? 0 }
        let lines = shown.rows.map { row -> TableRow in
            let id = row.int("id") ?? 0
            let state = Self.states.first { $0.name == row.text("state") } ?? ("", row.text("state") ?? "", .neutral)
            let channel = engine.channels.first { $0.name == row.text("channel") }?.title ?? row.text("channel") ?? ""
            let again: Markup = state.name == "dead" ? "\(ActionButton("重发", .post("/message-deliveries/\(id)/retry", confirm: "重新发送这条消息？"), style: .quiet))" : .empty
            let isRead: Markup = row.int("is_read") == 0 ? .empty : "已读"
            return TableRow(
                id: String(id),
                [
                    "\(row.text("title"))", "\(row.text("user_name"))", "\(channel)", "\(Self.masked((try? engine.opened(row.text("address") ?? "")) ?? ""))",
                    "\(Badge(state.title, state.tone, isDot: true))",
                    isRead, "\(row.int("attempts") ?? 0)", "\(row.moment("at").map { String($0.text.prefix(16)) })", "\(row.moment("sent_at").map { String($0.text.prefix(16)) })",
                    "\(row.text("error"))",
                ], actions: again)
        }
        let columns = [
            Column("title", "消息", isWrapping: true), Column("user", "接收人"), Column("channel", "通道"), Column("address", "地址"), Column("state", "状态"), Column("read", "平台内"),
            Column("attempts", "次数", align: .end), Column("at", "提交时间"), Column("sent", "发出时间"), Column("error", "原因", isWrapping: true),
        ]
        let cards = Self.states.map { state -> Markup in
            "\(StatCard(state.title, Figure.grouped(counts[state.name] ?? 0), unit: "条", tone: state.name == "dead" && counts["dead", default: 0] > 0 ? .red : .neutral))"
        }
        let list = ListPage(
            context.text("消息发送", "Deliveries"), at: "/message-deliveries", crumbs: [Crumb("系统"), Crumb("消息发送")], id: "deliveries", columns: columns,
            filters: [
                .keyword(context, "消息、接收人"), .choice("state", "状态", Self.states.map { Choice($0.name, $0.title) }, context),
                .choice("channel", "通道", engine.channels.map { Choice($0.name, $0.title) }, context),
            ], empty: engine.channels.allSatisfy { $0.address == .devices } ? "没有配置对外通道，消息只在平台内和用户允许推送的设备上送达" : "没有对外发送的消息", above: "\(Grid(.quarters, cards))")
        return list.response(lines, shown.pager, context)
    }

    /// A telephone number without its middle; other addresses as they are.
    private static func masked(_ address: String) -> String {
        guard address.count == 11, address.allSatisfy(\.isNumber) else { return address }
        return address.prefix(3) + "****" + address.suffix(4)
    }

    /// `POST /message-deliveries/{id}/retry`.
    @Sendable
    func retry(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        try await database.write { [engine] tx in try engine.retry(id, by: principal, in: tx) }
        return Shell.refreshed("已重新提交", context: context, request: request)
    }

    /// `GET /message-rules`.
    @Sendable
    func rules(request: Request, context: WebContext) async throws -> Response {
        let keyword = context.here["q"]
        let rows = engine.kinds.map { engine.kind($0.name) ?? $0 }.filter { kind in keyword.map { kind.title.contains($0) } ?? true }.map { kind -> TableRow in
            let channels = kind.channels.map { name in engine.channels.first { $0.name == name }?.title ?? "\(name)（未配置）" }
            return TableRow(
                id: kind.name,
                [
                    "\(kind.title)", "\(Badge(kind.isOn ? "启用" : "停用", kind.isOn ? .good : .muted, isDot: true))", "\((["平台内"] + channels).joined(separator: "、"))",
                    "\(kind.isQuiet ? "22:00—8:00 顺延" : "随时")",
                    "<code>\(kind.template)</code>",
                ], actions: "\(ActionButton("修改", .dialog("/message-rules/\(kind.name)"), style: .quiet))")
        }
        let columns = [Column("title", "消息类型"), Column("on", "状态"), Column("channels", "通道"), Column("quiet", "免打扰"), Column("template", "对外模板", isWrapping: true)]
        let search = SearchForm(action: "/message-rules", fields: [FormField("q", "关键字", .text, value: keyword)], table: "rules")
        return Shell.page(
            context.text("消息设置", "Message rules"), crumbs: [Crumb("系统"), Crumb("消息设置")], active: "/message-rules",
            body: "\(search)\(DataTable(id: "rules", columns: columns, rows: rows, address: context.here, empty: "没有消息类型"))", context: context)
    }

    /// `GET /message-rules/{kind}`.
    @Sendable
    func ruleForm(request: Request, context: WebContext) async throws -> Response { try showRule(nil, findings: [], status: .ok, context) }

    private func showRule(_ input: FormInput?, findings: [FieldFinding], status: HTTPResponse.Status, _ context: WebContext) throws -> Response {
        guard let kind = engine.kind(try context.path("kind")) else { throw Failure.notFound("该消息类型") }
        var fields = [
            FormField("isOn", "启用", .check("发送此类消息"), value: input.map { $0["isOn"] ?? "" } ?? (kind.isOn ? "1" : "")),
            FormField("isQuiet", "免打扰", .check("22:00 至 8:00 顺延到早上（紧急的除外）"), value: input.map { $0["isQuiet"] ?? "" } ?? (kind.isQuiet ? "1" : "")),
            FormField(
                "template", "对外模板", .textArea(rows: 3), value: input?["template"] ?? kind.template, isRequired: true, help: "可用变量：{title} 标题、{text} 内容、{link} 平台内链接",
                maxLength: 300, isWide: true),
        ]
        if !engine.channels.isEmpty {
            fields.append(
                FormField("channels", "对外通道", .multiSelect(engine.channels.map { Choice($0.name, $0.title) }), values: input?.all("channels") ?? kind.channels, isWide: true))
        }
        let form = Form(action: "/message-rules/\(kind.name)", sections: [FormSection(nil, fields)], cancel: "/message-rules", findings: findings, context: context)
        return Shell.page(
            kind.title, crumbs: [Crumb("消息设置", "/message-rules"), Crumb(kind.title)], active: "/message-rules", status: status,
            body: Shell.framed(form, context), context: context)
    }

    /// `POST /message-rules/{kind}`.
    @Sendable
    func keepRule(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        guard let kind = engine.kind(try context.path("kind")) else { throw Failure.notFound("该消息类型") }
        let input = try await request.form(context)
        guard let template = input["template"] else {
            return try showRule(input, findings: [FieldFinding("template", "required", "不能为空", title: "对外模板")], status: .unprocessableContent, context)
        }
        var changed = kind
        changed.template = template
        changed.channels = input.all("channels")
        changed.isQuiet = input["isQuiet"] == "1"
        changed.isOn = input["isOn"] == "1"
        let next = changed
        try await database.write { [engine] tx in try engine.keep(next, by: principal, in: tx) }
        return Shell.done("已保存", to: "/message-rules", context: context)
    }
}
