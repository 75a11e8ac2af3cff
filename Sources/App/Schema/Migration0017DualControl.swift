import Storage

/// Acts that wait for a second person (D17.2.4); shipped, never changes.
let migration0017DualControl = Migration("0017b-dual-control", [approvals, votes])

private let approvals: SchemaStep = .createTable(
    Table(
        "dual_approvals",
        columns: [
            Column("act", .text, required: true), Column("method", .text, required: true), Column("path", .text, required: true), Column("content", .text, required: true),
            Column("digest", .blob, required: true), Column("user_id", .integer, required: true), Column("user_name", .text, required: true), Column("org", .integer),
            Column("area", .text), Column("reason", .text), Column("state", .text, required: true), Column("needed", .integer, required: true),
            Column("created_at", .integer, required: true), Column("expires_at", .integer, required: true), Column("decided_at", .integer), Column("used_at", .integer),
        ],
        indexes: [Index("user_id", "id"), Index("state", "id"), Index("area", "id"), Index("org", "id")]))

private let votes: SchemaStep = .createTable(
    Table(
        "dual_votes", key: ["approval", "user_id"],
        columns: [
            Column("approval", .integer, required: true), Column("user_id", .integer, required: true), Column("user_name", .text, required: true),
            Column("agrees", .integer, required: true), Column("note", .text), Column("at", .integer, required: true),
        ], isClustered: true))
