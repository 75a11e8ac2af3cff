import Foundation
import Kernel
import NIOCore
import NIOHTTP1
import Storage
import Synchronization

/// Blobs in a bucket of any S3 service, with a local store before it that keeps what was put or read lately.
///
/// Objects are named `ab/cd/<hash>`. A put is durable when the service has it; the local copy is a convenience that may be removed at any time. Large files go up in parts and are read in ranges.
package struct S3Blobs: BlobStore {
    /// Where the bucket is and who asks.
    package struct Account: Sendable {
        /// `https://s3.example.cn` or with a port; no path.
        package var endpoint: String
        package var bucket: String
        package var region: String
        package var accessKey: String
        package var secretKey: String
        /// Bytes of local copies that `thin` leaves.
        package var cacheLimit = 50 << 30

        package init(endpoint: String, bucket: String, region: String = "us-east-1", accessKey: String, secretKey: String) {
            self.endpoint = endpoint
            self.bucket = bucket
            self.region = region
            self.accessKey = accessKey
            self.secretKey = secretKey
        }
    }

    /// Bytes above which a file goes up in parts of this size.
    static let part = 8 << 20

    private let client: S3Client
    private let cache: LocalBlobs
    private let cacheLimit: Int
    private let asked = CacheCount()

    /// - Parameter cache: of this node alone.
    package init(_ account: Account, cache: LocalBlobs, clock: Clock = .system) {
        client = S3Client(
            endpoint: account.endpoint, bucket: account.bucket, signature: S3Signature(accessKey: account.accessKey, secretKey: account.secretKey, region: account.region),
            clock: clock)
        self.cache = cache
        cacheLimit = account.cacheLimit
    }

    /// Removes local copies that were put or read longest ago, so that they keep within their limit; the service has them all.
    ///
    /// - Returns: bytes that stay, and copies that were removed.
    package func thin() async throws -> (bytes: Int, removed: Int) { try await cache.thin(to: cacheLimit) }

    /// Makes the bucket where it is missing.
    ///
    /// - Throws: `Failure` `.unavailable` `JW-S020` when the service refuses, such as for a wrong key.
    package func prepare() async throws {
        if try await client.send(.HEAD, "", accepting: [200, 404]).status == 404 { _ = try await client.send(.PUT, "", accepting: [200, 409]) }
    }

    package func put(_ bytes: [UInt8]) async throws -> Blob {
        let blob = try await cache.put(bytes)
        try await upload(blob)
        return blob
    }

    package func writer(limit: Int) async throws -> any BlobWriter { S3BlobWriter(local: try await cache.writer(limit: limit), store: self) }

    package func open(_ hash: String) async throws -> (any BlobReader)? {
        if let local = try await cache.open(hash) {
            try await cache.touch(hash)
            asked.hit()
            return local
        }
        asked.miss()
        guard let size = try await remoteSize(hash) else { return nil }
        guard size <= Self.part else { return S3BlobReader(size: size, key: Self.key(hash), client: client) }
        let reply = try await client.send(.GET, Self.key(hash), accepting: [200, 404])
        guard reply.status == 200 else { return nil }
        // What does not have its hash is not kept; the reader of it finds out as with a damaged file.
        guard S3Signature.hash(reply.body) == hash else { return S3BlobReader(size: size, key: Self.key(hash), client: client) }
        _ = try await cache.put(reply.body)
        return try await cache.open(hash)
    }

    package func size(_ hash: String) async throws -> Int? {
        if let local = try await cache.size(hash) { return local }
        return try await remoteSize(hash)
    }

    package func delete(_ hash: String, unlessPutSince moment: Moment?) async throws -> Bool {
        guard Self.isHash(hash) else { return false }
        let head = try await client.send(.HEAD, Self.key(hash), accepting: [200, 404])
        guard head.status == 200 else {
            _ = try await cache.delete(hash, unlessPutSince: moment)
            return false
        }
        // The service counts whole seconds.
        if let moment, let put = head.headers.first(name: "last-modified").flatMap(Self.moment), put.adding(seconds: 1) > moment { return false }
        _ = try await client.send(.DELETE, Self.key(hash), accepting: [200, 204, 404])
        _ = try await cache.delete(hash, unlessPutSince: nil)
        return true
    }

    package func list(_ firstDigits: String) async throws -> [Blob] {
        guard firstDigits.utf8.count == 2, firstDigits.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else { return [] }
        var blobs: [Blob] = []
        var token: String?
        repeat {
            let query = [("list-type", "2"), ("prefix", firstDigits + "/")] + (token.map { [("continuation-token", $0)] } ?? [])
            let text = String(decoding: try await client.send(.GET, "", query: query).body, as: UTF8.self)
            for entry in text.split(separator: "<Contents>").dropFirst() {
                guard let name = Self.element("Key", in: entry)?.split(separator: "/").last, let size = Self.element("Size", in: entry).flatMap({ Int($0) }) else { continue }
                blobs.append(Blob(hash: String(name), size: size))
            }
            token = Self.element("NextContinuationToken", in: text[...])
        } while token != nil
        return blobs
    }

    package func figures() async -> [String: Double] {
        let counts = asked.counts
        let own: [String: Double] = ["is_remote": 1, "cache_hits": Double(counts.hits), "cache_misses": Double(counts.misses), "cache_limit_bytes": Double(cacheLimit)]
        return await cache.figures().merging(own) { $1 }
    }

    // MARK: Sending

    /// From the local copy; a content the service has is sent again, so that its time says when it was put last.
    func upload(_ blob: Blob) async throws {
        guard let reader = try await cache.open(blob.hash) else { throw Failure(.unavailable, "JW-S020", "文件存储暂时不可用，请稍后重试", cause: "the local copy of \(blob.hash) is gone") }
        let key = Self.key(blob.hash)
        guard blob.size > Self.part else {
            _ = try await client.send(.PUT, key, body: try await reader.read(offset: 0, length: blob.size))
            return
        }
        let started = String(decoding: try await client.send(.POST, key, query: [("uploads", "")]).body, as: UTF8.self)
        guard let upload = Self.element("UploadId", in: started[...]) else { throw Failure(.unavailable, "JW-S020", "文件存储暂时不可用，请稍后重试", cause: "no upload id") }
        do {
            var parts = ""
            for (index, offset) in stride(from: 0, to: blob.size, by: Self.part).enumerated() {
                let bytes = try await reader.read(offset: offset, length: min(Self.part, blob.size - offset))
                let reply = try await client.send(.PUT, key, query: [("partNumber", "\(index + 1)"), ("uploadId", upload)], body: bytes)
                parts += "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(reply.headers.first(name: "etag") ?? "")</ETag></Part>"
            }
            let list = "<CompleteMultipartUpload>\(parts)</CompleteMultipartUpload>"
            let end = try await client.send(.POST, key, query: [("uploadId", upload)], body: Array(list.utf8))
            guard !String(decoding: end.body, as: UTF8.self).contains("<Error>") else { throw Failure(.unavailable, "JW-S020", "文件存储暂时不可用，请稍后重试", cause: "the parts were refused") }
        } catch {
            _ = try? await client.send(.DELETE, key, query: [("uploadId", upload)], accepting: [200, 204, 404])
            throw error
        }
    }

    private func remoteSize(_ hash: String) async throws -> Int? {
        guard Self.isHash(hash) else { return nil }
        let head = try await client.send(.HEAD, Self.key(hash), accepting: [200, 404])
        return head.status == 200 ? head.headers.first(name: "content-length").flatMap { Int($0) } : nil
    }

    private static func isHash(_ text: String) -> Bool { text.utf8.count == 64 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) } }

    static func key(_ hash: String) -> String { "\(hash.prefix(2))/\(hash.dropFirst(2).prefix(2))/\(hash)" }

    private static func element(_ name: String, in text: Substring) -> String? {
        guard let start = text.firstRange(of: "<\(name)>"), let end = text[start.upperBound...].firstRange(of: "</\(name)>") else { return nil }
        return String(text[start.upperBound..<end.lowerBound])
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `Sat, 21 Nov 2026 08:00:00 GMT`.
    private static func moment(_ text: String) -> Moment? {
        let words = text.split { " :".contains($0) }.map(String.init)
        guard words.count >= 7, let month = months.firstIndex(of: words[2]), let day = Int32(words[1]), let year = Int32(words[3]) else { return nil }
        let clock = words[4...6].compactMap { Int32($0) }
        guard clock.count == 3 else { return nil }
        var parts = tm()
        (parts.tm_mday, parts.tm_mon, parts.tm_year) = (day, Int32(month), year - 1900)
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (clock[0], clock[1], clock[2])
        return Moment(milliseconds: Int64(timegm(&parts)) * 1000)
    }
}

/// How often a file was found among the local copies since the start.
private final class CacheCount: Sendable {
    private let state = Mutex<(hits: Int, misses: Int)>((0, 0))

    var counts: (hits: Int, misses: Int) { state.withLock { $0 } }

    func hit() { state.withLock { $0.hits += 1 } }
    func miss() { state.withLock { $0.misses += 1 } }
}

/// Parts go to the local store; the whole goes up when it is finished.
struct S3BlobWriter: BlobWriter {
    let local: any BlobWriter
    let store: S3Blobs

    func append(_ bytes: [UInt8]) async throws { try await local.append(bytes) }

    func finish() async throws -> Blob {
        let blob = try await local.finish()
        try await store.upload(blob)
        return blob
    }
}

/// A large object, read in ranges.
struct S3BlobReader: BlobReader {
    let size: Int
    let key: String
    let client: S3Client

    func read(offset: Int, length: Int) async throws -> [UInt8] {
        guard offset < size, length > 0 else { return [] }
        return try await client.send(.GET, key, range: offset..<min(size, offset + length), accepting: [200, 206]).body
    }
}
