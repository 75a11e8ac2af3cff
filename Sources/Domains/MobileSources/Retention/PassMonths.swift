import Kernel
import Storage

/// A-44 on a database that keeps passes by month: a month that is over as a whole, and of which nothing is referred to, is dropped in a moment instead of being deleted row by row. Any other month goes the way of
/// `PassRemoval`, and its part when it is empty.
enum PassMonths {
    /// Passes whose uses of photos are forgotten in one bite.
    private static let window: Int64 = 20_000

    /// Months that end before a moment, oldest first; empty on a database that does not divide.
    static func due(before cutoff: Moment, in reader: any Reader) throws -> [MonthPartitions.Part] {
        guard reader.dialect == .postgres else { return [] }
        return try MonthPartitions.parts(of: "gate_pass", in: reader).filter { part in
            guard let end = part.end, !part.name.hasSuffix("_before") else { return false }
            return end <= cutoff
        }
    }

    /// Whether nothing in a month is referred to by an alarm, a locked photo or a saved random check, and something is in it.
    static func isFree(_ month: MonthPartitions.Part, drawn: Set<Int64>, in reader: any Reader) throws -> Bool {
        let name = SQL.ident(month.name)
        guard try reader.first("SELECT 1 FROM \(name) LIMIT 1") != nil else { return false }
        if try reader.first("SELECT 1 FROM alarms a JOIN \(name) p ON p.id = a.source_id WHERE a.source_kind = 'gatePass' LIMIT 1") != nil { return false }
        for column in ["head_photo", "body_photo", "plate_photo", "document_photo"] {
            if try reader.first("SELECT 1 FROM photos f JOIN \(name) p ON p.\(ident: column) = f.sha256 WHERE f.locks > 0 LIMIT 1") != nil { return false }
        }
        let ids = Array(drawn)
        for start in stride(from: 0, to: ids.count, by: 5000) {
            if try reader.first("SELECT 1 FROM \(name) WHERE id IN (\(list: Array(ids[start..<min(start + 5000, ids.count)]))) LIMIT 1") != nil { return false }
        }
        return true
    }

    /// The range of ids in a month.
    static func ids(_ month: MonthPartitions.Part, in reader: any Reader) throws -> (first: Int64, last: Int64)? {
        guard let row = try reader.first("SELECT MIN(id), MAX(id) FROM \(ident: month.name)"), let first = row[0].int, let last = row[1].int else { return nil }
        return (first, last)
    }

    /// Forgets who used the photos of some passes first, where the photos are gone.
    ///
    /// - Returns: where the next bite begins; nil when it was the last.
    static func forgetPhotos(_ month: MonthPartitions.Part, from id: Int64, to last: Int64, in tx: any Transaction) throws -> Int64? {
        let end = min(last, id + window - 1)
        try tx.execute(
            """
            DELETE FROM photo_use WHERE sha256 IN (
                SELECT decode(h, 'hex') FROM (SELECT unnest(ARRAY[head_photo, body_photo, plate_photo]) AS h FROM \(ident: month.name) WHERE id >= \(id) AND id <= \(end)) u
                WHERE h IS NOT NULL AND NOT EXISTS (SELECT 1 FROM photos f WHERE f.sha256 = h))
            """)
        return end < last ? end + 1 : nil
    }

    /// - Returns: how many passes went; 0 when somebody has referred to one of them meanwhile.
    static func drop(_ month: MonthPartitions.Part, drawn: Set<Int64>, in tx: any Transaction) throws -> Int {
        guard let end = month.end else { return 0 }
        try tx.apply(.run("SET LOCAL lock_timeout = '2s'"))
        guard try isFree(month, drawn: drawn, in: tx) else { return 0 }
        try PassRemoval.noteWholeFrom(end.day, in: tx)
        var count = 0
        for row in try tx.rows("SELECT org, gate_no, COUNT(*) FROM \(ident: month.name) GROUP BY org, gate_no") {
            let passes = Int(row[2].int ?? 0)
            count += passes
            try tx.post("UPDATE gate_state SET removed = removed + \(passes) WHERE org = \(row[0].int ?? 0) AND gate_no = \(row[1].text ?? "")")
        }
        try tx.apply(.run("DROP TABLE \"\(month.name)\""))
        return count
    }
}
