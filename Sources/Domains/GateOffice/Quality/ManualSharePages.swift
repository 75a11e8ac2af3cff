import Exchange
import Features
import Hummingbird
import Identity
import Kernel
import Ledgers
import MobileSources
import Storage
import Web

/// A-13 补录率: who enters passes by hand, how many, and how it counts.
struct ManualSharePages: Sendable {
    let gates: GateSupervision

    func add(to routes: Routes) {
        let reads = RoutePermission.named(GatePermission.transmission)
        routes.get("/manual-share", permission: reads, use: list)
        routes.get("/manual-share/export", permission: reads, use: export)
        routes.get("/manual-share/{org}", permission: reads, use: enterprise)
    }

    private typealias Line = ManualShare.Line
    private var limit: Double { gates.registry.snapshot.settings.manualShareLimit }

    /// This month alone unless the address names months.
    private func span(_ context: WebContext) -> (from: Day, to: Day) {
        let today = gates.clock.today
        let to = min(month(context.here["to"]) ?? today.firstOfMonth, today.firstOfMonth)
        let from = min(month(context.here["from"]) ?? to, to)
        let earliest = Day(number: (to.number / 10_000 - 2) * 10_000 + to.number % 10_000) ?? to
        return (max(from, earliest.firstOfNextMonth), to)
    }

    private func month(_ text: String?) -> Day? { text.flatMap { Day(parsing: $0 + "-01") } }
    private static func title(_ month: Int) -> String { "\(month / 100)-\(month % 100 < 10 ? "0" : "")\(month % 100)" }
    private static func text(_ day: Day) -> String { String(day.text.prefix(7)) }

    private func share(_ line: Line) -> Markup {
        let text = Figure.percent(line.share, digits: 2)
        return (line.share ?? 0) > limit ? "\(Badge(text, .orange))" : "\(text)"
    }

    private var rule: Markup {
        """
        <ul class="findings"><li>补录率 = 人工补录的过车条数 ÷ 全部过车条数（自动识别、补传与人工补录之和），按企业、门岗、自然月统计。</li>\
        <li>过车时间在哪个月就计入哪个月；断网补传的记录不是人工补录。</li><li>高于 \(Figure.percent(limit)) 的标出，警戒值在“门禁监管设置”中调整。</li></ul>
        """
    }

    // MARK: All enterprises

    private func found(_ context: WebContext) async throws -> (lines: [Line], sums: [Line], trend: [Line]) {
        let scope = try context.signedIn().scope
        let (from, to) = span(context)
        let text = context.here["q"]?.lowercased()
        let sites = gates.registry.snapshot.enterprises
        let lines = try await gates.manualShare.lines(from: from, to: to, scope: scope).filter { line in
            guard let site = sites[line.org] else { return false }
            return text.map { site.name.lowercased().contains($0) || site.code.lowercased().contains($0) } ?? true
        }
        var sums = ManualShare.byEnterprise(lines)
        if context.here["only"] == "above" { sums = sums.filter { ($0.share ?? 0) > limit } }
        var months: [Int: Line] = [:]
        for line in lines {
            months[line.month, default: Line(org: 0, month: line.month)].all += line.all
            months[line.month, default: Line(org: 0, month: line.month)].manual += line.manual
        }
        return (lines, sorted(sums, context.here["sort"]), months.values.sorted { $0.month < $1.month })
    }

    private func sorted(_ lines: [Line], _ sort: String?) -> [Line] {
        switch sort {
        case "manual": lines.sorted { ($0.manual, $0.org) < ($1.manual, $1.org) }
        case "-manual": lines.sorted { ($1.manual, $0.org) < ($0.manual, $1.org) }
        case "all": lines.sorted { ($0.all, $0.org) < ($1.all, $1.org) }
        case "-all": lines.sorted { ($1.all, $0.org) < ($0.all, $1.org) }
        case "share": lines.reversed()
        default: lines
        }
    }

    @Sendable private func list(request: Request, context: WebContext) async throws -> Response {
        if case .organisation(let own) = try context.signedIn().scope { return try await enterprise(own, context) }
        let (lines, sums, trend) = try await found(context)
        let (from, to) = span(context)
        let sites = gates.registry.snapshot.enterprises
        let every = ManualShare.byEnterprise(lines)
        let total = every.reduce(into: Line(org: 0, month: 0)) { sum, line in
            sum.all += line.all
            sum.manual += line.manual
        }
        let above = every.filter { ($0.share ?? 0) > limit }.count
        let size = 50
        let start = min(max(0, context.here["page"].flatMap { Int($0) } ?? 0), sums.count / size) * size
        let rows = sums.dropFirst(start).prefix(size).map { line -> TableRow in
            let gateCount = Set(lines.filter { $0.org == line.org && $0.manual > 0 }.compactMap(\.gateNo)).count
            return TableRow(
                id: String(line.org),
                [
                    "\(sites[line.org]?.name)", "\(Region(code: sites[line.org]?.county ?? "")?.title)", Figure.grouped(line.all).markup, Figure.grouped(line.manual).markup,
                    share(line),
                    "\(gateCount)",
                ], path: "/manual-share/\(line.org)?from=\(Self.text(from))&to=\(Self.text(to))")
        }
        let cards: [Markup] = [
            "\(StatCard("总补录率", Figure.percent(total.share, digits: 2), note: "\(Self.text(from)) 至 \(Self.text(to))", icon: "edit"))",
            "\(StatCard("人工补录", Figure.grouped(total.manual), unit: "条", note: "全部过车 \(Figure.grouped(total.all)) 条", icon: "list"))",
            "\(StatCard("高于警戒值的企业", "\(above)", unit: "家", note: "警戒值 \(Figure.percent(limit))", tone: above > 0 ? .orange : .good, icon: "alert", path: context.here.with("only", "above").text))",
        ]
        let only = context.here["only"]
        let tabs = Tabs([
            Tabs.Tab("全部", context.here.restarting.with("page", nil).with("only", nil).text, isActive: only == nil, count: every.count),
            Tabs.Tab("高于警戒值", context.here.restarting.with("page", nil).with("only", "above").text, isActive: only == "above", count: above),
        ])
        let columns = [
            Column("site", "企业", isWrapping: true), Column("county", "县（区、市）"), Column("all", "全部过车", align: .end, isSortable: true),
            Column("manual", "人工补录", align: .end, isSortable: true), Column("share", "补录率", align: .end, isSortable: true), Column("gates", "有补录的门岗", align: .end),
        ]
        let address = context.here
        let number = start / size
        let pager = Pager(
            first: number == 0 ? nil : address.with("page", nil).text, previous: number == 0 ? nil : address.with("page", String(number - 1)).text,
            next: start + size < sums.count ? address.with("page", String(number + 1)).text : nil, total: sums.count, size: size, sizes: [])
        let table = DataTable(
            id: "manual-share", columns: columns, rows: Array(rows), address: address, sort: address["sort"] ?? "-share", toolbar: "\(tabs)", pager: pager, empty: "所选月份没有过车记录")
        let chart = Chart(
            .line, "各月补录率", categories: trend.map { Self.title($0.month) }, series: [ChartSeries("补录率", trend.map { $0.share.map { ($0 * 10_000).rounded() / 100 } }, tone: .blue)],
            unit: "%", height: .small)
        let body: Markup = """
            \(search("/manual-share", from, to, context))<div id="manual-share-part" class="stack">\(Grid(.thirds, cards))\(table)\
            \(Grid(.halves, ["\(Card("各月补录率", body: "\(chart)"))", "\(Card("怎样统计", body: rule))"]))</div>
            """
        return Shell.page(
            "补录率", crumbs: [Crumb("过车与统计"), Crumb("补录率")], active: "/manual-share", actions: SheetAnswer.buttons(context.here.with("page", nil), path: "/manual-share/export"),
            body: body,
            context: context)
    }

    private func search(_ path: String, _ from: Day, _ to: Day, _ context: WebContext) -> Markup {
        var fields = [
            FormField("from", "起始月份", .month, value: Self.text(from), maximum: Self.text(gates.clock.today)),
            FormField("to", "截止月份", .month, value: Self.text(to), maximum: Self.text(gates.clock.today)),
        ]
        if path == "/manual-share" { fields.append(FormField("q", "企业", .text, value: context.here["q"], placeholder: "名称或编号", maxLength: 40)) }
        return "\(SearchForm(action: path, fields: fields, table: "manual-share-part", kept: context.here["only"].map { [.init("only", $0)] } ?? []))"
    }

    // MARK: One enterprise

    @Sendable private func enterprise(request: Request, context: WebContext) async throws -> Response { try await enterprise(context.id("org"), context) }

    private func enterprise(_ org: Int64, _ context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let snapshot = gates.registry.snapshot
        guard let site = snapshot.enterprises[org], principal.scope.admits(org: org, area: site.county) else { throw Failure.notFound("该企业") }
        var (from, to) = span(context)
        if context.here["from"] == nil { from = max(Day(number: (to.number / 10_000 - 1) * 10_000 + to.number % 10_000) ?? from, from.adding(days: -160).firstOfMonth) }
        to = max(to, from)
        let lines = try await gates.manualShare.lines(from: from, to: to, org: org, scope: principal.scope)
        let months = Set(lines.map(\.month)).sorted()
        let rows = lines.map { line -> TableRow in
            let name = snapshot.gates[GateRegistry.GateKey(org: org, gateNo: line.gateNo ?? "")]?.name ?? line.gateNo ?? ""
            return TableRow(["\(Self.title(line.month))", "\(name)", Figure.grouped(line.all).markup, Figure.grouped(line.manual).markup, share(line)])
        }
        let columns = [Column("month", "月份"), Column("gate", "门岗"), Column("all", "全部过车", align: .end), Column("manual", "人工补录", align: .end), Column("share", "补录率", align: .end)]
        let table = DataTable(id: "gates", columns: columns, rows: rows, address: context.here, empty: "所选月份没有过车记录", hasTools: false)
        let series = Set(lines.compactMap(\.gateNo)).sorted().map { gateNo in
            ChartSeries(
                snapshot.gates[GateRegistry.GateKey(org: org, gateNo: gateNo)]?.name ?? gateNo,
                months.map { month in lines.first { $0.gateNo == gateNo && $0.month == month }?.share.map { ($0 * 10_000).rounded() / 100 } })
        }
        let chart = Chart(.line, "各门岗补录率", categories: months.map(Self.title), series: series, unit: "%", height: .small)
        let passes = PassLinks.list([.init("org", .eq, [String(org)]), .init("source", .eq, ["manual"]), .init("passedAt", .gte, [from.text])])
        let more: Markup = context.may(GatePassEvent.ledger.readPermission) ? "\(ActionButton("查看补录的过车", .link(passes), icon: "list", style: .quiet))" : .empty
        let body: Markup = """
            \(search("/manual-share/\(org)", from, to, context))<div id="manual-share-part" class="stack">\(Card("各门岗各月补录率", actions: more, isFlush: true, body: "\(table)"))\
            \(Grid(.halves, ["\(Card("变化", body: "\(chart)"))", "\(Card("怎样统计", body: rule))"]))</div>
            """
        return Shell.page(
            "补录率 \(site.name)", crumbs: [Crumb("过车与统计"), Crumb("补录率", "/manual-share"), Crumb(site.name)], active: "/manual-share", body: body, context: context)
    }

    @Sendable private func export(request: Request, context: WebContext) async throws -> Response {
        let (lines, sums, _) = try await found(context)
        let (from, to) = span(context)
        let snapshot = gates.registry.snapshot
        let shown = Set(sums.map(\.org))
        let columns = ["月份", "企业编号", "企业名称", "县（区、市）", "门岗", "全部过车", "人工补录", "补录率"].map { SheetColumn($0) }
        let rows = lines.filter { shown.contains($0.org) }.map { line -> [Cell] in
            let site = snapshot.enterprises[line.org]
            return [
                .text(Self.title(line.month)), Cell(site?.code), Cell(site?.name), Cell(Region(code: site?.county ?? "")?.title),
                Cell(snapshot.gates[GateRegistry.GateKey(org: line.org, gateNo: line.gateNo ?? "")]?.name ?? line.gateNo), Cell(line.all), Cell(line.manual), Cell(line.share),
            ]
        }
        return try await SheetAnswer(name: "补录率-\(Self.text(from))至\(Self.text(to))", columns: columns, rows: rows).response(context, on: gates.database)
    }
}

extension String {
    /// As escaped text.
    fileprivate var markup: Markup { Markup(text: self) }
}
