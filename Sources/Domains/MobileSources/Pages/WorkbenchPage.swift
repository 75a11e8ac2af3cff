import Alarms
import Features
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// The workbench: what happens now, for supervisors; enterprises see their own console at the same address.
struct WorkbenchPage: Sendable {
    let gates: GateSupervision
    let platform: Platform
    let picture: GatePicture
    let console: ConsolePage

    func add(to routes: Routes) {
        routes.get("/", permission: .signedIn, use: show)
        routes.get("/workbench/figures", permission: .named(GatePermission.workbench), use: figures)
        routes.get("/workbench/sites", permission: .named(GatePermission.workbench), use: sites)
    }

    @Sendable
    func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        // A maintenance unit has no workbench; its own page is its first.
        if !principal.may(GatePermission.workbench), principal.may(GatePermission.unitDesk) { return .redirect(to: "/unit") }
        if !principal.may(GatePermission.workbench), let first = context.site.firstPage(for: context, except: "/") { return .redirect(to: first) }
        try principal.require(GatePermission.workbench, "工作台与实时过车")
        if case .organisation = principal.scope { return try await console.show(request: request, context: context) }
        let now = try await picture.now()
        let passes = try await LivePasses(gates: gates).recent(10, by: principal)
        let alarms = try await newestAlarms(principal)
        let notices = try await gates.database.read { try RoadsideNotice.latest(principal.scope, in: $0) }
        let live: Markup = """
            <ul class="live-list pass-rows" data-live="\(LivePasses.topic)" data-limit="10" data-empty="今日还没有过车" aria-live="off">\(passes.map { PassLine(item: $0) })</ul>
            """
        let wall: Markup = "\(ActionButton("实时大屏", .link("/passes"), icon: "monitor", style: .quiet))"
        let body: Markup = """
            \(GateAssets.links(context))<div class="stack" \(poll("/workbench/figures", seconds: 10))>\(figuresPart(now, principal, context))</div>
            \(Grid(.mainAside, [
                "\(Card("实时过车", actions: wall, body: live))",
                "\(alarmCard(alarms, context))",
            ]))
            \(noticeCard(notices, context))<div \(poll("/workbench/sites", seconds: 60))>\(sitesPart(now, principal, context))</div>
            """
        return Shell.page("工作台", active: "/", actions: "<span class=\"muted num\" data-clock>\(gates.clock.now.text.prefix(16))</span>", body: body, context: context)
    }

    /// A-33: the latest notices to inspectors; nothing where there is none or the reader may not.
    private func noticeCard(_ notices: [(id: Int64, title: String, at: Moment)], _ context: WebContext) -> Markup {
        guard !notices.isEmpty, context.may(RoadsideNotice.ledger.readPermission) else { return .empty }
        let path = "/ledgers/\(RoadsideNotice.ledger.name)"
        let lines = notices.map { one -> Markup in "<li><a href=\"\(path)/\(one.id)\">\(one.title)</a> <small class=\"muted num\">\(String(one.at.text.prefix(16)))</small></li>" }
        return "\(Card("路检路查消息", actions: "\(ActionButton("全部", .link(path), style: .quiet))", body: "<ul class=\"plain-list\">\(lines)</ul>"))"
    }

    /// Fetches a part anew every so many seconds.
    private func poll(_ path: String, seconds: Int) -> Markup {
        "hx-get=\"\(path)\" hx-trigger=\"every \(seconds)s\" hx-target=\"this\" hx-swap=\"innerHTML\" hx-push-url=\"false\""
    }

    @Sendable
    func figures(request: Request, context: WebContext) async throws -> Response {
        .html(figuresPart(try await picture.now(), try context.signedIn(), context))
    }

    @Sendable
    func sites(request: Request, context: WebContext) async throws -> Response {
        .html(sitesPart(try await picture.now(), try context.signedIn(), context))
    }

    // MARK: Figures

    private func figuresPart(_ picture: GatePicture.Picture, _ principal: Principal, _ context: WebContext) -> Markup {
        let sites = picture.sites(principal.scope)
        let bar = WarningBar(gates.registry.snapshot, scope: principal.scope, now: picture.takenAt, mayHandle: context.may(GatePermission.warning))
        return "\(bar)\(DayCards(sites: sites, now: picture.takenAt, target: gates.registry.snapshot.settings.transmissionTarget, context: context))"
    }

    private func newestAlarms(_ principal: Principal) async throws -> [Alarm] {
        guard principal.may(AlarmPermission.read) else { return [] }
        var filter = AlarmFilter()
        filter.states = AlarmState.allCases.filter(\.isOpen)
        filter.from = gates.clock.today.adding(days: -90)
        let alarms = gates.alarms
        return try await gates.database.read { [filter] reader in try alarms.list(filter, limit: 10, by: principal, in: reader).alarms }
    }

    private func alarmCard(_ alarms: [Alarm], _ context: WebContext) -> Markup {
        guard context.may(AlarmPermission.read) else { return .empty }
        let list = LiveList(topic: AlarmLive.topic, items: alarms.map { AlarmLive.line($0) }, limit: 10, empty: "没有待处理的报警")
        return "\(Card("最新报警", actions: "\(ActionButton("全部报警", .link("/alarms"), icon: "siren", style: .quiet))", body: "<div class=\"alarm-lines\">\(list)</div>"))"
    }

    // MARK: Enterprises

    private func sitesPart(_ picture: GatePicture.Picture, _ principal: Principal, _ context: WebContext) -> Markup {
        let sites = picture.sites(principal.scope)
        let hour = picture.takenAt.hourOfDay
        let today = sites.hours(\.hoursToday).enumerated().map { index, count -> Double? in index <= hour ? Double(count) : nil }
        let yesterday = sites.hours(\.hoursYesterday).map { Double($0) as Double? }
        let chart = Chart(
            .area, "分时段过车", categories: (0..<24).map { "\($0)时" }, series: [ChartSeries("今日", today, tone: .info), ChartSeries("昨日", yesterday, tone: .muted)], unit: "辆",
            height: .medium)
        let traffic: Markup = "\(Card("分时段过车（今日与昨日）", body: "\(chart)"))"
        return "\(Grid(.mainAside, [traffic, ranking(sites)]))\(offline(sites, picture.takenAt))"
    }

    private func ranking(_ sites: [GatePicture.Site]) -> Markup {
        let ranked = sites.filter { $0.today.refused > 0 }.sorted { ($0.today.refused, $0.today.received) > ($1.today.refused, $1.today.received) }.prefix(8)
        let most = max(ranked.first?.today.refused ?? 1, 1)
        let lines = ranked.map { site -> Markup in
            """
            <li><a href="/enterprises/\(site.facts.ledgerId)">\(site.facts.name)</a><span class="num">\(Figure.grouped(site.today.refused))</span>\
            <progress class="tone-orange" max="\(most)" value="\(site.today.refused)" aria-hidden="true"></progress>\
            \(Markup.when(site.today.refusedLifted > 0, "<small class=\"rank-note\">其中抬杆放行 \(site.today.refusedLifted) 辆</small>"))</li>
            """
        }
        let body: Markup = ranked.isEmpty ? "\(EmptyState("今日没有不予放行的车辆", icon: "check"))" : "<ol class=\"rank\">\(lines)</ol>"
        return "\(Card("今日不予放行企业排名", body: body))"
    }

    private func offline(_ sites: [GatePicture.Site], _ now: Moment) -> Markup {
        let silent = sites.filter { $0.silentSince != nil && $0.facts.isConnected }.sorted { ($0.silentSince ?? now) < ($1.silentSince ?? now) }
        guard !silent.isEmpty else { return .empty }
        let rows = silent.prefix(10).map { site -> TableRow in
            let gates = site.gates.filter { $0.offlineSince != nil }.map(\.name).joined(separator: "、")
            let since = site.silentSince ?? now
            return TableRow(
                id: String(site.facts.org),
                [
                    "\(site.facts.name)", "\(Region(code: site.facts.county)?.title ?? site.facts.county)", "\(gates)", "\(since.text)", "\(GateWords.span(since, now))",
                    "<span class=\"num\">\(site.openAlarms)</span>",
                ],
                path: "/enterprises/\(site.facts.ledgerId)?tab=gates")
        }
        let columns = [
            Column("name", "企业"), Column("county", "县（区、市）"), Column("gates", "离线门岗", isWrapping: true), Column("since", "最后心跳"), Column("span", "已离线"),
            Column("alarms", "未处理报警", align: .end),
        ]
        let table = DataTable(id: "offline", columns: columns, rows: rows, address: PageAddress("/"), hasTools: false)
        return
            "<div class=\"gap-top\">\(Card("离线企业（\(silent.count) 家）", actions: "\(ActionButton("全部", .link("/enterprises?state=offline"), icon: "list", style: .quiet))", isFlush: true, body: "\(table)"))</div>"
    }
}
