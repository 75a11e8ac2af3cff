import Storage

/// What can be searched; shipped, never changes.
let migration0012 = Migration("0012-search", [entries, pending, kinds])

private let entries: SchemaStep = .createTable(
    Table(
        "search_entries",
        columns: [Column("kind", .text, required: true), Column("record_id", .integer, required: true), Column("words", .text, required: true)],
        indexes: [Index("kind", "record_id", unique: true)], words: "words"))

private let pending: SchemaStep = .createTable(
    Table(
        "search_pending", key: ["kind", "record_id"], columns: [Column("kind", .text, required: true), Column("record_id", .integer, required: true)], isClustered: true))

private let kinds: SchemaStep = .createTable(
    Table(
        "search_kinds", key: ["kind"],
        columns: [
            Column("kind", .text, required: true), Column("shape", .text, required: true), Column("cursor", .integer, required: true), Column("built_at", .integer),
        ], isClustered: true))
