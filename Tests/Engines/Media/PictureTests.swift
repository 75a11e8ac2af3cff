import Kernel
import Media
import Testing

@Suite("A-41 缩略图与相似图")
struct PictureTests {
    static let day = Moment(milliseconds: 1_795_226_400_000)

    func photo(_ kind: DemoPhoto.Kind, seed: UInt64 = 1, plate: String = "冀A12345", at moment: Moment = day) throws -> [UInt8] {
        try DemoPhoto(kind: kind, plate: plate, color: .yellow, moment: moment, enterprise: "演示钢铁有限公司", gate: "1号门岗 进 001", seed: seed).jpeg()
    }

    @Test(arguments: [DemoPhoto.Kind.head, .body, .document])
    func demonstrationPhotos(_ kind: DemoPhoto.Kind) throws {
        let bytes = try photo(kind)
        let facts = try ImageFile.inspect(bytes)
        #expect(facts.kind == .jpeg && facts.width == 960 && facts.height == 540)
        #expect((20_000...160_000).contains(bytes.count))
        #expect(try photo(kind) == bytes, "the same values draw the same picture")
    }

    @Test func thumbnailKeepsProportions() async throws {
        let threads = PictureThreads(threads: 1, waiting: 4)
        let small = try await Thumbnails(threads: threads).jpeg(of: photo(.head), maxWidth: 320)
        let facts = try ImageFile.inspect(small)
        #expect(facts.width == 320 && facts.height == 180)
        let own = try await Thumbnails(threads: threads).jpeg(of: photo(.plate), maxWidth: 640)
        #expect(try ImageFile.inspect(own).width == 440, "a smaller picture keeps its size")
    }

    @Test(arguments: [(1, 160), (160, 160), (161, 320), (5000, 1280)])
    func widthsAreFew(_ asked: Int, _ given: Int) { #expect(Thumbnails.width(for: asked) == given) }

    @Test func looksSurviveCompressionAndScaling() throws {
        let original = try photo(.body)
        let small = try Thumbnails.draw(original, maxWidth: 320)
        let own = try PerceptualHash(of: original)
        #expect(own.distance(to: try PerceptualHash(of: small)) <= 6)
        #expect(PerceptualHash(stored: own.stored) == own)
        #expect(own.distance(to: try PerceptualHash(of: photo(.document))) > 12)
    }

    @Test func busyThreadsRefuse() async throws {
        let threads = PictureThreads(threads: 1, waiting: 0)
        await #expect(throws: Failure.self) { try await threads.run { 1 } }
    }
}
