import Storage

/// Messages; shipped, never changes.
let migration0007 = Migration("0007-messages", [messages, inbox, deliveries, rules])

private let messages: SchemaStep = .createTable(
    Table(
        "messages",
        columns: [
            Column("kind", .text, required: true), Column("grade", .text, required: true), Column("title", .text, required: true), Column("text", .text, required: true),
            Column("path", .text), Column("dedupe", .text), Column("at", .integer, required: true), Column("receivers", .integer, required: true),
        ],
        indexes: [Index("dedupe", unique: true, where: "dedupe IS NOT NULL"), Index("at"), Index("kind", "id")]))

private let inbox: SchemaStep = .createTable(
    Table(
        "message_inbox", key: ["user_id", "message_id"],
        columns: [
            Column("user_id", .integer, required: true), Column("message_id", .integer, required: true), Column("kind", .text, required: true), Column("read_at", .integer),
        ],
        indexes: [Index("user_id", where: "read_at IS NULL"), Index("message_id")], isClustered: true))

private let deliveries: SchemaStep = .createTable(
    Table(
        "message_deliveries",
        columns: [
            Column("message_id", .integer, required: true), Column("user_id", .integer, required: true), Column("channel", .text, required: true),
            Column("address", .text, required: true),
            Column("state", .text, required: true), Column("attempts", .integer, required: true, fallback: .int(0)), Column("at", .integer, required: true),
            Column("sent_at", .integer),
            Column("receipt", .text), Column("error", .text),
        ],
        indexes: [Index("message_id", "user_id", "channel", unique: true), Index("state", "id"), Index("channel", "id")]))

private let rules: SchemaStep = .createTable(
    Table(
        "message_rules", key: ["kind"],
        columns: [
            Column("kind", .text, required: true), Column("template", .text, required: true), Column("channels", .text, required: true),
            Column("is_quiet", .integer, required: true),
            Column("is_on", .integer, required: true), Column("at", .integer, required: true), Column("by_name", .text, required: true),
        ], isClustered: true))
