import CLibpq
import Kernel
import Storage

/// Reads rows out of libpq's results, which come as text.
struct PostgresAnswer {
    private let columns: RowColumns
    private let types: [UInt32]

    init(_ result: OpaquePointer) {
        let count = PQnfields(result)
        columns = RowColumns((0..<count).map { PQfname(result, $0).map { String(cString: $0) } ?? "" })
        types = (0..<count).map { PQftype(result, $0) }
    }

    func row(_ result: OpaquePointer, _ number: Int32) -> Row {
        var values: [SQLValue] = []
        values.reserveCapacity(types.count)
        for index in types.indices { values.append(value(result, number, Int32(index), types[index])) }
        return Row(columns: columns, values: values)
    }

    private func value(_ result: OpaquePointer, _ row: Int32, _ column: Int32, _ type: UInt32) -> SQLValue {
        if PQgetisnull(result, row, column) == 1 { return .null }
        let length = Int(PQgetlength(result, row, column))
        guard let start = PQgetvalue(result, row, column) else { return .null }
        let bytes = UnsafeRawBufferPointer(start: start, count: length)
        switch type {
        case PostgresType.bool: return .int(bytes.first == UInt8(ascii: "t") ? 1 : 0)
        case PostgresType.bigint, PostgresType.integer, PostgresType.smallint: return .int(Self.integer(bytes))
        case PostgresType.double, PostgresType.real: return .real(Double(String(decoding: bytes, as: UTF8.self)) ?? 0)
        case PostgresType.numeric: return Self.numeric(String(decoding: bytes, as: UTF8.self))
        case PostgresType.bytea: return .blob(Self.bytes(bytes))
        default: return .text(String(decoding: bytes, as: UTF8.self))
        }
    }

    private static func integer(_ bytes: UnsafeRawBufferPointer) -> Int64 {
        var value: Int64 = 0
        let isNegative = bytes.first == UInt8(ascii: "-")
        for byte in bytes.dropFirst(isNegative ? 1 : 0) { value = value &* 10 &- Int64(byte &- 48) }
        return isNegative ? value : 0 &- value
    }

    /// Sums of integers are `numeric` and come back as what they are on SQLite: an integer while nothing stands behind a point.
    private static func numeric(_ text: String) -> SQLValue {
        if let value = Int64(text) { return .int(value) }
        return .real(Double(text) ?? 0)
    }

    /// `\x` and hexadecimal digits.
    private static func bytes(_ text: UnsafeRawBufferPointer) -> [UInt8] {
        guard text.count >= 2 else { return [] }
        func digit(_ byte: UInt8) -> UInt8 { byte <= 57 ? byte &- 48 : byte &- 87 }
        return [UInt8](unsafeUninitializedCapacity: (text.count - 2) / 2) { buffer, filled in
            while filled < buffer.count {
                let at = 2 + filled * 2
                buffer[filled] = digit(text[at]) << 4 | digit(text[at + 1])
                filled += 1
            }
        }
    }
}
