import Alarms
import Features
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// 一企一档: everything about one enterprise in one place; and the list of all, by how they stand.
struct EnterprisePage: Sendable {
    let gates: GateSupervision
    let picture: GatePicture

    func add(to routes: Routes) {
        let read = RoutePermission.named(Enterprise.ledger.readPermission)
        routes.get("/enterprises", permission: read, use: list)
        routes.get("/enterprises/{id}", permission: read, use: show)
    }

    enum Tab: String, Sendable, CaseIterable {
        case overview, passes, vehicles, machines, alarms, quality, strategy, gates, papers

        var title: String {
            switch self {
            case .overview: "概况"
            case .passes: "今日过车"
            case .vehicles: "车辆台账"
            case .machines: "非道路机械"
            case .alarms: "报警"
            case .quality: "传输与质量"
            case .strategy: "策略与回执"
            case .gates: "门禁设备"
            case .papers: "证照资料"
            }
        }
    }

    @Sendable
    func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        guard let facts = gates.registry.snapshot.enterprises.values.first(where: { $0.ledgerId == id }), principal.scope.admits(org: facts.org, area: facts.county) else {
            throw Failure.notFound("该企业")
        }
        let now = try await picture.now()
        guard let site = now.site(org: facts.org, principal.scope) else { throw Failure.notFound("该企业") }
        let tab = context.here["tab"].flatMap(Tab.init(rawValue:)) ?? .overview
        let gates = gates
        let content = try await gates.database.read { reader in
            try EnterpriseTab(gates: gates, site: site, takenAt: now.takenAt, principal: principal, context: context).render(tab, in: reader)
        }
        let base = PageAddress("/enterprises/\(id)")
        let tabs = Tabs(
            Tab.allCases.map { one in
                Tabs.Tab(
                    one.title, one == .overview ? base.text : base.with("tab", one.rawValue).text, isActive: one == tab,
                    count: one == .alarms && site.openAlarms > 0 ? site.openAlarms : nil)
            })
        let body: Markup = "\(GateAssets.links(context))\(head(site, now.takenAt))\(tabs)<div class=\"stack\">\(content)</div>"
        let edit: Markup = context.may(Enterprise.ledger.writePermission) ? "\(ActionButton("登记信息", .link("/ledgers/enterprise/\(id)"), icon: "edit"))" : .empty
        return Shell.page(
            facts.name, crumbs: [Crumb("监管工作台"), Crumb("一企一档", "/enterprises"), Crumb(facts.name)], active: "/enterprises", actions: edit, body: body, context: context)
    }

    private func head(_ site: GatePicture.Site, _ now: Moment) -> Markup {
        let facts = site.facts
        let state: Markup = facts.isConnected ? "\(Badge("已联网", .good, isDot: true))" : "\(Badge("停联或注销", .muted, isDot: true))"
        let strategy = gates.registry.snapshot.strategy(for: facts, level: site.level, at: now)
        let silent: Markup = site.silentSince.map { since -> Markup in "\(Badge("门岗离线 \(GateWords.span(since, now))", .orange))" } ?? .empty
        return """
            <section class="site-head panel"><div class="site-grade"><b>\(facts.grade)</b><small>绩效分级</small></div><div class="site-lines"><div>\(state)\(site.level.badge)\(silent)</div>\
            <dl><div><dt>联网企业编号</dt><dd class="num">\(facts.code)</dd></div><div><dt>县（区、市）</dt><dd>\(GateWords.county(facts.county))</dd></div><div><dt>行业</dt><dd>\(Industry.find(facts.industry)?.title ?? facts.industry)</dd></div>\
            <div><dt>执行策略</dt><dd>\(strategy.map { "\($0.name)（第 \($0.version) 版）" } ?? "无")</dd></div></dl><p class="muted">\(StrategyFace.why(strategy, facts, site.level))</p></div></section>
            """
    }

    // MARK: The list

    @Sendable
    func list(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let now = try await picture.now()
        let here = context.here
        let all = now.sites(principal.scope)
        let state = here["state"].flatMap(GatePicture.Site.State.init(rawValue:))
        var shown = all.filter { site in
            (here["q"].map { site.facts.name.contains($0) || site.facts.code.uppercased().contains($0.uppercased()) } ?? true)
                && (here["county"].map { site.facts.county == $0 } ?? true)
                && (here["grade"].map { site.facts.grade == $0 } ?? true)
        }
        let counts = Dictionary(grouping: shown, by: \.state).mapValues(\.count)
        if state == .offline { shown = shown.filter { $0.silentSince != nil } } else if let state { shown = shown.filter { $0.state == state } }
        sort(&shown, by: here["sort"])
        let size = min(max(here["size"].flatMap { Int($0) } ?? 50, 1), 200)
        let from = min(max(here["after"].flatMap { Int($0) } ?? 0, 0), shown.count)
        let body: Markup =
            "\(GateAssets.links(context))\(search(all, context))\(table(Array(shown.dropFirst(from).prefix(size)), counts, total: shown.count, from: from, size: size, context))"
        let actions: Markup = context.may(Enterprise.ledger.writePermission) ? "\(ActionButton("新增企业", .link("/ledgers/enterprise/new"), icon: "plus", style: .primary))" : .empty
        return Shell.page("一企一档", crumbs: [Crumb("监管工作台"), Crumb("一企一档")], active: "/enterprises", actions: actions, body: body, context: context)
    }

    private func sort(_ sites: inout [GatePicture.Site], by name: String?) {
        guard let name else { return }
        let key: (GatePicture.Site) -> Double = { site in
            switch name.hasPrefix("-") ? String(name.dropFirst()) : name {
            case "received": Double(site.today.received)
            case "refused": Double(site.today.refused)
            case "lifted": Double(site.today.refusedLifted)
            case "alarms": Double(site.openAlarms)
            case "rate": site.today.rate ?? 2
            default: 0
            }
        }
        sites.sort { name.hasPrefix("-") ? key($0) > key($1) : key($0) < key($1) }
    }

    private func search(_ sites: [GatePicture.Site], _ context: WebContext) -> Markup {
        let here = context.here
        let all = Choice("", "全部")
        let counties = Set(sites.map(\.facts.county)).sorted().map { Choice($0, GateWords.county($0)) }
        let grades = Set(sites.map(\.facts.grade)).sorted().map { Choice($0, $0) }
        let fields = [
            FormField("q", "企业", .text, value: here["q"], placeholder: "名称或编号"), FormField("county", "县（区、市）", .select([all] + counties), value: here["county"]),
            FormField("grade", "绩效分级", .select([all] + grades), value: here["grade"]),
        ]
        let kept = here["state"].map { [PageAddress.QueryItem("state", $0)] } ?? []
        return "\(SearchForm(action: "/enterprises", fields: fields, table: "sites", kept: kept))"
    }

    private func table(_ sites: [GatePicture.Site], _ counts: [GatePicture.Site.State: Int], total: Int, from: Int, size: Int, _ context: WebContext) -> DataTable {
        let here = context.here
        let start = here.restarting
        var tabs = [Tabs.Tab("全部", start.with("state", nil).text, isActive: here["state"] == nil, count: counts.values.reduce(0, +))]
        tabs += GatePicture.Site.State.allCases.map { Tabs.Tab($0.title, start.with("state", $0.rawValue).text, isActive: here["state"] == $0.rawValue, count: counts[$0] ?? 0) }
        let columns = [
            Column("name", "企业"), Column("code", "联网企业编号", isHidden: true), Column("county", "县（区、市）"), Column("industry", "行业", isHidden: true), Column("grade", "分级"),
            Column("state", "状态"),
            Column("level", "响应级别"), Column("received", "今日过车", align: .end, isSortable: true), Column("refused", "不予放行", align: .end, isSortable: true),
            Column("lifted", "违规放行", align: .end, isSortable: true),
            Column("alarms", "未处理报警", align: .end, isSortable: true), Column("rate", "传输率", align: .end, isSortable: true), Column("gates", "在线门岗", align: .end),
        ]
        let rows = sites.map { site -> TableRow in
            let facts = site.facts
            let cells: [Markup] = [
                "\(facts.name)", "\(facts.code)", "\(GateWords.county(facts.county))", "\(Industry.find(facts.industry)?.title ?? facts.industry)", "\(facts.grade)",
                "\(Badge(site.state.title, OneMapPage.tone(site.state), isDot: true))",
                "\(site.level.badge)", "\(Figure.grouped(site.today.received))", "\(Figure.grouped(site.today.refused))", "\(Figure.grouped(site.today.refusedLifted))",
                "\(site.openAlarms)", "\(Figure.percent(site.today.rate))",
                "\(site.onlineGates)/\(site.gates.count)",
            ]
            return TableRow(id: String(facts.ledgerId), cells, path: "/enterprises/\(facts.ledgerId)")
        }
        let pager = Pager(
            first: from > 0 ? start.text : nil, previous: from > 0 ? here.with("after", String(max(0, from - size))).text : nil,
            next: from + size < total ? here.with("after", String(from + size)).text : nil, total: total,
            size: size, sizes: [20, 50, 100])
        return DataTable(id: "sites", columns: columns, rows: rows, address: here, sort: here["sort"], toolbar: "\(Tabs(tabs))", pager: pager, empty: "没有符合条件的企业")
    }
}
