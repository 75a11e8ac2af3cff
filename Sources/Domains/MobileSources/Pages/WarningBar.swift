import Identity
import Kernel
import Web

/// The state of the heavy-pollution warnings for whoever looks: which level in which counties, since when.
struct WarningBar: Rendered {
    /// Levels that run, highest first, with the counties in the reader's scope and the earliest start.
    var running: [(level: WarningLevel, counties: [String], since: Moment)]
    /// Counties in the reader's scope in all.
    var countyCount: Int
    var mayHandle: Bool

    init(_ snapshot: GateRegistry.Snapshot, scope: DataScope, now: Moment, mayHandle: Bool) {
        let counties = Set(snapshot.enterprises.values.filter { scope.admits(org: $0.org, area: $0.county) }.map(\.county))
        self.mayHandle = mayHandle
        countyCount = counties.count
        var running: [(level: WarningLevel, counties: [String], since: Moment)] = []
        for level in WarningLevel.allCases.reversed() where level != .none {
            let here = counties.filter { snapshot.level(county: $0, at: now) == level }.sorted()
            guard !here.isEmpty else { continue }
            let since = snapshot.warnings.filter { $0.level == level && $0.from <= now && !$0.counties.isDisjoint(with: here) }.map(\.from).min() ?? now
            running.append((level, here, since))
        }
        self.running = running
    }

    var markup: Markup {
        let desk: Markup = mayHandle ? "<a class=\"warning-desk\" href=\"/warnings\">预警响应\(Icon("right"))</a>" : .empty
        guard !running.isEmpty else {
            return "<section class=\"warning-bar is-calm\" aria-label=\"预警状态\">\(Icon("leaf"))<strong>当前无重污染天气预警</strong><span>各企业执行日常管控策略</span>\(desk)</section>"
        }
        let parts = running.map { part -> Markup in
            let names =
                part.counties.count == countyCount && countyCount > 3 ? "全部 \(countyCount) 个县（区、市）" : part.counties.map { Region(code: $0)?.title ?? $0 }.joined(separator: "、")
            return """
                <section class="warning-bar tone-\(part.level.tone.rawValue)" role="status" aria-label="预警状态"><b class="warning-level">\(part.level.title)预警</b>\
                <div><strong>\(part.level.response)应急响应进行中</strong><span>\(names)</span></div><span class="warning-since">自 \(part.since.text.prefix(16)) 起</span>\(desk)</section>
                """
        }
        return "\(parts)"
    }
}
