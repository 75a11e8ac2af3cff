import Identity
import Kernel
import Storage
import Web

/// What a reader has chosen for one ledger's list: columns and named views, read in one question.
struct ListSettings: Sendable {
    var columns: [String]?
    var views: [SavedView]

    static func read(_ desk: LedgerDesk, in reader: any Reader) throws -> ListSettings {
        var settings = ListSettings(columns: nil, views: [])
        let rows = try reader.rows(
            """
            SELECT 0 AS id, "columns" AS title, '' AS query, 0 AS is_shared, user_id AS user_id FROM ledger_preferences WHERE user_id = \(desk.principal.id) AND ledger = \(desk.ledger.name)
            UNION ALL SELECT id, title, query, is_shared, user_id FROM saved_views WHERE ledger = \(desk.ledger.name) AND (user_id = \(desk.principal.id) OR is_shared = 1) ORDER BY 1
            """)
        for row in rows {
            guard let id = row.int("id"), id > 0 else {
                settings.columns = row.text("title").map { $0.split(separator: ",").map(String.init) }
                continue
            }
            settings.views.append(
                SavedView(
                    id: id, ledger: desk.ledger.name, userId: row.int("user_id") ?? 0, title: row.text("title") ?? "", urlQuery: row.text("query") ?? "",
                    isShared: row.bool("is_shared")))
        }
        return settings
    }
}

extension SavedView {
    func path(of desk: LedgerDesk) -> String { PageAddress(desk.path, FormEncoding.pairs(Array(urlQuery.utf8)) + [PageAddress.QueryItem("view", String(id))]).text }
}
