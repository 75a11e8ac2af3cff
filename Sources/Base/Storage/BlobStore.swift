import Cryptography
import Kernel

/// One stored file, named by its content.
package struct Blob: Sendable, Hashable {
    /// SHA-256 of the content, 64 lower-case hexadecimal digits.
    package let hash: String
    /// Bytes.
    package let size: Int

    package init(hash: String, size: Int) {
        self.hash = hash
        self.size = size
    }
}

/// Files, each kept once under the hash of its content and never changed. Local files are the default; any S3 service can stand behind the same face.
///
/// What `put` returned is durable. Who owns a blob is written in the engines' tables, not here.
package protocol BlobStore: Sendable {
    /// Stores one file that is in memory, such as a gate photo. A content already there is not written again.
    ///
    /// - Throws: `Failure` `.unavailable` `JW-S002` (disk full), `JW-S003` (too many wait), `JW-S020` (the store fails).
    func put(_ bytes: [UInt8]) async throws -> Blob

    /// Starts a file that arrives in parts. Dropping the writer without `finish` leaves nothing.
    ///
    /// - Parameter limit: bytes beyond which `append` throws `.tooLarge` `JW-S021`.
    func writer(limit: Int) async throws -> any BlobWriter

    /// - Returns: nil when there is no such blob.
    func open(_ hash: String) async throws -> (any BlobReader)?

    /// Bytes, or nil when there is no such blob.
    func size(_ hash: String) async throws -> Int?

    /// Removes a blob, unless somebody put the same content at or after `moment`.
    ///
    /// - Returns: true when it is gone now and was there before.
    func delete(_ hash: String, unlessPutSince moment: Moment?) async throws -> Bool

    /// All blobs whose hash begins with these two hexadecimal digits, in no order; `jianwei verify` walks 00 to ff.
    func list(_ firstDigits: String) async throws -> [Blob]

    /// Bytes free, files written and so on, for metrics.
    func figures() async -> [String: Double]
}

/// Takes the parts of one file, from one task.
package protocol BlobWriter: Sendable {
    func append(_ bytes: [UInt8]) async throws
    func finish() async throws -> Blob
}

/// An open blob; a blob deleted meanwhile stays readable through it.
package protocol BlobReader: Sendable {
    var size: Int { get }
    /// - Returns: fewer bytes than `length` only at the end.
    func read(offset: Int, length: Int) async throws -> [UInt8]
}

extension BlobStore {
    /// Stores what a request's body or another stream brings.
    package func put<Parts: AsyncSequence>(_ parts: Parts, limit: Int) async throws -> Blob where Parts.Element == [UInt8] {
        let writer = try await writer(limit: limit)
        for try await part in parts { try await writer.append(part) }
        return try await writer.finish()
    }

    package func exists(_ hash: String) async throws -> Bool { try await size(hash) != nil }

    /// A whole blob in memory, or nil when there is none; for photos and small files.
    ///
    /// - Throws: `.tooLarge` `JW-S021` beyond `limit` bytes.
    package func read(_ hash: String, limit: Int = 64 << 20) async throws -> [UInt8]? {
        guard let reader = try await open(hash) else { return nil }
        guard reader.size <= limit else { throw BlobFailure.tooLarge(limit) }
        return try await reader.read(offset: 0, length: reader.size)
    }

    /// Reads a blob again and compares.
    ///
    /// - Returns: nil when there is none, false when its content is not what its name says.
    package func verify(_ hash: String) async throws -> Bool? {
        guard let reader = try await open(hash) else { return nil }
        var running = RunningHash()
        var offset = 0
        while offset < reader.size {
            let part = try await reader.read(offset: offset, length: 1 << 20)
            guard !part.isEmpty else { return false }
            running = running.adding(part)
            offset += part.count
        }
        return running.hex == hash
    }
}

/// A SHA-256 over parts that one task hands on from await to await.
///
/// `@unchecked`: used by one task at a time; every owner gives it up when it passes it on.
struct RunningHash: @unchecked Sendable {
    private let hasher = SHA256Hasher()

    func adding(_ bytes: [UInt8]) -> RunningHash {
        hasher.update(bytes)
        return self
    }

    /// Of everything so far; the hash starts anew.
    var hex: String { hasher.finish().hex }
}

enum BlobFailure {
    static func tooLarge(_ limit: Int) -> Failure {
        Failure(.tooLarge, "JW-S021", "文件超过大小上限（\(limit >= 1 << 20 ? "\(limit >> 20) MB" : "\(limit) 字节")）")
    }

    static func diskFull(_ cause: String) -> Failure { Failure(.unavailable, "JW-S002", "存储空间不足，数据未保存，请联系管理员清理磁盘", cause: cause) }
    static func broken(_ cause: String) -> Failure { Failure(.unavailable, "JW-S020", "文件存储暂时不可用，请稍后重试", cause: cause) }
    static func busy(_ cause: String) -> Failure { Failure(.unavailable, "JW-S003", "系统繁忙，请稍后重试", cause: cause) }
}
