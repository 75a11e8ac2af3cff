import Storage

/// Rules people write themselves; shipped, never changes.
let migration0025 = Migration(
    "0025-own-rules",
    [
        .createTable(
            Table(
                "own_rule",
                columns: [
                    Column("stream", .text, required: true),
                    Column("state", .text, required: true),
                    Column("draft", .text, required: true),
                    Column("live", .text),
                    Column("version", .integer, required: true, fallback: .int(0)),
                    Column("areas", .text, required: true),
                    Column("judged_to", .integer, required: true, fallback: .int(0)),
                    Column("fault", .text),
                    Column("faults", .integer, required: true, fallback: .int(0)),
                    Column("hits", .integer, required: true, fallback: .int(0)),
                    Column("updated_at", .integer, required: true),
                    Column("updated_by", .text, required: true),
                ], indexes: [Index("state")])),
        .createTable(
            Table(
                "own_rule_version", key: ["rule", "version"],
                columns: [
                    Column("rule", .integer, required: true),
                    Column("version", .integer, required: true),
                    Column("body", .text, required: true),
                    Column("note", .text, required: true),
                    Column("at", .integer, required: true),
                    Column("by_name", .text, required: true),
                ], isClustered: true)),
    ])
