import Exchange
import Features
import Hummingbird
import Identity
import Kernel
import MobileSources
import Storage
import Web

/// A-51 数据质量: scores by enterprise and day with the reasons, and the completeness proof of a span.
struct DataQualityPages: Sendable {
    let gates: GateSupervision

    func add(to routes: Routes) {
        let reads = RoutePermission.named(GatePermission.transmission)
        routes.get("/data-quality", permission: reads, use: scores)
        routes.get("/data-quality/export", permission: reads, use: export)
        routes.get("/data-quality/{org}", permission: reads, use: enterprise)
    }

    private typealias Line = DataQuality.Line

    private func span(_ context: WebContext) -> (from: Day, to: Day) {
        let to = min(context.here["day_to"].flatMap { Day(parsing: $0) } ?? gates.clock.today, gates.clock.today)
        let from = context.here["day_from"].flatMap { Day(parsing: $0) } ?? to.adding(days: -6)
        return (max(min(from, to), to.adding(days: -91)), to)
    }

    @Sendable func scores(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let (from, to) = span(context)
        let lines = try await gates.quality.enterprises(from: from, to: to, scope: principal.scope)
        let scored = lines.compactMap(\.score)
        let mean = scored.isEmpty ? nil : scored.reduce(0, +) / Double(scored.count)
        let levels = DataQuality.Level.allCases.map { level in (level, lines.filter { $0.level == level }.count) }
        let cards: [Markup] = [
            "\(StatCard("平均得分", Figure.decimal(mean), unit: "分", note: "\(from.text) 至 \(to.text)", icon: "gauge"))",
            "\(StatCard("优、良", "\(levels[0].1 + levels[1].1)", unit: "家", tone: .good, icon: "check"))", "\(StatCard("中", "\(levels[2].1)", unit: "家", icon: "info"))",
            "\(StatCard("差", "\(levels[3].1)", unit: "家", tone: levels[3].1 > 0 ? .red : .good, icon: "alert"))",
        ]
        let ring = Chart(.ring, "等级分布", categories: levels.map(\.0.title), series: [ChartSeries("企业", levels.map { Double($0.1) })], unit: "家", height: .small)
        let columns = [
            Column("site", "企业", isWrapping: true), Column("county", "县（区、市）"), Column("score", "得分", align: .end), Column("level", "等级"), Column("time", "及时性", align: .end),
            Column("accuracy", "准确性", align: .end),
            Column("complete", "完整性", align: .end), Column("reasons", "主要扣分原因", isWrapping: true),
        ]
        let rows = lines.map { line -> TableRow in
            TableRow(
                [
                    "\(line.enterprise)", "\(Region(code: line.area)?.title)", line.score.map { "<b>\(Figure.decimal($0))</b>" } ?? "<span class=\"muted\">无数据</span>",
                    "\(line.level.map { Badge($0.title, $0.tone) })",
                    "\(Figure.percent(line.timeliness))", "\(Figure.percent(line.accuracy))", "\(Figure.percent(line.completeness))", "\(line.reasons)",
                ], path: "/data-quality/\(line.org)?day_from=\(from.text)&day_to=\(to.text)", tone: line.level == .poor ? .red : nil)
        }
        let table = DataTable(id: "quality", columns: columns, rows: rows, address: context.here, toolbar: "<span>得分由低到高，点击企业查看每日得分与完整性证明</span>", empty: "没有联网企业")
        let body: Markup = """
            \(SearchForm(action: "/data-quality", fields: [FormField("day", "时间", .dayRange, values: [from.text, to.text])], table: "quality-part"))
            <div id="quality-part" class="stack">\(Grid(.quarters, cards))\(table)\(Grid(.halves, ["\(Card("等级分布", body: "\(ring)"))", "\(Card("怎样计分", body: DataQualityPages.definition))"]))</div>
            """
        return Shell.page(
            "数据质量", crumbs: [Crumb("过车与统计"), Crumb("数据质量")], active: "/data-quality", actions: SheetAnswer.buttons(context.here, path: "/data-quality/export"), body: body,
            context: context)
    }

    private static let definition: Markup = """
        <ul><li><b>及时性 40 分</b>：接收量 ÷ 上传量，补传的记录按一半计</li><li><b>准确性 30 分</b>：无校验发现、排放阶段明确、未被拒收的比例</li>\
        <li><b>完整性 30 分</b>：照片齐全占六成，心跳在线占四成</li><li>优 ≥ 95，良 ≥ 85，中 ≥ 70，其余为差；无法判断的部分不计分</li></ul>
        """

    @Sendable func enterprise(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let org = try context.id("org")
        let (from, to) = span(context)
        guard let site = gates.registry.snapshot.enterprises[org], principal.scope.admits(org: org, area: site.county) else { throw Failure.notFound("该企业") }
        let days = try await gates.quality.days(from: from, to: to, org: org, scope: principal.scope)
        let proof = try await gates.completeness.lines(org: org, from: max(from, to.adding(days: -6)), to: to, scope: principal.scope)
        let ordered = Array(days.reversed())
        let chart = Chart(
            .line, "每日得分", categories: ordered.map(\.day.text),
            series: [
                ChartSeries("得分", ordered.map(\.score), tone: .blue), ChartSeries("及时性", ordered.map { $0.timeliness.map { ($0 * 1000).rounded() / 10 } }),
                ChartSeries("准确性", ordered.map { $0.accuracy.map { ($0 * 1000).rounded() / 10 } }),
                ChartSeries("完整性", ordered.map { $0.completeness.map { ($0 * 1000).rounded() / 10 } }),
            ], unit: "分")
        let columns = [
            Column("day", "日期"), Column("score", "得分", align: .end), Column("level", "等级"), Column("received", "接收 / 上传", align: .end), Column("backfilled", "补传", align: .end),
            Column("flagged", "有校验发现", align: .end),
            Column("stage", "阶段未知", align: .end), Column("rejected", "拒收", align: .end), Column("photos", "照片齐全", align: .end), Column("online", "在线分钟", align: .end),
            Column("reasons", "扣分原因", isWrapping: true),
        ]
        let rows = days.map { line -> TableRow in
            TableRow(
                [
                    "\(line.day)", "\(Figure.decimal(line.score))", "\(line.level.map { Badge($0.title, $0.tone) })",
                    "\(Figure.grouped(line.received)) / \(Figure.grouped(line.generated))", "\(line.backfilled)", "\(line.flagged)", "\(line.unknownStage)",
                    "\(line.rejected)", "\(Figure.percent(line.received > 0 ? Double(line.withPhotos) / Double(line.received) : nil))", "\(line.heartbeats) / \(line.minutes)",
                    "\(line.reasons)",
                ], tone: line.level == .poor ? .red : nil)
        }
        let body: Markup = """
            \(SearchForm(action: "/data-quality/\(org)", fields: [FormField("day", "时间", .dayRange, values: [from.text, to.text])], table: "quality-part"))
            <div id="quality-part" class="stack">\(Card("每日得分", body: "\(chart)"))\(DataTable(id: "days", columns: columns, rows: rows, address: context.here, hasTools: false))\
            \(Card("完整性证明（最近 7 日）：视频抓拍数 = 接收数 = 入库数", isFlush: true, body: ProofTable(lines: proof).markup(context)))</div>
            """
        return Shell.page(site.name, crumbs: [Crumb("过车与统计"), Crumb("数据质量", "/data-quality"), Crumb(site.name)], active: "/data-quality", body: body, context: context)
    }

    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let (from, to) = span(context)
        let lines = try await gates.quality.days(from: from, to: to, scope: principal.scope)
        let columns = ["日期", "企业", "县（区、市）", "得分", "等级", "及时性", "准确性", "完整性", "接收量", "上传量", "补传", "有校验发现", "阶段未知", "拒收", "有照片", "在线分钟", "应在线分钟", "扣分原因"].map { SheetColumn($0) }
        let rows = lines.map { line -> [Cell] in
            [
                .day(line.day), .text(line.enterprise), Cell(Region(code: line.area)?.title), Cell(line.score), Cell(line.level?.title), Cell(line.timeliness), Cell(line.accuracy),
                Cell(line.completeness), Cell(line.received),
                Cell(line.generated), Cell(line.backfilled), Cell(line.flagged), Cell(line.unknownStage), Cell(line.rejected), Cell(line.withPhotos), Cell(line.heartbeats),
                Cell(line.minutes), .text(line.reasons),
            ]
        }
        return try await SheetAnswer(name: "数据质量-\(from.text)至\(to.text)", columns: columns, rows: rows).response(context, on: gates.database)
    }
}

extension DataQuality.Level {
    var tone: Tone {
        switch self {
        case .excellent: .good
        case .good: .info
        case .fair: .neutral
        case .poor: .red
        }
    }
}

extension DataQuality.Line {
    /// What costs points, the worst first; at most three.
    var reasons: String {
        var costs: [(cost: Double, text: String)] = []
        func add(_ cost: Double, _ text: String) { if cost >= 0.005 { costs.append((cost, text)) } }
        if received + generated == 0 { return "没有过车数据" }
        if let transmissionRate { add((1 - transmissionRate) * 0.4, "传输率 \(percent(transmissionRate))") }
        if received > 0 {
            let all = Double(received)
            add(Double(backfilled) / all * 0.2, "补传 \(backfilled) 条")
            add(Double(flagged) / all * 0.3, "有校验发现 \(flagged) 条")
            add((1 - Double(withPhotos) / all) * 0.18, "照片不全 \(received - withPhotos) 条")
        }
        add(Double(rejected) / Double(max(1, received + rejected)) * 0.3, "字段有误被拒收 \(rejected) 条")
        if minutes > 0 { add((1 - min(1, Double(heartbeats) / Double(minutes))) * 0.12, "离线 \(max(0, minutes - heartbeats)) 分钟") }
        return costs.sorted { $0.cost > $1.cost }.prefix(3).map(\.text).joined(separator: "；")
    }
}
