import Exchange
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// How good the alarms were and how well they were handled (D9.7.8, D18.4.8).
extension AlarmPages {
    private struct Quality: Sendable {
        var figures: AlarmQuality
        var days: [AlarmStatisticsRow]
        var units: [AlarmRank]
        var kinds: [AlarmRank]
        var repeated: [RepeatedSubject]
        var names: [Int64: String]
    }

    /// Thirty days unless asked otherwise, at most a year.
    func period(_ context: WebContext) -> AlarmFilter {
        var filter = AlarmFilter(context.here, now: context.site.clock.now)
        filter.to = filter.to ?? context.site.clock.today
        let last = filter.to ?? context.site.clock.today
        let first = filter.from ?? last.adding(days: -29)
        filter.from = last.daysSince1970 - first.daysSince1970 > 366 ? last.adding(days: -366) : first
        return filter
    }

    private func quality(_ filter: AlarmFilter, by principal: Principal) async throws -> Quality {
        try await database.read { [engine] reader in
            let units = try engine.ranking(filter, by: .org, for: principal, in: reader)
            return Quality(
                figures: try engine.quality(filter, by: principal, in: reader), days: try engine.statistics(filter, by: .day, for: principal, in: reader), units: units,
                kinds: try engine.ranking(filter, by: .kind, for: principal, in: reader), repeated: try engine.repeated(filter, by: principal, in: reader),
                names: try engine.organisationNames(units.compactMap { Int64($0.key) }, in: reader))
        }
    }

    /// `GET /alarms/quality?day_from=&day_to=&kind=&area=`.
    @Sendable
    func quality(request: Request, context: WebContext) async throws -> Response {
        let filter = period(context)
        let found = try await quality(filter, by: context.signedIn())
        let fields = [
            FormField("day", "发生日期", .dayRange, values: [filter.from?.text ?? "", filter.to?.text ?? ""]),
            FormField("kind", "类型", .select([Choice("", "全部")] + engine.kinds.map { Choice($0.name, $0.title) }), values: filter.kinds),
        ]
        let export: Markup =
            context.may(AlarmPermission.export)
            ? "\(ActionButton("导出", .download(PageAddress("/alarms/quality/export", context.here.query).text), icon: "download"))\(ActionButton("打印", .print, icon: "print", style: .quiet))"
            : "\(ActionButton("打印", .print, icon: "print", style: .quiet))"
        let body: Markup = """
            \(SearchForm(action: "/alarms/quality", fields: fields, table: "quality"))<div id="quality" class="stack">\(cards(found.figures))\
            \(Grid(.halves, [trend(found.days, filter), kindChart(found.kinds)]))\(rankCard("unit-ranks", "按单位", found.units) { $0 == "0" ? "未指明" : Int64($0).flatMap { found.names[$0] } ?? $0 })\
            \(rankCard("kind-ranks", "按类型", found.kinds) { self.engine.title(ofKind: $0) })\(repeatedCard(found.repeated))</div>
            """
        return Shell.page(
            context.text("报警质量", "Alarm quality"), crumbs: [Crumb(context.text("监测报警", "Alarms"))], active: "/alarms/quality", actions: export, body: body, context: context)
    }

    private func cards(_ figures: AlarmQuality) -> Markup {
        let counts = figures.counts
        let first: [Markup] = [
            "\(StatCard("报警", Figure.grouped(counts.opened), unit: "条", note: "每小时 \(Figure.decimal(figures.perHour, digits: 2)) 条", icon: "siren"))",
            "\(StatCard("紧急级别", Figure.grouped(figures.urgent), unit: "条", note: "主用方案前两级", tone: figures.urgent > 0 ? .red : .neutral, icon: "flame"))",
            "\(StatCard("处置率", Figure.percent(figures.handledRate), note: "未结 \(Figure.grouped(counts.open)) 条", icon: "check"))",
            "\(StatCard("按时受理率", Figure.percent(figures.inTimeRate), note: "平均 \(Self.duration(counts.meanResponseSeconds))", icon: "clock"))",
            "\(StatCard("误报率", Figure.percent(figures.falseRate), note: "误报 \(Figure.grouped(counts.falseAlarms)) 条", icon: "ban"))",
            "\(StatCard("每小时不少于 3 条", Figure.percent(figures.crowdedHours), note: "占有报警的小时", icon: "bolt"))",
        ]
        let second: [Markup] = [
            "\(StatCard("发生次数", Figure.grouped(counts.times), unit: "次", note: "合并后 \(Figure.grouped(counts.opened)) 条", icon: "history"))",
            "\(StatCard("陈旧", Figure.grouped(figures.stale), unit: "条", note: "未结超过一天", tone: figures.stale > 0 ? .orange : .neutral, icon: "archive"))",
            "\(StatCard("瞬闪", Figure.grouped(figures.flickering), unit: "条", note: "一分钟内恢复或瞬时超限", icon: "gauge"))",
            "\(StatCard("设备掉线", Figure.grouped(figures.offline), unit: "条", icon: "wifi"))",
            "\(StatCard("停用免报", Figure.grouped(figures.held), unit: "次", note: "批准时段内只计数", icon: "pause", path: "/alarm-suppressions"))",
            "\(StatCard("成立", Figure.grouped(counts.byState[.confirmed] ?? 0), unit: "条", note: "撤销 \(Figure.grouped(counts.byState[.revoked] ?? 0)) 条", icon: "flag"))",
        ]
        return "\(Grid(.sixths, first))\(Grid(.sixths, second))"
    }

    private func trend(_ rows: [AlarmStatisticsRow], _ filter: AlarmFilter) -> Markup {
        guard let from = filter.from, let to = filter.to, from <= to else { return .empty }
        let byDay = Dictionary(rows.map { ($0.key, $0.counts) }, uniquingKeysWith: { first, _ in first })
        let days = (from.daysSince1970...to.daysSince1970).map { Day(daysSince1970: $0) }
        let counts = days.map { byDay[String($0.number)] ?? AlarmCounts() }
        let chart = Chart(
            .line, "每日报警与误报", categories: days.map(\.text),
            series: [ChartSeries("报警", counts.map { Double($0.opened) }), ChartSeries("误报", counts.map { Double($0.falseAlarms) }, tone: .muted)], unit: "条")
        return "\(Card("每日报警与误报", body: chart.markup))"
    }

    private func kindChart(_ ranks: [AlarmRank]) -> Markup {
        let shown = Array(ranks.prefix(10))
        guard !shown.isEmpty else { return "\(Card("各类型", body: "\(EmptyState("这段时间没有报警"))"))" }
        let chart = Chart(
            .horizontalBar, "各类型报警", categories: shown.map { engine.title(ofKind: $0.key) },
            series: [ChartSeries("报警", shown.map { Double($0.counts.opened) }), ChartSeries("误报", shown.map { Double($0.counts.falseAlarms) }, tone: .muted)], unit: "条")
        return "\(Card("各类型", body: chart.markup))"
    }

    private static let rankColumns = [
        Column("name", "名称", isWrapping: true), Column("opened", "报警", align: .end), Column("change", "环比", align: .end), Column("times", "发生次数", align: .end),
        Column("response", "平均受理用时", align: .end), Column("inTime", "按时受理率", align: .end), Column("handled", "处置率", align: .end), Column("false", "误报率", align: .end),
    ]

    private func share(_ part: Int, _ whole: Int) -> Double? { whole == 0 ? nil : Double(part) / Double(whole) }

    private func rankCard(_ id: String, _ title: String, _ ranks: [AlarmRank], name: (String) -> String) -> Markup {
        let rows = ranks.prefix(20).map { rank -> TableRow in
            let counts = rank.counts
            let change: Markup =
                rank.change.map { value in "<span class=\"\(value > 0 ? "tone-red" : "tone-good")\">\(value > 0 ? "+" : "")\(Figure.percent(value))</span>" } ?? "—"
            return TableRow([
                "\(name(rank.key))", "\(Figure.grouped(counts.opened))", change, "\(Figure.grouped(counts.times))", "\(Self.duration(counts.meanResponseSeconds))",
                "\(Figure.percent(share(counts.inTime, counts.opened)))", "\(Figure.percent(share(counts.opened - counts.open, counts.opened)))",
                "\(Figure.percent(share(counts.falseAlarms, counts.opened)))",
            ])
        }
        let table = DataTable(id: id, columns: Self.rankColumns, rows: rows, address: PageAddress("/alarms/quality"), empty: "这段时间没有报警", hasTools: false)
        return "\(Card(title, isFlush: true, body: table.markup))"
    }

    private func repeatedCard(_ subjects: [RepeatedSubject]) -> Markup {
        let rows = subjects.map { subject in
            TableRow([
                "\(subject.subject)", "\(engine.title(ofKind: subject.kind))", "\(subject.orgName)", "\(Figure.grouped(subject.alarms))", "\(Figure.grouped(subject.times))",
                "\(Figure.percent(share(subject.falseAlarms, subject.alarms)))",
            ])
        }
        let columns = [
            Column("subject", "点位、车辆或设备"), Column("kind", "类型"), Column("org", "单位", isWrapping: true), Column("alarms", "报警", align: .end), Column("times", "发生次数", align: .end),
            Column("false", "误报率", align: .end),
        ]
        let table = DataTable(id: "repeated", columns: columns, rows: rows, address: PageAddress("/alarms/quality"), empty: "没有发生三次以上的对象", hasTools: false)
        return "\(Card("重复报警（三次以上，前 20）", isFlush: true, body: table.markup))"
    }

    /// `GET /alarms/quality/export`: units, kinds and repeated subjects in one sheet.
    @Sendable
    func exportQuality(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let filter = period(context)
        let found = try await quality(filter, by: principal)
        let columns = ["维度", "名称", "报警（条）", "上期（条）", "发生次数", "平均受理秒数", "按时受理率", "处置率", "误报（条）", "误报率"].map { SheetColumn($0) }
        let line = { (dimension: String, name: String, rank: AlarmRank) -> [Cell] in
            let counts = rank.counts
            return [
                Cell(dimension), Cell(name), Cell(counts.opened), Cell(rank.before), Cell(counts.times), Cell(counts.meanResponseSeconds),
                Cell(self.share(counts.inTime, counts.opened)),
                Cell(self.share(counts.opened - counts.open, counts.opened)), Cell(counts.falseAlarms), Cell(self.share(counts.falseAlarms, counts.opened)),
            ]
        }
        var rows = found.units.map { line("单位", $0.key == "0" ? "未指明" : Int64($0.key).flatMap { found.names[$0] } ?? $0.key, $0) }
        rows += found.kinds.map { line("类型", engine.title(ofKind: $0.key), $0) }
        rows += found.repeated.map {
            [
                Cell("重复对象"), Cell("\($0.orgName) \($0.subject)"), Cell($0.alarms), Cell(nil as Int?), Cell($0.times), Cell(nil as Double?), Cell(nil as Double?),
                Cell(nil as Double?), Cell($0.falseAlarms), Cell(self.share($0.falseAlarms, $0.alarms)),
            ]
        }
        let format = context.here["format"].flatMap(SheetFormat.init(rawValue:)) ?? .xlsx
        let path = try workFile(format.rawValue)
        let lines = rows
        try await database.read { _ in
            let writer = try SheetWriter(path: path, format: format, sheet: "报警质量", columns: columns)
            for row in lines { try writer.append(row) }
            try writer.finish()
        }
        try await database.write { [engine] in
            try engine.hooks.audit(AuditEntry("export", "alarm", "quality", "导出报警质量统计 \(filter.from?.text ?? "") 至 \(filter.to?.text ?? "")"), principal, $0)
        }
        return .download(body: sending(path), filename: "报警质量-\(filter.from?.text ?? "")-\(filter.to?.text ?? "").\(format.rawValue)", contentType: format.mediaType)
    }
}
