import Identity
import Kernel
import Storage
import Web

/// One person at one ledger: what every handler of pages and API receives, after the right has been checked.
struct LedgerDesk: Sendable {
    let services: LedgerServices
    let ledger: LedgerDeclaration
    let principal: Principal
    let context: WebContext
    /// Fields that exist for this person, in declared order.
    let fields: [Field]

    init(services: LedgerServices, ledger: LedgerDeclaration, principal: Principal, context: WebContext) {
        self.services = services
        self.ledger = ledger
        self.principal = principal
        self.context = context
        fields = ledger.visibleFields(for: principal)
    }

    var engine: LedgerEngine { services.engine }
    var database: any Database { services.database }
    var today: Day { services.clock.today }
    var additions: LedgerAdditions { services.additions(to: ledger.name) }

    func field(_ name: String) -> Field? { fields.first { $0.name == name } }
    func may(_ right: LedgerRight) -> Bool { right.applies(to: ledger) && principal.may(right.permission(on: ledger.name)) }

    /// The ledger's title in the reader's language.
    var title: String { context.text(ledger.title, ledger.titleEN ?? ledger.title) }
    /// `/ledgers/onSiteVehicle`.
    var path: String { "/ledgers/\(ledger.name)" }
    func path(of id: Int64) -> String { "\(path)/\(id)" }

    /// Fields of forms: everything that people fill in.
    var formFields: [Field] { fields.filter { !$0.marks.contains(.readOnly) && !$0.isComputed } }

    /// Whether a column tells whose row it is: only readers who see more than one organisation need it.
    var showsOwner: Bool {
        guard ledger.ownedBy == .enterprise else { return false }
        if case .organisation = principal.scope { return false }
        return true
    }

    /// Reads one row inside the reader's scope; deleted ones for those who may restore them.
    ///
    /// - Throws: `.notFound` when it is not there or lies outside the scope.
    func record(_ id: Int64, includeDeleted: Bool = true, in reader: any Reader) throws -> Record {
        guard let record = try engine.find(ledger.name, id: id, by: principal, includeDeleted: includeDeleted && may(.delete), in: reader) else {
            throw Failure.notFound(ledger.title)
        }
        return record
    }

    func record(_ id: Int64) async throws -> Record { try await database.read { try record(id, in: $0) } }

    /// The query of an address in the one syntax; pages and API only name paging differently.
    func query(_ address: PageAddress, cursorNames: [String] = ["after", "before"], limitName: String = "size") throws -> LedgerQuery {
        var query = LedgerQuery(ledger: ledger.name, parsing: String(PageAddress("", ListAddress.canonical(address).query).text.dropFirst()))
        // A comma in a text that is looked for is a comma.
        for index in query.filters.indices where [.contains, .startsWith].contains(query.filters[index].comparison) {
            query.filters[index].values = [query.filters[index].values.joined(separator: ",")]
        }
        query.cursor = cursorNames.lazy.compactMap { address[$0] }.first
        let asked = address[limitName].flatMap { Int($0) } ?? (limitName == "size" ? ListPage.sizes[0] : 50)
        query.limit = min(max(asked, 1), 200)
        query.includeDeleted = query.includeDeleted && may(.delete)
        return query
    }

    /// How these rows look to this reader: one query for each ledger that is referred to, unless the page brought its titles.
    ///
    /// - Parameter linked: rows of other ledgers that filters and forms name.
    func face(for records: [Record], titles: ReferenceTitles? = nil, linked: [(field: Field, id: Int64)] = [], in reader: any Reader) throws -> RecordFace {
        var titles = try titles ?? engine.titles(for: records, in: ledger.name, reader)
        if !linked.isEmpty {
            let stand = linked.map { link -> Record in
                let isOwner = link.field.name == "org"
                return Record(
                    id: 0, org: isOwner ? link.id : nil, area: nil, version: 1, createdAt: Moment(milliseconds: 0), updatedAt: Moment(milliseconds: 0),
                    values: isOwner ? [:] : [link.field.name: .int(link.id)])
            }
            titles.merge(try engine.titles(for: stand, in: ledger.name, reader))
        }
        return RecordFace(desk: self, presenter: try engine.presenter(ledger.name, titles: titles, for: principal), titles: titles, dictionaries: engine.dictionaries.snapshot)
    }
}

extension Field {
    var isComputed: Bool { if case .computed = kind { true } else { false } }
    var isPersonal: Bool { marks.contains(.personal) }
    var isRequired: Bool { marks.contains(.required) }

    /// The title in the reader's language.
    func label(_ context: WebContext) -> String { context.text(title, titleEN ?? title) }
}
