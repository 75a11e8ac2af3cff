import Kernel
import Storage

/// The rows of a large ledger in runs of 32,768 ids, each described by sets of its rows by value: a list asked by any facets reads a few sets of bits instead of millions of rows.
///
/// A segment is folded once, when all its ids are given, by a job beside the writer: rows never change in these fields, so it never changes either. Newer rows are read from the table. Sets
/// only say where to look; every row that is shown has met the whole condition.
extension LedgerEngine {
    /// Folds what is complete and not folded yet, oldest first.
    ///
    /// - Parameter limit: segments at most.
    /// - Returns: segments folded.
    @discardableResult
    package func foldFacets(of ledger: String, limit: Int = 10_000) async throws -> Int {
        let plan = try plan(ledger)
        guard !plan.declaration.facets.isEmpty else { return 0 }
        let (next, end) = try await database.read { reader in
            (try FacetSegment.next(of: ledger, reader), try FacetSegment.firstOpen(plan, reader))
        }
        var folded = 0
        for segment in stride(from: next, to: end, by: 1).prefix(limit) {
            try Task.checkCancellation()
            let fold = try await database.read(within: .seconds(120)) { reader in try FacetFold(segment, plan, reader) }
            try await database.write { tx in try fold.write(in: tx) }
            folded += 1
        }
        return folded
    }
}

extension LedgerEngine {
    /// Folds every folded segment again and compares.
    ///
    /// - Returns: segments read, and those of which anything differs.
    package func verifyFacets(of ledger: String) async throws -> (segments: Int, differing: [Int]) {
        let plan = try plan(ledger)
        let segments = try await database.read { reader in
            try reader.rows("SELECT segment FROM facet_segment WHERE ledger = \(ledger) ORDER BY segment").compactMap { $0[0].int.map { Int($0) } }
        }
        var differing: [Int] = []
        for segment in segments {
            try Task.checkCancellation()
            let isSame = try await database.read(within: .seconds(120)) { reader in try FacetFold(segment, plan, reader).isStored(in: reader) }
            if !isSame { differing.append(segment) }
        }
        return (segments.count, differing)
    }
}

extension LedgerEngine {
    /// Folds anew those segments of which rows have been removed since, so that totals are true again; each night, after retention.
    ///
    /// - Returns: segments folded anew.
    @discardableResult
    package func mendFacets(of ledger: String) async throws -> Int {
        let plan = try plan(ledger)
        let known = try await database.read { reader in
            try reader.rows("SELECT segment, rows FROM facet_segment WHERE ledger = \(ledger) ORDER BY segment").map { (segment: Int($0[0].int ?? 0), rows: Int($0[1].int ?? 0)) }
        }
        var mended = 0
        for (segment, rows) in known {
            try Task.checkCancellation()
            let ids = FacetSegment.ids(segment)
            let fold = try await database.read(within: .seconds(120)) { reader -> FacetFold? in
                let left = try reader.count(
                    "SELECT count(*) FROM \(SQL(text: plan.source)) WHERE id >= \(ids.lowerBound) AND id < \(ids.upperBound) AND \(SQL(text: liveRows))")
                return left == rows ? nil : try FacetFold(segment, plan, reader)
            }
            guard let fold else { continue }
            try await database.write { tx in try fold.replace(in: tx) }
            mended += 1
        }
        return mended
    }
}

/// A run of ids.
enum FacetSegment {
    static func ids(_ segment: Int) -> Range<Int64> { Int64(segment) * Int64(FacetSet.size)..<Int64(segment + 1) * Int64(FacetSet.size) }

    /// The first that is not folded.
    static func next(of ledger: String, _ reader: any Reader) throws -> Int {
        try reader.value("SELECT MAX(segment) FROM facet_segment WHERE ledger = \(ledger)")?.int.map { Int($0) + 1 } ?? 0
    }

    /// The first to which rows may still come. PostgreSQL gives ids before it commits, so a number of them is waited for.
    static func firstOpen(_ plan: LedgerPlan, _ reader: any Reader) throws -> Int {
        let last = try reader.value("SELECT MAX(id) FROM \(SQL(text: plan.source))")?.int ?? 0
        return Int(max(0, last - (reader.dialect == .postgres ? 20_000 : 0)) / Int64(FacetSet.size))
    }
}

/// One segment on its way into the tables.
struct FacetFold: Sendable {
    private var ledger: String
    private var segment: Int
    /// `area`, then the facets as declared.
    private var fields: [String]
    private var sets: [[String: FacetSet]]
    private var rows: Int64 = 0
    private var first = Int64.max
    private var last = Int64.min

    init(_ segment: Int, _ plan: LedgerPlan, _ reader: any Reader) throws {
        ledger = plan.name
        self.segment = segment
        fields = ["area"] + plan.declaration.facets
        sets = fields.map { _ in [:] }
        let columns = SQL.joined(([plan.declaration.timeField ?? "createdAt"] + fields).map { SQL.ident(plan.column($0) ?? "area") }, by: ", ")
        let ids = FacetSegment.ids(segment)
        var fold = self
        try reader.each(
            "SELECT id, \(columns) FROM \(SQL(text: plan.source)) WHERE id >= \(ids.lowerBound) AND id < \(ids.upperBound) AND \(SQL(text: liveRows))"
        ) { row in
            fold.add(row, at: Int((row[0].int ?? ids.lowerBound) - ids.lowerBound))
            return true
        }
        self = fold
    }

    private mutating func add(_ row: Row, at position: Int) {
        let time = row[1].int ?? 0
        rows += 1
        first = min(first, time)
        last = max(last, time)
        for index in fields.indices {
            guard let value = row[index + 2].text else { continue }
            sets[index][value, default: FacetSet()].insert(position)
        }
    }

    /// Whether the tables say the same.
    func isStored(in reader: any Reader) throws -> Bool {
        let row = try reader.first("SELECT first_at, last_at, rows FROM facet_segment WHERE ledger = \(ledger) AND segment = \(segment)")
        guard row?[2].int == rows, rows == 0 || (row?[0].int == first && row?[1].int == last) else { return false }
        for (field, values) in zip(fields, sets) {
            for (value, set) in values {
                let members = try reader.value("SELECT members FROM facet_member WHERE ledger = \(ledger) AND field = \(field) AND value = \(value) AND segment = \(segment)")
                guard members?.blob == set.stored else { return false }
            }
        }
        return true
    }

    /// In the place of what the tables say of this segment.
    func replace(in tx: any Transaction) throws {
        try tx.execute("DELETE FROM facet_segment WHERE ledger = \(ledger) AND segment = \(segment)")
        try tx.execute("DELETE FROM facet_member WHERE ledger = \(ledger) AND segment = \(segment)")
        try write(in: tx)
    }

    func write(in tx: any Transaction) throws {
        var members: [[SQLValue]] = []
        for (field, values) in zip(fields, sets) {
            for (value, set) in values { members.append([.text(ledger), .text(field), .text(value), .int(Int64(segment)), .blob(set.stored)]) }
        }
        let now: [SQLValue] = [.text(ledger), .int(Int64(segment)), .int(rows == 0 ? 0 : first), .int(rows == 0 ? -1 : last), .int(rows)]
        try tx.insertMany(into: "facet_segment", columns: ["ledger", "segment", "first_at", "last_at", "rows"], rows: [now])
        try tx.insertMany(into: "facet_member", columns: ["ledger", "field", "value", "segment", "members"], rows: members)
    }
}
