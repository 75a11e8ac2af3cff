import Storage

/// Part 2 of migration 0019; shipped, never changes.
let migration0019Part2: [SchemaStep] = [step1, step2, step3, step4, step5, step6, step7, step8, step9, step10, step11, step12]

private let step1: SchemaStep = .createTable(
    Table(
        "hazard_report",
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
            Column("major_hazard", .text),
            Column("author", .text),
            Column("author_certificate", .text),
            Column("issued_on", .integer),
            Column("valid_until", .integer),
            Column("file", .text),
        ],
        indexes: [
            Index("org", "name", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("valid_until", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step2: SchemaStep = .createTable(
    Table(
        "major_hidden_danger",
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
            Column("details", .text),
            Column("source", .text),
            Column("place", .text),
            Column("registered_at", .integer),
            Column("rectifier", .text),
            Column("measure", .text),
            Column("deadline", .integer),
            Column("rectified_on", .integer),
            Column("acceptor", .text),
            Column("photos", .text),
        ],
        indexes: [
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("registered_at", "id", where: "deleted_at IS NULL"),
            Index("deadline", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step3: SchemaStep = .createTable(
    Table(
        "drill_plan",
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
            Column("mode", .text),
            Column("kind", .text),
            Column("level", .text),
            Column("plan", .text),
            Column("scenario", .text),
            Column("place", .text),
            Column("department", .text),
            Column("headcount", .integer),
            Column("due_on", .integer),
            Column("held_on", .integer),
            Column("evaluation", .text),
            Column("record", .text),
        ],
        indexes: [
            Index("org", "name", "due_on", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("due_on", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step4: SchemaStep = .createTable(
    Table(
        "emergency_plan_filing",
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
            Column("filing_no", .text),
            Column("filing_department", .text),
            Column("issued_on", .integer),
            Column("reviewed_on", .integer),
            Column("filed_on", .integer),
            Column("valid_until", .integer),
            Column("file", .text),
        ],
        indexes: [
            Index("org", "name", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("valid_until", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step5: SchemaStep = .createTable(
    Table(
        "fire_facility",
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
            Column("kind", .text),
            Column("zone", .text),
            Column("keeper", .text),
            Column("cycle_days", .integer),
            Column("last_checked_on", .integer),
            Column("next_check_on", .integer),
            Column("position_lng", .real),
            Column("position_lat", .real),
            Column("record", .text),
        ],
        indexes: [
            Index("org", "code", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("next_check_on", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step6: SchemaStep = .addColumn(table: "messages", Column("by_kind", .text))

private let step7: SchemaStep = .addColumn(table: "messages", Column("by_id", .integer))

private let step8: SchemaStep = .addColumn(table: "messages", Column("by_name", .text))

private let step9: SchemaStep = .createIndex(table: "messages", Index("by_kind", "by_id", "id", where: "by_id IS NOT NULL"))

private let step10: SchemaStep = .addColumn(table: "notice_receivers", Column("drawing", .text))

private let step11: SchemaStep = .createTable(
    Table(
        "chat_rooms",
        columns: [
            Column("title", .text, required: true),
            Column("pair", .text),
            Column("subject", .text),
            Column("owner", .integer, required: true),
            Column("at", .integer, required: true),
            Column("last_id", .integer, required: true, fallback: .int(0)),
            Column("last_at", .integer, required: true),
            Column("last_text", .text, required: true),
            Column("closed_at", .integer),
        ],
        indexes: [
            Index("pair", unique: true, where: "pair IS NOT NULL"),
            Index("subject", where: "subject IS NOT NULL"),
        ]
    ))

private let step12: SchemaStep = .createTable(
    Table(
        "chat_members",
        key: ["room_id", "user_id"],
        columns: [
            Column("room_id", .integer, required: true),
            Column("user_id", .integer, required: true),
            Column("user_name", .text, required: true),
            Column("org_name", .text, required: true),
            Column("is_admin", .integer, required: true),
            Column("seen_id", .integer, required: true, fallback: .int(0)),
            Column("joined_at", .integer, required: true),
        ],
        indexes: [
            Index("user_id", "room_id")
        ],
        isClustered: true
    ))
