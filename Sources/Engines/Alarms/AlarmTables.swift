import Kernel
import Storage

/// The tables of this engine, as migrations must arrive at them.
package enum AlarmTables {
    package static let all: [Table] =
        [alarms, events, evidence, awaited, awaitedClips, daily, numbers, schemes, pushRules, pushes, suppressions, suppressed, followUps, answers, points, readings]
        + ExpiryTables.all

    /// One row is one alarm. `accepts_repeats` is 1 while a repeat may still count on it, otherwise NULL, so that the merge look-up reads a small partial index.
    static let alarms = Table(
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
            Column("traits", .text),
            Column("levels", .text),
            Column("urgency", .integer, required: true, fallback: .int(4)),
            Column("false_class", .text),
            Column("recheck_at", .integer),
            Column("recovered_at", .integer),
            Column("answer_due_at", .integer),
            Column("answer_asked", .integer, required: true, fallback: .int(0)),
            Column("held_over_at", .integer),
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
            Index("recheck_at", where: "recheck_at IS NOT NULL"),
            Index("answer_due_at", where: "answer_due_at IS NOT NULL"),
            Index("urgency", "occurred_at", where: "closed_at IS NULL"),
        ])

    /// One row is one entry of an alarm's timeline; never changed.
    static let events = Table(
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
        indexes: [Index("alarm", "id")])

    /// One row is one piece of evidence, in the order of the chain (`seq` from 1). Never changed, never removed.
    static let evidence = Table(
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
        indexes: [Index("alarm", "seq", unique: true), Index("sha256")])

    /// One row is one picture that an alarm waits for.
    static let awaited = Table(
        "alarm_awaited_photos", key: ["sha256", "alarm"],
        columns: [
            Column("sha256", .text, required: true),
            Column("alarm", .integer, required: true),
            Column("title", .text, required: true),
            Column("occurrence", .integer, required: true),
            Column("since", .integer, required: true),
        ],
        indexes: [Index("alarm")], isClustered: true)

    /// One row is one object whose recordings may still join an alarm.
    static let awaitedClips = Table(
        "alarm_awaited_clips", key: ["reference", "alarm"],
        columns: [
            Column("reference", .text, required: true), Column("alarm", .integer, required: true), Column("occurrence", .integer, required: true),
            Column("since", .integer, required: true),
        ], isClustered: true)

    /// One row counts the alarms of one day of occurrence, kind, grade, organisation (0: none) and area (empty: none), written in the same transaction as the alarms.
    static let daily = Table(
        "alarm_daily", key: ["day", "kind", "grade", "org", "area"],
        columns: [
            Column("day", .integer, required: true),
            Column("kind", .text, required: true),
            Column("grade", .integer, required: true),
            Column("org", .integer, required: true),
            Column("area", .text, required: true),
        ] + AlarmCounts.columns.map { Column($0, .integer, required: true, fallback: .int(0)) },
        indexes: [Index("org", "day"), Index("area", "day")], isClustered: true)

    /// One row is one version of a grading scheme; the newest counts.
    static let schemes = Table(
        "alarm_schemes",
        columns: [
            Column("name", .text, required: true), Column("version", .integer, required: true), Column("body", .text, required: true), Column("note", .text, required: true),
            Column("at", .integer, required: true), Column("by_name", .text, required: true),
        ], indexes: [Index("name", "version", unique: true)])

    /// One row is one rule of who is told of an alarm, when and how often.
    static let pushRules = Table(
        "alarm_push_rules",
        columns: [
            Column("name", .text, required: true), Column("position", .integer, required: true), Column("body", .text, required: true), Column("at", .integer, required: true),
            Column("by_name", .text, required: true),
        ], indexes: [Index("name", unique: true)])

    /// One row is one rule at work on one alarm: `due_at` is the next push, empty when none follows.
    static let pushes = Table(
        "alarm_pushes",
        columns: [
            Column("alarm", .integer, required: true), Column("rule", .integer, required: true), Column("title", .text, required: true), Column("due_at", .integer),
            Column("sent", .integer, required: true, fallback: .int(0)), Column("receivers", .integer, required: true, fallback: .int(0)), Column("last_at", .integer),
            Column("ended", .text),
        ], indexes: [Index("alarm"), Index("due_at", where: "due_at IS NOT NULL")])

    /// One row is one window in which alarms of an object are held back.
    static let suppressions = Table(
        "alarm_suppressions",
        columns: [
            Column("title", .text, required: true), Column("reason", .text, required: true), Column("org", .integer), Column("org_name", .text, required: true),
            Column("area", .text), Column("kinds", .text, required: true), Column("subject", .text, required: true), Column("from_at", .integer, required: true),
            Column("until_at", .integer, required: true), Column("text", .text, required: true), Column("state", .text, required: true),
            Column("asked_by", .integer, required: true),
            Column("asked_by_name", .text, required: true), Column("asked_at", .integer, required: true), Column("decided_by", .integer), Column("decided_by_name", .text),
            Column("decided_at", .integer), Column("opinion", .text), Column("held", .integer, required: true, fallback: .int(0)), Column("held_last_at", .integer),
        ], indexes: [Index("state", "until_at"), Index("org", "id"), Index("area", "id")])

    /// One row counts what one window held back of one kind and subject; beyond a thousand subjects the rest counts on `*`.
    static let suppressed = Table(
        "alarm_suppressed", key: ["suppression", "kind", "subject"],
        columns: [
            Column("suppression", .integer, required: true), Column("kind", .text, required: true), Column("subject", .text, required: true),
            Column("title", .text, required: true),
            Column("times", .integer, required: true), Column("first_at", .integer, required: true), Column("last_at", .integer, required: true),
        ], isClustered: true)

    /// One row is what was found when somebody asked after an alarm; never changed.
    static let followUps = Table(
        "alarm_follow_ups",
        columns: [
            Column("alarm", .integer, required: true), Column("at", .integer, required: true), Column("by_id", .integer, required: true), Column("by_name", .text, required: true),
            Column("way", .text, required: true), Column("contact", .text, required: true), Column("finding", .text, required: true), Column("cause", .text, required: true),
            Column("measure", .text, required: true), Column("is_recovered", .integer, required: true),
        ], indexes: [Index("alarm", "id")])

    /// One row is what an enterprise said of an alarm of its own; `told_at` is empty until whoever handles the alarm knows of it.
    static let answers = Table(
        "alarm_answers",
        columns: [
            Column("alarm", .integer, required: true), Column("at", .integer, required: true), Column("by_id", .integer, required: true), Column("by_name", .text, required: true),
            Column("contact", .text, required: true), Column("cause", .text, required: true), Column("measure", .text, required: true),
            Column("is_recovered", .integer, required: true), Column("photos", .integer, required: true, fallback: .int(0)), Column("told_at", .integer),
        ], indexes: [Index("alarm", "id"), Index("id", where: "told_at IS NULL")])

    /// One row is a point whose values come as a series; organisation 0 belongs to none.
    static let points = Table(
        "alarm_points", key: ["org", "subject"],
        columns: [
            Column("org", .integer, required: true), Column("subject", .text, required: true), Column("area", .text), Column("unit", .text, required: true), Column("high", .real),
            Column("low", .real), Column("last_at", .integer, required: true),
        ], isClustered: true)

    /// One row is one value of a point; the latest thousand of each are kept.
    static let readings = Table(
        "alarm_readings", key: ["org", "subject", "at"],
        columns: [
            Column("org", .integer, required: true), Column("subject", .text, required: true), Column("at", .integer, required: true), Column("value", .real, required: true),
        ], isClustered: true)

    /// The last number given on each business day.
    static let numbers = Table("alarm_numbers", key: ["day"], columns: [Column("day", .integer, required: true), Column("last", .integer, required: true)], isClustered: true)
}
