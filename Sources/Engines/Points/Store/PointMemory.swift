import Kernel

/// Values that are acknowledged and not yet in blocks, and how each point stands. Guarded by the engine's lock; changed only on the writer's thread.
struct PointMemory: Sendable {
    /// One point's part.
    struct Tail: Sendable {
        /// In the order of their moments, none twice.
        var open: [PointSample] = []
        /// On their way into blocks.
        var sealing: [PointSample] = []
        var standing = PointStanding()
        /// The last moment that stands in a block, the first of all times where there is none; nil while nobody looked.
        var packedUntil: Moment?
    }

    var tails: [Int64: Tail] = [:]
    /// Values in `open` of all points.
    var count = 0
    /// Counts the times that values went into blocks.
    var epoch = 0
    /// Something failed after memory was changed: it is read anew before anything else.
    var isStale = true
    /// When the first of the waiting values came, by its own time.
    var oldest: Moment?
    var isPacking = false
    /// Since when values can have come: nobody is silent for what the platform itself was not there to hear.
    var hearsSince = Moment(milliseconds: .min)

    /// Where a value belongs.
    enum Place { case new, doubled, conflict, unknown }

    /// - Parameter known: values in blocks around it, where somebody looked.
    func place(of sample: PointSample, point: Int64, known: [PointSample]?) -> Place {
        guard let tail = tails[point] else { return known.map { Self.compare(sample, $0) } ?? .unknown }
        if let found = Self.find(sample.at, in: tail.open) ?? Self.find(sample.at, in: tail.sealing) { return Self.compare(sample, found) }
        if let packed = tail.packedUntil, sample.at > packed { return .new }
        return known.map { Self.compare(sample, $0) } ?? .unknown
    }

    private static func compare(_ sample: PointSample, _ known: [PointSample]) -> Place {
        guard let found = find(sample.at, in: known) else { return .new }
        return compare(sample, found)
    }

    private static func compare(_ sample: PointSample, _ found: PointSample) -> Place {
        found.value.bitPattern == sample.value.bitPattern && found.quality == sample.quality ? .doubled : .conflict
    }

    static func find(_ at: Moment, in samples: [PointSample]) -> PointSample? {
        let index = firstIndex(notBefore: at, in: samples)
        return index < samples.count && samples[index].at == at ? samples[index] : nil
    }

    static func firstIndex(notBefore at: Moment, in samples: [PointSample]) -> Int {
        // Nearly every value is the newest.
        guard let last = samples.last, last.at >= at else { return samples.count }
        var low = 0, high = samples.count
        while low < high {
            let middle = (low + high) / 2
            if samples[middle].at < at { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// - Returns: what follows for the point.
    mutating func insert(_ sample: PointSample, point: Int64, limits: PointLimits?, isJudged: Bool) -> [PointStanding.Finding] {
        count += 1
        oldest = oldest ?? sample.at
        var findings: [PointStanding.Finding] = []
        Self.change(&tails[point, default: Tail()]) { tail in
            let index = Self.firstIndex(notBefore: sample.at, in: tail.open)
            if index == tail.open.count { tail.open.append(sample) } else { tail.open.insert(sample, at: index) }
            findings = tail.standing.take(sample, limits ?? PointLimits(), isJudged: isJudged && limits != nil)
        }
        return findings
    }

    private static func change(_ tail: inout Tail, _ body: (inout Tail) -> Void) { body(&tail) }

    /// Everything that waits goes on its way into blocks.
    mutating func seal() -> [Int64: [PointSample]] {
        var sealed: [Int64: [PointSample]] = [:]
        for (point, tail) in tails where !tail.open.isEmpty {
            tails[point]?.sealing = tail.open
            tails[point]?.open = []
            sealed[point] = tail.open
        }
        count = 0
        oldest = nil
        return sealed
    }

    /// What was sealed stands in blocks.
    mutating func packed(_ sealed: [Int64: [PointSample]]) {
        epoch += 1
        for (point, samples) in sealed {
            tails[point]?.sealing = []
            let known = tails[point]?.packedUntil
            if let last = samples.last { tails[point]?.packedUntil = known.map { max($0, last.at) } ?? last.at }
        }
    }

    func waiting(_ point: Int64, from: Moment, to: Moment) -> [PointSample] {
        guard let tail = tails[point] else { return [] }
        let part = { (samples: [PointSample]) in Array(samples[firstIndex(from, samples)..<firstIndex(Moment(milliseconds: to.milliseconds + 1), samples)]) }
        return PointMerge.merged(part(tail.sealing), part(tail.open))
    }

    private func firstIndex(_ at: Moment, _ samples: [PointSample]) -> Int { Self.firstIndex(notBefore: at, in: samples) }
}

/// Puts series of one point together.
enum PointMerge {
    /// By moment; of two values of one moment the first series counts.
    static func merged(_ a: [PointSample], _ b: [PointSample]) -> [PointSample] {
        if a.isEmpty { return b }
        if b.isEmpty { return a }
        if let last = a.last, let first = b.first, last.at < first.at { return a + b }
        var out: [PointSample] = []
        out.reserveCapacity(a.count + b.count)
        var i = 0, j = 0
        while i < a.count || j < b.count {
            if j == b.count || (i < a.count && a[i].at <= b[j].at) {
                if j < b.count, a[i].at == b[j].at { j += 1 }
                out.append(a[i])
                i += 1
            } else {
                out.append(b[j])
                j += 1
            }
        }
        return out
    }
}
