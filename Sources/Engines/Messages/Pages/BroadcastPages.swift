import Exchange
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 在线短信: written, sent, followed.
extension MessagePages {
    static let lineStates: [(name: String, title: String, tone: Tone)] = [
        ("waiting", "待发送", .info), ("sent", "已发出", .neutral), ("received", "已送达", .good), ("refused", "未送达", .orange), ("dead", "发送失败", .red),
    ]

    func addBroadcasts(to routes: Routes) {
        let sends = RoutePermission.named(MessagePermission.broadcast), rules = RoutePermission.named(MessagePermission.rules)
        routes.get("/sms", permission: sends, use: broadcasts)
        routes.get("/sms/export", permission: sends, use: exportBroadcasts)
        routes.get("/sms/new", permission: sends) { _, context in try await broadcastForm(context, nil, []) }
        routes.post("/sms/new", permission: sends, use: sendBroadcast)
        routes.get("/sms/quota", permission: rules) { _, context in try await quotaForm(context, nil, []) }
        routes.post("/sms/quota", permission: rules, use: keepQuota)
        routes.get("/sms/templates", permission: sends, use: templates)
        routes.get("/sms/templates/{at}", permission: rules) { _, context in try await templateForm(context, nil, []) }
        routes.post("/sms/templates/{at}", permission: rules, use: keepTemplate)
        routes.post("/sms/templates/{at}/drop", permission: rules, use: dropTemplate)
        routes.get("/sms/{id}", permission: sends, use: broadcastLines)
        routes.under("/api/v1").post("/sms-receipts", permission: .named(MessagePermission.receipts), use: receipts)
    }

    /// `GET /sms?q=`.
    @Sendable
    func broadcasts(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let window = ListWindow(context.here)
        let (found, quota) = try await database.read { [engine] reader in
            (
                try engine.broadcasts(window.keyword, before: window.before, limit: window.limit, by: principal, in: reader),
                try engine.quota(of: principal.organisation, in: reader)
            )
        }
        let shown = window.newest(found, id: \.id)
        let rows = shown.rows.map { one in
            TableRow(
                id: String(one.id),
                [
                    "\(one.purpose)", "\(one.text)", "\(one.byName)", "\(String(one.at.text.prefix(16)))", "\(one.receivers)", "\(one.parts)",
                    "\(one.states["received"] ?? 0)", "\((one.states["refused"] ?? 0) + (one.states["dead"] ?? 0))",
                ], path: "/sms/\(one.id)")
        }
        let columns = [
            Column("purpose", "事由"), Column("text", "内容", isWrapping: true), Column("by", "发送人"), Column("at", "时间"), Column("receivers", "号码", align: .end),
            Column("parts", "计费条数", align: .end), Column("received", "已送达", align: .end), Column("failed", "未送达", align: .end),
        ]
        let cards: [Markup] = [
            "\(StatCard("本月已用", Figure.grouped(quota.used), unit: "条"))", "\(StatCard("本月额度", Figure.grouped(quota.monthly), unit: "条"))",
            "\(StatCard("剩余", Figure.grouped(max(0, quota.monthly - quota.used)), unit: "条", tone: quota.used * 10 > quota.monthly * 9 ? .orange : .neutral))",
        ]
        var actions: Markup = "\(ActionButton("模板", .link("/sms/templates"), style: .quiet))"
        if context.may(MessagePermission.rules) { actions += "\(ActionButton("额度", .dialog("/sms/quota"), style: .quiet))" }
        let list = ListPage(
            "在线短信", at: "/sms", crumbs: [Crumb("日常管理"), Crumb("在线短信")], id: "sms", columns: columns, filters: [.keyword(context, "事由、内容、发送人")], empty: "还没有发过短信",
            add: ActionButton("写短信", .dialog("/sms/new"), icon: "send", style: .primary), export: "/sms/export", actions: actions, above: "\(Grid(.thirds, cards))")
        return list.response(rows, shown.pager, context)
    }

    /// `GET /sms/export`: at most 5,000 broadcasts.
    @Sendable
    func exportBroadcasts(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let keyword = context.here["q"]
        let found = try await database.read { [engine] in try engine.broadcasts(keyword, before: nil, limit: 5000, by: principal, in: $0) }
        let columns = ["事由", "内容", "发送单位", "发送人", "时间", "号码数", "计费条数", "已送达", "未送达"].map { SheetColumn($0) }
        let rows = found.map { one -> [Cell] in
            [
                Cell(one.purpose), Cell(one.text), Cell(one.orgName), Cell(one.byName), Cell(one.at), Cell(one.receivers), Cell(one.parts), Cell(one.states["received"] ?? 0),
                Cell((one.states["refused"] ?? 0) + (one.states["dead"] ?? 0)),
            ]
        }
        return try await SheetAnswer(name: "在线短信", columns: columns, rows: rows).response(context, on: database)
    }

    /// `GET /sms/{id}?state=`.
    @Sendable
    func broadcastLines(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let window = ListWindow(context.here, size: 50)
        let state = context.here["state"], after = window.after ?? 0
        let (one, found) = try await database.read { reader -> (Row, [Row]) in
            guard let one = try reader.first("SELECT * FROM sms_broadcasts WHERE id = \(id) AND \(principal.scope.condition())") else { throw Failure.notFound("该短信") }
            let condition: SQL = state.map { "state = \($0)" } ?? "1 = 1"
            return (one, try reader.rows("SELECT * FROM sms_lines WHERE broadcast_id = \(id) AND id > \(after) AND \(condition) ORDER BY id LIMIT \(window.limit)"))
        }
        let shown = window.following(found, total: state == nil ? Int(one.int("receivers") ?? 0) : nil) { $0.int("id") ?? 0 }
        let lines = shown.rows.map { row -> TableRow in
            let look = Self.lineStates.first { $0.name == row.text("state") } ?? ("", row.text("state") ?? "", .neutral)
            return TableRow(
                id: String(row.int("id") ?? 0),
                [
                    "\(row.text("name"))", "\(Self.hidden((try? engine.opened(row.text("phone") ?? "")) ?? ""))",
                    "\(row.text("carrier").flatMap(MobileCarrier.init(rawValue:))?.title)",
                    "\(Badge(look.title, look.tone, isDot: true))", "\(row.moment("sent_at").map { String($0.text.prefix(19)) })",
                    "\(row.moment("received_at").map { String($0.text.prefix(19)) })", "\(row.text("error"))",
                ])
        }
        let columns = [
            Column("name", "姓名"), Column("phone", "号码"), Column("carrier", "运营商"), Column("state", "状态"), Column("sent", "发出时间"), Column("received", "回执时间"),
            Column("error", "原因", isWrapping: true),
        ]
        let facts = DescriptionList([
            .init("事由", "\(one.text("purpose"))"), .init("发送人", "\(one.text("org_name")) \(one.text("by_name"))"), .init("时间", "\(one.moment("at"))"),
            .init("计费", "\(one.int("parts") ?? 0) 条"), .init("内容", "\(one.text("text"))", isWide: true),
        ])
        let list = ListPage(
            "短信详情", at: "/sms/\(id)", crumbs: [Crumb("在线短信", "/sms"), Crumb("详情")], active: "/sms", id: "sms-lines", columns: columns,
            filters: [.choice("state", "状态", Self.lineStates.map { Choice($0.name, $0.title) }, context)], empty: "没有号码", above: "\(Card(body: "\(facts)"))")
        return list.response(lines, shown.pager, context)
    }

    private static func hidden(_ phone: String) -> String { phone.count == 11 ? phone.prefix(3) + "****" + phone.suffix(4) : phone }

    // MARK: Writing

    func broadcastForm(_ context: WebContext, _ input: FormInput?, _ findings: [FieldFinding]) async throws -> Response {
        let principal = try context.signedIn()
        let (people, templates, quota) = try await database.read { [engine] reader in
            (
                try reader.rows(
                    """
                    SELECT u.id, u.name, o.name AS org_name FROM users u JOIN organisations o ON o.id = u.organisation WHERE u.state = 'active' AND u.phone IS NOT NULL AND u.phone <> ''
                    AND \(principal.scope.condition(org: "u.organisation", area: "o.area")) ORDER BY o.name, u.name LIMIT 1000
                    """),
                try reader.rows("SELECT title, text FROM sms_templates ORDER BY title LIMIT 200"), try engine.quota(of: principal.organisation, in: reader)
            )
        }
        let choices = people.map { Choice(String($0.int("id") ?? 0), "\($0.text("name") ?? "")（\($0.text("org_name") ?? "")）", group: $0.text("org_name")) }
        let chosen = context.here["template"].flatMap { wanted in templates.first { $0.text("title") == wanted }?.text("text") }
        let fields = [
            FormField("purpose", "事由", .text, value: input?["purpose"], isRequired: true, maxLength: 60, isWide: true),
            FormField(
                "text", "短信内容", .textArea(rows: 4), value: input?["text"] ?? chosen, isRequired: true,
                help: "70 字以内按 1 条计费，超过的每 67 字 1 条；本月还可发送 \(max(0, quota.monthly - quota.used)) 条" + (templates.isEmpty ? "" : "。可在“模板”里选用"), maxLength: 500, isWide: true),
            FormField("phones", "手机号码", .textArea(rows: 3), value: input?["phones"], help: "移动、联通、电信、广电号码，空格、逗号或换行分隔", isWide: true),
            FormField("people", "从通讯录选人", .multiSelect(choices), values: input?.all("people") ?? [], help: "留有手机号的在用账号", isWide: true),
        ]
        let form = Form(action: "/sms/new", sections: [FormSection(nil, fields)], submit: "发送", cancel: "/sms", findings: findings, context: context)
        return Shell.form(
            "写短信", crumbs: [Crumb("在线短信", "/sms"), Crumb("写短信")], active: "/sms", form, context: context)
    }

    /// `POST /sms/new`.
    @Sendable
    func sendBroadcast(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        let typed = (input["phones"] ?? "").split { $0.isWhitespace || ",，;；、".contains($0) }.map { (phone: String($0), name: "") }
        let ids = input.all("people").compactMap { Int64($0) }
        let (text, purpose) = (input["text"] ?? "", input["purpose"] ?? "")
        do {
            let id = try await database.write { [engine] tx in
                let chosen = try engine.numbered(ids, by: principal, in: tx)
                return try engine.broadcast(text, purpose: purpose, to: chosen + typed, by: principal, in: tx)
            }
            return Shell.done("已提交发送", to: "/sms/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid { return try await broadcastForm(context, input, failure.fields) }
    }

    /// `POST /api/v1/sms-receipts`: `{"receipts": [{"key": "jianwei-sms-7", "status": "delivered", "reason": ""}]}`.
    @Sendable
    func receipts(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let body = try await request.json(context)
        guard let list = body["receipts"]?.array, !list.isEmpty, list.count <= 1000 else {
            throw Failure.invalid([FieldFinding("receipts", "required", "应为 1—1000 条回执的数组", title: "回执")])
        }
        let read = list.map { one in (key: one["key"]?.string ?? "", isReceived: one["status"]?.string == "delivered", reason: one["reason"]?.string ?? "") }
        let known = try await database.write { [engine] tx in try engine.receive(read, by: principal, in: tx) }
        return .json(["received": .int(Int64(list.count)), "matched": .int(Int64(known))])
    }
}
