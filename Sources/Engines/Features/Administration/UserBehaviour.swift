import Identity
import Kernel
import Storage
import Web

/// 行为跟踪 (A-16): where a person is signed in now, what they did last, and at which hours they usually work.
struct UserBehaviour: Sendable {
    let platform: Platform
    let user: User

    func markup(_ context: WebContext) async throws -> Markup {
        let sessions = try await platform.identity.sessions.list(of: user.id)
        let from = platform.clock.today.adding(days: -30)
        let (acts, hours) = try await platform.database.read { [platform, user] reader -> ([AuditRow], [Int]) in
            let acts = try platform.audit.page(AuditSearch(actorId: user.id), scope: .everything, limit: 15, reader).rows
            var hours = Array(repeating: 0, count: 24)
            try reader.each("SELECT at FROM audit WHERE actor_id = \(user.id) AND actor_kind = 'user' AND day >= \(from) ORDER BY day DESC, id DESC LIMIT 5000") { row in
                if let at = row.moment("at") { hours[at.hourOfDay] += 1 }
                return true
            }
            return (acts.filter { $0.actorKind == "user" }, hours)
        }
        let living = Card("当前登录", isFlush: !sessions.isEmpty, body: living(sessions, context))
        return "\(living)\(Card("最近操作", body: latest(acts, context)))\(Card("操作时段（近 30 天）", body: "\(chart(hours))"))"
    }

    private func living(_ sessions: [SessionSummary], _ context: WebContext) -> Markup {
        guard !sessions.isEmpty else { return "<p class=\"muted\">不在线</p>" }
        let rows = sessions.map { one -> TableRow in
            let end = ActionButton(
                "强制退出", .post("/admin/presence/\(user.id)/\(one.id)/end", confirm: "确定让“\(user.name)”的这处登录退出？"), icon: "exit", style: .quiet, isIconOnly: true)
            let cells: [Markup] = [
                "\(one.createdAt)", "\(one.lastSeenAt)", "<span class=\"mono\">\(one.address)</span>", "\(Terminal.title(one.agent))",
                "\(one.marks.map { Badge($0.title, .yellow) })",
            ]
            return TableRow(id: String(one.id), cells, actions: context.may("user.write") ? "\(end)" : .empty)
        }
        let columns = [Column("at", "登录时间"), Column("seen", "最近操作"), Column("address", "地址"), Column("agent", "终端", isWrapping: true), Column("marks", "提示")]
        return "\(DataTable(id: "living", columns: columns, rows: rows, address: context.here, hasTools: false))"
    }

    private func latest(_ acts: [AuditRow], _ context: WebContext) -> Markup {
        guard !acts.isEmpty else { return "<p class=\"muted\">没有操作记录</p>" }
        let more: Markup = context.may("audit.read") ? "<p><a href=\"\(PageAddress("/audit", ["actor": user.name]).text)\">全部操作记录</a></p>" : .empty
        return "\(Timeline(acts.map { Timeline.Entry($0.at, $0.summary, who: $0.address, tone: .info) }))\(more)"
    }

    private func chart(_ hours: [Int]) -> Chart {
        Chart(.bar, "操作时段", categories: (0..<24).map { "\($0)时" }, series: [ChartSeries("操作次数", hours.map { Double($0) })], unit: "次", height: .small)
    }
}
