import Features
import Hummingbird
import Identity
import Kernel
import Maps
import Web

/// 一张图: every enterprise where it stands, coloured by what is worst about it; counties coloured by the warning that runs there.
struct OneMapPage: Sendable {
    static let topic = "gateMap"
    let gates: GateSupervision
    let picture: GatePicture

    func add(to routes: Routes) {
        routes.get("/map", permission: .named(GatePermission.map), use: show)
        routes.get("/map/states", permission: .named(GatePermission.map), use: states)
    }

    /// How each enterprise in the reader's scope stands, for points that are on the map already.
    @Sendable
    func states(request: Request, context: WebContext) async throws -> Response {
        let sites = try await picture.now().sites(try context.signedIn().scope)
        return .json(.array(sites.map { ["id": .string("site-\($0.facts.org)"), "tone": .string(OneMapPage.tone($0.state).rawValue), "title": .string($0.facts.name)] }))
    }

    @Sendable
    func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let now = try await picture.now()
        let here = context.here
        let sites = now.sites(principal.scope)
        let shown = sites.filter { site in
            (here["county"].map { site.facts.county == $0 } ?? true) && (here["industry"].map { site.facts.industry == $0 } ?? true)
                && (here["state"].map { site.state.rawValue == $0 } ?? true) && (here["q"].map { matches(site, $0) } ?? true)
        }
        let map = MapView(id: "gate-map", "企业分布", layers: layers(shown, now.takenAt), height: .full, topic: OneMapPage.topic, context: context)
        let counts = Dictionary(grouping: sites, by: \.state).mapValues(\.count)
        let body: Markup = """
            \(GateAssets.links(context))\(search(sites, context))
            <div id="one-map" class="one-map"><aside class="panel one-map-side"><header class="panel-head"><h2>企业（\(shown.count)）</h2></header>\(legend(counts, context))<ul class="site-list">\(shown.prefix(300).map(line))</ul>\
            \(Markup.when(shown.isEmpty, "\(EmptyState("没有符合条件的企业", icon: "factory"))"))</aside>\
            \(Card(isFlush: true, body: "\(map)"))</div><p class="muted map-note">县界为示意图形，不代表行政区划界线。</p>
            """
        return Shell.page("一张图", crumbs: [Crumb("监管工作台"), Crumb("一张图")], active: "/map", body: body, context: context)
    }

    private func matches(_ site: GatePicture.Site, _ text: String) -> Bool { site.facts.name.contains(text) || site.facts.code.uppercased().contains(text.uppercased()) }

    private func search(_ sites: [GatePicture.Site], _ context: WebContext) -> Markup {
        let here = context.here
        let all = Choice("", "全部")
        let counties = Set(sites.map(\.facts.county)).sorted().map { Choice($0, GateWords.county($0)) }
        let industries = Set(sites.map(\.facts.industry)).sorted().map { Choice($0, Industry.find($0)?.title ?? $0) }
        let fields = [
            FormField("q", "企业", .text, value: here["q"], placeholder: "名称或编号"), FormField("county", "县（区、市）", .select([all] + counties), value: here["county"]),
            FormField("industry", "行业", .select([all] + industries), value: here["industry"]),
        ]
        return "\(SearchForm(action: "/map", fields: fields, table: "one-map", kept: here["state"].map { [PageAddress.QueryItem("state", $0)] } ?? []))"
    }

    private func legend(_ counts: [GatePicture.Site.State: Int], _ context: WebContext) -> Markup {
        let items = GatePicture.Site.State.allCases.map { state -> Markup in
            "<a href=\"\(context.here.with("state", context.here["state"] == state.rawValue ? nil : state.rawValue).text)\" class=\"dot tone-\(OneMapPage.tone(state).rawValue)\"\(Markup.flag("aria-current=\"true\"", context.here["state"] == state.rawValue))>\(state.title) \(counts[state] ?? 0)</a>"
        }
        return "<div class=\"map-legend\">\(items)</div>"
    }

    static func tone(_ state: GatePicture.Site.State) -> Tone {
        switch state {
        case .alarm: .red
        case .offline: .orange
        case .warning: .yellow
        case .normal: .good
        case .unconnected: .muted
        }
    }

    private func line(_ site: GatePicture.Site) -> Markup {
        """
        <li><a href="/enterprises/\(site.facts.ledgerId)"><span class="dot tone-\(OneMapPage.tone(site.state).rawValue)">\(site.facts.name)</span>\
        <small>\(GateWords.county(site.facts.county)) · 今日 \(Figure.grouped(site.today.received)) 辆次\(Markup.when(site.openAlarms > 0, " · 报警 \(site.openAlarms)"))</small></a></li>
        """
    }

    private func layers(_ sites: [GatePicture.Site], _ now: Moment) -> [MapLayer] {
        let snapshot = gates.registry.snapshot
        let counties = CountyShapes.all.compactMap { shape -> MapFeature? in
            let level = snapshot.level(county: shape.code, at: now)
            guard level != .none else { return nil }
            let title = "\(GateWords.county(shape.code))：\(level.title)预警"
            return MapFeature("county-\(shape.code)", .area(Area(shape.outline)), title: title, tone: level.tone, popup: "<p>\(level.response)应急响应进行中</p>")
        }
        var layers = counties.isEmpty ? [] : [MapLayer("预警县（区、市）", counties)]
        for state in GatePicture.Site.State.allCases.reversed() {
            let points = sites.filter { $0.state == state }.compactMap { point($0, now) }
            if !points.isEmpty { layers.append(MapLayer(state.title, points)) }
        }
        return layers
    }

    private func point(_ site: GatePicture.Site, _ now: Moment) -> MapFeature? {
        guard let place = site.place else { return nil }
        return MapFeature(
            "site-\(site.facts.org)", .point(place), title: site.facts.name, tone: OneMapPage.tone(site.state), popup: popup(site, now), path: "/enterprises/\(site.facts.ledgerId)"
        )
    }

    private func popup(_ site: GatePicture.Site, _ now: Moment) -> Markup {
        let silent: Markup = site.silentSince.map { since -> Markup in "<p class=\"tone-orange tone-text\">离线 \(GateWords.span(since, now))</p>" } ?? .empty
        let level: Markup = site.level == .none ? .empty : "<p class=\"tone-\(site.level.tone.rawValue) tone-text\">\(site.level.title)预警响应中</p>"
        return """
            <p class="muted">\(GateWords.county(site.facts.county)) · \(Industry.find(site.facts.industry)?.title ?? site.facts.industry) · \(site.facts.grade) 级</p>\(level)\(silent)\
            <table class="popup-figures"><tr><th>今日过车</th><td>\(Figure.grouped(site.today.received))</td><th>不予放行</th><td>\(Figure.grouped(site.today.refused))</td></tr>\
            <tr><th>违规放行</th><td>\(Figure.grouped(site.today.refusedLifted))</td><th>未处理报警</th><td>\(site.openAlarms)</td></tr>\
            <tr><th>传输率</th><td>\(Figure.percent(site.today.rate))</td><th>在线门岗</th><td>\(site.onlineGates)/\(site.gates.count)</td></tr></table>
            """
    }
}
