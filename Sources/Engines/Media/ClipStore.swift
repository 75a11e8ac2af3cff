import Cryptography
import Kernel
import Storage
import Synchronization

/// Every recording the platform keeps, by the SHA-256 of its bytes: the bytes in the blob store, one row of facts in `clips`.
///
/// As with photos: what comes twice is stored once, and nothing that evidence refers to (`lock`) is ever removed.
package struct ClipStore: Sendable {
    private let database: any Database
    private let blobs: any BlobStore

    package init(database: any Database, blobs: any BlobStore) {
        self.database = database
        self.blobs = blobs
    }

    /// Takes a recording part by part, never whole in memory; durable when this returns, but nobody's until `note` writes its row.
    ///
    /// - Parameter feeding: hands on the parts as they come.
    /// - Throws: `JW-M021`, `JW-M022` of `ClipFile.inspect`; `.invalid` `JW-M007` when the bytes have another hash than was said; `.tooLarge` `JW-S021`.
    package func take(expectedSHA256 sha256: String, clock: Clock, feeding: @Sendable (@Sendable ([UInt8]) async throws -> Void) async throws -> Void) async throws -> ClipFacts {
        let writer = try await blobs.writer(limit: ClipFile.byteLimit)
        let running = RunningClip()
        try await feeding { part in
            running.add(part)
            try await writer.append(part)
        }
        let found = running.hex
        // Dropping the writer here leaves nothing.
        guard found == sha256 else { throw Failure(.invalid, "JW-M007", "视频内容与声明的 SHA-256 不一致，内容的 SHA-256 为 \(found)") }
        let wasHere = try await blobs.exists(sha256)
        _ = try await writer.finish()
        let finished = clock.now
        do {
            return try await ClipFile.inspect(try await open(sha256))
        } catch {
            if !wasHere { _ = try await blobs.delete(sha256, unlessPutSince: finished.adding(seconds: 1)) }
            throw error
        }
    }

    /// Makes a taken recording known; in the transaction that says whose it is.
    ///
    /// - Returns: false when it was known before.
    @discardableResult
    package static func note(_ sha256: String, _ facts: ClipFacts, organisation: Int64, at moment: Moment, in tx: any Transaction) throws -> Bool {
        try tx.execute(
            """
            INSERT INTO clips (sha256, bytes, seconds, codec, received_at, source_org) VALUES (\(sha256), \(facts.bytes), \(facts.seconds), \(facts.codec), \(moment), \(organisation)) \
            ON CONFLICT (sha256) DO NOTHING
            """) > 0
    }

    /// - Returns: nil when it has not come.
    package func clip(_ sha256: String) async throws -> ClipFacts? {
        try await database.read { try ClipStore.clip(sha256, in: $0) }
    }

    package static func clip(_ sha256: String, in reader: any Reader) throws -> ClipFacts? {
        try reader.first("SELECT bytes, seconds, codec FROM clips WHERE sha256 = \(sha256)").map {
            ClipFacts(bytes: Int($0[0].int ?? 0), seconds: $0[1].double, codec: $0[2].text ?? "other")
        }
    }

    /// - Throws: `.notFound` `JW-K404`.
    package func open(_ sha256: String) async throws -> any BlobReader {
        guard PhotoStore.isHash(sha256), let reader = try await blobs.open(sha256) else { throw Failure.notFound("视频") }
        return reader
    }

    /// One more piece of evidence refers to this recording.
    ///
    /// - Returns: false when it is not here.
    @discardableResult
    package static func lock(_ sha256: String, in tx: any Transaction) throws -> Bool {
        try tx.execute("UPDATE clips SET locks = locks + 1 WHERE sha256 = \(sha256)") > 0
    }

    /// Unlocked recordings received before a moment, by hash: what retention may remove.
    ///
    /// - Parameter last: the hash that the page before ended with; empty begins.
    package func removable(receivedBefore moment: Moment, after last: String, limit: Int) async throws -> [(sha256: String, bytes: Int64)] {
        try await database.read { reader in
            try reader.rows("SELECT sha256, bytes FROM clips WHERE sha256 > \(last) AND locks = 0 AND received_at < \(moment) ORDER BY sha256 LIMIT \(limit)").map {
                ($0[0].text ?? "", $0[1].int ?? 0)
            }
        }
    }

    /// Rows first, then bytes, as `PhotoStore.remove`.
    ///
    /// - Parameter alongside: runs in the transaction that forgets them, with those that really went.
    /// - Returns: how many were removed.
    package func remove(_ hashes: [String], clock: Clock, alongside: @escaping @Sendable ([String], any Transaction) throws -> Void) async throws -> Int {
        let start = clock.now
        let removed = try await database.write { tx in
            let gone = try hashes.filter { try tx.execute("DELETE FROM clips WHERE sha256 = \($0) AND locks = 0") > 0 }
            try alongside(gone, tx)
            return gone
        }
        for sha256 in removed { _ = try await blobs.delete(sha256, unlessPutSince: start) }
        return removed.count
    }

    package static let tables: [Table] = [
        Table(
            "clips", key: ["sha256"],
            columns: [
                Column("sha256", .text, required: true), Column("bytes", .integer, required: true), Column("seconds", .real), Column("codec", .text, required: true),
                Column("received_at", .integer, required: true), Column("source_org", .integer, required: true), Column("locks", .integer, required: true, fallback: .int(0)),
            ],
            indexes: [Index("received_at")])
    ]
}

/// The SHA-256 of what has come so far.
private final class RunningClip: Sendable {
    private let hasher = Mutex(SHA256Hasher())

    func add(_ bytes: [UInt8]) { hasher.withLock { $0.update(bytes) } }

    var hex: String { hasher.withLock { $0.finish().hex } }
}
