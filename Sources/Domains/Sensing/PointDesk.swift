import Features
import Identity
import Kernel
import Points
import Web

/// What the pages of points share.
struct PointDesk: Sendable {
    let platform: Platform
    var engine: PointEngine { platform.points }

    /// How a point stands now, as people name it.
    static func badge(_ point: PointDefinition, _ standing: PointStanding?, at now: Moment) -> Markup {
        let use = point.use(at: now)
        guard use == .inUse else { return "\(Badge(use.title, .muted, isDot: true))" }
        guard let standing, standing.last != nil else { return "\(Badge("未接入", .muted, isDot: true))" }
        if standing.isOffline { return "\(Badge("离线", .neutral))" }
        switch standing.level {
        case .normal: return "\(Badge("正常", .good, isDot: true))"
        case .low, .high: return "\(Badge(standing.level.title(gas: point.kind.isGas), .orange))"
        case .lowLow, .highHigh: return "\(Badge(standing.level.title(gas: point.kind.isGas), .red))"
        }
    }

    /// A word for filters: normal, alarm, offline, paused, silent.
    static func state(_ point: PointDefinition, _ standing: PointStanding?, at now: Moment) -> String {
        guard point.isJudged(at: now) else { return "paused" }
        guard let standing, standing.last != nil else { return "silent" }
        return standing.isOffline ? "offline" : standing.level == .normal ? "normal" : "alarm"
    }

    static let states = [("alarm", "报警"), ("normal", "正常"), ("offline", "离线"), ("paused", "停用检修"), ("silent", "未接入")]

    /// Seconds of a step that gives about so many of them.
    static func step(_ seconds: Double, most: Double) -> Int64 {
        let wanted = seconds / most
        return [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400].first { Double($0) >= wanted } ?? 86_400
    }

    static func stepTitle(_ seconds: Int64) -> String {
        switch seconds {
        case ..<60: "\(seconds) 秒"
        case ..<3600: "\(seconds / 60) 分钟"
        case ..<86_400: "\(seconds / 3600) 小时"
        default: "\(seconds / 86_400) 天"
        }
    }

    /// Labels of an axis of time.
    static func label(_ at: Moment, span seconds: Double) -> String {
        let text = at.text
        if seconds <= 7200 { return String(text.dropFirst(11)) }
        if seconds <= 86_400 { return String(text.dropFirst(11).prefix(5)) }
        return String(text.dropFirst(5).prefix(11))
    }
}

/// What span of time a page shows: `?range=` of its choices, or `?from=`&`?to=`.
struct TimeSpan: Sendable {
    var from: Moment
    var to: Moment
    /// Of the choices; nil where both ends were given.
    var range: String?

    static let ranges: [(name: String, title: String, seconds: Int64)] = [
        ("10m", "10 分钟", 600), ("1h", "1 小时", 3600), ("6h", "6 小时", 21_600), ("24h", "24 小时", 86_400), ("7d", "7 天", 604_800), ("30d", "30 天", 2_592_000),
    ]

    /// Nonsense is the usual span; at most a year.
    init(_ address: PageAddress, usual: String, now: Moment) {
        if let from = address["from"].flatMap({ Moment(parsing: $0) }), let to = address["to"].flatMap({ Moment(parsing: $0) }), from < to, to.seconds(since: from) <= 366 * 86_400
        {
            (self.from, self.to) = (from, to)
            return
        }
        let chosen = Self.ranges.first { $0.name == address["range"] } ?? Self.ranges.first { $0.name == usual } ?? Self.ranges[1]
        range = chosen.name
        to = now
        from = now.adding(seconds: -chosen.seconds)
    }

    var seconds: Double { to.seconds(since: from) }

    /// The same length just before.
    var before: TimeSpan {
        var span = self
        span.to = from
        span.from = Moment(milliseconds: from.milliseconds - (to.milliseconds - from.milliseconds))
        return span
    }
}
