import Alarms
import Features
import Hummingbird
import Identity
import Kernel
import Schedules
import Storage
import Web

/// 行为分析: each person's usual day beside a chosen one, with every departure explained; the same is judged nightly and raises an alarm.
package struct ConductPages: Sendable {
    let platform: Platform

    package init(platform: Platform) { self.platform = platform }
    static let path = "/security/conduct"
    static let kind = AlarmKind("unusualConduct", "偏离操作习惯", "Unusual conduct", mergeWindow: 86_400)
    /// Days that are learned from.
    private static let learned = 30

    func add(to routes: Routes) { routes.get(Self.path, permission: .named("audit.read"), use: show) }

    static func jobs(on platform: Platform) -> [JobDeclaration] {
        let pages = ConductPages(platform: platform)
        return [JobDeclaration("conductBaseline", "操作习惯分析", dailyAt: 25) { context in context.note("\(try await pages.judge()) 人偏离") }]
    }

    struct Judged: Sendable {
        var actor: Int64
        var name: String
        var baseline: ConductBaseline
        var day: ConductBaseline.DayOfWork
        var deviations: [ConductBaseline.Deviation]
    }

    func judged(_ day: Day, _ reader: any Reader) throws -> [Judged] {
        try ConductBaseline.days(from: day.adding(days: -Self.learned), to: day, reader).compactMap { actor, found in
            guard let work = found.days[day] else { return nil }
            let baseline = ConductBaseline(found.days.filter { $0.key != day }.map(\.value))
            return Judged(actor: actor, name: found.name, baseline: baseline, day: work, deviations: baseline.deviations(of: work))
        }.sorted { ($1.deviations.count, $0.actor) < ($0.deviations.count, $1.actor) }
    }

    /// Yesterday, once.
    ///
    /// - Returns: people who departed from what is usual for them.
    package func judge() async throws -> Int {
        let day = platform.clock.today.adding(days: -1)
        let found = try await platform.database.read(within: .seconds(300)) { try judged(day, $0) }.filter { !$0.deviations.isEmpty }
        let now = platform.clock.now
        try await platform.database.write { [platform] tx in
            for one in found {
                let text = "“\(one.name)”\(day.text) 偏离操作习惯：" + one.deviations.map(\.what).joined(separator: "、")
                let signal = AlarmSignal(
                    kind: Self.kind.name, org: nil, area: nil, subject: "\(one.actor)", occurredAt: now, title: String(text.prefix(200)),
                    facts: ["actor": .int(one.actor), "day": .string(day.text)],
                    reasons: one.deviations.map { AlarmReason("unusualConduct", String($0.explanation.prefix(200))) })
                _ = try platform.alarms.raise(signal, by: .system("行为分析"), in: tx)
            }
        }
        return found.count
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let day = context.here["day"].flatMap { Day(parsing: $0) } ?? platform.clock.today
        let found = try await platform.database.read(within: .seconds(20)) { try judged(day, $0) }
        let rows = found.prefix(500).map { one -> TableRow in
            let said: Markup =
                one.baseline.days < ConductBaseline.fewest
                ? "\(Badge("学习中", .muted))<span class=\"nothing\"> 仅有 \(one.baseline.days) 日记录，满 \(ConductBaseline.fewest) 日后判断</span>"
                : one.deviations.isEmpty
                    ? "\(Badge("正常", .good))"
                    : "\(Markup.joined(one.deviations.map { deviation -> Markup in "<p>\(Badge(deviation.what, .orange)) \(deviation.explanation)</p>" }, by: ""))"
            return TableRow(
                id: "\(one.actor)",
                [
                    "\(one.name)", "\(one.day.acts)", "\(one.day.exports)", "\(one.day.reveals)", "\(one.day.deletions)", "\(hours(one.day.hours))", "\(hours(one.baseline.hours))",
                    said,
                ], path: "/audit?actor=\(FormEncoding.encode(one.name))&day_from=\(day.text)&day_to=\(day.text)")
        }
        let columns = [
            Column("name", "人员"), Column("acts", "操作", align: .end), Column("exports", "导出", align: .end), Column("reveals", "查看原文", align: .end),
            Column("deletions", "删除", align: .end),
            Column("hours", "当日时段"), Column("usual", "惯常时段"), Column("verdict", "判断", isWrapping: true),
        ]
        let search = SearchForm(action: Self.path, fields: [FormField("day", "日期", .day, value: day.text)], table: "conduct")
        let table = DataTable(id: "conduct", columns: columns, rows: Array(rows), address: context.here, empty: "当日没有人员操作", hasTools: false)
        return Shell.page(
            "行为分析", crumbs: [Crumb(SecurityMenu.group), Crumb("行为分析")], active: Self.path,
            actions: "\(ActionButton("对比两个时期", .link(ConductComparison.path), icon: "scale"))",
            body: "\(Notice(.info, "以每个人此前三十日的操作为基线：次数超过平均值加三倍标准差（且不少于平均值的两倍）、出现在惯常时段之外、来自多个新地址，即为偏离。每日零点后自动判断前一日并报警。"))\(search)\(table)", context: context)
    }

    private func hours(_ hours: Set<Int>) -> String {
        let sorted = hours.sorted()
        guard let first = sorted.first, let last = sorted.last else { return "—" }
        return sorted.count == last - first + 1 ? "\(first)–\(last + 1) 时" : sorted.map(String.init).joined(separator: "、") + " 时"
    }
}
