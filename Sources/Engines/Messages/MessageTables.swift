import Kernel
import Storage

/// The tables of this engine, as migrations must arrive at them.
package enum MessageTables {
    package static let all: [Table] =
        [messages, inbox, deliveries, rules, addresses, subscriptions, notices, receivers, groups, members] + ForwardTables.all + ChatTables.all + BroadcastTables.all
        + PushTables.all

    /// One row is one message as it was said, once. `dedupe` makes a second posting of the same thing harmless.
    static let messages = Table(
        "messages",
        columns: [
            Column("kind", .text, required: true), Column("grade", .text, required: true), Column("title", .text, required: true), Column("text", .text, required: true),
            Column("path", .text), Column("dedupe", .text), Column("at", .integer, required: true), Column("receivers", .integer, required: true),
            Column("by_kind", .text), Column("by_id", .integer), Column("by_name", .text),
        ],
        indexes: [Index("by_kind", "by_id", "id", where: "by_id IS NOT NULL"), Index("dedupe", unique: true, where: "dedupe IS NOT NULL"), Index("at"), Index("kind", "id")])

    /// One row is one message in one person's list.
    static let inbox = Table(
        "message_inbox", key: ["user_id", "message_id"],
        columns: [
            Column("user_id", .integer, required: true), Column("message_id", .integer, required: true), Column("kind", .text, required: true), Column("read_at", .integer),
        ],
        indexes: [Index("user_id", where: "read_at IS NULL"), Index("message_id")], isClustered: true)

    /// One row is one message on its way to one address by one channel; `state` is waiting, sent, received or dead.
    static let deliveries = Table(
        "message_deliveries",
        columns: [
            Column("message_id", .integer, required: true), Column("user_id", .integer, required: true), Column("channel", .text, required: true),
            Column("address", .text, required: true),
            Column("state", .text, required: true), Column("attempts", .integer, required: true, fallback: .int(0)), Column("at", .integer, required: true),
            Column("sent_at", .integer),
            Column("receipt", .text), Column("error", .text),
        ],
        indexes: [Index("message_id", "user_id", "channel", unique: true), Index("state", "id"), Index("channel", "id")])

    /// What an administrator changed of a kind: its template, channels and whether it waits for the morning.
    static let rules = Table(
        "message_rules", key: ["kind"],
        columns: [
            Column("kind", .text, required: true), Column("template", .text, required: true), Column("channels", .text, required: true),
            Column("is_quiet", .integer, required: true),
            Column("is_on", .integer, required: true), Column("at", .integer, required: true), Column("by_name", .text, required: true),
        ], isClustered: true)
}

extension MessageTables {
    /// Mail addresses that people gave for themselves, sealed.
    static let addresses = Table(
        "message_addresses", key: ["user_id"],
        columns: [Column("user_id", .integer, required: true), Column("email", .text, required: true), Column("at", .integer, required: true)], isClustered: true)

    /// Where somebody wants otherwise than the rule of a kind says.
    static let subscriptions = Table(
        "message_subscriptions", key: ["user_id", "kind", "channel"],
        columns: [
            Column("user_id", .integer, required: true), Column("kind", .text, required: true), Column("channel", .text, required: true), Column("is_on", .integer, required: true),
        ], indexes: [Index("kind", "channel", "user_id")], isClustered: true)

    /// One row is one notice that a person wrote.
    static let notices = Table(
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
        indexes: [Index("by_id", "id")])

    /// One row is one notice in one person's hands.
    static let receivers = Table(
        "notice_receivers", key: ["notice_id", "user_id"],
        columns: [
            Column("notice_id", .integer, required: true), Column("user_id", .integer, required: true), Column("user_name", .text, required: true),
            Column("org", .integer, required: true),
            Column("org_name", .text, required: true), Column("read_at", .integer), Column("signed_at", .integer), Column("signature", .text), Column("remark", .text),
            Column("drawing", .text),
        ], indexes: [Index("user_id", "notice_id")], isClustered: true)

    /// One row is one group that somebody made to write to.
    static let groups = Table(
        "notice_groups",
        columns: [
            Column("title", .text, required: true), Column("owner", .integer, required: true), Column("at", .integer, required: true),
            Column("owner_kind", .text, required: true, fallback: .text("user")),
        ],
        indexes: [Index("owner", "id")])

    static let members = Table(
        "notice_group_members", key: ["group_id", "user_id"], columns: [Column("group_id", .integer, required: true), Column("user_id", .integer, required: true)],
        isClustered: true)
}

/// The permissions of this engine; everybody reads their own messages.
package enum MessagePermission {
    /// Sees deliveries and gives failed ones new attempts.
    package static let deliveries = "message.deliveries"
    /// Edits templates and channels.
    package static let rules = "message.rules"
    /// Writes notices to people of their scope.
    package static let notice = "message.notice"
    /// Sends short messages to numbers.
    package static let broadcast = "message.broadcast"
    /// Says things by API, as another application or as a person.
    package static let post = "message.post"
    /// A gateway of short messages says what became of them.
    package static let receipts = "message.receipts"
}
