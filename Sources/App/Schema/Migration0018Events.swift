import Storage

/// Intrusion events (D17.9.8); shipped, never changes.
let migration0018Events = Migration("0018c-intrusion-events", [events])

private let events: SchemaStep = .createTable(
    Table(
        "security_event",
        columns: [
            Column("org", .integer), Column("area", .text), Column("version", .integer, required: true, fallback: .int(1)), Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)), Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)), Column("deleted_at", .integer), Column("title", .text), Column("at", .integer),
            Column("kind", .text),
            Column("severity", .text), Column("device", .text), Column("attacker", .text), Column("target", .text), Column("affects_business", .integer), Column("details", .text),
            Column("worth", .text), Column("weaknesses", .integer), Column("grade", .text),
        ],
        indexes: [
            Index("org", "at", "id", where: "deleted_at IS NULL"), Index("area", "at", "id", where: "deleted_at IS NULL"), Index("at", "id", where: "deleted_at IS NULL"),
            Index("attacker", "id", where: "deleted_at IS NULL"),
        ]))
