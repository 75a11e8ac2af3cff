import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

extension MessagePages {
    func addSettings(to routes: Routes) {
        routes.get("/message-settings", permission: .signedIn) { _, context in try await settings(context, nil, []) }
        routes.post("/message-settings", permission: .signedIn, use: keepSettings)
        routes.get("/message-statistics", permission: .named(MessagePermission.deliveries), use: statistics)
    }

    private var personal: [MessageChannel] { engine.channels.filter { if case .fixed = $0.address { false } else { true } } }
    /// A trial is asked for each time, not chosen.
    private var chosenKinds: [MessageKind] { engine.kinds.filter { $0.name != MessageEngine.pushTest } }

    /// `GET /message-settings`: one's mail address, and which kinds one wants by which channel.
    private func settings(_ context: WebContext, _ input: FormInput?, _ findings: [FieldFinding]) async throws -> Response {
        let principal = try context.signedIn()
        let wishes = try await database.read { [engine] in try engine.wishes(of: principal, in: $0) }
        var sections = [
            FormSection(
                "接收地址",
                [
                    FormField("email", "电子邮箱", .text, value: input.map { $0["email"] ?? "" } ?? wishes.email, help: "只用于给您发送消息；手机号由管理员在用户管理中维护", maxLength: 254)
                ])
        ]
        for channel in personal {
            let fields = chosenKinds.map { declared -> FormField in
                let kind = engine.kind(declared.name) ?? declared
                let place = "\(kind.name)/\(channel.name)"
                let isOn = input.map { $0[place] == "1" } ?? wishes.choices[place] ?? kind.channels.contains(channel.name)
                return FormField(place, kind.title, .check("接收"), value: isOn ? "1" : "")
            }
            sections.append(FormSection("\(channel.title)：平台内的消息总会收到，紧急的按单位规定发送", fields))
        }
        let devices = try await ownDevices(context)
        let form = Form(action: "/message-settings", sections: sections, cancel: "/messages", findings: findings, context: context)
        return Shell.page(
            context.text("消息订阅", "Subscriptions"), crumbs: [Crumb("事项办理", "/work"), Crumb("我的消息", "/messages"), Crumb("消息订阅")], active: "/messages",
            status: findings.isEmpty ? .ok : .unprocessableContent, body: "<div class=\"stack\">\(devices)\(Card("接收方式", body: "\(form)"))</div>", context: context)
    }

    /// `POST /message-settings`.
    @Sendable
    func keepSettings(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        var wishes = MessageWishes(email: input["email"])
        for channel in personal {
            for declared in chosenKinds {
                let kind = engine.kind(declared.name) ?? declared
                let isOn = input["\(kind.name)/\(channel.name)"] == "1"
                if isOn != kind.channels.contains(channel.name) { wishes.choices["\(kind.name)/\(channel.name)"] = isOn }
            }
        }
        let kept = wishes
        do {
            try await database.write { [engine] tx in try engine.keep(kept, by: principal, in: tx) }
            return Shell.done("已保存", to: "/messages", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await settings(context, input, failure.fields)
        }
    }

    /// `GET /message-statistics?day_from=&day_to=`: what was said, by kind and by channel, and what became of it.
    @Sendable
    func statistics(request: Request, context: WebContext) async throws -> Response {
        let here = context.here
        let today = engine.clock.today
        let from = here["day_from"].flatMap { Day(parsing: $0) } ?? today.adding(days: -29)
        let to = here["day_to"].flatMap { Day(parsing: $0) } ?? today
        let (kinds, channels, days) = try await database.read(within: .seconds(10)) { reader in
            let span: SQL = "m.at >= \(from.start) AND m.at < \(to.end)"
            return (
                try reader.rows(
                    """
                    SELECT m.kind, COUNT(DISTINCT m.id) AS n, COUNT(i.user_id) AS lines, COUNT(i.read_at) AS seen FROM messages m LEFT JOIN message_inbox i ON i.message_id = m.id
                    WHERE \(span) GROUP BY m.kind ORDER BY n DESC
                    """),
                try reader.rows(
                    """
                    SELECT d.channel, COUNT(*) AS n, SUM(CASE WHEN d.state IN ('sent', 'received') THEN 1 ELSE 0 END) AS sent, SUM(CASE WHEN d.state = 'waiting' THEN 1 ELSE 0 END) AS waiting,
                    SUM(CASE WHEN d.state = 'dead' THEN 1 ELSE 0 END) AS dead, SUM(d.attempts) AS attempts, AVG((d.sent_at - d.at) / 1000.0) AS seconds
                    FROM message_deliveries d WHERE d.at >= \(from.start) AND d.at < \(to.end) GROUP BY d.channel ORDER BY n DESC
                    """),
                try reader.rows(
                    "SELECT (m.at + 28800000) / 86400000 AS day, COUNT(*) AS n FROM messages m WHERE \(span) GROUP BY (m.at + 28800000) / 86400000 ORDER BY 1")
            )
        }
        let kindRows = kinds.map { row -> TableRow in
            let (lines, seen) = (row.int("lines") ?? 0, row.int("seen") ?? 0)
            return TableRow([
                "\(engine.kind(row.text("kind") ?? "")?.title ?? row.text("kind") ?? "")", "\(Figure.grouped(Int(row.int("n") ?? 0)))", "\(Figure.grouped(Int(lines)))",
                "\(Figure.grouped(Int(seen)))", "\(lines == 0 ? "" : Figure.percent(Double(seen) / Double(lines), digits: 1))",
            ])
        }
        let channelRows = channels.map { row -> TableRow in
            let (all, sent) = (row.int("n") ?? 0, row.int("sent") ?? 0)
            return TableRow([
                "\(engine.channels.first { $0.name == row.text("channel") }?.title ?? row.text("channel") ?? "")", "\(Figure.grouped(Int(all)))", "\(Figure.grouped(Int(sent)))",
                "\(Figure.grouped(Int(row.int("waiting") ?? 0)))", "\(Figure.grouped(Int(row.int("dead") ?? 0)))", "\(Figure.grouped(Int(row.int("attempts") ?? 0)))",
                "\(all == 0 ? "" : Figure.percent(Double(sent) / Double(all), digits: 1))", "\(Figure.decimal(row.double("seconds"), digits: 1))",
            ])
        }
        let byDay = days.reduce(into: [Int64: Double]()) { $0[$1.int("day") ?? 0] = Double($1.int("n") ?? 0) }
        let first = (from.start.milliseconds + 28_800_000) / 86_400_000
        let length = min(max(Int((to.start.milliseconds - from.start.milliseconds) / 86_400_000) + 1, 1), 366)
        let chart = Chart(
            .bar, "每日消息", categories: (0..<length).map { String(from.adding(days: $0).text.dropFirst(5)) },
            series: [ChartSeries("消息", (0..<length).map { byDay[first + Int64($0)] ?? 0 })], unit: "条", height: .small)
        let kindTable = DataTable(
            id: "kinds",
            columns: [
                Column("kind", "类型"), Column("n", "消息", align: .end), Column("lines", "送达人次", align: .end), Column("seen", "已读人次", align: .end), Column("rate", "已读率", align: .end),
            ], rows: kindRows, address: here, empty: "这段时间没有消息", hasTools: false)
        let channelTable = DataTable(
            id: "channels",
            columns: [
                Column("channel", "通道"), Column("n", "提交", align: .end), Column("sent", "已发出", align: .end), Column("waiting", "待发送", align: .end),
                Column("dead", "失败", align: .end),
                Column("attempts", "计费次数", align: .end), Column("rate", "成功率", align: .end), Column("seconds", "平均用时（秒）", align: .end),
            ], rows: channelRows, address: here, empty: "这段时间没有对外发送", hasTools: false)
        let search = SearchForm(action: "/message-statistics", fields: [FormField("day", "日期", .dayRange, values: [from.text, to.text])], table: "main")
        return Shell.page(
            context.text("消息统计", "Message statistics"), crumbs: [Crumb("系统"), Crumb("消息统计")], active: "/message-statistics",
            body:
                "<div class=\"stack\">\(search)\(Card("每日消息", body: "\(chart)"))\(Card("按类型", isFlush: true, body: "\(kindTable)"))\(Card("按通道", isFlush: true, body: "\(channelTable)"))</div>",
            context: context)
    }
}
