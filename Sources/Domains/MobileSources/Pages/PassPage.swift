import Alarms
import Features
import Hummingbird
import Identity
import Kernel
import Ledgers
import Media
import Storage
import Web

/// One pass with all that is known of it: photos, plate, facts, why it was judged as it was, its other half, its alarm, the plate's last passes.
struct PassPage: Sendable {
    let gates: GateSupervision
    private static let historyCount = 20

    func add(to routes: Routes) {
        let read = RoutePermission.named(GatePassEvent.ledger.readPermission)
        routes.get("/passes/{id}", permission: read, use: show)
        routes.get("/passes/{id}/clips/{sha256}", permission: read, use: clip)
        routes.get("/plates/{plate}", permission: read, use: plate)
    }

    private struct Detail: Sendable {
        var record: Record
        var page: LedgerPage
        var answer: PassExplanationReader.Answer
        var pair: Record?
        var alarms: [Alarm]
        var filing: Record?
        var weighings: WeighingCard
        var clips: [PassClips.Clip]
    }

    @Sendable
    func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let detail = try await detail(try context.id(), principal)
        let record = detail.record
        let plate = record[GatePassEvent.plateNo] ?? ""
        let number = PlateNumber(normalizing: plate)
        let history: Markup = number.isMissing ? .empty : "\(historyCard(detail, plate, context))"
        let body: Markup = """
            \(GateAssets.links(context))\(head(detail, context))
            \(Grid(.mainAside, [photos(record, context), explanation(detail)]))
            \(Grid(.mainAside, ["<div class=\"stack\">\(facts(detail, principal, context))\(videos(detail))\(detail.weighings.markup)</div>", links(detail, context)]))\(history)
            """
        let actions: Markup =
            "\(Markup.when(!number.isMissing, "\(ActionButton("该车全部过车", .link(PassLinks.plate(plate)), icon: "history"))"))\(ActionButton("打印", .print, icon: "print"))"
        return Shell.page(
            "过车详情 \(plate)", crumbs: [Crumb("过车与统计"), Crumb("过车记录", "/ledgers/gatePass"), Crumb("过车详情")], active: "/query", actions: actions, body: body, context: context)
    }

    private func detail(_ id: Int64, _ principal: Principal) async throws -> Detail {
        let gates = gates
        return try await gates.database.read { reader in
            guard let record = try gates.ledgers.find(GatePassEvent.ledger.name, id: id, by: principal, in: reader) else { throw Failure.notFound("该过车记录") }
            let answer = try gates.explanations.explain(id, scope: principal.scope, in: reader)
            let page = try PassPage.history(of: record[GatePassEvent.plateNo] ?? "", count: PassPage.historyCount, gates.ledgers, by: principal, in: reader)
            var filter = AlarmFilter()
            filter.source = AlarmSource("gatePass", id)
            let alarms = principal.may(AlarmPermission.read) ? try gates.alarms.list(filter, limit: 5, by: principal, in: reader).alarms : []
            let pair = try record[GatePassEvent.pairId].flatMap { try gates.ledgers.find(GatePassEvent.ledger.name, id: $0, by: principal, in: reader) }
            let mayFiling = principal.may(RegisteredVehicle.ledger.readPermission)
            let filing = mayFiling ? try record[GatePassEvent.filingId].flatMap { try gates.ledgers.find(RegisteredVehicle.ledger.name, id: $0, by: principal, in: reader) } : nil
            let weighings = try WeighingCard.read(pass: id, ledgers: gates.ledgers, by: principal, in: reader)
            return Detail(
                record: record, page: page, answer: answer, pair: pair, alarms: alarms, filing: filing, weighings: weighings, clips: try PassPage.clips(of: record, in: reader))
        }
    }

    /// The newest passes of a plate within the reader's scope, by the index on plate and time.
    private static func history(of plate: String, count: Int, cursor: String? = nil, _ ledgers: LedgerEngine, by principal: Principal, in reader: any Reader) throws -> LedgerPage {
        var query = LedgerQuery(ledger: GatePassEvent.ledger.name, filters: [.init("plateNo", .eq, [plate])], cursor: cursor, limit: count)
        query.wantsTotal = false
        return try ledgers.list(query, by: principal, in: reader)
    }

    // MARK: Parts

    private func head(_ detail: Detail, _ context: WebContext) -> Markup {
        let record = detail.record
        let color = record[GatePassEvent.plateColor].flatMap(PlateColor.init(rawValue:)) ?? .other
        let tag = VerdictTag(record[GatePassEvent.verdict] ?? "unknown", barrierAction: record[GatePassEvent.barrierAction] ?? "")
        let direction = record[GatePassEvent.direction] ?? ""
        let source = record[GatePassEvent.source] ?? "auto"
        let marks: Markup = source == "auto" ? .empty : "\(Badge(GateCodes.passSource.title(of: source), .blue))"
        return """
            <section class="pass-banner is-\(tag.isViolation ? "violation" : tag.verdict)">\(PlateTag(record[GatePassEvent.plateNo] ?? "", color, isLarge: true))<div class="pass-banner-facts">\
            <div>\(tag)\(marks)<span class="way way-\(direction)">\(GateCodes.direction.title(of: direction))</span></div><strong class="num">\(record[GatePassEvent.passedAt])</strong>\
            <span>\(detail.answer.enterprise) · \(detail.answer.gate)</span></div></section>
            """
    }

    private func photos(_ record: Record, _ context: WebContext) -> Markup {
        let kinds: [(String, String, String?)] = [
            ("headPhoto", "车头照片", record[GatePassEvent.headPhoto]), ("bodyPhoto", "车身照片", record[GatePassEvent.bodyPhoto]),
            ("platePhoto", "车牌特写", record[GatePassEvent.platePhoto]),
            ("documentPhoto", "行驶证或随车清单", record[GatePassEvent.documentPhoto]),
        ]
        let strip = kinds.filter { $0.2 != nil }.map { kind -> PhotoStrip.Photo in
            let path = "/ledgers/gatePass/\(record.id)/photos/\(kind.0)"
            return PhotoStrip.Photo(
                full: path, thumbnail: "\(path)?width=640", title: kind.1, note: "\(record[GatePassEvent.plateNo] ?? "") \(record[GatePassEvent.passedAt]?.text ?? "")")
        }
        let body: Markup =
            strip.isEmpty
            ? "\(EmptyState("这条记录没有照片", hint: record[GatePassEvent.source] == "manual" ? "人工补录时未上传照片" : "", icon: "image"))"
            : "<div class=\"pass-photos\">\(PhotoStrip(strip, isLarge: true))</div>"
        return "\(Card("过车照片", body: body))"
    }

    private static func clips(of record: Record, in reader: any Reader) throws -> [PassClips.Clip] {
        guard let org = record.org, let gateNo = record[GatePassEvent.gateNo], let serialNo = record[GatePassEvent.serialNo] else { return [] }
        return try PassClips.clips(org: org, gateNo: gateNo, serialNo: serialNo, in: reader)
    }

    private func videos(_ detail: Detail) -> Markup {
        let players = detail.clips.map { clip -> Markup in
            let length = clip.facts.seconds.map { "\(Int($0.rounded())) 秒 · " } ?? ""
            let codec = clip.facts.codec == "h264" ? "" : " · 编码不是 H.264，浏览器不能播放时请下载"
            return "\(VideoPlayer("/passes/\(detail.record.id)/clips/\(clip.sha256)", title: clip.title, note: "\(length)\((clip.facts.bytes + 1023) / 1024) KB\(codec)"))"
        }
        return players.isEmpty ? .empty : "\(Card("过车视频", body: "\(Markup.joined(players))"))"
    }

    /// `GET /passes/{id}/clips/{sha256}`: a recording of this pass; players ask for parts.
    @Sendable
    func clip(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let (id, sha256, gates) = (try context.id(), try context.path("sha256").lowercased(), gates)
        let isHere = try await gates.database.read { reader in
            guard let record = try gates.ledgers.find(GatePassEvent.ledger.name, id: id, by: principal, in: reader) else { throw Failure.notFound("该过车记录") }
            return try PassPage.clips(of: record, in: reader).contains { $0.sha256 == sha256 }
        }
        guard isHere else { throw Failure.notFound("视频") }
        return .ranged(try await gates.photos.clips.open(sha256), of: request, contentType: ClipFile.mediaType)
    }

    private func explanation(_ detail: Detail) -> Markup {
        let steps = ExplanationSteps(detail.answer.explanation)
        let others = detail.answer.findings.filter { !$0.kind.refuses }.map { finding -> Markup in "<li>\(finding.message)</li>" }
        let notes: Markup = others.isEmpty ? .empty : "<h3 class=\"sub-title\">其他校验发现</h3><ul class=\"findings\">\(others)</ul>"
        let strategy: Markup = detail.answer.knowsStrategy ? .empty : "\(Notice(.info, "当时适用的策略版本没有留存，管控策略一步未能重现。"))"
        let differs: Markup = detail.answer.agrees || !detail.answer.knowsStrategy ? .empty : "\(Notice(.info, "按现行规则重新判断，结论与当时不同；以当时结论为准。"))"
        return "\(Card("为什么这样判断", body: "\(steps)\(strategy)\(differs)\(notes)"))"
    }

    private func facts(_ detail: Detail, _ principal: Principal, _ context: WebContext) -> Markup {
        guard let presenter = try? gates.ledgers.presenter(GatePassEvent.ledger.name, titles: detail.page.titles, for: principal) else { return .empty }
        let hidden: Set<String> = [
            "plateNo", "direction", "passedAt", "verdict", "findings", "headPhoto", "bodyPhoto", "platePhoto", "documentPhoto", "facts", "digest", "pairId", "filingId",
            "strategyId", "videoCamera", "videoFrom", "videoTo",
        ]
        let items = GatePassEvent.ledger.fields.filter { presenter.isVisible($0) && !hidden.contains($0.name) }.compactMap { field -> DescriptionList.Item? in
            let text = presenter.text(field, detail.record)
            guard !text.isEmpty else { return nil }
            return DescriptionList.Item(field.title, "\(text)\(field.unit.map { " \($0)" })")
        }
        return
            "\(Card("记录内容", body: "\(DescriptionList([.init("号牌颜色", "\(detail.record[GatePassEvent.plateColor].flatMap(PlateColor.init(rawValue:))?.plateTitle)")] + items.filter { $0.title != "号牌颜色" }))"))"
    }

    private func links(_ detail: Detail, _ context: WebContext) -> Markup {
        let record = detail.record
        var items: [DescriptionList.Item] = []
        let isEntry = record[GatePassEvent.direction] == "1"
        if let pair = detail.pair, let at = pair[GatePassEvent.passedAt], let here = record[GatePassEvent.passedAt] {
            let stay = isEntry ? GateWords.span(here, at) : GateWords.span(at, here)
            items.append(.init(isEntry ? "对应出厂" : "对应进厂", "<a href=\"/passes/\(pair.id)\">\(at)</a>"))
            items.append(.init("厂内停留", "\(stay)"))
        } else {
            items.append(.init(isEntry ? "对应出厂" : "对应进厂", isEntry ? "尚未出厂" : "没有找到进厂记录"))
        }
        for alarm in detail.alarms {
            items.append(.init("报警", "<a href=\"/alarms/\(alarm.id)\">\(alarm.number)</a> \(Badge(alarm.state.title, alarm.state == .new ? .orange : .neutral))"))
        }
        if let filing = detail.filing {
            items.append(.init("备案", "<a href=\"/ledgers/registeredVehicle/\(filing.id)\">\(GateCodes.filingState.title(of: filing[RegisteredVehicle.filingState] ?? ""))</a>"))
        } else {
            items.append(.init("备案", record[GatePassEvent.filingId] == nil ? "过车时没有备案" : "由其他企业备案"))
        }
        if let strategy = detail.answer.facts.strategy {
            let text = "\(strategy.name)（第 \(strategy.version) 版）"
            items.append(.init("适用策略", context.may(ControlStrategy.ledger.readPermission) ? "<a href=\"/ledgers/controlStrategy/\(strategy.id)\">\(text)</a>" : "\(text)"))
        }
        if let camera = record.values["videoCamera"]?.text, !camera.isEmpty {
            let from = record.values["videoFrom"]?.int.map { Moment(milliseconds: $0) }, to = record.values["videoTo"]?.int.map { Moment(milliseconds: $0) }
            items.append(.init("视频", "摄像头 \(camera)<br>\(from) 至 \(to)"))
        }
        items.append(.init("企业", siteLink(record, context)))
        return "\(Card("关联", body: "\(DescriptionList(items, columns: 1))"))"
    }

    private func siteLink(_ record: Record, _ context: WebContext) -> Markup {
        guard let org = record.org, let site = gates.registry.snapshot.enterprises[org] else { return .empty }
        return context.may(Enterprise.ledger.readPermission) ? "<a href=\"/enterprises/\(site.ledgerId)\">\(site.name)</a>" : "\(site.name)"
    }

    private func historyCard(_ detail: Detail, _ plate: String, _ context: WebContext) -> Markup {
        let table = passTable(detail.page.records, id: "history", here: detail.record.id, context)
        let more: Markup = detail.page.nextCursor == nil ? .empty : "\(ActionButton("更多", .link(PassLinks.plate(plate)), icon: "history", style: .quiet))"
        return "\(Card("该车最近 \(PassPage.historyCount) 次过车", actions: more, isFlush: true, body: "\(table)"))"
    }

    private func passTable(_ records: [Record], id: String, here: Int64? = nil, pager: Pager? = nil, _ context: WebContext) -> DataTable {
        PassTable(records: records, snapshot: gates.registry.snapshot, here: here).table(id: id, pager: pager, context: context)
    }

    // MARK: One plate

    /// `GET /plates/{plate}`: all passes of a plate in the reader's scope, newest first.
    @Sendable
    func plate(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let plate = PlateNumber(normalizing: FormEncoding.decode(Array(try context.path("plate").utf8)))
        let cursor = context.here["cursor"]
        let gates = gates
        let page = try await gates.database.read { reader in try PassPage.history(of: plate.text, count: 50, cursor: cursor, gates.ledgers, by: principal, in: reader) }
        let pager = Pager(
            first: page.previousCursor == nil ? nil : context.here.with("cursor", nil).text, previous: page.previousCursor.map { context.here.with("cursor", $0).text },
            next: page.nextCursor.map { context.here.with("cursor", $0).text }, size: 50, sizes: [])
        let color = page.records.first?[GatePassEvent.plateColor].flatMap(PlateColor.init(rawValue:)) ?? .other
        let listings = PlateColor.allCases.compactMap { color in gates.registry.snapshot.listing(plate: plate.text, color: color.rawValue, at: gates.clock.now) }
        let listed: Markup = listings.isEmpty ? .empty : "\(Notice(.red, "该车现列入\(GateCodes.listKind.title(of: listings[0].kind))车辆名单（名单版本 \(listings[0].version)）。"))"
        let body: Markup = """
            \(GateAssets.links(context))<section class="pass-banner">\(PlateTag(plate.text, color, isLarge: true))<div class="pass-banner-facts"><span>按过车时间倒序，仅列出您管辖范围内的记录</span></div></section>\(listed)
            \(passTable(page.records, id: "plate", pager: pager, context))
            """
        let actions: Markup = "\(ActionButton("带条件查询", .link(PassLinks.list([.init("plateNo", .eq, [plate.text])])), icon: "filter"))"
        return Shell.page(
            "车辆轨迹 \(plate.text)", crumbs: [Crumb("过车与统计"), Crumb("快捷查询", "/query"), Crumb(plate.text)], active: "/query", actions: actions, body: body, context: context)
    }
}
