import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Maps
import Storage
import Web

/// B3.4.3.1 道路巡查 on a telephone or a desk: what is to be walked, begin and end with position and track, what was walked.
struct PatrolPages: Sendable {
    let platform: Platform

    private var desk: PatrolDesk { PatrolDesk(platform: platform) }

    func add(to routes: Routes) {
        let works = RoutePermission.named(RoadPermission.work), walks = RoutePermission.named(RoadPermission.walk)
        routes.get("/road-patrols", permission: works, use: list)
        routes.get("/road-patrols/{id}", permission: works, use: show)
        routes.post("/road-patrols/{id}/start", permission: walks, use: start)
        routes.post("/road-patrols/{id}/points", permission: walks, use: points)
        routes.post("/road-patrols/{id}/finish", permission: walks, use: finish)
    }

    // MARK: List

    struct Line: Sendable {
        var id: Int64
        var road: String
        var round: String
        var endsOn: Day?
        var chief: String
        var state: String
        var startedAt: Moment?
        var endedAt: Moment?
        var kilometres: Double?
        var walker: String
    }

    /// Patrols of a scope in a state, those of one's own roads first; at most `limit`.
    static func lines(_ principal: Principal, states: [String], mine: Bool, keyword: String?, limit: Int, offset: Int = 0, _ reader: any Reader) throws -> [Line] {
        let own: SQL = mine ? "(c.login = \(principal.login) OR p.walker_id = \(principal.id))" : "1 = 1"
        let found: SQL = keyword.map { .contains($0, in: "r.name", "r.segment", "t.name", "c.name") } ?? "1 = 1"
        return try reader.rows(
            """
            SELECT p.id, r.name, r.segment, t.name AS round_name, t.ends_on, c.name AS chief, p.state, p.started_at, p.ended_at, p.walked_length, p.walker FROM road_patrol p
            LEFT JOIN road r ON r.id = p.road LEFT JOIN patrol_round t ON t.id = p.round LEFT JOIN road_chief c ON c.id = p.chief
            WHERE p.deleted_at IS NULL AND p.state IN (\(list: states)) AND \(own) AND \(found) AND \(principal.scope.condition(org: "p.org", area: "p.area"))
            ORDER BY CASE WHEN p.state = 'running' THEN 0 ELSE 1 END, CASE WHEN c.login = \(principal.login) THEN 0 ELSE 1 END, p.ended_at DESC, t.ends_on, p.id LIMIT \(limit) OFFSET \(offset)
            """
        ).map { row in
            Line(
                id: row.int("id") ?? 0, road: (row.text("name") ?? "") + (row.text("segment").map { " \($0)" } ?? ""), round: row.text("round_name") ?? "",
                endsOn: row.int("ends_on").flatMap { Day(number: Int($0)) }, chief: row.text("chief") ?? "", state: row.text("state") ?? "", startedAt: row.moment("started_at"),
                endedAt: row.moment("ended_at"), kilometres: row.double("walked_length"), walker: row.text("walker") ?? "")
        }
    }

    static func tone(_ state: String) -> Tone {
        switch state {
        case "done": .good
        case "running": .blue
        case "missed": .red
        default: .orange
        }
    }

    private static let boxes: [(name: String, title: String, states: [String])] = [
        ("todo", "待巡查", ["pending", "running"]), ("done", "已巡查", ["done"]), ("missed", "漏巡", ["missed"]), ("all", "全部", ["pending", "running", "done", "missed"]),
    ]

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let here = context.here
        let box = Self.boxes.first { $0.name == here["box"] } ?? Self.boxes[0]
        let mine = here["whose"] == "mine"
        let page = min(max(0, here["page"].flatMap { Int($0) } ?? 0), 100_000), size = 20
        let found = try await platform.database.read { reader in
            try Self.lines(principal, states: box.states, mine: mine, keyword: here["q"], limit: size + 1, offset: page * size, reader)
        }
        let titles = platform.dictionaries
        let rows = found.prefix(size).map { line -> TableRow in
            let state: Markup = "\(Badge(titles.title(of: line.state, in: .roadPatrolState), Self.tone(line.state)))"
            let length: Markup = line.kilometres.map { "\(Figure.decimal($0, digits: 2)) 公里" } ?? ""
            let cells: [Markup] = ["\(line.road)", state, "\(line.round)", "\(line.endsOn?.text)", "\(line.chief)", "\(line.endedAt ?? line.startedAt)", length]
            return TableRow(id: String(line.id), cells, path: "/road-patrols/\(line.id)")
        }
        let columns = [
            Column("road", "道路", isWrapping: true), Column("state", "状态"), Column("round", "巡检任务", isWrapping: true), Column("endsOn", "截止"), Column("chief", "路长"),
            Column("at", "时间"),
            Column("length", "巡查长度", align: .end),
        ]
        let tabs = Tabs(Self.boxes.map { Tabs.Tab($0.title, here.with("box", $0.name).with("page", nil).text, isActive: $0.name == box.name) })
        let pager = Pager(
            first: page > 0 ? here.with("page", nil).text : nil, previous: page > 0 ? here.with("page", page == 1 ? nil : String(page - 1)).text : nil,
            next: found.count > size ? here.with("page", String(page + 1)).text : nil, size: size, sizes: [size])
        let filters = [
            FormField("q", "道路、任务或路长", .text, value: here["q"]), FormField("whose", "范围", .select([Choice("", "本单位"), Choice("mine", "只看我的")]), value: here["whose"]),
        ]
        let table = DataTable(
            id: "patrols", columns: columns, rows: rows, address: here, toolbar: "\(tabs)", pager: pager, empty: box.name == "todo" ? "没有待巡查的道路；责任单位在“巡检任务”中生成" : "没有巡查记录",
            hasTools: false)
        var actions: Markup = "\(ActionButton("巡查记录", .link("/ledgers/roadPatrol"), icon: "list"))"
        if context.may(PatrolRound.ledger.writePermission) { actions += "\(ActionButton("新增巡检任务", .dialog("/ledgers/patrolRound/new"), icon: "plus", style: .primary))" }
        let search = SearchForm(action: "/road-patrols", fields: filters, table: "patrols", kept: [.init("box", box.name)])
        return Shell.page(
            "道路巡查", crumbs: [Crumb(RoadChiefs.group), Crumb("路长工作台", "/road-work"), Crumb("道路巡查")], active: "/road-work", actions: actions, body: "\(search)\(table)",
            context: context)
    }

    // MARK: One

    private struct Facts: Sendable {
        var patrol: Record
        var road: RoadMapPage.Line?
        var round: String
        var content: String
        var points: [PatrolTrack.Point]
    }

    private func facts(_ id: Int64, by principal: Principal, _ reader: any Reader) throws -> Facts {
        guard let patrol = try platform.ledgers.find(RoadPatrol.ledger.name, id: id, by: principal, in: reader) else { throw Failure.notFound("该巡查") }
        let road = try RoadMapPage.roads(scope: principal.scope, unit: patrol.org, reader).first { $0.id == patrol.values["road"]?.int }
        let round = try patrol.values["round"]?.int.flatMap { try reader.first("SELECT name, content FROM patrol_round WHERE id = \($0)") }
        return Facts(
            patrol: patrol, road: road, round: round?.text("name") ?? "", content: round?.text("content") ?? "", points: try PatrolTrack.points(of: id, reader))
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id(), try context.signedIn())
        let facts = try await platform.database.read { reader in try self.facts(id, by: principal, reader) }
        let record = facts.patrol
        let state = record.values["state"]?.text ?? "pending"
        let isMine = record.values["walkerId"]?.int == principal.id
        let mayWalk = context.may(RoadPermission.walk) && (state == "pending" || (state == "running" && isMine))
        let kilometres = record.values["walkedLength"]?.double ?? PatrolTrack.kilometres(facts.points)
        let name = facts.road?.name ?? "道路"
        let items: [DescriptionList.Item] = [
            .init("状态", "\(Badge(platform.dictionaries.title(of: state, in: .roadPatrolState), Self.tone(state)))"), .init("巡检任务", "\(facts.round)"),
            .init("责任单位", "\(facts.road?.unit)"), .init("路长", "\(facts.road?.chief)"), .init("应巡长度", "\(facts.road?.kilometres.map { "\(Figure.decimal($0, digits: 2)) 公里" })"),
            .init("巡查人员", "\(record.values["walker"]?.text)"), .init("开始", "\(RoadRecords.moment(record.values["startedAt"]))"),
            .init("结束", "\(RoadRecords.moment(record.values["endedAt"]))"),
            .init("巡查长度", "\(facts.points.isEmpty && state != "done" ? "" : "\(Figure.decimal(kilometres, digits: 2)) 公里（轨迹 \(facts.points.count) 点）")"),
            .init("巡检内容", "\(facts.content)", isWide: true), .init("巡查情况", "\(record.values["content"]?.text)", isWide: true),
        ]
        let body: Markup = """
            <link rel="stylesheet" href="\(context.site.assets.path("road.css"))">\(mayWalk ? walk(id, state, kilometres, facts, context) : .empty)\
            \(Card(isFlush: true, body: "\(map(facts, context))"))\(Card("巡查", body: "\(DescriptionList(items))"))
            """
        var actions: Markup = .empty
        if context.may(RoadProblem.ledger.writePermission), let road = facts.road {
            actions = "\(ActionButton("上报问题", .link("/ledgers/roadProblem/new?road=\(road.id)"), icon: "flag"))"
        }
        return Shell.page(
            name, crumbs: [Crumb(RoadChiefs.group), Crumb("道路巡查", "/road-patrols"), Crumb(name)], active: "/road-work", actions: actions, body: body, context: context)
    }

    /// The panel of whoever walks: one large button, time and length while it runs.
    private func walk(_ id: Int64, _ state: String, _ kilometres: Double, _ facts: Facts, _ context: WebContext) -> Markup {
        let isRunning = state == "running"
        let started = RoadRecords.moment(facts.patrol.values["startedAt"])
        let content: Markup =
            isRunning
            ? "<label class=\"road-walk-note\">巡查情况<textarea class=\"form-control\" name=\"content\" rows=\"2\" maxlength=\"1000\" placeholder=\"如 路面完好，未发现占道经营\"></textarea></label>"
            : .empty
        let figures: Markup =
            isRunning
            ? "<div class=\"road-walk-figures\"><p><b data-walk-time>0:00</b><small>用时</small></p><p><b data-walk-length>\(Figure.decimal(kilometres, digits: 2))</b><small>公里</small></p><p><b data-walk-points>\(facts.points.count)</b><small>轨迹点</small></p></div>"
            : .empty
        let button: Markup =
            isRunning
            ? "<button type=\"submit\" class=\"btn btn-danger road-walk-button\">\(Icon("check"))结束巡查</button>"
            : "<button type=\"submit\" class=\"btn btn-primary road-walk-button\">\(Icon("play"))开始巡查</button>"
        let form: Markup = """
            <form method="post" action="/road-patrols/\(id)/\(isRunning ? "finish" : "start")" data-walk-form><input type="hidden" name="_csrf" value="\(context.csrf)">\
            <input type="hidden" name="place" data-walk-place>\(content)\(button)</form>
            """
        return """
            <section class="panel road-walk" data-road-walk="\(state)" data-points="/road-patrols/\(id)/points"\(Markup.attribute("data-since", started?.rfc3339))><div class="panel-body">\
            \(figures)\(form)<p class="road-walk-state" data-walk-state role="status">\(isRunning ? "正在记录轨迹，请保持本页打开。" : "开始后自动记录时间、位置与轨迹，请允许浏览器使用位置。")</p></div></section>
            """
    }

    private func map(_ facts: Facts, _ context: WebContext) -> MapView {
        let road = facts.road?.feature(.muted, popup: .empty)
        var track: [MapFeature] = []
        if facts.points.count > 1 { track.append(MapFeature("track", .line(facts.points.map(\.place)), title: "巡查轨迹", tone: .blue)) }
        if let first = facts.points.first { track.append(MapFeature("from", .point(first.place), title: "开始 \(first.at.text.suffix(8))", tone: .good)) }
        if let last = facts.points.last, facts.points.count > 1 { track.append(MapFeature("to", .point(last.place), title: "最近 \(last.at.text.suffix(8))", tone: .orange)) }
        return MapView(id: "patrol-map", "巡查轨迹", layers: [MapLayer("道路", road.map { [$0] } ?? []), MapLayer("巡查轨迹", track)], height: .medium, context: context)
    }

    // MARK: Acts

    @Sendable func start(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id(), try context.signedIn())
        let place = try await request.form(context)["place"].flatMap(Coordinate.init(parsing:))
        try await platform.database.write { [desk] tx in _ = try desk.start(id, at: place, by: principal, in: tx) }
        return Shell.done("已开始巡查", to: "/road-patrols/\(id)", context: context)
    }

    @Sendable func finish(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id(), try context.signedIn())
        let form = try await request.form(context)
        let place = form["place"].flatMap(Coordinate.init(parsing:)), content = form["content"]
        let record = try await platform.database.write { [desk] tx in try desk.finish(id, at: place, content: content, by: principal, in: tx) }
        let kilometres = Figure.decimal(record.values["walkedLength"]?.double ?? 0, digits: 2)
        return Shell.done("巡查已结束，长度 \(kilometres) 公里", to: "/road-patrols/\(id)", context: context)
    }

    /// `[{"at": "2026-11-21T08:00:00Z", "lng": 114.5, "lat": 38.0, "accuracy": 8}]`, at most 500.
    @Sendable func points(request: Request, context: WebContext) async throws -> Response {
        let (id, principal) = (try context.id(), try context.signedIn())
        let members = try await request.json(context).array ?? []
        guard members.count <= PatrolDesk.mostPoints else {
            throw Failure.invalid([FieldFinding("points", "range", "一次至多 \(PatrolDesk.mostPoints) 个点", title: "轨迹")])
        }
        let points = members.compactMap { member -> PatrolTrack.Point? in
            guard let at = member["at"]?.string.flatMap(Moment.init(parsing:)), let longitude = member["lng"]?.double, let latitude = member["lat"]?.double, abs(longitude) <= 180,
                abs(latitude) <= 90
            else { return nil }
            return PatrolTrack.Point(at: at, place: Coordinate(longitude, latitude), accuracy: member["accuracy"]?.double)
        }
        let kilometres = try await platform.database.write { [desk] tx in try desk.add(points, to: id, by: principal, in: tx) }
        return .json(["kept": .int(Int64(points.count)), "kilometres": .double((kilometres * 100).rounded() / 100)])
    }
}
