import Storage

/// Notices on people's own devices (D9.16.2); shipped, never changes.
let migration0049 = Migration(
    "0049-push",
    [
        .createTable(
            Table(
                "push_keys", key: ["name"],
                columns: [Column("name", .text, required: true), Column("sealed", .text, required: true), Column("at", .integer, required: true)], isClustered: true)),
        .createTable(
            Table(
                "push_devices",
                columns: [
                    Column("user_id", .integer, required: true), Column("title", .text, required: true), Column("endpoint", .text, required: true),
                    Column("endpoint_hash", .text, required: true), Column("p256dh", .text, required: true), Column("auth", .text, required: true),
                    Column("state", .text, required: true), Column("at", .integer, required: true), Column("used_at", .integer), Column("shown_at", .integer),
                    Column("ended_at", .integer), Column("ended_why", .text),
                ],
                indexes: [Index("endpoint_hash", unique: true, where: "state = 'active'"), Index("user_id", "id"), Index("state", "id")])),
        .createTable(
            Table(
                "push_sends",
                columns: [
                    Column("delivery_id", .integer, required: true), Column("device_id", .integer, required: true), Column("token", .text, required: true),
                    Column("state", .text, required: true), Column("attempts", .integer, required: true, fallback: .int(0)), Column("at", .integer, required: true),
                    Column("sent_at", .integer), Column("shown_at", .integer), Column("error", .text),
                ],
                indexes: [Index("delivery_id", "device_id", unique: true), Index("token", unique: true), Index("device_id", "id")])),
    ])
