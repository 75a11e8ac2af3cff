import Exchange
import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import MobileSources
import Storage
import Web

/// A-05 数据统计汇总: one question an address, so that a view can be kept and sent; a chart, the table, the file.
struct StatisticsPages: Sendable {
    let gates: GateSupervision

    func add(to routes: Routes) {
        let reads = RoutePermission.named(GatePermission.statistics)
        routes.get("/statistics", permission: reads, use: show)
        routes.get("/statistics/export", permission: reads, use: export)
        routes.get("/statistics/enterprises", permission: reads, use: enterprises)
    }

    private typealias Query = TransportStatistics.Query
    private typealias Dimension = TransportStatistics.Dimension
    private typealias Measure = TransportStatistics.Measure

    /// As in the address; day ranges are `day_from` and `day_to` there.
    private func query(_ address: PageAddress) throws -> Query {
        var fields: [String: [String]] = ["dimension": address.all("dimension").isEmpty ? ["county", "stage"] : []]
        for item in address.query where !item.value.isEmpty { fields[item.name, default: []].append(item.value) }
        if let from = address["day_from"] { fields["from"] = [from] }
        if let to = address["day_to"] { fields["to"] = [to] }
        return try Query(fields: fields, today: gates.clock.today)
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let address = context.here
        let today = gates.clock.today
        var findings: [FieldFinding] = []
        var asked = Query(from: today.adding(days: -29), to: today, dimensions: [.county])
        var grid: TransportStatistics.Grid?
        do {
            asked = try query(address)
            grid = try await gates.statistics.grid(asked, scope: principal.scope)
        } catch let failure as Failure where failure.kind == .invalid {
            findings = failure.fields
        }
        let dictionaries = gates.ledgers.dictionaries.snapshot
        let notes = findings.map { "\(Notice(.yellow, "\($0.title)：\($0.message)"))" as Markup }
        let content: Markup =
            grid.map { grid in "\(figures(grid))\(Card(title(grid.query), body: chart(grid, dictionaries)))\(table(grid, dictionaries, context))" }
            ?? "\(EmptyState("请修改统计条件", icon: "filter"))"
        let body: Markup = "\(presets(today))\(search(asked, address, principal, findings))<div id=\"figures\" class=\"stack\">\(notes)\(content)</div>"
        return Shell.page(
            "数据统计汇总", crumbs: [Crumb("过车与统计"), Crumb("数据统计汇总")], active: "/statistics", actions: SheetAnswer.buttons(address, path: "/statistics/export"), body: body,
            context: context)
    }

    // MARK: Questions

    private func presets(_ today: Day) -> Markup {
        let month = today.adding(days: 1 - today.number % 100)
        let half = month.adding(days: -1)
        let halfStart = Day(number: half.adding(days: -150).number / 100 * 100 + 1) ?? half
        let warned = "dimension=level&dimension=stage&measure=trips&measure=tonnes"
        let items: [(String, String)] = [
            ("日常运输情况", "day_from=\(today.adding(days: -29).text)&day_to=\(today.text)&dimension=day&dimension=direction&measure=trips&measure=tonnes"),
            ("排放阶段分布", "day_from=\(today.adding(days: -29).text)&day_to=\(today.text)&dimension=county&dimension=stage&measure=trips&measure=tonnes"),
            ("燃料种类分布", "day_from=\(today.adding(days: -29).text)&day_to=\(today.text)&dimension=industry&dimension=fuel&measure=trips&measure=tonnes"),
            ("预警前后对比", "day_from=\(today.adding(days: -89).text)&day_to=\(today.text)&\(warned)"),
            ("各企业运输量", "day_from=\(today.adding(days: -29).text)&day_to=\(today.text)&dimension=enterprise&measure=trips&measure=tonnes&measure=refused"),
            ("各县车辆数（去重）", "day_from=\(halfStart.text)&day_to=\(half.text)&dimension=month&dimension=county&measure=vehicles"),
            (
                "运输结构总表（两年）",
                "day_from=\(today.adding(days: -729).text)&day_to=\(today.text)&dimension=county&dimension=industry&dimension=stage&dimension=fuel&measure=trips&measure=tonnes"
            ),
            ("策略执行情况", "day_from=\(today.adding(days: -29).text)&day_to=\(today.text)&dimension=strategy&dimension=stage&measure=trips&measure=refused"),
        ]
        let chips = items.map { item -> Markup in "<a class=\"btn btn-plain btn-small\" href=\"/statistics?\(item.1)\">\(item.0)</a>" }
        return "<div class=\"row-flex\"><span class=\"muted\">常用统计</span>\(chips)</div>"
    }

    private func search(_ asked: Query, _ address: PageAddress, _ principal: Principal, _ findings: [FieldFinding]) -> Markup {
        func choices(_ items: [CodeItem]) -> [Choice] { items.map { Choice($0.code, $0.title) } }
        let sites = gates.sites(in: principal.scope)
        let isOwn = if case .organisation = principal.scope { true } else { false }
        let strategies = gates.registry.snapshot.strategies.sorted { $0.id < $1.id }.map { Choice(String($0.id), $0.name) } + [Choice("0", "无适用策略")]
        let dimensions = Dimension.allCases.filter { !isOwn || ![.county, .industry, .enterprise].contains($0) }
        var fields = [
            FormField("day", "时间", .dayRange, values: [asked.from.text, asked.to.text]),
            FormField("dimension", "分组", .dropdown(dimensions.map { Choice($0.rawValue, $0.title) }), values: asked.dimensions.map(\.rawValue)),
            FormField("measure", "指标", .dropdown(Measure.allCases.map { Choice($0.rawValue, $0.title) }), values: asked.measures.map(\.rawValue)),
        ]
        if !isOwn {
            let counties = CountyChoice(principal.scope, sites: sites).choices
            fields += [
                FormField("county", "县（区、市）", .dropdown(counties), values: asked.counties),
                FormField("industry", "行业类型", .dropdown(choices(Industry.all + Industry.transportUnits)), values: asked.industries),
                FormField("enterprise", "企业", .dropdown(sites.prefix(400).map { Choice(String($0.org), $0.name) }), values: asked.enterprises.map { String($0) }),
            ]
        }
        fields += [
            FormField("stage", "排放阶段", .dropdown(choices(EmissionStage.all)), values: asked.stages),
            FormField("fuel", "燃料种类", .dropdown(choices(FuelCode.all)), values: asked.fuels),
            FormField("group", "车型", .dropdown(choices(GateCodes.vehicleGroup)), values: asked.groups),
            FormField("strategy", "管控策略", .dropdown(strategies), values: asked.strategies.map { String($0) }),
            FormField("level", "响应级别", .dropdown(choices(WarningLevel.all)), values: asked.levels),
            FormField("direction", "方向", .dropdown(choices(GateCodes.direction)), values: asked.directions),
        ]
        fields = fields.map { field in
            var field = field
            field.error = findings.first { $0.field == field.name || (field.name == "day" && ["from", "to"].contains($0.field)) }?.message
            return field
        }
        return "\(SearchForm(action: "/statistics", fields: fields, table: "figures", visible: 3))"
    }

    @Sendable func enterprises(request: Request, context: WebContext) async throws -> Response {
        let keyword = context.here["q"] ?? ""
        let found = gates.sites(in: try context.signedIn().scope).filter { keyword.isEmpty || $0.name.contains(keyword) || $0.code.contains(keyword) }
        return .html("\(ReferenceChoices(found.prefix(20).map { Choice(String($0.org), $0.name, group: Region(code: $0.county)?.title) }))")
    }

    private func title(_ query: Query) -> String { "\(query.from.text) 至 \(query.to.text) · 按" + query.dimensions.map(\.title).joined(separator: "、") }

    // MARK: Answers

    private func figures(_ grid: TransportStatistics.Grid) -> Markup {
        let total = grid.total
        let days = grid.query.to.daysSince1970 - grid.query.from.daysSince1970 + 1
        var cards: [Markup] = []
        for measure in grid.query.measures {
            switch measure {
            case .trips: cards.append("\(StatCard("车次", Figure.grouped(total.trips), unit: "车次", note: "日均 \(Figure.grouped(total.trips / Int64(max(days, 1))))", icon: "truck"))")
            case .tonnes:
                cards.append("\(StatCard("运输量", Figure.decimal(total.tonnes), unit: "吨", note: "日均 \(Figure.decimal(total.tonnes / Double(max(days, 1)))) 吨", icon: "scale"))")
            case .refused:
                let share = total.trips > 0 ? Double(total.refused) / Double(total.trips) : nil
                cards.append(
                    "\(StatCard("不允许通行", Figure.grouped(total.refused), unit: "车次", note: grid.query.measures.contains(.trips) ? "占 \(Figure.percent(share, digits: 2))" : .empty, icon: "ban"))"
                )
            case .vehicles: cards.append("\(StatCard("车辆数", "去重", note: "各组分别去重，不能相加", icon: "car"))")
            }
        }
        return "\(Grid(cards.count > 3 ? .quarters : .thirds, cards))"
    }

    /// The first dimension across, the second as colours; the others are added up.
    private func chart(_ grid: TransportStatistics.Grid, _ dictionaries: DictionarySnapshot) -> Markup {
        guard let first = grid.query.dimensions.first, let measure = grid.query.measures.first, !grid.lines.isEmpty else { return "\(EmptyState("没有符合条件的过车数据", icon: "chart"))" }
        let second = grid.query.dimensions.count > 1 ? grid.query.dimensions[1] : nil
        var keys: [String] = []
        var groups: [String] = []
        var sums: [String: [String: Double]] = [:]
        for line in grid.lines {
            let group = second == nil ? "" : line.keys[1]
            if sums[line.keys[0]] == nil { keys.append(line.keys[0]) }
            if !groups.contains(group) { groups.append(group) }
            sums[line.keys[0], default: [:]][group, default: 0] += line.figures.value(measure)
        }
        let isTime = first == .day || first == .month
        if !isTime { keys.sort { (sums[$0]?.values.reduce(0, +) ?? 0) > (sums[$1]?.values.reduce(0, +) ?? 0) } }
        let shown = isTime ? keys : Array(keys.prefix(30))
        groups.sort()
        let series = groups.prefix(14).map { group in
            ChartSeries(
                second.map { grid.title($0, group, dictionaries) } ?? measure.title, shown.map { sums[$0]?[group] ?? 0 },
                tone: second == .level ? WarningLevel(rawValue: group)?.tone : nil)
        }
        let unit = measure == .tonnes ? "吨" : measure == .vehicles ? "辆" : "车次"
        let kind: Chart.Kind = isTime && second == nil ? .area : second == nil ? .bar : .stackedBar
        let note: Markup = keys.count > shown.count ? "<p class=\"muted\">图中为\(measure.title)最多的 30 项，全部见下表。</p>" : .empty
        return
            "\(Chart(kind, "\(measure.title)：\(title(grid.query))", categories: shown.map { grid.title(first, $0, dictionaries) }, series: Array(series), unit: unit, height: .large))\(note)"
    }

    private func columns(_ query: Query) -> [(title: String, measure: Measure?)] { query.dimensions.map { ($0.title, nil) } + query.measures.map { ($0.title, $0) } }

    private func table(_ grid: TransportStatistics.Grid, _ dictionaries: DictionarySnapshot, _ context: WebContext) -> Markup {
        let heads =
            grid.query.dimensions.map { Column($0.rawValue, $0.title, isWrapping: $0 == .enterprise) } + grid.query.measures.map { Column($0.rawValue, $0.title, align: .end) }
        let rows = grid.lines.prefix(500).map { line -> TableRow in
            let keys = zip(grid.query.dimensions, line.keys).map { "\(grid.title($0.0, $0.1, dictionaries))" as Markup }
            let values = grid.query.measures.map { value($0, line.figures) }
            return TableRow(keys + values, path: drill(grid.query, line))
        }
        let total: Markup =
            "共 <b>\(grid.lines.count)</b> 组\(Markup.when(grid.isTruncated, "（仅前 \(TransportStatistics.rowLimit) 组）"))\(Markup.when(grid.lines.count > 500, "，页面显示前 500 组，导出含全部"))"
        return "\(DataTable(id: "statistics", columns: heads, rows: Array(rows), address: context.here, toolbar: "<span>\(total)</span>", empty: "没有符合条件的过车数据"))"
    }

    private func value(_ measure: Measure, _ figures: TransportStatistics.Figures) -> Markup {
        switch measure {
        case .trips: "\(Figure.grouped(figures.trips))"
        case .tonnes: "\(Figure.decimal(figures.tonnes))"
        case .refused: "\(Figure.grouped(figures.refused))"
        case .vehicles: "\(figures.vehicles.map { Figure.grouped($0) } ?? "—")"
        }
    }

    /// The passes behind one line, as the ledger's list filters them; nil where it has no such filter.
    private func drill(_ query: Query, _ line: TransportStatistics.Line) -> String? {
        var from = query.from
        var to = query.to
        var items: [PageAddress.QueryItem] = []
        for (dimension, key) in zip(query.dimensions, line.keys) {
            switch dimension {
            case .stage: items.append(.init("f.emissionStage", key))
            case .fuel: items.append(.init("f.fuel", key))
            case .industry: items.append(.init("f.industry", key))
            case .level: items.append(.init("f.warningLevel", key))
            case .direction: items.append(.init("f.direction", key))
            case .enterprise: items.append(.init("f.org", key))
            case .county: items.append(.init("f.area", key))
            case .day:
                guard let day = Int(key).flatMap({ Day(number: $0) }) else { return nil }
                (from, to) = (day, day)
            case .month, .group, .strategy: return nil
            }
        }
        guard to.daysSince1970 - from.daysSince1970 <= 31 else { return nil }
        items.append(.init("f.passedAt.between", "\(from.text),\(to.text)"))
        return PageAddress("/ledgers/\(GatePassEvent.ledger.name)", items).text
    }

    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let grid = try await gates.statistics.grid(query(context.here), scope: principal.scope)
        let dictionaries = gates.ledgers.dictionaries.snapshot
        let rows = grid.lines.map { line -> [Cell] in
            zip(grid.query.dimensions, line.keys).map { .text(grid.title($0.0, $0.1, dictionaries)) }
                + grid.query.measures.map { measure in
                    switch measure {
                    case .vehicles: Cell(line.figures.vehicles)
                    default: Cell(line.figures.value(measure))
                    }
                }
        }
        let name = "运输统计-\(grid.query.from.text)至\(grid.query.to.text)"
        return try await SheetAnswer(name: name, columns: columns(grid.query).map { SheetColumn($0.title) }, rows: rows).response(context, on: gates.database)
    }
}
