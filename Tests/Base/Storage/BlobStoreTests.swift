import Cryptography
import Foundation
import Kernel
import Storage
import StorageS3
import Testing

@Suite("文件存储约定")
struct BlobStoreTests {
    struct StoreUnderTest: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let open: @Sendable () async throws -> any BlobStore
        static let all = [StoreUnderTest(testDescription: "本地文件") { try LocalBlobs.temporary() }] + s3
        /// Where the suites' S3 service runs (scripts/suites starts it), each store with a prefix-less bucket of its own.
        static let s3 =
            ProcessInfo.processInfo.environment["JIANWEI_TEST_S3"].map { endpoint in
                [
                    StoreUnderTest(testDescription: "S3") {
                        let account = S3Blobs.Account(endpoint: endpoint, bucket: "b" + UUID().uuidString.lowercased(), accessKey: "test", secretKey: "test")
                        let store = S3Blobs(account, cache: try LocalBlobs.temporary())
                        try await store.prepare()
                        return store
                    }
                ]
            } ?? []
    }

    static let photo: [UInt8] = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }

    @Test("按内容命名，同样的内容只写一次", arguments: StoreUnderTest.all)
    func put(_ kind: StoreUnderTest) async throws {
        let store = try await kind.open()
        let blob = try await store.put(Self.photo)
        #expect(blob == Blob(hash: SHA256.hash(Self.photo).hex, size: 100_000))
        #expect(try await store.put(Self.photo) == blob)
        #expect(try await store.put([]).size == 0)
        #expect(try await store.read(blob.hash) == Self.photo)
        #expect(try await store.verify(blob.hash) == true)
        let figures = await store.figures()
        #expect(figures["written"] == 2)
        #expect(figures["known"] == 1)
    }

    @Test("同时存入许多照片", arguments: StoreUnderTest.all)
    func manyPuts(_ kind: StoreUnderTest) async throws {
        let store = try await kind.open()
        let blobs = try await withThrowingTaskGroup(of: Blob.self) { group in
            for number in 0..<200 { group.addTask { try await store.put(Array("photo \(number % 150)".utf8)) } }
            return try await group.reduce(into: Set<Blob>()) { $0.insert($1) }
        }
        #expect(blobs.count == 150)
        for blob in blobs { #expect(try await store.verify(blob.hash) == true) }
    }

    @Test("分段写入与整体写入得到同一个文件", arguments: StoreUnderTest.all)
    func streamed(_ kind: StoreUnderTest) async throws {
        let store = try await kind.open()
        let content = Self.photo + Self.photo + Self.photo + Self.photo
        let parts = AsyncStream<[UInt8]> { stream in
            for start in stride(from: 0, to: content.count, by: 7_001) { stream.yield(Array(content[start..<min(start + 7_001, content.count)])) }
            stream.finish()
        }
        let blob = try await store.put(parts, limit: 1 << 20)
        #expect(blob.hash == SHA256.hash(content).hex)
        #expect(try await store.put(content) == blob)
        #expect(try await store.read(blob.hash) == content)
    }

    @Test("超过上限的分段写入被拒绝且不留文件", arguments: StoreUnderTest.all)
    func tooLarge(_ kind: StoreUnderTest) async throws {
        let store = try await kind.open()
        let parts = AsyncStream<[UInt8]> { stream in
            for _ in 0..<10 { stream.yield([UInt8](repeating: 7, count: 100)) }
            stream.finish()
        }
        let failure = await #expect(throws: Failure.self) { try await store.put(parts, limit: 999) }
        #expect(failure?.code == "JW-S021")
        #expect(failure?.kind == .tooLarge)
        #expect(await store.figures()["written"] == 0)
    }

    @Test("分段读取", arguments: StoreUnderTest.all)
    func ranges(_ kind: StoreUnderTest) async throws {
        let store = try await kind.open()
        let blob = try await store.put(Self.photo)
        let reader = try #require(try await store.open(blob.hash))
        #expect(reader.size == 100_000)
        #expect(try await reader.read(offset: 10, length: 5) == Array(Self.photo[10..<15]))
        #expect(try await reader.read(offset: 99_998, length: 50) == Array(Self.photo[99_998...]))
        #expect(try await reader.read(offset: 100_000, length: 1) == [])
        #expect(try await reader.read(offset: -1, length: 5) == [])
    }

    @Test("没有的、写错的、想越界的名字都得到空", arguments: StoreUnderTest.all, ["", "zz", String(repeating: "0", count: 64), "../../../../etc/passwd", String(repeating: "A", count: 64)])
    func unknownNames(_ kind: StoreUnderTest, _ name: String) async throws {
        let store = try await kind.open()
        #expect(try await store.open(name) == nil)
        #expect(try await store.size(name) == nil)
        #expect(try await store.delete(name, unlessPutSince: nil) == false)
        #expect(try await store.list(name) == [])
    }

    @Test("删除，但不删除刚刚再次存入的", arguments: StoreUnderTest.all)
    func delete(_ kind: StoreUnderTest) async throws {
        let store = try await kind.open()
        let blob = try await store.put(Self.photo)
        #expect(try await store.delete(blob.hash, unlessPutSince: Moment(seconds: 0)) == false)
        #expect(try await store.exists(blob.hash))
        #expect(try await store.list(String(blob.hash.prefix(2))) == [blob])
        #expect(try await store.delete(blob.hash, unlessPutSince: nil))
        #expect(try await store.delete(blob.hash, unlessPutSince: nil) == false)
        #expect(try await store.exists(blob.hash) == false)
        #expect(try await store.list(String(blob.hash.prefix(2))) == [])
    }

    @Test("空间低于保留量时拒绝存入")
    func diskFull() async throws {
        let root = NSTemporaryDirectory() + "/jianwei-blobs-full-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: root) }
        let store = try LocalBlobs(root: root, reserve: .max, isDurable: false)
        let failure = await #expect(throws: Failure.self) { try await store.put([1]) }
        #expect(failure?.code == "JW-S002")
    }

    @Test("落盘方式存入")
    func durable() async throws {
        let root = NSTemporaryDirectory() + "/jianwei-blobs-durable-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: root) }
        let store = try LocalBlobs(root: root, reserve: 0)
        let blob = try await store.put(Self.photo)
        #expect(try await store.verify(blob.hash) == true)
        #expect(try await store.delete(blob.hash, unlessPutSince: nil))
    }
}
