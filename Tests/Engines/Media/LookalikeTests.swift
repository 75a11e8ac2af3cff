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

    @Test func measure() throws {
        for kind in [DemoPhoto.Kind.head, .body] {
            let base = try Self.photo(kind)
            let bytes = try base.jpeg(quality: 84)
            func show(_ name: String, _ other: Picture, quality: Int = 84) throws {
                let copy = try other.jpeg(quality: quality)
                let h = try PerceptualHash(of: bytes).distance(to: PerceptualHash(of: copy))
                let a = try PictureDetail(of: Picture(decoding: bytes)), b = try PictureDetail(of: Picture(decoding: copy))
                let c = try PictureComparison(bytes, copy)
                print("MEASURE", kind, name, "h", h, "bits", a.bits(to: b), "color", a.colorDistance(to: b), "mean", c.mean, "worst", c.worstField)
            }
            try show("q40", base, quality: 40)
            try show("q20", base, quality: 20)
            try show("half", base.scaled(width: 480, height: 270))
            try show("crop2", base.cut(left: 10, top: 5, width: 940, height: 530))
            try show("crop4corner", base.cut(left: 0, top: 0, width: 922, height: 518), quality: 60)
            try show("bright25", base.brightened(by: 25))
            try show("dark30", base.brightened(by: -30))
            for seed in UInt64(20)..<30 { try show("other\(seed)", Self.photo(kind, plate: "冀B\(10000 + seed)", seed: seed, minutes: Int64(seed) - 18)) }
            try show("sameTruckLater", Self.photo(kind, minutes: 200))
            try show("sameTruckSoon", Self.photo(kind, minutes: 9))
        }
    }
}
