import Storage

/// Part 1 of migration 0044; shipped, never changes.
let migration0044Part1: [SchemaStep] = [step1, step2, step3, step4, step5, step6, step7, step8]

private let step1: SchemaStep = .createTable(
    Table(
        "monitoring_device",
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
            Column("code", .text),
            Column("device_class", .text),
            Column("plant", .text),
            Column("zone", .text),
            Column("maker", .text),
            Column("model", .text),
            Column("installed_on", .integer),
            Column("position_lng", .real),
            Column("position_lat", .real),
            Column("remarks", .text),
        ],
        indexes: [
            Index("org", "code", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("installed_on", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step2: SchemaStep = .createTable(
    Table(
        "monitoring_point",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("code", .text),
            Column("name", .text),
            Column("device", .integer),
            Column("kind", .text),
            Column("unit", .text),
            Column("substance", .text),
            Column("unit_class", .text),
            Column("range_low", .real),
            Column("range_high", .real),
            Column("places", .integer),
            Column("period", .integer),
            Column("deviation", .real),
            Column("offline_after", .integer),
            Column("keep_days", .integer),
            Column("low_low", .real),
            Column("low", .real),
            Column("high", .real),
            Column("high_high", .real),
            Column("rate", .real),
            Column("delay", .integer),
            Column("band", .real),
            Column("formula", .text),
            Column("use_state", .text),
            Column("use_until", .integer),
            Column("remarks", .text),
        ],
        indexes: [
            Index("code", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step3: SchemaStep = .createTable(
    Table(
        "point_blocks",
        columns: [
            Column("point", .integer, required: true),
            Column("start_at", .integer, required: true),
            Column("end_at", .integer, required: true),
            Column("count", .integer, required: true),
            Column("kept", .integer, required: true),
            Column("bad", .integer, required: true),
            Column("low", .real),
            Column("high", .real),
            Column("sum", .real, required: true),
            Column("squares", .real, required: true),
            Column("first_at", .integer),
            Column("first_value", .real),
            Column("last_at", .integer),
            Column("last_value", .real),
            Column("bytes", .blob, required: true),
        ],
        indexes: [
            Index("point", "end_at")
        ]
    ))

private let step4: SchemaStep = .createTable(
    Table(
        "point_journal",
        columns: [
            Column("at", .integer, required: true),
            Column("count", .integer, required: true),
            Column("bytes", .blob, required: true),
        ]
    ))

private let step5: SchemaStep = .createTable(
    Table(
        "point_states",
        key: ["point"],
        columns: [
            Column("point", .integer, required: true),
            Column("last_at", .integer),
            Column("last_value", .real),
            Column("last_quality", .integer, required: true),
            Column("level", .text, required: true),
            Column("since", .integer),
            Column("raised", .text, required: true),
            Column("offline", .integer, required: true),
        ],
        isClustered: true
    ))

private let step6: SchemaStep = .createTable(
    Table(
        "point_receipts",
        key: ["day", "source"],
        columns: [
            Column("day", .integer, required: true),
            Column("source", .text, required: true),
            Column("batches", .integer, required: true),
            Column("received", .integer, required: true),
            Column("stored", .integer, required: true),
            Column("late", .integer, required: true),
            Column("doubled", .integer, required: true),
            Column("refused", .integer, required: true),
            Column("last_at", .integer, required: true),
        ],
        isClustered: true
    ))

private let step7: SchemaStep = .createTable(
    Table(
        "point_refusals",
        key: ["day", "source", "code", "reason"],
        columns: [
            Column("day", .integer, required: true),
            Column("source", .text, required: true),
            Column("code", .text, required: true),
            Column("reason", .text, required: true),
            Column("count", .integer, required: true),
            Column("sample", .text, required: true),
            Column("last_at", .integer, required: true),
        ],
        isClustered: true
    ))

private let step8: SchemaStep = .createTable(
    Table(
        "point_settings",
        key: ["name"],
        columns: [
            Column("name", .text, required: true),
            Column("value", .integer, required: true),
        ],
        isClustered: true
    ))
