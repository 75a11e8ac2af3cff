import Storage

/// Tables of cameras beside their ledgers.
enum CameraTables {
    static let all: [Table] = [access, states, walls, settings]

    /// The account of one camera; the password sealed with the key ring.
    static let access = Table(
        "camera_access", key: ["camera"],
        columns: [
            Column("camera", .integer, required: true), Column("login", .text, required: true), Column("secret", .text, required: true),
            Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true),
        ], isClustered: true)

    /// How a camera stands: on line or not, since when, and why.
    static let states = Table(
        "camera_states", key: ["camera"],
        columns: [
            Column("camera", .integer, required: true), Column("online", .integer), Column("since", .integer, required: true), Column("checked_at", .integer, required: true),
            Column("seen_at", .integer), Column("reason", .text), Column("misses", .integer, required: true), Column("raised", .integer, required: true),
            Column("start_millis", .integer),
        ], isClustered: true)

    /// Layouts that somebody keeps: which cameras in how many pictures.
    static let walls = Table(
        "camera_walls",
        columns: [
            Column("owner", .integer, required: true), Column("owner_name", .text, required: true), Column("title", .text, required: true),
            Column("layout", .integer, required: true),
            Column("cameras", .text, required: true), Column("seconds", .integer, required: true), Column("everyone", .integer, required: true),
            Column("created_at", .integer, required: true),
        ], indexes: [Index("owner")])

    static let settings = Table("video_settings", key: ["name"], columns: [Column("name", .text, required: true), Column("value", .text, required: true)], isClustered: true)
}
