import Kernel
import Storage

/// Rows whose content is kept whole by an SM3-HMAC each (D17.4.1): what they are called, which there are, and what of each counts.
package struct IntegritySubject: Sendable {
    /// Stable; stands in the seals.
    package let kind: String
    package let title: String
    /// Ids after one, in order.
    let ids: @Sendable (_ after: Int64, _ limit: Int, any Reader) throws -> [Int64]
    /// What is sealed of these rows; a row that is gone is absent.
    let contents: @Sendable (_ ids: [Int64], any Reader) throws -> [Int64: IntegrityContent]

    package init(
        _ kind: String, _ title: String, ids: @escaping @Sendable (Int64, Int, any Reader) throws -> [Int64],
        contents: @escaping @Sendable ([Int64], any Reader) throws -> [Int64: IntegrityContent]
    ) {
        self.kind = kind
        self.title = title
        self.ids = ids
        self.contents = contents
    }
}

/// What is sealed of a row: values with their kind and length before them, so that no two rows are written alike.
package struct IntegrityContent: Sendable {
    private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func add(_ value: SQLValue) {
        switch value {
        case .null: bytes.append(0)
        case .int(let number): add(1, number)
        case .real(let number): add(2, Int64(bitPattern: number.bitPattern))
        case .text(let text): add(3, Array(text.utf8))
        case .blob(let blob): add(4, blob)
        }
    }

    package mutating func add(_ row: Row, _ columns: [String]) { for column in columns { add(row[column]) } }

    private mutating func add(_ kind: UInt8, _ number: Int64) {
        bytes.append(kind)
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func add(_ kind: UInt8, _ content: [UInt8]) {
        add(kind, Int64(content.count))
        bytes += content
    }
}

/// Something that does not fit its seal.
package struct IntegrityFault: Sendable, Equatable {
    package enum Reason: String, Sendable, CaseIterable {
        case changed, unsealed, missing

        package var title: String {
            switch self {
            case .changed: "内容被改动"
            case .unsealed: "没有校验值（绕过平台新增，或校验值被删除）"
            case .missing: "记录被删除"
            }
        }
    }

    package var id: Int64
    package var kind: String
    package var object: Int64
    package var reason: Reason
    package var foundAt: Moment
    package var settledAt: Moment?
    package var settledBy: String?
    package var note: String?

    init(_ row: Row) {
        id = row.int("id") ?? 0
        kind = row.text("kind") ?? ""
        object = row.int("object_id") ?? 0
        reason = row.text("reason").flatMap(Reason.init) ?? .changed
        foundAt = row.moment("found_at") ?? Moment(milliseconds: 0)
        settledAt = row.moment("settled_at")
        settledBy = row.text("settled_by_name")
        note = row.text("note")
    }
}

enum IntegrityTables {
    static let all: [Table] = [seals, blocks, faults]

    static let seals = Table(
        "integrity_seals", key: ["kind", "object_id"],
        columns: [Column("kind", .text, required: true), Column("object_id", .integer, required: true), Column("mac", .blob, required: true)], isClustered: true)

    /// One seal over many rows that are only ever added; `until_at` is the latest time among them.
    static let blocks = Table(
        "integrity_blocks",
        columns: [
            Column("kind", .text, required: true), Column("from_id", .integer, required: true), Column("to_id", .integer, required: true),
            Column("row_count", .integer, required: true),
            Column("since_at", .integer, required: true), Column("until_at", .integer, required: true), Column("mac", .blob, required: true),
            Column("made_at", .integer, required: true),
        ], indexes: [Index("kind", "to_id", unique: true)])

    static let faults = Table(
        "integrity_faults",
        columns: [
            Column("kind", .text, required: true), Column("object_id", .integer, required: true), Column("reason", .text, required: true),
            Column("found_at", .integer, required: true),
            Column("settled_at", .integer), Column("settled_by_name", .text), Column("note", .text),
        ], indexes: [Index("kind", "object_id"), Index("settled_at", "id")])
}
