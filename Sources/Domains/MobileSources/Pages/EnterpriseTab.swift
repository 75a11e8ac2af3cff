import Alarms
import Features
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// The tabs of an enterprise's file. Each asks at most three queries; figures come from the picture.
struct EnterpriseTab: Sendable {
    let gates: GateSupervision
    let site: GatePicture.Site
    let takenAt: Moment
    let principal: Principal
    let context: WebContext

    func render(_ tab: EnterprisePage.Tab, in reader: any Reader) throws -> Markup {
        switch tab {
        case .overview: try overview(in: reader)
        case .passes: try passes(in: reader)
        case .vehicles:
            try excerpts(
                [
                    (RegisteredVehicle.ledger, ["plateNo", "plateColor", "vehicleType", "fuel", "emissionStage", "filingState", "lastPassAt"]),
                    (InternalVehicle.ledger, ["plateNo", "plateColor"]), (OnSiteVehicle.ledger, ["registrationCode", "emissionStage", "fuel"]),
                ], in: reader)
        case .machines: try excerpts([(NonRoadMachine.ledger, ["registrationCode", "machineType", "machineModel", "fuel", "emissionStage", "enteredOn", "inUse"])], in: reader)
        case .alarms: try alarms(in: reader)
        case .quality: quality
        case .strategy: try strategy(in: reader)
        case .gates: try equipment(in: reader)
        case .papers: try papers(in: reader)
        }
    }

    private var own: LedgerQuery.Filter { .init("org", .eq, [String(site.facts.org)]) }

    private var dayNames: [String] { (0..<GatePicture.shownDays).map { String(takenAt.day.adding(days: $0 + 1 - GatePicture.shownDays).text.suffix(5)) } }

    private func series(_ title: String, _ path: KeyPath<GatePicture.DayFigures, Int64>, _ tone: Tone) -> ChartSeries {
        ChartSeries(title, site.days.map { Double($0[keyPath: path]) }, tone: tone)
    }

    // MARK: Overview

    private func overview(in reader: any Reader) throws -> Markup {
        let cards = DayCards(sites: [site], now: takenAt, target: gates.registry.snapshot.settings.transmissionTarget, context: context, org: site.facts.org)
        let trend = Chart(
            .line, "近两周过车", categories: dayNames, series: [series("过车", \.received, .info), series("不予放行", \.refused, .orange), series("违规放行", \.refusedLifted, .red)], unit: "辆次")
        let query = CleanTransportShare.Query(from: takenAt.day.adding(days: -29), to: takenAt.day, subject: .enterprise)
        var own = query
        own.enterprises = [site.facts.org]
        let clean = try gates.cleanTransport.lines(own, scope: principal.scope, in: reader).first
        let share: [DescriptionList.Item] = [
            .init("清洁运输（车次）", "\(Figure.percent(clean?.cleanTripShare))"), .init("清洁运输（运输量）", "\(Figure.percent(clean?.cleanTonnageShare))"),
            .init("电动车占比", "\(Figure.percent(clean?.electricTripShare))"),
            .init("国三及以下占比", "\(Figure.percent(clean?.oldTripShare))"), .init("运输量", "\(Figure.decimal(clean?.total.tonnes, digits: 1)) 吨"), .init("最近过车", "\(site.lastPassAt)"),
        ]
        return """
            \(cards)\(Grid(.mainAside, ["\(Card("近两周过车", body: "\(trend)"))", "\(Card("近 30 天运输", body: "\(DescriptionList(share, columns: 1))"))"]))
            \(Grid(.halves, [StrategyFace.card(site.facts, gates.registry.snapshot, now: takenAt), gateLines]))
            """
    }

    var gateLines: Markup {
        let lines = site.gates.map { gate -> Markup in
            let state: Badge = gate.isOnline ? Badge("在线", .good, isDot: true) : gate.heartbeatAt == nil ? Badge("从未上报", .muted, isDot: true) : Badge("离线", .orange, isDot: true)
            return "<li>\(state)<span>\(gate.name)</span><small>\(gate.heartbeatAt.map { "心跳 \($0.text)" })</small></li>"
        }
        return "\(Card("门岗", body: lines.isEmpty ? "\(EmptyState("还没有登记门岗", icon: "gate"))" : "<ul class=\"gate-lines\">\(lines)</ul>"))"
    }

    // MARK: Ledgers

    private func passes(in reader: any Reader) throws -> Markup {
        guard principal.may(GatePassEvent.ledger.readPermission) else { return "\(EmptyState("您没有查看过车记录的权限", icon: "lock"))" }
        let today = takenAt.day.text
        var query = LedgerQuery(ledger: GatePassEvent.ledger.name, filters: [own, .init("passedAt", .between, [today, today])], limit: 50)
        query.wantsTotal = false
        let page = try gates.ledgers.list(query, by: principal, in: reader)
        let hours = Chart(
            .bar, "今日分时段", categories: (0..<24).map { "\($0)时" }, series: [ChartSeries("今日", site.hoursToday.map { Double($0) }, tone: .info)], unit: "辆次", height: .small)
        let table = PassTable(records: page.records, snapshot: gates.registry.snapshot, hasEnterprise: false).table(id: "passes", context: context)
        let all: Markup = "\(ActionButton("全部", .link(PassLinks.on(takenAt.day, [own])), icon: "list", style: .quiet))"
        return "\(Card("今日分时段", body: "\(hours)"))\(Card("今日过车（最近 50 条）", actions: all, isFlush: true, body: "\(table)"))"
    }

    private func excerpts(_ parts: [(LedgerDeclaration, [String])], in reader: any Reader) throws -> Markup {
        let shown = try parts.map { ledger, fields in
            try LedgerExcerpt(ledger: ledger, fields: fields, filters: [own], limit: 15).render(gates.ledgers, by: principal, context: context, in: reader)
        }
        return shown.allSatisfy(\.isEmpty) ? "\(EmptyState("您没有查看这些台账的权限", icon: "lock"))" : "\(shown)"
    }

    private func alarms(in reader: any Reader) throws -> Markup {
        guard principal.may(AlarmPermission.read) else { return "\(EmptyState("您没有查看报警的权限", icon: "lock"))" }
        var filter = AlarmFilter()
        filter.org = site.facts.org
        let page = try gates.alarms.list(filter, limit: 30, by: principal, in: reader)
        let columns = [
            Column("number", "报警号"), Column("grade", "等级"), Column("kind", "类型"), Column("title", "内容", isWrapping: true), Column("place", "位置"), Column("at", "发生时间"),
            Column("times", "次数", align: .end), Column("state", "状态"),
        ]
        let rows = page.alarms.map { alarm -> TableRow in
            TableRow(
                id: String(alarm.id),
                [
                    "\(alarm.number)", "\(alarm.grade.title)", "\(gates.alarms.title(ofKind: alarm.kind))", "\(alarm.title)", "\(alarm.place)", "\(alarm.occurredAt)",
                    "\(alarm.times)",
                    "\(Badge(alarm.state.title, alarm.state == .new ? .orange : alarm.state.isOpen ? .info : .muted, isDot: true))",
                ], path: "/alarms/\(alarm.id)")
        }
        let table = DataTable(id: "alarms", columns: columns, rows: rows, address: context.here, empty: "没有报警", hasTools: false)
        let all: Markup = "\(ActionButton("报警处理", .link("/alarms?state=all&org=\(site.facts.org)&orgShown=\(FormEncoding.encode(site.facts.name))"), icon: "siren", style: .quiet))"
        return "\(Card("最近报警", actions: all, isFlush: true, body: "\(table)"))"
    }

    // MARK: Transmission

    private var quality: Markup {
        let rates = ChartSeries("传输率", site.days.map { $0.rate.map { ($0 * 10_000).rounded() / 100 } }, tone: .info)
        let target = ChartSeries("目标", site.days.map { _ in gates.registry.snapshot.settings.transmissionTarget * 100 }, tone: .muted)
        let chart = Chart(.line, "近两周传输率", categories: dayNames, series: [rates, target], unit: "%")
        let columns = [
            Column("day", "日期"), Column("generated", "应上传", align: .end), Column("received", "已接收", align: .end), Column("rate", "传输率", align: .end),
            Column("backfilled", "断网补传", align: .end), Column("manual", "人工补录", align: .end),
            Column("photos", "照片完整率", align: .end), Column("unknown", "阶段未知", align: .end), Column("flagged", "存疑", align: .end), Column("lifts", "手动抬杆", align: .end),
        ]
        let rows = site.days.enumerated().reversed().map { index, day -> TableRow in
            let date = takenAt.day.adding(days: index + 1 - GatePicture.shownDays)
            let photos = day.received > 0 ? Double(day.withPhotos) / Double(day.received) : nil
            return TableRow(
                [
                    "\(date)", "\(Figure.grouped(day.generated))", "\(Figure.grouped(day.received))", "\(Figure.percent(day.rate, digits: 2))", "\(day.backfilled)",
                    "\(day.manual)", "\(Figure.percent(photos))", "\(day.unknownStage)",
                    "\(day.flagged)", "\(day.handLifts)",
                ], tone: day.rate.map { $0 < gates.registry.snapshot.settings.transmissionTarget } ?? false ? .red : nil)
        }
        return
            "\(Card("近两周传输率", body: "\(chart)"))\(Card("逐日传输与质量", isFlush: true, body: "\(DataTable(id: "days", columns: columns, rows: rows, address: context.here, hasTools: false))"))"
    }

    // MARK: Strategy, equipment, papers

    private func strategy(in reader: any Reader) throws -> Markup {
        let receipts = try ReceiptTable.read(org: site.facts.org, limit: 50, in: reader)
        return "\(StrategyFace.card(site.facts, gates.registry.snapshot, now: takenAt))\(Card("下发与回执", isFlush: true, body: "\(receipts.table(context))"))"
    }

    private func equipment(in reader: any Reader) throws -> Markup {
        let columns = [
            Column("name", "门岗"), Column("state", "状态"), Column("heartbeat", "最后心跳"), Column("barrier", "道闸"), Column("reader", "号牌识别机"), Column("camera", "摄像机"),
            Column("last", "最近过车"),
            Column("serial", "最后流水号", align: .end), Column("pending", "待传", align: .end),
        ]
        let rows = site.gates.map { gate -> TableRow in
            let state: Badge = gate.isOnline ? Badge("在线", .good, isDot: true) : gate.heartbeatAt == nil ? Badge("从未上报", .muted, isDot: true) : Badge("离线", .orange, isDot: true)
            return TableRow(
                [
                    "\(gate.name)（\(gate.gateNo)）", "\(state)", "\(gate.heartbeatAt)", equipment(gate.barrierState), equipment(gate.readerState), equipment(gate.cameraState),
                    "\(gate.lastPassAt)", "\(gate.lastSerial)",
                    "\(gate.pending)",
                ])
        }
        let table = DataTable(id: "gates", columns: columns, rows: rows, address: context.here, empty: "还没有登记门岗", hasTools: false)
        let more = try excerpts(
            [(Barrier.ledger, ["gateNo", "barrierNo", "name", "direction"]), (Camera.ledger, ["cameraNo", "gateNo", "scene", "channelNo", "recordDays"])], in: reader)
        return "\(Card("门岗与设备状态", isFlush: true, body: "\(table)"))\(more)"
    }

    private func equipment(_ state: String?) -> Markup {
        guard let state else { return "<span class=\"nothing\">—</span>" }
        let title = GateCodes.equipmentState.title(of: state)
        return "\(Badge(title, state == "normal" ? .good : state == "unknown" ? .muted : .orange, isDot: true))"
    }

    private func papers(in reader: any Reader) throws -> Markup {
        guard let record = try gates.ledgers.find(Enterprise.ledger.name, id: site.facts.ledgerId, by: principal, in: reader) else { throw Failure.notFound("该企业") }
        let titles = try gates.ledgers.titles(for: [record], in: Enterprise.ledger.name, reader)
        let presenter = try gates.ledgers.presenter(Enterprise.ledger.name, titles: titles, for: principal)
        let items = Enterprise.ledger.fields.filter(presenter.isVisible).map { field -> DescriptionList.Item in .init(field.title, "\(presenter.text(field, record))") }
        let actions: Markup = "\(ActionButton("登记信息与附件", .link("/ledgers/enterprise/\(record.id)"), icon: "file", style: .quiet))"
        return "\(Card("登记资料", actions: actions, body: "\(DescriptionList(items, columns: 3))"))"
    }
}
