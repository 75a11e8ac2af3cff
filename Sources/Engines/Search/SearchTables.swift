import Identity
import Storage

/// The tables of this engine, as migrations must arrive at them.
package enum SearchTables {
    package static let all: [Table] = [entries, pending, kinds]

    /// One row is one thing that can be found: the words of its texts, of its owner and its region, no text in the clear but non-personal words.
    static let entries = Table(
        "search_entries",
        columns: [Column("kind", .text, required: true), Column("record_id", .integer, required: true), Column("words", .text, required: true)],
        indexes: [Index("kind", "record_id", unique: true)], words: "words")

    /// One row is one thing that was written since the index last looked; in the writer's own transaction.
    static let pending = Table(
        "search_pending", key: ["kind", "record_id"], columns: [Column("kind", .text, required: true), Column("record_id", .integer, required: true)], isClustered: true)

    /// One row is one kind: by what shape of declaration its index was built, and up to which row it is built now.
    static let kinds = Table(
        "search_kinds", key: ["kind"],
        columns: [
            Column("kind", .text, required: true), Column("shape", .text, required: true), Column("cursor", .integer, required: true), Column("built_at", .integer),
        ], isClustered: true)

    static let index = WordIndex(table: "search_entries", column: "words")
}

/// The permission of this engine; everybody searches what they may read.
package enum SearchPermission {
    /// Sees how the index stands and builds it anew.
    package static let manage = "search.manage"

    package static let all = [PermissionDeclaration(manage, "检索：查看索引与重建", area: "系统管理")]
}
