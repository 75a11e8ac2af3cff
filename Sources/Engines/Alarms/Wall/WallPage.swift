import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// The wall: what is open now, on a dark screen of any size, unconfirmed first. Source: requirements D2.5.6, D9.7.7.
extension AlarmPages {
    /// What one look at the wall shows.
    struct WallView: Sendable {
        var alarms: [Alarm]
        var counts: [AlarmState: Int]
        var urgent: Int
        var overdue: Int
        var today: AlarmCounts
        /// The latest picture of an alarm, by its id.
        var pictures: [Int64: String] = [:]
        /// What was found last, by the alarm's id.
        var findings: [Int64: String] = [:]
    }

    /// How many open alarms a wall goes through at most.
    static let wallLimit = 120

    /// `GET /alarms/wall`.
    @Sendable
    func wall(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let now = context.site.clock.now
        let view = try await database.read { [engine] reader in try engine.wall(by: principal, limit: Self.wallLimit, at: now, in: reader) }
        let assets = context.site.assets
        let grades =
            (engine.book.leading?.levels.enumerated().map { (place: $0.offset + 1, title: "\($0.element.code) \($0.element.title)") }
                ?? AlarmGrade.allCases.reversed().map { (place: 5 - $0.rawValue, title: $0.title) })
        let sounds = grades.map { grade -> Markup in
            "<label><input type=\"checkbox\" data-wall-grade=\"\(grade.place)\"\(Markup.flag("checked", grade.place <= 2))> \(grade.title)</label>"
        }
        let body: Markup = """
            <link rel="stylesheet" href="\(assets.path("alarm-wall.css"))"><header class="screen-head"><span class="wall-link" data-wall-link role="status"><i></i><b>已连接</b></span>\
            <h1>\(context.site.settings.systemName) · 报警大屏</h1><span class="screen-end"><time data-wall-clock datetime="\(now.rfc3339)">\(now)</time></span></header>\
            <div class="wall" data-wall data-now="\(now.milliseconds)"><div data-live-json="\(AlarmLive.deskTopic)" hidden></div><div id="wall">\(figures(view))\(columns(view, now, context))</div>\
            <footer class="wall-bar"><button type="button" class="btn btn-primary" data-wall-arm>\(Icon("bell"))<span>开启声音</span></button>\
            <fieldset class="wall-sounds" data-wall-sounds hidden><legend>响铃级别</legend>\(sounds)<button type="button" class="btn btn-plain btn-small" data-wall-mute>静音</button></fieldset>\
            <span class="wall-keys">空格 暂停轮播 · ←→ 翻页 · ↑↓ 选择 · 回车 打开 · M 静音 · F 全屏</span><span data-wall-page></span></footer></div>\
            <script type="module" src="\(assets.path("alarm-wall.js"))"></script>
            """
        return Shell.page("报警大屏", layout: .screen, body: body, context: context)
    }

    private func figures(_ view: WallView) -> Markup {
        let parts: [Markup] = [
            figure("未受理", view.counts[.new] ?? 0, view.counts[.new] ?? 0 > 0 ? .red : .good), figure("超时未受理", view.overdue, view.overdue > 0 ? .orange : .good),
            figure("紧急级别", view.urgent, view.urgent > 0 ? .red : .good), figure("处置跟踪中", (view.counts[.handling] ?? 0) + (view.counts[.confirmed] ?? 0), .info),
            figure("今日报警", view.today.opened, .neutral), figure("今日发生次数", view.today.times, .neutral),
        ]
        return "<div class=\"wall-figures\">\(parts)</div>"
    }

    private func figure(_ title: String, _ value: Int, _ tone: Tone) -> Markup {
        "<div class=\"wall-figure tone-\(tone.rawValue)\"><b class=\"num\">\(Figure.grouped(value))</b><span>\(title)</span></div>"
    }

    private func columns(_ view: WallView, _ now: Moment, _ context: WebContext) -> Markup {
        let fresh = view.alarms.filter { $0.state == .new }, watched = view.alarms.filter { $0.state != .new && $0.recoveredAt == nil },
            over = view.alarms.filter { $0.state != .new && $0.recoveredAt != nil }
        return """
            <div class="wall-columns">\(column("fresh", "待确认", fresh, view, now, context, empty: "没有未受理的报警"))\(column("watched", "留观跟踪", watched, view, now, context, empty: "没有正在跟踪的报警"))\
            \(column("over", "已恢复待闭环", over, view, now, context, empty: "没有待闭环的报警"))</div>
            """
    }

    private func column(_ name: String, _ title: String, _ alarms: [Alarm], _ view: WallView, _ now: Moment, _ context: WebContext, empty: String) -> Markup {
        let cards = alarms.map { alarm -> Markup in
            let tone = tone(alarm)
            let late: Markup = alarm.isOverdue(at: now) ? "\(Badge("超时", .red))" : .empty
            let due: Markup =
                alarm.state == .new && !alarm.isOverdue(at: now) ? alarm.dueAt.map { "<time class=\"wall-due\" data-due=\"\($0.milliseconds)\"></time>" } ?? .empty : .empty
            let times: Markup = alarm.times > 1 ? "<span class=\"wall-times\">×\(Figure.grouped(alarm.times))</span>" : .empty
            let picture: Markup =
                view.pictures[alarm.id].map { "<img class=\"wall-picture\" src=\"/alarms/\(alarm.id)/photos/\($0)?w=320\" alt=\"报警截图\" loading=\"lazy\">" } ?? .empty
            let finding: Markup = view.findings[alarm.id].map { "<span class=\"wall-finding\">\($0)</span>" } ?? .empty
            return """
                <a class="wall-card tone-\(tone.rawValue)" href="/alarms/\(alarm.id)" data-wall-card="\(alarm.id)" data-urgency="\(alarm.urgency)"><span class="wall-line">\(badge(alarm, context))\(late)\(due)\(times)\
                <time datetime="\(alarm.lastAt.rfc3339)">\(alarm.lastAt.day == now.day ? "\(alarm.lastAt.text.dropFirst(11).prefix(8))" : "\(alarm.lastAt.text.dropFirst(5).prefix(11))")</time></span>\
                <strong>\(alarm.title)</strong><span class="wall-where">\(alarm.orgName) \(alarm.place)</span><span class="wall-who">\(alarm.state.text(context))\(alarm.handlerName.map { "　\($0)" } ?? "")</span>\(finding)\(picture)</a>
                """
        }
        let body: Markup = cards.isEmpty ? "<p class=\"wall-empty\">\(empty)</p>" : .joined(cards)
        return "<section class=\"wall-column\" data-wall-column=\"\(name)\"><h2>\(title)<b>\(alarms.count)</b></h2><div class=\"wall-cards\">\(body)</div></section>"
    }
}

extension AlarmEngine {
    /// Open alarms, most urgent first, and what the head of the wall counts.
    func wall(by principal: Principal, limit: Int, at now: Moment, in reader: any Reader) throws -> AlarmPages.WallView {
        let scope = principal.scope.condition()
        let shown = { (condition: SQL) throws -> [Alarm] in
            try reader.rows("SELECT \(Alarm.columns) FROM alarms WHERE \(condition) AND \(scope) ORDER BY urgency, occurred_at DESC LIMIT \(limit / 2)").map(Alarm.init)
        }
        var filter = AlarmFilter()
        filter.from = now.day
        filter.to = now.day
        let counts = try reader.first(
            """
            SELECT COALESCE(SUM(CASE WHEN state = 'new' THEN 1 ELSE 0 END), 0) AS fresh, COALESCE(SUM(CASE WHEN state = 'handling' THEN 1 ELSE 0 END), 0) AS handling, \
            COALESCE(SUM(CASE WHEN urgency <= 2 AND state = 'new' THEN 1 ELSE 0 END), 0) AS urgent, \
            COALESCE(SUM(CASE WHEN state = 'new' AND due_at < \(now) THEN 1 ELSE 0 END), 0) AS overdue FROM alarms WHERE closed_at IS NULL AND state IN ('new', 'handling') AND \(scope)
            """)
        var view = AlarmPages.WallView(
            alarms: try shown("state = 'new' AND closed_at IS NULL")
                + shown("(state = 'handling' OR (state = 'confirmed' AND (recheck_at IS NOT NULL OR recovered_at IS NOT NULL))) AND closed_at IS NULL"),
            counts: [.new: Int(counts?.int("fresh") ?? 0), .handling: Int(counts?.int("handling") ?? 0)], urgent: Int(counts?.int("urgent") ?? 0),
            overdue: Int(counts?.int("overdue") ?? 0),
            today: try totals(filter, by: principal, in: reader))
        let watched = view.alarms.filter { $0.state != .new }.map(\.id)
        guard !watched.isEmpty else { return view }
        // The newest of each comes last and stays.
        for row in try reader.rows("SELECT alarm, sha256 FROM evidence_items WHERE alarm IN (\(list: watched)) AND kind = 'photo' ORDER BY alarm, seq LIMIT 5000") {
            view.pictures[row[0].int ?? 0] = row[1].text
        }
        for row in try reader.rows("SELECT alarm, finding FROM alarm_follow_ups WHERE alarm IN (\(list: watched)) ORDER BY id LIMIT 5000") {
            view.findings[row[0].int ?? 0] = row[1].text
        }
        return view
    }
}
