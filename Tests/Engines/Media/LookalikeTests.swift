import Kernel
import Media
import Testing

@Suite("A-45 重复套用照片：近似比对")
struct LookalikeTests {
    static let noon = Moment(parsing: "2026-11-21 12:00:00") ?? Moment(milliseconds: 0)

    static func photo(_ kind: DemoPhoto.Kind = .body, plate: String = "冀A12345", seed: UInt64 = 7, minutes: Int64 = 0) throws -> Picture {
        try DemoPhoto(
            kind: kind, plate: plate, color: .yellow, moment: noon.adding(seconds: minutes * 60), enterprise: "示例钢铁", gate: "1号门 进 001", seed: seed
        ).picture()
    }

    struct Copy: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var quality = 84
        let change: @Sendable (Picture) throws -> Picture
    }

    /// What people do to a picture before they use it again.
    static let copies: [Copy] = [
        Copy(testDescription: "重新压缩，质量 40", quality: 40) { $0 }, Copy(testDescription: "重新压缩，质量 20", quality: 20) { $0 },
        Copy(testDescription: "缩小一半") { try $0.scaled(width: 480, height: 270) }, Copy(testDescription: "放大") { try $0.scaled(width: 1280, height: 720) },
        Copy(testDescription: "四边各裁百分之一") { try $0.cut(left: 10, top: 5, width: 940, height: 530) },
        Copy(testDescription: "裁去右下百分之四，再压缩", quality: 60) { try $0.cut(left: 0, top: 0, width: 922, height: 518) },
        Copy(testDescription: "调亮") { try $0.brightened(by: 25) }, Copy(testDescription: "调暗") { try $0.brightened(by: -30) },
    ]

    @Test("同一张照片改动后仍认得出", arguments: 0..<copies.count, [DemoPhoto.Kind.head, .body])
    func isFound(_ index: Int, _ kind: DemoPhoto.Kind) throws {
        let copy = Self.copies[index]
        let picture = try Self.photo(kind)
        let one = try picture.jpeg(quality: 84), other = try copy.change(picture).jpeg(quality: copy.quality)
        #expect(try PerceptualHash(of: one).distance(to: PerceptualHash(of: other)) <= 10, "\(copy.testDescription)")
        let (a, b) = (try PictureDetail(of: Picture(decoding: one)), try PictureDetail(of: Picture(decoding: other)))
        #expect(a.mayBeSame(as: b), "\(copy.testDescription): \(a.bits(to: b)) bits, colour \(a.colorDistance(to: b))")
        let comparison = try PictureComparison(one, other)
        #expect(comparison.isSame, "\(copy.testDescription): \(comparison)")
    }

    /// Seed 27's head differs by one bit of the first hash: the false alarm that two bits alone gave.
    @Test("同一门口不同的车不会认成同一张", arguments: [20, 23, 26, 27] as [UInt64], [DemoPhoto.Kind.head, .body])
    func isTold(_ seed: UInt64, _ kind: DemoPhoto.Kind) throws {
        let one = try Self.photo(kind).jpeg(quality: 84)
        let other = try Self.photo(kind, plate: "冀B\(10000 + seed)", seed: seed, minutes: Int64(seed) - 18).jpeg(quality: 84)
        let comparison = try PictureComparison(one, other)
        #expect(!comparison.isSame && comparison.worstField > 8, "\(comparison)")
    }

    @Test("第二眼存取不变；坏的内容不是第二眼")
    func stored() throws {
        let detail = try PictureDetail(of: Self.photo())
        #expect(detail.stored.count == PictureDetail.byteCount && PictureDetail(stored: detail.stored) == detail)
        #expect(PictureDetail(stored: []) == nil)
    }
}
