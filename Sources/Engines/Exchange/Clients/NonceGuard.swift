import Cryptography
import Kernel
import Storage
import Synchronization

/// A nonce that was accepted: remember it durably with what the request wrote (`NonceGuard.record`), or give it back when the request failed (`release`).
package struct SeenNonce: Sendable, Hashable {
    /// Half a SHA-256 of client and nonce.
    let high: UInt64
    let low: UInt64
    package let seenAt: Moment

    init(client: Int64, nonce: String, seenAt: Moment) {
        let words = SHA256.hash(Array("\(client) \(nonce)".utf8)).withUnsafeBytes { ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self)) }
        high = UInt64(bigEndian: words.0)
        low = UInt64(bigEndian: words.1)
        self.seenAt = seenAt
    }

    init?(digest: [UInt8], seenAt: Moment) {
        guard digest.count == 16 else { return nil }
        high = digest[..<8].reduce(0) { $0 << 8 | UInt64($1) }
        low = digest[8...].reduce(0) { $0 << 8 | UInt64($1) }
        self.seenAt = seenAt
    }

    var digest: [UInt8] { [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } } }
    var key: NonceKey { NonceKey(high: high, low: low) }
}

struct NonceKey: Hashable, Sendable {
    let high: UInt64
    let low: UInt64
}

/// Refuses a request that is sent a second time: a clock window, and a memory of every nonce for as long as its timestamp could still pass.
///
/// The memory is split among shards that lock apart; each keeps generations of 100 s and drops the oldest whole. Rows in `signed_nonces`, written with what the request wrote,
/// are loaded at the start, so a restart forgets nothing that had an effect.
package final class NonceGuard: Sendable {
    /// ±300 s (interfaces/gate.md).
    package static let window: Int64 = 300
    private static let generationSeconds: Int64 = 100
    /// A timestamp 300 s ahead passes for 600 s.
    private static let lifetime: Int64 = 2 * window
    private static let shardCount = 16

    private let shards: [NonceShard]

    package init() { shards = (0..<Self.shardCount).map { _ in NonceShard() } }

    /// - Throws: `.staleTimestamp` when the text is no number or more than 300 s away.
    package static func check(timestamp: String?, now: Moment) throws(ClientRefusal) {
        guard let timestamp, timestamp.utf8.count <= 16, let milliseconds = Int64(timestamp) else { throw .staleTimestamp(reason: "X-Timestamp 应为毫秒数") }
        let difference = (milliseconds - now.milliseconds) / 1000
        guard abs(difference) <= window else { throw .staleTimestamp(reason: "与平台时间相差 \(difference) 秒，超过 \(window) 秒") }
    }

    /// Remembers the nonce; call it only after the signature was verified, so that nobody can use up another's nonces.
    ///
    /// - Throws: `.badSignature` when it is not 16…64 characters of ASCII; `.nonceReplayed`.
    package func take(client: Int64, nonce: String?, now: Moment) throws(ClientRefusal) -> SeenNonce {
        guard let nonce, (16...64).contains(nonce.utf8.count), nonce.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else { throw .badSignature(reason: "X-Nonce 应为 16 至 64 个可见字符") }
        let seen = SeenNonce(client: client, nonce: nonce, seenAt: now)
        let isNew = shard(of: seen).add(seen.key, generation: Self.generation(now), oldest: Self.generation(now.adding(seconds: -Self.lifetime)))
        guard isNew else { throw .nonceReplayed }
        return seen
    }

    /// Forgets a nonce whose request had no effect, so that the client may send the very same request again.
    package func release(_ nonce: SeenNonce) { shard(of: nonce).remove(nonce.key, generation: Self.generation(nonce.seenAt)) }

    /// Makes it durable with the caller's transaction.
    package static func record(_ nonce: SeenNonce, in transaction: any Transaction) throws {
        try transaction.execute("INSERT INTO signed_nonces (seen_at, digest) VALUES (\(nonce.seenAt), \(nonce.digest)) ON CONFLICT (seen_at, digest) DO NOTHING")
    }

    /// Many at once, for batched writers.
    package static func record(_ nonces: [SeenNonce], in transaction: any Transaction) throws {
        guard !nonces.isEmpty else { return }
        try transaction.insertMany(into: "signed_nonces", columns: ["seen_at", "digest"], rows: Set(nonces).map { [$0.seenAt.sqlValue, $0.digest.sqlValue] })
    }

    /// At the start: everything that could still be replayed.
    package func load(from database: any Database, clock: Clock) async throws {
        let now = clock.now
        let since = now.adding(seconds: -Self.lifetime)
        let oldest = Self.generation(since)
        let kept = try await database.read { reader in
            var kept: [SeenNonce] = []
            try reader.each("SELECT seen_at, digest FROM signed_nonces WHERE seen_at >= \(since)") { row in
                if let seenAt = row.moment("seen_at"), let digest = row.blob("digest"), let nonce = SeenNonce(digest: digest, seenAt: seenAt) { kept.append(nonce) }
                return true
            }
            return kept
        }
        for nonce in kept { _ = shard(of: nonce).add(nonce.key, generation: Self.generation(nonce.seenAt), oldest: oldest) }
    }

    /// Removes rows whose time is over; for an hourly job.
    ///
    /// - Returns: rows removed.
    package static func prune(_ database: any Database, clock: Clock) async throws -> Int {
        let before = clock.now.adding(seconds: -lifetime)
        return try await database.write { try $0.execute("DELETE FROM signed_nonces WHERE seen_at < \(before)") }
    }

    /// Nonces in memory, for metrics.
    package var count: Int { shards.reduce(0) { $0 + $1.count } }

    private func shard(of nonce: SeenNonce) -> NonceShard { shards[Int(nonce.high % UInt64(Self.shardCount))] }
    private static func generation(_ moment: Moment) -> Int64 { moment.milliseconds / 1000 / generationSeconds }

    package static let tables: [Table] = [
        Table(
            "signed_nonces", key: ["seen_at", "digest"], columns: [Column("seen_at", .integer, required: true), Column("digest", .blob, required: true)], isClustered: true)
    ]
}

/// A part of the memory with its own lock.
private final class NonceShard: Sendable {
    private let generations = Mutex<[Int64: Set<NonceKey>]>([:])

    /// - Returns: false when it is there already.
    func add(_ key: NonceKey, generation: Int64, oldest: Int64) -> Bool {
        generations.withLock { generations in
            if generations.values.contains(where: { $0.contains(key) }) { return false }
            if generations[generation] == nil {
                for old in generations.keys.filter({ $0 < oldest }) { generations[old] = nil }
            }
            generations[generation, default: []].insert(key)
            return true
        }
    }

    func remove(_ key: NonceKey, generation: Int64) { generations.withLock { _ = $0[generation]?.remove(key) } }

    var count: Int { generations.withLock { $0.values.reduce(0) { $0 + $1.count } } }
}
