import Kernel

/// Beyond which limit a value stands.
package enum PointLevel: String, Sendable, CaseIterable {
    case normal, low, lowLow, high, highHigh

    package var title: String {
        switch self {
        case .normal: "正常"
        case .low: "低报"
        case .lowLow: "低低报"
        case .high: "高报"
        case .highHigh: "高高报"
        }
    }

    /// How gas detection calls it (GB/T 50493 §3: 一级报警, 二级报警).
    package func title(gas: Bool) -> String {
        guard gas else { return title }
        switch self {
        case .high, .low: return "一级报警"
        case .highHigh, .lowLow: return "二级报警"
        case .normal: return title
        }
    }

    /// How far out, for comparing levels of one side.
    var rank: Int {
        switch self {
        case .normal: 0
        case .low, .high: 1
        case .lowLow, .highHigh: 2
        }
    }

    var isHigh: Bool { self == .high || self == .highHigh }

    /// This one and the milder ones of its side, mildest first.
    var steps: [PointLevel] {
        switch self {
        case .normal: []
        case .low: [.low]
        case .lowLow: [.low, .lowLow]
        case .high: [.high]
        case .highHigh: [.high, .highHigh]
        }
    }
}

/// How one point stands, value after value. Pure: no clock, no database.
package struct PointStanding: Sendable, Equatable {
    /// The newest judged or unjudged value.
    package var last: PointSample?
    package var level = PointLevel.normal
    /// Since when it stands at its level.
    package var since: Moment?
    /// Levels of which an alarm was raised and not yet cleared.
    package var raised: Set<PointLevel> = []
    package var isOffline = false
    /// Beyond a limit, but not yet long enough: which, and since when.
    var waiting: PointLevel?
    var waitingSince: Moment?
    /// The last value that was judged, for the rate of change.
    private var judged: PointSample?

    package init() {}

    /// What follows from a value.
    package enum Finding: Sendable, Equatable {
        case raise(PointLevel, value: Double, limit: Double)
        case clear(PointLevel, value: Double)
        /// Changed by so much a minute.
        case rate(perMinute: Double, from: Double, to: Double)
        case online
    }

    /// Takes the next value; late ones (older than the newest) are stored but not judged.
    package mutating func take(_ sample: PointSample, _ limits: PointLimits, isJudged: Bool) -> [Finding] {
        if let last, sample.at <= last.at { return [] }
        last = sample
        var findings: [Finding] = []
        if isOffline {
            isOffline = false
            findings.append(.online)
        }
        guard sample.quality == .good, isJudged else { return findings }
        if let finding = rate(sample, limits) { findings.append(finding) }
        judged = sample
        return findings + levels(sample, limits)
    }

    /// Ends what stands, because the point is no longer judged.
    package mutating func release() -> Set<PointLevel> {
        defer {
            raised = []
            level = .normal
            since = nil
            waiting = nil
            waitingSince = nil
        }
        return raised
    }

    private mutating func levels(_ sample: PointSample, _ limits: PointLimits) -> [Finding] {
        let now = Self.level(of: sample.value, from: level, limits)
        if now.rank > level.rank || (now != level && now.rank > 0 && now.isHigh != level.isHigh) {
            // Whatever it passes on one side counts from the first limit on.
            if waiting.map({ $0.isHigh != now.isHigh }) ?? true { waitingSince = sample.at }
            waiting = now
            guard let began = waitingSince, sample.at.seconds(since: began) >= Double(limits.delay) else { return [] }
            return rise(to: now, sample, limits)
        }
        waiting = nil
        waitingSince = nil
        guard now != level else { return [] }
        return fall(to: now, sample, limits)
    }

    private mutating func rise(to now: PointLevel, _ sample: PointSample, _ limits: PointLimits) -> [Finding] {
        var findings: [Finding] = raised.filter { $0.isHigh != now.isHigh }.sorted { $0.rank > $1.rank }.map { .clear($0, value: sample.value) }
        raised = raised.filter { $0.isHigh == now.isHigh }
        if raised.insert(now).inserted { findings.append(.raise(now, value: sample.value, limit: Self.limit(now, limits) ?? sample.value)) }
        level = now
        since = sample.at
        waiting = nil
        waitingSince = nil
        return findings
    }

    private mutating func fall(to now: PointLevel, _ sample: PointSample, _ limits: PointLimits) -> [Finding] {
        let ended = raised.filter { $0.rank > now.rank || $0.isHigh != now.isHigh }
        raised.subtract(ended)
        level = now
        since = sample.at
        var findings: [Finding] = ended.sorted { $0.rank > $1.rank }.map { .clear($0, value: sample.value) }
        // What rose past a mild limit at once still stands beyond it.
        if now != .normal, raised.insert(now).inserted { findings.append(.raise(now, value: sample.value, limit: Self.limit(now, limits) ?? sample.value)) }
        return findings
    }

    private func rate(_ sample: PointSample, _ limits: PointLimits) -> Finding? {
        guard let most = limits.rate, most > 0, let judged else { return nil }
        let seconds = sample.at.seconds(since: judged.at)
        guard seconds > 0, seconds <= 600 else { return nil }
        // Of less than a second noise would be taken for change.
        let perMinute = (sample.value - judged.value) / max(seconds, 1) * 60
        return abs(perMinute) > most ? .rate(perMinute: perMinute, from: judged.value, to: sample.value) : nil
    }

    /// A limit is passed when it is reached; left when the value is back by the band.
    static func level(of value: Double, from level: PointLevel, _ limits: PointLimits) -> PointLevel {
        func above(_ limit: Double?, _ stands: Bool) -> Bool { limit.map { value >= $0 || (stands && value > $0 - limits.band) } ?? false }
        func below(_ limit: Double?, _ stands: Bool) -> Bool { limit.map { value <= $0 || (stands && value < $0 + limits.band) } ?? false }
        if above(limits.highHigh, level == .highHigh) { return .highHigh }
        if below(limits.lowLow, level == .lowLow) { return .lowLow }
        if above(limits.high, level.isHigh) { return .high }
        if below(limits.low, level == .low || level == .lowLow) { return .low }
        return .normal
    }

    package static func limit(_ level: PointLevel, _ limits: PointLimits) -> Double? {
        switch level {
        case .normal: nil
        case .low: limits.low
        case .lowLow: limits.lowLow
        case .high: limits.high
        case .highHigh: limits.highHigh
        }
    }
}
