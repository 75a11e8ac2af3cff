import Storage

/// Part 2 of migration 0033; shipped, never changes.
let migration0033Part2: [SchemaStep] = [step1, step2]

private let step1: SchemaStep = .createTable(
    Table(
        "field_logs",
        columns: [
            Column("user_id", .integer, required: true),
            Column("user_name", .text, required: true),
            Column("org", .integer),
            Column("area", .text),
            Column("day", .integer, required: true),
            Column("content", .text, required: true),
            Column("at", .integer, required: true),
        ],
        indexes: [
            Index("user_id", "day"),
            Index("area", "day"),
        ]
    ))

private let step2: SchemaStep = .createTable(
    Table(
        "field_tasks",
        key: ["case_id"],
        columns: [
            Column("case_id", .integer, required: true),
            Column("urgency", .text, required: true),
            Column("due_at", .integer, required: true),
            Column("assignee", .integer),
            Column("assignee_name", .text),
            Column("done_at", .integer),
            Column("done_record", .text),
            Column("is_late", .integer, required: true, fallback: .int(0)),
        ],
        indexes: [
            Index("assignee")
        ],
        isClustered: true
    ))
