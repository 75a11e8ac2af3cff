import Storage

/// Kinds of organisations, people behind accounts, posts (B5.2.2.1, D9.2.2, D16.1.2); shipped, never changes.
let migration0037 = Migration(
    "0037-people-and-posts",
    [
        .addColumn(table: "organisations", Column("category", .integer)),
        .createIndex(table: "organisations", Index("category", where: "category IS NOT NULL")),
        .addColumn(table: "users", Column("person", .integer)),
        .createIndex(table: "users", Index("person", where: "person IS NOT NULL")),
        .addColumn(table: "sessions", Column("unit_id", .integer)),
        .addColumn(table: "unit_members", Column("standing", .text, required: true, fallback: .text("regular"))),
        .createTable(
            Table(
                "unit_post_roles", key: ["unit_id", "user_id", "role_id"],
                columns: [Column("unit_id", .integer, required: true), Column("user_id", .integer, required: true), Column("role_id", .integer, required: true)],
                indexes: [Index("user_id"), Index("role_id")], isClustered: true)),
        .createTable(
            Table(
                "organisation_kinds",
                columns: [
                    Column("title", .text, required: true), Column("base", .text, required: true), Column("note", .text, required: true),
                    Column("rank", .integer, required: true), Column("state", .text, required: true), Column("updated_at", .integer, required: true),
                    Column("updated_by_name", .text, required: true),
                ], indexes: [Index("title", unique: true)])),
        .createTable(
            Table(
                "person_file",
                columns: [
                    Column("org", .integer), Column("area", .text), Column("version", .integer, required: true, fallback: .int(1)),
                    Column("created_at", .integer, required: true), Column("created_by", .integer, required: true, fallback: .int(0)),
                    Column("updated_at", .integer, required: true), Column("updated_by", .integer, required: true, fallback: .int(0)), Column("deleted_at", .integer),
                    Column("name", .text), Column("number", .text), Column("id_card", .text), Column("phone", .text), Column("department", .text), Column("post", .text),
                    Column("joined_on", .integer), Column("has_left", .integer), Column("left_on", .integer), Column("remark", .text),
                ],
                indexes: [
                    Index("id_card", unique: true, where: "deleted_at IS NULL"), Index("org", "id", where: "deleted_at IS NULL"),
                    Index("area", "id", where: "deleted_at IS NULL"), Index("name", "id", where: "deleted_at IS NULL"),
                    Index("joined_on", "id", where: "deleted_at IS NULL"),
                ])),
    ])
