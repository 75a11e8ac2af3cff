import Alarms
import Features
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// The enterprise's own console: its gates, passes and alarms now, what it must follow, what it was sent.
struct ConsolePage: Sendable {
    let gates: GateSupervision
    let picture: GatePicture

    func add(to routes: Routes) {
        routes.get("/console", permission: .named(GatePermission.workbench), use: show)
        routes.get("/console/figures", permission: .named(GatePermission.workbench), use: figures)
    }

    private func site(_ principal: Principal) async throws -> (GatePicture.Site, Moment)? {
        guard case .organisation(let org) = principal.scope else { return nil }
        let now = try await picture.now()
        return now.site(org: org, principal.scope).map { ($0, now.takenAt) }
    }

    @Sendable
    func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        guard case .organisation(let org) = principal.scope else { return .redirect(to: "/", type: .normal) }
        guard let (site, takenAt) = try await site(principal) else {
            let body: Markup = "\(EmptyState("您的单位还没有登记为联网企业", hint: "请联系主管部门完成联网企业登记", icon: "factory"))"
            return Shell.page("企业自助", active: "/", body: body, context: context)
        }
        let passes = try await LivePasses(gates: gates).recent(9, by: principal)
        let (alarms, receipts) = try await state(org, principal)
        let live: Markup = """
            <ul class="live-list pass-rows" data-live="\(LivePasses.topic)" data-limit="9" data-empty="今日还没有过车" aria-live="off">\(passes.map { PassLine(item: $0) })</ul>
            """
        let wall: Markup = "\(ActionButton("更多", .link("/passes"), icon: "monitor", style: .quiet))"
        let tab = EnterpriseTab(gates: gates, site: site, takenAt: takenAt, principal: principal, context: context)
        let body: Markup = """
            \(GateAssets.links(context))<div class="stack" hx-get="/console/figures" hx-trigger="every 10s" hx-target="this" hx-swap="innerHTML" hx-push-url="false">\(figuresPart(site, takenAt, principal, context))</div>
            \(Grid(.mainAside, ["\(Card("本企业实时过车", actions: wall, body: live))", "<div>\(shortcuts(context))\(alarmCard(alarms, context))</div>"]))
            \(Grid(.halves, [StrategyFace.card(site.facts, gates.registry.snapshot, now: takenAt, actions: list(site.facts)), tab.gateLines]))
            \(Card("最近下发与回执", isFlush: true, body: "\(receipts.table(context))"))
            """
        return Shell.page(site.facts.name, active: "/", body: body, context: context)
    }

    private func list(_ facts: EnterpriseFacts) -> Markup { "<span class=\"muted\">名单版本 \(gates.registry.snapshot.listVersion)</span>" }

    private func state(_ org: Int64, _ principal: Principal) async throws -> ([Alarm], ReceiptTable) {
        var filter = AlarmFilter()
        filter.org = org
        filter.states = AlarmState.allCases.filter(\.isOpen)
        let mayAlarm = principal.may(AlarmPermission.read)
        let alarms = gates.alarms
        return try await gates.database.read { [filter] reader in
            (mayAlarm ? try alarms.list(filter, limit: 8, by: principal, in: reader).alarms : [], try ReceiptTable.read(org: org, limit: 8, in: reader))
        }
    }

    private func alarmCard(_ alarms: [Alarm], _ context: WebContext) -> Markup {
        guard context.may(AlarmPermission.read) else { return .empty }
        let list = LiveList(topic: AlarmLive.topic, items: alarms.map { AlarmLive.line($0) }, limit: 10, empty: "没有待处理的报警")
        return
            "<div class=\"gap-top\">\(Card("本企业报警", actions: "\(ActionButton("全部报警", .link("/alarms"), icon: "siren", style: .quiet))", body: "<div class=\"alarm-lines\">\(list)</div>"))</div>"
    }

    private func shortcuts(_ context: WebContext) -> Markup {
        var links: [Markup] = []
        func add(_ title: String, _ icon: String, _ path: String, _ permission: String) {
            if context.may(permission) { links.append("<a class=\"ready\" href=\"\(path)\">\(Icon(icon))<div><strong>\(title)</strong></div></a>") }
        }
        add("门前备案查询", "search", "/lookup", GatePermission.lookup)
        add("人工补录", "edit", "/manual-entry", GatePermission.manualEntry)
        add("备案车辆", "truck", "/ledgers/registeredVehicle", RegisteredVehicle.ledger.readPermission)
        add("快捷查询", "list", "/query", GatePassEvent.ledger.readPermission)
        return "<div class=\"ready-grid is-pair\">\(links)</div>"
    }

    @Sendable
    func figures(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        guard let (site, takenAt) = try await site(principal) else { throw Failure.notFound("该企业") }
        return .html(figuresPart(site, takenAt, principal, context))
    }

    private func figuresPart(_ site: GatePicture.Site, _ now: Moment, _ principal: Principal, _ context: WebContext) -> Markup {
        let bar = WarningBar(gates.registry.snapshot, scope: principal.scope, now: now, mayHandle: false)
        let cards = DayCards(sites: [site], now: now, target: gates.registry.snapshot.settings.transmissionTarget, context: context, org: site.facts.org)
        return "\(bar)\(cards)"
    }
}
