import Storage

/// Part 1 of migration 0053; shipped, never changes.
let migration0053Part1: [SchemaStep] = [step1, step2, step3, step4]

private let step1: SchemaStep = .createTable(
    Table(
        "service_levels",
        key: ["slot", "kind", "node"],
        columns: [
            Column("slot", .integer, required: true),
            Column("kind", .text, required: true),
            Column("node", .text, required: true),
            Column("count", .integer, required: true),
            Column("total_ms", .real, required: true),
            Column("worst_ms", .real, required: true),
            Column("over", .integer, required: true),
            Column("buckets", .text, required: true),
        ],
        isClustered: true
    ))

private let step2: SchemaStep = .createTable(
    Table(
        "service_days",
        key: ["day", "kind"],
        columns: [
            Column("day", .integer, required: true),
            Column("kind", .text, required: true),
            Column("count", .integer, required: true),
            Column("total_ms", .real, required: true),
            Column("worst_ms", .real, required: true),
            Column("over", .integer, required: true),
            Column("buckets", .text, required: true),
        ],
        isClustered: true
    ))

private let step3: SchemaStep = .createTable(
    Table(
        "upload_rules",
        key: ["name"],
        columns: [
            Column("name", .text, required: true),
            Column("value", .text, required: true),
            Column("at", .integer, required: true),
            Column("by_name", .text, required: true),
        ],
        isClustered: true
    ))

private let step4: SchemaStep = .createTable(
    Table(
        "upload_findings",
        columns: [
            Column("at", .integer, required: true),
            Column("name", .text, required: true),
            Column("level", .text, required: true),
            Column("threats", .text, required: true),
            Column("kind", .text, required: true),
            Column("engine", .text, required: true),
            Column("media_type", .text),
            Column("sha256", .text, required: true),
            Column("size", .integer, required: true),
            Column("treatment", .text, required: true),
            Column("actor", .integer),
            Column("actor_name", .text, required: true),
            Column("address", .text, required: true),
            Column("path", .text, required: true),
            Column("kept", .text),
            Column("ended_at", .integer),
            Column("ended_by_name", .text),
            Column("allowed_at", .integer),
            Column("allowed_by_name", .text),
        ],
        indexes: [
            Index("sha256"),
            Index("at"),
        ]
    ))
