import CLibpq
import Kernel
import Storage

/// Turns what PostgreSQL says into what callers may see, with the same codes as SQLite's; the text of PostgreSQL goes into the cause only.
///
/// Source: PostgreSQL manual, appendix A (SQLSTATE).
enum PostgresFailure {
    static func make(state: String, message: String, statement: String? = nil) -> Failure {
        let cause = "PostgreSQL \(state.isEmpty ? "-" : state): \(message)" + (statement.map { " in \($0.prefix(500))" } ?? "")
        switch state {
        case "53100": return Failure(.unavailable, "JW-S002", "存储空间不足，数据未保存，请联系管理员清理磁盘", cause: cause)
        case "57014": return StorageFailure.timeLimit(cause: cause)
        case "23505": return Failure(.conflict, "JW-S005", "已存在相同的记录", cause: cause)
        case _ where state == "0A000" && message.contains("cached plan"): return StorageFailure.lost(cause)
        case _ where state.hasPrefix("22") || state.hasPrefix("23"): return Failure(.unexpected, "JW-S006", "数据不符合存储要求，未保存", cause: cause)
        case _ where state.hasPrefix("42") || state == "0A000" || state.hasPrefix("25P") || state == "25001": return wrong(cause)
        default: return StorageFailure.lost(cause)
        }
    }

    static func wrong(_ cause: String) -> Failure { Failure(.unexpected, "JW-S007", "系统处理数据时出错，请联系管理员", cause: cause) }

    /// - Parameter result: of a command that failed; not cleared here.
    static func of(_ result: OpaquePointer?, statement: String) -> Failure {
        let state = field(result, UInt8(ascii: "C"))
        let message = field(result, UInt8(ascii: "M"))
        guard state == "23505" else { return make(state: state, message: message, statement: statement) }
        return make(state: state, message: "UNIQUE constraint failed: " + places(table: field(result, UInt8(ascii: "t")), detail: field(result, UInt8(ascii: "D"))))
    }

    /// `table.column, table.column` out of `Key (a, b)=(…) already exists.`; the values stay out of the log, a month's partition goes by its table's name.
    static func places(table: String, detail: String) -> String {
        let whole = table.replacing(#/_(\d{4}_\d{2}|rest|before)$/#, with: "")
        guard let start = detail.firstRange(of: "Key ("), let end = detail.firstRange(of: ")=") else { return whole }
        return detail[start.upperBound..<end.lowerBound].split(separator: ", ").map { "\(whole).\($0.replacing("\"", with: ""))" }.joined(separator: ", ")
    }

    private static func field(_ result: OpaquePointer?, _ code: UInt8) -> String { PQresultErrorField(result, Int32(code)).map { String(cString: $0) } ?? "" }
}
