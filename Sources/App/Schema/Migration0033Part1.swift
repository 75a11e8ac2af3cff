import Storage

/// Part 1 of migration 0033; shipped, never changes.
let migration0033Part1: [SchemaStep] = [step1, step2, step3, step4, step5, step6, step7, step8, step9, step10, step11, step12]

private let step1: SchemaStep = .addColumn(table: "transport_subject", Column("industry", .text))

private let step2: SchemaStep = .createTable(
    Table(
        "transport_industry",
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
            Column("items", .text),
            Column("self_items", .text),
            Column("is_open", .integer),
            Column("description", .text),
        ],
        indexes: [
            Index("code", unique: true, where: "deleted_at IS NULL")
        ]
    ))

private let step3: SchemaStep = .createTable(
    Table(
        "inspection_item",
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
            Column("responsibility", .text),
            Column("recheck_days", .integer),
            Column("item_group", .text),
            Column("is_special", .integer),
            Column("fine_min", .real),
            Column("fine_max", .real),
            Column("guide", .text),
            Column("is_open", .integer),
        ],
        indexes: [
            Index("code", unique: true, where: "deleted_at IS NULL"),
            Index("recheck_days", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step4: SchemaStep = .createTable(
    Table(
        "item_binding",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("login", .text),
            Column("person_name", .text),
            Column("items", .text),
            Column("remark", .text),
        ],
        indexes: [
            Index("login", unique: true, where: "deleted_at IS NULL"),
            Index("org", "login", "id", where: "deleted_at IS NULL"),
            Index("area", "login", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step5: SchemaStep = .createTable(
    Table(
        "inspection_campaign",
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
            Column("kind", .text),
            Column("start_on", .integer),
            Column("end_on", .integer),
            Column("subject_kinds", .text),
            Column("items", .text),
            Column("state", .text),
            Column("generated", .integer),
            Column("requirement", .text),
        ],
        indexes: [
            Index("org", "start_on", "id", where: "deleted_at IS NULL"),
            Index("area", "start_on", "id", where: "deleted_at IS NULL"),
            Index("start_on", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step6: SchemaStep = .createTable(
    Table(
        "pending_inspections",
        columns: [
            Column("org", .integer, required: true),
            Column("area", .text),
            Column("subject", .integer, required: true),
            Column("item", .integer, required: true),
            Column("due_on", .integer, required: true),
            Column("origin", .text, required: true),
            Column("state", .text, required: true),
            Column("assignee", .integer),
            Column("assignee_name", .text),
            Column("campaign", .integer),
            Column("draw", .integer),
            Column("record", .integer),
            Column("created_at", .integer, required: true),
            Column("done_at", .integer),
        ],
        indexes: [
            Index("subject", "item", unique: true, where: "done_at IS NULL"),
            Index("assignee", "state", "due_on"),
            Index("state", "due_on"),
            Index("org", "id"),
            Index("area", "id"),
        ]
    ))

private let step7: SchemaStep = .createTable(
    Table(
        "inspection_records",
        columns: [
            Column("org", .integer, required: true),
            Column("area", .text),
            Column("subject", .integer, required: true),
            Column("kind", .text, required: true),
            Column("inspected_at", .integer, required: true),
            Column("officer", .integer, required: true),
            Column("officer_name", .text, required: true),
            Column("passed", .integer, required: true),
            Column("failed", .integer, required: true),
            Column("ignored", .integer, required: true),
            Column("failed_names", .text, required: true),
            Column("longitude", .real),
            Column("latitude", .real),
            Column("note", .text, required: true),
            Column("stage", .text, required: true),
            Column("final_state", .text, required: true),
            Column("measure", .text),
            Column("amount", .real),
            Column("measure_note", .text),
            Column("approver", .text),
            Column("approved_at", .integer),
            Column("request_key", .text),
        ],
        indexes: [
            Index("subject", "id"),
            Index("officer", "inspected_at"),
            Index("inspected_at"),
            Index("org", "id"),
            Index("area", "id"),
            Index("final_state", "id"),
            Index("request_key", unique: true, where: "request_key IS NOT NULL"),
        ]
    ))

private let step8: SchemaStep = .createTable(
    Table(
        "inspection_lines",
        key: ["record", "item"],
        columns: [
            Column("record", .integer, required: true),
            Column("item", .integer, required: true),
            Column("result", .text, required: true),
            Column("note", .text, required: true),
            Column("photo", .text),
            Column("failures", .integer, required: true),
        ],
        indexes: [
            Index("item", "record")
        ],
        isClustered: true
    ))

private let step9: SchemaStep = .createTable(
    Table(
        "inspection_standing",
        key: ["subject", "item"],
        columns: [
            Column("subject", .integer, required: true),
            Column("item", .integer, required: true),
            Column("result", .text, required: true),
            Column("failures", .integer, required: true),
            Column("inspected_at", .integer, required: true),
            Column("next_due_on", .integer),
        ],
        indexes: [
            Index("next_due_on", where: "next_due_on IS NOT NULL")
        ],
        isClustered: true
    ))

private let step10: SchemaStep = .createTable(
    Table(
        "inspection_draws",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("seed", .integer, required: true),
            Column("subjects", .integer, required: true),
            Column("items", .integer, required: true),
            Column("population", .integer, required: true),
            Column("sheet", .text, required: true),
            Column("at", .integer, required: true),
            Column("by_name", .text, required: true),
        ],
        indexes: [
            Index("area", "id")
        ]
    ))

private let step11: SchemaStep = .createTable(
    Table(
        "field_checkins",
        columns: [
            Column("user_id", .integer, required: true),
            Column("user_name", .text, required: true),
            Column("org", .integer),
            Column("area", .text),
            Column("kind", .text, required: true),
            Column("subject", .integer),
            Column("matter", .text, required: true),
            Column("at", .integer, required: true),
            Column("longitude", .real),
            Column("latitude", .real),
        ],
        indexes: [
            Index("user_id", "at"),
            Index("area", "at"),
            Index("at"),
        ]
    ))

private let step12: SchemaStep = .createTable(
    Table(
        "field_positions",
        key: ["user_id", "at"],
        columns: [
            Column("user_id", .integer, required: true),
            Column("at", .integer, required: true),
            Column("longitude", .real, required: true),
            Column("latitude", .real, required: true),
        ],
        indexes: [
            Index("at")
        ],
        isClustered: true
    ))
