import Storage

/// Workflows and their calendar; shipped, never changes.
let migration0006 = Migration("0006-workflows", [definitions, cases, steps, items, people, events, counts, requests, numbers, holiday])

private let definitions: SchemaStep = .createTable(
    Table(
        "workflow_definitions",
        columns: [
            Column("name", .text, required: true), Column("version", .integer, required: true), Column("body", .text, required: true), Column("note", .text, required: true),
            Column("at", .integer, required: true), Column("by_id", .integer, required: true), Column("by_name", .text, required: true),
        ],
        indexes: [Index("name", "version", unique: true)]))

private let cases: SchemaStep = .createTable(
    Table(
        "workflow_cases",
        columns: [
            Column("number", .text, required: true), Column("workflow", .text, required: true), Column("definition_version", .integer, required: true),
            Column("title", .text, required: true), Column("org", .integer), Column("org_name", .text, required: true), Column("area", .text),
            Column("starter", .integer, required: true), Column("starter_name", .text, required: true), Column("starter_org", .integer), Column("subject_kind", .text),
            Column("subject_id", .integer), Column("state", .text, required: true), Column("outcome", .text), Column("data", .text, required: true),
            Column("started_at", .integer, required: true), Column("due_at", .integer), Column("ended_at", .integer), Column("version", .integer, required: true),
        ],
        indexes: [
            Index("number", unique: true), Index("workflow", "state", "id"), Index("state", "id"), Index("area", "id"), Index("org", "id"),
            Index("subject_kind", "subject_id", where: "subject_id IS NOT NULL"),
        ]))

private let steps: SchemaStep = .createTable(
    Table(
        "workflow_steps",
        columns: [
            Column("case_id", .integer, required: true), Column("step", .text, required: true), Column("title", .text, required: true), Column("workflow", .text, required: true),
            Column("state", .text, required: true), Column("opened_at", .integer, required: true), Column("due_at", .integer), Column("alarm_at", .integer),
            Column("alarms", .integer, required: true, fallback: .int(0)), Column("done_at", .integer), Column("was_late", .integer, required: true, fallback: .int(0)),
            Column("by_id", .integer), Column("by_name", .text), Column("by_org", .integer), Column("action", .text), Column("version", .integer, required: true),
        ],
        indexes: [
            Index("case_id", "id"), Index("alarm_at", where: "alarm_at IS NOT NULL"), Index("workflow", "step", "done_at"), Index("due_at", where: "state = 'open'"),
        ]))

private let items: SchemaStep = .createTable(
    Table(
        "workflow_items",
        columns: [
            Column("step_id", .integer, required: true), Column("case_id", .integer, required: true), Column("who", .text, required: true), Column("at_org", .integer),
            Column("org", .integer), Column("area", .text), Column("state", .text, required: true), Column("position", .integer, required: true),
            Column("on_behalf", .text), Column("by_id", .integer), Column("action", .text), Column("at", .integer),
        ],
        indexes: [Index("who", "step_id", where: "state = 'open'"), Index("step_id"), Index("case_id")]))

private let people: SchemaStep = .createTable(
    Table(
        "workflow_people", key: ["user_id", "tie", "case_id"],
        columns: [
            Column("user_id", .integer, required: true), Column("tie", .text, required: true), Column("case_id", .integer, required: true), Column("at", .integer, required: true),
            Column("read_at", .integer),
        ], indexes: [Index("case_id")], isClustered: true))

private let events: SchemaStep = .createTable(
    Table(
        "workflow_events",
        columns: [
            Column("case_id", .integer, required: true), Column("step_id", .integer), Column("step", .text), Column("at", .integer, required: true),
            Column("action", .text, required: true), Column("title", .text, required: true), Column("by_id", .integer, required: true), Column("by_name", .text, required: true),
            Column("by_org_name", .text, required: true), Column("text", .text, required: true), Column("data", .text, required: true),
            Column("is_public", .integer, required: true),
        ],
        indexes: [Index("case_id", "id")]))

private let counts: SchemaStep = .createTable(
    Table(
        "workflow_counts", key: ["case_id", "step", "action"],
        columns: [
            Column("case_id", .integer, required: true), Column("step", .text, required: true), Column("action", .text, required: true), Column("times", .integer, required: true),
        ], isClustered: true))

private let requests: SchemaStep = .createTable(
    Table(
        "workflow_requests", key: ["user_id", "request_key"],
        columns: [
            Column("user_id", .integer, required: true), Column("request_key", .text, required: true), Column("case_id", .integer, required: true),
            Column("at", .integer, required: true),
        ], indexes: [Index("at")], isClustered: true))

private let numbers: SchemaStep = .createTable(
    Table(
        "workflow_numbers", key: ["prefix", "day"],
        columns: [Column("prefix", .text, required: true), Column("day", .integer, required: true), Column("last", .integer, required: true)], isClustered: true))

private let holiday: SchemaStep = .createTable(
    Table(
        "holiday",
        columns: [
            Column("org", .integer), Column("area", .text), Column("version", .integer, required: true, fallback: .int(1)), Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)), Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)), Column("deleted_at", .integer), Column("day", .integer), Column("title", .text),
            Column("is_work", .integer),
        ],
        indexes: [Index("day", unique: true, where: "deleted_at IS NULL")]))
