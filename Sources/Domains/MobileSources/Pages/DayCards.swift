import Kernel
import Ledgers
import Web

/// Today's figures of some enterprises as cards with the trend of two weeks.
struct DayCards: Rendered {
    var sites: [GatePicture.Site]
    var now: Moment
    /// The transmission rate asked for, 0...1.
    var target: Double
    var context: WebContext
    /// Links stay with this enterprise.
    var org: Int64?

    var markup: Markup { "<div class=\"day-cards\">\(cards)</div>" }

    private var cards: [Markup] {
        let days = sites.days
        guard let today = days.last, days.count > 1 else { return [] }
        let yesterday = days[days.count - 2]
        let day = now.day
        let own: [LedgerQuery.Filter] = org.map { [.init("org", .eq, [String($0)])] } ?? []
        let gates = sites.flatMap(\.gates)
        let online = gates.count(where: \.isOnline)
        let open = sites.reduce(0) { $0 + $1.openAlarms }
        let clean = sites.reduce(Int64(0)) { $0 + $1.cleanTrips }
        let trips = sites.reduce(Int64(0)) { $0 + $1.controlledTrips }
        let trend = { (path: KeyPath<GatePicture.DayFigures, Int64>) in days.map { Double($0[keyPath: path]) } }
        let sameTime = sites.reduce(Int64(0)) { $0 + $1.hoursYesterday.prefix(now.hourOfDay + 1).reduce(0, +) }
        let rateTone: Tone = today.rate.map { $0 < target ? .red : .neutral } ?? .neutral
        return [
            "\(StatCard("今日过车", Figure.grouped(today.received), unit: "辆次", note: compare(today.received, sameTime, "昨日同时段"), icon: "truck", path: PassLinks.on(day, own), trend: trend(\.received)))",
            "\(StatCard("不予放行", Figure.grouped(today.refused), unit: "辆次", note: share(today.refused, today.received), icon: "ban", path: PassLinks.on(day, own + [.init("verdict", .eq, ["refuse"])]), trend: trend(\.refused)))",
            "\(StatCard("违规放行", Figure.grouped(today.refusedLifted), unit: "辆次", note: "应拦未拦，昨日 \(yesterday.refusedLifted)", tone: today.refusedLifted > 0 ? .red : .neutral, icon: "alert", path: PassLinks.on(day, own + [.init("verdict", .eq, ["refuse"]), .init("barrierAction", .in, ["1", "2"])]), trend: trend(\.refusedLifted)))",
            "\(StatCard("手动抬杆", Figure.grouped(today.handLifts), unit: "辆次", note: share(today.handLifts, today.received), icon: "tool", path: PassLinks.on(day, own + [.init("barrierAction", .eq, ["1"])]), trend: trend(\.handLifts)))",
            "\(StatCard("未处理报警", Figure.grouped(open), unit: "条", note: "近 90 天", tone: open > 0 ? .orange : .neutral, icon: "siren", path: org.map { "/alarms?org=\($0)" } ?? "/alarms"))",
            "\(StatCard("在线门岗", "\(online)/\(gates.count)", unit: "个", note: silent(gates), tone: gates.contains { $0.offlineSince != nil } ? .orange : .neutral, icon: "gate", path: org == nil ? "/enterprises?state=offline" : nil))",
            "\(StatCard("数据传输率", Figure.percent(today.rate, digits: 2), note: "目标 \(Figure.percent(target, digits: 0))，昨日 \(Figure.percent(yesterday.rate, digits: 2))", tone: rateTone, icon: "signal", path: context.may(GatePermission.transmission) ? "/transmission" : nil))",
            "\(StatCard("清洁运输占比", Figure.percent(trips > 0 ? Double(clean) / Double(trips) : nil), note: "\(Figure.grouped(clean)) / \(Figure.grouped(trips)) 辆次", icon: "leaf", path: context.may(GatePermission.statistics) ? "/statistics" : nil))",
        ]
    }

    private func compare(_ value: Int64, _ before: Int64, _ what: String) -> Markup {
        // Of a handful a percentage says nothing.
        guard before >= 20 else { return "\(what) \(before)" }
        let change = Double(value - before) / Double(before)
        let sign = change >= 0 ? "+" : "−"
        return "\(what) \(Figure.grouped(before))，\(sign)\(Figure.percent(abs(change), digits: 0))"
    }

    private func share(_ part: Int64, _ whole: Int64) -> Markup { "占过车 \(Figure.percent(whole > 0 ? Double(part) / Double(whole) : nil))" }

    private func silent(_ gates: [GatePicture.GateNow]) -> Markup {
        let offline = gates.count { $0.offlineSince != nil }
        let never = gates.count { $0.heartbeatAt == nil }
        if offline == 0, never == 0 { return "全部在线" }
        return "离线 \(offline)\(Markup.when(never > 0, "，从未上报 \(never)"))"
    }
}

/// Small words that several pages say.
enum GateWords {
    /// `3 天 4 小时`, `25 分钟`: how long from one moment to another.
    static func span(_ from: Moment, _ to: Moment) -> String {
        let minutes = max(0, Int(to.seconds(since: from) / 60))
        if minutes >= 1440 { return "\(minutes / 1440) 天 \(minutes % 1440 / 60) 小时" }
        if minutes >= 60 { return "\(minutes / 60) 小时 \(minutes % 60) 分钟" }
        return "\(minutes) 分钟"
    }

    static func county(_ code: String) -> String { Region(code: code)?.title ?? code }
}

/// The style sheet and script of this domain's pages.
enum GateAssets {
    static func links(_ context: WebContext) -> Markup {
        """
        <link rel="stylesheet" href="\(context.site.assets.path("gate-pages.css"))"><script type="module" src="\(context.site.assets.path("gate-pages.js"))"></script>
        """
    }
}
