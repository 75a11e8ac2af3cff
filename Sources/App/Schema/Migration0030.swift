import Storage

/// Answers of enterprises and series of points beside alarms (D9.7.4, D9.7.5), kept versions of drawings (D9.8.1); shipped, never changes.
let migration0030 = Migration(
    "0030-alarm-answers",
    [
        .addColumn(table: "alarms", Column("answer_due_at", .integer)),
        .addColumn(table: "alarms", Column("answer_asked", .integer, required: true, fallback: .int(0))),
        .createIndex(table: "alarms", Index("answer_due_at", where: "answer_due_at IS NOT NULL")),
        .createTable(
            Table(
                "alarm_answers",
                columns: [
                    Column("alarm", .integer, required: true),
                    Column("at", .integer, required: true),
                    Column("by_id", .integer, required: true),
                    Column("by_name", .text, required: true),
                    Column("contact", .text, required: true),
                    Column("cause", .text, required: true),
                    Column("measure", .text, required: true),
                    Column("is_recovered", .integer, required: true),
                    Column("photos", .integer, required: true, fallback: .int(0)),
                    Column("told_at", .integer),
                ], indexes: [Index("alarm", "id"), Index("id", where: "told_at IS NULL")])),
        .createTable(
            Table(
                "alarm_points", key: ["org", "subject"],
                columns: [
                    Column("org", .integer, required: true),
                    Column("subject", .text, required: true),
                    Column("area", .text),
                    Column("unit", .text, required: true),
                    Column("high", .real),
                    Column("low", .real),
                    Column("last_at", .integer, required: true),
                ], isClustered: true)),
        .createTable(
            Table(
                "alarm_readings", key: ["org", "subject", "at"],
                columns: [
                    Column("org", .integer, required: true),
                    Column("subject", .text, required: true),
                    Column("at", .integer, required: true),
                    Column("value", .real, required: true),
                ], isClustered: true)),
        .createTable(
            Table(
                "report_item_versions", key: ["item", "version"],
                columns: [
                    Column("item", .integer, required: true),
                    Column("version", .integer, required: true),
                    Column("title", .text, required: true),
                    Column("body", .text, required: true),
                    Column("note", .text, required: true),
                    Column("at", .integer, required: true),
                    Column("by_name", .text, required: true),
                ], isClustered: true)),
    ])
