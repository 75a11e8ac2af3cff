import Alarms
import Identity
import Kernel
import Storage
import Synchronization

/// One value as a sender gives it.
package struct PointReport: Sendable, Equatable {
    package var code: String
    package var sample: PointSample

    package init(_ code: String, _ sample: PointSample) {
        self.code = code
        self.sample = sample
    }
}

/// Why a value is not stored.
package enum PointRefusal: String, Sendable, CaseIterable {
    case unknownPoint, future, old, value, conflict, disused, computed

    package var title: String {
        switch self {
        case .unknownPoint: "点位编码不存在或不在授权范围"
        case .future: "时间晚于平台时间 5 分钟以上"
        case .old: "时间早于可补传期限"
        case .value: "数值不是有限的数"
        case .conflict: "同一时刻已有不同的数值，保留先到的"
        case .disused: "点位已停用"
        case .computed: "计算点位由平台计算，不接收上报"
        }
    }
}

/// What became of a batch: received = stored + doubled + refused.
package struct PointReceipt: Sendable, Equatable {
    package var received = 0
    package var stored = 0
    /// Of those stored: older than what was known of their points.
    package var late = 0
    package var doubled = 0
    package var refused: [(index: Int, code: String, reason: PointRefusal)] = []
    /// Alarms raised or cleared by it.
    package var alarms = 0

    package init() {}

    package static func == (a: PointReceipt, b: PointReceipt) -> Bool {
        (a.received, a.stored, a.late, a.doubled) == (b.received, b.stored, b.late, b.doubled) && a.refused.map(\.index) == b.refused.map(\.index)
            && a.refused.map(\.reason) == b.refused.map(\.reason)
    }
}

extension PointEngine {
    /// Values that may wait to be packed; more is refused with a request to come again.
    static let room = 16_000_000
    static let mostAhead: Int64 = 300
    static let mostBehind: Int64 = 31 * 86_400

    /// Takes a batch of many points in. When this returns, what counts as stored is durable.
    ///
    /// - Parameter source: under which name it is counted.
    /// - Throws: `.unavailable` `JW-PT05` when too many values wait, or memory is being read anew.
    package func append(_ reports: [PointReport], source: String, by principal: Principal) async throws -> PointReceipt {
        try await open()
        guard memory.withLock({ $0.count }) < Self.room else { throw Failure(.unavailable, "JW-PT05", "等待整理的时序数据过多，请稍后重送") }
        let registry = try await registry()
        let batch = PointBatch(reports, registry, scope: principal.scope, now: clock.now)
        let look = try await look(batch.values)
        do {
            do {
                let receipt = try await database.write { [self] tx in try take(batch, look, registry, source: source, in: tx) }
                timed(batch)
                return receipt
            } catch is PointLookAgain {
                // Values were packed while we looked: once more, with the writer waiting.
                return try await database.write { [self] tx in try take(batch, try blocksAround(batch.values, tx), registry, source: source, in: tx) }
            }
        } catch is PointLookAgain {
            throw Failure(.unavailable, "JW-PT06", "时序数据正在恢复，请稍后重送")
        } catch {
            spoil()
            throw error
        }
    }

    /// What comes after a line was down says nothing of how long a value is under way.
    private static let backlogMilliseconds: Int64 = 600_000

    private func timed(_ batch: PointBatch) {
        guard let newest = batch.values.map(\.sample.at).max() else { return }
        let delay = clock.now.milliseconds - newest.milliseconds
        if delay < Self.backlogMilliseconds { arrived(Double(delay)) }
    }

    /// What of a batch may already stand in blocks.
    struct Look: Sendable {
        var epoch: Int
        var known: [Int64: [PointSample]] = [:]
        var packedUntil: [Int64: Moment] = [:]
    }

    private func look(_ values: [PointBatch.Value]) async throws -> Look {
        let (isNeeded, epoch) = memory.withLock { memory in
            (values.contains { memory.place(of: $0.sample, point: $0.point.id, known: nil) == .unknown }, memory.epoch)
        }
        guard isNeeded else { return Look(epoch: epoch) }
        return try await database.read { [self] in try blocksAround(values, $0) }
    }

    /// Reads the blocks in which values of a batch may stand.
    private func blocksAround(_ values: [PointBatch.Value], _ reader: any Reader) throws -> Look {
        let (unknown, epoch) = memory.withLock { memory in
            (values.filter { memory.place(of: $0.sample, point: $0.point.id, known: nil) == .unknown }, memory.epoch)
        }
        var look = Look(epoch: epoch)
        for (id, group) in Dictionary(grouping: unknown, by: \.point.id) {
            guard let first = group.map(\.sample.at).min(), let last = group.map(\.sample.at).max() else { continue }
            let until = try reader.value("SELECT end_at FROM point_blocks WHERE point = \(id) ORDER BY end_at DESC LIMIT 1")?.int.map { Moment(milliseconds: $0) }
            look.packedUntil[id] = until ?? Moment(milliseconds: .min)
            var known: [PointSample] = []
            try reader.each("SELECT bytes FROM point_blocks WHERE point = \(id) AND end_at >= \(first) AND start_at <= \(last) ORDER BY end_at") { row in
                known = PointMerge.merged(known, try PointBlock.decode(row.blob("bytes") ?? []))
                return true
            }
            look.known[id] = group.reduce(known) { Self.told($1, by: known, into: $0) }
        }
        return look
    }

    /// Where a door left values out, one that lies on the line is known.
    private static func told(_ value: PointBatch.Value, by known: [PointSample], into all: [PointSample]) -> [PointSample] {
        let sample = value.sample, index = PointMemory.firstIndex(notBefore: sample.at, in: known)
        guard value.point.deviation > 0, index > 0, index < known.count, known[index].at != sample.at else { return all }
        let before = known[index - 1], after = known[index]
        let share = sample.at.seconds(since: before.at) / after.at.seconds(since: before.at)
        guard abs(before.value + (after.value - before.value) * share - sample.value) <= value.point.deviation else { return all }
        return PointMerge.merged(all, [sample])
    }

    /// On the writer's thread, in the batch's own savepoint: memory, journal, alarms, counts.
    private func take(_ batch: PointBatch, _ look: Look, _ registry: PointRegistry, source: String, in tx: any Transaction) throws -> PointReceipt {
        try reload(tx)
        let now = clock.now
        let (taken, isOld) = memory.withLock { memory -> (PointTaking, Bool) in
            for (id, until) in look.packedUntil where memory.tails[id]?.packedUntil == nil { memory.tails[id, default: PointMemory.Tail()].packedUntil = until }
            var taking = PointTaking(refused: batch.refused)
            let isOld = memory.epoch != look.epoch
            if !isOld { taking.take(batch, look.known, registry, &memory, now: now) }
            return (taking, isOld)
        }
        if isOld { throw PointLookAgain() }
        try write(taken, batch, source: source, now: now, in: tx)
        var receipt = PointReceipt()
        receipt.received = batch.received
        receipt.stored = taken.reported
        receipt.late = taken.late
        receipt.doubled = taken.doubled
        receipt.refused = taken.refused.sorted { $0.index < $1.index }
        receipt.alarms = taken.findings.count
        return receipt
    }

    private func write(_ taken: PointTaking, _ batch: PointBatch, source: String, now: Moment, in tx: any Transaction) throws {
        if !taken.stored.isEmpty {
            try tx.execute("INSERT INTO point_journal (at, count, bytes) VALUES (\(now), \(taken.stored.count), \(PointJournal.encode(taken.stored)))")
        }
        if !taken.findings.isEmpty { try act(on: taken.findings, in: tx) }
        let day = now.day
        try tx.post(
            """
            INSERT INTO point_receipts (day, source, batches, received, stored, late, doubled, refused, last_at) VALUES \
            (\(day), \(source), 1, \(batch.received), \(taken.reported), \(taken.late), \(taken.doubled), \(taken.refused.count), \(now)) \
            ON CONFLICT (day, source) DO UPDATE SET batches = point_receipts.batches + 1, received = point_receipts.received + excluded.received, \
            stored = point_receipts.stored + excluded.stored, late = point_receipts.late + excluded.late, doubled = point_receipts.doubled + excluded.doubled, \
            refused = point_receipts.refused + excluded.refused, last_at = excluded.last_at
            """)
        try refuse(taken.refused, batch, source: source, day: day, now: now, in: tx)
    }

    /// Codes of one day beyond this are kept together as `*`: whoever invents codes must not fill the table.
    private static let mostRefusals = 2000

    private func refuse(_ refused: [(index: Int, code: String, reason: PointRefusal)], _ batch: PointBatch, source: String, day: Day, now: Moment, in tx: any Transaction) throws {
        guard !refused.isEmpty else { return }
        let groups = Dictionary(grouping: refused) { "\($0.reason.rawValue)|\($0.code.prefix(64))" }
        let isCrowded = try tx.count("SELECT count(*) FROM point_refusals WHERE day = \(day)") + groups.count > Self.mostRefusals
        for (_, group) in groups.sorted(by: { $0.key < $1.key }) {
            let one = group[0]
            try tx.post(
                """
                INSERT INTO point_refusals (day, source, code, reason, count, sample, last_at) VALUES \
                (\(day), \(source), \(isCrowded ? "*" : String(one.code.prefix(64))), \(one.reason.rawValue), \(group.count), \(batch.samples[one.index] ?? ""), \(now)) \
                ON CONFLICT (day, source, code, reason) DO UPDATE SET count = point_refusals.count + excluded.count, sample = excluded.sample, last_at = excluded.last_at
                """)
        }
    }
}

/// Blocks changed between looking and writing.
struct PointLookAgain: Error {}

/// A batch with its points found, and what can be refused without looking at stored values.
struct PointBatch: Sendable {
    struct Value: Sendable {
        var index: Int
        var point: PointDefinition
        var sample: PointSample
    }

    var received: Int
    var values: [Value] = []
    var refused: [(index: Int, code: String, reason: PointRefusal)] = []
    /// As text, of those refused.
    var samples: [Int: String] = [:]

    init(_ reports: [PointReport], _ registry: PointRegistry, scope: DataScope, now: Moment) {
        received = reports.count
        values.reserveCapacity(reports.count)
        let latest = now.adding(seconds: PointEngine.mostAhead), earliest = now.adding(seconds: -PointEngine.mostBehind)
        var isSorted = true
        for (index, report) in reports.enumerated() {
            guard let point = registry.point(code: report.code), scope.admits(org: point.org, area: point.area) else {
                refuse(index, report, .unknownPoint)
                continue
            }
            if !point.formula.isEmpty {
                refuse(index, report, .computed)
            } else if !report.sample.value.isFinite || abs(report.sample.value) > 1e300 {
                refuse(index, report, .value)
            } else if report.sample.at > latest {
                refuse(index, report, .future)
            } else if report.sample.at < earliest {
                refuse(index, report, .old)
            } else if point.use == .disused, point.use(at: now) == .disused {
                refuse(index, report, .disused)
            } else {
                if let last = values.last, last.sample.at > report.sample.at { isSorted = false }
                values.append(Value(index: index, point: point, sample: report.sample))
            }
        }
        // Of one batch the older value is judged first, in whatever order it was sent.
        if !isSorted { values.sort { ($0.sample.at, $0.index) < ($1.sample.at, $1.index) } }
    }

    private mutating func refuse(_ index: Int, _ report: PointReport, _ reason: PointRefusal) {
        refused.append((index, report.code, reason))
        if samples.count < 1000 { samples[index] = "\(report.code.prefix(64)) \(report.sample.at.text) \(report.sample.value)" }
    }
}

/// What becomes of a batch against memory.
struct PointTaking: Sendable {
    /// Reported and computed.
    var stored: [StoredValue] = []
    var reported = 0
    var late = 0
    var doubled = 0
    var refused: [(index: Int, code: String, reason: PointRefusal)]
    var findings: [(point: PointDefinition, sample: PointSample, finding: PointStanding.Finding)] = []

    init(refused: [(index: Int, code: String, reason: PointRefusal)]) { self.refused = refused }

    /// Takes a batch moment by moment, so that what is computed of several points sees all of one moment.
    mutating func take(_ batch: PointBatch, _ known: [Int64: [PointSample]], _ registry: PointRegistry, _ memory: inout PointMemory, now: Moment) {
        var touched: [Int64: ComputedPoint] = [:], at: Moment?
        for value in batch.values {
            if value.sample.at != at, !touched.isEmpty {
                compute(touched, at ?? value.sample.at, &memory, now: now)
                touched = [:]
            }
            at = value.sample.at
            take(value, known[value.point.id], &memory, now: now)
            for one in registry.computed[value.point.id] ?? [] { touched[one.point.id] = one }
        }
        if let at, !touched.isEmpty { compute(touched, at, &memory, now: now) }
    }

    /// Nothing comes of points that are silent, bad, or off-line; nothing is computed for what is past.
    private mutating func compute(_ touched: [Int64: ComputedPoint], _ at: Moment, _ memory: inout PointMemory, now: Moment) {
        for (id, one) in touched.sorted(by: { $0.key < $1.key }) where one.point.use(at: now) != .disused {
            if let last = memory.tails[id]?.standing.last, at <= last.at { continue }
            var quality = PointQuality.good
            let value = one.formula.value { code in
                guard let input = one.inputs[code], let standing = memory.tails[input]?.standing, let last = standing.last, last.quality != .bad, !standing.isOffline else {
                    return nil
                }
                if last.quality == .doubtful { quality = .doubtful }
                return last.value
            }
            guard let value else { continue }
            let sample = PointSample(at, PointFigure.rounded(value, places: 6), quality)
            stored.append(StoredValue(point: id, sample: sample))
            for finding in memory.insert(sample, point: id, limits: one.point.limits, isJudged: one.point.isJudged(at: now)) { findings.append((one.point, sample, finding)) }
        }
    }

    private mutating func take(_ value: PointBatch.Value, _ known: [PointSample]?, _ memory: inout PointMemory, now: Moment) {
        switch memory.place(of: value.sample, point: value.point.id, known: known ?? []) {
        case .doubled: doubled += 1
        case .conflict: refused.append((value.index, value.point.code, .conflict))
        case .new, .unknown:
            if let last = memory.tails[value.point.id]?.standing.last, value.sample.at < last.at { late += 1 }
            stored.append(StoredValue(point: value.point.id, sample: value.sample))
            reported += 1
            for finding in memory.insert(value.sample, point: value.point.id, limits: value.point.limits, isJudged: value.point.isJudged(at: now)) {
                findings.append((value.point, value.sample, finding))
            }
        }
    }
}
