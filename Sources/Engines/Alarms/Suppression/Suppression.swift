import Identity
import Kernel
import Storage

/// A window in which alarms of an object are held back and only counted: plant stopped, repair, test. Source: requirements D2.5.7, D9.5.4.
package struct Suppression: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        case asked, approved, refused, ended

        package var title: String {
            switch self {
            case .asked: "待审批"
            case .approved: "已批准"
            case .refused: "不同意"
            case .ended: "提前结束"
            }
        }
    }

    package enum Reason: String, Sendable, CaseIterable {
        case stopped, repair, maintenance, test, other

        package var title: String {
            switch self {
            case .stopped: "停车停产"
            case .repair: "检修"
            case .maintenance: "设备维护"
            case .test: "测试标定"
            case .other: "其他"
            }
        }
    }

    package var id: Int64 = 0
    package var title: String
    package var reason: Reason
    /// Whose alarms; nil everybody's in the area.
    package var org: Int64?
    package var orgName: String
    package var area: String?
    /// Empty: every kind.
    package var kinds: [String]
    /// The alarm's subject or place must hold it; empty: every one.
    package var subject: String
    package var from: Moment
    package var until: Moment
    package var text: String
    package var state: State = .asked
    package var askedBy: Int64 = 0
    package var askedByName = ""
    package var askedAt = Moment(milliseconds: 0)
    package var decidedByName: String?
    package var decidedAt: Moment?
    package var opinion: String?
    /// Signals held back.
    package var held = 0
    package var heldLastAt: Moment?

    package init(
        title: String, reason: Reason, org: Int64?, orgName: String, area: String?, kinds: [String] = [], subject: String = "", from: Moment, until: Moment, text: String = ""
    ) {
        self.title = title
        self.reason = reason
        self.org = org
        self.orgName = orgName
        self.area = area
        self.kinds = kinds
        self.subject = subject
        self.from = from
        self.until = until
        self.text = text
    }

    static let columns: SQL = """
        id, title, reason, org, org_name, area, kinds, subject, from_at, until_at, text, state, asked_by, asked_by_name, asked_at, decided_by_name, decided_at, opinion, held, held_last_at
        """

    init(_ row: Row) {
        id = row.int("id") ?? 0
        title = row.text("title") ?? ""
        reason = row.text("reason").flatMap(Reason.init(rawValue:)) ?? .other
        org = row.int("org")
        orgName = row.text("org_name") ?? ""
        area = row.text("area")
        kinds = (row.text("kinds") ?? "").split(separator: ",").map(String.init)
        subject = row.text("subject") ?? ""
        from = row.moment("from_at") ?? Moment(milliseconds: 0)
        until = row.moment("until_at") ?? Moment(milliseconds: 0)
        text = row.text("text") ?? ""
        state = row.text("state").flatMap(State.init(rawValue:)) ?? .asked
        askedBy = row.int("asked_by") ?? 0
        askedByName = row.text("asked_by_name") ?? ""
        askedAt = row.moment("asked_at") ?? Moment(milliseconds: 0)
        decidedByName = row.text("decided_by_name")
        decidedAt = row.moment("decided_at")
        opinion = row.text("opinion")
        held = Int(row.int("held") ?? 0)
        heldLastAt = row.moment("held_last_at")
    }

    func holds(_ signal: AlarmSignal) -> Bool {
        signal.occurredAt >= from && signal.occurredAt < until && (org == nil || org == signal.org) && (org != nil || area.map { (signal.area ?? "").hasPrefix($0) } ?? true)
            && (kinds.isEmpty || kinds.contains(signal.kind)) && (subject.isEmpty || signal.subject.contains(subject) || signal.place.contains(subject))
    }

    /// What it is called now: an approved window waits, works or is over.
    package func standing(at now: Moment) -> (title: String, isActive: Bool) {
        guard state == .approved else { return (state.title, false) }
        if now < from { return ("已批准，未开始", false) }
        return now < until ? ("生效中", true) : ("已到期", false)
    }
}

/// What a window held back of one kind and subject.
package struct HeldSignals: Sendable, Equatable {
    package var kind: String
    package var subject: String
    package var title: String
    package var times: Int
    package var firstAt: Moment
    package var lastAt: Moment
}
