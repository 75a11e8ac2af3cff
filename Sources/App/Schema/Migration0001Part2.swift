import Storage

/// Part 2 of migration 0001; shipped, never changes.
let migration0001Part2: [SchemaStep] = [step1, step2, step3, step4, step5, step6, step7, step8, step9, step10, step11, step12]

private let step1: SchemaStep = .createTable(
    Table(
        "job_runs",
        columns: [
            Column("job", .text, required: true),
            Column("due_at", .integer, required: true),
            Column("started_at", .integer, required: true),
            Column("ended_at", .integer),
            Column("state", .text, required: true),
            Column("note", .text),
            Column("node", .text, required: true),
            Column("term", .integer, required: true),
            Column("is_manual", .integer, required: true),
        ],
        indexes: [
            Index("job", "id"),
            Index("started_at"),
            Index("state", where: "state = 'running'"),
        ]
    ))

private let step2: SchemaStep = .createTable(
    Table(
        "tasks",
        columns: [
            Column("kind", .text, required: true),
            Column("title", .text, required: true),
            Column("owner", .integer, required: true),
            Column("owner_name", .text, required: true),
            Column("organisation", .integer),
            Column("state", .text, required: true),
            Column("progress", .integer, required: true, fallback: .int(0)),
            Column("total", .integer),
            Column("message", .text),
            Column("result_blob", .text),
            Column("result_name", .text),
            Column("created_at", .integer, required: true),
            Column("started_at", .integer),
            Column("ended_at", .integer),
            Column("node", .text, required: true),
        ],
        indexes: [
            Index("owner", "id"),
            Index("state", where: "ended_at IS NULL"),
            Index("ended_at"),
        ]
    ))

private let step3: SchemaStep = .createTable(
    Table(
        "photos",
        key: ["sha256"],
        columns: [
            Column("sha256", .text, required: true),
            Column("bytes", .integer, required: true),
            Column("kind", .text, required: true),
            Column("width", .integer, required: true),
            Column("height", .integer, required: true),
            Column("phash", .integer),
            Column("hashed_at", .integer),
            Column("received_at", .integer, required: true),
            Column("source_org", .integer),
            Column("locks", .integer, required: true, fallback: .int(0)),
        ],
        indexes: [
            Index("received_at"),
            Index("hashed_at", "received_at", where: "hashed_at IS NULL"),
        ]
    ))

private let step4: SchemaStep = .createTable(
    Table(
        "alarms",
        columns: [
            Column("number", .text, required: true),
            Column("kind", .text, required: true),
            Column("grade", .integer, required: true),
            Column("state", .text, required: true),
            Column("org", .integer),
            Column("org_name", .text, required: true),
            Column("area", .text),
            Column("place", .text, required: true),
            Column("subject", .text, required: true),
            Column("plate", .text),
            Column("title", .text, required: true),
            Column("reasons", .text, required: true),
            Column("rule_version", .integer),
            Column("list_version", .integer),
            Column("strategy_version", .integer),
            Column("source_kind", .text),
            Column("source_id", .integer),
            Column("day", .integer, required: true),
            Column("occurred_at", .integer, required: true),
            Column("last_at", .integer, required: true),
            Column("times", .integer, required: true),
            Column("raised_at", .integer, required: true),
            Column("due_at", .integer),
            Column("responded_at", .integer),
            Column("decided_at", .integer),
            Column("closed_at", .integer),
            Column("handler", .integer),
            Column("handler_name", .text),
            Column("opinion", .text),
            Column("merge_key", .text, required: true),
            Column("accepts_repeats", .integer),
            Column("chain_head", .text, required: true),
            Column("evidence_count", .integer, required: true),
            Column("version", .integer, required: true),
        ],
        indexes: [
            Index("number", unique: true),
            Index("merge_key", where: "accepts_repeats = 1"),
            Index("occurred_at"),
            Index("state", "occurred_at"),
            Index("org", "occurred_at"),
            Index("area", "occurred_at"),
            Index("kind", "occurred_at"),
            Index("plate", "occurred_at", where: "plate IS NOT NULL"),
            Index("source_kind", "source_id", where: "source_id IS NOT NULL"),
        ]
    ))

private let step5: SchemaStep = .createTable(
    Table(
        "alarm_events",
        columns: [
            Column("alarm", .integer, required: true),
            Column("at", .integer, required: true),
            Column("action", .text, required: true),
            Column("from_state", .text),
            Column("to_state", .text),
            Column("by_id", .integer),
            Column("by_name", .text, required: true),
            Column("text", .text, required: true),
        ],
        indexes: [
            Index("alarm", "id")
        ]
    ))

private let step6: SchemaStep = .createTable(
    Table(
        "evidence_items",
        columns: [
            Column("alarm", .integer, required: true),
            Column("seq", .integer, required: true),
            Column("kind", .text, required: true),
            Column("title", .text, required: true),
            Column("sha256", .text, required: true),
            Column("body", .text),
            Column("occurrence", .integer, required: true),
            Column("added_at", .integer, required: true),
            Column("added_by", .text, required: true),
            Column("is_late", .integer, required: true),
            Column("is_locked", .integer, required: true),
            Column("chained_hash", .text, required: true),
        ],
        indexes: [
            Index("alarm", "seq", unique: true),
            Index("sha256"),
        ]
    ))

private let step7: SchemaStep = .createTable(
    Table(
        "alarm_awaited_photos",
        key: ["sha256", "alarm"],
        columns: [
            Column("sha256", .text, required: true),
            Column("alarm", .integer, required: true),
            Column("title", .text, required: true),
            Column("occurrence", .integer, required: true),
            Column("since", .integer, required: true),
        ],
        indexes: [
            Index("alarm")
        ],
        isClustered: true
    ))

private let step8: SchemaStep = .createTable(
    Table(
        "alarm_daily",
        key: ["day", "kind", "grade", "org", "area"],
        columns: [
            Column("day", .integer, required: true),
            Column("kind", .text, required: true),
            Column("grade", .integer, required: true),
            Column("org", .integer, required: true),
            Column("area", .text, required: true),
            Column("opened", .integer, required: true, fallback: .int(0)),
            Column("times", .integer, required: true, fallback: .int(0)),
            Column("state_new", .integer, required: true, fallback: .int(0)),
            Column("state_handling", .integer, required: true, fallback: .int(0)),
            Column("state_reconsidering", .integer, required: true, fallback: .int(0)),
            Column("state_confirmed", .integer, required: true, fallback: .int(0)),
            Column("state_revoked", .integer, required: true, fallback: .int(0)),
            Column("state_closed", .integer, required: true, fallback: .int(0)),
            Column("responded", .integer, required: true, fallback: .int(0)),
            Column("response_seconds", .integer, required: true, fallback: .int(0)),
        ],
        indexes: [
            Index("org", "day"),
            Index("area", "day"),
        ],
        isClustered: true
    ))

private let step9: SchemaStep = .createTable(
    Table(
        "alarm_numbers",
        key: ["day"],
        columns: [
            Column("day", .integer, required: true),
            Column("last", .integer, required: true),
        ],
        isClustered: true
    ))

private let step10: SchemaStep = .createTable(
    Table(
        "enterprise",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("enterprise_code", .text),
            Column("name", .text),
            Column("short_name", .text),
            Column("credit_code", .text),
            Column("pollutant_unit_code", .text),
            Column("county", .text),
            Column("address", .text),
            Column("location_lng", .real),
            Column("location_lat", .real),
            Column("industry", .text),
            Column("performance_grade", .text),
            Column("ultra_low_emission", .integer),
            Column("legal_person", .text),
            Column("contact", .text),
            Column("phone", .text),
            Column("gate_count", .integer),
            Column("maintenance_unit", .integer),
            Column("connect_state", .text),
            Column("connected_at", .integer),
        ],
        indexes: [
            Index("county", "industry"),
            Index("enterprise_code", unique: true, where: "deleted_at IS NULL"),
            Index("org", "enterprise_code", "id", where: "deleted_at IS NULL"),
            Index("area", "enterprise_code", "id", where: "deleted_at IS NULL"),
            Index("name", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step11: SchemaStep = .createTable(
    Table(
        "gate",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("gate_no", .text),
            Column("name", .text),
            Column("lanes", .integer),
            Column("location_lng", .real),
            Column("location_lat", .real),
            Column("keeper", .text),
            Column("phone", .text),
            Column("in_use", .integer),
        ],
        indexes: [
            Index("org", "gate_no", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step12: SchemaStep = .createTable(
    Table(
        "barrier",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("gate_no", .text),
            Column("barrier_no", .text),
            Column("name", .text),
            Column("direction", .text),
            Column("maintainer", .text),
            Column("maintainer_contact", .text),
            Column("maintainer_phone", .text),
        ],
        indexes: [
            Index("org", "gate_no", "barrier_no", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
        ]
    ))
