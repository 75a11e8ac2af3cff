import Kernel
import Storage

/// `.location`: longitude and latitude in WGS84 degrees, in two columns. Input is `"114.51,38.04"`, `[114.51, 38.04]` or `{"lng": …, "lat": …}`.
struct LocationField: FieldBehaviour {
    func columns(of field: Field) -> [Column] { [Column(snakeCased(field.name) + "_lng", .real), Column(snakeCased(field.name) + "_lat", .real)] }

    func accept(_ input: JSONValue, for field: Field, _ context: InputContext) -> Accepted {
        guard let (longitude, latitude) = degrees(input) else { return .refused("format", "应为“经度,纬度”，如 114.510000,38.040000") }
        guard (-180...180).contains(longitude), (-90...90).contains(latitude) else { return .refused("range", "经纬度超出范围") }
        return .pair(.real(longitude), .real(latitude))
    }

    private func degrees(_ input: JSONValue) -> (Double, Double)? {
        var parts: [Double] = []
        switch input {
        case .array(let elements): parts = elements.compactMap(\.double)
        case .object: parts = [input["lng"]?.double, input["lat"]?.double].compactMap(\.self)
        case .string(let text): parts = text.split(whereSeparator: { ",， ".contains($0) }).compactMap { Double($0) }
        default: return nil
        }
        return parts.count == 2 ? (parts[0], parts[1]) : nil
    }

    func text(of field: Field, in record: Record, _ context: DisplayContext) -> String {
        guard let place = record.location(field.name) else { return "" }
        return fixed(place.longitude, places: 6) + "," + fixed(place.latitude, places: 6)
    }

    func json(of field: Field, in record: Record, _ context: DisplayContext) -> JSONValue {
        guard let place = record.location(field.name) else { return .null }
        return ["lng": .double(place.longitude), "lat": .double(place.latitude)]
    }
}

extension Record {
    /// Degrees in WGS84; nil where either is missing.
    package func location(_ field: String) -> (longitude: Double, latitude: Double)? {
        guard let longitude = values[field + "_lng"]?.double, let latitude = values[field + "_lat"]?.double else { return nil }
        return (longitude, latitude)
    }
}
