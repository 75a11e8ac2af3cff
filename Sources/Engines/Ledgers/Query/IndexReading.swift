import Identity
import Kernel
import Storage

/// What an index over ledgers reads: rows as they are stored, without permission and scope. What is found in it is read again by `list` or `find` before anybody sees it.
extension LedgerEngine {
    /// Live rows behind an id, by id.
    package func stored(_ ledger: String, after id: Int64, limit: Int, in reader: any Reader) throws -> [Record] {
        let plan = try plan(ledger)
        return try reader.rows("\(SQL(text: plan.selectText)) WHERE \(SQL(text: liveRows)) AND id > \(id) ORDER BY id LIMIT \(limit)").map(plan.record)
    }

    /// The live ones among these ids.
    package func stored(_ ledger: String, ids: [Int64], in reader: any Reader) throws -> [Record] {
        let plan = try plan(ledger)
        return try reader.rows("\(SQL(text: plan.selectText)) WHERE \(SQL(text: liveRows)) AND id IN (\(list: ids))").map(plan.record)
    }
}
