import Storage

/// Part 5 of migration 0001; shipped, never changes.
let migration0001Part5: [SchemaStep] = [step1, step2, step3, step4, step5, step6, step7, step8, step9, step10, step11, step12]

private let step1: SchemaStep = .createTable(
    Table(
        "pass_daily",
        key: ["day", "org", "stage", "fuel", "vehicle_group", "strategy", "level", "direction"],
        columns: [
            Column("day", .integer, required: true),
            Column("org", .integer, required: true),
            Column("stage", .text, required: true),
            Column("fuel", .text, required: true),
            Column("vehicle_group", .text, required: true),
            Column("strategy", .integer, required: true),
            Column("level", .text, required: true),
            Column("direction", .text, required: true),
            Column("area", .text),
            Column("industry", .text),
            Column("trips", .integer, required: true, fallback: .int(0)),
            Column("tonnes", .real, required: true, fallback: .real(0.0)),
            Column("refused", .integer, required: true, fallback: .int(0)),
        ],
        indexes: [
            Index("org", "day")
        ],
        isClustered: true
    ))

private let step2: SchemaStep = .createTable(
    Table(
        "pass_monthly",
        key: ["month", "area", "industry", "stage", "fuel", "vehicle_group", "level", "direction"],
        columns: [
            Column("month", .integer, required: true),
            Column("area", .text, required: true),
            Column("industry", .text, required: true),
            Column("stage", .text, required: true),
            Column("fuel", .text, required: true),
            Column("vehicle_group", .text, required: true),
            Column("level", .text, required: true),
            Column("direction", .text, required: true),
            Column("trips", .integer, required: true, fallback: .int(0)),
            Column("tonnes", .real, required: true, fallback: .real(0.0)),
            Column("refused", .integer, required: true, fallback: .int(0)),
        ],
        isClustered: true
    ))

private let step3: SchemaStep = .createTable(
    Table(
        "plate_month",
        key: ["month", "area", "plate"],
        columns: [
            Column("month", .integer, required: true),
            Column("area", .text, required: true),
            Column("plate", .text, required: true),
        ],
        isClustered: true
    ))

private let step4: SchemaStep = .createTable(
    Table(
        "plate_month_count",
        key: ["month", "area"],
        columns: [
            Column("month", .integer, required: true),
            Column("area", .text, required: true),
            Column("plates", .integer, required: true, fallback: .int(0)),
        ],
        isClustered: true
    ))

private let step5: SchemaStep = .createTable(
    Table(
        "photo_use",
        key: ["sha256"],
        columns: [
            Column("sha256", .blob, required: true),
            Column("pass_id", .integer, required: true),
        ],
        isClustered: true
    ))

private let step6: SchemaStep = .createTable(
    Table(
        "photo_awaited",
        key: ["sha256", "pass_id"],
        columns: [
            Column("sha256", .blob, required: true),
            Column("pass_id", .integer, required: true),
            Column("due_at", .integer, required: true),
        ],
        indexes: [
            Index("due_at")
        ],
        isClustered: true
    ))

private let step7: SchemaStep = .createTable(
    Table(
        "gate_change",
        columns: [
            Column("id", .integer, required: true),
            Column("kind", .text, required: true),
            Column("object_id", .text, required: true),
            Column("version", .integer, required: true),
            Column("org", .integer),
            Column("effective_at", .integer, required: true),
            Column("body", .text, required: true),
            Column("created_at", .integer, required: true),
            Column("attempt", .integer, required: true, fallback: .int(1)),
        ],
        indexes: [
            Index("org", "id"),
            Index("object_id", "version"),
        ]
    ))

private let step8: SchemaStep = .createTable(
    Table(
        "delivery",
        key: ["object_id", "version", "org"],
        columns: [
            Column("object_id", .text, required: true),
            Column("version", .integer, required: true),
            Column("org", .integer, required: true),
            Column("kind", .text, required: true),
            Column("state", .text, required: true),
            Column("sent_at", .integer),
            Column("received_at", .integer),
            Column("applied_at", .integer),
            Column("failed_at", .integer),
            Column("attempts", .integer, required: true, fallback: .int(1)),
            Column("message", .text),
            Column("retry_at", .integer),
        ],
        indexes: [
            Index("org", "state"),
            Index("retry_at"),
        ],
        isClustered: true
    ))

private let step9: SchemaStep = .createTable(
    Table(
        "site_strategy",
        key: ["org"],
        columns: [
            Column("org", .integer, required: true),
            Column("strategy_id", .integer),
            Column("version", .integer),
            Column("level", .text, required: true),
            Column("since", .integer, required: true),
        ],
        isClustered: true
    ))

private let step10: SchemaStep = .createTable(
    Table(
        "gate_sequence",
        key: ["name"],
        columns: [
            Column("name", .text, required: true),
            Column("value", .integer, required: true),
        ],
        isClustered: true
    ))

private let step11: SchemaStep = .createTable(
    Table(
        "gate_setting",
        key: ["name"],
        columns: [
            Column("name", .text, required: true),
            Column("value", .text, required: true),
        ],
        isClustered: true
    ))

private let step12: SchemaStep = .createTable(
    Table(
        "random_check",
        columns: [
            Column("id", .integer, required: true),
            Column("org", .integer, required: true),
            Column("area", .text),
            Column("seed", .integer, required: true),
            Column("from_day", .integer, required: true),
            Column("to_day", .integer, required: true),
            Column("created_at", .integer, required: true),
            Column("created_by", .text, required: true),
            Column("sheet", .text, required: true),
            Column("state", .text, required: true),
            Column("finished_at", .integer),
        ],
        indexes: [
            Index("org", "id"),
            Index("area", "id"),
        ]
    ))
