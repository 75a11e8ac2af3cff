import Kernel
import Synchronization

/// How fast one client may call, and how often one address may fail to prove who it is, before it is told to wait.
final class GateThrottle: Sendable {
    private struct Bucket {
        var tokens: Double
        var at: Moment
    }

    private let calls = Mutex<[Int64: Bucket]>([:])
    private let failures = Mutex<[String: Bucket]>([:])
    private let callsPerSecond: Double
    private static let failuresPerMinute = 300.0

    init(callsPerSecond: Double) { self.callsPerSecond = callsPerSecond }

    /// - Returns: false when this client calls too fast.
    func admits(client: Int64, now: Moment) -> Bool {
        calls.withLock { buckets in
            var bucket = buckets[client] ?? Bucket(tokens: callsPerSecond * 2, at: now)
            bucket.tokens = min(callsPerSecond * 2, bucket.tokens + max(0, now.seconds(since: bucket.at)) * callsPerSecond)
            bucket.at = now
            let isAdmitted = bucket.tokens >= 1
            if isAdmitted { bucket.tokens -= 1 }
            buckets[client] = bucket
            return isAdmitted
        }
    }

    /// - Returns: false when this address has failed too often of late.
    func admits(address: String, now: Moment) -> Bool { failures.withLock { remaining($0[address], now) >= 1 } }

    func failed(address: String, now: Moment) {
        failures.withLock { buckets in
            if buckets.count > 10_000 { buckets = buckets.filter { remaining($0.value, now) < GateThrottle.failuresPerMinute } }
            buckets[address] = Bucket(tokens: max(0, remaining(buckets[address], now) - 1), at: now)
        }
    }

    private func remaining(_ bucket: Bucket?, _ now: Moment) -> Double {
        guard let bucket else { return GateThrottle.failuresPerMinute }
        return min(GateThrottle.failuresPerMinute, bucket.tokens + max(0, now.seconds(since: bucket.at)) * GateThrottle.failuresPerMinute / 60)
    }
}
