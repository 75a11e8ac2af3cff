import Storage

/// What a grid looks like on the map, where organisations stand, and which stand in which grid.
enum GridTables {
    static let all: [Table] = [outlines, subjects, places]

    /// One row is the outline of one grid, degrees in WGS84; the four bounds are those of the outline.
    static let outlines = Table(
        "unit_outlines", key: ["unit_id"],
        columns: [
            Column("unit_id", .integer, required: true), Column("outline", .text, required: true), Column("west", .real, required: true), Column("south", .real, required: true),
            Column("east", .real, required: true), Column("north", .real, required: true), Column("hectares", .real, required: true),
            Column("updated_at", .integer, required: true), Column("updated_by_name", .text, required: true),
        ], isClustered: true)

    /// `way`: `inside` by its place, `added` or `keptOut` by hand.
    static let subjects = Table(
        "unit_subjects", key: ["unit_id", "org"],
        columns: [
            Column("unit_id", .integer, required: true), Column("org", .integer, required: true), Column("way", .text, required: true), Column("since", .integer, required: true),
            Column("reason", .text), Column("by_name", .text, required: true),
        ],
        indexes: [Index("org")], isClustered: true)

    static let places = Table(
        "organisation_places", key: ["org"],
        columns: [
            Column("org", .integer, required: true), Column("longitude", .real, required: true), Column("latitude", .real, required: true),
            Column("updated_at", .integer, required: true),
        ],
        indexes: [Index("longitude", "latitude")], isClustered: true)
}
