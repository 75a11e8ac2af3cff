import Storage

/// Mail addresses, subscriptions and notices; shipped, never changes.
let migration0013Messages = Migration("0013-messages", [addresses, subscriptions, notices, receivers, groups, members])

private let addresses: SchemaStep = .createTable(
    Table(
        "message_addresses", key: ["user_id"],
        columns: [Column("user_id", .integer, required: true), Column("email", .text, required: true), Column("at", .integer, required: true)], isClustered: true))

private let subscriptions: SchemaStep = .createTable(
    Table(
        "message_subscriptions", key: ["user_id", "kind", "channel"],
        columns: [
            Column("user_id", .integer, required: true), Column("kind", .text, required: true), Column("channel", .text, required: true), Column("is_on", .integer, required: true),
        ], indexes: [Index("kind", "channel", "user_id")], isClustered: true))

private let notices: SchemaStep = .createTable(
    Table(
        "notices",
        columns: [
            Column("title", .text, required: true), Column("text", .text, required: true), Column("grade", .text, required: true), Column("is_pinned", .integer, required: true),
            Column("needs_signature", .integer, required: true), Column("sign_by", .integer), Column("targets", .text, required: true), Column("org", .integer),
            Column("area", .text),
            Column("at", .integer, required: true), Column("by_id", .integer, required: true), Column("by_name", .text, required: true),
            Column("by_org_name", .text, required: true),
            Column("receivers", .integer, required: true), Column("read_count", .integer, required: true), Column("signed_count", .integer, required: true),
            Column("deleted_at", .integer),
        ],
        indexes: [Index("by_id", "id")]))

private let receivers: SchemaStep = .createTable(
    Table(
        "notice_receivers", key: ["notice_id", "user_id"],
        columns: [
            Column("notice_id", .integer, required: true), Column("user_id", .integer, required: true), Column("user_name", .text, required: true),
            Column("org", .integer, required: true),
            Column("org_name", .text, required: true), Column("read_at", .integer), Column("signed_at", .integer), Column("signature", .text), Column("remark", .text),
        ], indexes: [Index("user_id", "notice_id")], isClustered: true))

private let groups: SchemaStep = .createTable(
    Table(
        "notice_groups", columns: [Column("title", .text, required: true), Column("owner", .integer, required: true), Column("at", .integer, required: true)],
        indexes: [Index("owner", "id")]))

private let members: SchemaStep = .createTable(
    Table(
        "notice_group_members", key: ["group_id", "user_id"], columns: [Column("group_id", .integer, required: true), Column("user_id", .integer, required: true)],
        isClustered: true))
