import Kernel

/// How far a value may be trusted, as whoever measured it says. Stored in blocks, so the numbers never change.
package enum PointQuality: UInt8, Sendable, CaseIterable {
    case good = 0
    /// Kept and counted, not judged.
    case doubtful = 1
    /// Kept and shown as such; neither judged nor part of any statistic.
    case bad = 2

    package var title: String {
        switch self {
        case .good: "有效"
        case .doubtful: "存疑"
        case .bad: "无效"
        }
    }
}

/// One value of one point at one moment.
package struct PointSample: Sendable, Equatable {
    package var at: Moment
    package var value: Double
    package var quality: PointQuality

    package init(_ at: Moment, _ value: Double, _ quality: PointQuality = .good) {
        self.at = at
        self.value = value
        self.quality = quality
    }

    /// The same moment, value to its last bit, and quality.
    package static func == (a: PointSample, b: PointSample) -> Bool { a.at == b.at && a.value.bitPattern == b.value.bitPattern && a.quality == b.quality }
}

/// What is known of many values without looking at them again; bad ones are only counted.
package struct PointSums: Sendable, Equatable {
    package var count = 0
    package var bad = 0
    package var low = Double.infinity
    package var high = -Double.infinity
    package var sum = 0.0
    package var squares = 0.0
    package var first: PointSample?
    package var last: PointSample?

    package init() {}

    package init(_ samples: some Sequence<PointSample>) { for sample in samples { add(sample) } }

    package mutating func add(_ sample: PointSample) {
        guard sample.quality != .bad else {
            bad += 1
            return
        }
        count += 1
        low = min(low, sample.value)
        high = max(high, sample.value)
        sum += sample.value
        squares += sample.value * sample.value
        if first.map({ sample.at < $0.at }) ?? true { first = sample }
        if last.map({ sample.at >= $0.at }) ?? true { last = sample }
    }

    package mutating func add(_ other: PointSums) {
        count += other.count
        bad += other.bad
        low = min(low, other.low)
        high = max(high, other.high)
        sum += other.sum
        squares += other.squares
        if let one = other.first, first.map({ one.at < $0.at }) ?? true { first = one }
        if let one = other.last, last.map({ one.at >= $0.at }) ?? true { last = one }
    }

    package var mean: Double? { count > 0 ? sum / Double(count) : nil }
    /// Of the values as a whole (divided by their number); nil of none.
    package var deviation: Double? {
        guard count > 0 else { return nil }
        let mean = sum / Double(count)
        return max(0, squares / Double(count) - mean * mean).squareRoot()
    }
}
