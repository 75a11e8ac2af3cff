import Features
import Hummingbird
import Identity
import Kernel
import Ledgers
import Maps
import Storage
import Web

/// B3.1.5 路网地图: every road with its unit, its chief, how it was patrolled this month and the problems on it.
struct RoadMapPage: Sendable {
    let platform: Platform

    func add(to routes: Routes) { routes.get("/road-map", permission: .named(RoadPermission.map), use: show) }

    /// How a road stands in the current month, the worst first.
    enum State: String, CaseIterable {
        case missed, running, pending, done, idle

        var title: String {
            switch self {
            case .missed: "漏巡"
            case .running: "巡查中"
            case .pending: "待巡查"
            case .done: "已巡查"
            case .idle: "本月无任务"
            }
        }

        var tone: Tone {
            switch self {
            case .missed: .red
            case .running: .blue
            case .pending: .orange
            case .done: .good
            case .idle: .muted
            }
        }
    }

    struct Line: Sendable {
        var id: Int64
        var code: String
        var name: String
        var unit: String
        var chief: String
        var line: RoadLine?
        var kilometres: Double?

        func feature(_ tone: Tone, popup: Markup) -> MapFeature? {
            line.map { MapFeature("road-\(id)", .line($0.points), title: name, tone: tone, popup: popup, path: "/ledgers/road/\(id)") }
        }
    }

    /// At most 2,000 roads of a scope, of one unit where it is named.
    static func roads(scope: DataScope, unit: Int64?, _ reader: any Reader) throws -> [Line] {
        let only: SQL = unit.map { "r.org = \($0)" } ?? "1 = 1"
        return try reader.rows(
            """
            SELECT r.id, r.code, r.name, r.segment, r.patrol_length, r.line, o.name AS unit, c.name AS chief FROM road r LEFT JOIN organisations o ON o.id = r.org
            LEFT JOIN road_chief c ON c.id = r.chief WHERE r.deleted_at IS NULL AND \(only) AND \(scope.condition(org: "r.org", area: "r.area")) ORDER BY r.code, r.id LIMIT 2000
            """
        ).map { row in
            let name = (row.text("name") ?? "") + (row.text("segment").map { " \($0)" } ?? "")
            return Line(
                id: row.int("id") ?? 0, code: row.text("code") ?? "", name: name, unit: row.text("unit") ?? "", chief: row.text("chief") ?? "",
                line: row.text("line").flatMap { try? RoadLine(geoJSON: $0) }, kilometres: row.double("patrol_length"))
        }
    }

    struct Patrolled: Sendable {
        var states: [Int64: State] = [:]
        var last: [Int64: Moment] = [:]
        var done: [Int64: Int] = [:]
    }

    /// What the month's patrols say of each road: missed when one was, else as the latest stands.
    static func patrolled(_ month: RoadMonth, scope: DataScope, today: Day, _ reader: any Reader) throws -> Patrolled {
        var found = Patrolled()
        let rows = try reader.rows(
            """
            SELECT p.road, p.state, p.ended_at, t.ends_on FROM road_patrol p JOIN patrol_round t ON t.id = p.round
            WHERE p.month = \(month.number) AND p.deleted_at IS NULL AND \(scope.condition(org: "p.org", area: "p.area")) ORDER BY p.id LIMIT 50000
            """)
        for row in rows {
            guard let road = row.int("road") else { continue }
            let isOver = row.int("ends_on").map { Int($0) < today.number } ?? false
            let state: State =
                switch row.text("state") {
                case "done": .done
                case "running": .running
                case "missed": .missed
                default: isOver ? .missed : .pending
                }
            if state == .done {
                found.done[road, default: 0] += 1
                if let at = row.moment("ended_at") { found.last[road] = max(found.last[road] ?? at, at) }
            }
            if found.states[road] != .missed || state == .running { found.states[road] = state }
        }
        return found
    }

    private struct Problem: Sendable {
        var id: Int64
        var name: String
        var road: Int64
        var place: Coordinate?
    }

    private struct Facts: Sendable {
        var roads: [Line]
        var patrolled: Patrolled
        var problems: [Problem]
        var units: [Choice]
    }

    private func facts(_ scope: DataScope, unit: Int64?, _ reader: any Reader) throws -> Facts {
        let today = platform.clock.today
        let only: SQL = unit.map { "org = \($0)" } ?? "1 = 1"
        let problems = try reader.rows(
            "SELECT id, name, road, location_lng, location_lat FROM road_problem WHERE state = 'open' AND deleted_at IS NULL AND \(only) AND \(scope.condition()) ORDER BY id DESC LIMIT 1000"
        ).map { row -> Problem in
            let place = row.double("location_lng").flatMap { longitude in row.double("location_lat").map { Coordinate(longitude, $0) } }
            return Problem(id: row.int("id") ?? 0, name: row.text("name") ?? "", road: row.int("road") ?? 0, place: place)
        }
        return Facts(
            roads: try Self.roads(scope: scope, unit: unit, reader), patrolled: try Self.patrolled(RoadMonth(of: today), scope: scope, today: today, reader), problems: problems,
            units: try Self.units(scope, reader))
    }

    static func units(_ scope: DataScope, _ reader: any Reader) throws -> [Choice] {
        try reader.rows("SELECT org, name FROM responsible_unit WHERE deleted_at IS NULL AND org IS NOT NULL AND \(scope.condition()) ORDER BY code LIMIT 500").map {
            Choice(String($0.int("org") ?? 0), $0.text("name") ?? "")
        }
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let scope = try context.signedIn().scope
        let here = context.here
        let unit = here["unit"].flatMap { Int64($0) }
        let facts = try await platform.database.read { reader in try self.facts(scope, unit: unit, reader) }
        let asked = here["state"].flatMap(State.init(rawValue:)), keyword = here["q"]
        let counts = Dictionary(grouping: facts.problems, by: \.road).mapValues(\.count)
        let shown = facts.roads.filter { road in
            (asked == nil || (facts.patrolled.states[road.id] ?? .idle) == asked)
                && (keyword.map { road.name.contains($0) || road.chief.contains($0) || road.code == $0 } ?? true)
        }
        let layers = State.allCases.map { state in
            MapLayer(state.title, shown.filter { (facts.patrolled.states[$0.id] ?? .idle) == state }.compactMap { feature($0, state, facts, counts) })
        }
        let places = facts.problems.compactMap { problem -> MapFeature? in
            problem.place.map {
                MapFeature("problem-\(problem.id)", .point($0), title: problem.name, tone: .red, popup: "<p>未处理问题</p>", path: "/ledgers/roadProblem/\(problem.id)")
            }
        }
        let view = MapView(id: "roads", "路网", layers: layers.filter { !$0.features.isEmpty } + [MapLayer("未处理问题", places)], height: .large, context: context)
        let filters = [
            FormField("q", "道路或路长", .text, value: keyword), FormField("unit", "责任单位", .select([Choice("", "全部")] + facts.units), value: here["unit"]),
            FormField("state", "巡查情况", .select([Choice("", "全部")] + State.allCases.map { Choice($0.rawValue, $0.title) }), value: here["state"]),
        ]
        let body: Markup = """
            \(SearchForm(action: "/road-map", fields: filters, table: "roads-shown"))<div id="roads-shown" class="grid-map">\
            \(Card("道路（\(shown.count)）", isFlush: true, body: list(shown, facts, counts)))\(Card(isFlush: true, body: "\(view)"))</div>
            """
        var actions: Markup = "\(ActionButton("道路台账", .link("/ledgers/road"), icon: "list"))"
        if context.may(RoadProblem.ledger.readPermission) { actions += "\(ActionButton("道路问题", .link("/ledgers/roadProblem"), icon: "flag"))" }
        return Shell.page("路网地图", crumbs: [Crumb(RoadChiefs.group), Crumb("路网地图")], active: "/road-map", actions: actions, body: body, context: context)
    }

    private func feature(_ road: Line, _ state: State, _ facts: Facts, _ counts: [Int64: Int]) -> MapFeature? {
        let last = facts.patrolled.last[road.id].map { String($0.text.prefix(16)) } ?? "—"
        let popup: Markup = """
            <p>\(road.unit)<br>路长：\(road.chief.isEmpty ? "未指定" : road.chief)<br>本月：\(state.title)，已巡 \(facts.patrolled.done[road.id] ?? 0) 次<br>最近巡查：\(last)<br>\
            未处理问题：\(counts[road.id] ?? 0) 个</p>
            """
        return road.feature(state.tone, popup: popup)
    }

    private func list(_ roads: [Line], _ facts: Facts, _ counts: [Int64: Int]) -> Markup {
        guard !roads.isEmpty else { return "\(EmptyState("没有符合条件的道路", hint: "在“道路”台账中登记，再绘制走向", icon: "road"))" }
        let lines = roads.prefix(500).map { road -> Markup in
            let state = facts.patrolled.states[road.id] ?? .idle
            let problems: Markup = (counts[road.id] ?? 0) > 0 ? " \(Badge("问题 \(counts[road.id] ?? 0)", .red))" : .empty
            let undrawn: Markup = road.line == nil ? " · 未绘制" : .empty
            return """
                <li class="grid-line"><a href="/ledgers/road/\(road.id)"><b>\(road.name)</b> \(Badge(state.title, state.tone))\(problems)<small>\(road.unit) · \(road.chief.isEmpty ? "未指定路长" : road.chief)\(undrawn)</small></a></li>
                """
        }
        return "<ul class=\"grid-lines\">\(Array(lines))</ul>"
    }
}
