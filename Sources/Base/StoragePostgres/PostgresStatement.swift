import Kernel
import Storage

/// A statement in PostgreSQL's spelling.
enum PostgresStatement {
    /// `?` becomes `$1`, `$2` …, except inside quotes.
    static func numbered(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 16)
        var quote: UInt8?
        var count = 0
        for byte in text.utf8 {
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                quote = byte
            } else if byte == UInt8(ascii: "?") {
                count += 1
                bytes.append(UInt8(ascii: "$"))
                bytes.append(contentsOf: String(count).utf8)
                continue
            }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What a prepared statement is kept by: the same text with arguments of other types is another statement.
struct PreparedKey: Hashable {
    let text: String
    let types: [UInt32]
}

/// Arguments in PostgreSQL's binary format, side by side in one buffer.
struct PostgresArguments {
    private(set) var bytes: [UInt8] = []
    private(set) var offsets: [Int] = []
    private(set) var lengths: [Int32] = []
    private(set) var types: [UInt32] = []
    private(set) var isNull: [Bool] = []

    init(_ values: [SQLValue]) {
        bytes.reserveCapacity(values.count * 12 + 1)
        for value in values { append(value) }
        // An empty text still needs an address that is not NULL.
        bytes.append(0)
    }

    private mutating func append(_ value: SQLValue) {
        let start = bytes.count
        offsets.append(start)
        isNull.append(value.isNull)
        switch value {
        case .null: types.append(0)
        case .int(let value):
            types.append(PostgresType.bigint)
            withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
        case .real(let value):
            types.append(PostgresType.double)
            withUnsafeBytes(of: value.bitPattern.bigEndian) { bytes.append(contentsOf: $0) }
        case .text(let value):
            types.append(PostgresType.text)
            bytes.append(contentsOf: value.utf8)
        case .blob(let value):
            types.append(PostgresType.bytea)
            bytes.append(contentsOf: value)
        }
        lengths.append(Int32(bytes.count - start))
    }

    /// Hands on the three arrays that libpq wants.
    func withPointers<T>(_ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> T) -> T {
        let formats = [Int32](repeating: 1, count: offsets.count)
        return bytes.withUnsafeBytes { buffer in
            let start = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            let pointers = zip(offsets, isNull).map { offset, isNull in isNull ? nil : start.map { UnsafePointer($0 + offset) } }
            return pointers.withUnsafeBufferPointer { values in
                lengths.withUnsafeBufferPointer { lengths in formats.withUnsafeBufferPointer { body(values.baseAddress, lengths.baseAddress, $0.baseAddress) } }
            }
        }
    }
}

/// Object identifiers of built-in types. Source: PostgreSQL, src/include/catalog/pg_type.dat.
enum PostgresType {
    static let bool: UInt32 = 16
    static let bytea: UInt32 = 17
    static let bigint: UInt32 = 20
    static let smallint: UInt32 = 21
    static let integer: UInt32 = 23
    static let text: UInt32 = 25
    static let real: UInt32 = 700
    static let double: UInt32 = 701
    static let numeric: UInt32 = 1700
}
