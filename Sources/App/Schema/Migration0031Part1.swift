import Storage

/// Part 1 of migration 0031; shipped, never changes.
let migration0031Part1: [SchemaStep] = [step1, step2, step3, step4, step5, step6, step7, step8, step9, step10, step11, step12]

private let step1: SchemaStep = .createTable(
    Table(
        "road_task",
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
            Column("source", .integer),
            Column("road", .integer),
            Column("chief", .integer),
            Column("deadline", .integer),
            Column("requirement", .text),
            Column("description", .text),
            Column("materials", .text),
            Column("number", .text),
            Column("state", .text),
            Column("extended_to", .integer),
            Column("first_feedback_at", .integer),
            Column("feedback_at", .integer),
            Column("handled_at", .integer),
            Column("place", .text),
            Column("inspectors", .text),
            Column("result", .text),
            Column("late_reason", .text),
            Column("failed_at", .integer),
            Column("failed_times", .integer),
            Column("closed_at", .integer),
            Column("overdue_waived", .integer),
            Column("failure_waived", .integer),
        ],
        indexes: [
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("name", "id", where: "deleted_at IS NULL"),
            Index("deadline", "id", where: "deleted_at IS NULL"),
            Index("feedback_at", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step2: SchemaStep = .createTable(
    Table(
        "road_problem",
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
            Column("category", .integer),
            Column("source", .integer),
            Column("road", .integer),
            Column("found_at", .integer),
            Column("place", .text),
            Column("location_lng", .real),
            Column("location_lat", .real),
            Column("photos", .text),
            Column("description", .text),
            Column("number", .text),
            Column("reporter", .text),
            Column("chief", .integer),
            Column("state", .text),
            Column("handled_at", .integer),
            Column("handling", .text),
        ],
        indexes: [
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("name", "id", where: "deleted_at IS NULL"),
            Index("found_at", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step3: SchemaStep = .createTable(
    Table(
        "road_emergency",
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
            Column("road", .integer),
            Column("happened_at", .integer),
            Column("place", .text),
            Column("location_lng", .real),
            Column("location_lat", .real),
            Column("photos", .text),
            Column("process", .text),
            Column("result", .text),
            Column("number", .text),
            Column("reporter", .text),
            Column("chief", .integer),
            Column("reported_at", .integer),
            Column("delay", .integer),
            Column("is_late", .integer),
            Column("state", .text),
            Column("late_waived", .integer),
        ],
        indexes: [
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("name", "id", where: "deleted_at IS NULL"),
            Index("happened_at", "id", where: "deleted_at IS NULL"),
            Index("reported_at", "id", where: "deleted_at IS NULL"),
            Index("delay", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step4: SchemaStep = .createTable(
    Table(
        "road_appeal",
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
            Column("about", .text),
            Column("task", .integer),
            Column("emergency", .integer),
            Column("reason", .text),
            Column("evidence", .text),
            Column("number", .text),
            Column("appellant", .text),
            Column("state", .text),
            Column("decided_at", .integer),
        ],
        indexes: [
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("decided_at", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step5: SchemaStep = .createTable(
    Table(
        "bonus_item",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("kind", .text),
            Column("name", .text),
            Column("media_level", .text),
            Column("media", .text),
            Column("used_on", .integer),
            Column("description", .text),
            Column("benefit", .text),
            Column("photos", .text),
            Column("number", .text),
            Column("applicant", .text),
            Column("state", .text),
            Column("decided_at", .integer),
        ],
        indexes: [
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("name", "id", where: "deleted_at IS NULL"),
            Index("used_on", "id", where: "deleted_at IS NULL"),
            Index("decided_at", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step6: SchemaStep = .createTable(
    Table(
        "patrol_round",
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
            Column("starts_on", .integer),
            Column("ends_on", .integer),
            Column("content", .text),
            Column("month", .integer),
            Column("roads", .integer),
            Column("done", .integer),
        ],
        indexes: [
            Index("org", "starts_on", "id", where: "deleted_at IS NULL"),
            Index("area", "starts_on", "id", where: "deleted_at IS NULL"),
            Index("starts_on", "id", where: "deleted_at IS NULL"),
            Index("ends_on", "id", where: "deleted_at IS NULL"),
            Index("month", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step7: SchemaStep = .createTable(
    Table(
        "road_patrol",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("round", .integer),
            Column("road", .integer),
            Column("chief", .integer),
            Column("state", .text),
            Column("month", .integer),
            Column("started_at", .integer),
            Column("ended_at", .integer),
            Column("start_place_lng", .real),
            Column("start_place_lat", .real),
            Column("end_place_lng", .real),
            Column("end_place_lat", .real),
            Column("walked_length", .real),
            Column("walker", .text),
            Column("walker_id", .integer),
            Column("content", .text),
        ],
        indexes: [
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("round", "id", where: "deleted_at IS NULL"),
            Index("road", "id", where: "deleted_at IS NULL"),
            Index("month", "id", where: "deleted_at IS NULL"),
            Index("started_at", "id", where: "deleted_at IS NULL"),
            Index("ended_at", "id", where: "deleted_at IS NULL"),
            Index("walked_length", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step8: SchemaStep = .createTable(
    Table(
        "daily_appraisal",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("day", .integer),
            Column("rule", .integer),
            Column("points", .real),
            Column("note", .text),
        ],
        indexes: [
            Index("org", "id", where: "deleted_at IS NULL"),
            Index("area", "id", where: "deleted_at IS NULL"),
            Index("day", "id", where: "deleted_at IS NULL"),
            Index("points", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step9: SchemaStep = .createTable(
    Table(
        "road_score",
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
            Column("month", .integer),
            Column("rank", .integer),
            Column("total", .real),
            Column("base", .real),
            Column("daily", .real),
            Column("business", .real),
            Column("emergency", .real),
            Column("bonus", .real),
            Column("refund", .real),
            Column("rounds", .integer),
            Column("missed", .integer),
            Column("published_at", .integer),
            Column("publisher", .text),
        ],
        indexes: [
            Index("org", "month", unique: true, where: "deleted_at IS NULL"),
            Index("org", "month", "rank", "id", where: "deleted_at IS NULL"),
            Index("area", "month", "rank", "id", where: "deleted_at IS NULL"),
            Index("month", "rank", "id", where: "deleted_at IS NULL"),
            Index("month", "id", where: "deleted_at IS NULL"),
            Index("rank", "id", where: "deleted_at IS NULL"),
            Index("total", "id", where: "deleted_at IS NULL"),
            Index("published_at", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step10: SchemaStep = .createTable(
    Table(
        "road_score_line",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("score", .integer),
            Column("month", .integer),
            Column("section", .text),
            Column("cause", .text),
            Column("title", .text),
            Column("points", .real),
            Column("is_withdrawn", .integer),
            Column("why", .text),
            Column("subject_kind", .text),
            Column("subject_id", .integer),
        ],
        indexes: [
            Index("org", "month", "id", where: "deleted_at IS NULL"),
            Index("area", "month", "id", where: "deleted_at IS NULL"),
            Index("month", "id", where: "deleted_at IS NULL"),
            Index("score", "id", where: "deleted_at IS NULL"),
            Index("points", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step11: SchemaStep = .createTable(
    Table(
        "road",
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
            Column("segment", .text),
            Column("patrol_length", .real),
            Column("start_point", .text),
            Column("end_point", .text),
            Column("chief", .integer),
            Column("is_patrolled", .integer),
            Column("description", .text),
            Column("line", .text),
        ],
        indexes: [
            Index("code", unique: true, where: "deleted_at IS NULL"),
            Index("org", "code", "id", where: "deleted_at IS NULL"),
            Index("area", "code", "id", where: "deleted_at IS NULL"),
            Index("name", "id", where: "deleted_at IS NULL"),
            Index("patrol_length", "id", where: "deleted_at IS NULL"),
        ]
    ))

private let step12: SchemaStep = .createTable(
    Table(
        "road_chief",
        columns: [
            Column("org", .integer),
            Column("area", .text),
            Column("version", .integer, required: true, fallback: .int(1)),
            Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
            Column("level", .text),
            Column("code", .text),
            Column("name", .text),
            Column("post", .text),
            Column("phone", .text),
            Column("office_phone", .text),
            Column("superior", .integer),
            Column("portrait", .text),
            Column("login", .text),
            Column("description", .text),
        ],
        indexes: [
            Index("code", unique: true, where: "deleted_at IS NULL"),
            Index("org", "level", "code", "id", where: "deleted_at IS NULL"),
            Index("area", "level", "code", "id", where: "deleted_at IS NULL"),
            Index("level", "code", "id", where: "deleted_at IS NULL"),
            Index("level", "id", where: "deleted_at IS NULL"),
            Index("name", "id", where: "deleted_at IS NULL"),
        ]
    ))
