import Features
import Hummingbird
import Identity
import Kernel
import Points
import Storage
import Web

/// 接入对账: what each source sent on a day and what became of it, and why values were refused. Received is always stored plus doubled plus refused.
struct PointSourcePages: Sendable {
    let desk: PointDesk
    static let path = "/points/sources"

    func add(to routes: Routes) { routes.get(Self.path, permission: .named(PointPermission.sources), use: show) }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        // Sums of all enterprises: only for those who see everybody.
        let principal = try context.signedIn()
        guard principal.scope == .everything || principal.scope.isByArea else { throw Failure.forbidden("接入对账") }
        let day = context.here["day"].flatMap { Day(parsing: $0) } ?? desk.platform.clock.today, window = ListWindow(context.here)
        let (receipts, refusals) = try await desk.platform.database.look { [engine = desk.engine] reader in
            (try engine.receipts(of: day, reader), try engine.refusals(of: day, limit: 200, reader))
        }
        let (shown, pager) = window.numbered(receipts.filter { window.finds($0.source) }, sortedBy: ["source": { $0.source }])
        let rows = shown.map { one -> TableRow in
            let isEven = one.received == one.stored + one.doubled + one.refused
            let figure = { (value: Int64) -> Markup in "<span class=\"num\">\(Figure.grouped(value))</span>" }
            return TableRow([
                "\(one.source)", figure(one.batches), figure(one.received), figure(one.stored), figure(one.late), figure(one.doubled), figure(one.refused),
                isEven ? "\(Badge("相符", .good, isDot: true))" : "\(Badge("不符", .red))", "\(one.lastAt)",
            ])
        }
        let columns = [
            Column("source", "来源", isSortable: true), Column("batches", "批次", align: .end), Column("received", "收到", align: .end), Column("stored", "存入", align: .end),
            Column("late", "其中补传", align: .end), Column("doubled", "重复", align: .end), Column("refused", "拒收", align: .end), Column("even", "对账"), Column("at", "最近一批"),
        ]
        let reasons = refusals.map { one in
            TableRow([
                "\(one.source)", "<span class=\"mono\">\(one.code)</span>", "\(one.reason?.title)", "<span class=\"num\">\(Figure.grouped(one.count))</span>", "\(one.sample)",
                "\(one.lastAt)",
            ])
        }
        let reasonColumns = [
            Column("source", "来源"), Column("code", "点位编码"), Column("reason", "原因", isWrapping: true), Column("count", "次数", align: .end),
            Column("sample", "最近样例", isWrapping: true),
            Column("at", "最近一次"),
        ]
        let refused = DataTable(
            id: "point-refusals", columns: reasonColumns, rows: reasons, address: PageAddress(Self.path), empty: "当日没有拒收的数据", hasTools: false)
        let rules: Markup =
            "\(Notice(.info, "收到 = 存入 + 重复 + 拒收。同一点位同一时刻同一数值为重复，不再存入；同一时刻数值不同，保留先到的；晚于平台时间 5 分钟以上、早于 31 天的不收；补传的旧数据存入但不报警。等待整理入块 \(Figure.grouped(desk.engine.waiting)) 个。"))"
        let page = ListPage(
            "接入对账", at: Self.path, crumbs: [Crumb("监测感知"), Crumb("接入对账")], id: "point-sources", columns: columns,
            filters: [FormField("day", "日期", .day, value: day.text), .keyword(context, "来源")], empty: "当日没有上报数据",
            below: "\(rules)\(Card("拒收原因", isFlush: true, body: "\(refused)"))")
        return page.response(rows, pager, context)
    }
}
