import Foundation
import Kernel

extension Area {
    /// From GeoJSON: a Polygon without holes, a Feature or a FeatureCollection with one, or just the ring `[[lng, lat], …]`. Whether the figure makes sense is `faults`.
    ///
    /// - Throws: `.invalid` `JW-K422` with one finding for `outline`.
    package init(geoJSON text: String) throws {
        func refuse(_ code: String, _ message: String) -> Failure { .invalid([FieldFinding("outline", code, message, title: "范围")]) }
        guard let value = try? JSONValue(parsing: Array(text.utf8)) else { throw refuse("format", "不是有效的 GeoJSON") }
        var geometry = value
        if value["type"]?.string == "FeatureCollection" {
            guard let features = value["features"]?.array, features.count == 1 else { throw refuse("count", "只能有一个多边形") }
            geometry = features[0]
        }
        if geometry["type"]?.string == "Feature" { geometry = geometry["geometry"] ?? .null }
        let ring: [JSONValue]
        if let kind = geometry["type"]?.string {
            guard kind == "Polygon" else { throw refuse("kind", "须为多边形（Polygon），而不是 \(kind)") }
            guard let rings = geometry["coordinates"]?.array, let first = rings.first?.array else { throw refuse("format", "多边形没有坐标") }
            guard rings.count == 1 else { throw refuse("holes", "不能有空洞") }
            guard first.count > 3, first.first == first.last else { throw refuse("open", "没有闭合：最后一个点须与第一个点相同") }
            ring = Array(first.dropLast())
        } else {
            guard let points = geometry.array else { throw refuse("format", "不是多边形") }
            ring = points.count > 1 && points.first == points.last ? Array(points.dropLast()) : points
        }
        var outline: [Coordinate] = []
        for (index, point) in ring.enumerated() {
            guard let pair = point.array, pair.count >= 2, let longitude = pair[0].double, let latitude = pair[1].double, abs(longitude) <= 180, abs(latitude) <= 90 else {
                throw refuse("point", "第 \(index + 1) 个点不是有效的经纬度")
            }
            outline.append(Coordinate(longitude, latitude))
        }
        self.init(outline)
    }

    /// The ring as `[[114.514860,38.042307],…]`, six decimals, without the closing point.
    package var ringText: String {
        "[" + outline.map { String(format: "[%.6f,%.6f]", $0.longitude, $0.latitude) }.joined(separator: ",") + "]"
    }

    /// A GeoJSON Polygon, closed.
    package var geoJSON: String {
        let ring = outline + outline.prefix(1)
        return #"{"type":"Polygon","coordinates":[["# + ring.map { String(format: "[%.6f,%.6f]", $0.longitude, $0.latitude) }.joined(separator: ",") + "]]}"
    }

    /// Hectares on a plane laid at its middle; good to a thousandth for anything the size of a county.
    package var hectares: Double { abs(doubleArea) / 2 / 10_000 }

    /// West, south, east, north.
    package var bounds: (west: Double, south: Double, east: Double, north: Double) {
        let longitudes = outline.map(\.longitude), latitudes = outline.map(\.latitude)
        return (longitudes.min() ?? 0, latitudes.min() ?? 0, longitudes.max() ?? 0, latitudes.max() ?? 0)
    }

    /// Square metres, twice, signed by the direction of the ring.
    private var doubleArea: Double {
        let points = plane
        guard var previous = points.last else { return 0 }
        var sum = 0.0
        for point in points {
            sum += previous.x * point.y - point.x * previous.y
            previous = point
        }
        return sum
    }

    /// Metres east and north of the middle.
    var plane: [PlanePoint] {
        let box = bounds
        let middle = Coordinate((box.west + box.east) / 2, (box.south + box.north) / 2)
        return outline.map { PlanePoint($0, from: middle) }
    }
}

/// Metres east and north of some place, for distances within a county.
struct PlanePoint: Sendable, Equatable {
    var x: Double
    var y: Double

    init(_ place: Coordinate, from middle: Coordinate) {
        let degree = 6_371_008.8 * Double.pi / 180
        x = (place.longitude - middle.longitude) * degree * cos(middle.latitude * .pi / 180)
        y = (place.latitude - middle.latitude) * degree
    }

    /// Metres to the nearest point of a segment.
    func distance(to start: PlanePoint, _ end: PlanePoint) -> Double {
        let dx = end.x - start.x, dy = end.y - start.y
        let length = dx * dx + dy * dy
        let share = length == 0 ? 0 : max(0, min(1, ((x - start.x) * dx + (y - start.y) * dy) / length))
        let (ox, oy) = (x - start.x - share * dx, y - start.y - share * dy)
        return (ox * ox + oy * oy).squareRoot()
    }

    /// Twice the signed area of the triangle: positive when `third` lies left of the way from here to `second`.
    func turn(_ second: PlanePoint, _ third: PlanePoint) -> Double { (second.x - x) * (third.y - y) - (second.y - y) * (third.x - x) }
}
