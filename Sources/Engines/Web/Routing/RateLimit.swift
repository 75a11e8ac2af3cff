import Kernel
import Synchronization

/// A token bucket for each address, in bounded memory.
final class RateLimit: Sendable {
    private struct Bucket {
        var tokens: Double
        var at: Moment
    }

    private let buckets = Mutex<[String: Bucket]>([:])
    private let perSecond: Double
    private let burst: Double
    private let most: Int

    init(perSecond: Double, burst: Double, most: Int = 50_000) {
        self.perSecond = perSecond
        self.burst = burst
        self.most = most
    }

    /// Takes one token; false when the address has none left.
    func admits(_ address: String, at now: Moment) -> Bool {
        guard perSecond > 0 else { return true }
        return buckets.withLock { buckets in
            if buckets.count >= most, buckets[address] == nil { buckets = buckets.filter { now.seconds(since: $0.value.at) * perSecond < burst } }
            // Still full: an attack from many addresses; the newcomers share nothing and are let through to the next guard.
            if buckets.count >= most, buckets[address] == nil { return true }
            var bucket = buckets[address] ?? Bucket(tokens: burst, at: now)
            bucket.tokens = min(burst, bucket.tokens + max(0, now.seconds(since: bucket.at)) * perSecond)
            bucket.at = now
            defer { buckets[address] = bucket }
            guard bucket.tokens >= 1 else { return false }
            bucket.tokens -= 1
            return true
        }
    }
}
