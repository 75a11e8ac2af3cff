import Storage

/// Groups of people and the codes by which imported accounts come to life.
enum GroupTables {
    static let all: [Table] = [groups, members, roles, activations]

    static let groups = Table(
        "user_groups",
        columns: [
            Column("name", .text, required: true), Column("note", .text, required: true), Column("organisation", .integer, required: true), Column("area", .text, required: true),
            Column("updated_at", .integer, required: true), Column("updated_by_name", .text, required: true),
        ], indexes: [Index("organisation", "name", unique: true)])

    static let members = Table(
        "user_group_members", key: ["group_id", "user_id"],
        columns: [
            Column("group_id", .integer, required: true), Column("user_id", .integer, required: true), Column("since", .integer, required: true),
            Column("by_name", .text, required: true),
        ], indexes: [Index("user_id")], isClustered: true)

    static let roles = Table(
        "user_group_roles", key: ["group_id", "role_id"], columns: [Column("group_id", .integer, required: true), Column("role_id", .integer, required: true)],
        indexes: [Index("role_id")], isClustered: true)

    /// One row is one account that nobody has used yet; the code is known by its SHA-256.
    static let activations = Table(
        "user_activations", key: ["user_id"],
        columns: [
            Column("user_id", .integer, required: true), Column("code_hash", .blob, required: true), Column("expires_at", .integer, required: true),
            Column("by_name", .text, required: true),
        ], isClustered: true)
}
