import Storage

/// How far personal fields are sealed; shipped, never changes.
let migration0008 = Migration("0008-sealing", [sealingProgress])

private let sealingProgress: SchemaStep = .createTable(
    Table(
        "sealing_progress", key: ["place"],
        columns: [
            Column("place", .text, required: true), Column("fields", .text, required: true), Column("key_version", .integer, required: true),
            Column("after_id", .integer, required: true), Column("rewritten", .integer, required: true), Column("finished_at", .integer),
        ], isClustered: true))
