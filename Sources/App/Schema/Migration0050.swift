import Storage

/// The most that people of an organisation may hold (B5.1.7); shipped, never changes.
let migration0050 = Migration(
    "0050-bounds",
    [
        .createTable(
            Table(
                "organisation_bounds", key: ["org", "permission"], columns: [Column("org", .integer, required: true), Column("permission", .text, required: true)],
                isClustered: true))
    ])
