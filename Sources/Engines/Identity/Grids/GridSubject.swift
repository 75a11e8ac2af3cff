import Kernel
import Storage

/// One organisation in a grid.
package struct GridSubject: Sendable, Equatable {
    /// How it came there. What was done by hand stays when outlines or places change.
    package enum Way: String, Sendable, CaseIterable {
        case inside, added, keptOut

        package var title: String {
            switch self {
            case .inside: "位于范围内，自动归属"
            case .added: "人工加入"
            case .keptOut: "人工移出"
            }
        }
    }

    /// Rows (`us`) of organisations that do stand in their grid.
    static let stands: SQL = "us.way <> \(Way.keptOut.rawValue)"

    package var grid: Int64
    package var org: Int64
    package var name: String
    package var code: String
    package var way: Way
    package var since: Moment
    package var reason: String?
    package var byName: String

    init(_ row: Row) {
        grid = row.int("unit_id") ?? 0
        org = row.int("org") ?? 0
        name = row.text("name") ?? ""
        code = row.text("code") ?? ""
        way = row.text("way").flatMap(Way.init) ?? .keptOut
        since = row.moment("since") ?? Moment(milliseconds: 0)
        reason = row.text("reason")
        byName = row.text("by_name") ?? ""
    }
}

/// A rectangle of degrees, for asking the database what may touch what; the exact question is the caller's.
package struct GridBounds: Sendable, Equatable {
    package var west: Double
    package var south: Double
    package var east: Double
    package var north: Double

    package init(west: Double, south: Double, east: Double, north: Double) {
        self.west = west
        self.south = south
        self.east = east
        self.north = north
    }

    package func joined(_ other: GridBounds) -> GridBounds {
        GridBounds(west: min(west, other.west), south: min(south, other.south), east: max(east, other.east), north: max(north, other.north))
    }
}

/// A grid with its outline as stored.
package struct GridShape: Sendable {
    package var unit: Unit
    /// The ring as JSON: `[[114.5,38.0],…]`, degrees in WGS84, the last point joins the first.
    package var outline: String
    package var bounds: GridBounds
    package var hectares: Double
    package var updatedAt: Moment
    package var updatedByName: String

    init(_ row: Row) {
        unit = Unit(row)
        outline = row.text("outline") ?? "[]"
        bounds = GridBounds(west: row.double("west") ?? 0, south: row.double("south") ?? 0, east: row.double("east") ?? 0, north: row.double("north") ?? 0)
        hectares = row.double("hectares") ?? 0
        updatedAt = row.moment("outlined_at") ?? Moment(milliseconds: 0)
        updatedByName = row.text("updated_by_name") ?? ""
    }
}

/// Where an organisation stands, degrees in WGS84.
package struct OrganisationPlace: Sendable, Equatable {
    package var org: Int64
    package var longitude: Double
    package var latitude: Double

    package init(org: Int64, longitude: Double, latitude: Double) {
        self.org = org
        self.longitude = longitude
        self.latitude = latitude
    }
}
