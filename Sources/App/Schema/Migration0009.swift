import Storage

/// What the running of the platform leaves: settings of operators, slow statements, backups; and on PostgreSQL the largest tables by month. Shipped, never changes.
let migration0009 = Migration(
    "0009-operations",
    [
        settings, slowStatements, backups, .partition(table: "audit", by: "at"), .partition(table: "record_history", by: "at"), .partition(table: "gate_pass", by: "passed_at"),
    ])

private let settings: SchemaStep = .createTable(
    Table(
        "operation_settings", key: ["name"],
        columns: [
            Column("name", .text, required: true), Column("value", .text, required: true), Column("at", .integer, required: true), Column("by_name", .text, required: true),
        ], isClustered: true))

private let slowStatements: SchemaStep = .createTable(
    Table(
        "slow_statements", key: ["digest"],
        columns: [
            Column("digest", .text, required: true), Column("statement", .text, required: true), Column("runs", .integer, required: true),
            Column("total_ms", .real, required: true),
            Column("worst_ms", .real, required: true), Column("rows", .integer, required: true), Column("first_at", .integer, required: true),
            Column("last_at", .integer, required: true),
            Column("node", .text, required: true), Column("plan", .text), Column("planned_at", .integer),
        ], indexes: [Index("last_at")], isClustered: true))

private let backups: SchemaStep = .createTable(
    Table(
        "backup_runs",
        columns: [
            Column("kind", .text, required: true), Column("state", .text, required: true), Column("folder", .text, required: true), Column("started_at", .integer, required: true),
            Column("ended_at", .integer), Column("bytes", .integer), Column("message", .text), Column("by_name", .text, required: true), Column("node", .text, required: true),
        ],
        indexes: [Index("kind", "id"), Index("state", where: "state = 'running'")]))
