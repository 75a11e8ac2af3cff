/// A closed outline on the map: an enterprise's ground, a county, a geofence. The last point joins the first.
package struct Area: Sendable, Hashable {
    package var outline: [Coordinate]

    package init(_ outline: [Coordinate]) { self.outline = outline }

    /// Whether a place lies inside, by counting crossings; a place exactly on the line may fall either way.
    package func contains(_ place: Coordinate) -> Bool {
        guard outline.count > 2 else { return false }
        var isInside = false
        var previous = outline[outline.count - 1]
        for point in outline {
            if (point.latitude > place.latitude) != (previous.latitude > place.latitude) {
                let share = (place.latitude - point.latitude) / (previous.latitude - point.latitude)
                if place.longitude < point.longitude + share * (previous.longitude - point.longitude) { isInside.toggle() }
            }
            previous = point
        }
        return isInside
    }
}
