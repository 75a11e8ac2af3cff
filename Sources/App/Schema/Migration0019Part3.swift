import Storage

/// Part 3 of migration 0019; shipped, never changes.
let migration0019Part3: [SchemaStep] = [step1, step2, step3, step4, step5]

private let step1: SchemaStep = .createTable(
    Table(
        "chat_lines",
        columns: [
            Column("room_id", .integer, required: true),
            Column("by_id", .integer, required: true),
            Column("by_name", .text, required: true),
            Column("at", .integer, required: true),
            Column("text", .text, required: true),
            Column("file", .text),
            Column("path", .text),
            Column("recalled_at", .integer),
        ],
        indexes: [
            Index("room_id", "id"),
            Index("at"),
        ]
    ))

private let step2: SchemaStep = .createTable(
    Table(
        "sms_broadcasts",
        columns: [
            Column("text", .text, required: true),
            Column("purpose", .text, required: true),
            Column("at", .integer, required: true),
            Column("by_id", .integer, required: true),
            Column("by_name", .text, required: true),
            Column("org", .integer),
            Column("org_name", .text, required: true),
            Column("area", .text),
            Column("receivers", .integer, required: true),
            Column("parts", .integer, required: true),
        ],
        indexes: [
            Index("org", "id"),
            Index("area", "id"),
        ]
    ))

private let step3: SchemaStep = .createTable(
    Table(
        "sms_lines",
        columns: [
            Column("broadcast_id", .integer, required: true),
            Column("phone", .text, required: true),
            Column("name", .text, required: true),
            Column("carrier", .text, required: true),
            Column("state", .text, required: true),
            Column("attempts", .integer, required: true, fallback: .int(0)),
            Column("sent_at", .integer),
            Column("received_at", .integer),
            Column("receipt", .text),
            Column("error", .text),
        ],
        indexes: [
            Index("broadcast_id", "phone", unique: true),
            Index("state", "id"),
        ]
    ))

private let step4: SchemaStep = .createTable(
    Table(
        "sms_templates",
        columns: [
            Column("title", .text, required: true),
            Column("text", .text, required: true),
            Column("at", .integer, required: true),
            Column("by_name", .text, required: true),
        ],
        indexes: [
            Index("title", unique: true)
        ]
    ))

private let step5: SchemaStep = .createTable(
    Table(
        "sms_quotas",
        key: ["org"],
        columns: [
            Column("org", .integer, required: true),
            Column("monthly", .integer, required: true),
        ],
        isClustered: true
    ))
