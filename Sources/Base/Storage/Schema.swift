import Kernel

/// A table as declared: what migrations must arrive at.
package struct Table: Sendable, Equatable {
    package var name: String
    package var columns: [Column]
    /// Columns of the primary key; `["id"]` is an integer that the database counts up.
    package var key: [String]
    package var indexes: [Index]
    /// Clustered by its key, for small-row tables that are only looked up by it.
    package var isClustered: Bool
    /// The moment column by which PostgreSQL partitions this table by month; nil for tables that stay whole.
    package var partitionedBy: String?
    /// The text column of blank-separated words by which rows are found, kept by the database itself; only where `id` is counted. See `WordIndex`.
    package var words: String?

    package init(
        _ name: String, key: [String] = ["id"], columns: [Column], indexes: [Index] = [], isClustered: Bool = false, partitionedBy: String? = nil, words: String? = nil
    ) {
        self.name = name
        self.columns = columns
        self.key = key
        self.indexes = indexes
        self.isClustered = isClustered
        self.partitionedBy = partitionedBy
        self.words = words
    }
}

/// One column of a table, in the kinds that every dialect has.
package struct Column: Sendable, Equatable {
    /// Moments and days are `.integer`.
    package enum Kind: String, Sendable { case integer, real, text, blob }

    package var name: String
    package var kind: Kind
    package var isRequired: Bool
    package var fallback: SQLValue?

    package init(_ name: String, _ kind: Kind, required: Bool = false, fallback: SQLValue? = nil) {
        self.name = name
        self.kind = kind
        self.isRequired = required
        self.fallback = fallback
    }
}

/// An index of a table; its name follows from its columns.
package struct Index: Sendable, Equatable {
    package var columns: [String]
    package var isUnique: Bool
    /// A partial index's condition in plain SQL over this table's columns, such as `deleted_at IS NULL`.
    package var condition: String?

    package init(_ columns: String..., unique: Bool = false, where condition: String? = nil) {
        self.columns = columns
        self.isUnique = unique
        self.condition = condition
    }

    package init(columns: [String], unique: Bool = false, where condition: String? = nil) {
        self.columns = columns
        self.isUnique = unique
        self.condition = condition
    }

    /// `idx_table_a_b`, shortened with a checksum where PostgreSQL's 63 characters would be passed.
    package func name(on table: String) -> String {
        let full = (isUnique ? "uq_" : "idx_") + table + "_" + columns.joined(separator: "_")
        guard full.utf8.count > 60 else { return full }
        var hash: UInt32 = 2_166_136_261
        for byte in full.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return String(full.prefix(50)) + "_" + String(hash, radix: 16)
    }
}

/// One step of a numbered migration, without dialect.
package enum SchemaStep: Sendable, Equatable {
    case createTable(Table)
    case addColumn(table: String, Column)
    case createIndex(table: String, Index)
    case dropIndex(table: String, Index)
    /// With everything in it; what is to be kept is copied by a step before.
    case dropTable(String)
    /// Divides a table by month of a moment column on PostgreSQL; what is there becomes the first part. Nothing on SQLite.
    case partition(table: String, by: String)
    /// Plain SQL that both dialects take; data repairs only.
    case run(String)
}

/// A numbered, reviewed change of schema. Once shipped it never changes.
package struct Migration: Sendable {
    /// `0001-first`, unique and in order within the program.
    package var id: String
    package var steps: [SchemaStep]

    package init(_ id: String, _ steps: [SchemaStep]) {
        self.id = id
        self.steps = steps
    }
}
