import Kernel
import Storage

/// The engine's own tables, beside those of the declared ledgers.
package enum LedgerTables {
    /// One row is one change of one row of any ledger. `changes` is `{"field": [before, after]}`; the making of a row has none, since its first values follow from later rows.
    static let history = Table(
        "record_history",
        columns: [
            Column("ledger", .text, required: true), Column("record_id", .integer, required: true), Column("version", .integer, required: true),
            Column("kind", .text, required: true),
            Column("at", .integer, required: true), Column("by_id", .integer, required: true), Column("by_name", .text, required: true), Column("reason", .text),
            Column("batch", .integer),
            Column("changes", .text),
        ],
        indexes: [Index("ledger", "record_id", "id")],
        partitionedBy: "at"
    )

    /// One row is one use of a blob by a row: what retention and access to files go by.
    static let attachments = Table(
        "attachments",
        columns: [
            Column("ledger", .text, required: true), Column("record_id", .integer, required: true), Column("field", .text, required: true), Column("sha256", .text, required: true),
            Column("name", .text, required: true), Column("media_type", .text, required: true), Column("size", .integer, required: true), Column("at", .integer, required: true),
            Column("by_id", .integer, required: true),
        ],
        indexes: [Index("ledger", "record_id"), Index("sha256")]
    )

    /// One row is one list a user has named; `query` is the text of the address.
    static let savedViews = Table(
        "saved_views",
        columns: [
            Column("ledger", .text, required: true), Column("user_id", .integer, required: true), Column("title", .text, required: true), Column("query", .text, required: true),
            Column("is_shared", .integer, required: true, fallback: .int(0)), Column("created_at", .integer, required: true),
        ],
        indexes: [Index("ledger", "user_id", "title", unique: true), Index("ledger", "is_shared")]
    )

    /// One row is one ledger that an administrator defined.
    static let definitions = Table(
        "ledger_definitions",
        columns: [
            Column("name", .text, required: true), Column("version", .integer, required: true), Column("body", .text, required: true),
            Column("created_at", .integer, required: true),
            Column("updated_at", .integer, required: true), Column("updated_by", .integer, required: true),
        ],
        indexes: [Index("name", unique: true)]
    )

    /// One row is one import that was started, dry runs included.
    static let batches = Table(
        "import_batches",
        columns: [
            Column("ledger", .text, required: true), Column("file_name", .text, required: true), Column("mode", .text, required: true), Column("state", .text, required: true),
            Column("total", .integer, required: true, fallback: .int(0)), Column("created", .integer, required: true, fallback: .int(0)),
            Column("updated", .integer, required: true, fallback: .int(0)),
            Column("unchanged", .integer, required: true, fallback: .int(0)), Column("bad", .integer, required: true, fallback: .int(0)), Column("by_id", .integer, required: true),
            Column("by_name", .text, required: true), Column("started_at", .integer, required: true), Column("ended_at", .integer), Column("report", .text),
        ],
        indexes: [Index("ledger", "id"), Index("by_id", "id")]
    )

    /// One row is one table with personal fields: up to which row they are sealed under which key.
    static let sealing = Table(
        "sealing_progress", key: ["place"],
        columns: [
            Column("place", .text, required: true), Column("fields", .text, required: true), Column("key_version", .integer, required: true),
            Column("after_id", .integer, required: true), Column("rewritten", .integer, required: true), Column("finished_at", .integer),
        ], isClustered: true)

    /// One row is one run of 32,768 ids of a ledger with facets, complete, with the span of its times.
    static let segments = Table(
        "facet_segment", key: ["ledger", "segment"],
        columns: [
            Column("ledger", .text, required: true), Column("segment", .integer, required: true), Column("first_at", .integer, required: true),
            Column("last_at", .integer, required: true), Column("rows", .integer, required: true),
        ], isClustered: true)

    /// One row is the set of those rows of a segment that have one value of a facet.
    static let facets = Table(
        "facet_member", key: ["ledger", "field", "value", "segment"],
        columns: [
            Column("ledger", .text, required: true), Column("field", .text, required: true), Column("value", .text, required: true), Column("segment", .integer, required: true),
            Column("members", .blob, required: true),
        ], isClustered: true)

    package static let all: [Table] = [history, attachments, savedViews, definitions, batches, segments, facets, sealing]
}
