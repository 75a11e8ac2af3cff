import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// Matches for type-ahead inputs: at most twenty, inside the reader's scope.
enum ChoiceRoutes {
    static let most = 20

    @Sendable
    static func records(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        var address = PageAddress(desk.path)
        if let search = desk.context.here["q"] { address = address.with("q", String(search.prefix(64))) }
        var query = try desk.query(address)
        query.limit = most
        query.wantsTotal = false
        let asked = query
        let choices = try await desk.database.read { reader -> [Choice] in
            let page = try desk.engine.list(asked, by: desk.principal, in: reader)
            let face = try desk.face(for: page.records, titles: page.titles, in: reader)
            return page.records.map { Choice(String($0.id), face.name(of: $0), group: desk.showsOwner ? face.owner(of: $0) : nil) }
        }
        return .html(ReferenceChoices(choices).markup)
    }

    @Sendable
    static func organisations(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let search = String((desk.context.here["q"] ?? "").prefix(64))
        let choices = try await desk.database.read { reader in
            try desk.services.organisations.page(
                keyword: search, kind: desk.ledger.ownedBy == .enterprise ? desk.ledger.owners.kind : nil, scope: desk.principal.scope, limit: most, reader
            )
            .map { Choice(String($0.id), $0.name, group: $0.code) }
        }
        return .html(ReferenceChoices(choices).markup)
    }
}
