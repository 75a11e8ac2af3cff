import GRDBSQLite
import Kernel
import Storage

/// One prepared statement of one connection; used by that connection's thread only.
final class SQLiteStatement {
    let pointer: OpaquePointer
    let text: String
    let parameterCount: Int
    let isReadOnly: Bool
    /// True from binding until reset: a nested use of the same text needs a second statement.
    var isRunning = false
    private var columns: RowColumns?

    init(pointer: OpaquePointer, text: String) {
        self.pointer = pointer
        self.text = text
        self.parameterCount = Int(sqlite3_bind_parameter_count(pointer))
        self.isReadOnly = sqlite3_stmt_readonly(pointer) != 0
    }

    func bind(_ arguments: [SQLValue]) throws {
        guard arguments.count == parameterCount else {
            throw Failure(.unexpected, "JW-S007", "系统处理数据时出错，请联系管理员", cause: "\(arguments.count) arguments for \(parameterCount) places in \(text.prefix(500))")
        }
        var place: Int32 = 0
        for argument in arguments {
            place += 1
            let code = bind(argument, at: place)
            guard code == SQLITE_OK else { throw SQLiteFailure.make(code: code, message: "bind \(place)", statement: text) }
        }
    }

    private func bind(_ value: SQLValue, at place: Int32) -> Int32 {
        switch value {
        case .null: return sqlite3_bind_null(pointer, place)
        case .int(let value): return sqlite3_bind_int64(pointer, place, value)
        case .real(let value): return sqlite3_bind_double(pointer, place, value)
        case .text(var value):
            return value.withUTF8 { bytes in
                guard let start = bytes.baseAddress, bytes.count > 0 else { return sqlite3_bind_text(pointer, place, "", 0, copied) }
                return start.withMemoryRebound(to: CChar.self, capacity: bytes.count) { sqlite3_bind_text64(pointer, place, $0, UInt64(bytes.count), copied, UInt8(SQLITE_UTF8)) }
            }
        case .blob(let value):
            guard !value.isEmpty else { return sqlite3_bind_zeroblob(pointer, place, 0) }
            return value.withUnsafeBytes { sqlite3_bind_blob64(pointer, place, $0.baseAddress, UInt64($0.count), copied) }
        }
    }

    /// The row under the cursor, copied out.
    func row() -> Row {
        let count = Int(sqlite3_column_count(pointer))
        let names = columnNames(count)
        let values = [SQLValue](unsafeUninitializedCapacity: count) { buffer, filled in
            guard let start = buffer.baseAddress else { return }
            for index in 0..<count { (start + index).initialize(to: value(at: Int32(index))) }
            filled = count
        }
        return Row(columns: names, values: values)
    }

    private func columnNames(_ count: Int) -> RowColumns {
        if let columns, columns.names.count == count { return columns }
        let names = (0..<Int32(count)).map { sqlite3_column_name(pointer, $0).map { String(cString: $0) } ?? "" }
        let made = RowColumns(names)
        columns = made
        return made
    }

    private func value(at index: Int32) -> SQLValue {
        switch sqlite3_column_type(pointer, index) {
        case SQLITE_INTEGER: return .int(sqlite3_column_int64(pointer, index))
        case SQLITE_FLOAT: return .real(sqlite3_column_double(pointer, index))
        case SQLITE_TEXT:
            guard let start = sqlite3_column_text(pointer, index) else { return .text("") }
            return .text(String(decoding: UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(pointer, index))), as: UTF8.self))
        case SQLITE_BLOB:
            guard let start = sqlite3_column_blob(pointer, index) else { return .blob([]) }
            return .blob([UInt8](UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(pointer, index)))))
        default: return .null
        }
    }

    func reset() {
        sqlite3_reset(pointer)
        // Large values must not live on inside an idle statement.
        if parameterCount > 0 { sqlite3_clear_bindings(pointer) }
        isRunning = false
    }

    func finalize() { sqlite3_finalize(pointer) }
}

/// SQLITE_TRANSIENT: SQLite copies the bytes before the call returns.
private nonisolated(unsafe) let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
