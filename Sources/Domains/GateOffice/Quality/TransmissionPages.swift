import Exchange
import Features
import Hummingbird
import Identity
import Kernel
import MobileSources
import Storage
import Web

/// A-30 数据传输率: every enterprise now and on any day, what is missing by serial, the daily report.
struct TransmissionPages: Sendable {
    let gates: GateSupervision

    func add(to routes: Routes) {
        let reads = RoutePermission.named(GatePermission.transmission)
        routes.get("/transmission", permission: reads, use: table)
        routes.get("/transmission/report", permission: reads, use: report)
        routes.get("/transmission/export", permission: reads, use: export)
        routes.get("/transmission/{org}", permission: reads, use: enterprise)
    }

    private typealias Line = TransmissionRate.Line

    private func day(_ context: WebContext) -> Day { min(context.here["day"].flatMap { Day(parsing: $0) } ?? gates.clock.today, gates.clock.today) }
    private var target: Double { gates.registry.snapshot.settings.transmissionTarget }

    /// One enterprise of the table: its counts of the day, how its gates are now.
    private struct Row: Sendable {
        var site: EnterpriseFacts
        var line: Line?
        var gates: [GateNow]

        var rate: Double? { line?.rate }
        var lastPass: Moment? { gates.compactMap(\.lastPassAt).max() }
    }

    private func rows(_ day: Day, scope: DataScope) async throws -> [Row] {
        let (lines, states) = try await gates.database.look { [gates] reader in
            (
                try gates.transmission.lines(from: day, to: day, perGate: false, scope: scope, in: reader),
                try GateNow.read(scope: scope, sites: gates.registry.snapshot.enterprises, in: reader)
            )
        }
        let byOrg = Dictionary(lines.map { ($0.org, $0) }, uniquingKeysWith: { first, _ in first })
        let gatesByOrg = Dictionary(grouping: states.filter { !gates.registry.snapshot.isManualGate($0.key) }, by: \.org)
        let rows = gates.sites(in: scope).filter { $0.isConnected || byOrg[$0.org] != nil }.map { Row(site: $0, line: byOrg[$0.org], gates: gatesByOrg[$0.org] ?? []) }
        return rows.sorted { ($0.rate ?? 2, $0.site.code) < ($1.rate ?? 2, $1.site.code) }
    }

    // MARK: The table

    @Sendable func table(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let day = day(context)
        let isToday = day == gates.clock.today
        let all = try await rows(day, scope: principal.scope)
        let only = context.here["only"]
        let shown = all.filter { row in
            switch only {
            case "below": row.rate.map { $0 < target } ?? false
            case "silent": row.line == nil || row.gates.contains { $0.offlineSince != nil }
            case "missing": (row.line?.missing ?? 0) > 0
            default: true
            }
        }
        let refresh: Markup =
            isToday
            ? " hx-get=\"\(context.here.text)\" hx-trigger=\"every 10s\" hx-select=\"#transmission-part\" hx-target=\"this\" hx-swap=\"outerHTML\" hx-push-url=\"false\"" : .empty
        let body: Markup = """
            \(search(day))<div id="transmission-part" class="stack"\(refresh)>\(cards(all, day))\(dataTable(shown, all, isToday, context))</div>
            """
        let actions: Markup = """
            \(ActionButton("前一日", .link(context.here.with("day", day.adding(days: -1).text).text), icon: "left", style: .quiet))\(isToday ? .empty : "\(ActionButton("后一日", .link(context.here.with("day", day.adding(days: 1).text).text), icon: "right", style: .quiet))")\
            \(ActionButton("日报表", .link("/transmission/report?day=\(day.text)"), icon: "print"))\(SheetAnswer.buttons(PageAddress("", [.init("day", day.text)]), path: "/transmission/export"))
            """
        return Shell.page(
            isToday ? "数据传输率（实时）" : "数据传输率 \(day.text)", crumbs: [Crumb("过车与统计"), Crumb("数据传输率")], active: "/transmission", actions: actions, body: body, context: context)
    }

    private func search(_ day: Day) -> Markup {
        "\(SearchForm(action: "/transmission", fields: [FormField("day", "日期", .day, value: day.text, maximum: gates.clock.today.text)], table: "transmission-part"))"
    }

    private func cards(_ rows: [Row], _ day: Day) -> Markup {
        let received = rows.reduce(0) { $0 + ($1.line?.received ?? 0) }
        let generated = rows.reduce(0) { $0 + ($1.line?.generated ?? 0) }
        let below = rows.filter { $0.rate.map { $0 < target } ?? false }.count
        let missing = rows.reduce(0) { $0 + ($1.line?.missing ?? 0) }
        let silent = rows.flatMap(\.gates).filter { $0.offlineSince != nil }.count
        let rate = generated > 0 ? Double(received) / Double(generated) : nil
        let parts: [Markup] = [
            "\(StatCard("总体传输率", Figure.percent(rate, digits: 2), note: "目标 \(Figure.percent(target, digits: 0))", tone: (rate ?? 1) < target ? .red : .good, icon: "signal"))",
            "\(StatCard("接收 / 上传", "\(Figure.grouped(received)) / \(Figure.grouped(generated))", unit: "条", note: "\(day.text)", icon: "database"))",
            "\(StatCard("低于目标的企业", "\(below)", unit: "家", tone: below > 0 ? .red : .good, icon: "alert", path: "/transmission?day=\(day.text)&only=below"))",
            "\(StatCard("缺失记录", Figure.grouped(missing), unit: "条", note: "离线门岗 \(silent) 个", tone: missing > 0 ? .orange : .good, icon: "inbox", path: "/transmission?day=\(day.text)&only=missing"))",
        ]
        return "\(Grid(.quarters, parts))"
    }

    private static let columns = [
        Column("site", "企业", isWrapping: true), Column("county", "县（区、市）"), Column("rate", "传输率", align: .end), Column("received", "接收量", align: .end),
        Column("generated", "上传量", align: .end), Column("missing", "缺失", align: .end),
        Column("backfilled", "补传", align: .end), Column("duplicates", "重复", align: .end), Column("rejected", "拒收", align: .end), Column("state", "门岗状态"), Column("last", "最近过车"),
    ]

    private func dataTable(_ shown: [Row], _ all: [Row], _ isToday: Bool, _ context: WebContext) -> Markup {
        let day = day(context)
        let address = context.here
        let only = address["only"]
        let tabs = Tabs([
            Tabs.Tab("全部", address.with("only", nil).text, isActive: only == nil, count: all.count),
            Tabs.Tab("低于目标", address.with("only", "below").text, isActive: only == "below", count: all.filter { $0.rate.map { $0 < target } ?? false }.count),
            Tabs.Tab("有缺失", address.with("only", "missing").text, isActive: only == "missing", count: all.filter { ($0.line?.missing ?? 0) > 0 }.count),
            Tabs.Tab(
                "离线或无数据", address.with("only", "silent").text, isActive: only == "silent",
                count: all.filter { $0.line == nil || $0.gates.contains { $0.offlineSince != nil } }.count),
        ])
        let rows = shown.map { row -> TableRow in
            let isBelow = row.rate.map { $0 < target } ?? false
            return TableRow(id: String(row.site.org), cells(row), path: "/transmission/\(row.site.org)?day=\(day.text)", tone: isBelow ? .red : nil)
        }
        return "\(DataTable(id: "transmission", columns: Self.columns, rows: rows, address: address, toolbar: "\(tabs)", empty: "没有符合条件的企业"))"
    }

    private func cells(_ row: Row) -> [Markup] {
        let line = row.line
        let rate: Markup = row.rate.map { $0 < target ? "\(Badge(Figure.percent($0, digits: 2), .red))" : "\(Figure.percent($0, digits: 2))" } ?? "<span class=\"muted\">无数据</span>"
        func number(_ value: Int64?, _ tone: Tone? = nil) -> Markup {
            guard let value, value > 0 else { return "<span class=\"muted\">0</span>" }
            return tone.map { "\(Badge(Figure.grouped(value), $0))" } ?? "\(Figure.grouped(value))"
        }
        return [
            "\(row.site.name)", "\(Region(code: row.site.county)?.title)", rate, number(line?.received), number(line?.generated), number(line?.missing, .orange),
            number(line?.backfilled), number(line?.duplicates),
            number(line?.rejected, .orange), state(row.gates), "\(row.lastPass)",
        ]
    }

    private func state(_ gates: [GateNow]) -> Markup {
        guard !gates.isEmpty else { return "\(Badge("未上报", .muted, isDot: true))" }
        let offline = gates.filter { $0.offlineSince != nil }.count
        let faults = gates.filter { $0.offlineSince == nil && $0.hasFault }.count
        if offline > 0 { return "\(Badge("离线 \(offline) / \(gates.count)", .red, isDot: true))" }
        if faults > 0 { return "\(Badge("设备故障 \(faults)", .orange, isDot: true))" }
        return "\(Badge("在线 \(gates.count)", .good, isDot: true))"
    }

    // MARK: One enterprise

    /// `GET /transmission/{org}?day=`: per gate, the runs of missing serials, the completeness proof.
    @Sendable func enterprise(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let org = try context.id("org")
        let day = day(context)
        guard let site = gates.registry.snapshot.enterprises[org], principal.scope.admits(org: org, area: site.county) else { throw Failure.notFound("该企业") }
        let proof = try await gates.completeness.lines(org: org, from: day, to: day, scope: principal.scope)
        let (lines, history, gaps, states) = try await gates.database.look { [gates] reader in
            (
                try gates.transmission.lines(from: day, to: day, org: org, perGate: true, scope: principal.scope, in: reader),
                try gates.transmission.lines(from: day.adding(days: -29), to: day, org: org, perGate: false, scope: principal.scope, in: reader),
                try SerialRun.read(org: org, in: reader),
                try GateNow.read(org: org, in: reader)
            )
        }
        let days = history.reversed().map { $0 }
        let chart = Chart(
            .line, "近 30 日传输率", categories: days.map(\.day.text),
            series: [ChartSeries("传输率", days.map { $0.rate.map { ($0 * 10_000).rounded() / 100 } }, tone: .blue), ChartSeries("目标", days.map { _ in target * 100 }, tone: .red)],
            unit: "%", height: .small)
        let body: Markup = """
            \(SearchForm(action: "/transmission/\(org)", fields: [FormField("day", "日期", .day, value: day.text, maximum: gates.clock.today.text)], table: "enterprise-part"))
            <div id="enterprise-part" class="stack">\(Grid(.mainAside, ["\(Card("各门岗（\(day.text)）", isFlush: true, body: gateTable(lines, states, org, context)))", "\(Card("近 30 日传输率", body: "\(chart)"))"]))\
            \(Card("完整性证明：视频抓拍数 = 接收数 = 入库数", isFlush: true, body: ProofTable(lines: proof).markup(context)))\
            \(Card("缺失的流水号", isFlush: true, body: gapTable(gaps, org, context)))</div>
            """
        return Shell.page(
            site.name, crumbs: [Crumb("过车与统计"), Crumb("数据传输率", "/transmission?day=\(day.text)"), Crumb(site.name)], active: "/transmission", body: body, context: context)
    }

    private func gateName(_ org: Int64, _ gateNo: String) -> String { gates.registry.snapshot.gates[GateRegistry.GateKey(org: org, gateNo: gateNo)]?.name ?? gateNo }

    private func gateTable(_ lines: [Line], _ states: [GateNow], _ org: Int64, _ context: WebContext) -> Markup {
        let columns = [
            Column("gate", "门岗"), Column("rate", "传输率", align: .end), Column("received", "接收", align: .end), Column("generated", "上传", align: .end),
            Column("missing", "缺失", align: .end), Column("backfilled", "补传", align: .end),
            Column("online", "在线率", align: .end), Column("state", "状态"), Column("serial", "最近流水号", align: .end), Column("beat", "最近心跳"),
        ]
        let states = states.filter { !gates.registry.snapshot.isManualGate($0.key) }
        let names = Set(lines.compactMap(\.gateNo) + states.map(\.gateNo)).sorted()
        let rows = names.map { gateNo -> TableRow in
            let line = lines.first { $0.gateNo == gateNo }
            let now = states.first { $0.gateNo == gateNo }
            let rate: Markup =
                line?.rate.map { $0 < target ? "\(Badge(Figure.percent($0, digits: 2), .red))" : "\(Figure.percent($0, digits: 2))" } ?? "<span class=\"muted\">无数据</span>"
            let cells: [Markup] = [
                "\(gateName(org, gateNo))", rate, "\(line?.received)", "\(line?.generated)", "\(line?.missing)", "\(line?.backfilled)",
                "\(line.map { Figure.percent($0.onlineRate) })", now.map { "\(state([$0]))" } ?? "\(Badge("未上报", .muted))",
                "\(now?.lastSerial)", "\(now?.heartbeatAt)",
            ]
            return TableRow(cells)
        }
        return "\(DataTable(id: "gates", columns: columns, rows: rows, address: context.here, empty: "该企业没有门岗上报", hasTools: false))"
    }

    private func gapTable(_ gaps: [SerialRun], _ org: Int64, _ context: WebContext) -> Markup {
        let columns = [Column("gate", "门岗"), Column("run", "流水号"), Column("count", "条数", align: .end), Column("at", "发现时间"), Column("alarm", "漏传报警")]
        let rows = gaps.map { gap in
            TableRow([
                "\(gateName(org, gap.gateNo))", gap.from == gap.to ? "\(gap.from)" : "\(gap.from) ～ \(gap.to)", "\(Figure.grouped(gap.to - gap.from + 1))", "\(gap.noticedAt)",
                gap.alarmedAt.map { "\(Badge("已报警", .orange)) \($0)" } ?? "<span class=\"muted\">观察中</span>",
            ])
        }
        return "\(DataTable(id: "gaps", columns: columns, rows: rows, address: context.here, empty: "没有缺失的流水号", hasTools: false))"
    }

    // MARK: Daily report

    @Sendable func report(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let day = day(context)
        let all = try await rows(day, scope: principal.scope)
        let rows = all.map { TableRow(cells($0), tone: $0.rate.map { $0 < target } ?? false ? .red : nil) }
        let below = all.filter { $0.rate.map { $0 < target } ?? false }
        let names = below.map { "\($0.site.name)（\(Figure.percent($0.rate, digits: 2))）" }.joined(separator: "、")
        let summary: Markup = """
            <p>\(day.text)，联网企业 \(all.count) 家，有数据 \(all.filter { $0.line != nil }.count) 家，传输率低于 \(Figure.percent(target, digits: 0)) 的 \(below.count) 家\(below.isEmpty ? "。" : "：\(names)。")</p>
            """
        let body: Markup = """
            \(cards(all, day))\(Card(body: summary))\(DataTable(id: "report", columns: Self.columns, rows: rows, address: context.here, hasTools: false))\
            <p class="print-note">制表：\(principal.name)　\(gates.clock.now)</p>
            """
        let actions: Markup =
            "\(ActionButton("打印", .print, icon: "print", style: .primary))\(SheetAnswer.buttons(PageAddress("", [.init("day", day.text)]), path: "/transmission/export"))"
        return Shell.page(
            "数据传输率日报表 \(day.text)", crumbs: [Crumb("数据传输率", "/transmission?day=\(day.text)"), Crumb("日报表")], active: "/transmission", actions: actions, body: body, context: context
        )
    }

    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let day = day(context)
        let columns = ["企业编号", "企业名称", "县（区、市）", "传输率", "接收量", "上传量", "缺失", "补传", "人工补录", "重复", "拒收", "有照片", "阶段未知", "手动抬杆", "最近过车"].map { SheetColumn($0) }
        let rows = try await rows(day, scope: principal.scope).map { row -> [Cell] in
            let line = row.line
            return [
                .text(row.site.code), .text(row.site.name), Cell(Region(code: row.site.county)?.title), Cell(line?.rate), Cell(line?.received), Cell(line?.generated),
                Cell(line?.missing), Cell(line?.backfilled), Cell(line?.manual),
                Cell(line?.duplicates), Cell(line?.rejected), Cell(line?.withPhotos), Cell(line?.unknownStage), Cell(line?.handLifts), Cell(row.lastPass),
            ]
        }
        return try await SheetAnswer(name: "数据传输率-\(day.text)", columns: columns, rows: rows).response(context, on: gates.database)
    }
}

/// How one gate is now, as its heartbeats and passes left it.
struct GateNow: Sendable {
    var org: Int64
    var gateNo: String
    var lastSerial: Int64?
    var lastPassAt: Moment?
    var heartbeatAt: Moment?
    var offlineSince: Moment?
    var hasFault: Bool

    var key: GateRegistry.GateKey { GateRegistry.GateKey(org: org, gateNo: gateNo) }

    private static let columns: SQL = "org, gate_no, last_serial, last_pass_at, heartbeat_at, offline_since, barrier_state, reader_state, camera_state"

    static func read(scope: DataScope, sites: [Int64: EnterpriseFacts], in reader: any Reader) throws -> [GateNow] {
        try reader.rows("SELECT \(columns) FROM gate_state").map(GateNow.init).filter { now in sites[now.org].map { scope.admits(org: $0.org, area: $0.county) } ?? false }
    }

    static func read(orgs: [Int64], in reader: any Reader) throws -> [GateNow] {
        try reader.rows("SELECT \(columns) FROM gate_state WHERE org IN (\(list: orgs)) ORDER BY org, gate_no").map(GateNow.init)
    }

    static func read(org: Int64, in reader: any Reader) throws -> [GateNow] {
        try reader.rows("SELECT \(columns) FROM gate_state WHERE org = \(org) ORDER BY gate_no").map(GateNow.init)
    }

    private init(_ row: Row) {
        org = row[0].int ?? 0
        gateNo = row[1].text ?? ""
        lastSerial = row[2].int
        lastPassAt = row[3].int.map { Moment(milliseconds: $0) }
        heartbeatAt = row[4].int.map { Moment(milliseconds: $0) }
        offlineSince = row[5].int.map { Moment(milliseconds: $0) }
        hasFault = (6...8).contains { row[$0].text.map { $0 == "fault" || $0 == "offline" } ?? false }
    }
}

/// A run of serials that have not come.
struct SerialRun: Sendable {
    var gateNo: String
    var from: Int64
    var to: Int64
    var noticedAt: Moment
    var alarmedAt: Moment?

    /// The newest two hundred.
    static func read(org: Int64, in reader: any Reader) throws -> [SerialRun] {
        try reader.rows("SELECT gate_no, from_serial, to_serial, noticed_at, alarmed_at FROM serial_gap WHERE org = \(org) ORDER BY gate_no, from_serial DESC LIMIT 200").map {
            row in
            SerialRun(
                gateNo: row[0].text ?? "", from: row[1].int ?? 0, to: row[2].int ?? 0, noticedAt: Moment(milliseconds: row[3].int ?? 0),
                alarmedAt: row[4].int.map { Moment(milliseconds: $0) })
        }
    }
}
