import Kernel
import Maps
import Storage

/// Where a chief walked: points of one patrol in the order they were taken.
package struct PatrolTrack: Sendable {
    package struct Point: Sendable, Equatable {
        package var at: Moment
        package var place: Coordinate
        /// Metres; nil where the telephone does not say.
        package var accuracy: Double?

        package init(at: Moment, place: Coordinate, accuracy: Double? = nil) {
            self.at = at
            self.place = place
            self.accuracy = accuracy
        }
    }

    package static let table = Table(
        "road_tracks", key: ["patrol", "at"],
        columns: [
            Column("patrol", .integer, required: true), Column("at", .integer, required: true), Column("longitude", .real, required: true),
            Column("latitude", .real, required: true),
            Column("accuracy", .real),
        ], isClustered: true)

    /// Points worse than this say nothing about where somebody walked.
    static let worstMetres = 100.0
    /// Nobody patrols faster; a jump is a fault of the telephone.
    static let fastestMetresPerSecond = 40.0

    /// Kilometres along the points, without those that are too vague or too far from the one before.
    ///
    /// - Parameter points: in the order they were taken.
    package static func kilometres(_ points: [Point]) -> Double {
        var metres = 0.0
        var last: Point?
        for point in points where (point.accuracy ?? 0) <= worstMetres {
            guard let before = last else {
                last = point
                continue
            }
            let step = before.place.metres(to: point.place)
            let seconds = max(point.at.seconds(since: before.at), 1)
            guard step / seconds <= fastestMetresPerSecond else { continue }
            // Standing still, a telephone wanders by a few metres.
            guard step >= 5 else { continue }
            metres += step
            last = point
        }
        return metres / 1000
    }

    static func points(of patrol: Int64, _ reader: any Reader) throws -> [Point] {
        try reader.rows("SELECT at, longitude, latitude, accuracy FROM road_tracks WHERE patrol = \(patrol) ORDER BY at LIMIT 20000").compactMap { row in
            row.moment("at").map { Point(at: $0, place: Coordinate(row.double("longitude") ?? 0, row.double("latitude") ?? 0), accuracy: row.double("accuracy")) }
        }
    }

    /// A point that was sent twice is kept once.
    static func keep(_ points: [Point], of patrol: Int64, in tx: any Transaction) throws {
        for point in points {
            try tx.execute(
                """
                INSERT INTO road_tracks (patrol, at, longitude, latitude, accuracy) VALUES (\(patrol), \(point.at), \(point.place.longitude), \(point.place.latitude), \(point.accuracy))
                ON CONFLICT (patrol, at) DO NOTHING
                """)
        }
    }
}
