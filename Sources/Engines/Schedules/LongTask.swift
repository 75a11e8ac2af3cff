import Kernel
import Storage

/// One import, export or other work a user waits for, as the task page shows it.
package struct LongTask: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        case queued, running, done, failed, cancelled

        package var title: String {
            switch self {
            case .queued: "排队中"
            case .running: "进行中"
            case .done: "已完成"
            case .failed: "失败"
            case .cancelled: "已取消"
            }
        }

        package var isEnded: Bool { self == .done || self == .failed || self == .cancelled }
    }

    package let id: Int64
    /// What made it, such as `ledger.export`.
    package let kind: String
    package let title: String
    package let owner: Int64
    package let ownerName: String
    package let organisation: Int64?
    package let state: State
    /// Units done of `total`, such as rows.
    package let progress: Int
    /// Nil while it is not known.
    package let total: Int?
    package let message: String?
    /// Hash of the blob to download.
    package let resultBlob: String?
    package let resultName: String?
    package let createdAt: Moment
    package let startedAt: Moment?
    package let endedAt: Moment?

    init(_ row: Row) {
        id = row.int("id") ?? 0
        kind = row.text("kind") ?? ""
        title = row.text("title") ?? ""
        owner = row.int("owner") ?? 0
        ownerName = row.text("owner_name") ?? ""
        organisation = row.int("organisation")
        state = row.text("state").flatMap(State.init) ?? .failed
        progress = Int(row.int("progress") ?? 0)
        total = row.int("total").map { Int($0) }
        message = row.text("message")
        resultBlob = row.text("result_blob")
        resultName = row.text("result_name")
        createdAt = row.moment("created_at") ?? Moment(milliseconds: 0)
        startedAt = row.moment("started_at")
        endedAt = row.moment("ended_at")
    }

    /// 0...100, or nil while the total is not known.
    package var percent: Int? { total.map { $0 > 0 ? min(100, progress * 100 / $0) : 100 } }
}

/// What a finished task leaves.
package struct LongTaskResult: Sendable {
    package var message: String?
    package var blob: String?
    /// The file name a browser is offered.
    package var name: String?

    package init(message: String? = nil, blob: String? = nil, name: String? = nil) {
        self.message = message
        self.blob = blob
        self.name = name
    }
}

/// What a running task is handed.
package struct LongTaskContext: Sendable {
    package let id: Int64
    let report: @Sendable (_ progress: Int, _ total: Int?, _ message: String?) async throws -> Void

    /// Shows how far the work is; written at most twice a second, so call it as often as is natural.
    ///
    /// - Throws: `CancellationError` when the user has cancelled.
    package func progress(_ done: Int, of total: Int? = nil, _ message: String? = nil) async throws {
        try Task.checkCancellation()
        try await report(done, total, message)
    }
}
