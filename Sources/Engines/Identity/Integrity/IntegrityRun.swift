import Cryptography
import Kernel
import Storage

/// Rows that are only ever added, many of them: one seal over each run of ids, made when the run is some minutes old (D17.4.1 门禁进出记录).
package struct IntegrityRun: Sendable {
    package let kind: String
    package let title: String
    let table: String
    /// Columns that never change once a row is written.
    let columns: [String]
    /// When a row was written.
    let timeColumn: String
    /// By which retention takes rows away.
    let keptBy: String
    /// Before which rows may have been taken away; nil where none were.
    let wholeFrom: @Sendable (any Reader) throws -> Moment?
    /// Rows of a run.
    package static let length = 10_000
    /// How old a row must be: everything with a lower id has been committed by then.
    static let ageSeconds: Int64 = 600

    /// - Parameter columns: `id` is always among what is sealed.
    package init(
        _ kind: String, _ title: String, table: String, columns: [String], timeColumn: String, keptBy: String, wholeFrom: @escaping @Sendable (any Reader) throws -> Moment?
    ) {
        self.kind = kind
        self.title = title
        self.table = table
        self.columns = columns
        self.timeColumn = timeColumn
        self.keptBy = keptBy
        self.wholeFrom = wholeFrom
    }

    package struct Block: Sendable {
        package var id: Int64
        var from: Int64
        var to: Int64
        var rows: Int
        package var since: Moment
        package var until: Moment
        var mac: [UInt8]

        init(_ row: Row) {
            id = row.int("id") ?? 0
            from = row.int("from_id") ?? 0
            to = row.int("to_id") ?? 0
            rows = Int(row.int("row_count") ?? 0)
            since = row.moment("since_at") ?? Moment(milliseconds: 0)
            until = row.moment("until_at") ?? Moment(milliseconds: 0)
            mac = row.blob("mac") ?? []
        }
    }

    /// What a run of ids holds: hashed row by row, so that memory does not grow with it.
    private struct Sum {
        var rows = 0
        var last: Int64
        var since = Moment(milliseconds: .max)
        var until = Moment(milliseconds: 0)
        var written = Moment(milliseconds: 0)
        var digest = [UInt8](repeating: 0, count: 32)
    }

    private func sum(after: Int64, upTo: Int64?, before: Moment?, _ reader: any Reader) throws -> Sum {
        var sum = Sum(last: after)
        let end: SQL = upTo.map { "AND id <= \($0)" } ?? ""
        let names = SQL.joined(([timeColumn, keptBy] + columns).map { "\(ident: $0)" as SQL }, by: ", ")
        try reader.each("SELECT id, \(names) FROM \(ident: table) WHERE id > \(after) \(end) ORDER BY id LIMIT \(IntegrityRun.length)") { row in
            let at = row.moment(timeColumn) ?? Moment(milliseconds: 0)
            if let before, at >= before { return false }
            var content = IntegrityContent()
            content.add(row, ["id", timeColumn, keptBy] + columns)
            sum.digest = SM3.hash(sum.digest + content.bytes).bytes
            sum.rows += 1
            sum.last = row.int("id") ?? sum.last
            let kept = row.moment(keptBy) ?? at
            sum.since = min(sum.since, kept)
            sum.until = max(sum.until, kept)
            sum.written = max(sum.written, at)
            return true
        }
        return sum
    }

    private func statement(_ from: Int64, _ to: Int64, _ sum: Sum) -> [UInt8] { Array("\(kind)\u{0}\(from)\u{0}\(to)\u{0}\(sum.rows)\u{0}".utf8) + sum.digest }

    /// Seals the next run.
    ///
    /// - Returns: rows sealed; fewer than `length` when the end is near.
    package func sealNext(_ book: IntegrityBook, on database: any Database) async throws -> Int {
        let old = book.now.adding(seconds: -IntegrityRun.ageSeconds)
        let (from, sum) = try await database.read(within: .seconds(60)) { reader in
            let from = try reader.value("SELECT to_id FROM integrity_blocks WHERE kind = \(kind) ORDER BY to_id DESC LIMIT 1")?.int ?? 0
            return (from, try self.sum(after: from, upTo: nil, before: old, reader))
        }
        // A run that is not full waits, but not for longer than a day.
        guard sum.rows == IntegrityRun.length || (sum.rows > 0 && sum.written < book.now.adding(seconds: -86_400)) else { return 0 }
        let mac = book.tag(statement(from, sum.last, sum))
        try await database.write { tx in
            _ = try tx.execute(
                """
                INSERT INTO integrity_blocks (kind, from_id, to_id, row_count, since_at, until_at, mac, made_at) VALUES
                (\(kind), \(from), \(sum.last), \(sum.rows), \(sum.since), \(sum.until), \(mac), \(book.now)) ON CONFLICT (kind, to_id) DO NOTHING
                """)
        }
        return sum.rows
    }

    /// Runs after one, in order.
    package func blocks(after id: Int64, limit: Int, _ reader: any Reader) throws -> [Block] {
        try reader.rows("SELECT * FROM integrity_blocks WHERE kind = \(kind) AND id > \(id) ORDER BY id LIMIT \(limit)").map { Block($0) }
    }

    /// Whether a run is as it was sealed.
    ///
    /// - Returns: nil where it is.
    package func fault(of block: Block, _ book: IntegrityBook, _ reader: any Reader) throws -> IntegrityFault.Reason? {
        let sum = try sum(after: block.from, upTo: block.to, before: nil, reader)
        if book.fits(block.mac, statement(block.from, block.to, sum)) { return nil }
        return sum.rows < block.rows ? .missing : .changed
    }

    /// Every run, for `jianwei verify`.
    package func verify(_ book: IntegrityBook, _ reader: any Reader) throws -> (rows: Int, faults: [(Int64, IntegrityFault.Reason)]) {
        let whole = try wholeFrom(reader)
        var (rows, faults, after): (Int, [(Int64, IntegrityFault.Reason)], Int64) = (0, [], 0)
        while true {
            let part = try blocks(after: after, limit: 100, reader)
            guard let last = part.last, faults.count < 1000 else { return (rows, faults) }
            for block in part where whole.map({ block.since >= $0 }) ?? true {
                rows += block.rows
                if let reason = try fault(of: block, book, reader) { faults.append((block.id, reason)) }
            }
            after = last.id
        }
    }

    /// Runs of which retention has taken, or may have taken, rows say nothing any more.
    package func forget(in tx: any Transaction) throws -> Int {
        guard let moment = try wholeFrom(tx) else { return 0 }
        return try tx.execute("DELETE FROM integrity_blocks WHERE kind = \(kind) AND since_at < \(moment)")
    }

    func sealAnew(_ id: Int64, _ book: IntegrityBook, in tx: any Transaction) throws {
        guard let block = try tx.first("SELECT * FROM integrity_blocks WHERE id = \(id) AND kind = \(kind)").map({ Block($0) }) else { return }
        let sum = try sum(after: block.from, upTo: block.to, before: nil, tx)
        try tx.execute("UPDATE integrity_blocks SET row_count = \(sum.rows), mac = \(book.tag(statement(block.from, block.to, sum))) WHERE id = \(id)")
    }
}
