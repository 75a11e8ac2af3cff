import Storage

/// Part 1 of migration 0032; shipped, never changes.
let migration0032Part1: [SchemaStep] = [step1, step2, step3, step4]

private let step1: SchemaStep = .createTable(
    Table(
        "transport_subject",
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
            Column("state", .text),
            Column("plate_no", .text),
            Column("credit_code", .text),
            Column("business_scope", .text),
            Column("registered_on", .integer),
            Column("expires_on", .integer),
            Column("authority", .text),
            Column("contact", .text),
            Column("phone", .text),
            Column("address", .text),
            Column("location_lng", .real),
            Column("location_lat", .real),
            Column("intro", .text),
        ],
        indexes: [
            Index("org", unique: true, where: "deleted_at IS NULL"),
            Index("org", "name", "id", where: "deleted_at IS NULL"),
            Index("area", "name", "id", where: "deleted_at IS NULL"),
            Index("name", "id", where: "deleted_at IS NULL"),
            Index("expires_on", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step2: SchemaStep = .createTable(
    Table(
        "case_category",
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
            Column("level", .text),
            Column("parent", .integer),
            Column("description", .text),
            Column("is_open", .integer),
            Column("flow", .text),
            Column("fine_min", .real),
            Column("fine_max", .real),
            Column("dispatch_hours", .integer),
            Column("verify_hours", .integer),
            Column("evidence_hours", .integer),
            Column("appeal_period_hours", .integer),
            Column("answer_hours", .integer),
            Column("discussion_hours", .integer),
            Column("decision_hours", .integer),
            Column("approval_hours", .integer),
            Column("upward_hours", .integer),
            Column("publicity_hours", .integer),
            Column("execution_hours", .integer),
            Column("closing_hours", .integer),
        ],
        indexes: [
            Index("code", unique: true, where: "deleted_at IS NULL")
        ]
    ))

private let step3: SchemaStep = .createTable(
    Table(
        "enforcement_measure",
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
            Column("kind", .text),
            Column("rank", .integer),
            Column("amount_min", .real),
            Column("amount_max", .real),
            Column("days_max", .integer),
            Column("needs_approval", .integer),
            Column("condition", .text),
            Column("next_step", .text),
            Column("is_open", .integer),
            Column("description", .text),
        ],
        indexes: [
            Index("code", unique: true, where: "deleted_at IS NULL"),
            Index("rank", "code", "id", where: "deleted_at IS NULL"),
            Index("rank", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step4: SchemaStep = .createTable(
    Table(
        "enforcement_cases",
        key: ["case_id"],
        columns: [
            Column("case_id", .integer, required: true),
            Column("subject", .integer),
            Column("category", .text, required: true),
            Column("major", .text),
            Column("flow", .text, required: true),
            Column("source", .text, required: true),
            Column("place", .text),
            Column("assignee", .integer),
            Column("assignee_name", .text),
            Column("measure", .text),
            Column("fine", .real),
            Column("suspend_days", .integer),
            Column("paid", .real),
            Column("appeals", .integer, required: true, fallback: .int(0)),
            Column("filed_at", .integer),
            Column("decided_at", .integer),
            Column("decided_by", .text),
            Column("approver", .text),
            Column("approved_at", .integer),
            Column("closed_at", .integer),
            Column("final_state", .text, required: true, fallback: .text("running")),
        ],
        indexes: [
            Index("category"),
            Index("final_state"),
            Index("assignee"),
            Index("subject"),
        ],
        isClustered: true
    ))
