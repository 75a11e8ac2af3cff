import Alarms
import Identity
import Kernel
import Ledgers
import Maps
import Storage
import Web

/// What stands in each card. A card never throws: what keeps it from answering is what it shows.
struct DashboardCards: Sendable {
    let engine: ReportEngine
    let context: WebContext

    func content(_ card: DashboardCard, by principal: Principal) async -> Markup { await shown { try await answer(card, by: principal) } }

    func chart(_ question: ReportQuestion, title: String, by principal: Principal) async -> Markup {
        await shown { try await picture(question, title: title, by: principal) }
    }

    private func answer(_ card: DashboardCard, by principal: Principal) async throws -> Markup {
        switch card.kind {
        case .chart:
            guard let question = card.question else { return unset }
            return try await picture(question, title: card.title, by: principal)
        case .number:
            guard let question = card.question else { return unset }
            return try await number(question, by: principal)
        case .list: return try await list(card, by: principal)
        case .map: return try await map(card, by: principal)
        case .alarms: return try await alarms(card, by: principal)
        case .text: return .joined((card.text ?? "").split(separator: "\n", omittingEmptySubsequences: false).map { line -> Markup in "<p>\(line)</p>" })
        case .live: return try await live(card, by: principal)
        case .mimic: return try await mimic(card, by: principal)
        case .video: return try await video(card, by: principal)
        case .links: return links(card)
        }
    }

    private func mimic(_ card: DashboardCard, by principal: Principal) async throws -> Markup {
        guard let id = card.item else { return unset }
        let engine = engine
        let item = try await engine.database.read { try engine.item(id, [.mimic], by: principal, in: $0) }
        let mimic = Mimic(item.body)
        return MimicDrawing.svg(mimic, await MimicValues(engine: engine).values(of: mimic, by: principal))
    }

    private func video(_ card: DashboardCard, by principal: Principal) async throws -> Markup {
        guard let pictures = engine.pictures, !card.cameras.isEmpty else { return unset }
        try principal.require(pictures.permission, "视频：查看实时画面")
        let context = context
        return try await engine.database.read(within: ReportEngine.cardLimit) { try pictures.markup(card.cameras, principal, context, $0) }
    }

    /// Only addresses of hosts that the installation admits, whatever was saved.
    private func links(_ card: DashboardCard) -> Markup {
        let found = LinkLines.read(card.text ?? "", admitting: context.site.settings.linkHosts)
        guard !found.links.isEmpty else { return unset }
        let lines = found.links.map { link -> Markup in
            "<li><a href=\"\(link.address)\" target=\"_blank\" rel=\"noopener noreferrer\">\(Icon("link"))<span class=\"report-line\">\(link.title)</span></a></li>"
        }
        return "<ul class=\"report-lines\">\(lines)</ul>"
    }

    private var unset: Markup { "\(EmptyState("还没有选择统计内容", icon: "chart"))" }

    private func shown(_ body: () async throws -> Markup) async -> Markup {
        do {
            return try await body()
        } catch let failure as Failure where failure.kind == .forbidden {
            return "\(EmptyState("您没有查看此内容的权限", icon: "lock"))"
        } catch let failure as Failure {
            return
                "<div class=\"report-card-fault\">\(Icon("alert"))<p>\(failure.code == "JW-S004" ? ReportGate.late.message : failure.message)</p><small>\(engine.clock.now.text.suffix(8))</small></div>"
        } catch {
            return "<div class=\"report-card-fault\">\(Icon("alert"))<p>暂时无法显示</p></div>"
        }
    }

    private func picture(_ question: ReportQuestion, title: String, by principal: Principal) async throws -> Markup {
        let table = try await engine.askForCard(question, by: principal)
        guard !table.rows.isEmpty else { return "\(EmptyState("暂无数据", icon: "chart"))" }
        if table.dimensions.isEmpty { return ReportFace.figures(table) }
        return ReportFace.chart(table, question.picture, height: .medium) ?? ReportFace.numbers(table, limit: 30)
    }

    /// The first figure large; comparisons below it.
    private func number(_ question: ReportQuestion, by principal: Principal) async throws -> Markup {
        let table = try await engine.askForCard(question, by: principal)
        guard let first = table.measures.first else { return unset }
        let values = table.rows.first?.values ?? []
        let others = table.measures.indices.dropFirst().map { index -> Markup in
            let value = index < values.count ? values[index] : nil
            let isGrowth = table.measures[index].name.hasPrefix("yoy~") || table.measures[index].name.hasPrefix("mom~")
            let word = table.measures[index].name.hasPrefix("yoy~") ? "同比" : table.measures[index].name.hasPrefix("mom~") ? "环比" : table.measures[index].title
            let tone = isGrowth ? (value ?? 0) > 0 ? " report-up" : (value ?? 0) < 0 ? " report-down" : "" : ""
            let sign = isGrowth && (value ?? 0) > 0 ? "+" : ""
            return "<span>\(word) <b class=\"num\(tone)\">\(sign)\(table.text(value, index))</b></span>"
        }
        return
            "<div class=\"report-number\"><span class=\"report-number-value num\">\(table.text(values.first ?? nil, 0))<small>\(first.isPercent ? "" : first.unit)</small></span><span class=\"report-number-notes\">\(others)</span><small class=\"muted\">\(table.span)</small></div>"
    }

    private func list(_ card: DashboardCard, by principal: Principal) async throws -> Markup {
        guard let name = card.ledger, let ledger = engine.ledgers.declaration(name) else { return unset }
        var query = LedgerQuery(ledger: name, parsing: card.filter ?? "")
        query.limit = card.limit
        query.wantsTotal = false
        let asked = query
        let engine = engine
        let (page, presenter) = try await engine.gate.run(for: principal.id, within: ReportEngine.cardLimit) {
            try await engine.database.read(within: ReportEngine.cardLimit) { reader in
                let page = try engine.ledgers.list(asked, by: principal, in: reader)
                return (page, try engine.ledgers.presenter(name, titles: page.titles, for: principal))
            }
        }
        let wanted = card.fields.isEmpty ? ledger.fields.filter { !$0.marks.contains(.unlisted) }.prefix(4).map(\.name) : card.fields
        let shown = wanted.compactMap { ledger.field($0) }.filter(presenter.isVisible)
        guard !page.records.isEmpty else { return "\(EmptyState("没有\(ledger.title)记录"))" }
        let head = shown.map { field -> Markup in "<th scope=\"col\">\(field.title)</th>" }
        let rows = page.records.map { record -> Markup in
            let cells = shown.enumerated().map { index, field -> Markup in
                index == 0 ? "<td><a href=\"/ledgers/\(name)/\(record.id)\">\(presenter.text(field, record))</a></td>" : "<td>\(presenter.text(field, record))</td>"
            }
            return "<tr>\(cells)</tr>"
        }
        return "<div class=\"table-scroll\"><table class=\"data-table\"><thead><tr>\(head)</tr></thead><tbody>\(rows)</tbody></table></div>"
    }

    private func map(_ card: DashboardCard, by principal: Principal) async throws -> Markup {
        guard let name = card.ledger, let ledger = engine.ledgers.declaration(name), let place = DashboardCards.placeField(ledger) else { return unset }
        var query = LedgerQuery(ledger: name, parsing: card.filter ?? "")
        query.limit = 200
        query.wantsTotal = false
        let asked = query
        let engine = engine
        let page = try await engine.gate.run(for: principal.id, within: ReportEngine.cardLimit) {
            try await engine.database.read(within: ReportEngine.cardLimit) { reader in try engine.ledgers.list(asked, by: principal, in: reader) }
        }
        let presenter = try await engine.database.read { reader in try engine.ledgers.presenter(name, titles: page.titles, for: principal) }
        guard presenter.isVisible(place) else { throw Failure.forbidden(place.title) }
        let features = page.records.compactMap { record -> MapFeature? in
            guard let coordinate = Coordinate(parsing: presenter.text(place, record)) else { return nil }
            let title = ledger.field(ledger.titleField).map { presenter.text($0, record) } ?? "\(record.id)"
            return MapFeature("\(name)-\(record.id)", .point(coordinate), title: title, path: "/ledgers/\(name)/\(record.id)")
        }
        return "\(MapView(id: "map-\(card.id)", card.title, layers: [MapLayer(ledger.title, features)], height: .medium, context: context))"
    }

    static func placeField(_ ledger: LedgerDeclaration) -> Field? {
        ledger.fields.first { field in
            if case .location = field.kind { return true }
            return false
        }
    }

    private func alarms(_ card: DashboardCard, by principal: Principal) async throws -> Markup {
        try principal.require(AlarmPermission.read, "报警：查看")
        var filter = AlarmFilter()
        filter.states = AlarmState.allCases.filter(\.isOpen)
        let asked = filter
        let engine = engine
        let page = try await engine.gate.run(for: principal.id, within: ReportEngine.cardLimit) {
            try await engine.database.read(within: ReportEngine.cardLimit) { reader in try engine.alarms.list(asked, limit: card.limit, by: principal, in: reader) }
        }
        guard !page.alarms.isEmpty else { return "\(EmptyState("没有未办结的报警", icon: "check"))" }
        let items = page.alarms.map { alarm -> Markup in
            "<li><a href=\"/alarms/\(alarm.id)\"><span class=\"dot tone-\(DashboardCards.tone(alarm.grade).rawValue)\"></span><span class=\"report-line\">\(alarm.title)</span><small>\(alarm.occurredAt.text.dropFirst(5).prefix(11))</small></a></li>"
        }
        return "<ul class=\"report-lines\">\(items)</ul>"
    }

    static func tone(_ grade: AlarmGrade) -> Tone {
        switch grade {
        case .extreme: .red
        case .severe: .orange
        case .heavier: .yellow
        case .ordinary: .blue
        }
    }

    private func live(_ card: DashboardCard, by principal: Principal) async throws -> Markup {
        guard let feed = engine.feeds(for: principal).first(where: { $0.topic == card.topic }) else { return "\(EmptyState("您没有查看此内容的权限", icon: "lock"))" }
        return "\(LiveList(topic: feed.topic, items: try await feed.recent(card.limit, principal), limit: card.limit, empty: "等待新的\(feed.title)"))"
    }
}
