import Storage

/// Grids drawn on the map, who stands in them (B1.3.1) and their officers (B1.3.2); shipped, never changes.
let migration0023 = Migration(
    "0023-grids",
    [
        outlines, subjects, places,
        .run(
            """
            INSERT INTO organisation_places (org, longitude, latitude, updated_at) SELECT org, MAX(location_lng), MAX(location_lat), MAX(updated_at) FROM enterprise
            WHERE deleted_at IS NULL AND org IS NOT NULL AND location_lng IS NOT NULL AND location_lat IS NOT NULL GROUP BY org
            """),
    ] + migration0023Part1)

private let outlines: SchemaStep = .createTable(
    Table(
        "unit_outlines", key: ["unit_id"],
        columns: [
            Column("unit_id", .integer, required: true), Column("outline", .text, required: true), Column("west", .real, required: true), Column("south", .real, required: true),
            Column("east", .real, required: true), Column("north", .real, required: true), Column("hectares", .real, required: true),
            Column("updated_at", .integer, required: true), Column("updated_by_name", .text, required: true),
        ], isClustered: true))

private let subjects: SchemaStep = .createTable(
    Table(
        "unit_subjects", key: ["unit_id", "org"],
        columns: [
            Column("unit_id", .integer, required: true), Column("org", .integer, required: true), Column("way", .text, required: true), Column("since", .integer, required: true),
            Column("reason", .text), Column("by_name", .text, required: true),
        ],
        indexes: [Index("org")], isClustered: true))

private let places: SchemaStep = .createTable(
    Table(
        "organisation_places", key: ["org"],
        columns: [
            Column("org", .integer, required: true), Column("longitude", .real, required: true), Column("latitude", .real, required: true),
            Column("updated_at", .integer, required: true),
        ],
        indexes: [Index("longitude", "latitude")], isClustered: true))
