import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Maps
import Storage
import Web

/// 划定网格范围: the outline drawn on the map, or written as GeoJSON; judged, kept, and what stands in it settled in one transaction.
struct GridOutlinePages: Sendable {
    let platform: Platform

    private var grids: GridBook { platform.identity.grids }

    func add(to routes: Routes) {
        let draws = RoutePermission.named(GridPermission.draw)
        routes.get("/grids/{id}/outline", permission: draws) { _, context in try await editor(context, nil, []) }
        routes.post("/grids/{id}/outline", permission: draws, use: save)
        routes.post("/grids/{id}/outline/erase", permission: draws, use: erase)
    }

    private func grid(_ context: WebContext) async throws -> Unit {
        let (id, scope) = (try context.id(), try context.signedIn().scope)
        guard let unit = try await platform.database.read({ [grids] reader in try grids.grid(id, scope: scope, reader) }) else { throw Failure.notFound("该网格") }
        guard unit.state == .active else { throw Failure(.conflict, "JW-G001", "“\(unit.name)”已停用，不能划定范围") }
        return unit
    }

    /// What the map shows: the tiles' datum where there are tiles.
    private func datum(_ context: WebContext) -> Datum {
        context.site.settings.tileURL.isEmpty ? .wgs84 : Datum(rawValue: context.site.settings.tileDatum) ?? .wgs84
    }

    private struct Surroundings: Sendable {
        var own: GridShape?
        var parent: GridShape?
        var siblings: [GridShape]
        var sites: [(org: Int64, name: String, place: Coordinate)]
    }

    private func surroundings(_ unit: Unit, _ scope: DataScope, _ reader: any Reader) throws -> Surroundings {
        let siblings = try unit.parent.map { try grids.shapes(under: $0, reader) } ?? grids.shapes(scope: scope, reader).filter { $0.unit.depth == 1 }
        return Surroundings(
            own: try grids.shape(of: unit.id, reader), parent: try unit.parent.flatMap { try grids.shape(of: $0, reader) }, siblings: siblings.filter { $0.unit.id != unit.id },
            sites: try GridPages.sites(scope, reader))
    }

    /// - Parameter written: what was sent and refused; nil shows what is kept.
    private func editor(_ context: WebContext, _ written: String?, _ findings: [FieldFinding]) async throws -> Response {
        let unit = try await grid(context)
        let scope = try context.signedIn().scope
        let around = try await platform.database.read { reader in try self.surroundings(unit, scope, reader) }
        let layers = [
            MapLayer("上级网格", around.parent.flatMap { GridPages.feature($0, tone: .info) }.map { [$0] } ?? []),
            MapLayer("相邻网格", around.siblings.compactMap { GridPages.feature($0, tone: .muted) }), MapLayer("监管主体", GridPages.points(around.sites)),
        ]
        let map = MapView(id: "outline-map", "划定范围", layers: layers.filter { !$0.features.isEmpty }, height: .large, context: context)
        let text = written ?? around.own.flatMap { try? Area(geoJSON: $0.outline) }?.geoJSON ?? ""
        let shown = (try? Area(geoJSON: text))?.outline.map { $0.converted(from: .wgs84, to: datum(context)) } ?? []
        let ring = JSONValue.array(shown.map { [.double($0.latitude), .double($0.longitude)] }).text
        let fields = [
            FormField(
                "outline", "范围坐标（GeoJSON，WGS84）", .textArea(rows: 4), value: text, help: "可在地图上绘制，也可粘贴测绘成果；至多 \(Area.mostPoints) 个顶点", error: findings.first?.message, isWide: true)
        ]
        let form = Form(
            action: "/grids/\(unit.id)/outline", sections: [FormSection(nil, fields)], submit: "保存范围", cancel: "/grids/\(unit.id)", findings: findings,
            extra: "<input type=\"hidden\" name=\"drawn\" data-outline-drawn>", context: context)
        let notice: Markup = around.parent == nil && unit.parent != nil ? "\(Notice(.yellow, "上级网格还没有划定范围，暂不检查是否在上级范围之内。"))" : .empty
        let bar: Markup = """
            <div class="outline-bar"><span data-outline-state>点击地图依次添加顶点；拖动顶点修改，拖动边上的空心点插入顶点，选中顶点后按 Delete 删除。</span>\
            <button type="button" class="btn btn-plain" data-outline-undo>\(Icon("rotate"))撤销</button><button type="button" class="btn btn-plain" data-outline-clear>\(Icon("trash"))清空</button></div>
            """
        let body: Markup = """
            \(notice)<div class="stack" data-outline-editor data-ring="\(ring)" data-wgs84="\(datum(context) == .wgs84 ? "yes" : "no")">\
            \(Card(isFlush: true, body: "\(bar)\(map)"))\(Card(body: "\(form)"))</div>
            """
        return Shell.page(
            "划定范围：\(unit.name)", crumbs: [Crumb(GridSupervision.group), Crumb("网格地图", "/grids"), Crumb(unit.name, "/grids/\(unit.id)"), Crumb("划定范围")], active: "/grids",
            status: findings.isEmpty ? .ok : .unprocessableContent, body: body, context: context)
    }

    @Sendable func save(request: Request, context: WebContext) async throws -> Response {
        let (unit, principal) = (try await grid(context), try context.signedIn())
        let form = try await request.form(context, limit: 200_000)
        let written = form["outline"] ?? ""
        let area: Area
        do {
            area = try outline(drawn: form["drawn"], written: written, context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await editor(context, written, failure.fields)
        }
        do {
            let counts = try await platform.database.write { tx in try self.keep(area, of: unit, by: principal, in: tx) }
            return Shell.done("范围已保存，新纳入 \(counts.came) 家，移出 \(counts.went) 家", to: "/grids/\(unit.id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await editor(context, area.geoJSON, failure.fields)
        }
    }

    /// What was drawn stands in the map's datum and goes before what was written.
    private func outline(drawn: String?, written: String, _ context: WebContext) throws -> Area {
        var area: Area
        if let drawn, !drawn.isEmpty {
            area = try Area(geoJSON: drawn)
            let shown = datum(context)
            area.outline = area.outline.map { $0.converted(from: shown, to: .wgs84) }
        } else {
            guard !written.isEmpty else { throw Failure.invalid([FieldFinding("outline", "required", "请在地图上绘制或填写坐标", title: "范围")]) }
            area = try Area(geoJSON: written)
        }
        let faults = area.faults
        guard faults.isEmpty else { throw Failure.invalid(faults) }
        // As it is stored, so that what is judged is what is kept.
        return try Area(geoJSON: area.ringText)
    }

    private func keep(_ area: Area, of unit: Unit, by principal: Principal, in tx: any Transaction) throws -> (came: Int, went: Int) {
        func refuse(_ code: String, _ message: String) -> Failure { .invalid([FieldFinding("outline", code, message, title: "范围")]) }
        if let shape = try unit.parent.flatMap({ try grids.shape(of: $0, tx) }), let parent = try? Area(geoJSON: shape.outline), let out = parent.leaving(area) {
            throw refuse("parent", "第 \(out.corner) 个顶点起超出上级网格“\(shape.unit.name)”，最远约 \(out.metres) 米；二级网格须在上级网格之内")
        }
        for shape in try grids.shapes(under: unit.id, tx) {
            guard let child = try? Area(geoJSON: shape.outline), let out = area.leaving(child) else { continue }
            throw refuse("child", "下级网格“\(shape.unit.name)”将超出范围（第 \(out.corner) 个顶点，约 \(out.metres) 米），请先调整下级网格")
        }
        let box = area.bounds
        let bounds = GridBounds(west: box.west, south: box.south, east: box.east, north: box.north)
        let before = try grids.shape(of: unit.id, tx)?.bounds
        try grids.draw(unit, outline: area.ringText, bounds: bounds, hectares: area.hectares, points: area.outline.count, by: principal, in: tx)
        return try GridAssignment(grids: grids).settle(grids.places(within: before.map(bounds.joined) ?? bounds, tx), by: principal, in: tx)
    }

    @Sendable func erase(request: Request, context: WebContext) async throws -> Response {
        let (unit, principal) = (try await grid(context), try context.signedIn())
        try await platform.database.write { [grids] tx in
            guard let before = try grids.shape(of: unit.id, tx) else { return }
            try grids.erase(unit, by: principal, in: tx)
            try GridAssignment(grids: grids).settle(grids.places(within: before.bounds, tx), by: principal, in: tx)
        }
        return Shell.done("范围已取消", to: "/grids/\(unit.id)", context: context)
    }
}
