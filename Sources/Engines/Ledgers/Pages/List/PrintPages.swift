import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 打印: a list or a row on paper, without menus and buttons.
enum PrintPages {
    static let most = 1000

    @Sendable
    static func list(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let address = ListAddress.canonical(desk.context.here)
        let query = try desk.query(address)
        let (rows, face, preference) = try await desk.database.read { reader -> ([Record], RecordFace, ListPreference) in
            var rows: [Record] = []
            try desk.engine.each(query, by: desk.principal, in: reader) { record in
                rows.append(record)
                return rows.count < most
            }
            return (rows, try desk.face(for: rows, linked: ListPage.links(desk, address), in: reader), try ListPreference.read(desk, in: reader))
        }
        let columns = ListColumns(desk: desk, address: address, remembered: preference.columns)
        let conditions = ListFilters(desk: desk, face: face, address: address).conditions.map(\.text)
        let table = DataTable(
            id: "print-table", columns: columns.columns.map(plain), rows: rows.map { TableRow(id: String($0.id), columns.cells($0, face)) }, address: address, hasTools: false)
        let cut: Markup = rows.count < most ? .empty : "\(Notice(.yellow, "打印只含前 \(most) 条，全部数据请使用导出。"))"
        let head: Markup =
            "<p class=\"print-note\">\(conditions.isEmpty ? desk.context.text("条件：全部", "All") : desk.context.text("条件：", "Filters: ") + conditions.joined(separator: "；"))　\(desk.context.text("共 \(rows.count) 条", "\(rows.count) rows"))　\(desk.context.text("打印时间", "Printed")) \(desk.services.clock.now)　\(desk.principal.name)</p>"
        return Shell.page(
            desk.title, crumbs: [Crumb(desk.title, desk.path), Crumb(desk.context.text("打印", "Print"))], active: desk.path,
            actions: "\(ActionButton(desk.context.text("打印本页", "Print"), .print, icon: "print", style: .primary))", body: "\(head)\(cut)\(table)", context: desk.context)
    }

    private static func plain(_ column: Web.Column) -> Web.Column {
        var copy = column
        copy.isSortable = false
        return copy
    }

    @Sendable
    static func record(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let id = try desk.context.id()
        let (record, face) = try await desk.database.read { reader -> (Record, RecordFace) in
            let record = try desk.record(id, in: reader)
            return (record, try desk.face(for: [record], in: reader))
        }
        let name = face.name(of: record)
        let head: Markup =
            "<p class=\"print-note\">\(desk.ledger.title)　\(face.owner(of: record))　\(desk.context.text("打印时间", "Printed")) \(desk.services.clock.now)　\(desk.principal.name)</p>"
        return Shell.page(
            name, crumbs: [Crumb(desk.title, desk.path), Crumb(name, desk.path(of: id)), Crumb(desk.context.text("打印", "Print"))], active: desk.path,
            actions: "\(ActionButton(desk.context.text("打印本页", "Print"), .print, icon: "print", style: .primary))", body: "\(head)\(DetailPage.sections(desk, record, face))",
            context: desk.context)
    }
}
