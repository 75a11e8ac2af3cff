import Kernel
import Storage

/// The tables of notices on people's own devices (D9.16.2).
enum PushTables {
    static let all: [Table] = [keys, devices, sends]

    /// The key by which push services know the platform (RFC 8292), sealed; browsers are bound to it.
    static let keys = Table(
        "push_keys", key: ["name"],
        columns: [Column("name", .text, required: true), Column("sealed", .text, required: true), Column("at", .integer, required: true)], isClustered: true)

    /// One row is one browser that a person allowed to show notices; address and secret are sealed, `state` is active or ended. A browser has one row at most that is active.
    static let devices = Table(
        "push_devices",
        columns: [
            Column("user_id", .integer, required: true), Column("title", .text, required: true), Column("endpoint", .text, required: true),
            Column("endpoint_hash", .text, required: true), Column("p256dh", .text, required: true), Column("auth", .text, required: true), Column("state", .text, required: true),
            Column("at", .integer, required: true), Column("used_at", .integer), Column("shown_at", .integer), Column("ended_at", .integer), Column("ended_why", .text),
        ],
        indexes: [Index("endpoint_hash", unique: true, where: "state = 'active'"), Index("user_id", "id"), Index("state", "id")])

    /// One row is one message on its way to one device of its receiver; `state` is waiting, sent or dead. With `token` the device says that it has shown it.
    static let sends = Table(
        "push_sends",
        columns: [
            Column("delivery_id", .integer, required: true), Column("device_id", .integer, required: true), Column("token", .text, required: true),
            Column("state", .text, required: true), Column("attempts", .integer, required: true, fallback: .int(0)), Column("at", .integer, required: true),
            Column("sent_at", .integer), Column("shown_at", .integer), Column("error", .text),
        ],
        indexes: [Index("delivery_id", "device_id", unique: true), Index("token", unique: true), Index("device_id", "id")])
}
