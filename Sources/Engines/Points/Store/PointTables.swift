import Storage

/// Tables of the values of points; the points themselves are rows of ledgers.
package enum PointTables {
    package static let all: [Table] = [blocks, journal, states, receipts, refusals, settings]

    /// One row is up to 1,024 values of one point, packed (`PointBlock`), with what is asked of them most. `count` are the good and doubtful ones that came, `kept` those that are packed, `bad` the bad ones.
    static let blocks = Table(
        "point_blocks",
        columns: [
            Column("point", .integer, required: true), Column("start_at", .integer, required: true), Column("end_at", .integer, required: true),
            Column("count", .integer, required: true), Column("kept", .integer, required: true), Column("bad", .integer, required: true),
            Column("low", .real), Column("high", .real), Column("sum", .real, required: true), Column("squares", .real, required: true),
            Column("first_at", .integer), Column("first_value", .real), Column("last_at", .integer), Column("last_value", .real), Column("bytes", .blob, required: true),
        ], indexes: [Index("point", "end_at")])

    /// One row is one batch as it was acknowledged, until its values stand in blocks.
    static let journal = Table(
        "point_journal", columns: [Column("at", .integer, required: true), Column("count", .integer, required: true), Column("bytes", .blob, required: true)])

    /// How a point stood when its standing changed last, or when its values were packed.
    static let states = Table(
        "point_states", key: ["point"],
        columns: [
            Column("point", .integer, required: true), Column("last_at", .integer), Column("last_value", .real), Column("last_quality", .integer, required: true),
            Column("level", .text, required: true), Column("since", .integer), Column("raised", .text, required: true), Column("offline", .integer, required: true),
        ], isClustered: true)

    /// What came from whom on a day, and what became of it: received = stored + doubled + refused.
    static let receipts = Table(
        "point_receipts", key: ["day", "source"],
        columns: [
            Column("day", .integer, required: true), Column("source", .text, required: true), Column("batches", .integer, required: true),
            Column("received", .integer, required: true),
            Column("stored", .integer, required: true), Column("late", .integer, required: true), Column("doubled", .integer, required: true),
            Column("refused", .integer, required: true),
            Column("last_at", .integer, required: true),
        ], isClustered: true)

    /// Why values were refused.
    static let refusals = Table(
        "point_refusals", key: ["day", "source", "code", "reason"],
        columns: [
            Column("day", .integer, required: true), Column("source", .text, required: true), Column("code", .text, required: true), Column("reason", .text, required: true),
            Column("count", .integer, required: true), Column("sample", .text, required: true), Column("last_at", .integer, required: true),
        ], isClustered: true)

    static let settings = Table(
        "point_settings", key: ["name"], columns: [Column("name", .text, required: true), Column("value", .integer, required: true)], isClustered: true)
}
