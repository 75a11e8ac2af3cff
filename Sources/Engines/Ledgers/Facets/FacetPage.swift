import Identity
import Kernel
import Storage

/// One page found through facets: newest segments first (oldest first on the way back), until no other segment can hold a row that belongs on the page.
struct FacetPage {
    private struct Segment {
        var number: Int
        var first: Int64
        var last: Int64
    }

    private struct Candidate {
        var time: Int64
        var id: Int64
    }

    /// Segments whose sets are read at once.
    private static let block = 64
    /// A segment with more fitting rows is walked in the list's order, since a page is full after a few of its rows.
    private static let dense = 1_024
    /// Dense segments at the ends of a span that are counted row by row.
    private static let mostCounted = 4

    private let question: FacetQuestion
    private let compiled: CompiledQuery
    private let cursor: Cursor?
    private let limit: Int
    private let most: Int
    private let reader: any Reader
    private let time: SQL
    private let goesBack: Bool
    /// The whole condition and the place after which rows are wanted.
    private let wanted: SQL
    /// In the order of the walk, and how far into the list each with all after it reaches.
    private var walk: [Segment] = []
    private var reach: [Int64] = []
    private var candidates: [Candidate] = []
    private var counted = 0
    private var isLowerBound = false
    private var countedSegments = 0

    /// - Parameters:
    ///   - limit: rows wanted.
    ///   - most: where counting ends; 0 counts nothing.
    init(_ question: FacetQuestion, _ compiled: CompiledQuery, after cursor: Cursor?, limit: Int, countingTo most: Int, in reader: any Reader) {
        self.question = question
        self.compiled = compiled
        self.cursor = cursor
        self.limit = limit
        self.most = most
        self.reader = reader
        goesBack = cursor?.goesBack ?? false
        time = SQL.ident(compiled.plan.column(compiled.plan.declaration.timeField ?? "id") ?? "id")
        let after = cursor.flatMap { compiled.keyset($0).conditions.first }
        wanted = after.map { SQL.all(of: [compiled.condition, $0]) } ?? compiled.condition
    }

    /// - Returns: at most `limit` records in the order of the walk, and how many rows there are.
    mutating func run() throws -> ([Record], LedgerPage.Total) {
        let segments = try reader.rows("SELECT segment, first_at, last_at FROM facet_segment WHERE ledger = \(compiled.plan.name) AND rows > 0 ORDER BY segment").map {
            Segment(number: Int($0[0].int ?? 0), first: $0[1].int ?? 0, last: $0[2].int ?? 0)
        }
        let open = FacetSegment.ids(try FacetSegment.next(of: compiled.plan.name, reader)).lowerBound
        let fitting = segments.filter { $0.last >= question.from && $0.first <= question.to }
        walk = goesBack ? fitting : fitting.reversed()
        reach = walk.reversed().reduce(into: []) { reach, segment in
            reach.append(goesBack ? min(reach.last ?? .max, segment.first) : max(reach.last ?? .min, segment.last))
        }.reversed()
        if !goesBack { try readOpen(from: open) }
        for start in stride(from: 0, to: walk.count, by: FacetPage.block) where !(isFull(before: start) && (most == 0 || counted > most)) {
            try read(start..<min(start + FacetPage.block, walk.count))
        }
        if goesBack { try readOpen(from: open) }
        let records = try records()
        guard most > 0 else { return (records, .unknown) }
        return (records, counted > most ? .atLeast(most) : isLowerBound ? .atLeast(counted) : .exact(counted))
    }

    /// Whether no segment from this one on can hold a row that comes before the last of the page.
    private func isFull(before index: Int) -> Bool {
        guard candidates.count >= limit else { return false }
        let edge = candidates[limit - 1].time
        return goesBack ? reach[index] > edge : reach[index] < edge
    }

    // MARK: Rows that no segment knows yet

    private mutating func readOpen(from id: Int64) throws {
        let fields = ["id", "org", "area", "deletedAt", compiled.plan.declaration.timeField ?? "id"] + question.conditions.map(\.field)
        let columns = SQL.joined(Set(fields.compactMap { compiled.plan.column($0) }).sorted().map(SQL.ident), by: ", ")
        // A limit keeps the database from walking the list's order through rows that are not among these.
        let recent: SQL = "(SELECT \(columns) FROM \(source) WHERE id >= \(id) LIMIT 100000000) AS recent"
        if most > 0 {
            let fitting = try reader.count("SELECT count(*) FROM (SELECT 1 FROM \(recent) WHERE \(compiled.condition) LIMIT \(most + 1)) AS counted")
            counted += fitting
            if fitting == 0 { return }
        }
        try take("SELECT \(time), id FROM \(recent) WHERE \(wanted) ORDER BY \(compiled.orderBy(reversed: goesBack)) LIMIT \(limit)")
    }

    // MARK: Segments

    private mutating func read(_ block: Range<Int>) throws {
        let (a, b) = (walk[block.lowerBound].number, walk[block.upperBound - 1].number)
        let sets = try question.sets(min(a, b)...max(a, b), of: compiled.plan.name, reader)
        var few: [Int64] = []
        for index in block {
            let segment = walk[index]
            guard let set = sets[segment.number] else { continue }
            let size = set.count
            try count(set, size, segment)
            guard mayFollow(segment), !isFull(before: index) else { continue }
            if size > FacetPage.dense {
                try take(&few)
                try takeInOrder(segment)
            } else {
                let base = FacetSegment.ids(segment.number).lowerBound
                few += set.positions.map { base + Int64($0) }
                if few.count >= 200 { try take(&few) }
            }
        }
        try take(&few)
    }

    /// Whether the segment may hold rows after the cursor.
    private func mayFollow(_ segment: Segment) -> Bool {
        guard let at = cursor?.values.first?.int else { return true }
        return goesBack ? segment.last >= at : segment.first <= at
    }

    private mutating func count(_ set: FacetSet, _ size: Int, _ segment: Segment) throws {
        guard most > 0, counted <= most else { return }
        if segment.first >= question.from, segment.last <= question.to {
            counted += size
            return
        }
        let ids = FacetSegment.ids(segment.number)
        if size > FacetPage.dense {
            countedSegments += 1
            guard countedSegments <= FacetPage.mostCounted else {
                isLowerBound = true
                return
            }
            counted += try reader.count("SELECT count(*) FROM \(source) WHERE \(compiled.condition) AND id >= \(ids.lowerBound) AND id < \(ids.upperBound)")
        } else {
            for part in parts(set.positions.map { ids.lowerBound + Int64($0) }) {
                counted += try reader.count("SELECT count(*) FROM \(source) WHERE \(compiled.condition) AND id IN (\(list: part.padded))")
            }
        }
    }

    private var source: SQL { SQL(text: compiled.plan.source) }

    /// In the list's order within the segment's time; its ids are hidden from the choice of an index.
    private mutating func takeInOrder(_ segment: Segment) throws {
        let ids = FacetSegment.ids(segment.number)
        let span: SQL = "\(time) >= \(segment.first) AND \(time) <= \(segment.last) AND +id >= \(ids.lowerBound) AND +id < \(ids.upperBound)"
        try take("SELECT \(time), id FROM \(source) WHERE \(wanted) AND \(span) ORDER BY \(compiled.orderBy(reversed: goesBack)) LIMIT \(limit)")
    }

    private mutating func take(_ ids: inout [Int64]) throws {
        for part in parts(ids) { try take("SELECT \(time), id FROM \(source) WHERE \(wanted) AND id IN (\(list: part.padded))") }
        ids = []
    }

    private mutating func take(_ sql: SQL) throws {
        let before = candidates.count
        try reader.each(sql) { row in
            candidates.append(Candidate(time: row[0].int ?? 0, id: row[1].int ?? 0))
            return true
        }
        guard candidates.count > before else { return }
        let goesBack = goesBack
        candidates.sort { goesBack ? ($0.time, $0.id) < ($1.time, $1.id) : ($0.time, $0.id) > ($1.time, $1.id) }
        // One more than the page tells that there is another; the rest can never return.
        if candidates.count > limit { candidates.removeLast(candidates.count - limit) }
    }

    private func records() throws -> [Record] {
        var found: [Int64: Record] = [:]
        for part in parts(candidates.map(\.id)) {
            try reader.each("\(SQL(text: compiled.plan.selectText)) WHERE id IN (\(list: part.padded))") { row in
                let record = compiled.plan.record(row)
                found[record.id] = record
                return true
            }
        }
        return candidates.compactMap { found[$0.id] }
    }

    private struct Part {
        /// Of 1, 10, 50 or 200 ids, the last one repeated, so that few statements are prepared.
        var padded: [Int64]
    }

    private func parts(_ ids: [Int64]) -> [Part] {
        stride(from: 0, to: ids.count, by: 200).map { start in
            var part = Array(ids[start..<min(start + 200, ids.count)])
            let size = [1, 10, 50, 200].first { $0 >= part.count } ?? 200
            if let last = part.last { part += Array(repeating: last, count: size - part.count) }
            return Part(padded: part)
        }
    }
}
