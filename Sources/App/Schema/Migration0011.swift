import Storage

/// Reports; shipped, never changes.
let migration0011 = Migration("0011-reports", [items, schedules, outputs])

private let items: SchemaStep = .createTable(
    Table(
        "report_items",
        columns: [
            Column("name", .text), Column("kind", .text, required: true), Column("title", .text, required: true), Column("note", .text, required: true),
            Column("body", .text, required: true), Column("blob", .text), Column("owner", .integer, required: true), Column("owner_name", .text, required: true),
            Column("audience", .text, required: true), Column("version", .integer, required: true), Column("created_at", .integer, required: true),
            Column("updated_at", .integer, required: true),
        ],
        indexes: [Index("name", unique: true, where: "name IS NOT NULL"), Index("kind", "id"), Index("owner", "kind")]))

private let schedules: SchemaStep = .createTable(
    Table(
        "report_schedules",
        columns: [
            Column("item", .integer, required: true), Column("title", .text, required: true), Column("rhythm", .text, required: true), Column("formats", .text, required: true),
            Column("receivers", .text, required: true), Column("parameters", .text, required: true), Column("owner", .integer, required: true),
            Column("owner_name", .text, required: true), Column("is_on", .integer, required: true), Column("next_at", .integer, required: true), Column("last_at", .integer),
            Column("last_note", .text), Column("created_at", .integer, required: true),
        ],
        indexes: [Index("is_on", "next_at"), Index("owner"), Index("item")]))

private let outputs: SchemaStep = .createTable(
    Table(
        "report_outputs",
        columns: [
            Column("item", .integer, required: true), Column("schedule", .integer), Column("due_at", .integer), Column("title", .text, required: true),
            Column("receiver", .integer, required: true), Column("receiver_name", .text, required: true), Column("period", .text, required: true),
            Column("format", .text, required: true), Column("blob", .text), Column("size", .integer, required: true), Column("state", .text, required: true),
            Column("error", .text),
            Column("made_by", .text, required: true), Column("made_at", .integer, required: true),
        ],
        indexes: [
            Index("schedule", "due_at", "receiver", "format", unique: true, where: "schedule IS NOT NULL"), Index("receiver", "id"), Index("item", "id"), Index("blob"),
            Index("made_at"),
        ]))
