import Kernel
import Storage
import Synchronization

/// A row of `point_blocks` to be written.
struct PackedBlock: Sendable {
    /// The row it takes the place of.
    var replaces: Int64?
    var point: Int64
    var start: Moment
    var end: Moment
    var kept: Int
    var sums: PointSums
    var bytes: [UInt8]

    init(_ samples: [PointSample], point: Int64, deviation: Double) {
        let kept = SwingingDoor.thin(samples, deviation: deviation)
        self.point = point
        start = samples.first?.at ?? Moment(milliseconds: 0)
        end = samples.last?.at ?? start
        self.kept = kept.count
        sums = PointSums(samples)
        bytes = PointBlock.encode(kept)
    }

    static let columns = [
        "point", "start_at", "end_at", "count", "kept", "bad", "low", "high", "sum", "squares", "first_at", "first_value", "last_at", "last_value", "bytes",
    ]

    var values: [SQLValue] {
        [
            .int(point), start.sqlValue, end.sqlValue, .int(Int64(sums.count)), .int(Int64(kept)), .int(Int64(sums.bad)), sums.count > 0 ? .real(sums.low) : .null,
            sums.count > 0 ? .real(sums.high) : .null, .real(sums.sum), .real(sums.squares), (sums.first?.at).sqlValue, (sums.first?.value).sqlValue, (sums.last?.at).sqlValue,
            (sums.last?.value).sqlValue, .blob(bytes),
        ]
    }
}

extension PointSums {
    /// What a row of `point_blocks` says without its bytes.
    init(block row: Row) {
        self.init()
        count = Int(row.int("count") ?? 0)
        bad = Int(row.int("bad") ?? 0)
        low = row.double("low") ?? .infinity
        high = row.double("high") ?? -.infinity
        sum = row.double("sum") ?? 0
        squares = row.double("squares") ?? 0
        if let at = row.moment("first_at"), let value = row.double("first_value") { first = PointSample(at, value) }
        if let at = row.moment("last_at"), let value = row.double("last_value") { last = PointSample(at, value) }
    }
}

extension PointEngine {
    /// Values or seconds after which what waits is packed.
    static let packAt = 2_000_000
    static let packAfter = 60.0

    /// Packs when enough waits.
    ///
    /// - Returns: values packed.
    package func packWhenDue() async throws -> Int {
        try await open()
        let (count, oldest) = memory.withLock { ($0.count, $0.oldest) }
        guard count > 0, count >= Self.packAt || oldest.map({ abs(clock.now.seconds(since: $0)) >= Self.packAfter }) ?? false else { return 0 }
        return try await pack()
    }

    /// Puts everything that waits into blocks; then the journal is not needed any more.
    ///
    /// - Returns: values packed.
    @discardableResult
    package func pack() async throws -> Int {
        try await open()
        let registry = try await registry()
        // One at a time: what is on its way must not be overwritten.
        guard
            memory.withLock({ memory in
                defer { memory.isPacking = true }
                return !memory.isPacking
            })
        else { return 0 }
        defer { memory.withLock { $0.isPacking = false } }
        do {
            let (sealed, mark) = try await database.write { [self] tx -> ([Int64: [PointSample]], Int64) in
                try reload(tx)
                let mark = try tx.value("SELECT MAX(id) FROM point_journal")?.int ?? 0
                return (memory.withLock { $0.seal() }, mark)
            }
            let blocks = try await packed(sealed, registry)
            try await database.write { [self] tx in
                try put(blocks, upTo: mark, in: tx)
                // On the writer's thread, so that nobody looks between.
                memory.withLock { $0.packed(sealed) }
            }
            return sealed.reduce(0) { $0 + $1.value.count }
        } catch {
            // Nothing is lost: the journal still has all of it.
            spoil()
            throw error
        }
    }

    private func packed(_ sealed: [Int64: [PointSample]], _ registry: PointRegistry) async throws -> [PackedBlock] {
        try await database.read(within: .seconds(120)) { reader in
            var blocks: [PackedBlock] = []
            for (point, samples) in sealed.sorted(by: { $0.key < $1.key }) {
                let deviation = registry[point]?.deviation ?? 0
                var rest = samples[...]
                // A short last block is filled up first.
                if deviation == 0, let first = samples.first, let joined = try Self.filled(point, first.at, &rest, reader) { blocks.append(joined) }
                while !rest.isEmpty {
                    let part = Array(rest.prefix(deviation == 0 ? PointBlock.most : PointBlock.most * 8))
                    blocks.append(PackedBlock(part, point: point, deviation: deviation))
                    rest = rest.dropFirst(part.count)
                }
            }
            return blocks
        }
    }

    private static func filled(_ point: Int64, _ first: Moment, _ rest: inout ArraySlice<PointSample>, _ reader: any Reader) throws -> PackedBlock? {
        guard let row = try reader.first("SELECT id, start_at, end_at, count, bad, kept, bytes FROM point_blocks WHERE point = \(point) ORDER BY end_at DESC LIMIT 1"),
            let kept = row.int("kept"), kept < Int64(PointBlock.most), kept == (row.int("count") ?? 0) + (row.int("bad") ?? 0), let end = row.moment("end_at"), end < first,
            // Not over more than a day, so that retention takes what is old.
            let start = row.moment("start_at"), first.seconds(since: start) <= 86_400
        else { return nil }
        let room = PointBlock.most - Int(kept)
        var block = PackedBlock(try PointBlock.decode(row.blob("bytes") ?? []) + rest.prefix(room), point: point, deviation: 0)
        block.replaces = row.int("id")
        rest = rest.dropFirst(room)
        return block
    }

    private func put(_ blocks: [PackedBlock], upTo mark: Int64, in tx: any Transaction) throws {
        for block in blocks where block.replaces != nil {
            let sums = block.sums
            try tx.execute(
                """
                UPDATE point_blocks SET end_at = \(block.end), count = \(sums.count), kept = \(block.kept), bad = \(sums.bad), low = \(sums.count > 0 ? sums.low : nil), \
                high = \(sums.count > 0 ? sums.high : nil), sum = \(sums.sum), squares = \(sums.squares), first_at = \(sums.first?.at), first_value = \(sums.first?.value), \
                last_at = \(sums.last?.at), last_value = \(sums.last?.value), bytes = \(block.bytes) WHERE id = \(block.replaces)
                """)
        }
        try tx.insertMany(into: PointTables.blocks.name, columns: PackedBlock.columns, rows: blocks.filter { $0.replaces == nil }.map(\.values))
        try tx.execute("DELETE FROM point_journal WHERE id <= \(mark)")
        let standings = memory.withLock { memory in
            blocks.reduce(into: [Int64: PointStanding]()) { found, block in if let tail = memory.tails[block.point] { found[block.point] = tail.standing } }
        }
        for (point, standing) in standings.sorted(by: { $0.key < $1.key }) { try standing.note(point: point, in: tx) }
    }

    /// Writes values of the past straight into blocks, unjudged: for what another system kept, and demonstrations. The point must have no values in that time.
    package func keepHistory(_ samples: [PointSample], of point: PointDefinition) async throws {
        guard let last = samples.last else { return }
        let blocks = stride(from: 0, to: samples.count, by: PointBlock.most).map { start in
            PackedBlock(Array(samples[start..<min(start + PointBlock.most, samples.count)]), point: point.id, deviation: point.deviation)
        }
        try await database.write { [self] tx in
            try reload(tx)
            try tx.insertMany(into: PointTables.blocks.name, columns: PackedBlock.columns, rows: blocks.map(\.values))
            let standing = memory.withLock { memory -> PointStanding in
                var tail = memory.tails[point.id] ?? PointMemory.Tail()
                tail.packedUntil = max(tail.packedUntil ?? last.at, last.at)
                if tail.standing.last.map({ $0.at < last.at }) ?? true { tail.standing.last = last }
                memory.tails[point.id] = tail
                memory.epoch += 1
                return tail.standing
            }
            try standing.note(point: point.id, in: tx)
        }
    }

    /// Takes blocks that are older than their points are kept for, in portions.
    ///
    /// - Returns: blocks taken.
    package func forgetOld() async throws -> Int {
        let registry = try await registry()
        var taken = 0
        for (days, points) in Dictionary(grouping: registry.all, by: \.keepDays) {
            let end = clock.today.adding(days: -max(days, 15)).start
            for start in stride(from: 0, to: points.count, by: 500) {
                try Task.checkCancellation()
                let ids = points[start..<min(start + 500, points.count)].map(\.id)
                taken += try await database.write { try $0.execute("DELETE FROM point_blocks WHERE point IN (\(list: ids)) AND end_at < \(end)") }
            }
        }
        let day = clock.today.adding(days: -365)
        try await database.write { tx in
            try tx.execute("DELETE FROM point_receipts WHERE day < \(day)")
            try tx.execute("DELETE FROM point_refusals WHERE day < \(day)")
        }
        return taken
    }
}
