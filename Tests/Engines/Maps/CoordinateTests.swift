import Maps
import Testing

@Suite("坐标转换")
struct CoordinateTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let from: Datum
        let to: Datum
        let given: Coordinate
        let wanted: Coordinate
        /// Degrees.
        var within = 1e-6
    }

    static let examples: [Example] = [
        Example(testDescription: "WGS84 转 GCJ-02", from: .wgs84, to: .gcj02, given: Coordinate(116.404, 39.915), wanted: Coordinate(116.41024449916938, 39.91640428150164)),
        Example(testDescription: "GCJ-02 转 BD-09", from: .gcj02, to: .bd09, given: Coordinate(116.404, 39.915), wanted: Coordinate(116.41036949371029, 39.92133699351021)),
        Example(testDescription: "BD-09 转 GCJ-02", from: .bd09, to: .gcj02, given: Coordinate(116.404, 39.915), wanted: Coordinate(116.39762729119315, 39.90865673957631)),
        Example(
            testDescription: "GCJ-02 还原 WGS84", from: .gcj02, to: .wgs84, given: Coordinate(116.41024449916938, 39.91640428150164), wanted: Coordinate(116.404, 39.915),
            within: 1e-8),
        Example(testDescription: "境外不偏移", from: .wgs84, to: .gcj02, given: Coordinate(2.3522, 48.8566), wanted: Coordinate(2.3522, 48.8566)),
    ]

    @Test(arguments: examples)
    func converts(_ example: Example) {
        let got = example.given.converted(from: example.from, to: example.to)
        #expect(abs(got.longitude - example.wanted.longitude) < example.within)
        #expect(abs(got.latitude - example.wanted.latitude) < example.within)
    }

    @Test(arguments: [Datum.gcj02, .bd09])
    func roundTrips(_ datum: Datum) {
        for place in [Coordinate(114.51486, 38.042307), Coordinate(121.4737, 31.2304), Coordinate(87.6168, 43.8256)] {
            let back = place.converted(from: .wgs84, to: datum).converted(from: datum, to: .wgs84)
            #expect(place.metres(to: back) < 0.2)
        }
    }

    @Test func reads() {
        #expect(Coordinate(parsing: "114.514860,38.042307")?.text == "114.514860,38.042307")
        #expect(Coordinate(parsing: "114.5，38") == Coordinate(114.5, 38))
        #expect(Coordinate(parsing: "38.04") == nil)
        #expect(Coordinate(parsing: "200,38") == nil)
    }

    @Test func measures() {
        let distance = Coordinate(116.3975, 39.9087).metres(to: Coordinate(114.5149, 38.0423))
        #expect(abs(distance - 264_000) < 2_000)
    }

    @Test func contains() {
        let ground = Area([Coordinate(0, 0), Coordinate(4, 0), Coordinate(4, 4), Coordinate(2, 1), Coordinate(0, 4)])
        #expect(ground.contains(Coordinate(1, 1)))
        #expect(!ground.contains(Coordinate(2, 3)))
        #expect(!ground.contains(Coordinate(5, 1)))
    }
}
