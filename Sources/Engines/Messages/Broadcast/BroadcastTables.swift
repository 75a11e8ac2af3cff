import Kernel
import Storage

/// The tables of short messages that a person sends (D9.14.4).
enum BroadcastTables {
    static let all: [Table] = [broadcasts, lines, templates, quotas]

    /// One row is one text sent to many; `parts` are what the carriers charge.
    static let broadcasts = Table(
        "sms_broadcasts",
        columns: [
            Column("text", .text, required: true), Column("purpose", .text, required: true), Column("at", .integer, required: true), Column("by_id", .integer, required: true),
            Column("by_name", .text, required: true), Column("org", .integer), Column("org_name", .text, required: true), Column("area", .text),
            Column("receivers", .integer, required: true), Column("parts", .integer, required: true),
        ], indexes: [Index("org", "id"), Index("area", "id")])

    /// One row is one number of one broadcast, sealed; `state` is waiting, sent, received, refused or dead.
    static let lines = Table(
        "sms_lines",
        columns: [
            Column("broadcast_id", .integer, required: true), Column("phone", .text, required: true), Column("name", .text, required: true),
            Column("carrier", .text, required: true),
            Column("state", .text, required: true), Column("attempts", .integer, required: true, fallback: .int(0)), Column("sent_at", .integer), Column("received_at", .integer),
            Column("receipt", .text), Column("error", .text),
        ], indexes: [Index("broadcast_id", "phone", unique: true), Index("state", "id")])

    static let templates = Table(
        "sms_templates",
        columns: [Column("title", .text, required: true), Column("text", .text, required: true), Column("at", .integer, required: true), Column("by_name", .text, required: true)],
        indexes: [Index("title", unique: true)])

    /// Parts that an organisation may send in a month; org 0 is whoever has no row.
    static let quotas = Table("sms_quotas", key: ["org"], columns: [Column("org", .integer, required: true), Column("monthly", .integer, required: true)], isClustered: true)
}
