import Exchange
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 本机推送 (D9.16.2): a person's own devices, what a device answers, and the administrators' list.
extension MessagePages {
    func addPush(to routes: Routes) {
        let sees = RoutePermission.named(MessagePermission.deliveries)
        routes.post("/message-settings/devices", permission: .signedIn, use: allowDevice)
        routes.post("/message-settings/devices/test", permission: .signedIn, use: testDevices)
        routes.post("/message-settings/devices/{id}/remove", permission: .signedIn, use: removeDevice)
        routes.post("/push/shown", permission: .open, use: pushShown)
        routes.get("/push-devices", permission: sees, use: pushDevices)
        routes.get("/push-devices/export", permission: sees, use: exportPushDevices)
        routes.post("/push-devices/{id}/end", permission: sees, use: endPushDevice)
    }

    // MARK: One's own

    /// This browser, and the person's others.
    func ownDevices(_ context: WebContext) async throws -> Markup {
        let principal = try context.signedIn()
        guard principal.kind == .user else { return .empty }
        let key = try await engine.pushPublicKey()
        let devices = try await database.read { [engine] in try engine.devices(of: principal, in: $0) }
        let active = devices.filter(\.isActive)
        let rows = devices.map { device -> TableRow in
            let state: Markup = device.isActive ? "\(Badge("接收中", .good, isDot: true))" : "\(Badge("已停止", .muted, isDot: true)) \(device.endedWhy)"
            let remove = ActionButton("移除", .post("/message-settings/devices/\(device.id)/remove", confirm: "不再向“\(device.title)”推送？"), style: .quiet)
            return TableRow(
                id: String(device.id),
                [
                    "<span data-push-mark=\"\(device.mark)\">\(device.title)</span>", state, "\(Self.minute(device.at))", "\(Self.minute(device.usedAt))",
                    "\(Self.minute(device.shownAt))",
                ],
                actions: device.isActive ? "\(remove)" : .empty)
        }
        let columns = [Column("title", "设备"), Column("state", "状态", isWrapping: true), Column("at", "允许时间"), Column("used", "最近推送"), Column("shown", "最近显示")]
        let table = DataTable(
            id: "devices", columns: columns, rows: rows, address: context.here, empty: "还没有允许推送的设备；在手机或电脑的浏览器中打开本页，点“允许本机推送”", hasTools: false)
        let known = active.map { "\($0.mark):\($0.id)" }.joined(separator: " ")
        let box: Markup = """
            <div class="push-box" data-push="\(key)" data-push-known="\(known)"><p data-push-note role="status">本机推送需要启用脚本的浏览器。</p>\
            <div class="push-acts"><button class="btn btn-primary" type="button" data-push-allow hidden>\(Icon("bell"))<span>允许本机推送</span></button>\
            <button class="btn btn-plain" type="button" data-push-stop hidden><span>停止本机推送</span></button></div></div>
            """
        let test = ActionButton("发送测试", .post("/message-settings/devices/test", confirm: nil), icon: "send", isDisabled: active.isEmpty)
        return "\(Card("本机推送", actions: "\(test)", body: "\(box)\(table)"))"
    }

    private static func minute(_ moment: Moment?) -> String { moment.map { String($0.text.prefix(16)) } ?? "—" }

    /// `POST /message-settings/devices`: what the browser was given by its push service.
    @Sendable
    func allowDevice(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        let subscription = PushSubscription(
            endpoint: input["endpoint"] ?? "", p256dh: input["p256dh"] ?? "", auth: input["auth"] ?? "",
            title: input["title"] ?? PushDevice.title(agent: request.headers[.userAgent] ?? ""))
        let id = try await database.write { [engine] tx in try engine.subscribe(subscription, by: principal, in: tx) }
        return context.wantsJSON ? .json(["id": .int(id)], status: .created) : Shell.done("已允许本机推送", to: "/message-settings", context: context)
    }

    /// `POST /message-settings/devices/{id}/remove`.
    @Sendable
    func removeDevice(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        try await database.write { [engine] tx in try engine.removeDevice(id, by: principal, in: tx) }
        return context.wantsJSON ? .json(["id": .int(id)]) : Shell.refreshed("已移除", context: context, request: request)
    }

    /// `POST /message-settings/devices/test`.
    @Sendable
    func testDevices(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let count = try await database.write { [engine] tx in try engine.testDevices(by: principal, in: tx) }
        return Shell.refreshed("已向 \(count) 台设备发送测试", context: context, request: request)
    }

    /// `POST /push/shown` with `token=`: from the service worker, which has no session. Says nothing of whether the token is known.
    @Sendable
    func pushShown(request: Request, context: WebContext) async throws -> Response {
        let token = try await request.form(context)["token"] ?? ""
        if (16...64).contains(token.utf8.count) { try await database.write { [engine] tx in try engine.markShown(token, in: tx) } }
        return Response(status: .noContent)
    }

    // MARK: Administrators'

    private static let deviceStates = [Choice("active", "接收中"), Choice("ended", "已停止")]

    private func query(_ window: ListWindow, limit: Int) -> PushDeviceQuery {
        PushDeviceQuery(keyword: window.keyword, state: window.address["state"], before: window.before, limit: limit)
    }

    /// `GET /push-devices?q=&state=&before=`.
    @Sendable
    func pushDevices(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let window = ListWindow(context.here), asked = query(window, limit: window.limit), since = engine.clock.now.adding(seconds: -86_400)
        let (found, figures) = try await database.read { [engine] reader in
            (try engine.devices(asked, by: principal, in: reader), try engine.pushFigures(since: since, by: principal, in: reader))
        }
        let shown = window.newest(found) { $0.id }
        let rows = shown.rows.map { device -> TableRow in
            let end = ActionButton("停用", .post("/push-devices/\(device.id)/end", confirm: "不再向“\(device.userName)”的这台设备推送？"), style: .quiet)
            return TableRow(
                id: String(device.id),
                [
                    "\(device.userName)", "\(device.organisationName)", "\(device.title)",
                    "\(Badge(device.isActive ? "接收中" : "已停止", device.isActive ? .good : .muted, isDot: true))",
                    "\(Self.minute(device.at))", "\(Self.minute(device.usedAt))", "\(Self.minute(device.shownAt))", "\(device.endedWhy)",
                ], actions: device.isActive ? "\(end)" : .empty)
        }
        let cards: [Markup] = [
            "\(StatCard("接收推送的设备", Figure.grouped(figures.devices), unit: "台", note: "\(Figure.grouped(figures.people)) 人"))",
            "\(StatCard("24 小时推送", Figure.grouped(figures.sent), unit: "条"))", "\(StatCard("24 小时显示", Figure.grouped(figures.shown), unit: "条"))",
            "\(StatCard("24 小时失败", Figure.grouped(figures.dead), unit: "条", tone: figures.dead > 0 ? .orange : .neutral))",
        ]
        let columns = [
            Column("user", "用户"), Column("org", "单位"), Column("title", "设备"), Column("state", "状态"), Column("at", "允许时间"), Column("used", "最近推送"),
            Column("shown", "最近显示"), Column("why", "停止原因", isWrapping: true),
        ]
        let list = ListPage(
            context.text("推送设备", "Push devices"), at: "/push-devices", crumbs: [Crumb("系统"), Crumb("推送设备")], id: "push-devices", columns: columns,
            filters: [.keyword(context, "用户、单位、设备"), .choice("state", "状态", Self.deviceStates, context)],
            empty: "还没有用户允许本机推送；用户在“我的消息—消息订阅”中自行允许", export: "/push-devices/export", above: "\(Grid(.quarters, cards))")
        return list.response(rows, shown.pager, context)
    }

    /// `GET /push-devices/export?q=&state=`.
    @Sendable
    func exportPushDevices(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        var asked = query(ListWindow(context.here), limit: 20_000)
        asked.before = nil
        let wanted = asked
        let devices = try await database.read { [engine] in try engine.devices(wanted, by: principal, in: $0) }
        let columns = ["用户", "单位", "设备", "状态", "允许时间", "最近推送", "最近显示", "停止时间", "停止原因"].map { SheetColumn($0) }
        let rows = devices.map { one -> [Cell] in
            [
                Cell(one.userName), Cell(one.organisationName), Cell(one.title), Cell(one.isActive ? "接收中" : "已停止"), Cell(one.at), Cell(one.usedAt), Cell(one.shownAt),
                Cell(one.endedAt), Cell(one.endedWhy),
            ]
        }
        return try await SheetAnswer(name: "推送设备", columns: columns, rows: rows).response(context, on: database)
    }

    /// `POST /push-devices/{id}/end`.
    @Sendable
    func endPushDevice(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        try await database.write { [engine] tx in try engine.endDevice(id, by: principal, in: tx) }
        return Shell.refreshed("已停用", context: context, request: request)
    }
}
