import Storage

/// What waits, and waited, for a second person.
enum DualTables {
    static let all: [Table] = [approvals, votes]

    /// One row is one request that was held back; `content` is its form, sealed; `digest` binds the approval to exactly this request.
    static let approvals = Table(
        "dual_approvals",
        columns: [
            Column("act", .text, required: true), Column("method", .text, required: true), Column("path", .text, required: true), Column("content", .text, required: true),
            Column("digest", .blob, required: true), Column("user_id", .integer, required: true), Column("user_name", .text, required: true), Column("org", .integer),
            Column("area", .text), Column("reason", .text), Column("state", .text, required: true), Column("needed", .integer, required: true),
            Column("created_at", .integer, required: true), Column("expires_at", .integer, required: true), Column("decided_at", .integer), Column("used_at", .integer),
        ],
        indexes: [Index("user_id", "id"), Index("state", "id"), Index("area", "id"), Index("org", "id")])

    /// One row is what one other person said.
    static let votes = Table(
        "dual_votes", key: ["approval", "user_id"],
        columns: [
            Column("approval", .integer, required: true), Column("user_id", .integer, required: true), Column("user_name", .text, required: true),
            Column("agrees", .integer, required: true), Column("note", .text), Column("at", .integer, required: true),
        ], isClustered: true)
}
