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
    /// What texts and blobs are bound to.
    private var arena: UnsafeMutableRawPointer
    private var arenaSize = 256
    /// Beyond this a run's bytes are given back after it.
    private static let keptBytes = 64 << 10

    init(pointer: OpaquePointer, text: String) {
        self.pointer = pointer
        self.text = text
        self.parameterCount = Int(sqlite3_bind_parameter_count(pointer))
        self.isReadOnly = sqlite3_stmt_readonly(pointer) != 0
        arena = UnsafeMutableRawPointer.allocate(byteCount: 256, alignment: 16)
    }

    deinit { arena.deallocate() }

    /// The bytes of texts and blobs are copied once, into memory that this statement keeps from run to run, so that SQLite allocates nothing for them.
    func bind(_ arguments: [SQLValue]) throws {
        guard arguments.count == parameterCount else {
            throw Failure(.unexpected, "JW-S007", "系统处理数据时出错，请联系管理员", cause: "\(arguments.count) arguments for \(parameterCount) places in \(text.prefix(500))")
        }
        var bytes = 0
        for argument in arguments {
            switch argument {
            case .text(let value): bytes += value.utf8.count
            case .blob(let value): bytes += value.count
            default: break
            }
        }
        reserve(bytes)
        var offset = 0
        var place: Int32 = 0
        for argument in arguments {
            place += 1
            let code = bind(argument, at: place, &offset)
            guard code == SQLITE_OK else { throw SQLiteFailure.make(code: code, message: "bind \(place)", statement: text) }
        }
    }

    private func bind(_ value: SQLValue, at place: Int32, _ offset: inout Int) -> Int32 {
        switch value {
        case .null: return sqlite3_bind_null(pointer, place)
        case .int(let value): return sqlite3_bind_int64(pointer, place, value)
        case .real(let value): return sqlite3_bind_double(pointer, place, value)
        case .text(var value):
            let count = value.withUTF8 { keep(UnsafeRawBufferPointer($0), at: offset) }
            defer { offset += count }
            return sqlite3_bind_text64(pointer, place, arena.advanced(by: offset).assumingMemoryBound(to: CChar.self), UInt64(count), nil, UInt8(SQLITE_UTF8))
        case .blob(let value):
            guard !value.isEmpty else { return sqlite3_bind_zeroblob(pointer, place, 0) }
            let count = value.withUnsafeBytes { keep($0, at: offset) }
            defer { offset += count }
            return sqlite3_bind_blob64(pointer, place, arena.advanced(by: offset), UInt64(count), nil)
        }
    }

    private func keep(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
        if let start = bytes.baseAddress, bytes.count > 0 { arena.advanced(by: offset).copyMemory(from: start, byteCount: bytes.count) }
        return bytes.count
    }

    /// Only between runs: what is bound points into the arena.
    private func reserve(_ bytes: Int) {
        guard bytes > arenaSize else { return }
        arena.deallocate()
        arenaSize = max(256, bytes * 2)
        arena = UnsafeMutableRawPointer.allocate(byteCount: arenaSize, alignment: 16)
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
        if arenaSize > SQLiteStatement.keptBytes {
            arena.deallocate()
            arenaSize = 256
            arena = UnsafeMutableRawPointer.allocate(byteCount: arenaSize, alignment: 16)
        }
        isRunning = false
    }

    func finalize() { sqlite3_finalize(pointer) }
}
