import Identity
import Kernel
import Ledgers
import Storage

extension SearchSource {
    /// Nil for ledgers without text to search, for views, and for very large ones, which are asked by their own indexes (`LargeLedger`).
    init?(_ ledger: LedgerDeclaration, _ engine: LedgerEngine) {
        let open = ledger.fields.filter { $0.isSearchText && !$0.marks.contains(.restricted) && !$0.marks.contains(.personal) }
        let personal = ledger.fields.filter { $0.isSearchText && !$0.marks.contains(.restricted) && $0.marks.contains(.personal) }
        guard ledger.view == nil, !ledger.isLarge, !(open + personal).isEmpty else { return nil }
        let name = ledger.name
        let read: @Sendable (Record) -> SearchText = { record in
            SearchText(
                id: record.id, org: record.org, area: record.area, texts: open.compactMap { record.values[$0.name]?.text },
                personal: personal.compactMap { record.values[$0.name]?.text })
        }
        self.init(
            kind: name, title: ledger.title, titleEN: ledger.titleEN ?? ledger.title, icon: "list",
            bounds: ledger.ownedBy == .enterprise ? .owned : ledger.ownedBy == .authority ? .authority : .none,
            shape: (open.map(\.name) + ["|"] + personal.map(\.name)).joined(separator: ","), isAnnounced: true, path: "/ledgers/\(name)",
            mayAsk: { $0.may(ledger.readPermission) },
            after: { try engine.stored(name, after: $0, limit: $1, in: $2).map(read) },
            among: { try engine.stored(name, ids: $0, in: $1).map(read) },
            hits: { ids, shown, principal, reader in
                // The ledger's own list: permission, row scope and liveness are asked where they always are.
                var query = LedgerQuery(
                    ledger: name, sorts: [LedgerDeclaration.Sort("id", descending: true)], limit: 200, extraCondition: "id IN (\(list: Array(ids.prefix(200))))")
                query.wantsTotal = false
                let page = try engine.list(query, by: principal, in: reader)
                let presenter = try engine.presenter(name, titles: page.titles, for: principal)
                return (page.records.prefix(shown).map { SearchHit($0, ledger, presenter) }, page.records.count)
            })
    }
}

extension Field {
    fileprivate var isSearchText: Bool {
        guard marks.contains(.searchable) else { return false }
        switch kind {
        case .text, .note: return true
        default: return false
        }
    }
}

extension SearchHit {
    /// The row's title, its owner, and the first fields that its list shows.
    init(_ record: Record, _ ledger: LedgerDeclaration, _ presenter: Presenter) {
        var details: [Detail] = []
        let owner = ledger.isOwnOrganisation ? "" : presenter.owner(record)
        if !owner.isEmpty { details.append(Detail(label: "", text: owner)) }
        let fields = ledger.fields.filter { $0.name != ledger.titleField && presenter.isVisible($0) }
        // What can be searched first: that is why the row was found.
        for field in fields.filter({ $0.marks.contains(.searchable) }) + fields.filter({ !$0.marks.contains(.searchable) && !$0.marks.contains(.unlisted) }) where details.count < 6
        {
            let text = presenter.text(field, record)
            if !text.isEmpty { details.append(Detail(label: field.title, text: String(text.prefix(60)))) }
        }
        self.init(kind: ledger.name, id: record.id, title: presenter.title(record), details: details, path: "/ledgers/\(ledger.name)/\(record.id)")
    }
}

/// A ledger of very many rows, asked by an index of its own: numbers as they may have been written, or the beginning of a code.
struct LargeLedger: Sendable {
    let ledger: LedgerDeclaration
    let engine: LedgerEngine

    init?(_ ledger: LedgerDeclaration, _ engine: LedgerEngine) {
        guard ledger.isLarge, ledger.view == nil, ledger.fields.contains(where: { $0.isSearchText && !$0.marks.contains(.personal) }) else { return nil }
        self.ledger = ledger
        self.engine = engine
    }

    /// - Parameter numbers: whole values, any of which a row may hold.
    func hits(_ numbers: [String], limit: Int, by principal: Principal, in reader: any Reader) throws -> (hits: [SearchHit], isMore: Bool)? {
        guard principal.may(ledger.readPermission), !numbers.isEmpty else { return nil }
        for field in ledger.fields where field.isSearchText && !field.marks.contains(.personal) && !field.marks.contains(.restricted) {
            var query = LedgerQuery(ledger: ledger.name, filters: [LedgerQuery.Filter(field.name, .in, numbers)], limit: limit)
            query.wantsTotal = false
            let page = try engine.list(query, by: principal, in: reader)
            guard !page.records.isEmpty else { continue }
            let presenter = try engine.presenter(ledger.name, titles: page.titles, for: principal)
            return (page.records.map { SearchHit($0, ledger, presenter) }, page.nextCursor != nil)
        }
        return nil
    }

    /// All rows of the same numbers, in the ledger's own list.
    func path(_ numbers: [String]) -> String {
        let field = ledger.fields.first { $0.isSearchText && !$0.marks.contains(.personal) }?.name ?? "id"
        let query = LedgerQuery(ledger: ledger.name, filters: [LedgerQuery.Filter(field, .in, numbers)])
        return "/ledgers/\(ledger.name)?\(query.urlQuery)"
    }
}
