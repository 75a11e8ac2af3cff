import Identity
import Kernel
import Storage

/// One import that was started, for the list of imports.
package struct ImportBatch: Sendable {
    package var id: Int64
    package var ledger: String
    package var fileName: String
    /// `running`, `done`, `refused`, `dryRun`, `failed`.
    package var state: String
    package var total: Int, created: Int, updated: Int, unchanged: Int, bad: Int
    package var byName: String
    package var startedAt: Moment
    package var endedAt: Moment?
}

extension LedgerEngine {
    /// A principal's own imports of one ledger, newest first; all of them for those who see everything.
    package func importBatches(_ ledger: String, by principal: Principal, limit: Int = 20, in reader: any Reader) throws -> [ImportBatch] {
        try plan(ledger).declaration.requireReading(principal)
        let own: SQL = principal.scope == .everything ? "1 = 1" : "by_id = \(principal.id)"
        return try reader.rows("SELECT * FROM import_batches WHERE ledger = \(ledger) AND \(own) ORDER BY id DESC LIMIT \(limit)").map { row in
            ImportBatch(
                id: row.int("id") ?? 0, ledger: ledger, fileName: row.text("file_name") ?? "", state: row.text("state") ?? "", total: Int(row.int("total") ?? 0),
                created: Int(row.int("created") ?? 0),
                updated: Int(row.int("updated") ?? 0), unchanged: Int(row.int("unchanged") ?? 0), bad: Int(row.int("bad") ?? 0), byName: row.text("by_name") ?? "",
                startedAt: row.moment("started_at") ?? Moment(milliseconds: 0), endedAt: row.moment("ended_at")
            )
        }
    }
}
