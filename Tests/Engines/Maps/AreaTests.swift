import Kernel
import Maps
import Testing

@Suite("B1.3.1 网格范围")
struct AreaTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String, text: String, code: String?
    }

    static let examples: [Example] = [
        Example(testDescription: "闭合的多边形", text: #"{"type":"Polygon","coordinates":[[[114.5,38],[114.6,38],[114.6,38.1],[114.5,38]]]}"#, code: nil),
        Example(testDescription: "要素中的多边形", text: #"{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[114.5,38],[114.6,38],[114.6,38.1],[114.5,38]]]}}"#, code: nil),
        Example(testDescription: "只有一圈点", text: "[[114.5,38],[114.6,38],[114.6,38.1]]", code: nil),
        Example(testDescription: "没有闭合", text: #"{"type":"Polygon","coordinates":[[[114.5,38],[114.6,38],[114.6,38.1],[114.5,38.1]]]}"#, code: "open"),
        Example(testDescription: "有空洞", text: #"{"type":"Polygon","coordinates":[[[1,1],[4,1],[4,4],[1,1]],[[2,2],[3,2],[3,3],[2,2]]]}"#, code: "holes"),
        Example(testDescription: "是一条线", text: #"{"type":"LineString","coordinates":[[1,1],[4,1]]}"#, code: "kind"),
        Example(testDescription: "两个要素", text: #"{"type":"FeatureCollection","features":[{},{}]}"#, code: "count"),
        Example(testDescription: "不是经纬度", text: "[[114.5,38],[214.6,38],[114.6,38.1]]", code: "point"),
        Example(testDescription: "不是 JSON", text: "范围", code: "format"),
        Example(testDescription: "两个点", text: "[[114.5,38],[114.6,38]]", code: "points"),
        Example(testDescription: "八字形", text: "[[114.5,38],[114.6,38.1],[114.6,38],[114.5,38.1]]", code: "crossing"),
        Example(testDescription: "边碰到顶点", text: "[[114.5,38],[114.6,38],[114.6,38.1],[114.55,38],[114.5,38.1]]", code: "crossing"),
        Example(testDescription: "原路折回", text: "[[114.5,38],[114.6,38],[114.55,38],[114.55,38.1]]", code: "crossing"),
        Example(testDescription: "重复的顶点", text: "[[114.5,38],[114.5,38],[114.6,38],[114.6,38.1]]", code: "repeated"),
        Example(testDescription: "太小", text: "[[114.5,38],[114.50001,38],[114.5,38.00001]]", code: "size"),
        Example(testDescription: "凹多边形", text: "[[0,0],[4,0],[4,4],[2,1],[0,4]]", code: "size"),
        Example(testDescription: "凹多边形，不大", text: "[[114,38],[114.4,38],[114.4,38.4],[114.2,38.1],[114,38.4]]", code: nil),
    ]

    @Test(arguments: examples)
    func `every fault has a name`(_ example: Example) {
        let codes: [String]
        do { codes = try Area(geoJSON: example.text).faults.map(\.code) } catch { codes = (error as? Failure)?.fields.map(\.code) ?? ["?"] }
        #expect(codes == (example.code.map { [$0] } ?? []))
    }

    @Test func `no more than five hundred corners`() {
        let ring = (0..<501).map { index in Coordinate(114 + Double(index) / 1000, index % 2 == 0 ? 38 : 38.1) }
        #expect(Area(ring).faults.map(\.code) == ["points"])
    }

    @Test func `what is read comes back`() throws {
        let area = Area([Coordinate(114.5, 38), Coordinate(114.6, 38), Coordinate(114.6, 38.1)])
        #expect(try Area(geoJSON: area.geoJSON) == area)
        #expect(try Area(geoJSON: area.ringText) == area)
        let square = Area([Coordinate(114.5, 38), Coordinate(114.51, 38), Coordinate(114.51, 38.01), Coordinate(114.5, 38.01)])
        #expect(abs(square.hectares - 97.4) < 0.5)
    }

    @Test func `a second-level grid stays within the first`() {
        // A bay cut into the northern border.
        let outer = Area([
            Coordinate(114.5, 38), Coordinate(114.6, 38), Coordinate(114.6, 38.1), Coordinate(114.56, 38.1), Coordinate(114.55, 38.05), Coordinate(114.54, 38.1),
            Coordinate(114.5, 38.1),
        ])
        let within = Area([Coordinate(114.5, 38), Coordinate(114.55, 38), Coordinate(114.55, 38.04), Coordinate(114.5, 38.04)])
        #expect(outer.leaving(within) == nil)
        let nearly = Area([Coordinate(114.4999, 38), Coordinate(114.55, 38), Coordinate(114.55, 38.04), Coordinate(114.4999, 38.04)])
        #expect(outer.leaving(nearly) == nil)
        let outside = Area([Coordinate(114.48, 38), Coordinate(114.55, 38), Coordinate(114.55, 38.04)])
        #expect(outer.leaving(outside)?.corner == 1)
        let overTheBay = Area([Coordinate(114.51, 38.01), Coordinate(114.59, 38.01), Coordinate(114.59, 38.095), Coordinate(114.51, 38.095)])
        #expect(overTheBay.outline.allSatisfy(outer.contains))
        #expect(outer.leaving(overTheBay)?.corner == 3)
    }
}
