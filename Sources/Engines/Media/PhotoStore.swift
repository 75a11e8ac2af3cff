import Cryptography
import Foundation
import Kernel
import Storage

/// Every photo the platform keeps, by the SHA-256 of its bytes: the bytes in the blob store, one row of facts in `photos`.
///
/// A photo that comes twice is stored once. Nothing that evidence refers to (`lock`) is ever a candidate for removal.
package struct PhotoStore: Sendable {
    private let database: any Database
    private let blobs: any BlobStore
    private let thumbnails: ThumbnailCache
    /// The recordings kept beside the photos.
    package let clips: ClipStore
    let signal: PhotoSignal
    private let threads: PictureThreads

    /// - Parameters:
    ///   - thumbnailFolder: made when absent; may be emptied at any time.
    ///   - threads: for thumbnails people wait for; hashing has its own thread that gives way.
    package init(database: any Database, blobs: any BlobStore, thumbnailFolder: String, threads: PictureThreads) {
        self.database = database
        self.blobs = blobs
        clips = ClipStore(database: database, blobs: blobs)
        self.threads = PictureThreads(threads: 1, waiting: 64, isBackground: true)
        thumbnails = ThumbnailCache(folder: thumbnailFolder, threads: threads)
        signal = PhotoSignal()
    }

    /// Judges, then stores: the bytes first, durably, then the row.
    ///
    /// - Parameters:
    ///   - expectedSHA256: lower- or upper-case hex as the sender says; nil when the sender says none (a page's upload).
    ///   - organisation: who sent it; the first sender is kept.
    ///   - alongside: runs in the transaction that makes a new photo known, such as settling what waited for it; not for one that was here already.
    /// - Throws: `JW-M001`…`JW-M004` of `ImageFile.inspect`; `.invalid` `JW-M007` when the bytes have another hash than was said.
    package func receive(
        _ bytes: [UInt8], expectedSHA256: String?, organisation: Int64?, clock: Clock, byteLimit: Int = ImageFile.defaultByteLimit,
        alongside: @escaping @Sendable (String, any Transaction) throws -> Void = { _, _ in }
    ) async throws -> PhotoReceipt {
        let facts = try ImageFile.inspect(bytes, byteLimit: byteLimit)
        let sha256 = SHA256.hash(bytes).hex
        if let expectedSHA256, expectedSHA256.lowercased() != sha256 {
            throw Failure(.invalid, "JW-M007", "图片内容与声明的 SHA-256 不一致", cause: "said \(expectedSHA256.prefix(80)), is \(sha256)")
        }
        if try await photo(sha256) != nil { return PhotoReceipt(sha256: sha256, isNew: false, facts: facts) }
        _ = try await blobs.put(bytes)
        let now = clock.now
        let inserted = try await database.write { transaction in
            let count = try transaction.execute(
                """
                INSERT INTO photos (sha256, bytes, kind, width, height, received_at, source_org)
                VALUES (\(sha256), \(facts.bytes), \(facts.kind.rawValue), \(facts.width), \(facts.height), \(now), \(organisation))
                ON CONFLICT (sha256) DO NOTHING
                """
            )
            guard count > 0 else { return false }
            try alongside(sha256, transaction)
            transaction.afterCommit { signal.raise() }
            return true
        }
        return PhotoReceipt(sha256: sha256, isNew: inserted, facts: facts)
    }

    /// - Returns: nil when the photo has not come (or was removed when its time was over).
    package func photo(_ sha256: String) async throws -> StoredPhoto? {
        try await database.read { try PhotoStore.photo(sha256, in: $0) }
    }

    package static func photo(_ sha256: String, in reader: any Reader) throws -> StoredPhoto? {
        try reader.first("SELECT * FROM photos WHERE sha256 = \(sha256)").map(StoredPhoto.init)
    }

    /// The original bytes.
    ///
    /// - Throws: `.notFound` `JW-K404`.
    package func bytes(of sha256: String) async throws -> [UInt8] {
        guard PhotoStore.isHash(sha256), let bytes = try await blobs.read(sha256) else { throw Failure.notFound("照片") }
        return bytes
    }

    /// A JPEG of one of `Thumbnails.widths`, kept in the thumbnail folder after the first time.
    ///
    /// - Throws: `.notFound` `JW-K404`; `.unavailable` `JW-M010` when too many wait.
    package func thumbnail(of sha256: String, width: Int) async throws -> [UInt8] {
        guard PhotoStore.isHash(sha256) else { throw Failure.notFound("照片") }
        let width = Thumbnails.width(for: width)
        if let kept = try await thumbnails.read(sha256, width: width) { return kept }
        let original = try await bytes(of: sha256)
        return try await thumbnails.make(sha256, width: width, from: original)
    }

    /// One more piece of evidence refers to this photo; call it in the transaction that writes the evidence.
    ///
    /// - Returns: false when the photo is not here, so that evidence never claims what does not exist.
    @discardableResult
    package static func lock(_ sha256: String, in transaction: any Transaction) throws -> Bool {
        try transaction.execute("UPDATE photos SET locks = locks + 1 WHERE sha256 = \(sha256)") > 0
    }

    /// One piece of evidence less; never below zero.
    @discardableResult
    package static func unlock(_ sha256: String, in transaction: any Transaction) throws -> Bool {
        try transaction.execute("UPDATE photos SET locks = locks - 1 WHERE sha256 = \(sha256) AND locks > 0") > 0
    }

    /// Unlocked photos received before a moment, oldest first: what a retention job may remove.
    ///
    /// - Parameter last: the hash that the page before ended with; nil begins. One store keeps the pictures of ledgers too, so whoever asks must leave out what it does not answer for.
    package func removable(receivedBefore moment: Moment, after last: String? = nil, limit: Int) async throws -> [String] {
        try await database.read { reader in
            try reader.rows("SELECT sha256 FROM photos WHERE sha256 > \(last ?? "") AND locks = 0 AND received_at < \(moment) ORDER BY sha256 LIMIT \(limit)").compactMap {
                $0.text("sha256")
            }
        }
    }

    /// Removes rows first, then bytes: a photo locked in between stays, and a crash leaves bytes without a row, never the reverse.
    ///
    /// - Returns: how many were removed.
    package func remove(_ hashes: [String], clock: Clock) async throws -> Int {
        let start = clock.now
        let removed = try await database.write { transaction in
            try hashes.filter { try transaction.execute("DELETE FROM photos WHERE sha256 = \($0) AND locks = 0") > 0 }
        }
        for sha256 in removed {
            // The same photo may be coming again at this moment; then its bytes stay.
            _ = try await blobs.delete(sha256, unlessPutSince: start)
            try await thumbnails.remove(sha256)
        }
        return removed.count
    }

    /// Photos of a time span that look the same as one photo, nearest first.
    ///
    /// - Parameter distance: differing bits that still count as the same, 0...64.
    package func lookalikes(of sha256: String, within distance: Int, from: Moment, to: Moment, limit: Int = 20) async throws -> [(sha256: String, distance: Int)] {
        try await database.read { reader in
            guard let own = try PhotoStore.photo(sha256, in: reader)?.look else { return [] }
            var found: [(sha256: String, distance: Int)] = []
            try reader.each("SELECT sha256, phash FROM photos WHERE received_at >= \(from) AND received_at < \(to) AND phash IS NOT NULL AND sha256 <> \(sha256)") { row in
                if let stored = row.int("phash"), let other = row.text("sha256") {
                    let bits = own.distance(to: PerceptualHash(stored: stored))
                    if bits <= distance { found.append((other, bits)) }
                }
                return true
            }
            return Array(found.sorted { ($0.distance, $0.sha256) < ($1.distance, $1.sha256) }.prefix(limit))
        }
    }

    /// Computes the look of photos that have none yet, oldest first; what cannot be decoded is marked done without one.
    ///
    /// - Returns: how many were worked on; less than `limit` means none is left.
    package func hashWaiting(limit: Int, clock: Clock) async throws -> Int {
        let waiting = try await database.read { reader in
            try reader.rows("SELECT sha256 FROM photos WHERE hashed_at IS NULL ORDER BY received_at LIMIT \(limit)").compactMap { $0.text("sha256") }
        }
        var looks: [(sha256: String, look: Look?)] = []
        for sha256 in waiting {
            let bytes = try await blobs.read(sha256)
            let look: Look? = try await threads.run {
                guard let bytes else { return nil }
                do {
                    let picture = try Picture(decoding: bytes)
                    return Look(hash: try PerceptualHash(of: picture), detail: try PictureDetail(of: picture))
                } catch let failure as Failure where failure.kind == .invalid { return nil }
            }
            looks.append((sha256, look))
        }
        let done = looks
        let now = clock.now
        if !done.isEmpty {
            try await database.write { transaction in
                for (sha256, look) in done {
                    let detail: SQLValue = look.map { .blob($0.detail.stored) } ?? .null
                    try transaction.execute("UPDATE photos SET phash = \(look?.hash.stored), detail = \(detail), hashed_at = \(now) WHERE sha256 = \(sha256)")
                }
            }
        }
        return done.count
    }

    private struct Look: Sendable {
        var hash: PerceptualHash
        var detail: PictureDetail
    }

    /// Whether two photos are one picture, pixel by pixel; for the few whose looks are near. Nil when one is gone or cannot be decoded.
    package func comparison(of first: String, and second: String) async throws -> PictureComparison? {
        guard let one = try await blobs.read(first), let other = try await blobs.read(second) else { return nil }
        return try await threads.run { do { return try PictureComparison(one, other) } catch let failure as Failure where failure.kind == .invalid { return nil } }
    }

    /// 64 hexadecimal digits in lower case.
    package static func isHash(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    /// Of pictures, and of the recordings kept beside them.
    package static let tables: [Table] =
        ClipStore.tables + [
            Table(
                "photos", key: ["sha256"],
                columns: [
                    Column("sha256", .text, required: true), Column("bytes", .integer, required: true), Column("kind", .text, required: true),
                    Column("width", .integer, required: true), Column("height", .integer, required: true), Column("phash", .integer), Column("detail", .blob),
                    Column("hashed_at", .integer), Column("received_at", .integer, required: true), Column("source_org", .integer),
                    Column("locks", .integer, required: true, fallback: .int(0)),
                ],
                indexes: [Index("received_at"), Index("hashed_at", "received_at", where: "hashed_at IS NULL")]
            )
        ]
}

/// What became of a photo that was sent.
package struct PhotoReceipt: Sendable, Equatable {
    package var sha256: String
    /// False when the same bytes were here already.
    package var isNew: Bool
    package var facts: ImageFacts
}

/// One row of `photos`.
package struct StoredPhoto: Sendable {
    package var sha256: String
    package var bytes: Int64
    package var kind: ImageKind
    package var width: Int
    package var height: Int
    /// Nil until computed in the background, and for ever when the photo cannot be decoded.
    package var look: PerceptualHash?
    package var receivedAt: Moment
    package var organisation: Int64?
    /// Pieces of evidence that refer to it.
    package var locks: Int

    init(_ row: Row) {
        sha256 = row.text("sha256") ?? ""
        bytes = row.int("bytes") ?? 0
        kind = row.text("kind").flatMap(ImageKind.init) ?? .jpeg
        width = Int(row.int("width") ?? 0)
        height = Int(row.int("height") ?? 0)
        look = row.int("phash").map(PerceptualHash.init(stored:))
        receivedAt = row.moment("received_at") ?? Moment(milliseconds: 0)
        organisation = row.int("source_org")
        locks = Int(row.int("locks") ?? 0)
    }
}
