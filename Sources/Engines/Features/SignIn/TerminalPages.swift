import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 终端登记 (A-22, A-25): which computers people may sign in at; one's own computers stand beside one's own sessions.
struct TerminalPages: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        routes.get("/admin/terminals", permission: .named("terminal.read"), use: list)
        routes.get("/admin/terminals/export", permission: .named("terminal.read"), use: export)
        routes.post("/admin/terminals/{id}/approve", permission: .named("terminal.write"), isDangerous: true) { try await decide(.approved, "已批准", $0, $1) }
        routes.post("/admin/terminals/{id}/refuse", permission: .named("terminal.write")) { try await decide(.refused, "已拒绝", $0, $1) }
        routes.post("/admin/terminals/{id}/revoke", permission: .named("terminal.write"), isDangerous: true) { try await decide(.revoked, "已撤销，在该终端上的登录立即退出", $0, $1) }
        routes.post("/account/terminals", permission: .signedIn, use: request)
        routes.post("/account/terminal/pulse", permission: .signedIn, use: pulse)
    }

    private var terminals: Terminals { platform.identity.terminals }

    private static let columns = [
        Column("name", "姓名"), Column("organisation", "机构", isWrapping: true), Column("terminal", "终端", isWrapping: true), Column("address", "地址"), Column("state", "状态"),
        Column("presence", "在线"), Column("alive", "最近心跳"), Column("requested", "申请时间"), Column("decided", "办理", isWrapping: true), Column("until", "有效期至"),
        Column("used", "最近使用"),
    ]

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let scope = try context.signedIn().scope
        let address = context.here
        let size = min(max(address["size"].flatMap { Int($0) } ?? 50, 1), 200)
        let state = address["state"].flatMap(Terminals.State.init), presence = address["presence"].flatMap(Terminals.Presence.init)
        let (found, total) = try await platform.database.read { [terminals] reader in
            (
                try terminals.page(keyword: address["q"], state: state, presence: presence, scope: scope, before: address["after"].flatMap { Int64($0) }, limit: size, reader),
                try terminals.count(keyword: address["q"], state: state, presence: presence, scope: scope, reader)
            )
        }
        let mayWrite = context.may("terminal.write")
        let rows = found.map { one in TableRow(id: String(one.id), cells(one), actions: mayWrite ? actions(one) : .empty) }
        let fields = [
            FormField("q", "关键字", .text, value: address["q"], placeholder: "姓名、登录名、机构、终端名称"),
            FormField("state", "状态", .select(Terminals.State.allCases.map { Choice($0.rawValue, $0.title) }), value: address["state"]),
            FormField("presence", "在线", .select(Terminals.Presence.allCases.map { Choice($0.rawValue, $0.title) }), value: address["presence"]),
        ]
        let start = address.restarting
        let pager = Pager(
            first: address["after"] == nil ? nil : start.text, next: found.count == size ? found.last.map { start.with("after", String($0.id)).text } : nil, total: total,
            size: size,
            sizes: [20, 50, 100])
        let table = DataTable(
            id: "terminals", columns: Self.columns, rows: rows, address: address, pager: pager, empty: "没有终端登记。受限的用户在新终端上登录时，申请会自动出现在这里；在“登录与密码规则”中设定哪些人只能在已登记的终端上登录")
        let download = ActionButton("导出", .download(PageAddress("/admin/terminals/export", address.restarting.query).text), icon: "download")
        return Shell.page(
            "终端登记", crumbs: [Crumb("系统"), Crumb("终端登记")], active: "/admin/terminals", actions: "\(download)",
            body: "\(SearchForm(action: "/admin/terminals", fields: fields, table: "terminals"))\(table)", context: context)
    }

    private func cells(_ one: Terminals.Terminal) -> [Markup] {
        let what = one.name.isEmpty ? Terminal.title(one.agent) : "\(one.name)（\(Terminal.title(one.agent))）"
        return [
            "\(one.userName) <small class=\"muted\">\(one.login)</small>", "\(one.organisationName)", "\(what)", "<span class=\"mono\">\(one.address)</span>", badge(one.state),
            presence(one), "\(one.aliveAt)", "\(one.requestedAt)", "\(one.decidedBy) \(one.decidedAt)", "\(one.expiresAt?.day)", "\(one.lastUsedAt)",
        ]
    }

    private func presence(_ one: Terminals.Terminal) -> Markup {
        guard one.state == .approved else { return "" }
        let presence = terminals.presence(of: one)
        switch presence {
        case .online: return "\(Badge(presence.title, .good, isDot: true))"
        case .lost: return "\(Badge(presence.title, .orange, isDot: true)) <small class=\"muted\">自 \(one.lostAt)</small>"
        case .offline: return "\(Badge(presence.title, .muted, isDot: true))"
        }
    }

    /// A page that is open at a registered computer says so each minute.
    @Sendable func pulse(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        guard let terminal = principal.terminal, try await terminals.pulse(terminal, address: context.address) else { return Response(status: .noContent) }
        return Response(status: .accepted)
    }

    private func badge(_ state: Terminals.State) -> Markup {
        switch state {
        case .pending: "\(Badge(state.title, .yellow))"
        case .approved: "\(Badge(state.title, .good))"
        case .refused, .revoked: "\(Badge(state.title, .muted))"
        }
    }

    private func actions(_ one: Terminals.Terminal) -> Markup {
        let path = "/admin/terminals/\(one.id)"
        let approve = ActionButton("批准", .post("\(path)/approve", confirm: "批准后“\(one.userName)”可在此终端登录，有效期 \(Terminals.days) 天。确定？"), icon: "check", style: .quiet)
        let refuse = ActionButton("拒绝", .post("\(path)/refuse", confirm: "确定不批准“\(one.userName)”使用此终端？"), icon: "ban", style: .quiet)
        let revoke = ActionButton("撤销", .post("\(path)/revoke", confirm: "撤销后“\(one.userName)”在此终端上的登录立即退出。确定？"), icon: "ban", style: .danger)
        switch one.state {
        case .pending: return "\(approve)\(refuse)"
        case .approved: return "\(revoke)"
        case .refused, .revoked: return "\(approve)"
        }
    }

    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let address = context.here
        let found = try await platform.database.write { [terminals, platform] tx in
            let found = try terminals.page(
                keyword: address["q"], state: address["state"].flatMap(Terminals.State.init), presence: address["presence"].flatMap(Terminals.Presence.init),
                scope: principal.scope, before: nil, limit: 5_000, tx)
            try platform.audit.record(AuditEntry("export", "terminal", "", "导出终端登记，共 \(found.count) 条"), by: principal, in: tx)
            return found
        }
        let lines = found.map { one in
            CSVText.line([
                one.userName, one.login, one.organisationName, one.name, Terminal.title(one.agent), one.address, one.state.title, one.requestedAt.text, one.decidedBy,
                one.expiresAt?.day.text ?? "", one.lastUsedAt?.text ?? "", one.state == .approved ? terminals.presence(of: one).title : "", one.aliveAt?.text ?? "",
            ])
        }
        let head = CSVText.line(["姓名", "登录名", "机构", "终端名称", "浏览器", "地址", "状态", "申请时间", "办理人", "有效期至", "最近使用", "在线", "最近心跳"])
        return .download(Array(("\u{FEFF}" + head + lines.joined()).utf8), filename: "终端登记 \(platform.clock.today.text).csv", contentType: "text/csv; charset=utf-8")
    }

    private func decide(_ state: Terminals.State, _ message: String, _ request: Request, _ context: WebContext) async throws -> Response {
        try await terminals.decide(context.id(), state, by: context.signedIn())
        return Shell.refreshed(message, context: context, request: request)
    }

    // MARK: One's own

    @Sendable func request(request: Request, context: WebContext) async throws -> Response {
        let form = try await request.form(context, limit: 16_384)
        let computer = Computer(request)
        try await terminals.request(for: context.signedIn(), Entrance(request, context, computer), name: form["name"] ?? "")
        return computer.kept(in: Shell.done("已提交登记申请，待管理员批准", to: "/account/sessions", context: context), context)
    }

    /// The card beside one's own sessions.
    static func card(_ platform: Platform, _ request: Request, _ context: WebContext) async throws -> Markup {
        let user = try context.signedIn().id
        let computer = request.cookies["jw_device"]?.value
        let (known, isApproved) = try await platform.database.read { reader in
            (try platform.identity.terminals.own(user, reader), try platform.identity.terminals.isApproved(computer, for: user, reader))
        }
        let pages = TerminalPages(platform: platform)
        let rows = known.map { one -> TableRow in
            let what = one.name.isEmpty ? Terminal.title(one.agent) : "\(one.name)（\(Terminal.title(one.agent))）"
            let cells: [Markup] = ["\(what)", "<span class=\"mono\">\(one.address)</span>", pages.badge(one.state), "\(one.requestedAt)", "\(one.expiresAt?.day)"]
            return TableRow(id: String(one.id), cells)
        }
        let columns = [Column("terminal", "终端", isWrapping: true), Column("address", "地址"), Column("state", "状态"), Column("requested", "申请时间"), Column("until", "有效期至")]
        let table = DataTable(id: "terminals", columns: columns, rows: rows, address: context.here, empty: "没有登记过终端", hasTools: false)
        let form = Form(
            action: "/account/terminals", sections: [FormSection(nil, [FormField("name", "本机名称", .text, isRequired: true, placeholder: "如 门岗一号机", maxLength: 64)])], submit: "登记本机",
            cancel: nil, findings: [], context: context)
        let own: Markup = "\(Card("我的终端", isFlush: true, body: "\(table)"))"
        if isApproved { return "\(own)\(Notice(.good, "本机已登记。"))" }
        return "\(own)\(Card(body: "\(form)"))"
    }
}
