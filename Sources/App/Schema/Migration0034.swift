import Storage

/// Groups of people and accounts by the sheet (D9.2.2, D17.1.1); shipped, never changes.
let migration0034 = Migration(
    "0034-user-groups",
    [
        .addColumn(table: "user_roles", Column("is_direct", .integer, required: true, fallback: .int(1))),
        .createTable(
            Table(
                "user_groups",
                columns: [
                    Column("name", .text, required: true), Column("note", .text, required: true), Column("organisation", .integer, required: true),
                    Column("area", .text, required: true), Column("updated_at", .integer, required: true), Column("updated_by_name", .text, required: true),
                ], indexes: [Index("organisation", "name", unique: true)])),
        .createTable(
            Table(
                "user_group_members", key: ["group_id", "user_id"],
                columns: [
                    Column("group_id", .integer, required: true), Column("user_id", .integer, required: true), Column("since", .integer, required: true),
                    Column("by_name", .text, required: true),
                ], indexes: [Index("user_id")], isClustered: true)),
        .createTable(
            Table(
                "user_group_roles", key: ["group_id", "role_id"],
                columns: [Column("group_id", .integer, required: true), Column("role_id", .integer, required: true)], indexes: [Index("role_id")], isClustered: true)),
        .createTable(
            Table(
                "user_activations", key: ["user_id"],
                columns: [
                    Column("user_id", .integer, required: true), Column("code_hash", .blob, required: true), Column("expires_at", .integer, required: true),
                    Column("by_name", .text, required: true),
                ], isClustered: true)),
    ])
