import Hummingbird
import Identity
import Kernel
import Storage
import Web

extension AlarmPages {
    /// `GET /alarms`: the list that refreshes itself; `alarm-desk.js` adds keys and sounds.
    @Sendable
    func desk(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let address = context.here
        let now = context.site.clock.now
        let filter = AlarmFilter(address, now: now, defaultState: "open")
        let size = address["size"].flatMap { Int($0) } ?? 50
        let after = address["after"].flatMap { AlarmCursor($0) }, before = address["before"].flatMap { AlarmCursor($0) }
        let (page, counts) = try await database.read { [engine] reader in
            (
                try engine.list(filter, after: after, before: before, limit: size, by: principal, in: reader),
                try engine.counts(filter, by: principal, in: reader)
            )
        }
        let body: Markup = """
            <div class="alarm-desk" data-alarm-desk>\(search(context))\(table(page, counts, size, filter, now, context))\
            <div hidden data-live-json="\(AlarmLive.deskTopic)"></div></div><script type="module" src="\(context.site.assets.path("alarm-desk.js"))"></script>
            """
        return Shell.page(
            context.text("报警处理", "Alarm desk"), crumbs: [Crumb(context.text("监测报警", "Alarms"))], active: "/alarms", actions: "\(sounds(context))\(registering(context))",
            body: body, context: context)
    }

    private func search(_ context: WebContext) -> Markup {
        let address = context.here
        let every = Choice("", context.text("全部", "All"))
        let kinds = [every] + engine.kinds.map { Choice($0.name, context.text($0.title, $0.titleEN)) }
        let grades = [every] + AlarmGrade.allCases.map { Choice(String($0.rawValue), $0.text(context)) }
        let fields = [
            FormField("q", context.text("关键字", "Search"), .text, value: address["q"], placeholder: context.text("报警号、标题、门岗、企业", "number, title, place")),
            FormField("kind", context.text("类型", "Kind"), .select(kinds), values: address.all("kind")),
            FormField("grade", context.text("等级", "Grade"), .select(grades), values: address.all("grade")),
            FormField("day", context.text("发生日期", "Day"), .dayRange, values: [address["day_from"] ?? "", address["day_to"] ?? ""]),
            FormField("area", context.text("县（区、市）", "County"), .select([every] + areaChoices(context)), value: address["area"]),
            FormField("org", context.text("企业", "Enterprise"), .reference(url: "/alarms/organisations", shown: address["orgShown"] ?? address["org"] ?? ""), value: address["org"]),
            FormField("plate", context.text("号牌", "Plate"), .text, value: address["plate"]),
            FormField("subject", context.text("点位或对象", "Subject"), .text, value: address["subject"]),
            FormField("overdue", context.text("时限", "Deadline"), .check(context.text("超时未受理", "Overdue")), value: address["overdue"]),
            FormField("recheck", context.text("复核", "Recheck"), .check(context.text("待复核", "To be rechecked")), value: address["recheck"]),
            FormField("level", context.text("分级", "Level"), .select([every] + levelChoices), value: address["level"]),
            FormField("false", context.text("误报类别", "False alarm"), .select([every] + AlarmFalseClass.allCases.map { Choice($0.rawValue, $0.title) }), value: address["false"]),
        ]
        return "\(SearchForm(action: "/alarms", fields: fields, table: "alarms", kept: [.init("state", address["state"] ?? "open")], visible: 4))"
    }

    private var levelChoices: [Choice] {
        engine.book.schemes.filter(\.scheme.isOn).flatMap { entry in
            entry.scheme.levels.map { Choice("\(entry.scheme.name):\($0.code)", "\($0.code) \($0.title)", group: entry.scheme.title) }
        }
    }

    private func registering(_ context: WebContext) -> Markup {
        guard context.may(AlarmPermission.report), engine.kinds.contains(where: \.isReported) else { return .empty }
        return "\(ActionButton(context.text("登记报警", "Register"), .dialog("/alarms/new"), icon: "plus", style: .primary))"
    }

    /// The badge of the level that leads, or of the kind's own grade.
    func badge(_ alarm: Alarm, _ context: WebContext) -> Markup {
        guard let level = engine.leadingLevel(of: alarm) else { return "\(Badge(alarm.grade.text(context), alarm.grade.tone))" }
        return "\(Badge("\(level.code) \(level.title)", Tone(rawValue: level.tone) ?? .neutral))"
    }

    /// Counties of the reader's own city or cities.
    func areaChoices(_ context: WebContext) -> [Choice] {
        guard let principal = context.principal else { return [] }
        let items = Region.all.filter { Region(code: $0.code)?.level == .county }
        let visible: [CodeItem] =
            switch principal.scope {
            case .everything: items
            case .areas(let prefixes): items.filter { item in prefixes.contains { item.code.hasPrefix($0) } }
            case .grids: items.filter { item in (principal.area ?? "-").hasPrefix(item.code) || item.code.hasPrefix(principal.area ?? "-") }
            case .organisation, .nothing: []
            }
        return visible.map { Choice($0.code, $0.title, group: Region(code: $0.code)?.parent?.title) }
    }

    private func tabs(_ counts: [AlarmState: Int], _ context: WebContext) -> Markup {
        let current = context.here["state"] ?? "open"
        let open = AlarmState.allCases.filter(\.isOpen).reduce(0) { $0 + (counts[$1] ?? 0) }
        let path = { (state: String) in context.here.restarting.with("state", state).text }
        var tabs = [Tabs.Tab(context.text("待处理", "Open"), path("open"), isActive: current == "open", count: open)]
        tabs += AlarmState.allCases.map { Tabs.Tab($0.text(context), path($0.rawValue), isActive: current == $0.rawValue, count: counts[$0] ?? 0) }
        tabs.append(Tabs.Tab(context.text("全部", "All"), path("all"), isActive: current == "all"))
        return "\(Tabs(tabs))"
    }

    private func table(_ page: AlarmPage, _ counts: [AlarmState: Int], _ size: Int, _ filter: AlarmFilter, _ now: Moment, _ context: WebContext) -> Markup {
        let address = context.here
        let columns = [
            Column("number", context.text("报警号", "Number")), Column("grade", context.text("等级", "Grade")), Column("state", context.text("状态", "State")),
            Column("kind", context.text("类型", "Kind"), isHidden: true),
            Column("title", context.text("内容", "Title"), isWrapping: true), Column("org", context.text("企业与位置", "Enterprise and place"), isWrapping: true),
            Column("area", context.text("县（区、市）", "County")),
            Column("occurredAt", context.text("发生时间", "Occurred")), Column("times", context.text("次数", "Times"), align: .end),
            Column("handler", context.text("处理人", "Handler"), isHidden: true),
        ]
        let mayHandle = context.may(AlarmPermission.handle)
        let batch =
            mayHandle
            ? [
                BatchAction(context.text("批量受理", "Accept"), "/alarms/batch/accept", style: .primary), BatchAction(context.text("批量关闭", "Close"), "/alarms/batch/ask?action=close"),
                BatchAction(context.text("批量撤销", "Revoke"), "/alarms/batch/ask?action=revoke"),
            ] : []
        let export: Markup =
            context.may(AlarmPermission.export)
            ? "\(ActionButton(context.text("导出清单", "Export"), .download(PageAddress("/alarms/export", address.restarting.query).text), icon: "download", isIconOnly: true))"
            : .empty
        let start = address.restarting
        let pager = Pager(
            first: page.previous == nil ? nil : start.text, previous: page.previous.map { start.with("before", $0.text).text },
            next: page.next.map { start.with("after", $0.text).text },
            total: total(filter, counts), isTotalFloor: counts.values.contains { $0 > 10_000 }, size: size, sizes: [20, 50, 100, 200])
        return
            "\(DataTable(id: "alarms", columns: columns, rows: page.alarms.map { row($0, now, context) }, address: address, toolbar: "\(tabs(counts, context))\(export)", batch: batch, pager: pager, empty: context.text("没有符合条件的报警", "No alarms")))"
    }

    private func total(_ filter: AlarmFilter, _ counts: [AlarmState: Int]) -> Int {
        (filter.states.isEmpty ? AlarmState.allCases : filter.states).reduce(0) { $0 + (counts[$1] ?? 0) }
    }

    private func row(_ alarm: Alarm, _ now: Moment, _ context: WebContext) -> TableRow {
        let late: Markup = alarm.isOverdue(at: now) ? " \(Badge(context.text("超时", "Overdue"), .red))" : .empty
        let cells: [Markup] = [
            "\(alarm.number)", badge(alarm, context), "\(Badge(alarm.state.text(context), alarm.state.tone, isDot: true))\(late)\(remaining(alarm, now))",
            "\(engine.title(ofKind: alarm.kind))", "\(alarm.title)", "\(alarm.orgName) \(alarm.place)", "\(areaTitle(alarm.area))",
            "<time datetime=\"\(alarm.occurredAt.rfc3339)\" title=\"\(alarm.occurredAt)\">\(alarm.occurredAt.text.dropFirst(5).prefix(11))</time>",
            "<span class=\"num\">\(alarm.times)</span>", "\(alarm.handlerName)",
        ]
        let mayAccept = engine.actions(on: alarm, by: context.principal ?? .nobody).contains(.accept)
        let action: Markup =
            mayAccept
            ? "\(ActionButton(AlarmAction.accept.title, .post("/alarms/\(alarm.id)/act/accept", confirm: nil), style: .quiet))" : .empty
        return TableRow(id: String(alarm.id), cells, path: "/alarms/\(alarm.id)", actions: action, tone: alarm.state == .new ? tone(alarm) : nil)
    }

    func tone(_ alarm: Alarm) -> Tone { engine.leadingLevel(of: alarm).flatMap { Tone(rawValue: $0.tone) } ?? alarm.grade.tone }

    /// What runs: the time to take it up, or to look again; counted down by the script.
    private func remaining(_ alarm: Alarm, _ now: Moment) -> Markup {
        if alarm.state == .new, let due = alarm.dueAt, due > now, due.seconds(since: now) < 3600 {
            return " <time class=\"countdown\" data-countdown=\"\(due.milliseconds)\" datetime=\"\(due.rfc3339)\">\(due.text.dropFirst(11).prefix(5)) 前</time>"
        }
        if let again = alarm.recheckAt {
            return again <= now.adding(seconds: 60)
                ? " \(Badge("待复核", .orange))"
                : " <time class=\"countdown\" data-countdown=\"\(again.milliseconds)\" datetime=\"\(again.rfc3339)\">\(again.text.dropFirst(11).prefix(5)) 复核</time>"
        }
        return alarm.falseClass.map { " \(Badge($0.title, .muted))" } ?? .empty
    }

    /// Which grades ring; kept in the browser.
    private func sounds(_ context: WebContext) -> Markup {
        let boxes = AlarmGrade.allCases.reversed().map { grade -> Markup in
            "<label class=\"drop-item\"><input type=\"checkbox\" class=\"form-check-input\" data-alarm-sound=\"\(grade.rawValue)\"> \(grade.text(context))</label>"
        }
        return """
            <details class="drop" data-alarm-sounds><summary class="btn btn-plain">\(Icon("bell"))<span>\(context.text("声音提醒", "Sounds"))</span></summary><div class="drop-panel">\(boxes)\
            <p class="drop-item">\(context.text("键盘：j/k 上下，回车打开，x 选择", "Keys: j/k, Enter, x"))</p></div></details>
            """
    }

    /// `GET /alarms/organisations?q=`: for the enterprise filter.
    @Sendable
    func organisationChoices(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let matches = SQL.contains(context.here["q"] ?? "", in: "name")
        let rows = try await database.read { reader in
            try reader.rows(
                "SELECT id, name FROM organisations WHERE \(matches) AND \(principal.scope.condition(org: "id")) AND kind = 'enterprise' ORDER BY name LIMIT 20"
            )
        }
        return .html("\(ReferenceChoices(rows.map { Choice(String($0.int("id") ?? 0), $0.text("name") ?? "") }))")
    }

    /// `GET /alarms/people?q=`: accounts within the scope, by name or login.
    @Sendable
    func peopleChoices(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let word = context.here["q"] ?? ""
        let rows = try await database.read { reader in
            try reader.rows(
                """
                SELECT u.id, u.name, o.name AS place FROM users u JOIN organisations o ON o.id = u.organisation WHERE u.state = 'active'
                AND (\(SQL.contains(word, in: "u.name")) OR \(SQL.contains(word, in: "u.login"))) AND \(principal.scope.condition(org: "u.organisation", area: "o.area"))
                ORDER BY u.name, u.id LIMIT 20
                """)
        }
        return .html("\(ReferenceChoices(rows.map(AlarmPages.person)))")
    }

    static func organisations(_ ids: [Int64], in reader: any Reader) throws -> [Choice] {
        guard !ids.isEmpty else { return [] }
        return try reader.rows("SELECT id, name FROM organisations WHERE id IN (\(list: ids)) ORDER BY name LIMIT 500").map {
            Choice(String($0.int("id") ?? 0), $0.text("name") ?? "")
        }
    }

    static func persons(_ ids: [Int64], in reader: any Reader) throws -> [Choice] {
        guard !ids.isEmpty else { return [] }
        return try reader.rows(
            "SELECT u.id, u.name, o.name AS place FROM users u JOIN organisations o ON o.id = u.organisation WHERE u.id IN (\(list: ids)) ORDER BY u.name LIMIT 500"
        ).map(person)
    }

    private static func person(_ row: Row) -> Choice { Choice(String(row.int("id") ?? 0), "\(row.text("name") ?? "")（\(row.text("place") ?? "")）") }
}

extension Principal {
    /// May do nothing and sees nothing.
    static let nobody = Principal(kind: .user, id: 0, login: "", name: "", permissions: [], scope: .nothing)
}
