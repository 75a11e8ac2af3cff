import Kernel

/// Misdeeds of addresses in the last minutes, in bounded memory.
struct MisdeedTally: Sendable {
    static let windowSeconds = 600.0
    private static let most = 20_000

    private struct Count {
        var since: Moment
        var weight: Int
        var kinds: [Misdeed: Int]
        var lastFlood: Int64
    }

    private var counts: [String: Count] = [:]

    /// Adds one.
    ///
    /// - Returns: what the address did, the commonest first, when its weight has just reached the limit; it then begins anew.
    mutating func add(_ misdeed: Misdeed, from address: String, limit: Int, at now: Moment) -> [Misdeed]? {
        if counts.count >= Self.most, counts[address] == nil {
            counts = counts.filter { now.seconds(since: $0.value.since) < Self.windowSeconds }
            // An attack from more addresses than are remembered is the firewall's; each of these is slow enough.
            guard counts.count < Self.most else { return nil }
        }
        var count = counts[address] ?? Count(since: now, weight: 0, kinds: [:], lastFlood: -1)
        if now.seconds(since: count.since) >= Self.windowSeconds { count = Count(since: now, weight: 0, kinds: [:], lastFlood: -1) }
        if misdeed == .flooding {
            let second = now.milliseconds / 1000
            guard second != count.lastFlood else { return nil }
            count.lastFlood = second
        }
        count.weight += misdeed.weight
        count.kinds[misdeed, default: 0] += 1
        guard count.weight >= limit else {
            counts[address] = count
            return nil
        }
        counts[address] = nil
        return count.kinds.sorted { ($0.value, $0.key.rawValue) > ($1.value, $1.key.rawValue) }.map(\.key)
    }
}
