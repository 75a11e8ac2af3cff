import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 在线用户 (A-16 用户状态监控): who is signed in from where, what was unusual about it; ending a session. And one's own sessions.
struct PresencePages: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        routes.get("/admin/presence", permission: .named("user.read"), use: list)
        routes.get("/admin/presence/export", permission: .named("user.read"), use: export)
        routes.post("/admin/presence/{user}/{id}/end", permission: .named("user.write"), use: end)
        routes.get("/account/sessions", permission: .signedIn, use: own)
        routes.post("/account/sessions/{id}/end", permission: .signedIn, isDangerous: true, use: endOwn)
    }

    private var sessions: Sessions { platform.identity.sessions }

    private func search(_ address: PageAddress) -> PresenceSearch {
        PresenceSearch(keyword: address["q"], address: address["address"], isUnusual: address["unusual"] == "1")
    }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let scope = try context.signedIn().scope
        let address = context.here
        let size = min(max(address["size"].flatMap { Int($0) } ?? 50, 1), 200)
        let asked = search(address)
        let (found, count) = try await platform.database.read { [sessions] reader in
            (
                try sessions.presence(asked, scope: scope, before: address["after"].flatMap { Int64($0) }, limit: size, reader),
                try sessions.presenceCount(asked, scope: scope, reader)
            )
        }
        let fields = [
            FormField("q", "关键字", .text, value: address["q"], placeholder: "姓名、登录名、机构"), FormField("address", "登录地址", .text, value: address["address"]),
            FormField("unusual", "只看异常", .check("首次地址或少见时段"), value: address["unusual"]),
        ]
        let columns = [
            Column("name", "姓名"), Column("organisation", "机构", isWrapping: true), Column("at", "登录时间"), Column("seen", "最近操作"), Column("address", "登录地址"),
            Column("agent", "终端", isWrapping: true),
            Column("marks", "提示"),
        ]
        let mayEnd = context.may("user.write")
        let rows = found.map { one -> TableRow in
            let end = ActionButton(
                "强制退出", .post("/admin/presence/\(one.userId)/\(one.id)/end", confirm: "“\(one.name)”将立即退出登录，未保存的内容会丢失。确定？"), icon: "exit", style: .danger, isIconOnly: true)
            return TableRow(
                id: String(one.id),
                [
                    "\(one.name) <small class=\"muted\">\(one.login)</small>", "\(one.organisationName)", "\(one.createdAt)", "\(one.lastSeenAt)",
                    "<span class=\"mono\">\(one.address)</span>", "\(Terminal.title(one.agent))", "\(one.marks.map { Badge($0.title, .yellow) })",
                ], path: "/admin/users/\(one.userId)", actions: mayEnd ? "\(end)" : .empty)
        }
        let start = address.restarting
        let pager = Pager(
            first: address["after"] == nil ? nil : start.text, next: found.count == size ? found.last.map { start.with("after", String($0.id)).text } : nil, total: count.sessions,
            size: size, sizes: [20, 50, 100])
        let table = DataTable(id: "presence", columns: columns, rows: rows, address: address, pager: pager, empty: "没有符合条件的在线用户")
        return Shell.page(
            "在线用户", crumbs: [Crumb("系统"), Crumb("在线用户")], active: "/admin/presence",
            actions:
                "\(Badge("\(count.people) 人在线", .info))\(ActionButton("导出", .download(PageAddress("/admin/presence/export", address.restarting.query).text), icon: "download"))",
            body: "\(SearchForm(action: "/admin/presence", fields: fields, table: "presence"))\(table)", context: context)
    }

    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let asked = search(context.here)
        let found = try await platform.database.write { [sessions, platform] transaction in
            let found = try sessions.presence(asked, scope: principal.scope, limit: 5000, transaction)
            try platform.audit.record(AuditEntry("export", "session", "", "导出在线用户，共 \(found.count) 条"), by: principal, in: transaction)
            return found
        }
        let lines = found.map { one in
            CSVText.line([
                one.name, one.login, one.organisationName, one.createdAt.text, one.lastSeenAt.text, one.address, Terminal.title(one.agent),
                one.marks.map(\.title).joined(separator: "、"),
            ])
        }
        let head = CSVText.line(["姓名", "登录名", "机构", "登录时间", "最近操作", "登录地址", "终端", "提示"])
        return .download(Array(("\u{FEFF}" + head + lines.joined()).utf8), filename: "在线用户 \(platform.clock.today.text).csv", contentType: "text/csv; charset=utf-8")
    }

    @Sendable func end(request: Request, context: WebContext) async throws -> Response {
        try await sessions.revoke(of: context.id("user"), only: context.id("id"), by: context.signedIn())
        return Shell.refreshed("已强制退出", context: context, request: request)
    }

    @Sendable func own(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let found = try await sessions.list(of: principal.id)
        let columns = [
            Column("at", "登录时间"), Column("method", "方式"), Column("seen", "最近操作"), Column("address", "登录地址"), Column("agent", "终端", isWrapping: true), Column("marks", "提示"),
        ]
        let rows = found.map { one -> TableRow in
            TableRow(
                id: String(one.id),
                [
                    "\(one.createdAt)", "\(one.method.title)", "\(one.lastSeenAt)", "<span class=\"mono\">\(one.address)</span>", "\(Terminal.title(one.agent))",
                    "\(one.marks.map { Badge($0.title, .yellow) })",
                ], actions: "\(ActionButton("退出", .post("/account/sessions/\(one.id)/end", confirm: "确定让这处登录退出？"), icon: "exit", style: .quiet))")
        }
        let table = DataTable(id: "sessions", columns: columns, rows: rows, address: context.here)
        return Shell.page(
            "我的登录", crumbs: [Crumb("个人设置"), Crumb("我的登录")], actions: "\(ActionButton("动态口令", .link("/account/second"), icon: "shield"))",
            body:
                "\(Notice(.info, "如有不是您本人的登录，请让它退出并立即修改密码。"))\(table)\(try await TerminalPages.card(platform, request, context))\(try await ExternalPages.card(platform, context))",
            context: context)
    }

    @Sendable func endOwn(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        try await sessions.revoke(of: principal.id, only: context.id(), by: principal)
        return Shell.refreshed("已退出", context: context, request: request)
    }
}

/// What a browser says of itself, in two words.
enum Terminal {
    static func title(_ agent: String) -> String {
        let systems = [("HarmonyOS", "鸿蒙"), ("Android", "安卓"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux")]
        let programs = [("MicroMessenger", "微信"), ("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")]
        let parts = [systems, programs].compactMap { list in list.first { agent.contains($0.0) }?.1 }
        return parts.isEmpty ? String(agent.prefix(40)) : parts.joined(separator: " · ")
    }
}

/// Lines of a sheet as text; a cell that a spreadsheet would take for a formula is made plain.
enum CSVText {
    static func line(_ cells: [String]) -> String {
        cells.map { cell in
            let plain = cell.first.map { "=+-@\t\r".contains($0) } ?? false ? "'" + cell : cell
            return "\"" + plain.replacing("\"", with: "\"\"") + "\""
        }.joined(separator: ",") + "\r\n"
    }
}
