import Kernel
import Storage

/// One act that waits, or waited, for other people.
package struct DualApproval: Sendable {
    package enum State: String, Sendable, CaseIterable {
        case pending, approved, refused, withdrawn, used

        package var title: String {
            switch self {
            case .pending: "待复核"
            case .approved: "已同意，待执行"
            case .refused: "不同意"
            case .withdrawn: "已撤回"
            case .used: "已执行"
            }
        }
    }

    package var id: Int64
    package var act: DualAct?
    package var method: String
    package var path: String
    package var user: Int64
    package var userName: String
    package var org: Int64?
    package var area: String?
    package var reason: String?
    package var state: State
    package var needed: Int
    package var createdAt: Moment
    package var expiresAt: Moment
    package var usedAt: Moment?
    let content: String
    let digest: [UInt8]

    init(_ row: Row) {
        id = row.int("id") ?? 0
        act = row.text("act").flatMap(DualAct.named)
        method = row.text("method") ?? ""
        path = row.text("path") ?? ""
        user = row.int("user_id") ?? 0
        userName = row.text("user_name") ?? ""
        org = row.int("org")
        area = row.text("area")
        reason = row.text("reason")
        state = row.text("state").flatMap(State.init) ?? .withdrawn
        needed = Int(row.int("needed") ?? 1)
        createdAt = row.moment("created_at") ?? Moment(milliseconds: 0)
        expiresAt = row.moment("expires_at") ?? Moment(milliseconds: 0)
        usedAt = row.moment("used_at")
        content = row.text("content") ?? ""
        digest = row.blob("digest") ?? []
    }

    /// Whether nothing more can come of it because its time is over.
    package func isOver(at now: Moment) -> Bool { (state == .pending || state == .approved) && now >= expiresAt }
}

/// What one other person said.
package struct DualVote: Sendable {
    package var userName: String
    package var agrees: Bool
    package var note: String?
    package var at: Moment
}

/// A request at the door, as it is compared and kept.
package struct AskedAct: Sendable {
    package var act: DualAct
    package var method: String
    /// With its query, without the number of an approval.
    package var path: String
    /// The fields of its form, without what belongs to the session.
    package var fields: [(name: String, value: String)]
    /// The number of an approval that it says it has.
    package var approval: Int64?
    /// Of the data it touches; nil where that has none.
    package var level: DataLevel?

    package init(act: DualAct, method: String, path: String, fields: [(name: String, value: String)], approval: Int64?, level: DataLevel? = nil) {
        self.level = level
        self.act = act
        self.method = method
        self.path = path
        self.fields = fields
        self.approval = approval
    }

    /// As sealed and digested: no two different requests are written alike.
    var text: String {
        let list: [JSONValue] = fields.map { .array([.string($0.name), .string($0.value)]) }
        let value: JSONValue = ["act": .string(act.name), "method": .string(method), "path": .string(path), "fields": .array(list)]
        return value.text
    }
}

/// What becomes of a request at the door.
package enum DualVerdict: Sendable, Equatable {
    /// Nobody is asked for.
    case go
    /// Others agreed, under this number.
    case run(Int64)
    /// It waits under this number.
    case wait(Int64)
}
