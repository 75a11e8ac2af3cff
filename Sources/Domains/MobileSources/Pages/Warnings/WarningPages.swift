import Exchange
import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// A-04, A-18 预警响应: the board of counties, starting and ending, and how far each strategy has come.
struct WarningPages: Sendable {
    let gates: GateSupervision

    func add(to routes: Routes) {
        let reads = RoutePermission.named(WarningPeriod.ledger.readPermission)
        let acts = RoutePermission.named(GatePermission.warning)
        routes.get("/warnings", permission: reads, use: board)
        routes.get("/warnings/receipts", permission: reads, use: receipts)
        routes.get("/warnings/start", permission: acts, use: startForm)
        routes.post("/warnings/preview", permission: acts, use: preview)
        routes.post("/warnings/start", permission: acts, use: start)
        routes.get("/warnings/end", permission: acts, use: endForm)
        routes.post("/warnings/end", permission: acts, use: end)
    }

    /// `GET /warnings`: two queries; the board itself is in memory.
    @Sendable func board(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let sites = gates.sites(in: principal.scope)
        let snapshot = gates.registry.snapshot
        let now = gates.clock.now
        let level = context.here["level"].flatMap(WarningLevel.init(rawValue:))
        let (lines, periods) = try await gates.database.read { [gates] reader in
            (try gates.receipts.strategies(scope: principal.scope, in: reader), try WarningHistory.recent(scope: principal.scope, in: reader))
        }
        let choice = CountyChoice(principal.scope, sites: sites)
        let running = WarningLevel.allCases.filter { level in level != .none && choice.counties.contains { snapshot.level(county: $0.code, at: now) == level } }
        let shown = level ?? running.last
        let concerned = concerned(lines, shown, snapshot, now)
        let body: Markup = """
            \(figures(choice, sites, snapshot, now))
            \(Card("各县（区、市）当前响应级别", actions: legend, body: tiles(choice, sites, snapshot, now, context)))
            \(Card("策略下发与执行情况", actions: "\(Tabs(receiptTabs(running, shown)))", body: receiptPart(concerned, shown, snapshot, context)))
            \(Card("预警响应记录", actions: "\(ActionButton("全部记录", .link("/ledgers/\(WarningPeriod.ledger.name)"), icon: "history", style: .quiet))", isFlush: true, body: history(periods, now, context)))
            """
        return Shell.page("预警响应", crumbs: [Crumb("管控"), Crumb("预警响应")], active: "/warnings", actions: actions(running, context), body: body, context: context)
    }

    private func actions(_ running: [WarningLevel], _ context: WebContext) -> Markup {
        guard context.may(GatePermission.warning) else { return .empty }
        let ends = running.map { "\(ActionButton("解除\($0.title)预警", .dialog("/warnings/end?level=\($0.rawValue)"), icon: "x"))" as Markup }
        return "\(ends)\(ActionButton("启动预警响应", .dialog("/warnings/start"), icon: "siren", style: .primary))"
    }

    private func figures(_ choice: CountyChoice, _ sites: [EnterpriseFacts], _ snapshot: GateRegistry.Snapshot, _ now: Moment) -> Markup {
        let cards = WarningLevel.allCases.reversed().map { level -> Markup in
            let counties = choice.counties.filter { snapshot.level(county: $0.code, at: now) == level }
            let codes = Set(counties.map(\.code))
            let count = sites.filter { codes.contains($0.county) && $0.isConnected }.count
            return
                "\(StatCard(level.heading, "\(counties.count)", unit: "个县（区、市）", note: "联网企业 \(count) 家", tone: counties.isEmpty || level == .none ? .neutral : level.tone, icon: level == .none ? "check" : "siren"))"
        }
        return "\(Grid(.quarters, cards))"
    }

    private var legend: Markup {
        "<span class=\"row-flex\">\(WarningLevel.allCases.map { "\(Badge($0.heading, $0.tone, isDot: true))" as Markup })</span>"
    }

    private func tiles(_ choice: CountyChoice, _ sites: [EnterpriseFacts], _ snapshot: GateRegistry.Snapshot, _ now: Moment, _ context: WebContext) -> Markup {
        let counts = Dictionary(grouping: sites.filter(\.isConnected), by: \.county).mapValues(\.count)
        let parts = choice.cities.map { part -> Markup in
            let tiles = part.counties.map { county -> Markup in
                let level = snapshot.level(county: county.code, at: now)
                let since = snapshot.warnings.filter { $0.level == level && $0.counties.contains(county.code) && $0.from <= now && ($0.to.map { now < $0 } ?? true) }.map(\.from)
                    .min()
                let note: Markup = level == .none ? "日常管控" : "\(level.title) \(level.response)\(since.map { " · 自 " + $0.text.dropFirst(5).dropLast(3) })"
                let content: Markup = "<b>\(county.title)</b><span>\(note)</span><small>企业 \(counts[county.code] ?? 0) 家</small>"
                guard context.may(GatePermission.warning) else { return "<li class=\"tile tone-\(level.tone.rawValue)\">\(content)</li>" }
                let path = level == .none ? "/warnings/start?county=\(county.code)" : "/warnings/end?level=\(level.rawValue)&county=\(county.code)"
                return
                    "<li class=\"tile tone-\(level.tone.rawValue)\"><a href=\"\(path)\" hx-get=\"\(path)\" hx-target=\"#dialog\" hx-swap=\"innerHTML\" hx-push-url=\"false\" aria-haspopup=\"dialog\">\(content)</a></li>"
            }
            return "\(Markup.when(choice.cities.count > 1, "<h3>\(part.city.title)</h3>"))<ul class=\"tiles\">\(tiles)</ul>"
        }
        return .joined(parts)
    }

    // MARK: Receipts

    private func concerned(_ lines: [Receipts.Line], _ level: WarningLevel?, _ snapshot: GateRegistry.Snapshot, _ now: Moment) -> [Receipts.Line] {
        guard let level else { return lines }
        return lines.filter { snapshot.level(county: $0.site.county, at: now) == level }
    }

    private func receiptTabs(_ running: [WarningLevel], _ shown: WarningLevel?) -> [Tabs.Tab] {
        guard !running.isEmpty else { return [] }
        return ([.none] + running).map { Tabs.Tab($0.heading, "/warnings?level=\($0.rawValue)", isActive: $0 == shown) }
    }

    private func receiptPart(_ lines: [Receipts.Line], _ level: WarningLevel?, _ snapshot: GateRegistry.Snapshot, _ context: WebContext) -> Markup {
        let names = Dictionary(snapshot.strategies.map { ("strategy-\($0.id)", $0.name) }, uniquingKeysWith: { first, _ in first })
        let page = context.here["receipts"].flatMap { Int($0) } ?? 0
        let path = PageAddress("/warnings/receipts").with("level", level?.rawValue).with("receipts", page == 0 ? nil : String(page)).text
        if lines.isEmpty, let level, level != .none { return "<div id=\"receipts\">\(EmptyState("没有联网企业正处于\(level.heading)", hint: "所选县（区、市）可能正执行更高级别预警", icon: "check"))</div>" }
        return ReceiptView(
            lines: lines, refresh: path, what: { "\(names[$0.objectId] ?? $0.objectId) v\($0.version)" }, whatTitle: "适用策略", limit: 20, page: page,
            pages: PageAddress("/warnings").with("level", level?.rawValue)
        ).markup(context)
    }

    /// `GET /warnings/receipts?level=`: the part that renews itself.
    @Sendable func receipts(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let level = context.here["level"].flatMap(WarningLevel.init(rawValue:))
        let lines = try await gates.database.read { [gates] reader in try gates.receipts.strategies(scope: principal.scope, in: reader) }
        let snapshot = gates.registry.snapshot
        return .html(receiptPart(concerned(lines, level, snapshot, gates.clock.now), level, snapshot, context))
    }

    // MARK: Periods

    private func history(_ periods: [WarningHistory], _ now: Moment, _ context: WebContext) -> Markup {
        let columns = [
            Column("level", "级别"), Column("counties", "县（区、市）", isWrapping: true), Column("starts", "启动时间"), Column("ends", "解除时间"), Column("state", "状态"), Column("by", "操作人"),
            Column("basis", "依据", isWrapping: true),
        ]
        let rows = periods.map { period -> TableRow in
            let state: Badge = period.from > now ? Badge("待生效", .info) : period.to.map { $0 <= now } ?? false ? Badge("已解除", .muted) : Badge("执行中", period.level.tone)
            let end: Markup = period.to.map { $0 > now ? "\($0)（计划）" : "\($0)" } ?? "<span class=\"muted\">未定</span>"
            return TableRow(
                ["\(period.level.badge)", "\(CountyChoice.title(period.counties))", "\(period.from)", end, "\(state)", "\(period.by)", "\(period.basis)"],
                path: "/ledgers/\(WarningPeriod.ledger.name)/\(period.id)")
        }
        return "\(DataTable(id: "periods", columns: columns, rows: rows, address: context.here, empty: "还没有启动过预警响应", hasTools: false))"
    }
}

/// One warning period as the desk lists it.
struct WarningHistory: Sendable {
    var id: Int64
    var level: WarningLevel
    var counties: [String]
    var from: Moment
    var to: Moment?
    var basis: String
    var by: String

    /// The last thirty that touch the scope, newest first.
    static func recent(scope: DataScope, in reader: any Reader) throws -> [WarningHistory] {
        let sql: SQL = """
            SELECT w.id, w.level, w.counties, w.starts_at, w.ends_at, w.basis, u.name AS by_name FROM warning_period w LEFT JOIN users u ON u.id = w.created_by
            WHERE w.deleted_at IS NULL ORDER BY w.starts_at DESC, w.id DESC LIMIT 200
            """
        let periods = try reader.rows(sql).compactMap { row -> WarningHistory? in
            guard let id = row.int("id"), let level = row.text("level").flatMap(WarningLevel.init(rawValue:)), let from = row.moment("starts_at") else { return nil }
            return WarningHistory(
                id: id, level: level, counties: codes(row.text("counties")), from: from, to: row.moment("ends_at"), basis: row.text("basis") ?? "", by: row.text("by_name") ?? "系统")
        }
        return Array(periods.filter { period in period.counties.contains { scope.admits(org: nil, area: $0) } }.prefix(30))
    }
}
