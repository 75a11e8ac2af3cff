import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// 一企一册 (D9.2.1): everything the ledgers hold of one enterprise on one page: its own row, its grids and accounts, each ledger with how many rows and when the last changed.
///
/// Whatever a reader may not see of the enterprise is not counted either: each ledger asks its own permission, and every count carries the reader's scope.
struct OrganisationFile: Sendable {
    let platform: Platform

    func add(to routes: Routes) { routes.get("/organisations/{id}/file", permission: .signedIn, use: show) }

    static func path(_ organisation: Int64) -> String { "/organisations/\(organisation)/file" }

    private struct Holding: Sendable {
        var ledger: LedgerDeclaration
        var count: Int
        var latest: Moment?
    }

    /// Counting ends here: the page says "1000+".
    private static let mostCounted = 1000

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let found = try await platform.identity.organisations.find(id)
        guard let one = found, one.kind == .enterprise, principal.scope.admits(org: one.id, area: one.area) else { throw Failure.notFound("该企业") }
        let (holdings, own, grids, accounts) = try await platform.database.read { [platform] reader in
            (
                try self.holdings(one.id, principal, reader), try self.ownRow(one.id, principal, reader), try platform.identity.grids.grids(of: one.id, reader),
                try reader.count("SELECT count(*) FROM users WHERE organisation = \(one.id) AND state = 'active'")
            )
        }
        let area = Region(code: one.area + String(repeating: "0", count: max(0, 6 - one.area.utf8.count)))?.path ?? one.area
        var facts: [DescriptionList.Item] = [
            .init("企业名称", "\(one.name)"), .init("机构编号", "<span class=\"mono\">\(one.code)</span>"), .init("行政区划", "\(area)"),
            .init("状态", one.state == .active ? "\(Badge("正常", .good, isDot: true))" : "\(Badge("已停用", .muted, isDot: true))"),
        ]
        let standing = grids.filter { $0.way != .keptOut }.map(\.name)
        facts.append(.init("所属网格", standing.isEmpty ? "未划入网格" : "\(standing.joined(separator: "、"))"))
        if context.may("user.read") { facts.append(.init("在用账号", "<a href=\"/admin/users?organisation=\(one.id)\">\(accounts) 个</a>")) }
        facts += own.items
        var body: Markup = "\(Card("档案首页", body: "\(DescriptionList(facts))"))"
        let filled = holdings.filter { $0.count > 0 }
        if filled.isEmpty { body += "\(EmptyState("台账中还没有这家企业的记录", icon: "folder"))" }
        for (group, items) in Self.grouped(filled) { body += "\(Card(group, isFlush: true, body: "\(table(group, items, one.id, context))"))" }
        let empty = holdings.filter { $0.count == 0 }.map(\.ledger.title)
        if !empty.isEmpty { body += "<p class=\"muted\">尚无记录的台账：\(empty.joined(separator: "、"))</p>" }
        var actions: Markup = "\(ActionButton("打印", .print, icon: "print"))"
        if let path = own.path { actions += "\(ActionButton("基本信息", .link(path), icon: "factory"))" }
        return Shell.page("一企一册：\(one.name)", crumbs: [Crumb("一企一册"), Crumb(one.name)], actions: actions, body: body, context: context)
    }

    private static func grouped(_ holdings: [Holding]) -> [(String, [Holding])] {
        var order: [String] = []
        for one in holdings where !order.contains(one.ledger.group) { order.append(one.ledger.group) }
        return order.map { group in (group, holdings.filter { $0.ledger.group == group }) }
    }

    private func table(_ group: String, _ items: [Holding], _ org: Int64, _ context: WebContext) -> DataTable {
        let rows = items.map { one -> TableRow in
            let count = one.count > Self.mostCounted ? "\(Self.mostCounted)+" : "\(one.count)"
            let cells: [Markup] = ["\(one.ledger.title)", "\(count)", "\(one.latest)"]
            return TableRow(id: one.ledger.name, cells, path: "/ledgers/\(one.ledger.name)?f.org=\(org)")
        }
        let columns = [Column("ledger", "台账", isWrapping: true), Column("count", "记录数", align: .end), Column("latest", "最近更新")]
        return DataTable(id: "file-\(items.first?.ledger.name ?? "")", columns: columns, rows: rows, address: context.here, hasTools: false)
    }

    /// One statement over all ledgers of enterprises that the reader may read.
    private func holdings(_ org: Int64, _ principal: Principal, _ reader: any Reader) throws -> [Holding] {
        let ledgers = platform.ledgers.declarations.filter { $0.ownedBy == .enterprise && $0.view == nil && !$0.isOwnOrganisation && principal.may($0.readPermission) }
        guard !ledgers.isEmpty else { return [] }
        let parts = ledgers.enumerated().map { index, ledger -> SQL in
            """
            SELECT \(SQL(text: String(index))) AS place, count(*) AS held, MAX(updated_at) AS latest FROM (SELECT updated_at FROM \(ident: ledger.tableName) WHERE org = \(org) AND deleted_at IS NULL
            AND \(principal.scope.condition()) ORDER BY id DESC LIMIT \(Self.mostCounted + 1)) AS part\(SQL(text: String(index)))
            """
        }
        let rows = try reader.rows(SQL.joined(parts, by: " UNION ALL "))
        return rows.compactMap { row in
            guard let place = row.int("place"), ledgers.indices.contains(Int(place)) else { return nil }
            return Holding(ledger: ledgers[Int(place)], count: Int(row.int("held") ?? 0), latest: row.moment("latest"))
        }.sorted { ledgers.firstIndex(of: $0.ledger) ?? 0 < ledgers.firstIndex(of: $1.ledger) ?? 0 }
    }

    /// The row that is the enterprise itself, as its ledger shows it to this reader: masked where the ledger masks.
    private func ownRow(_ org: Int64, _ principal: Principal, _ reader: any Reader) throws -> (items: [DescriptionList.Item], path: String?) {
        guard let ledger = platform.ledgers.declarations.first(where: { $0.isOwnOrganisation && principal.may($0.readPermission) }) else { return ([], nil) }
        var query = LedgerQuery(ledger: ledger.name, filters: [LedgerQuery.Filter("org", .eq, [String(org)])], limit: 1)
        query.wantsTotal = false
        let page = try platform.ledgers.list(query, by: principal, in: reader)
        guard let record = page.records.first else { return ([], nil) }
        let presenter = try platform.ledgers.presenter(ledger.name, titles: page.titles, for: principal)
        let items = ledger.visibleFields(for: principal).compactMap { field -> DescriptionList.Item? in
            let text = presenter.text(field, record)
            return text.isEmpty || field.name == ledger.titleField ? nil : DescriptionList.Item(field.title, "\(text)")
        }
        return (items, "/ledgers/\(ledger.name)/\(record.id)")
    }
}
