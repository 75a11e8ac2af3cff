import Storage

/// Rows in COPY's text format: tabs between values, `\N` for nothing, a line end after each row.
struct PostgresCopyLines {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ row: [SQLValue]) {
        for (index, value) in row.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: "\t")) }
            append(value)
        }
        bytes.append(UInt8(ascii: "\n"))
    }

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    private mutating func append(_ value: SQLValue) {
        switch value {
        case .null: bytes += Array("\\N".utf8)
        case .int(let value): bytes += Array(String(value).utf8)
        case .real(let value): bytes += Array(String(value).utf8)
        case .text(let value): for byte in value.utf8 { append(escaping: byte) }
        case .blob(let value):
            bytes += Array("\\\\x".utf8)
            for byte in value {
                bytes.append(Self.digits[Int(byte >> 4)])
                bytes.append(Self.digits[Int(byte & 15)])
            }
        }
    }

    private mutating func append(escaping byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\\"): bytes += Array("\\\\".utf8)
        case UInt8(ascii: "\t"): bytes += Array("\\t".utf8)
        case UInt8(ascii: "\n"): bytes += Array("\\n".utf8)
        case UInt8(ascii: "\r"): bytes += Array("\\r".utf8)
        default: bytes.append(byte)
        }
    }

    private static let digits = Array("0123456789abcdef".utf8)
}
