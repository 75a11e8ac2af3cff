import Kernel
import Storage

/// What one source sent on one day, and what became of it.
package struct PointReceiptLine: Sendable {
    package var source: String
    package var batches: Int64
    package var received: Int64
    package var stored: Int64
    package var late: Int64
    package var doubled: Int64
    package var refused: Int64
    package var lastAt: Moment?
}

/// Values of one point that were refused for one reason on one day.
package struct PointRefusalLine: Sendable {
    package var source: String
    package var code: String
    package var reason: PointRefusal?
    package var count: Int64
    package var sample: String
    package var lastAt: Moment?
}

extension PointEngine {
    package func receipts(of day: Day, _ reader: any Reader) throws -> [PointReceiptLine] {
        try reader.rows("SELECT * FROM point_receipts WHERE day = \(day) ORDER BY source LIMIT 1000").map { row in
            PointReceiptLine(
                source: row.text("source") ?? "", batches: row.int("batches") ?? 0, received: row.int("received") ?? 0, stored: row.int("stored") ?? 0, late: row.int("late") ?? 0,
                doubled: row.int("doubled") ?? 0, refused: row.int("refused") ?? 0, lastAt: row.moment("last_at"))
        }
    }

    /// The most frequent first.
    package func refusals(of day: Day, limit: Int, _ reader: any Reader) throws -> [PointRefusalLine] {
        try reader.rows("SELECT * FROM point_refusals WHERE day = \(day) ORDER BY count DESC, source, code LIMIT \(limit)").map { row in
            PointRefusalLine(
                source: row.text("source") ?? "", code: row.text("code") ?? "", reason: row.text("reason").flatMap(PointRefusal.init), count: row.int("count") ?? 0,
                sample: row.text("sample") ?? "", lastAt: row.moment("last_at"))
        }
    }
}
