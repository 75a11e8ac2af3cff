import Cryptography
import Foundation
import Kernel
import Storage

/// What a table holds, in a form that two databases can be compared by: its rows in the order of the key, the columns in the order of their names.
struct TableDigest: Sendable, Equatable, Codable {
    var rows: Int
    /// SHA-256, lower-case hexadecimal digits.
    var sha256: String

    /// Reads the whole table, one row in memory at a time.
    static func of(_ table: Table, in reader: any Reader) throws -> TableDigest {
        let columns = names(table)
        let order = SQL.joined(table.key.map(SQL.ident), by: ", ")
        let hasher = SHA256Hasher()
        var buffer: [UInt8] = []
        var count = 0
        try reader.each("SELECT \(SQL.joined(columns.map(SQL.ident), by: ", ")) FROM \(ident: table.name) ORDER BY \(order)") { row in
            count += 1
            for value in row.values { append(value, &buffer) }
            if buffer.count > 1 << 16 {
                hasher.update(buffer)
                buffer.removeAll(keepingCapacity: true)
            }
            return true
        }
        hasher.update(buffer)
        return TableDigest(rows: count, sha256: hasher.finish().hex)
    }

    /// The columns of a table, with the `id` that a database counts by itself.
    static func names(_ table: Table) -> [String] { Set(table.columns.map(\.name) + table.key).sorted() }

    /// A letter for the kind, then the value with its length, so that no two rows look alike.
    private static func append(_ value: SQLValue, _ bytes: inout [UInt8]) {
        switch value {
        case .null: bytes.append(UInt8(ascii: "n"))
        case .int(let value): append("i", withUnsafeBytes(of: value.bigEndian, Array.init), &bytes)
        case .real(let value): append("r", withUnsafeBytes(of: value.bitPattern.bigEndian, Array.init), &bytes)
        case .text(let value): append("t", Array(value.utf8), &bytes)
        case .blob(let value): append("b", value, &bytes)
        }
    }

    private static func append(_ kind: Unicode.Scalar, _ content: [UInt8], _ bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: kind))
        withUnsafeBytes(of: UInt64(content.count).bigEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: content)
    }
}
