import Storage

/// Part 1 of migration 0023: officers of grids (B1.3.2); shipped, never changes.
let migration0023Part1: [SchemaStep] = [step1]

private let step1: SchemaStep = .createTable(
    Table(
        "grid_officer",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("name", .text),
            Column("kind", .text),
            Column("phone", .text),
            Column("id_card", .text),
            Column("department", .text),
            Column("grid", .integer),
            Column("duties", .text),
            Column("functions", .text),
            Column("in_office", .integer),
            Column("login", .text),
            Column("remark", .text),
        ],
        indexes: [
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("name", "id", where: "deleted_at IS NULL"),
        ]
    ))
