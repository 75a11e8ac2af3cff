import Storage

/// Part 1 of migration 0036; shipped, never changes.
let migration0036Part1: [SchemaStep] = [step1, step2, step3, step4, step5, step6, step7]

private let step1: SchemaStep = .createTable(
    Table(
        "record_access",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("number", .text),
            Column("unit", .text),
            Column("person", .text),
            Column("applicant", .text),
            Column("kind", .text),
            Column("range", .text),
            Column("reason", .text),
            Column("approved_by", .text),
            Column("provided_by", .text),
            Column("provided_at", .integer),
            Column("items", .text),
            Column("medium", .text),
            Column("has_privacy", .integer),
            Column("limits", .text),
        ],
        indexes: [
            Index("number", unique: true, where: "deleted_at IS NULL"),
            Index("org", "provided_at", "id", where: "deleted_at IS NULL"),
            Index("area", "provided_at", "id", where: "deleted_at IS NULL"),
            Index("provided_at", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step2: SchemaStep = .createTable(
    Table(
        "data_classification",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("title", .text),
            Column("level", .text),
            Column("source", .text),
            Column("owner", .text),
            Column("range", .text),
            Column("usage", .text),
            Column("transport", .text),
            Column("storage", .text),
            Column("asks_export", .integer),
            Column("is_personal", .integer),
            Column("mark", .text),
            Column("review_by", .integer),
        ],
        indexes: [
            Index("title", unique: true, where: "deleted_at IS NULL"),
            Index("review_by", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step3: SchemaStep = .createTable(
    Table(
        "document_register",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("title", .text),
            Column("number", .text),
            Column("level", .text),
            Column("range", .text),
            Column("copies", .integer),
            Column("receiver", .text),
            Column("sent_on", .integer),
            Column("back_by", .integer),
            Column("back_on", .integer),
            Column("keeper", .text),
            Column("files", .text),
        ],
        indexes: [
            Index("org", "sent_on", "id", where: "deleted_at IS NULL"),
            Index("area", "sent_on", "id", where: "deleted_at IS NULL"),
            Index("sent_on", "id", where: "deleted_at IS NULL"),
            Index("back_by", "id", where: "deleted_at IS NULL"),
            Index("back_on", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step4: SchemaStep = .createTable(
    Table(
        "terminal_guard_check",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("terminal", .text),
            Column("checked_on", .integer),
            Column("copy_blocked", .integer),
            Column("watermark_shown", .integer),
            Column("upload_limited", .integer),
            Column("download_limited", .integer),
            Column("ports_closed", .integer),
            Column("faults", .text),
            Column("checker", .text),
            Column("next_by", .integer),
        ],
        indexes: [
            Index("org", "checked_on", "id", where: "deleted_at IS NULL"),
            Index("area", "checked_on", "id", where: "deleted_at IS NULL"),
            Index("checked_on", "id", where: "deleted_at IS NULL"),
            Index("next_by", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step5: SchemaStep = .createTable(
    Table(
        "admitted_device",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("title", .text),
            Column("mac", .text),
            Column("address", .text),
            Column("holder", .text),
            Column("unit", .text),
            Column("place", .text),
            Column("system", .text),
            Column("may_have_two_nets", .integer),
            Column("may_go_out", .integer),
            Column("admitted_on", .integer),
            Column("valid_to", .integer),
            Column("state", .text),
        ],
        indexes: [
            Index("mac", unique: true, where: "deleted_at IS NULL"),
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("address", "id", where: "deleted_at IS NULL"),
            Index("admitted_on", "id", where: "deleted_at IS NULL"),
            Index("valid_to", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step6: SchemaStep = .createTable(
    Table(
        "rogue_access",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("at", .integer),
            Column("kind", .text),
            Column("address", .text),
            Column("mac", .text),
            Column("place", .text),
            Column("target", .text),
            Column("device", .text),
            Column("verdict", .text),
            Column("owner", .text),
            Column("is_blocked", .integer),
            Column("located", .text),
            Column("handling", .text),
            Column("closed_on", .integer),
        ],
        indexes: [
            Index("org", "at", "id", where: "deleted_at IS NULL"),
            Index("area", "at", "id", where: "deleted_at IS NULL"),
            Index("at", "id", where: "deleted_at IS NULL"),
            Index("closed_on", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step7: SchemaStep = .createTable(
    Table(
        "security_audit_reports",
        columns: [
            Column("from_day", .integer, required: true),
            Column("to_day", .integer, required: true),
            Column("body", .text, required: true),
            Column("made_at", .integer, required: true),
            Column("made_by_name", .text, required: true),
            Column("opinion", .text),
            Column("judged_at", .integer),
            Column("judged_by_name", .text),
        ],
        indexes: [
            Index("from_day", "to_day", unique: true)
        ]
    ))
