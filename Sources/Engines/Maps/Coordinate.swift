import Foundation

/// A place in degrees; WGS84 (equal to CGCS2000 within centimetres) unless a datum is named.
package struct Coordinate: Sendable, Hashable {
    /// -180...180, east positive.
    package var longitude: Double
    /// -90...90, north positive.
    package var latitude: Double

    package init(_ longitude: Double, _ latitude: Double) {
        self.longitude = longitude
        self.latitude = latitude
    }

    /// From `longitude,latitude`; nil when it is not a place on earth.
    package init?(parsing text: String) {
        let parts = text.split(whereSeparator: { $0 == "," || $0 == "，" || $0 == " " }).compactMap { Double($0) }
        guard parts.count == 2, abs(parts[0]) <= 180, abs(parts[1]) <= 90 else { return nil }
        self.init(parts[0], parts[1])
    }

    /// `114.514860,38.042307`: six decimals, about a decimetre.
    package var text: String { String(format: "%.6f,%.6f", longitude, latitude) }

    /// Metres along the great circle; good to half a percent.
    package func metres(to other: Coordinate) -> Double {
        let rad = Double.pi / 180
        let dLat = (other.latitude - latitude) * rad
        let dLon = (other.longitude - longitude) * rad
        let h = pow(sin(dLat / 2), 2) + cos(latitude * rad) * cos(other.latitude * rad) * pow(sin(dLon / 2), 2)
        return 2 * 6_371_008.8 * asin(min(1, sqrt(h)))
    }
}

/// Which figures stand for a place. Public Chinese map services shift coordinates; storage here is always `wgs84`.
package enum Datum: String, Sendable, CaseIterable {
    case wgs84
    /// 国测局坐标: AutoNavi, Tencent.
    case gcj02
    /// Baidu.
    case bd09
}

extension Coordinate {
    /// The same place in another datum. Outside China nothing is shifted; the inverse of GCJ-02 is found by iteration, good to a centimetre.
    package func converted(from source: Datum, to target: Datum) -> Coordinate {
        guard source != target else { return self }
        let standard: Coordinate =
            switch source {
            case .wgs84: self
            case .gcj02: withoutShift
            case .bd09: withoutBaidu.withoutShift
            }
        return switch target {
        case .wgs84: standard
        case .gcj02: standard.withShift
        case .bd09: standard.withShift.withBaidu
        }
    }

    private var isShifted: Bool { (73.66...135.05).contains(longitude) && (3.86...53.55).contains(latitude) }

    private var withShift: Coordinate {
        guard isShifted else { return self }
        let x = longitude - 105
        let y = latitude - 35
        let root = sqrt(abs(x))
        var dLat = -100 + 2 * x + 3 * y
        dLat += 0.2 * y * y + 0.1 * x * y + 0.2 * root
        dLat += (20 * sin(6 * x * .pi) + 20 * sin(2 * x * .pi)) * 2 / 3
        dLat += (20 * sin(y * .pi) + 40 * sin(y / 3 * .pi)) * 2 / 3
        dLat += (160 * sin(y / 12 * .pi) + 320 * sin(y * .pi / 30)) * 2 / 3
        var dLon = 300 + x + 2 * y
        dLon += 0.1 * x * x + 0.1 * x * y + 0.1 * root
        dLon += (20 * sin(6 * x * .pi) + 20 * sin(2 * x * .pi)) * 2 / 3
        dLon += (20 * sin(x * .pi) + 40 * sin(x / 3 * .pi)) * 2 / 3
        dLon += (150 * sin(x / 12 * .pi) + 300 * sin(x / 30 * .pi)) * 2 / 3
        // Krasovsky 1940 ellipsoid.
        let axis = 6_378_245.0
        let eccentricity = 0.00669342162296594323
        let radians = latitude / 180 * .pi
        let magic = 1 - eccentricity * sin(radians) * sin(radians)
        dLat = dLat * 180 / (axis * (1 - eccentricity) / (magic * sqrt(magic)) * .pi)
        dLon = dLon * 180 / (axis / sqrt(magic) * cos(radians) * .pi)
        return Coordinate(longitude + dLon, latitude + dLat)
    }

    private var withoutShift: Coordinate {
        guard isShifted else { return self }
        var guess = self
        for _ in 0..<6 {
            let shifted = guess.withShift
            guess = Coordinate(guess.longitude + longitude - shifted.longitude, guess.latitude + latitude - shifted.latitude)
        }
        return guess
    }

    private static let baiduTurn = Double.pi * 3000 / 180

    private var withBaidu: Coordinate {
        let z = sqrt(longitude * longitude + latitude * latitude) + 0.00002 * sin(latitude * Coordinate.baiduTurn)
        let theta = atan2(latitude, longitude) + 0.000003 * cos(longitude * Coordinate.baiduTurn)
        return Coordinate(z * cos(theta) + 0.0065, z * sin(theta) + 0.006)
    }

    private var withoutBaidu: Coordinate {
        let x = longitude - 0.0065
        let y = latitude - 0.006
        let z = sqrt(x * x + y * y) - 0.00002 * sin(y * Coordinate.baiduTurn)
        let theta = atan2(y, x) - 0.000003 * cos(x * Coordinate.baiduTurn)
        return Coordinate(z * cos(theta), z * sin(theta))
    }
}
