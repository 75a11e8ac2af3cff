import Hummingbird
import Kernel
import Storage
import Web

/// 变更历史: who did what when, with the values before and after.
enum HistoryPage {
    @Sendable
    static func show(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let id = try desk.context.id()
        let (face, record, entries) = try await desk.database.read { reader -> (RecordFace, Record, [HistoryEntry]) in
            let record = try desk.record(id, in: reader)
            return (try desk.face(for: [record], in: reader), record, try desk.engine.history(desk.ledger.name, id: id, by: desk.principal, in: reader))
        }
        let name = face.name(of: record)
        return Shell.page(
            desk.context.text("变更历史", "History"), crumbs: [Crumb(desk.title, desk.path), Crumb(name, desk.path(of: id)), Crumb(desk.context.text("变更历史", "History"))],
            active: desk.path,
            body: "\(Card(name, body: "\(timeline(desk, face, entries))"))", context: desk.context)
    }

    static func timeline(_ desk: LedgerDesk, _ face: RecordFace, _ entries: [HistoryEntry]) -> Markup {
        guard !entries.isEmpty else { return "<span class=\"nothing\">—</span>" }
        let lines = entries.map { entry in
            Timeline.Entry(entry.at, title(entry, desk.context), who: entry.byName, body: changes(entry, desk, face), tone: tone(entry))
        }
        return "\(Timeline(lines))"
    }

    private static func title(_ entry: HistoryEntry, _ context: WebContext) -> String {
        switch entry.kind {
        case .created: context.text("新增", "Created")
        case .updated: context.text("修改", "Changed")
        case .deleted: context.text("删除", "Deleted")
        case .restored: context.text("恢复", "Restored")
        }
    }

    private static func tone(_ entry: HistoryEntry) -> Tone {
        switch entry.kind {
        case .created: .good
        case .updated: .info
        case .deleted: .red
        case .restored: .blue
        }
    }

    private static func changes(_ entry: HistoryEntry, _ desk: LedgerDesk, _ face: RecordFace) -> Markup {
        let reason: Markup = entry.reason.map { "<p>\(desk.context.text("原因：", "Reason: "))\($0)</p>" } ?? .empty
        guard entry.kind == .updated, !entry.changes.isEmpty else { return reason }
        let lines = entry.changes.map { change -> Markup in
            let field = desk.field(change.field)
            return
                "<tr><th scope=\"row\">\(field?.label(desk.context) ?? change.title)</th><td>\(shown(change.before, field, face))</td><td>\(shown(change.after, field, face))</td></tr>"
        }
        return
            "\(reason)<table class=\"data-table changes\"><thead><tr><td></td><th scope=\"col\">\(desk.context.text("修改前", "Before"))</th><th scope=\"col\">\(desk.context.text("修改后", "After"))</th></tr></thead><tbody>\(lines)</tbody></table>"
    }

    private static func shown(_ text: String, _ field: Field?, _ face: RecordFace) -> Markup {
        text.isEmpty ? "<span class=\"nothing\">—</span>" : "\(field.map { face.masked($0, text) } ?? text)"
    }
}
