import Cryptography
import Foundation
import Kernel
import Media
import Storage
import TestDatabases
import Testing

@Suite("A-41 照片库")
struct PhotoStoreTests {
    static let now = Moment(milliseconds: 1_795_226_400_000)
    static let clock = Clock.fixed(now)

    struct Scene {
        let database: any Database
        let photos: PhotoStore
        let folder: String
    }

    func scene() async throws -> Scene {
        let database = try await TestDatabase.make()
        try await database.write { transaction in for table in PhotoStore.tables { try transaction.apply(.createTable(table)) } }
        let folder = NSTemporaryDirectory() + "/jianwei-thumbs-\(UUID().uuidString)"
        return Scene(
            database: database,
            photos: PhotoStore(database: database, blobs: try LocalBlobs.temporary(), thumbnailFolder: folder, threads: PictureThreads(threads: 1, waiting: 100)),
            folder: folder)
    }

    func photo(_ seed: UInt64 = 1) throws -> [UInt8] {
        try DemoPhoto(kind: .plate, plate: "冀A1234\(seed % 10)", color: .yellow, moment: Self.now, enterprise: "演示", gate: "1", seed: seed).jpeg()
    }

    @Test func storesOnce() async throws {
        let scene = try await scene()
        let bytes = try photo()
        let hash = SHA256.hash(bytes).hex
        let first = try await scene.photos.receive(bytes, expectedSHA256: hash.uppercased(), organisation: 7, clock: Self.clock)
        let second = try await scene.photos.receive(bytes, expectedSHA256: nil, organisation: 8, clock: Self.clock)
        #expect(first.isNew && !second.isNew && first.sha256 == hash && second.sha256 == hash)
        let stored = try #require(try await scene.photos.photo(hash))
        #expect(stored.organisation == 7 && stored.width == 440 && stored.height == 140 && stored.look == nil && stored.receivedAt == Self.now)
        #expect(try await scene.photos.bytes(of: hash) == bytes)
        await #expect(throws: Failure.notFound("照片")) { try await scene.photos.bytes(of: "../../etc/passwd") }
    }

    @Test func refusesWhatIsNotWhatWasSaid() async throws {
        let scene = try await scene()
        for (bytes, hash, code) in [
            (try photo(), String(repeating: "0", count: 64), "JW-M007"), (Array("GIF89a".utf8), nil, "JW-M001"), (Array(try photo().dropLast()), nil, "JW-M002"),
        ] {
            do {
                _ = try await scene.photos.receive(bytes, expectedSHA256: hash, organisation: nil, clock: Self.clock)
                Issue.record("was taken")
            } catch let failure as Failure { #expect(failure.code == code) }
        }
        #expect(try await scene.database.read { try $0.count("SELECT COUNT(*) FROM photos") } == 0)
    }

    @Test func whatWaitedIsSettledWithANewPhotoOnly() async throws {
        let scene = try await scene()
        let bytes = try photo()
        for organisation in [Int64(1), 2] {
            _ = try await scene.photos.receive(bytes, expectedSHA256: nil, organisation: organisation, clock: Self.clock) { try PhotoStore.lock($0, in: $1) }
        }
        #expect(try await scene.photos.photo(SHA256.hash(bytes).hex)?.locks == 1)
        struct Undo: Error {}
        await #expect(throws: Undo.self) { try await scene.photos.receive(photo(2), expectedSHA256: nil, organisation: nil, clock: Self.clock) { _, _ in throw Undo() } }
        #expect(try await scene.photos.photo(SHA256.hash(photo(2)).hex) == nil)
    }

    @Test func thumbnailsAreKept() async throws {
        let scene = try await scene()
        let receipt = try await scene.photos.receive(photo(), expectedSHA256: nil, organisation: nil, clock: Self.clock)
        let small = try await scene.photos.thumbnail(of: receipt.sha256, width: 100)
        #expect(try ImageFile.inspect(small).width == 160)
        #expect(FileManager.default.fileExists(atPath: "\(scene.folder)/\(receipt.sha256.prefix(2))/\(receipt.sha256)-160.jpg"))
        #expect(try await scene.photos.thumbnail(of: receipt.sha256, width: 160) == small)
        await #expect(throws: Failure.notFound("照片")) { try await scene.photos.thumbnail(of: String(repeating: "a", count: 64), width: 160) }
        try? FileManager.default.removeItem(atPath: scene.folder)
    }

    @Test func looksAreFilledIn() async throws {
        let scene = try await scene()
        let one = try await scene.photos.receive(photo(1), expectedSHA256: nil, organisation: nil, clock: Self.clock)
        let two = try await scene.photos.receive(Thumbnails.draw(photo(1), maxWidth: 320), expectedSHA256: nil, organisation: nil, clock: Self.clock)
        // Whole by its structure, but its scan is one byte: it cannot be decoded, and must not be tried for ever.
        let broken: [UInt8] = [0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0, 0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0, 1, 0xFF, 0xD9]
        _ = try await scene.photos.receive(broken, expectedSHA256: nil, organisation: nil, clock: Self.clock)
        #expect(try await scene.photos.hashWaiting(limit: 10, clock: Self.clock) == 3)
        #expect(try await scene.photos.hashWaiting(limit: 10, clock: Self.clock) == 0)
        let alike = try await scene.photos.lookalikes(of: one.sha256, within: 8, from: Self.now, to: Self.now.adding(seconds: 1))
        #expect(alike.first?.sha256 == two.sha256)
    }

    @Test func evidenceIsNeverRemoved() async throws {
        let scene = try await scene()
        let kept = try await scene.photos.receive(photo(1), expectedSHA256: nil, organisation: nil, clock: Self.clock).sha256
        let old = try await scene.photos.receive(photo(2), expectedSHA256: nil, organisation: nil, clock: Self.clock).sha256
        let answers = try await scene.database.write { transaction in
            try [
                PhotoStore.lock(kept, in: transaction), PhotoStore.lock(kept, in: transaction), PhotoStore.lock(String(repeating: "b", count: 64), in: transaction),
                PhotoStore.unlock(kept, in: transaction),
            ]
        }
        #expect(answers == [true, true, false, true])
        #expect(try await scene.photos.removable(receivedBefore: Self.now, limit: 10).isEmpty)
        #expect(try await scene.photos.removable(receivedBefore: Self.now.adding(seconds: 1), limit: 10) == [old])
        let later = Clock { Moment(milliseconds: 4_000_000_000_000) }
        #expect(try await scene.photos.remove([kept, old], clock: later) == 1)
        #expect(try await scene.photos.photo(old) == nil)
        #expect(try await scene.photos.bytes(of: kept).isEmpty == false)
        await #expect(throws: Failure.self) { try await scene.photos.bytes(of: old) }
        #expect(try await scene.database.write { try PhotoStore.unlock(kept, in: $0) })
        #expect(try await scene.database.write { try PhotoStore.unlock(kept, in: $0) } == false, "never below zero")
    }
}
