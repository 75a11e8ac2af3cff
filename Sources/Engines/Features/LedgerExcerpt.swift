import Identity
import Kernel
import Ledgers
import Storage
import Web

/// The first rows of a ledger under a condition, with the way to the whole list.
package struct LedgerExcerpt: Sendable {
    var ledger: LedgerDeclaration
    var fields: [String]
    var filters: [LedgerQuery.Filter]
    var limit: Int

    package init(ledger: LedgerDeclaration, fields: [String], filters: [LedgerQuery.Filter], limit: Int = 20) {
        self.ledger = ledger
        self.fields = fields
        self.filters = filters
        self.limit = limit
    }

    package func render(_ engine: LedgerEngine, by principal: Principal, context: WebContext, in reader: any Reader) throws -> Markup {
        guard principal.may(ledger.readPermission) else { return .empty }
        var query = LedgerQuery(ledger: ledger.name, filters: filters, limit: limit)
        let page = try engine.list(query, by: principal, in: reader)
        let presenter = try engine.presenter(ledger.name, titles: page.titles, for: principal)
        let shown = fields.compactMap { ledger.field($0) }.filter(presenter.isVisible)
        let rows = page.records.map { record -> TableRow in
            TableRow(id: String(record.id), shown.map { field -> Markup in "\(presenter.text(field, record))" }, path: "/ledgers/\(ledger.name)/\(record.id)")
        }
        query.limit = 50
        let table = DataTable(
            id: "excerpt-\(ledger.name)", columns: shown.map { Column($0.name, $0.title) }, rows: rows, address: context.here, empty: "没有\(ledger.title)记录", hasTools: false)
        let all = "全部 \(page.total.text)"
        let actions: Markup = "\(ActionButton(all, .link("/ledgers/\(ledger.name)?\(query.urlQuery)"), icon: "list", style: .quiet))"
        return "\(Card(ledger.title, actions: actions, isFlush: true, body: "\(table)"))"
    }
}
