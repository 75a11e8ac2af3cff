import Storage

/// Part 4 of migration 0001; shipped, never changes.
let migration0001Part4: [SchemaStep] = [step1, step2, step3, step4, step5, step6, step7, step8, step9, step10, step11, step12]

private let step1: SchemaStep = .createTable(
    Table(
        "dictionary_items",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("dictionary", .text),
            Column("code", .text),
            Column("title", .text),
            Column("title_en", .text),
            Column("order", .integer),
            Column("valid_from", .integer),
            Column("valid_to", .integer),
            Column("source", .text),
            Column("note", .text),
        ],
        indexes: [
            Index("dictionary", "code", unique: true, where: "deleted_at IS NULL"),
            Index("dictionary", "order", "id", where: "deleted_at IS NULL"),
            Index("order", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step2: SchemaStep = .createTable(
    Table(
        "record_history",
        columns: [
            Column("ledger", .text, required: true),
            Column("record_id", .integer, required: true),
            Column("version", .integer, required: true),
            Column("kind", .text, required: true),
            Column("at", .integer, required: true),
            Column("by_id", .integer, required: true),
            Column("by_name", .text, required: true),
            Column("reason", .text),
            Column("batch", .integer),
            Column("changes", .text),
        ],
        indexes: [
            Index("ledger", "record_id", "id")
        ]
    ))

private let step3: SchemaStep = .createTable(
    Table(
        "attachments",
        columns: [
            Column("ledger", .text, required: true),
            Column("record_id", .integer, required: true),
            Column("field", .text, required: true),
            Column("sha256", .text, required: true),
            Column("name", .text, required: true),
            Column("media_type", .text, required: true),
            Column("size", .integer, required: true),
            Column("at", .integer, required: true),
            Column("by_id", .integer, required: true),
        ],
        indexes: [
            Index("ledger", "record_id"),
            Index("sha256"),
        ]
    ))

private let step4: SchemaStep = .createTable(
    Table(
        "saved_views",
        columns: [
            Column("ledger", .text, required: true),
            Column("user_id", .integer, required: true),
            Column("title", .text, required: true),
            Column("query", .text, required: true),
            Column("is_shared", .integer, required: true, fallback: .int(0)),
            Column("created_at", .integer, required: true),
        ],
        indexes: [
            Index("ledger", "user_id", "title", unique: true),
            Index("ledger", "is_shared"),
        ]
    ))

private let step5: SchemaStep = .createTable(
    Table(
        "ledger_definitions",
        columns: [
            Column("name", .text, required: true),
            Column("version", .integer, required: true),
            Column("body", .text, required: true),
            Column("created_at", .integer, required: true),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true),
        ],
        indexes: [
            Index("name", unique: true)
        ]
    ))

private let step6: SchemaStep = .createTable(
    Table(
        "import_batches",
        columns: [
            Column("ledger", .text, required: true),
            Column("file_name", .text, required: true),
            Column("mode", .text, required: true),
            Column("state", .text, required: true),
            Column("total", .integer, required: true, fallback: .int(0)),
            Column("created", .integer, required: true, fallback: .int(0)),
            Column("updated", .integer, required: true, fallback: .int(0)),
            Column("unchanged", .integer, required: true, fallback: .int(0)),
            Column("bad", .integer, required: true, fallback: .int(0)),
            Column("by_id", .integer, required: true),
            Column("by_name", .text, required: true),
            Column("started_at", .integer, required: true),
            Column("ended_at", .integer),
            Column("report", .text),
        ],
        indexes: [
            Index("ledger", "id"),
            Index("by_id", "id"),
        ]
    ))

private let step7: SchemaStep = .createTable(
    Table(
        "ledger_preferences",
        key: ["user_id", "ledger"],
        columns: [
            Column("user_id", .integer, required: true),
            Column("ledger", .text, required: true),
            Column("columns", .text),
            Column("updated_at", .integer, required: true),
        ],
        isClustered: true
    ))

private let step8: SchemaStep = .createTable(
    Table(
        "api_requests",
        key: ["user_id", "ledger", "request_key"],
        columns: [
            Column("user_id", .integer, required: true),
            Column("ledger", .text, required: true),
            Column("request_key", .text, required: true),
            Column("digest", .text, required: true),
            Column("record_id", .integer, required: true),
            Column("at", .integer, required: true),
        ],
        indexes: [
            Index("at")
        ],
        isClustered: true
    ))

private let step9: SchemaStep = .createTable(
    Table(
        "ledger_uploads",
        columns: [
            Column("ledger", .text, required: true),
            Column("user_id", .integer, required: true),
            Column("file_name", .text, required: true),
            Column("blob", .text, required: true),
            Column("bad_rows", .text, required: true),
            Column("known_rows", .text, required: true),
            Column("judging", .integer),
            Column("running", .integer),
            Column("judgement", .text),
            Column("outcome", .text),
            Column("created_at", .integer, required: true),
        ],
        indexes: [
            Index("user_id", "id"),
            Index("created_at"),
        ]
    ))

private let step10: SchemaStep = .createTable(
    Table(
        "gate_state",
        key: ["org", "gate_no"],
        columns: [
            Column("org", .integer, required: true),
            Column("gate_no", .text, required: true),
            Column("first_serial", .integer),
            Column("last_serial", .integer),
            Column("received", .integer, required: true, fallback: .int(0)),
            Column("last_pass_at", .integer),
            Column("heartbeat_at", .integer),
            Column("barrier_state", .text),
            Column("reader_state", .text),
            Column("camera_state", .text),
            Column("reported_serial", .integer),
            Column("reported_today", .integer),
            Column("pending", .integer),
            Column("offline_since", .integer),
        ],
        isClustered: true
    ))

private let step11: SchemaStep = .createTable(
    Table(
        "serial_gap",
        columns: [
            Column("id", .integer, required: true),
            Column("org", .integer, required: true),
            Column("gate_no", .text, required: true),
            Column("from_serial", .integer, required: true),
            Column("to_serial", .integer, required: true),
            Column("noticed_at", .integer, required: true),
            Column("alarmed_at", .integer),
        ],
        indexes: [
            Index("org", "gate_no", "from_serial"),
            Index("noticed_at"),
        ]
    ))

private let step12: SchemaStep = .createTable(
    Table(
        "gate_daily",
        key: ["day", "org", "gate_no"],
        columns: [
            Column("day", .integer, required: true),
            Column("org", .integer, required: true),
            Column("gate_no", .text, required: true),
            Column("area", .text),
            Column("received", .integer, required: true, fallback: .int(0)),
            Column("automatic", .integer, required: true, fallback: .int(0)),
            Column("manual", .integer, required: true, fallback: .int(0)),
            Column("backfilled", .integer, required: true, fallback: .int(0)),
            Column("hand_lifts", .integer, required: true, fallback: .int(0)),
            Column("refused", .integer, required: true, fallback: .int(0)),
            Column("refused_lifted", .integer, required: true, fallback: .int(0)),
            Column("with_photos", .integer, required: true, fallback: .int(0)),
            Column("unknown_stage", .integer, required: true, fallback: .int(0)),
            Column("flagged", .integer, required: true, fallback: .int(0)),
            Column("duplicates", .integer, required: true, fallback: .int(0)),
            Column("rejected", .integer, required: true, fallback: .int(0)),
            Column("generated", .integer, required: true, fallback: .int(0)),
            Column("heartbeats", .integer, required: true, fallback: .int(0)),
        ],
        indexes: [
            Index("org", "day")
        ],
        isClustered: true
    ))
