import Kernel
import Maps

/// The line of a road or of a patrol, in WGS84.
package struct RoadLine: Sendable, Equatable {
    package static let mostPoints = 500
    package var points: [Coordinate]

    package init(_ points: [Coordinate]) { self.points = points }

    /// From GeoJSON (`LineString`, or a feature of one) or plain `[[lng,lat],…]`.
    ///
    /// - Throws: `.invalid` with what is wrong.
    package init(geoJSON text: String) throws {
        func refuse(_ message: String) -> Failure { .invalid([FieldFinding("outline", "format", message, title: "走向")]) }
        guard let json = try? JSONValue(parsing: text) else { throw refuse("不是有效的 GeoJSON") }
        let members = json["coordinates"]?.array ?? json["geometry"]?["coordinates"]?.array ?? json.array
        guard let members else { throw refuse("不是有效的 GeoJSON 折线") }
        points = try members.map { member in
            guard let pair = member.array, pair.count >= 2, let longitude = pair[0].double, let latitude = pair[1].double, abs(longitude) <= 180, abs(latitude) <= 90 else {
                throw refuse("坐标应为 [经度, 纬度]")
            }
            return Coordinate(longitude, latitude)
        }
        guard points.count >= 2 else { throw refuse("至少要有 2 个点") }
        guard points.count <= Self.mostPoints else { throw refuse("至多 \(Self.mostPoints) 个点") }
    }

    /// What is stored: `[[lng,lat],…]` with six decimals.
    package var text: String { "[" + points.map { "[\($0.text)]" }.joined(separator: ",") + "]" }

    package var geoJSON: String { "{\"type\":\"LineString\",\"coordinates\":\(text)}" }

    package var kilometres: Double { zip(points, points.dropFirst()).reduce(0) { $0 + $1.0.metres(to: $1.1) } / 1000 }
}
