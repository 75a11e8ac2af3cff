import Alarms
import Kernel
import Storage
import Synchronization

/// What is known of a span of time.
package struct PointBucket: Sendable, Equatable {
    package var at: Moment
    package var sums: PointSums
}

extension PointEngine {
    /// Values one reading may give.
    package static let mostRead = 200_000

    /// Values of one point, oldest first.
    ///
    /// - Throws: `.invalid` `JW-PT07` where there are more than `mostRead`.
    package func read(_ point: Int64, from: Moment, to: Moment) async throws -> [PointSample] {
        try await open()
        return try await database.look { [self] in try read(point, from: from, to: to, $0) }
    }

    /// The same within a snapshot of the caller's.
    func read(_ point: Int64, from: Moment, to: Moment, _ reader: any Reader) throws -> [PointSample] {
        // Memory first: what is packed meanwhile is then found twice, never not at all.
        let waiting = memory.withLock { $0.waiting(point, from: from, to: to) }
        var samples: [PointSample] = []
        try reader.each("SELECT bytes FROM point_blocks WHERE point = \(point) AND end_at >= \(from) AND start_at <= \(to) ORDER BY end_at") { row in
            let part = try PointBlock.decode(row.blob("bytes") ?? []).filter { $0.at >= from && $0.at <= to }
            samples = PointMerge.merged(samples, part)
            guard samples.count <= Self.mostRead else { throw Failure(.invalid, "JW-PT07", "时段内数据超过 \(Self.mostRead) 个，请缩短时段或按步长聚合") }
            return true
        }
        return PointMerge.merged(samples, waiting)
    }

    /// Sums of each step of a span, oldest first; steps without values are left out.
    ///
    /// Blocks that lie in one step are not opened. Bad values are counted only.
    package func aggregate(_ point: Int64, from: Moment, to: Moment, step: Int64) async throws -> [PointBucket] {
        try await aggregate(all: [point], from: from, to: to, step: step)[point] ?? []
    }

    /// The same of several points at once, in one statement.
    ///
    /// - Parameter step: milliseconds.
    package func aggregate(all points: [Int64], from: Moment, to: Moment, step: Int64) async throws -> [Int64: [PointBucket]] {
        try await open()
        let last = Moment(milliseconds: to.milliseconds - 1)
        for _ in 0..<5 {
            let (waiting, epoch) = memory.withLock { memory in
                (points.map { (point: $0, samples: memory.waiting($0, from: from, to: last)) }, memory.epoch)
            }
            let found = try await database.look { try Self.sums(points, from: from, to: to, step: step, $0) }
            // Values that were packed meanwhile would count twice.
            guard memory.withLock({ $0.epoch }) == epoch else { continue }
            var sums = found
            for (point, samples) in waiting {
                for sample in samples { sums[point, default: [:]][(sample.at.milliseconds - from.milliseconds) / step, default: PointSums()].add(sample) }
            }
            return sums.mapValues { steps in
                steps.keys.sorted().map { PointBucket(at: Moment(milliseconds: from.milliseconds + $0 * step), sums: steps[$0] ?? PointSums()) }
            }
        }
        throw Failure(.unavailable, "JW-PT08", "时序数据正在整理，请稍后再试")
    }

    private static func sums(_ points: [Int64], from: Moment, to: Moment, step: Int64, _ reader: any Reader) throws -> [Int64: [Int64: PointSums]] {
        var sums: [Int64: [Int64: PointSums]] = [:]
        let start = from.milliseconds, end = to.milliseconds
        try reader.each(
            """
            SELECT point, start_at, end_at, count, bad, low, high, sum, squares, first_at, first_value, last_at, last_value, \
            CASE WHEN start_at >= \(from) AND end_at < \(to) AND (start_at - \(start)) / \(step) = (end_at - \(start)) / \(step) THEN NULL ELSE bytes END AS bytes \
            FROM point_blocks WHERE point IN (\(list: points)) AND end_at >= \(from) AND start_at < \(to)
            """
        ) { row in
            let point = row.int("point") ?? 0
            if let bytes = row.blob("bytes") {
                for sample in try PointBlock.decode(bytes) where sample.at.milliseconds >= start && sample.at.milliseconds < end {
                    sums[point, default: [:]][(sample.at.milliseconds - start) / step, default: PointSums()].add(sample)
                }
            } else {
                sums[point, default: [:]][((row.int("start_at") ?? start) - start) / step, default: PointSums()].add(PointSums(block: row))
            }
            return true
        }
        return sums
    }

    /// Twelve hours around an alarm of a point, in at most 1,000 values.
    func curve(of alarm: Alarm, in reader: any Reader) throws -> AlarmCurve? {
        guard let source = alarm.source, source.kind == PointAlarms.source, let row = try reader.first(PointDefinition.query(of: source.id)) else { return nil }
        let point = PointDefinition(row)
        let from = alarm.occurredAt.adding(seconds: -3600), to = alarm.lastAt.adding(seconds: 3600)
        var samples = try read(point.id, from: from, to: to, reader).filter { $0.quality != .bad }
        if samples.count > 2000 { samples = samples.filter { abs($0.at.seconds(since: alarm.occurredAt)) < 600 }.suffix(2000) }
        guard !samples.isEmpty else { return nil }
        return AlarmCurve(
            "\(point.name)（\(point.code)）", unit: point.unit, samples: samples.map { AlarmCurve.Sample($0.at, PointFigure.rounded($0.value, places: point.places)) },
            high: point.limits.high ?? point.limits.highHigh, low: point.limits.low ?? point.limits.lowLow)
    }
}

extension PointDefinition {
    static func query(of id: Int64) -> SQL {
        """
        SELECT p.*, d.name AS device_name, d.plant AS device_plant, d.zone AS device_zone, o.name AS org_name FROM monitoring_point p \
        LEFT JOIN monitoring_device d ON d.id = p.device LEFT JOIN organisations o ON o.id = p.org WHERE p.id = \(id)
        """
    }
}
