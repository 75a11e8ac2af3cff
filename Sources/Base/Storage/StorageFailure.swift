import Kernel

/// What every database says with the same codes, whichever it is.
package enum StorageFailure {
    /// - Parameter cause: what the database said; for the log only.
    package static func lost(_ cause: String) -> Failure { Failure(.unavailable, "JW-S001", "数据库暂时不可用，请稍后重试", cause: cause) }

    package static func closed() -> Failure { Failure(.unavailable, "JW-S001", "数据库已关闭", cause: "closed") }

    /// - Parameter waiting: closures that wait already.
    package static func tooMany(_ waiting: Int) -> Failure { Failure(.unavailable, "JW-S003", "系统繁忙，请稍后重试", cause: "\(waiting) callers wait already") }

    package static func timeLimit(cause: String) -> Failure { Failure(.unavailable, "JW-S004", "查询超时，请缩小查询范围后重试", cause: cause) }
}
