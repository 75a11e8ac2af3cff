import Exchange
import Features
import Hummingbird
import Identity
import Kernel
import Points
import Storage
import Web

/// D9.8.4 时序见解分析: up to eight points on one chart, by step, beside the time before; anomalies and forecast by the algorithm chosen; what is shown is exported.
struct AnalysisPages: Sendable {
    let desk: PointDesk
    static let path = "/points/analysis"

    func add(to routes: Routes) {
        let reads = RoutePermission.named(PointPermission.read)
        routes.get(Self.path, permission: reads, use: show)
        routes.get(Self.path + "/export", permission: reads, use: export)
        routes.get(Self.path + "/choices", permission: reads, use: choices)
    }

    private func compared(_ context: WebContext) async throws -> SeriesComparison {
        let principal = try context.signedIn()
        let question = SeriesQuestion(context.here, now: desk.platform.clock.now)
        var points: [PointDefinition] = []
        for id in question.points { points.append(try await desk.engine.point(id, by: principal)) }
        return try await SeriesComparison(question, points, engine: desk.engine)
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let compared = try await compared(context)
        let body: Markup =
            compared.series.isEmpty
            ? "\(Card(body: "\(EmptyState("请选择要分析的监测点", hint: "最多 8 个，可以来自不同企业和设备", icon: "chart"))"))"
            : "\(chartCard(compared, context))\(summary(compared))\(findings(compared))"
        return Shell.page(
            "时序分析", crumbs: [Crumb("监测感知"), Crumb("时序分析")], active: Self.path,
            body: "\(search(compared, context))<div class=\"stack\" id=\"analysis\">\(body)</div>",
            context: context)
    }

    private func search(_ compared: SeriesComparison, _ context: WebContext) -> Markup {
        let question = compared.question, algorithms = desk.engine.algorithms
        let shown = compared.series.map { Choice(String($0.point.id), "\($0.point.code) \($0.point.name)") }
        let fields = [
            FormField("point", "监测点（最多 8 个）", .references(url: Self.path + "/choices", shown: shown), values: shown.map(\.value), isWide: true),
            FormField("range", "时段", .select(TimeSpan.ranges.map { Choice($0.name, "最近 \($0.title)") }), value: question.span.range ?? ""),
            FormField("figure", "聚合方式", .select(SeriesQuestion.Figure.allCases.map { Choice($0.rawValue, $0.title) }), value: question.figure.rawValue),
            FormField(
                "step", "步长", .select([Choice("", "自动（\(PointDesk.stepTitle(question.step))）")] + SeriesQuestion.steps.map { Choice(String($0), PointDesk.stepTitle($0)) }),
                value: context.here["step"]),
            FormField("detector", "异常监测", .select(algorithms.detectors.map { Choice($0.name, $0.title) }), value: question.detector),
            FormField("forecaster", "趋势预测", .select(algorithms.forecasters.map { Choice($0.name, $0.title) }), value: question.forecaster),
            FormField("before", "同期对比", .select([Choice("1", "与上一时段对比")]), value: question.comparesBefore ? "1" : nil),
            FormField("from", "自", .moment, value: question.span.range == nil ? String(question.span.from.rfc3339.prefix(16)) : nil),
            FormField("to", "至", .moment, value: question.span.range == nil ? String(question.span.to.rfc3339.prefix(16)) : nil),
        ]
        return "\(SearchForm(action: Self.path, fields: fields, table: "analysis", kept: [], visible: 6))"
    }

    private func chartCard(_ compared: SeriesComparison, _ context: WebContext) -> Markup {
        let question = compared.question
        let algorithms = desk.engine.algorithms
        let notes = [algorithms.detector(question.detector)?.note, algorithms.forecaster(question.forecaster)?.note].compactMap { $0 }
        let said: Markup = notes.isEmpty ? .empty : "\(Notice(.info, "\(notes.joined(separator: "；"))"))"
        let title = "\(question.figure.title)，每 \(PointDesk.stepTitle(question.step))（\(question.span.from.text.prefix(16)) 至 \(question.span.to.text.prefix(16))）"
        // Within the part that a new question loads again, so that the file is of what is shown.
        return "\(Card(title, actions: SheetAnswer.buttons(context.here, path: Self.path + "/export"), body: "\(compared.units.map { compared.chart(unit: $0) })\(said)"))"
    }

    private func summary(_ compared: SeriesComparison) -> Markup {
        let rows = compared.series.map { one -> TableRow in
            let shown = { (value: Double?) -> Markup in "<span class=\"num\">\(value.map { PointFigure.text($0, places: one.point.places) } ?? "—")</span>" }
            let sums = one.sums, hasAny = sums.count > 0
            let change: Markup =
                zip2(sums.mean, one.sumsBefore?.mean).map { now, before in "\(now >= before ? "+" : "")\(PointFigure.text(now - before, places: one.point.places))" }.map {
                    text -> Markup in "<span class=\"num\">\(text)</span>"
                } ?? "<span class=\"nothing\">—</span>"
            return TableRow(
                [
                    "\(one.point.code)", "\(one.point.name)", "\(one.point.orgName)", "\(one.point.unit)", shown(hasAny ? sums.high : nil), shown(hasAny ? sums.low : nil),
                    shown(sums.mean), shown(sums.deviation), change, "<span class=\"num\">\(Figure.grouped(sums.count))</span>",
                    "<span class=\"num\">\(one.anomalies.count)</span>",
                ], path: "\(PointPages.path)/\(one.point.id)")
        }
        let columns = [
            Column("code", "编码"), Column("name", "监测点"), Column("org", "企业"), Column("unit", "单位"), Column("max", "最大", align: .end), Column("min", "最小", align: .end),
            Column("mean", "平均", align: .end), Column("deviation", "标准差", align: .end), Column("change", "均值比上一时段", align: .end), Column("count", "数据个数", align: .end),
            Column("anomalies", "异常段", align: .end),
        ]
        return
            "\(Card("时段统计", isFlush: true, body: "\(DataTable(id: "series-summary", columns: columns, rows: rows, address: PageAddress(Self.path), empty: "没有数据", hasTools: false))"))"
    }

    private func zip2(_ a: Double?, _ b: Double?) -> (Double, Double)? { a.flatMap { a in b.map { (a, $0) } } }

    private func findings(_ compared: SeriesComparison) -> Markup {
        let found = compared.series.flatMap { one in one.anomalies.map { (one.point, $0) } }
        guard compared.question.detector != nil else { return .empty }
        let rows = found.prefix(100).map { point, anomaly in
            TableRow([
                "\(compared.question.at(anomaly.index))", "\(point.code)", "\(point.name)", "<span class=\"num\">\(point.shown(anomaly.value))</span>",
                "<span class=\"num\">\(point.shown(anomaly.low)) — \(point.shown(anomaly.high))</span>",
            ])
        }
        let columns = [Column("at", "时间"), Column("code", "编码"), Column("name", "监测点"), Column("value", "数值", align: .end), Column("expected", "预期范围", align: .end)]
        let more = found.count > 100 ? "，显示前 100 段" : ""
        return
            "\(Card("异常段 \(found.count) 个\(more)", isFlush: true, body: "\(DataTable(id: "series-anomalies", columns: columns, rows: Array(rows), address: PageAddress(Self.path), empty: "没有发现异常", hasTools: false))"))"
    }

    /// `GET /points/analysis/choices?q=`.
    @Sendable func choices(request: Request, context: WebContext) async throws -> Response {
        let wanted = (context.here["q"] ?? "").lowercased()
        let points = try await desk.engine.points(for: context.signedIn())
        let found = points.lazy.filter { point in wanted.isEmpty || [point.code, point.name, point.orgName, point.deviceName].contains { $0.lowercased().contains(wanted) } }
            .prefix(20)
        return .html("\(ReferenceChoices(found.map { Choice(String($0.id), "\($0.code) \($0.name)", group: $0.orgName) }))")
    }

    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let compared = try await compared(context)
        let chart = compared.chart()
        let columns = [SheetColumn("时间", width: 22)] + chart.series.map { SheetColumn($0.name) }
        let rows = chart.categories.indices.map { slot in
            [Cell.moment(compared.question.at(slot))] + chart.series.map { Cell(slot < $0.values.count ? $0.values[slot] : nil) }
        }
        let names = compared.series.map(\.point.code).joined(separator: "、")
        try await desk.platform.database.write { [audit = desk.platform.audit] tx in
            try audit.record(AuditEntry("export", "monitoringPoint", "", "导出时序分析：\(names)"), by: principal, in: tx)
        }
        return try await SheetAnswer(name: "时序分析", columns: columns, rows: rows).response(context, on: desk.platform.database)
    }
}
