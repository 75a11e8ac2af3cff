import Features
import Hummingbird
import Identity
import Kernel
import Ledgers
import Web

/// A-06 过车查询: the questions that are asked every day, each one press, and the way to every other.
struct PassQueryPage: Sendable {
    let gates: GateSupervision
    let picture: GatePicture

    func add(to routes: Routes) {
        routes.get("/query", permission: .named(GatePassEvent.ledger.readPermission), use: show)
    }

    private struct Ready: Sendable {
        var title: String
        var note: String
        var icon: String
        var path: String
    }

    @Sendable
    func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        if let plate = context.here["plate"] {
            let number = PlateNumber(normalizing: plate)
            if !number.text.isEmpty { return .redirect(to: PassLinks.plate(number.text), type: .normal) }
        }
        let now = try await picture.now()
        let cards = ready(now.takenAt.day).map { one -> Markup in
            "<a class=\"ready\" href=\"\(one.path)\">\(Icon(one.icon))<div><strong>\(one.title)</strong><span>\(one.note)</span></div></a>"
        }
        let records = try await recent(principal)
        let snapshot = gates.registry.snapshot
        let body: Markup = """
            \(GateAssets.links(context))<form class="search-form plate-search" method="get" action="/query" role="search"><label class="field-label" for="plate-q">按号牌查全部过车</label>\
            <input class="form-control" id="plate-q" name="plate" placeholder="如 冀A12345" maxlength="16" autocomplete="off" autofocus required><button type="submit" class="btn btn-primary">\(Icon("search"))<span>查询</span></button></form>
            <div class="ready-grid">\(cards)</div>
            \(Card("最近过车", actions: "\(ActionButton("打开过车记录", .link("/ledgers/gatePass"), icon: "list", style: .quiet))", isFlush: true, body: "\(PassTable(records: records, snapshot: snapshot).table(id: "recent", context: context))"))
            """
        return Shell.page("快捷查询", crumbs: [Crumb("过车与统计"), Crumb("快捷查询")], active: "/query", body: body, context: context)
    }

    private func recent(_ principal: Principal) async throws -> [Record] {
        var query = LedgerQuery(ledger: GatePassEvent.ledger.name, limit: 20)
        query.wantsTotal = false
        return try await gates.ledgers.list(query, by: principal).records
    }

    private func ready(_ today: Day) -> [Ready] {
        let refuse = LedgerQuery.Filter("verdict", .eq, ["refuse"])
        let week = LedgerQuery.Filter("passedAt", .between, [today.adding(days: -6).text, today.text])
        let lifted = LedgerQuery.Filter("barrierAction", .in, ["1", "2"])
        return [
            Ready(title: "今日全部", note: "今天的每一次进出", icon: "truck", path: PassLinks.on(today)),
            Ready(title: "今日不予放行", note: "校验结论为不允许通行", icon: "ban", path: PassLinks.on(today, [refuse])),
            Ready(title: "今日违规放行", note: "不允许通行但已抬杆", icon: "alert", path: PassLinks.on(today, [refuse, lifted])),
            Ready(title: "近 7 天违规放行", note: "违规的全部记录", icon: "siren", path: PassLinks.list([week, refuse, lifted])),
            Ready(title: "今日手动抬杆", note: "需核对抬杆原因", icon: "gate", path: PassLinks.on(today, [.init("barrierAction", .eq, ["1"])])),
            Ready(title: "近 7 天排放阶段未知", note: "没有判定依据的车辆", icon: "info", path: PassLinks.list([week, .init("emissionStage", .eq, ["X"])])),
            Ready(title: "近 7 天国三及以下", note: "零至三阶段车辆", icon: "flame", path: PassLinks.list([week, .init("emissionStage", .in, ["0", "1", "2", "3"])])),
            Ready(title: "近 7 天人工补录", note: "由人补录的过车", icon: "edit", path: PassLinks.list([week, .init("source", .eq, ["manual"])])),
            Ready(title: "近 7 天断网补传", note: "断网期间的过车", icon: "upload", path: PassLinks.list([week, .init("source", .eq, ["backfill"])])),
            Ready(title: "昨日全部", note: "\(today.adding(days: -1).text)", icon: "history", path: PassLinks.on(today.adding(days: -1))),
        ]
    }
}
