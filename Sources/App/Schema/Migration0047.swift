import Storage

/// Messages of one application passed on to another by rule (B5.3.1), and whose a notice group is (B5.3.2); shipped, never changes.
let migration0047 = Migration(
    "0047-forwards",
    [
        .addColumn(table: "notice_groups", Column("owner_kind", .text, required: true, fallback: .text("user"))),
        .createTable(
            Table(
                "message_forwards",
                columns: [
                    Column("title", .text, required: true), Column("source", .integer), Column("source_name", .text, required: true), Column("grade", .text, required: true),
                    Column("keyword", .text, required: true), Column("target", .text, required: true), Column("url", .text, required: true),
                    Column("secret", .text, required: true),
                    Column("is_on", .integer, required: true), Column("at", .integer, required: true), Column("by_name", .text, required: true),
                ], indexes: [Index("title", unique: true)])),
        .createTable(
            Table(
                "forward_deliveries",
                columns: [
                    Column("rule", .integer, required: true), Column("message_id", .integer), Column("target", .text, required: true), Column("source_name", .text, required: true),
                    Column("title", .text, required: true), Column("body", .text, required: true), Column("dedupe", .text), Column("state", .text, required: true),
                    Column("attempts", .integer, required: true, fallback: .int(0)), Column("at", .integer, required: true), Column("sent_at", .integer), Column("receipt", .text),
                    Column("error", .text),
                ],
                indexes: [Index("rule", "dedupe", unique: true, where: "dedupe IS NOT NULL"), Index("state", "id"), Index("message_id", where: "message_id IS NOT NULL")])),
    ])
