import Alarms
import Features
import Hummingbird
import Identity
import Kernel
import Logs
import Storage
import Web

/// D17.3.6 当日图表: the day's lines by severity, by source and by hour, beside the day's alarms; every chart is a table, too.
struct LogTodayPage: Sendable {
    let platform: Platform
    static let path = "/security/logs/today"
    private static let mostSources = 15

    func add(to routes: Routes) { routes.get(Self.path, permission: .named(SecurityPermission.logsRead), use: show) }

    private struct Figures: Sendable {
        var counts: [LogEngine.DayCount]
        var names: [Int64: String]
        var refused: Int64
        var alarms: [(at: Moment, grade: AlarmGrade)]
    }

    private func figures(_ day: Day, _ reader: any Reader) throws -> Figures {
        let alarms = try reader.rows("SELECT occurred_at, grade FROM alarms WHERE occurred_at >= \(day.start) AND occurred_at < \(day.end) ORDER BY id DESC LIMIT 20000")
        let refused = try reader.value("SELECT coalesce(sum(lines), 0) FROM log_refused WHERE day = \(day)")?.int ?? 0
        let sources = try platform.logs.sources(reader)
        return Figures(
            counts: try platform.logs.counts(of: day, reader), names: Dictionary(sources.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first }), refused: refused,
            alarms: alarms.map { row in
                (row.moment("occurred_at") ?? day.start, row.int("grade").flatMap { AlarmGrade(rawValue: Int($0)) } ?? .ordinary)
            })
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let day = context.here["day"].flatMap { Day(parsing: $0) } ?? platform.clock.today
        let found = try await platform.database.look(within: .seconds(15)) { try figures(day, $0) }
        let search = SearchForm(action: Self.path, fields: [FormField("day", "日期", .day, value: day.text)], table: "log-day")
        let body: Markup = """
            \(search)<div id="log-day" class="stack">\(cards(found))\(Grid(.halves, [severities(found), alarmGrades(found)]))\(bySource(found))\(byHour(found))</div>
            """
        return Shell.page(
            "当日日志与报警", crumbs: [Crumb(SecurityMenu.group), Crumb("日志检索", LogPages.path), Crumb("当日图表")], active: LogPages.path, body: body, context: context)
    }

    private func cards(_ found: Figures) -> Markup {
        let lines = found.counts.reduce(0) { $0 + $1.lines }, grave = found.counts.filter { $0.severity <= 3 }.reduce(0) { $0 + $1.lines }
        let cards: [Markup] = [
            "\(StatCard("收到日志", Figure.grouped(lines), unit: "条", icon: "list"))",
            "\(StatCard("错误及以上", Figure.grouped(grave), unit: "条", tone: grave > 0 ? .orange : .good, icon: "alert"))",
            "\(StatCard("发送来源", "\(Set(found.counts.map(\.source)).count)", unit: "个", icon: "server"))",
            "\(StatCard("拒收", Figure.grouped(Int(found.refused)), unit: "条", note: "未登记或已停用的来源", tone: found.refused > 0 ? .yellow : .good, icon: "ban", path: LogSourcePages.path))",
        ]
        return "\(Grid(.quarters, cards))"
    }

    private func severities(_ found: Figures) -> Markup {
        let kinds = LogSeverity.allCases.map { one in (one.title, found.counts.filter { $0.severity == one.rawValue }.reduce(0) { $0 + $1.lines }) }.filter { $0.1 > 0 }
        let chart = Chart(.pie, "日志级别构成", categories: kinds.map(\.0), series: kinds.isEmpty ? [] : [ChartSeries("日志", kinds.map { Double($0.1) })], unit: "条", height: .medium)
        return "\(Card("日志级别构成", body: "\(chart)"))"
    }

    private func alarmGrades(_ found: Figures) -> Markup {
        let grades = AlarmGrade.allCases.map { grade in (grade.title, found.alarms.count { $0.grade == grade }) }.filter { $0.1 > 0 }
        let chart = Chart(.pie, "报警等级构成", categories: grades.map(\.0), series: grades.isEmpty ? [] : [ChartSeries("报警", grades.map { Double($0.1) })], unit: "起", height: .medium)
        return "\(Card("报警等级构成", body: "\(chart)"))"
    }

    private func bySource(_ found: Figures) -> Markup {
        var sums: [Int64: Int] = [:]
        for one in found.counts { sums[one.source, default: 0] += one.lines }
        let top = sums.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Self.mostSources)
        let chart = Chart(
            .bar, "各来源日志量", categories: top.map { $0.key == 0 ? "未登记来源" : found.names[$0.key] ?? "已删除" },
            series: top.isEmpty ? [] : [ChartSeries("日志", top.map { Double($0.value) })], unit: "条", height: .medium)
        return "\(Card("各来源日志量（前 \(Self.mostSources) 个）", body: "\(chart)"))"
    }

    private func byHour(_ found: Figures) -> Markup {
        let hours = Array(0..<24)
        let all = hours.map { hour in Double(found.counts.filter { $0.hour == hour }.reduce(0) { $0 + $1.lines }) }
        let grave = hours.map { hour in Double(found.counts.filter { $0.hour == hour && $0.severity <= 3 }.reduce(0) { $0 + $1.lines }) }
        let alarms = hours.map { hour in Double(found.alarms.count { $0.at.hourOfDay == hour }) }
        let chart = Chart(
            .line, "分时日志与报警", categories: hours.map { "\($0) 时" },
            series: [ChartSeries("日志", all.map { $0 }), ChartSeries("错误及以上", grave.map { $0 }, tone: .orange), ChartSeries("报警", alarms.map { $0 }, tone: .red)], unit: "条",
            height: .medium)
        return "\(Card("分时日志与报警", body: "\(chart)"))"
    }
}
