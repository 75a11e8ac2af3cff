import Hummingbird
import Identity
import Kernel
import Storage
import Web

extension AlarmPages {
    /// `GET /alarms/statistics`: last thirty days unless asked otherwise; every figure from the daily table.
    @Sendable
    func statistics(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        var filter = AlarmFilter(context.here, now: context.site.clock.now)
        let today = context.site.clock.today
        filter.to = filter.to ?? today
        filter.from = filter.from ?? (filter.to ?? today).adding(days: -29)
        let dimension = context.here["by"].flatMap(AlarmDimension.init(rawValue:)) ?? .kind
        let chosen = filter
        let (totals, byDay, groups, names) = try await database.read { [engine] reader in
            let groups = try engine.statistics(chosen, by: dimension, for: principal, in: reader)
            let names = dimension == .org ? try engine.organisationNames(groups.prefix(200).compactMap { Int64($0.key) }, in: reader) : [:]
            return (try engine.totals(chosen, by: principal, in: reader), try engine.statistics(chosen, by: .day, for: principal, in: reader), groups, names)
        }
        let title = { (key: String) in self.title(of: key, in: dimension, names) }
        let body: Markup =
            "\(search(chosen, dimension, context))<div id=\"figures\" class=\"stack\">\(cards(totals))\(trend(byDay, chosen))\(chart(groups, dimension, title))\(table(groups, dimension, title, context))</div>"
        return Shell.page(context.text("报警统计", "Alarm statistics"), crumbs: [Crumb(context.text("监测报警", "Alarms"))], active: "/alarms/statistics", body: body, context: context)
    }

    private func search(_ filter: AlarmFilter, _ dimension: AlarmDimension, _ context: WebContext) -> Markup {
        let fields = [
            FormField("day", "发生日期", .dayRange, values: [filter.from?.text ?? "", filter.to?.text ?? ""]),
            FormField("by", "统计维度", .select(AlarmDimension.allCases.map { Choice($0.rawValue, $0.title) }), value: dimension.rawValue),
            FormField("kind", "类型", .select([Choice("", "全部")] + engine.kinds.map { Choice($0.name, $0.title) }), values: filter.kinds),
            FormField(
                "grade", "等级", .select([Choice("", "全部")] + AlarmGrade.allCases.map { Choice(String($0.rawValue), $0.title) }), values: filter.grades.map { String($0.rawValue) }),
        ]
        return "\(SearchForm(action: "/alarms/statistics", fields: fields, table: "figures"))"
    }

    private func cards(_ totals: AlarmCounts) -> Markup {
        let decided = (totals.byState[.confirmed] ?? 0) + (totals.byState[.revoked] ?? 0)
        let parts: [Markup] = [
            "\(StatCard("报警", Figure.grouped(totals.opened), unit: "条", icon: "siren"))", "\(StatCard("发生", Figure.grouped(totals.times), unit: "次", icon: "history"))",
            "\(StatCard("待处理", Figure.grouped(totals.open), unit: "条", tone: totals.open > 0 ? .orange : .good, icon: "inbox", path: "/alarms"))",
            "\(StatCard("认定成立", Figure.grouped(totals.byState[.confirmed] ?? 0), unit: "条", icon: "check"))",
            "\(StatCard("撤销率", Figure.percent(decided == 0 ? nil : Double(totals.byState[.revoked] ?? 0) / Double(decided)), icon: "pie"))",
            "\(StatCard("平均受理用时", Self.duration(totals.meanResponseSeconds), icon: "clock"))",
        ]
        return "\(Grid(.sixths, parts))"
    }

    /// Days without an alarm are shown as zero, not left out.
    private func trend(_ rows: [AlarmStatisticsRow], _ filter: AlarmFilter) -> Markup {
        guard let from = filter.from, let to = filter.to, from <= to, to.daysSince1970 - from.daysSince1970 <= 400 else { return .empty }
        let byDay = Dictionary(rows.map { ($0.key, $0.counts) }, uniquingKeysWith: { first, _ in first })
        let days = (from.daysSince1970...to.daysSince1970).map { Day(daysSince1970: $0) }
        let counts = days.map { byDay[String($0.number)] ?? AlarmCounts() }
        let chart = Chart(
            .line, "每日报警", categories: days.map(\.text),
            series: [
                ChartSeries("报警", counts.map { Double($0.opened) }), ChartSeries("发生次数", counts.map { Double($0.times) }),
                ChartSeries("待处理", counts.map { Double($0.open) }, tone: .orange),
            ], unit: "条")
        return "\(Card("每日报警", body: "\(chart)"))"
    }

    private func chart(_ groups: [AlarmStatisticsRow], _ dimension: AlarmDimension, _ title: (String) -> String) -> Markup {
        guard dimension != .day, !groups.isEmpty else { return .empty }
        let shown = Array(groups.prefix(20))
        let series = AlarmState.allCases.map { state in ChartSeries(state.title, shown.map { Double($0.counts.byState[state] ?? 0) }, tone: state.tone) }
        return "\(Card("按\(dimension.title)", body: "\(Chart(.stackedBar, "按\(dimension.title)", categories: shown.map { title($0.key) }, series: series, unit: "条"))"))"
    }

    private func table(_ groups: [AlarmStatisticsRow], _ dimension: AlarmDimension, _ title: (String) -> String, _ context: WebContext) -> Markup {
        var columns = [Column("key", dimension.title), Column("opened", "报警", align: .end), Column("times", "发生次数", align: .end)]
        columns += AlarmState.allCases.map { Column($0.rawValue, $0.title, align: .end) } + [Column("response", "平均受理用时", align: .end)]
        let rows = groups.map { group -> TableRow in
            var cells: [Markup] = ["\(title(group.key))", "\(Figure.grouped(group.counts.opened))", "\(Figure.grouped(group.counts.times))"]
            cells += AlarmState.allCases.map { "\(Figure.grouped(group.counts.byState[$0] ?? 0))" } + ["\(Self.duration(group.counts.meanResponseSeconds))"]
            return TableRow(cells, path: path(group.key, dimension, context))
        }
        return "\(DataTable(id: "statistics", columns: columns, rows: rows, address: context.here, empty: "这段时间没有报警"))"
    }

    /// The list behind one line.
    private func path(_ key: String, _ dimension: AlarmDimension, _ context: WebContext) -> String? {
        var address = PageAddress("/alarms", context.here.query.filter { ["day_from", "day_to", "kind", "grade", "area"].contains($0.name) }).with("state", "all")
        switch dimension {
        case .kind, .grade: address = address.with(dimension.rawValue, key)
        case .area where !key.isEmpty: address = address.with("area", key)
        case .org where key != "0": address = address.with("org", key)
        case .day:
            guard let day = Int(key).flatMap(Day.init(number:)) else { return nil }
            address = address.with("day_from", day.text).with("day_to", day.text)
        default: return nil
        }
        return address.text
    }

    private func title(of key: String, in dimension: AlarmDimension, _ names: [Int64: String]) -> String {
        switch dimension {
        case .day: Int(key).flatMap(Day.init(number:))?.text ?? key
        case .month: key.count == 6 ? "\(key.prefix(4))-\(key.suffix(2))" : key
        case .kind: engine.title(ofKind: key)
        case .grade: Int(key).flatMap(AlarmGrade.init(rawValue:))?.title ?? key
        case .area: key.isEmpty ? "未指明" : areaTitle(key)
        case .org: key == "0" ? "未指明" : Int64(key).flatMap { names[$0] } ?? key
        }
    }

    /// `3 分 20 秒`, `2.5 小时`; `—` when nil.
    static func duration(_ seconds: Double?) -> String {
        guard let seconds else { return "—" }
        if seconds < 60 { return "\(Int(seconds)) 秒" }
        if seconds < 3600 { return "\(Int(seconds) / 60) 分 \(Int(seconds) % 60) 秒" }
        return Figure.decimal(seconds / 3600) + " 小时"
    }
}
