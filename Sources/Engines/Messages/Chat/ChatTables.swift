import Kernel
import Storage

/// The tables of conversations between people.
enum ChatTables {
    static let all: [Table] = [rooms, members, lines]

    /// One row is one conversation: of two people (`pair` is `12-40`, once each), or of a group; `subject` is what a group was made for, such as `alarm:7`.
    static let rooms = Table(
        "chat_rooms",
        columns: [
            Column("title", .text, required: true), Column("pair", .text), Column("subject", .text), Column("owner", .integer, required: true),
            Column("at", .integer, required: true),
            Column("last_id", .integer, required: true, fallback: .int(0)), Column("last_at", .integer, required: true), Column("last_text", .text, required: true),
            Column("closed_at", .integer),
        ],
        indexes: [Index("pair", unique: true, where: "pair IS NOT NULL"), Index("subject", where: "subject IS NOT NULL")])

    /// One row is one person in one conversation, with the last line they have seen.
    static let members = Table(
        "chat_members", key: ["room_id", "user_id"],
        columns: [
            Column("room_id", .integer, required: true), Column("user_id", .integer, required: true), Column("user_name", .text, required: true),
            Column("org_name", .text, required: true), Column("is_admin", .integer, required: true), Column("seen_id", .integer, required: true, fallback: .int(0)),
            Column("joined_at", .integer, required: true),
        ], indexes: [Index("user_id", "room_id")], isClustered: true)

    /// One row is one line that somebody said; `file` is a JSON object of sha256, name, type and size.
    static let lines = Table(
        "chat_lines",
        columns: [
            Column("room_id", .integer, required: true), Column("by_id", .integer, required: true), Column("by_name", .text, required: true),
            Column("at", .integer, required: true),
            Column("text", .text, required: true), Column("file", .text), Column("path", .text), Column("recalled_at", .integer),
        ], indexes: [Index("room_id", "id"), Index("at")])
}
