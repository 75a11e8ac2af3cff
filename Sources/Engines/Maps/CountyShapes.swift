import Kernel

/// Sketched shapes of the counties of 石家庄 for the map's ground: cells around the county seats within a sketched outline of the city. They show where, not a boundary; a site that
/// holds surveyed boundaries serves those instead.
package enum CountyShapes {
    private struct Seat {
        var code: String
        var place: Coordinate
        /// Square degrees by which the cell reaches farther than its neighbours'.
        var reach: Double
    }

    private static let seats: [Seat] = [
        Seat(code: "130102", place: Coordinate(114.575, 38.085), reach: 0), Seat(code: "130104", place: Coordinate(114.455, 38.000), reach: -0.002),
        Seat(code: "130105", place: Coordinate(114.440, 38.090), reach: -0.002),
        Seat(code: "130107", place: Coordinate(114.060, 38.085), reach: -0.012), Seat(code: "130108", place: Coordinate(114.580, 37.990), reach: 0),
        Seat(code: "130109", place: Coordinate(114.850, 38.030), reach: 0.004),
        Seat(code: "130110", place: Coordinate(114.290, 38.090), reach: 0.006), Seat(code: "130111", place: Coordinate(114.650, 37.880), reach: 0),
        Seat(code: "130121", place: Coordinate(114.080, 37.960), reach: 0.012),
        Seat(code: "130123", place: Coordinate(114.580, 38.210), reach: 0.002), Seat(code: "130125", place: Coordinate(114.540, 38.480), reach: 0.004),
        Seat(code: "130126", place: Coordinate(114.300, 38.430), reach: 0.002),
        Seat(code: "130127", place: Coordinate(114.630, 37.600), reach: -0.002), Seat(code: "130128", place: Coordinate(115.210, 38.190), reach: 0),
        Seat(code: "130129", place: Coordinate(114.310, 37.620), reach: 0.004),
        Seat(code: "130130", place: Coordinate(114.970, 38.190), reach: 0), Seat(code: "130131", place: Coordinate(113.850, 38.400), reach: 0.030),
        Seat(code: "130132", place: Coordinate(114.440, 37.780), reach: 0.002),
        Seat(code: "130133", place: Coordinate(114.790, 37.750), reach: 0.002), Seat(code: "130181", place: Coordinate(115.230, 37.900), reach: 0.004),
        Seat(code: "130183", place: Coordinate(115.050, 38.030), reach: 0),
        Seat(code: "130184", place: Coordinate(114.710, 38.360), reach: 0),
    ]

    private static let outline: [Coordinate] = [
        Coordinate(113.52, 38.33), Coordinate(113.60, 38.52), Coordinate(113.72, 38.62), Coordinate(113.83, 38.75), Coordinate(113.95, 38.70), Coordinate(114.06, 38.68),
        Coordinate(114.22, 38.60),
        Coordinate(114.34, 38.66), Coordinate(114.46, 38.70), Coordinate(114.58, 38.60), Coordinate(114.70, 38.50), Coordinate(114.82, 38.44), Coordinate(114.86, 38.32),
        Coordinate(115.02, 38.33),
        Coordinate(115.14, 38.29), Coordinate(115.28, 38.28), Coordinate(115.32, 38.14), Coordinate(115.40, 38.03), Coordinate(115.46, 37.88), Coordinate(115.38, 37.76),
        Coordinate(115.22, 37.72),
        Coordinate(115.08, 37.78), Coordinate(114.96, 37.64), Coordinate(114.83, 37.60), Coordinate(114.70, 37.50), Coordinate(114.52, 37.53), Coordinate(114.38, 37.45),
        Coordinate(114.22, 37.48),
        Coordinate(114.12, 37.58), Coordinate(114.10, 37.71), Coordinate(113.98, 37.79), Coordinate(113.93, 37.95), Coordinate(113.84, 38.08), Coordinate(113.73, 38.16),
    ]

    /// Degrees of longitude are shorter than those of latitude at 38°N.
    private static let narrowing = 0.788

    /// County code and closed outline, in the order of codes.
    package static let all: [(code: String, outline: [Coordinate])] = seats.map { ($0.code, cell(of: $0)) }

    /// A FeatureCollection with `name` and `code`, marked as a sketch.
    package static let geoJSON: [UInt8] = {
        let features = all.map { shape -> JSONValue in
            let ring = (shape.outline + shape.outline.prefix(1)).map { place -> JSONValue in .array([.double(rounded(place.longitude)), .double(rounded(place.latitude))]) }
            return [
                "type": "Feature", "properties": ["name": .string(Region(code: shape.code)?.title ?? shape.code), "code": .string(shape.code), "sketch": true],
                "geometry": ["type": "Polygon", "coordinates": .array([.array(ring)])],
            ]
        }
        let collection: JSONValue = ["type": "FeatureCollection", "note": "示意图，非行政区划界线", "features": .array(features)]
        return Array(collection.text.utf8)
    }()

    private static func rounded(_ degrees: Double) -> Double { (degrees * 10_000).rounded() / 10_000 }

    /// The part of the outline that is nearer to this seat than to any other, distances lessened by the reach.
    private static func cell(of seat: Seat) -> [Coordinate] {
        var part = outline
        for other in seats where other.code != seat.code {
            part = clip(part) { place in power(place, other) - power(place, seat) }
        }
        return part
    }

    private static func power(_ place: Coordinate, _ seat: Seat) -> Double {
        let dx = (place.longitude - seat.place.longitude) * narrowing
        let dy = place.latitude - seat.place.latitude
        return dx * dx + dy * dy - seat.reach
    }

    /// Keeps where `side`, a linear function of the place, is not negative.
    private static func clip(_ outline: [Coordinate], _ side: (Coordinate) -> Double) -> [Coordinate] {
        var kept: [Coordinate] = []
        for (index, here) in outline.enumerated() {
            let next = outline[(index + 1) % outline.count]
            let a = side(here)
            let b = side(next)
            if a >= 0 { kept.append(here) }
            if (a < 0) != (b < 0) {
                let t = a / (a - b)
                kept.append(Coordinate(here.longitude + (next.longitude - here.longitude) * t, here.latitude + (next.latitude - here.latitude) * t))
            }
        }
        return kept
    }
}
