import Storage

/// Logs of other machines (D17.3.6); shipped, never changes.
let migration0040 = Migration("0040-logs", [lines, sources, rules, counts, refused, settings].map(SchemaStep.createTable))

private let lines = Table(
    "log_lines",
    columns: [
        Column("at", .integer, required: true), Column("received_at", .integer, required: true), Column("source", .integer, required: true),
        Column("address", .text, required: true),
        Column("way", .text, required: true), Column("facility", .integer, required: true), Column("severity", .integer, required: true), Column("host", .text, required: true),
        Column("app", .text, required: true), Column("text", .text, required: true), Column("raw", .text, required: true),
        Column("rule", .integer, required: true, fallback: .int(0)),
        Column("event", .integer, required: true, fallback: .int(0)), Column("src_address", .text), Column("dst_address", .text), Column("account", .text), Column("act", .text),
        Column("object", .text), Column("result", .text), Column("threat", .text), Column("fields", .text),
    ],
    indexes: [
        Index("at", "id"), Index("source", "at"), Index("src_address", "at", where: "src_address IS NOT NULL"), Index("received_at"), Index("event", "id", where: "event = 1"),
    ],
    partitionedBy: "at")

private let sources = Table(
    "log_sources",
    columns: [
        Column("name", .text, required: true), Column("address", .text, required: true), Column("kind", .text, required: true), Column("state", .text, required: true),
        Column("note", .text, required: true), Column("received", .integer, required: true, fallback: .int(0)), Column("last_at", .integer),
        Column("updated_at", .integer, required: true), Column("updated_by", .text, required: true),
    ], indexes: [Index("address", unique: true)])

private let rules = Table(
    "log_rules",
    columns: [
        Column("title", .text, required: true), Column("position", .integer, required: true), Column("state", .text, required: true), Column("source", .integer, required: true),
        Column("body", .text, required: true), Column("hits", .integer, required: true, fallback: .int(0)), Column("updated_at", .integer, required: true),
        Column("updated_by", .text, required: true),
    ], indexes: [Index("position", "id")])

private let counts = Table(
    "log_counts", key: ["day", "hour", "source", "severity"],
    columns: [
        Column("day", .integer, required: true), Column("hour", .integer, required: true), Column("source", .integer, required: true), Column("severity", .integer, required: true),
        Column("lines", .integer, required: true),
    ], isClustered: true)

private let refused = Table(
    "log_refused", key: ["day", "address", "reason"],
    columns: [
        Column("day", .integer, required: true), Column("address", .text, required: true), Column("reason", .text, required: true), Column("lines", .integer, required: true),
        Column("first_at", .integer, required: true), Column("last_at", .integer, required: true), Column("sample", .text, required: true),
    ], isClustered: true)

private let settings = Table(
    "log_settings", key: ["name"],
    columns: [
        Column("name", .text, required: true), Column("value", .text, required: true), Column("updated_at", .integer, required: true), Column("updated_by", .text, required: true),
    ], isClustered: true)
