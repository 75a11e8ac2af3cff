import Identity
import Kernel
import Storage

/// A list that a user has named: a ledger and the text of a query.
package struct SavedView: Sendable, Equatable {
    package var id: Int64
    package var ledger: String
    package var userId: Int64
    package var title: String
    /// `LedgerQuery.urlQuery`, without a cursor.
    package var urlQuery: String
    /// Seen by everyone who may read the ledger; rows still go by each reader's own scope.
    package var isShared: Bool
}

extension LedgerEngine {
    /// Own views first, then shared ones, by title.
    package func savedViews(_ ledger: String, for principal: Principal, in reader: any Reader) throws -> [SavedView] {
        try plan(ledger).declaration.requireReading(principal)
        return try reader.rows(
            """
            SELECT id, user_id, title, query, is_shared FROM saved_views WHERE ledger = \(ledger) AND (user_id = \(principal.id) OR is_shared = 1) \
            ORDER BY CASE WHEN user_id = \(principal.id) THEN 0 ELSE 1 END, title
            """
        ).map { SavedView(id: $0[0].int ?? 0, ledger: ledger, userId: $0[1].int ?? 0, title: $0[2].text ?? "", urlQuery: $0[3].text ?? "", isShared: $0.bool("is_shared")) }
    }

    /// Replaces the user's own view of the same title.
    ///
    /// - Throws: `.invalid` for an empty title, or a query that this ledger does not understand; `.tooMany` `JW-L031` beyond 50 views of one ledger.
    @discardableResult
    package func saveView(_ query: LedgerQuery, title: String, isShared: Bool, by principal: Principal, in tx: any Transaction) throws -> Int64 {
        var query = query
        query.cursor = nil
        _ = try compile(query, by: principal, tx.dialect)
        let title = title.trimmed
        guard (1...40).contains(title.count) else { throw Failure.invalid([FieldFinding("title", "length", "应为 1 至 40 个字", title: "视图名称")]) }
        if isShared { try principal.require(plan(query.ledger).declaration.writePermission, "共享视图") }
        try tx.execute("DELETE FROM saved_views WHERE ledger = \(query.ledger) AND user_id = \(principal.id) AND title = \(title)")
        guard try tx.count("SELECT count(*) FROM saved_views WHERE ledger = \(query.ledger) AND user_id = \(principal.id)") < 50 else {
            throw Failure(.tooMany, "JW-L031", "每个台账最多保存 50 个视图，请先删除不用的")
        }
        return try tx.insert(
            "INSERT INTO saved_views (ledger, user_id, title, query, is_shared, created_at) VALUES (\(query.ledger), \(principal.id), \(title), \(query.urlQuery), \(isShared), \(clock.now))"
        )
    }

    /// Own views only; whoever may write the ledger may take away shared ones.
    package func deleteView(_ id: Int64, by principal: Principal, in tx: any Transaction) throws {
        guard let row = try tx.first("SELECT ledger, user_id, is_shared FROM saved_views WHERE id = \(id)"), let ledger = row[0].text, let declaration = declaration(ledger) else {
            throw Failure.notFound("视图")
        }
        guard row[1].int == principal.id || (row.bool("is_shared") && principal.may(declaration.writePermission)) else { throw Failure.notFound("视图") }
        try tx.execute("DELETE FROM saved_views WHERE id = \(id)")
    }
}
