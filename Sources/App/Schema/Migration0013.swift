import Storage

/// Delegations, turns and sub-flows; shipped, never changes.
let migration0013 = Migration(
    "0013-work",
    [
        .addColumn(table: "workflow_cases", Column("parent_step", .integer)), .createIndex(table: "workflow_cases", Index("parent_step", where: "parent_step IS NOT NULL")),
        .addColumn(table: "workflow_items", Column("stands_for", .integer)), .addColumn(table: "workflow_items", Column("delegation", .integer)),
        .createIndex(table: "workflow_items", Index("delegation", where: "delegation IS NOT NULL")), delegations, turns,
    ])

private let delegations: SchemaStep = .createTable(
    Table(
        "workflow_delegations",
        columns: [
            Column("user_id", .integer, required: true), Column("user_name", .text, required: true), Column("to_id", .integer, required: true),
            Column("to_name", .text, required: true),
            Column("workflow", .text), Column("from_at", .integer, required: true), Column("until_at", .integer, required: true), Column("note", .text, required: true),
            Column("state", .text, required: true), Column("at", .integer, required: true),
        ],
        indexes: [Index("user_id", "id"), Index("to_id", "id"), Index("state", "from_at")]))

private let turns: SchemaStep = .createTable(
    Table(
        "workflow_turns", key: ["workflow", "step", "user_id"],
        columns: [
            Column("workflow", .text, required: true), Column("step", .text, required: true), Column("user_id", .integer, required: true), Column("turn", .integer, required: true),
        ], isClustered: true))
