import Storage

/// Duty; shipped, never changes.
let migration0010Duty = Migration("0010c-duty", [shifts, groups, members, entries, changes, handovers, calls, log])

private let shifts: SchemaStep = .createTable(
    Table(
        "duty_shifts",
        columns: [
            Column("title", .text, required: true), Column("starts", .integer, required: true), Column("minutes", .integer, required: true), Column("tone", .text, required: true),
            Column("is_on", .integer, required: true, fallback: .int(1)),
        ]))

private let groups: SchemaStep = .createTable(
    Table(
        "duty_groups",
        columns: [
            Column("title", .text, required: true), Column("leader", .text, required: true), Column("phone", .text, required: true), Column("org", .integer), Column("area", .text),
            Column("shifts", .text, required: true), Column("is_on", .integer, required: true, fallback: .int(1)), Column("at", .integer, required: true),
            Column("by_name", .text, required: true),
        ], indexes: [Index("org"), Index("area")]))

private let members: SchemaStep = .createTable(
    Table(
        "duty_members", key: ["group_id", "user_id"],
        columns: [
            Column("group_id", .integer, required: true), Column("user_id", .integer, required: true), Column("name", .text, required: true),
            Column("team", .integer, required: true),
            Column("is_leader", .integer, required: true),
        ], indexes: [Index("user_id")], isClustered: true))

private let entries: SchemaStep = .createTable(
    Table(
        "duty_entries",
        columns: [
            Column("group_id", .integer, required: true), Column("day", .integer, required: true), Column("shift", .integer, required: true),
            Column("user_id", .integer, required: true),
            Column("name", .text, required: true), Column("is_leader", .integer, required: true), Column("from_at", .integer, required: true),
            Column("until_at", .integer, required: true),
            Column("note", .text, required: true, fallback: .text("")),
        ],
        indexes: [Index("group_id", "day", "shift", "user_id", unique: true), Index("user_id", "from_at"), Index("until_at")]))

private let changes: SchemaStep = .createTable(
    Table(
        "duty_changes",
        columns: [
            Column("group_id", .integer, required: true), Column("entry", .integer, required: true), Column("from_id", .integer, required: true),
            Column("from_name", .text, required: true),
            Column("to_id", .integer, required: true), Column("to_name", .text, required: true), Column("what", .text, required: true), Column("reason", .text, required: true),
            Column("state", .text, required: true), Column("asked_at", .integer, required: true), Column("decided_at", .integer), Column("decided_by_name", .text),
            Column("opinion", .text),
        ], indexes: [Index("group_id", "id"), Index("entry")]))

private let handovers: SchemaStep = .createTable(
    Table(
        "duty_handovers",
        columns: [
            Column("group_id", .integer, required: true), Column("shift_title", .text, required: true), Column("from_at", .integer, required: true),
            Column("until_at", .integer, required: true),
            Column("alarms", .text, required: true), Column("figures", .text, required: true), Column("inspection", .text, required: true), Column("focus", .text, required: true),
            Column("checks", .text, required: true), Column("given_by", .integer, required: true), Column("given_by_name", .text, required: true),
            Column("given_at", .integer, required: true),
            Column("taken_by", .integer), Column("taken_by_name", .text), Column("taken_at", .integer), Column("remark", .text),
        ], indexes: [Index("group_id", "id")]))

private let calls: SchemaStep = .createTable(
    Table(
        "duty_calls",
        columns: [
            Column("group_id", .integer, required: true), Column("user_id", .integer, required: true), Column("name", .text, required: true),
            Column("called_at", .integer, required: true),
            Column("due_at", .integer, required: true), Column("answered_at", .integer), Column("state", .text, required: true), Column("note", .text),
            Column("by_name", .text, required: true),
        ], indexes: [Index("group_id", "id"), Index("user_id", "state"), Index("due_at", where: "state = 'waiting'")]))

private let log: SchemaStep = .createTable(
    Table(
        "duty_log",
        columns: [
            Column("group_id", .integer, required: true), Column("at", .integer, required: true), Column("by_id", .integer, required: true),
            Column("by_name", .text, required: true),
            Column("kind", .text, required: true), Column("text", .text, required: true),
        ], indexes: [Index("group_id", "id")]))
