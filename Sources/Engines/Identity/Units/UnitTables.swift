import Storage

/// Trees of units, who has which post in them, and what happened to them.
enum UnitTables {
    static let all: [Table] = [units, members, postRoles, changes]

    static let units = Table(
        "units",
        columns: [
            Column("tree", .text, required: true), Column("parent", .integer), Column("org", .integer, required: true), Column("area", .text, required: true),
            Column("code", .text, required: true), Column("name", .text, required: true), Column("path", .text, required: true), Column("depth", .integer, required: true),
            Column("rank", .integer, required: true), Column("state", .text, required: true), Column("successor", .integer), Column("created_at", .integer, required: true),
            Column("updated_at", .integer, required: true),
        ],
        indexes: [Index("tree", "code", unique: true), Index("parent", "rank", "id"), Index("tree", "depth", "rank", "id"), Index("path"), Index("org", "id"), Index("area", "id")])

    static let members = Table(
        "unit_members", key: ["unit_id", "user_id"],
        columns: [
            Column("unit_id", .integer, required: true), Column("user_id", .integer, required: true), Column("post", .text, required: true),
            Column("is_active", .integer, required: true),
            Column("since", .integer, required: true), Column("standing", .text, required: true, fallback: .text("regular")),
        ],
        indexes: [Index("user_id")], isClustered: true)

    /// What a post lets its holder do; a post without roles names a task and gives nothing.
    static let postRoles = Table(
        "unit_post_roles", key: ["unit_id", "user_id", "role_id"],
        columns: [Column("unit_id", .integer, required: true), Column("user_id", .integer, required: true), Column("role_id", .integer, required: true)],
        indexes: [Index("user_id"), Index("role_id")], isClustered: true)

    static let changes = Table(
        "unit_changes",
        columns: [
            Column("at", .integer, required: true), Column("unit_id", .integer, required: true), Column("unit_name", .text, required: true), Column("kind", .text, required: true),
            Column("before_text", .text, required: true), Column("after_text", .text, required: true), Column("nodes", .integer, required: true),
            Column("members", .integer, required: true), Column("by_id", .integer, required: true), Column("by_name", .text, required: true),
        ],
        indexes: [Index("unit_id", "id")])
}
