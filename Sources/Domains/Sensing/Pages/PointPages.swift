import Alarms
import Exchange
import Features
import Hummingbird
import Identity
import Kernel
import Points
import Storage
import Web

/// 实时监测: every point with its value, standing and last hour; one point with its curve, limits and alarms. Source: requirements D9.3.4, D9.3.5, D2.5.2.
struct PointPages: Sendable {
    let desk: PointDesk
    static let path = "/points"
    private static let crumbs = [Crumb("监测感知"), Crumb("实时监测", path)]

    func add(to routes: Routes) {
        let reads = RoutePermission.named(PointPermission.read)
        routes.get(Self.path, permission: reads, use: list)
        routes.get(Self.path + "/export", permission: reads, use: export)
        routes.get(Self.path + "/{id}", permission: reads, use: show)
        routes.get(Self.path + "/{id}/export", permission: reads, use: exportValues)
    }

    // MARK: List

    private struct Found {
        var all: [PointDefinition]
        var shown: [PointDefinition]
        var standings: [Int64: PointStanding]
        var counts: [String: Int]
    }

    private func found(_ context: WebContext) async throws -> Found {
        let principal = try context.signedIn(), window = ListWindow(context.here), now = desk.platform.clock.now, here = context.here
        try await desk.engine.open()
        let all = try await desk.engine.points(for: principal)
        let standings = desk.engine.standings(all.map(\.id))
        let matching = all.filter { point in
            window.finds(point.code, point.name, point.orgName, point.deviceName, point.plant, point.zone, point.substance)
                && (here["kind"].map { point.kind.rawValue == $0 } ?? true) && (here["org"].map { String(point.org ?? 0) == $0 } ?? true)
                && (here["plant"].map { point.plant == $0 } ?? true)
        }
        let counts = matching.reduce(into: [String: Int]()) { $0[PointDesk.state($1, standings[$1.id], at: now), default: 0] += 1 }
        let shown = here["state"].map { state in matching.filter { PointDesk.state($0, standings[$0.id], at: now) == state } } ?? matching
        return Found(all: all, shown: shown, standings: standings, counts: counts)
    }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let found = try await found(context)
        let now = desk.platform.clock.now, window = ListWindow(context.here), standings = found.standings
        let rank = { (point: PointDefinition) in PointDesk.states.firstIndex { $0.0 == PointDesk.state(point, standings[point.id], at: now) } ?? 9 }
        // What is wrong stands first, as long as nobody sorts.
        let ordered = found.shown.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }.map(\.element)
        let (points, pager) = window.numbered(
            ordered,
            sortedBy: [
                "code": { $0.code }, "name": { $0.name }, "org": { $0.orgName }, "place": { $0.plant + $0.zone + $0.deviceName },
                "at": { String(1_000_000_000_000_000 + (standings[$0.id]?.last?.at.milliseconds ?? 0)) },
            ])
        let trends = try await trends(points, now)
        let rows = points.map { row($0, standings[$0.id], trends[$0.id] ?? [], now) }
        let total = found.counts.values.reduce(0, +)
        let tabs = Tabs(
            [Tabs.Tab("全部", context.here.with("state", nil).restarting.text, isActive: context.here["state"] == nil, count: total)]
                + PointDesk.states.map { name, title in
                    Tabs.Tab(title, context.here.with("state", name).restarting.text, isActive: context.here["state"] == name, count: found.counts[name] ?? 0)
                })
        let orgs = Dictionary(found.all.compactMap { point in point.org.map { ($0, point.orgName) } }, uniquingKeysWith: { first, _ in first }).sorted { $0.key < $1.key }
        let plants = Array(Set(found.all.map(\.plant).filter { !$0.isEmpty })).sorted()
        let columns = [
            Column("code", "编码", isSortable: true), Column("name", "监测点", isSortable: true), Column("value", "实时值", align: .end), Column("state", "状态"),
            Column("trend", "近一小时"), Column("limits", "限值"), Column("org", "企业", isSortable: true), Column("place", "装置 / 区域 / 设备", isSortable: true),
            Column("at", "数据时间", isSortable: true),
        ]
        let live: Markup =
            "<div hidden hx-get=\"\(context.here.text)\" hx-trigger=\"every 5s\" hx-target=\"#points\" hx-select=\"#points\" hx-swap=\"outerHTML\" hx-push-url=\"false\"></div>"
        let page = ListPage(
            "实时监测", at: Self.path, crumbs: Self.crumbs, id: "points", columns: columns,
            filters: [
                .keyword(context, "编码、名称、企业、设备、物质"), .choice("kind", "监测类型", PointKind.allCases.map { Choice($0.rawValue, $0.title) }, context),
                .choice("org", "企业", orgs.map { Choice(String($0.key), $0.value) }, context), .choice("plant", "装置或单元", plants.map { Choice($0, $0) }, context),
            ], kept: context.here["state"].map { [.init("state", $0)] } ?? [],
            empty: "还没有监测点：先在监测设备、监测点台账登记或导入，再按接口说明上报数据", export: Self.path + "/export",
            actions: "\(ActionButton("时序分析", .link(AnalysisPages.path), icon: "chart"))", toolbar: "\(tabs)", above: live)
        return page.response(rows, pager, context)
    }

    /// Means of five minutes of the last hour, for the small curves.
    private func trends(_ points: [PointDefinition], _ now: Moment) async throws -> [Int64: [Double]] {
        try await desk.engine.aggregate(all: points.map(\.id), from: now.adding(seconds: -3600), to: now.adding(seconds: 1), step: 150_000).mapValues { $0.compactMap(\.sums.mean) }
    }

    private func row(_ point: PointDefinition, _ standing: PointStanding?, _ trend: [Double], _ now: Moment) -> TableRow {
        let state = PointDesk.state(point, standing, at: now)
        let last = standing?.last
        let mark: Markup = last.map { $0.quality == .good ? Markup.empty : " \(Badge($0.quality.title, .yellow))" } ?? .empty
        let value: Markup = "<strong class=\"num\">\(last.map { PointFigure.text($0.value, places: point.places) } ?? "—")</strong> <small>\(point.unit)</small>\(mark)"
        let place = [point.plant, point.zone, point.deviceName].filter { !$0.isEmpty }.joined(separator: " / ")
        return TableRow(
            id: String(point.id),
            [
                "<span class=\"mono\">\(point.code)</span>", "\(point.name)", value, PointDesk.badge(point, standing, at: now), Self.spark(trend), "\(Self.limits(point))",
                "\(point.orgName)",
                "\(place)", "\(last?.at)",
            ], path: "\(Self.path)/\(point.id)", tone: state == "alarm" ? (standing?.level == .high || standing?.level == .low ? .orange : .red) : nil)
    }

    static func spark(_ trend: [Double]) -> Markup {
        guard trend.count > 1, let low = trend.min(), let high = trend.max() else { return "<span class=\"nothing\">—</span>" }
        let spread = high > low ? high - low : 1, step = 110.0 / Double(trend.count - 1)
        let points = trend.enumerated().map { index, value in "\(Figure.decimal(Double(index) * step)),\(Figure.decimal(24 - (value - low) / spread * 22))" }
        return
            "<svg class=\"spark is-inline\" viewBox=\"0 0 110 26\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><polyline points=\"\(points.joined(separator: " "))\"></polyline></svg>"
    }

    static func limits(_ point: PointDefinition) -> String {
        let limits = point.limits
        let text = [("低低", limits.lowLow), ("低", limits.low), ("高", limits.high), ("高高", limits.highHigh)].compactMap { name, limit in limit.map { "\(name) \(Figure.plain($0))" } }
        return text.isEmpty ? "—" : text.joined(separator: "　")
    }

    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        let found = try await found(context)
        let now = desk.platform.clock.now
        let titles = ["编码", "监测点", "监测类型", "实时值", "计量单位", "状态", "数据时间", "企业", "装置或单元", "区域", "设备"]
        let rows = found.shown.prefix(20_000).map { point -> [Cell] in
            let last = found.standings[point.id]?.last
            let state = PointDesk.state(point, found.standings[point.id], at: now)
            return [
                Cell(point.code), Cell(point.name), Cell(point.kind.title), Cell(last?.value), Cell(point.unit), Cell(PointDesk.states.first { $0.0 == state }?.1),
                last.map { .moment($0.at) } ?? .empty, Cell(point.orgName), Cell(point.plant), Cell(point.zone), Cell(point.deviceName),
            ]
        }
        return try await SheetAnswer(name: "实时监测", columns: titles.map { SheetColumn($0) }, rows: Array(rows)).response(context, on: desk.platform.database)
    }

    // MARK: One point

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        try await desk.engine.open()
        let point = try await desk.engine.point(try context.id(), by: principal)
        let now = desk.platform.clock.now, span = TimeSpan(context.here, usual: "1h", now: now)
        let step = PointDesk.step(span.seconds, most: 360)
        let buckets = try await desk.engine.aggregate(point.id, from: span.from, to: Moment(milliseconds: span.to.milliseconds + 1), step: step * 1000)
        let standing = desk.engine.standings([point.id])[point.id]
        let alarms: [Alarm] = try await desk.platform.database.look { [alarms = desk.platform.alarms] reader in
            guard principal.may(AlarmPermission.read) else { return [] }
            var filter = AlarmFilter()
            filter.source = AlarmSource(PointAlarms.source, point.id)
            return try alarms.list(filter, limit: 20, by: principal, in: reader).alarms
        }
        let main: Markup = "\(curve(point, span, step, buckets, context))\(alarmCard(alarms))"
        let aside: Markup = "\(facts(point, standing, now))"
        let edit: Markup =
            context.may("monitoringPoint.write") ? "\(ActionButton("修改限值与状态", .link("/ledgers/monitoringPoint/\(point.id)/edit"), icon: "edit"))" : .empty
        let analyse = ActionButton("时序分析", .link("\(AnalysisPages.path)?point=\(point.id)"), icon: "chart", style: .primary)
        return Shell.page(
            "\(point.name)（\(point.code)）", crumbs: Self.crumbs + [Crumb(point.code)], active: Self.path,
            actions: "\(analyse)\(edit)\(SheetAnswer.buttons(context.here, path: "\(Self.path)/\(point.id)/export"))",
            body: "\(figures(point, standing, buckets, now))\(Grid(.mainAside, ["<div class=\"stack\">\(main)</div>", "<div class=\"stack\">\(aside)</div>"]))", context: context)
    }

    private func figures(_ point: PointDefinition, _ standing: PointStanding?, _ buckets: [PointBucket], _ now: Moment) -> Markup {
        var sums = PointSums()
        for bucket in buckets { sums.add(bucket.sums) }
        let shown = { (value: Double?) in value.map { PointFigure.text($0, places: point.places) } ?? "—" }
        let last = standing?.last
        let tone: Tone = standing.map { $0.isOffline ? .muted : $0.level == .normal ? .good : $0.level == .high || $0.level == .low ? .orange : .red } ?? .muted
        return
            "\(Grid(.quarters, ["\(StatCard("实时值", shown(last?.value), unit: point.unit, note: "\(last?.at)", tone: tone))", "\(StatCard("时段最大", shown(sums.count > 0 ? sums.high : nil), unit: point.unit))", "\(StatCard("时段最小", shown(sums.count > 0 ? sums.low : nil), unit: point.unit))", "\(StatCard("时段平均", shown(sums.mean), unit: point.unit, note: "标准差 \(shown(sums.deviation))，\(Figure.grouped(sums.count)) 个数据\(sums.bad > 0 ? "，无效 \(sums.bad) 个" : "")"))"]))"
    }

    private func curve(_ point: PointDefinition, _ span: TimeSpan, _ step: Int64, _ buckets: [PointBucket], _ context: WebContext) -> Markup {
        let slots = Int((span.seconds / Double(step)).rounded(.up))
        var means = [Double?](repeating: nil, count: max(slots, 1)), highs = means, lows = means
        for bucket in buckets {
            let index = Int((bucket.at.milliseconds - span.from.milliseconds) / (step * 1000))
            guard means.indices.contains(index), let mean = bucket.sums.mean else { continue }
            means[index] = PointFigure.rounded(mean, places: point.places + 1)
            highs[index] = bucket.sums.high
            lows[index] = bucket.sums.low
        }
        let labels = means.indices.map { PointDesk.label(Moment(milliseconds: span.from.milliseconds + Int64($0) * step * 1000), span: span.seconds) }
        var series = [ChartSeries("平均", means, tone: .info)]
        if step > point.period * 2 { series += [ChartSeries("最大", highs, tone: .muted), ChartSeries("最小", lows, tone: .muted)] }
        let limits: [(String, Double?, Tone)] = [
            ("高高报", point.limits.highHigh, .red), ("高报", point.limits.high, .orange), ("低报", point.limits.low, .orange), ("低低报", point.limits.lowLow, .red),
        ]
        for (name, limit, tone) in limits { if let limit { series.append(ChartSeries(name, means.map { _ in limit }, tone: tone)) } }
        let tabs = Tabs(
            TimeSpan.ranges.map { Tabs.Tab($0.title, "\(Self.path)/\(point.id)?range=\($0.name)", isActive: span.range == $0.name) })
        let live: Markup =
            span.range == nil
            ? .empty
            : "<div hidden hx-get=\"\(context.here.text)\" hx-trigger=\"every \(span.seconds > 7200 ? 60 : 10)s\" hx-target=\"#main\" hx-select=\"#main\" hx-swap=\"outerHTML\" hx-push-url=\"false\"></div>"
        let body: Markup =
            buckets.isEmpty
            ? "\(EmptyState("该时段没有数据", icon: "trend"))"
            : "\(Chart(.line, "\(point.name)趋势", categories: labels, series: series, unit: point.unit, height: .large))"
        return "\(Card("趋势曲线（每 \(PointDesk.stepTitle(step))一点）", actions: "\(tabs)", body: "\(live)\(body)"))"
    }

    private func facts(_ point: PointDefinition, _ standing: PointStanding?, _ now: Moment) -> Markup {
        let use = point.use(at: now)
        let until: Markup = use == .inUse ? .empty : point.useUntil.map { " 至 \($0)" } ?? .empty
        let since: Markup = standing?.since.map { "（自 \($0)）" } ?? .empty
        let items: [DescriptionList.Item] = [
            .init("状态", "\(PointDesk.badge(point, standing, at: now))\(since)"), .init("使用状态", "\(use.title)\(until)"), .init("企业", "\(point.orgName)"),
            .init("装置或单元", "\(point.plant)"), .init("区域", "\(point.zone)"), .init("设备", "\(point.deviceName)"), .init("监测类型", "\(point.kind.title)"),
            .init("监测物质", "\(point.substance)"),
            .init("量程", point.rangeHigh == nil && point.rangeLow == nil ? "" : "\(point.shown(point.rangeLow)) 至 \(point.shown(point.rangeHigh))"),
            .init("限值", "\(Self.limits(point))"), .init("变化率", point.limits.rate == nil ? "" : "\(point.shown(point.limits.rate))/分钟"),
            .init("报警延时", "\(point.limits.delay) 秒"),
            .init("回差", "\(point.shown(point.limits.band))"), .init("采集周期", "\(point.period) 秒"),
            .init("离线时限", point.offlineAfter > 0 ? "\(point.offlineAfter) 秒" : "不判离线"),
            .init("数据保存", "\(point.keepDays) 天"),
        ]
        return "\(Card("点位信息", body: "\(DescriptionList(items, columns: 1))"))"
    }

    private func alarmCard(_ alarms: [Alarm]) -> Markup {
        let rows = alarms.map { alarm in
            TableRow(
                ["<span class=\"num\">\(alarm.number)</span>", "\(alarm.title)", "\(alarm.state.title)", "\(alarm.occurredAt)", "\(alarm.closedAt)", "\(alarm.times)"],
                path: "/alarms/\(alarm.id)")
        }
        let columns = [
            Column("number", "报警号"), Column("title", "内容", isWrapping: true), Column("state", "处理状态"), Column("at", "发生时间"), Column("end", "关闭时间"),
            Column("times", "次数", align: .end),
        ]
        return
            "\(Card("该点位的报警", isFlush: true, body: "\(DataTable(id: "point-alarms", columns: columns, rows: rows, address: PageAddress(Self.path), empty: "没有报警", hasTools: false))"))"
    }

    /// Values of the span as they were measured.
    @Sendable func exportValues(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let point = try await desk.engine.point(try context.id(), by: principal)
        let span = TimeSpan(context.here, usual: "1h", now: desk.platform.clock.now)
        let samples = try await desk.engine.read(point.id, from: span.from, to: span.to)
        let rows = samples.map { [Cell.moment($0.at), .number($0.value), .text($0.quality.title)] }
        try await desk.platform.database.write { [audit = desk.platform.audit] tx in
            try audit.record(AuditEntry("export", "monitoringPoint", "\(point.id)", "导出监测点“\(point.name)”数据 \(rows.count) 个"), by: principal, in: tx)
        }
        return try await SheetAnswer(
            name: "\(point.code) \(point.name)", columns: [SheetColumn("时间", width: 22), SheetColumn("数值（\(point.unit)）"), SheetColumn("质量")], rows: rows
        ).response(context, on: desk.platform.database)
    }
}
