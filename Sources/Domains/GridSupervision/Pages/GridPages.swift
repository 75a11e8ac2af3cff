import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Maps
import Storage
import Web

/// 网格地图 (B1.3.1, B2.2.1): all grids a reader sees with what stands in them; one grid with its officers, its subjects and its history.
struct GridPages: Sendable {
    let platform: Platform

    static let menu: [MenuItem] = [
        MenuItem(GridSupervision.group, groupEN: "Grids", "网格地图", "Map of grids", icon: "map", path: "/grids", permission: Grid.ledger.readPermission, order: 2955)
    ]

    private var grids: GridBook { platform.identity.grids }
    private var assignment: GridAssignment { GridAssignment(grids: grids) }

    func add(to routes: Routes) {
        let reads = RoutePermission.named(Grid.ledger.readPermission), draws = RoutePermission.named(GridPermission.draw)
        routes.get("/grids", permission: reads, use: map)
        routes.get("/grids/organisations", permission: draws, use: choices)
        routes.get("/grids/{id}", permission: reads) { _, context in try await show(context, []) }
        routes.post("/grids/{id}/subjects", permission: draws, use: include)
        routes.get("/grids/{id}/subjects/{org}/keep-out", permission: draws) { _, context in try await keepOutForm(context, []) }
        routes.post("/grids/{id}/subjects/{org}/keep-out", permission: draws, use: keepOut)
        routes.post("/grids/{id}/subjects/{org}/automatic", permission: draws, use: automatic)
    }

    // MARK: All

    @Sendable func map(request: Request, context: WebContext) async throws -> Response {
        let scope = try context.signedIn().scope
        let keyword = context.here["q"]
        let (shapes, sites, counts) = try await platform.database.read { [grids] reader in
            // Each grid before those below it.
            let shapes = try grids.shapes(scope: scope, reader).sorted { $0.unit.path < $1.unit.path }
            return (shapes, try Self.sites(scope, reader), try Self.counts(shapes, reader))
        }
        let shown = shapes.filter { shape in keyword.map { shape.unit.name.contains($0) || shape.unit.code == $0 } ?? true }
        let lines = shown.prefix(500).map { shape -> Markup in
            let count = counts[shape.unit.id] ?? (0, 0)
            let level = shape.unit.depth == 1 ? "grid-line" : "grid-line grid-line-below"
            return """
                <li class="\(level)"><a href="/grids/\(shape.unit.id)"><b>\(shape.unit.name)</b><small>\(count.officers) 人 · \(count.subjects) 家 · \(GridBook.area(shape.hectares))</small></a></li>
                """
        }
        let view = MapView(id: "grids", "网格分布", layers: layers(shown, sites), height: .large, context: context)
        let search = SearchForm(action: "/grids", fields: [FormField("q", "网格", .text, value: keyword, placeholder: "名称或编号")], table: "grids-shown")
        let empty = EmptyState(shapes.isEmpty ? "还没有划定范围的网格：先在“组织树—网格”建立网格，再打开网格划定范围" : "没有符合条件的网格", icon: "map")
        let list: Markup = lines.isEmpty ? "\(empty)" : "<ul class=\"grid-lines\">\(Array(lines))</ul>"
        var actions: Markup = "\(ActionButton("网格台账", .link("/ledgers/grid"), icon: "list"))"
        if context.may("organisation.write") { actions += "\(ActionButton("建立网格", .link("/admin/units?tree=grid"), icon: "plus", style: .primary))" }
        let body: Markup = """
            \(search)<div id="grids-shown" class="grid-map">\(Card("网格（\(shown.count)）", isFlush: true, body: list))\(Card(isFlush: true, body: "\(view)"))</div>
            """
        return Shell.page("网格地图", crumbs: [Crumb(GridSupervision.group), Crumb("网格地图")], active: "/grids", actions: actions, body: body, context: context)
    }

    /// Organisations with a place that a reader sees, at most 3,000.
    static func sites(_ scope: DataScope, _ reader: any Reader) throws -> [(org: Int64, name: String, place: Coordinate)] {
        try reader.rows(
            """
            SELECT o.id, o.name, p.longitude, p.latitude FROM organisation_places p JOIN organisations o ON o.id = p.org
            WHERE o.state = 'active' AND \(scope.condition(org: "o.id", area: "o.area")) ORDER BY o.id LIMIT 3000
            """
        ).map { ($0.int("id") ?? 0, $0.text("name") ?? "", Coordinate($0.double("longitude") ?? 0, $0.double("latitude") ?? 0)) }
    }

    /// Officers in office and organisations of each grid, those of the grids below it included.
    private static func counts(_ shapes: [GridShape], _ reader: any Reader) throws -> [Int64: (officers: Int, subjects: Int)] {
        let paths = shapes.reduce(into: [Int64: String]()) { $0[$1.unit.id] = $1.unit.path }
        let ids = paths.keys.sorted()
        var counts: [Int64: (officers: Int, subjects: Int)] = [:]
        func each(_ row: Row, _ add: (inout (officers: Int, subjects: Int), Int) -> Void) {
            let above = paths[row[0].int ?? 0]?.split(separator: "/").compactMap { Int64($0) } ?? []
            for grid in above { add(&counts[grid, default: (0, 0)], Int(row[1].int ?? 0)) }
        }
        for row in try reader.rows("SELECT grid, count(*) FROM grid_officer WHERE grid IN (\(list: ids)) AND in_office = 1 AND deleted_at IS NULL GROUP BY grid") {
            each(row) { $0.officers += $1 }
        }
        for row in try reader.rows("SELECT unit_id, count(*) FROM unit_subjects WHERE unit_id IN (\(list: ids)) AND way <> \(GridSubject.Way.keptOut.rawValue) GROUP BY unit_id") {
            each(row) { $0.subjects += $1 }
        }
        return counts
    }

    static func feature(_ shape: GridShape, tone: Tone) -> MapFeature? {
        guard let area = try? Area(geoJSON: shape.outline) else { return nil }
        let popup: Markup = "<p>\(shape.unit.code) · \(GridBook.area(shape.hectares))</p>"
        return MapFeature("grid-\(shape.unit.id)", .area(area), title: shape.unit.name, tone: tone, popup: popup, path: "/grids/\(shape.unit.id)")
    }

    static func points(_ sites: [(org: Int64, name: String, place: Coordinate)]) -> [MapFeature] {
        sites.map { MapFeature("site-\($0.org)", .point($0.place), title: $0.name, tone: .good) }
    }

    private func layers(_ shapes: [GridShape], _ sites: [(org: Int64, name: String, place: Coordinate)]) -> [MapLayer] {
        [
            MapLayer("大网格", shapes.filter { $0.unit.depth == 1 }.compactMap { Self.feature($0, tone: .info) }),
            MapLayer("二级及以下网格", shapes.filter { $0.unit.depth > 1 }.compactMap { Self.feature($0, tone: .orange) }), MapLayer("监管主体", Self.points(sites)),
        ]
    }

    // MARK: One

    private func grid(_ context: WebContext) async throws -> Unit {
        let (id, scope) = (try context.id(), try context.signedIn().scope)
        guard let unit = try await platform.database.read({ [grids] reader in try grids.grid(id, scope: scope, reader) }) else { throw Failure.notFound("该网格") }
        return unit
    }

    private struct Facts: Sendable {
        var shape: GridShape?
        var below: [GridShape]
        var lineage: [Unit]
        var members: [UnitMember]
        var subjects: [GridSubject]
        var history: [UnitChange]
        var places: [OrganisationPlace]
    }

    private func facts(_ unit: Unit, _ reader: any Reader) throws -> Facts {
        let units = platform.identity.units
        let subjects = try grids.subjects(of: unit.id, reader)
        return Facts(
            shape: try grids.shape(of: unit.id, reader), below: try grids.shapes(under: unit.id, reader), lineage: try units.lineage(of: unit, reader),
            members: try units.members(of: unit, reader), subjects: subjects, history: try units.history(of: unit.id, reader),
            places: try grids.places(of: subjects.map(\.org), reader))
    }

    private func show(_ context: WebContext, _ findings: [FieldFinding]) async throws -> Response {
        let unit = try await grid(context)
        let facts = try await platform.database.read { reader in try self.facts(unit, reader) }
        let mayDraw = context.may(GridPermission.draw) && unit.state == .active
        let path = "/grids/\(unit.id)"
        var actions: Markup = .empty
        if mayDraw {
            actions += "\(ActionButton(facts.shape == nil ? "划定范围" : "修改范围", .link("\(path)/outline"), icon: "edit", style: .primary))"
            if facts.shape != nil {
                actions += "\(ActionButton("取消范围", .post("\(path)/outline/erase", confirm: "“\(unit.name)”的范围将取消，自动归属的主体转到上级网格。确定？"), icon: "trash", style: .quiet))"
            }
        }
        if context.may("organisation.read") { actions += "\(ActionButton("组织树", .link("/admin/units/\(unit.id)"), icon: "building"))" }
        let items: [DescriptionList.Item] = [
            .init("编号", "<span class=\"mono\">\(unit.code)</span>"), .init("级别", unit.depth == 1 ? "大网格" : unit.depth == 2 ? "二级网格" : "\(unit.depth) 级网格"),
            .init("面积", "\(facts.shape.map { GridBook.area($0.hectares) } ?? "未划定")"),
            .init("范围更新", "\(facts.shape.map { "\($0.updatedAt.text.prefix(16)) \($0.updatedByName)" })"),
        ]
        let body: Markup = """
            \(Card(body: "\(DescriptionList(items))"))\(Card(isFlush: true, body: "\(view(unit, facts, context))"))\(Card("网格人员", isFlush: true, body: officers(facts, context)))\
            \(Card("归属的监管主体", isFlush: true, body: subjects(unit, facts, mayDraw, context)))\(mayDraw ? inclusion(path, findings, context) : .empty)\
            \(Card("变更历史", isFlush: true, body: history(facts, context)))
            """
        let crumbs = [Crumb(GridSupervision.group), Crumb("网格地图", "/grids")] + facts.lineage.map { Crumb($0.name, "/grids/\($0.id)") }
        return Shell.page(unit.name, crumbs: crumbs, active: "/grids", actions: actions, status: findings.isEmpty ? .ok : .unprocessableContent, body: body, context: context)
    }

    private func view(_ unit: Unit, _ facts: Facts, _ context: WebContext) -> MapView {
        let names = Dictionary(facts.subjects.map { ($0.org, $0.name) }) { first, _ in first }
        let kept = Set(facts.subjects.filter { $0.way == .keptOut }.map(\.org))
        let sites = facts.places.filter { !kept.contains($0.org) }.map { (org: $0.org, name: names[$0.org] ?? "", place: Coordinate($0.longitude, $0.latitude)) }
        let layers = [
            MapLayer("本网格", facts.shape.flatMap { Self.feature($0, tone: .info) }.map { [$0] } ?? []),
            MapLayer("下级网格", facts.below.compactMap { Self.feature($0, tone: .orange) }), MapLayer("监管主体", Self.points(sites)),
        ]
        return MapView(id: "grid", unit.name, layers: layers, height: .medium, context: context)
    }

    private func officers(_ facts: Facts, _ context: WebContext) -> Markup {
        let rows = facts.members.map { TableRow(id: String($0.user), ["\($0.userName)", "\($0.post)", "\($0.organisationName)"]) }
        return
            "\(DataTable(id: "officers", columns: [Column("name", "姓名"), Column("post", "职责"), Column("organisation", "单位", isWrapping: true)], rows: rows, address: context.here, empty: "还没有人员：在“网格人员”中登记，并开通账号", hasTools: false))"
    }

    private func subjects(_ unit: Unit, _ facts: Facts, _ mayDraw: Bool, _ context: WebContext) -> Markup {
        let rows = facts.subjects.map { one -> TableRow in
            let path = "/grids/\(unit.id)/subjects/\(one.org)"
            let tone: Tone = one.way == .inside ? .good : one.way == .added ? .blue : .muted
            let cells: [Markup] = ["\(one.name)", "<span class=\"mono\">\(one.code)</span>", "\(Badge(one.way.title, tone))", "\(one.reason)", "\(one.since)", "\(one.byName)"]
            let act: Markup =
                one.way == .inside
                ? "\(ActionButton("移出", .dialog("\(path)/keep-out"), icon: "minus", style: .quiet))"
                : "\(ActionButton("恢复自动归属", .post("\(path)/automatic", confirm: "“\(one.name)”将重新按位置归属。确定？"), icon: "refresh", style: .quiet))"
            return TableRow(id: String(one.org), cells, actions: mayDraw ? act : .empty)
        }
        let columns = [
            Column("name", "单位", isWrapping: true), Column("code", "编号"), Column("way", "归属方式"), Column("reason", "原因", isWrapping: true), Column("since", "自"), Column("by", "经办"),
        ]
        let empty = facts.shape == nil ? "网格还没有划定范围" : "范围内没有已定位的监管主体"
        return "\(DataTable(id: "subjects", columns: columns, rows: rows, address: context.here, empty: empty, hasTools: false))"
    }

    private func history(_ facts: Facts, _ context: WebContext) -> Markup {
        let rows = facts.history.map { TableRow(["\($0.at)", "\($0.kind)", "\($0.before)", "\($0.after)", "\($0.byName)"]) }
        let columns = [
            Column("at", "时间"), Column("kind", "变更"), Column("before", "变更前", isWrapping: true), Column("after", "变更后", isWrapping: true), Column("by", "经办人"),
        ]
        return "\(DataTable(id: "history", columns: columns, rows: rows, address: context.here, empty: "没有变更记录", hasTools: false))"
    }

    // MARK: Exceptions

    private func inclusion(_ path: String, _ findings: [FieldFinding], _ context: WebContext) -> Markup {
        let fields = [
            FormField("org", "单位", .reference(url: "/grids/organisations", shown: ""), isRequired: true),
            FormField("reason", "原因", .text, isRequired: true, placeholder: "如 跨网格厂区，由本网格监管", maxLength: 100),
        ]
        return
            "\(Card("人工加入主体", body: "\(Form(action: "\(path)/subjects", sections: [FormSection(nil, fields)], submit: "加入", cancel: nil, findings: findings, context: context))"))"
    }

    @Sendable func choices(request: Request, context: WebContext) async throws -> Response {
        let scope = try context.signedIn().scope
        let keyword = context.here["q"]
        let found = try await platform.database.read { [platform] reader in
            try platform.identity.organisations.page(keyword: keyword, kind: .enterprise, scope: scope, limit: 20, reader)
        }
        return .html("\(ReferenceChoices(found.map { Choice(String($0.id), $0.name, group: $0.code) }))")
    }

    /// The organisation and the reason of an exception, judged.
    private func exception(_ org: Int64?, _ reason: String?, by principal: Principal, _ reader: any Reader) throws -> (Int64, String) {
        var findings: [FieldFinding] = []
        let found = try org.flatMap { try platform.identity.organisations.find($0, reader) }
        let isKnown = found.map { $0.kind == .enterprise && principal.scope.admits(org: $0.id, area: $0.area) } ?? false
        if !isKnown { findings.append(FieldFinding("org", "unknown", org == nil ? "不能为空" : "不存在或不在您的管辖范围内", title: "单位")) }
        if !(2...100).contains(reason?.count ?? 0) { findings.append(FieldFinding("reason", "length", "须为 2–100 个字", title: "原因")) }
        guard findings.isEmpty, let found, let reason else { throw Failure.invalid(findings) }
        return (found.id, reason)
    }

    @Sendable func include(request: Request, context: WebContext) async throws -> Response {
        let (unit, principal) = (try await grid(context), try context.signedIn())
        let form = try await request.form(context)
        let (asked, reason) = (form["org"].flatMap { Int64($0) }, form["reason"])
        do {
            try await platform.database.write { [grids] tx in
                let (org, why) = try exception(asked, reason, by: principal, tx)
                try grids.set(.added, org, in: unit, reason: why, by: principal, in: tx)
            }
        } catch let failure as Failure where failure.kind == .invalid {
            return try await show(context, failure.fields)
        }
        return Shell.done("已加入", to: "/grids/\(unit.id)", context: context)
    }

    private func keepOutForm(_ context: WebContext, _ findings: [FieldFinding]) async throws -> Response {
        let unit = try await grid(context)
        let org = try context.id("org")
        let path = "/grids/\(unit.id)/subjects/\(org)/keep-out"
        let fields = [FormField("reason", "原因", .text, isRequired: true, help: "移出后归上级网格，位置或范围变动时也不会自动加回", maxLength: 100, isWide: true)]
        let form = Form(action: path, sections: [FormSection(nil, fields)], submit: "移出", cancel: "/grids/\(unit.id)", findings: findings, context: context)
        return Shell.page(
            "移出主体", crumbs: [Crumb("网格地图", "/grids"), Crumb(unit.name, "/grids/\(unit.id)"), Crumb("移出主体")], active: "/grids",
            status: findings.isEmpty ? .ok : .unprocessableContent, body: context.isDialog ? "\(form)" : "\(Card(body: "\(form)"))", context: context)
    }

    @Sendable func keepOut(request: Request, context: WebContext) async throws -> Response {
        let (unit, principal, org) = (try await grid(context), try context.signedIn(), try context.id("org"))
        let reason = try await request.form(context)["reason"]
        do {
            try await platform.database.write { [grids, assignment] tx in
                let (org, why) = try exception(org, reason, by: principal, tx)
                try grids.set(.keptOut, org, in: unit, reason: why, by: principal, in: tx)
                try assignment.settle(grids.places(of: [org], tx), by: principal, in: tx)
            }
        } catch let failure as Failure where failure.kind == .invalid {
            return try await keepOutForm(context, failure.fields)
        }
        return Shell.done("已移出", to: "/grids/\(unit.id)", context: context)
    }

    @Sendable func automatic(request: Request, context: WebContext) async throws -> Response {
        let (unit, principal, org) = (try await grid(context), try context.signedIn(), try context.id("org"))
        try await platform.database.write { [grids, assignment] tx in
            let (org, why) = try exception(org, "恢复自动归属", by: principal, tx)
            try grids.set(nil, org, in: unit, reason: why, by: principal, in: tx)
            try assignment.settle(grids.places(of: [org], tx), by: principal, in: tx)
        }
        return Shell.done("已恢复自动归属", to: "/grids/\(unit.id)", context: context)
    }
}
