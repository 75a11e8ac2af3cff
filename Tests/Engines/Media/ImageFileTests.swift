import Kernel
import Media
import Testing

@Suite("A-41 图片检验")
struct ImageFileTests {
    struct Whole: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let kind: ImageKind
    }

    /// Drawn once; every test works on copies.
    static let jpeg = drawn { try $0.jpeg() }
    static let png = drawn { try $0.png() }
    /// A lossy WebP of 16×16.
    static let webp: [UInt8] = [
        0x52, 0x49, 0x46, 0x46, 0x16, 0, 0, 0, 0x57, 0x45, 0x42, 0x50, 0x56, 0x50, 0x38, 0x20, 0x0A, 0, 0, 0,
        0x30, 0x01, 0x00, 0x9D, 0x01, 0x2A, 0x10, 0x00, 0x10, 0x00,
    ]
    static let wholes: [Whole] = [
        Whole(testDescription: "JPEG", bytes: jpeg, kind: .jpeg),
        Whole(testDescription: "PNG", bytes: png, kind: .png),
    ]

    static func drawn(_ encode: (Picture) throws -> [UInt8]) -> [UInt8] {
        do {
            let photo = DemoPhoto(
                kind: .plate, plate: "冀A12345", color: .yellow, moment: Moment(milliseconds: 1_795_226_400_000), enterprise: "演示钢铁", gate: "1号门岗", seed: 5)
            return try encode(photo.picture())
        } catch {
            return []
        }
    }

    @Test(arguments: wholes)
    func wholePicture(_ whole: Whole) throws {
        let facts = try ImageFile.inspect(whole.bytes)
        #expect(facts == ImageFacts(kind: whole.kind, width: 440, height: 140, bytes: whole.bytes.count))
    }

    @Test func webPHeader() throws {
        #expect(try ImageFile.inspect(Self.webp) == ImageFacts(kind: .webp, width: 16, height: 16, bytes: 30))
    }

    @Test("截断在任何位置都被发现", arguments: wholes)
    func truncated(_ whole: Whole) {
        for length in stride(from: 12, to: whole.bytes.count, by: 211) {
            #expect(code { try ImageFile.inspect(Array(whole.bytes[..<length])) } == "JW-M002", "cut at \(length)")
        }
        #expect(code { try ImageFile.inspect(Array(whole.bytes.dropLast())) } == "JW-M002")
    }

    @Test("不是图片", arguments: [[], [0xFF], Array("GIF89a..............".utf8), Array("<svg xmlns='http://www.w3.org/2000/svg'/>".utf8), Array("RIFF....WAVEfmt ".utf8)])
    func notAnImage(_ bytes: [UInt8]) {
        #expect(code { try ImageFile.inspect(bytes) } == "JW-M001")
    }

    @Test func tooManyBytes() {
        #expect(code { try ImageFile.inspect(Self.jpeg, byteLimit: 100) } == "JW-M003")
    }

    @Test("像素炸弹只看文件头就被拒绝")
    func bomb() {
        var bytes = Self.png
        for (offset, value) in [(16, 0), (17, 0), (18, 0xFF), (19, 0xFF), (20, 0), (21, 0), (22, 0xFF), (23, 0xFF)] { bytes[offset] = UInt8(value) }
        #expect(code { try ImageFile.inspect(bytes) } == "JW-M004")
        bytes[16] = 0xFF
        #expect(code { try ImageFile.inspect(bytes) } == "JW-M004")
        for offset in 16..<20 { bytes[offset] = 0 }
        #expect(code { try ImageFile.inspect(bytes) } == "JW-M002")
    }

    @Test("随机破坏的图片从不使程序崩溃", arguments: [UInt64(1), 2, 3, 4, 5, 6])
    func damaged(seed: UInt64) {
        var chance = SplitMix64(seed: seed)
        for whole in Self.wholes {
            for _ in 0..<6 {
                var bytes = whole.bytes
                for _ in 0..<Int.random(in: 1...40, using: &chance) { bytes[Int.random(in: 0..<bytes.count, using: &chance)] = UInt8.random(in: 0...255, using: &chance) }
                // Whatever the verdict, it is a verdict.
                let verdict = code { _ = try Thumbnails.draw(bytes, maxWidth: 160) }
                #expect(verdict == nil || verdict?.hasPrefix("JW-M00") == true)
            }
        }
    }

    func code(_ body: () throws -> some Any) -> String? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? Failure)?.code ?? "\(error)"
        }
    }
}
