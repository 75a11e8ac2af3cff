import Storage

/// Grading schemes, push rules, suppression, follow-up records; shipped, never changes.
let migration0010 = Migration(
    "0010-alarms", alarmColumns + [figures, backfill, taken, .dropTable("alarm_in_time"), schemes, pushRules, pushes, suppressions, suppressed, followUps])

private let alarmColumns: [SchemaStep] = [
    .addColumn(table: "alarms", Column("traits", .text)), .addColumn(table: "alarms", Column("levels", .text)),
    .addColumn(table: "alarms", Column("urgency", .integer, required: true, fallback: .int(4))), .addColumn(table: "alarms", Column("false_class", .text)),
    .addColumn(table: "alarms", Column("recheck_at", .integer)), .addColumn(table: "alarms", Column("recovered_at", .integer)),
    .createIndex(table: "alarms", Index("recheck_at", where: "recheck_at IS NOT NULL")), .createIndex(table: "alarms", Index("urgency", "occurred_at", where: "closed_at IS NULL")),
    .addColumn(table: "alarm_daily", Column("in_time", .integer, required: true, fallback: .int(0))),
    .addColumn(table: "alarm_daily", Column("false_alarms", .integer, required: true, fallback: .int(0))), .run("UPDATE alarms SET urgency = 5 - grade"),
]

/// What was taken up in time before there was a column for it.
private let figures: SchemaStep = .createTable(
    Table(
        "alarm_in_time", key: ["day", "kind", "grade", "org", "area"],
        columns: [
            Column("day", .integer, required: true), Column("kind", .text, required: true), Column("grade", .integer, required: true), Column("org", .integer, required: true),
            Column("area", .text, required: true), Column("n", .integer, required: true),
        ], isClustered: true))

private let backfill: SchemaStep = .run(
    """
    INSERT INTO alarm_in_time (day, kind, grade, org, area, n) SELECT day, kind, grade, COALESCE(org, 0), COALESCE(area, ''), COUNT(*) FROM alarms \
    WHERE responded_at IS NOT NULL AND (due_at IS NULL OR responded_at <= due_at) GROUP BY day, kind, grade, COALESCE(org, 0), COALESCE(area, '')
    """)

private let taken: SchemaStep = .run(
    """
    UPDATE alarm_daily SET in_time = COALESCE((SELECT n FROM alarm_in_time t WHERE t.day = alarm_daily.day AND t.kind = alarm_daily.kind AND t.grade = alarm_daily.grade \
    AND t.org = alarm_daily.org AND t.area = alarm_daily.area), 0)
    """)

private let schemes: SchemaStep = .createTable(
    Table(
        "alarm_schemes",
        columns: [
            Column("name", .text, required: true), Column("version", .integer, required: true), Column("body", .text, required: true), Column("note", .text, required: true),
            Column("at", .integer, required: true), Column("by_name", .text, required: true),
        ], indexes: [Index("name", "version", unique: true)]))

private let pushRules: SchemaStep = .createTable(
    Table(
        "alarm_push_rules",
        columns: [
            Column("name", .text, required: true), Column("position", .integer, required: true), Column("body", .text, required: true), Column("at", .integer, required: true),
            Column("by_name", .text, required: true),
        ], indexes: [Index("name", unique: true)]))

private let pushes: SchemaStep = .createTable(
    Table(
        "alarm_pushes",
        columns: [
            Column("alarm", .integer, required: true), Column("rule", .integer, required: true), Column("title", .text, required: true), Column("due_at", .integer),
            Column("sent", .integer, required: true, fallback: .int(0)), Column("receivers", .integer, required: true, fallback: .int(0)), Column("last_at", .integer),
            Column("ended", .text),
        ], indexes: [Index("alarm"), Index("due_at", where: "due_at IS NOT NULL")]))

private let suppressions: SchemaStep = .createTable(
    Table(
        "alarm_suppressions",
        columns: [
            Column("title", .text, required: true), Column("reason", .text, required: true), Column("org", .integer), Column("org_name", .text, required: true),
            Column("area", .text), Column("kinds", .text, required: true), Column("subject", .text, required: true), Column("from_at", .integer, required: true),
            Column("until_at", .integer, required: true), Column("text", .text, required: true), Column("state", .text, required: true),
            Column("asked_by", .integer, required: true),
            Column("asked_by_name", .text, required: true), Column("asked_at", .integer, required: true), Column("decided_by", .integer), Column("decided_by_name", .text),
            Column("decided_at", .integer), Column("opinion", .text), Column("held", .integer, required: true, fallback: .int(0)), Column("held_last_at", .integer),
        ], indexes: [Index("state", "until_at"), Index("org", "id"), Index("area", "id")]))

private let suppressed: SchemaStep = .createTable(
    Table(
        "alarm_suppressed", key: ["suppression", "kind", "subject"],
        columns: [
            Column("suppression", .integer, required: true), Column("kind", .text, required: true), Column("subject", .text, required: true),
            Column("title", .text, required: true),
            Column("times", .integer, required: true), Column("first_at", .integer, required: true), Column("last_at", .integer, required: true),
        ], isClustered: true))

private let followUps: SchemaStep = .createTable(
    Table(
        "alarm_follow_ups",
        columns: [
            Column("alarm", .integer, required: true), Column("at", .integer, required: true), Column("by_id", .integer, required: true), Column("by_name", .text, required: true),
            Column("way", .text, required: true), Column("contact", .text, required: true), Column("finding", .text, required: true), Column("cause", .text, required: true),
            Column("measure", .text, required: true), Column("is_recovered", .integer, required: true),
        ], indexes: [Index("alarm", "id")]))
