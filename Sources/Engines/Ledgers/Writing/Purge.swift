import Kernel
import Storage

extension LedgerEngine {
    /// Rows that were deleted before a moment and whose declared years are over: what retention may take away for good. Ledgers that are kept for ever, and views, have none.
    ///
    /// - Parameter last: the id that the page before ended with; 0 begins.
    package func removable(_ ledger: String, deletedBefore moment: Moment, after last: Int64 = 0, limit: Int, in reader: any Reader) throws -> [Int64] {
        let declaration = try plan(ledger).declaration
        guard declaration.keptYears != nil, declaration.view == nil else { return [] }
        return try reader.rows(
            "SELECT id FROM \(ident: declaration.tableName) WHERE deleted_at IS NOT NULL AND deleted_at < \(moment) AND id > \(last) ORDER BY id LIMIT \(limit)"
        ).compactMap { $0[0].int }
    }

    /// Takes deleted rows away for good, with their history and what names their files; the files themselves stay in the store. Rows that are not deleted stay.
    ///
    /// - Returns: how many rows went.
    package func purge(_ ledger: String, _ ids: [Int64], in tx: any Transaction) throws -> Int {
        let declaration = try plan(ledger).declaration
        guard declaration.keptYears != nil, declaration.view == nil, !ids.isEmpty else { return 0 }
        let gone = try tx.rows("SELECT id FROM \(ident: declaration.tableName) WHERE id IN (\(list: ids)) AND deleted_at IS NOT NULL").compactMap { $0[0].int }
        try tx.execute("DELETE FROM record_history WHERE ledger = \(ledger) AND record_id IN (\(list: gone))")
        try tx.execute("DELETE FROM attachments WHERE ledger = \(ledger) AND record_id IN (\(list: gone))")
        let count = try tx.execute("DELETE FROM \(ident: declaration.tableName) WHERE id IN (\(list: gone))")
        try seal(ledger, gone, in: tx)
        return count
    }
}
