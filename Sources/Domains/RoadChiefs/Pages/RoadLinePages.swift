import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Maps
import Storage
import Web

/// 绘制走向 (B3.1.2.1): the line of a road drawn on the map or written as GeoJSON; the length follows where none was given.
struct RoadLinePages: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        let writes = RoutePermission.named(Road.ledger.writePermission)
        routes.get("/roads/{id}/line", permission: writes) { _, context in try await editor(context, nil, []) }
        routes.post("/roads/{id}/line", permission: writes, use: save)
    }

    private func road(_ context: WebContext) async throws -> Record {
        let (id, principal) = (try context.id(), try context.signedIn())
        guard let record = try await platform.ledgers.find(Road.ledger.name, id: id, by: principal) else { throw Failure.notFound("该道路") }
        return record
    }

    /// What the map shows: the tiles' datum where there are tiles.
    static func datum(_ context: WebContext) -> Datum {
        context.site.settings.tileURL.isEmpty ? .wgs84 : Datum(rawValue: context.site.settings.tileDatum) ?? .wgs84
    }

    private func editor(_ context: WebContext, _ written: String?, _ findings: [FieldFinding]) async throws -> Response {
        let record = try await road(context)
        let scope = try context.signedIn().scope
        let name = record.values["name"]?.text ?? ""
        let others = try await platform.database.read { reader in try RoadMapPage.roads(scope: scope, unit: record.org, reader) }
        let layers = [MapLayer("其他道路", others.filter { $0.id != record.id }.compactMap { $0.feature(.muted, popup: "<p>\($0.code)</p>") })]
        let map = MapView(id: "outline-map", "绘制走向", layers: layers.filter { !$0.features.isEmpty }, height: .large, context: context)
        let text = written ?? record.values["line"]?.text.flatMap { try? RoadLine(geoJSON: $0) }?.geoJSON ?? ""
        let datum = Self.datum(context)
        let shown = (try? RoadLine(geoJSON: text))?.points.map { $0.converted(from: .wgs84, to: datum) } ?? []
        let ring = JSONValue.array(shown.map { [.double($0.latitude), .double($0.longitude)] }).text
        let fields = [
            FormField(
                "outline", "走向坐标（GeoJSON，WGS84）", .textArea(rows: 3), value: text, help: "可在地图上绘制，也可粘贴测绘成果；至多 \(RoadLine.mostPoints) 个点", error: findings.first?.message,
                isWide: true), FormField("length", "巡检长度", .check("按走向重新计算巡检长度"), value: "1"),
        ]
        let form = Form(
            action: "/roads/\(record.id)/line", sections: [FormSection(nil, fields)], submit: "保存走向", cancel: "/ledgers/road/\(record.id)", findings: findings,
            extra: "<input type=\"hidden\" name=\"drawn\" data-outline-drawn>", context: context)
        let bar: Markup = """
            <div class="outline-bar"><span data-outline-state>从起点到止点依次点击地图；拖动点修改，拖动线上的空心点插入，选中后按 Delete 删除。</span>\
            <button type="button" class="btn btn-plain" data-outline-undo>\(Icon("rotate"))撤销</button><button type="button" class="btn btn-plain" data-outline-clear>\(Icon("trash"))清空</button></div>
            """
        let body: Markup = """
            <div class="stack" data-outline-editor data-outline-kind="line" data-ring="\(ring)" data-wgs84="\(datum == .wgs84 ? "yes" : "no")">\
            \(Card(isFlush: true, body: "\(bar)\(map)"))\(Card(body: "\(form)"))</div>
            """
        return Shell.page(
            "绘制走向：\(name)", crumbs: [Crumb(RoadChiefs.group), Crumb("道路", "/ledgers/road"), Crumb(name, "/ledgers/road/\(record.id)"), Crumb("绘制走向")], active: "/ledgers/road",
            status: findings.isEmpty ? .ok : .unprocessableContent, body: body, context: context)
    }

    @Sendable func save(request: Request, context: WebContext) async throws -> Response {
        let (record, principal) = (try await road(context), try context.signedIn())
        let form = try await request.form(context, limit: 200_000)
        let written = form["outline"] ?? ""
        let line: RoadLine
        do {
            if let drawn = form["drawn"], !drawn.isEmpty {
                let datum = Self.datum(context)
                line = RoadLine(try RoadLine(geoJSON: drawn).points.map { $0.converted(from: datum, to: .wgs84) })
            } else {
                guard !written.isEmpty else { throw Failure.invalid([FieldFinding("outline", "required", "请在地图上绘制或填写坐标", title: "走向")]) }
                line = try RoadLine(geoJSON: written)
            }
        } catch let failure as Failure where failure.kind == .invalid {
            return try await editor(context, written, failure.fields)
        }
        var values: [String: JSONValue] = ["line": .string(line.text)]
        if form["length"] != nil || record.values["patrolLength"]?.double == nil { values["patrolLength"] = .double((line.kilometres * 100).rounded() / 100) }
        let draft = Draft(values)
        try await platform.database.write { [platform] tx in _ = try platform.ledgers.update(Road.ledger.name, id: record.id, draft, by: principal, in: tx) }
        return Shell.done("走向已保存，约 \(Figure.decimal(line.kilometres, digits: 2)) 公里", to: "/ledgers/road/\(record.id)", context: context)
    }
}
