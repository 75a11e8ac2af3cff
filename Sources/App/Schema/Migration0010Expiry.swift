import Storage

/// Expiry warnings; shipped, never changes.
let migration0010Expiry = Migration("0010b-expiry", [rules, warnings])

private let rules: SchemaStep = .createTable(
    Table(
        "expiry_rules",
        columns: [Column("name", .text, required: true), Column("body", .text, required: true), Column("at", .integer, required: true), Column("by_name", .text, required: true)],
        indexes: [Index("name", unique: true)]))

private let warnings: SchemaStep = .createTable(
    Table(
        "expiry_warnings",
        columns: [
            Column("rule", .integer, required: true), Column("rule_title", .text, required: true), Column("ledger", .text, required: true),
            Column("record", .integer, required: true),
            Column("title", .text, required: true), Column("org", .integer), Column("org_name", .text, required: true), Column("area", .text),
            Column("due", .integer, required: true),
            Column("stage", .integer, required: true), Column("opened_at", .integer, required: true), Column("closed_at", .integer), Column("closed_by", .text),
        ],
        indexes: [
            Index("rule", "record", unique: true, where: "closed_at IS NULL"), Index("ledger", "record"), Index("due", where: "closed_at IS NULL"), Index("org", "id"),
            Index("area", "id"),
        ]))
