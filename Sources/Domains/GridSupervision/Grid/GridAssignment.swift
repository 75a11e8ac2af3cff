import Features
import Identity
import Kernel
import Ledgers
import Maps
import Schedules
import Storage

/// Which grid an organisation stands in: the smallest that holds its place. Asked anew when a grid is drawn, moved or retired and when an enterprise moves; exceptions by hand stay.
struct GridAssignment: Sendable {
    let grids: GridBook

    /// A grid's outline ready for asking.
    struct Ground: Sendable {
        let unit: Unit
        let bounds: GridBounds
        let area: Area

        init?(_ shape: GridShape) {
            guard let area = try? Area(geoJSON: shape.outline) else { return nil }
            (unit, bounds, self.area) = (shape.unit, shape.bounds, area)
        }

        func holds(_ place: Coordinate) -> Bool {
            place.longitude >= bounds.west && place.longitude <= bounds.east && place.latitude >= bounds.south && place.latitude <= bounds.north && area.contains(place)
        }
    }

    /// The smallest of the grids that hold a place; more than one where grids of one level overlap.
    static func standing(at place: Coordinate, keptOut: Set<Int64>, among grounds: [Ground]) -> Set<Int64> {
        let holding = grounds.filter { !keptOut.contains($0.unit.id) && $0.holds(place) }.map(\.unit)
        let smallest = holding.filter { one in !holding.contains { $0.id != one.id && $0.isAtOrBelow(one) } }
        return Set(smallest.map(\.id))
    }

    /// - Parameter gone: organisations of which no place is known any more.
    @discardableResult
    func settle(_ places: [OrganisationPlace], gone: [Int64] = [], by principal: Principal, in tx: any Transaction) throws -> (came: Int, went: Int) {
        var wanted = Dictionary(uniqueKeysWithValues: gone.map { ($0, Set<Int64>()) })
        if let first = places.first {
            let point = { (place: OrganisationPlace) in GridBounds(west: place.longitude, south: place.latitude, east: place.longitude, north: place.latitude) }
            let bounds = places.dropFirst().reduce(point(first)) { $0.joined(point($1)) }
            let grounds = try grids.shapes(touching: bounds, tx).compactMap(Ground.init)
            let kept = try grids.keptOut(places.map(\.org), tx)
            for place in places {
                wanted[place.org] = Self.standing(at: Coordinate(place.longitude, place.latitude), keptOut: kept[place.org] ?? [], among: grounds)
            }
        }
        return try grids.settle(wanted, by: principal, in: tx)
    }

    @discardableResult
    func settleAll(by principal: Principal, in tx: any Transaction) throws -> (came: Int, went: Int) { try settle(grids.places(tx), by: principal, in: tx) }

    // MARK: When

    func register(on platform: Platform) {
        platform.identity.units.hooks.add(.grid) { principal, tx in try settleAll(by: principal, in: tx) }
        // Ledgers of other domains are met by their names.
        platform.ledgers.onChange(of: "transportSubject") { change, tx in
            guard change.kind != .deleted, let record = change.record, let org = record.org, let place = record.location("location"),
                try grids.place(org, at: OrganisationPlace(org: org, longitude: place.longitude, latitude: place.latitude), in: tx)
            else { return }
            try settle([OrganisationPlace(org: org, longitude: place.longitude, latitude: place.latitude)], by: change.by, in: tx)
        }
        platform.ledgers.onChange(of: "enterprise") { change, tx in
            guard let record = change.record, let org = record.org else { return }
            let isLive = change.kind != .deleted && record.deletedAt == nil
            let place = isLive ? record.location("location").map { OrganisationPlace(org: org, longitude: $0.longitude, latitude: $0.latitude) } : nil
            guard try grids.place(org, at: place, in: tx) else { return }
            try settle(place.map { [$0] } ?? [], gone: place == nil ? [org] : [], by: change.by, in: tx)
        }
    }

    /// Once a night, should a place have come in by another way.
    func jobs(on platform: Platform) -> [JobDeclaration] {
        [
            JobDeclaration("gridSupervision.settle", "网格归属核对", dailyAt: 190) { context in
                let counts = try await platform.database.write { try settleAll(by: .system("网格归属核对"), in: $0) }
                context.note("纳入 \(counts.came) 家，移出 \(counts.went) 家")
            }
        ]
    }
}
