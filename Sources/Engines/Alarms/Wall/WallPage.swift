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

        func cards(in zone: WallZone) -> [Alarm] { alarms.filter { WallZone(of: $0) == zone } }
    }

    /// How many open alarms a wall goes through at most.
    static let wallLimit = 120

    /// `GET /alarms/wall?category=measured&category=recognised`.
    @Sendable
    func wall(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let now = context.site.clock.now
        let categories = context.here.all("category").compactMap(AlarmCategory.init(rawValue:))
        let view = try await database.read { [engine] reader in try engine.wall(by: principal, of: categories, limit: Self.wallLimit, at: now, in: reader) }
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
            <div class="wall" hx-boost="false" data-wall data-now="\(now.milliseconds)"><div data-live-json="\(AlarmLive.deskTopic)" hidden></div><div id="wall">\(figures(view))\(columns(view, now, context))</div>\
            <footer class="wall-bar"><button type="button" class="btn btn-primary" data-wall-arm>\(Icon("bell"))<span>开启声音</span></button>\
            <fieldset class="wall-sounds" data-wall-sounds hidden><legend>响铃级别</legend>\(sounds)<button type="button" class="btn btn-plain btn-small" data-wall-mute>静音</button></fieldset>\
            \(sorts(categories))<span class="wall-keys">空格 暂停轮播 · ←→ 翻页 · ↑↓ 选择 · 回车 打开 · M 静音 · F 全屏</span><span data-wall-page></span></footer></div>\
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

    /// Which alarms are put on the wall; the address keeps the choice, so each screen of a control room may show its own.
    private func sorts(_ chosen: [AlarmCategory]) -> Markup {
        let parts: [(title: String, categories: [AlarmCategory])] = [("全部", []), ("视频与超限", [.recognised, .measured])] + AlarmCategory.allCases.map { ($0.title, [$0]) }
        let links = parts.map { part -> Markup in
            let address = PageAddress("/alarms/wall", part.categories.map { PageAddress.QueryItem("category", $0.rawValue) })
            return "<a href=\"\(address.text)\"\(Markup.attribute("aria-current", Set(part.categories) == Set(chosen) ? "true" : nil))>\(part.title)</a>"
        }
        return "<nav class=\"wall-sorts\" aria-label=\"上屏范围\">\(links)</nav>"
    }

    private func columns(_ view: WallView, _ now: Moment, _ context: WebContext) -> Markup {
        "<div class=\"wall-columns\">\(WallZone.allCases.map { column($0, view, now, context) })</div>"
    }

    private func column(_ zone: WallZone, _ view: WallView, _ now: Moment, _ context: WebContext) -> Markup {
        let alarms = view.cards(in: zone)
        let body: Markup = alarms.isEmpty ? "<p class=\"wall-empty\">\(zone.empty)</p>" : .joined(alarms.map { card($0, zone, view, now, context) })
        return
            "<section class=\"wall-column\" data-wall-column=\"\(zone.rawValue)\"><h2>\(zone.title)<b>\(alarms.count)</b></h2><div class=\"wall-cards\">\(body)</div></section>"
    }

    private func card(_ alarm: Alarm, _ zone: WallZone, _ view: WallView, _ now: Moment, _ context: WebContext) -> Markup {
        let tone = tone(alarm)
        let late: Markup = alarm.isOverdue(at: now) ? "\(Badge("超时", .red))" : .empty
        let due: Markup =
            alarm.state == .new && !alarm.isOverdue(at: now) ? alarm.dueAt.map { "<time class=\"wall-due\" data-due=\"\($0.milliseconds)\"></time>" } ?? .empty : .empty
        let times: Markup = alarm.times > 1 ? "<span class=\"wall-times\">×\(Figure.grouped(alarm.times))</span>" : .empty
        let over: Markup = zone == .heldOver && alarm.recoveredAt != nil ? "\(Badge("已恢复", .good))" : .empty
        let picture: Markup =
            view.pictures[alarm.id].map { "<img class=\"wall-picture\" src=\"/alarms/\(alarm.id)/photos/\($0)?w=320\" alt=\"报警截图\" loading=\"lazy\">" } ?? .empty
        let finding: Markup = view.findings[alarm.id].map { "<span class=\"wall-finding\">\($0)</span>" } ?? .empty
        let held = zone == .heldOver ? alarm.heldOverAt.map { "　滞留自 \($0.text.dropFirst(5).prefix(11))" } ?? "" : ""
        return """
            <div class="wall-card tone-\(tone.rawValue)" data-wall-card="\(alarm.id)" data-urgency="\(alarm.urgency)"><a href="/alarms/\(alarm.id)"><span class="wall-line">\(badge(alarm, context))\(late)\(over)\(due)\(times)\
            <time datetime="\(alarm.lastAt.rfc3339)">\(alarm.lastAt.day == now.day ? "\(alarm.lastAt.text.dropFirst(11).prefix(8))" : "\(alarm.lastAt.text.dropFirst(5).prefix(11))")</time></span>\
            <strong>\(alarm.title)</strong><span class="wall-where">\(alarm.orgName) \(alarm.place)</span><span class="wall-who">\(alarm.state.text(context))\(alarm.handlerName.map { "　\($0)" } ?? "")\(held)</span>\(finding)\(picture)</a>\(acts(alarm, zone, context))</div>
            """
    }

    /// What may be done from the wall; each form comes back to it.
    private func acts(_ alarm: Alarm, _ zone: WallZone, _ context: WebContext) -> Markup {
        var links: [(title: String, path: String)] = [("研判", "/alarms/\(alarm.id)/background")]
        if let face = engine.faces.pictures, context.may(face.permission) { links.append(("视频", face.path(alarm.id))) }
        let actions = engine.actions(on: alarm, by: context.principal ?? .nobody)
        if zone == .fresh, actions.contains(.accept) { links.append(("留观", "/alarms/\(alarm.id)/act/accept")) }
        if zone != .fresh, actions.contains(.close) { links += [("跟踪", "/alarms/\(alarm.id)/follow"), ("截图闭环", "/alarms/\(alarm.id)/act/close")] }
        return "<span class=\"wall-acts\">\(links.map { link -> Markup in "<a href=\"\(link.path)?from=wall\">\(link.title)</a>" })</span>"
    }

    /// Where a form goes back to when it was opened from the wall.
    static func origin(_ context: WebContext) -> String? { context.here["from"] == "wall" ? "/alarms/wall" : nil }
}

/// Where an alarm stands on the wall: up, kept under observation, down after it recovered, or left behind by a shift. What is closed is off it.
enum WallZone: String, CaseIterable, Sendable {
    case fresh, watched, over, heldOver

    init(of alarm: Alarm) {
        let isLeftBehind = alarm.heldOverAt.map { held in alarm.recoveredAt.map { $0 <= held } ?? true } ?? false
        self = isLeftBehind ? .heldOver : alarm.recoveredAt != nil ? .over : alarm.state == .new ? .fresh : .watched
    }

    var title: String {
        switch self {
        case .fresh: "上屏待确认"
        case .watched: "留观跟踪"
        case .over: "下屏区（已恢复待闭环）"
        case .heldOver: "滞留区（交接班未闭环）"
        }
    }

    var empty: String {
        switch self {
        case .fresh: "没有未受理的报警"
        case .watched: "没有正在跟踪的报警"
        case .over: "没有待闭环的报警"
        case .heldOver: "没有交接班滞留的报警"
        }
    }
}

extension Alarm {
    /// The zone of the wall in which it stands while it is not closed.
    package var wallZone: String { WallZone(of: self).rawValue }
}

extension AlarmEngine {
    /// Open alarms, most urgent first, and what the head of the wall counts.
    func wall(by principal: Principal, of categories: [AlarmCategory] = [], limit: Int, at now: Moment, in reader: any Reader) throws -> AlarmPages.WallView {
        var scope = principal.scope.condition()
        var filter = AlarmFilter()
        if !categories.isEmpty {
            let names = kinds.filter { categories.contains($0.category) }.map(\.name)
            scope = "\(scope) AND kind IN (\(list: names))"
            // No kind of these categories: an empty list of kinds would count every alarm.
            filter.kinds = names.isEmpty ? [""] : names
        }
        let within = scope
        let shown = { (condition: SQL) throws -> [Alarm] in
            try reader.rows("SELECT \(Alarm.columns) FROM alarms WHERE \(condition) AND \(within) ORDER BY urgency, occurred_at DESC LIMIT \(limit / 2)").map(Alarm.init)
        }
        filter.from = now.day
        filter.to = now.day
        let counts = try reader.first(
            """
            SELECT COALESCE(SUM(CASE WHEN state = 'new' THEN 1 ELSE 0 END), 0) AS fresh, COALESCE(SUM(CASE WHEN state = 'handling' THEN 1 ELSE 0 END), 0) AS handling, \
            COALESCE(SUM(CASE WHEN urgency <= 2 AND state = 'new' THEN 1 ELSE 0 END), 0) AS urgent, \
            COALESCE(SUM(CASE WHEN state = 'new' AND due_at < \(now) THEN 1 ELSE 0 END), 0) AS overdue FROM alarms WHERE closed_at IS NULL AND state IN ('new', 'handling') AND \(within)
            """)
        var view = AlarmPages.WallView(
            alarms: try shown("state = 'new' AND closed_at IS NULL")
                + shown("(state = 'handling' OR (state = 'confirmed' AND (recheck_at IS NOT NULL OR recovered_at IS NOT NULL OR held_over_at IS NOT NULL))) AND closed_at IS NULL"),
            counts: [.new: Int(counts?.int("fresh") ?? 0), .handling: Int(counts?.int("handling") ?? 0)], urgent: Int(counts?.int("urgent") ?? 0),
            overdue: Int(counts?.int("overdue") ?? 0),
            today: try totals(filter, by: principal, in: reader))
        let watched = view.alarms.filter { WallZone(of: $0) != .fresh }.map(\.id)
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
