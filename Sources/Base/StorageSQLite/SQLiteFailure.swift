import GRDBSQLite
import Kernel
import Storage

/// Turns what SQLite says into what callers may see; the text of SQLite goes into the cause only.
enum SQLiteFailure {
    static func make(code: Int32, message: String, statement: String? = nil) -> Failure {
        let cause = "SQLite \(code): \(message)" + (statement.map { " in \($0.prefix(500))" } ?? "")
        switch code & 0xFF {
        case SQLITE_FULL:
            return Failure(.unavailable, "JW-S002", "存储空间不足，数据未保存，请联系管理员清理磁盘", cause: cause)
        case SQLITE_INTERRUPT:
            return StorageFailure.timeLimit(cause: cause)
        case SQLITE_CONSTRAINT where code == uniqueViolation || code == keyViolation:
            return Failure(.conflict, "JW-S005", "已存在相同的记录", cause: cause)
        case SQLITE_CONSTRAINT, SQLITE_MISMATCH, SQLITE_TOOBIG:
            return Failure(.unexpected, "JW-S006", "数据不符合存储要求，未保存", cause: cause)
        case SQLITE_ERROR, SQLITE_RANGE, SQLITE_MISUSE:
            return Failure(.unexpected, "JW-S007", "系统处理数据时出错，请联系管理员", cause: cause)
        default:
            return StorageFailure.lost(cause)
        }
    }

    // Macros with arithmetic do not reach Swift: SQLITE_CONSTRAINT | 8 << 8 and SQLITE_CONSTRAINT | 6 << 8.
    private static let uniqueViolation: Int32 = 19 | 8 << 8
    private static let keyViolation: Int32 = 19 | 6 << 8
}
