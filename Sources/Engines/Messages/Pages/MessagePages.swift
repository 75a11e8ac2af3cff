import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// Somebody's messages, the bell, deliveries and the rules of each kind.
package struct MessagePages: Sendable {
    let engine: MessageEngine
    let database: any Database

    package init(engine: MessageEngine, database: any Database) {
        self.engine = engine
        self.database = database
    }

    package static let menu: [MenuItem] = [
        MenuItem("日常管理", groupEN: "Office", "在线短信", "Short messages", icon: "send", path: "/sms", permission: MessagePermission.broadcast, order: 2990),
        MenuItem("事项办理", groupEN: "Work", "我的消息", "My messages", icon: "bell", path: "/messages", permission: nil, order: 65),
        MenuItem("事项办理", groupEN: "Work", "通知公告", "Notices", icon: "file", path: "/notices", permission: nil, order: 66),
        MenuItem("事项办理", groupEN: "Work", "我的通知组", "My notice groups", icon: "users", path: "/notice-groups", permission: nil, order: 67),
        MenuItem("系统", groupEN: "System", "消息转发", "Passing on", icon: "refresh", path: "/message-forwards", permission: MessagePermission.rules, order: 9009),
        MenuItem("系统", groupEN: "System", "消息统计", "Message statistics", icon: "chart", path: "/message-statistics", permission: MessagePermission.deliveries, order: 9008),
        MenuItem("系统", groupEN: "System", "消息发送", "Deliveries", icon: "send", path: "/message-deliveries", permission: MessagePermission.deliveries, order: 9006),
        MenuItem("系统", groupEN: "System", "推送设备", "Push devices", icon: "bell", path: "/push-devices", permission: MessagePermission.deliveries, order: 9010),
        MenuItem("系统", groupEN: "System", "消息设置", "Message rules", icon: "message", path: "/message-rules", permission: MessagePermission.rules, order: 9007),
    ]

    package static let permissions: [PermissionDeclaration] = [
        PermissionDeclaration(MessagePermission.deliveries, "消息：查看发送情况与重发", area: "系统管理"),
        PermissionDeclaration(MessagePermission.notice, "通知：发布、催签、查看签收名单", area: "事项办理", defaultRoles: [.city, .county]),
        PermissionDeclaration(MessagePermission.rules, "消息：模板、通道与免打扰", area: "系统管理"),
        PermissionDeclaration(MessagePermission.broadcast, "在线短信：编写与群发", area: "日常管理", defaultRoles: [.city]),
        PermissionDeclaration(MessagePermission.post, "消息：由应用发送", area: "系统管理"),
        PermissionDeclaration(MessagePermission.receipts, "短信网关：回执", area: "系统管理"),
    ]

    package func add(to routes: Routes) {
        addNotices(to: routes)
        addSettings(to: routes)
        addBroadcasts(to: routes)
        addPosting(to: routes)
        addForwards(to: routes)
        addPush(to: routes)
        routes.get("/messages", permission: .signedIn, use: inbox)
        routes.get("/messages/bell", permission: .signedIn, use: bell)
        routes.post("/messages/read", permission: .signedIn, use: markRead)
        routes.post("/messages/read-all", permission: .signedIn, use: markAll)
        routes.get("/messages/{id}", permission: .signedIn, use: open)
        routes.get("/message-deliveries", permission: .named(MessagePermission.deliveries), use: deliveries)
        routes.post("/message-deliveries/{id}/retry", permission: .named(MessagePermission.deliveries), use: retry)
        routes.get("/message-rules", permission: .named(MessagePermission.rules), use: rules)
        routes.get("/message-rules/{kind}", permission: .named(MessagePermission.rules), use: ruleForm)
        routes.post("/message-rules/{kind}", permission: .named(MessagePermission.rules), use: keepRule)
    }

    /// `GET /messages?q=&kind=&unread=1`.
    @Sendable
    func inbox(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let here = context.here
        var query = InboxQuery()
        query.keyword = here["q"]
        query.kind = here["kind"]
        query.isUnread = here["unread"] == "1"
        query.isRead = here["box"] == "read"
        query.isSent = here["box"] == "sent"
        query.before = here["before"].flatMap { Int64($0) }
        query.limit = here["size"].flatMap { Int($0) } ?? 20
        let asked = query
        let (lines, unread) = try await database.read { [engine] in (try engine.inbox(asked, of: principal, in: $0), try engine.unread(of: principal, in: $0)) }
        let fields = [
            FormField("q", context.text("关键字", "Search"), .text, value: here["q"], placeholder: "标题、内容"),
            FormField("kind", context.text("类型", "Kind"), .select([Choice("", "全部")] + engine.kinds.map { Choice($0.name, $0.title) }), value: here["kind"]),
        ]
        let tabs = Tabs([
            Tabs.Tab("全部", PageAddress("/messages").text, isActive: !query.isUnread && !query.isRead && !query.isSent),
            Tabs.Tab("未读", PageAddress("/messages").with("unread", "1").text, isActive: query.isUnread, count: unread),
            Tabs.Tab("已读", PageAddress("/messages").with("box", "read").text, isActive: query.isRead),
            Tabs.Tab("已发", PageAddress("/messages").with("box", "sent").text, isActive: query.isSent),
        ])
        let rows = lines.map { line -> TableRow in
            let mark: Markup = line.readAt == nil ? "\(Badge("未读", .blue)) " : .empty
            let grade: Markup = line.grade == .info ? .empty : "\(Badge(line.grade.title, line.grade == .urgent ? .red : .orange)) "
            let seen: Markup = query.isSent ? " \(Badge("已读 \(line.read) / \(line.receivers) 人", line.read == line.receivers ? .good : .muted))" : .empty
            return TableRow(
                id: String(line.id),
                ["\(mark)\(grade)\(line.title)\(seen)", "\(line.text)", "\(engine.kind(line.kind)?.title ?? line.kind)", "\(line.at.text.prefix(16))"],
                path: query.isSent ? line.path : "/messages/\(line.id)")
        }
        let columns = [Column("title", "标题", isWrapping: true), Column("text", "内容", isWrapping: true), Column("kind", "类型"), Column("at", "时间")]
        let pager = Pager(
            first: query.before == nil ? nil : here.restarting.text, next: lines.count == query.limit ? lines.last.map { here.with("before", String($0.id)).text } : nil,
            size: query.limit)
        let table = DataTable(
            id: "messages", columns: columns, rows: rows, address: here, toolbar: "\(tabs)", batch: query.isSent ? [] : [BatchAction("标为已读", "/messages/read")], pager: pager,
            empty: query.isSent ? "还没有发出过消息；发布的通知、催签在这里看已读情况" : query.isUnread ? "没有未读消息" : "没有消息；有待办、严重报警和通知时在这里提醒")
        let all = ActionButton("全部标为已读", .post("/messages/read-all", confirm: nil), icon: "check", isDisabled: unread == 0)
        let wishes = ActionButton("消息订阅", .link("/message-settings"), icon: "settings")
        return Shell.page(
            context.text("我的消息", "My messages"), crumbs: [Crumb("事项办理", "/work"), Crumb("我的消息")], active: "/messages", actions: "\(wishes)\(all)",
            body:
                "\(SearchForm(action: "/messages", fields: fields, table: "messages", kept: query.isUnread ? [.init("unread", "1")] : here["box"].map { [.init("box", $0)] } ?? []))\(table)",
            context: context)
    }

    /// `GET /messages/bell`: how many are unread and the last of them, for the top bar.
    @Sendable
    func bell(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        var query = InboxQuery()
        query.limit = 10
        let asked = query
        let (lines, unread) = try await database.read { [engine] in (try engine.inbox(asked, of: principal, in: $0), try engine.unread(of: principal, in: $0)) }
        let items = lines.map { line -> JSONValue in
            [
                "title": .string(line.title), "text": .string(line.text), "path": .string("/messages/\(line.id)"), "isUnread": .bool(line.readAt == nil),
                "tone": .string(line.grade == .urgent ? "red" : line.grade == .notice ? "orange" : "info"), "at": .string(String(line.at.text.dropFirst(5).prefix(11))),
            ]
        }
        return .json(["unread": .int(Int64(unread)), "items": .array(items)])
    }

    /// `GET /messages/{id}`: marks it read and goes where it leads.
    @Sendable
    func open(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let path = try await database.write { [engine] tx -> String? in
            guard let row = try tx.first("SELECT m.path FROM message_inbox i JOIN messages m ON m.id = i.message_id WHERE i.user_id = \(principal.id) AND i.message_id = \(id)")
            else {
                throw Failure.notFound("该消息")
            }
            try engine.markRead([id], by: principal, in: tx)
            return row.text("path")
        }
        return Response.redirect(to: path ?? "/messages", type: .normal)
    }

    /// `POST /messages/read`: the chosen ones.
    @Sendable
    func markRead(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let ids = try await request.form(context).all("id").compactMap { Int64($0) }
        try await database.write { [engine] tx in try engine.markRead(ids, by: principal, in: tx) }
        return Shell.done("已标为已读", to: "/messages", context: context)
    }

    /// `POST /messages/read-all`.
    @Sendable
    func markAll(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        try await database.write { [engine] tx in try engine.markRead(nil, by: principal, in: tx) }
        return Shell.done("已全部标为已读", to: "/messages", context: context)
    }
}
