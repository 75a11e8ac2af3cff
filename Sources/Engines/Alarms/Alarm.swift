import Kernel
import Storage

/// One alarm as it stands.
package struct Alarm: Sendable, Equatable {
    package var id: Int64
    /// `BJ20261121-000123`.
    package var number: String
    package var kind: String
    package var grade: AlarmGrade
    package var state: AlarmState
    package var org: Int64?
    package var orgName: String
    package var area: String?
    package var place: String
    package var subject: String
    package var plate: String?
    package var title: String
    /// Why it is an alarm; never empty.
    package var reasons: [AlarmReason]
    package var versions: AlarmVersions
    package var source: AlarmSource?
    /// Business day of the first occurrence.
    package var day: Day
    package var occurredAt: Moment
    package var lastAt: Moment
    /// Occurrences counted on it, 1 or more.
    package var times: Int
    package var raisedAt: Moment
    /// Until when somebody must have taken it up.
    package var dueAt: Moment?
    package var respondedAt: Moment?
    package var decidedAt: Moment?
    package var closedAt: Moment?
    package var handlerName: String?
    package var opinion: String?
    /// The chain's last hash, lowercase SM3; the chain's root where there is no evidence.
    package var chainHead: String
    package var evidenceCount: Int
    package var traits: Set<String>
    /// What each grading scheme made of it when it was opened.
    package var levels: [AlarmLevel]
    /// 1 is the most urgent: the place of the level in the leading scheme, or what the kind's own grade stands for.
    package var urgency: Int
    package var falseClass: AlarmFalseClass?
    /// When somebody must look again whether it is over.
    package var recheckAt: Moment?
    package var recoveredAt: Moment?
    /// When its enterprise is asked to answer (again); nil while nobody asks.
    package var answerDueAt: Moment? = nil
    /// How often it was asked.
    package var answerAsked = 0
    /// When a shift last handed it over unfinished.
    package var heldOverAt: Moment? = nil
    /// Counts changes of state, for `expectedVersion`.
    package var version: Int

    /// What may be done now, by the rules alone.
    package var possibleActions: [AlarmAction] { AlarmAction.allCases.filter { $0.isAllowed(from: state) } }

    package func isOverdue(at now: Moment) -> Bool { state == .new && dueAt.map { $0 < now } ?? false }

    static let columns: SQL = """
        id, number, kind, grade, state, org, org_name, area, place, subject, plate, title, reasons, rule_version, list_version, strategy_version, source_kind, source_id, day, occurred_at, last_at, \
        times, raised_at, due_at, responded_at, decided_at, closed_at, handler_name, opinion, chain_head, evidence_count, version, \
        traits, levels, urgency, false_class, recheck_at, recovered_at, answer_due_at, answer_asked, held_over_at
        """

    init(_ row: Row) throws {
        guard let id = row.int("id"), let number = row.text("number"), let kind = row.text("kind"), let grade = row.int("grade").flatMap({ AlarmGrade(rawValue: Int($0)) }),
            let state = row.text("state").flatMap(AlarmState.init(rawValue:)), let day = row.day("day"), let occurredAt = row.moment("occurred_at"),
            let lastAt = row.moment("last_at"),
            let raisedAt = row.moment("raised_at")
        else { throw Failure(.unexpected, "JW-A001", "报警记录已损坏", cause: "alarms.id = \(row.int("id") ?? 0)") }
        self.id = id
        self.number = number
        self.kind = kind
        self.grade = grade
        self.state = state
        org = row.int("org")
        orgName = row.text("org_name") ?? ""
        area = row.text("area")
        place = row.text("place") ?? ""
        subject = row.text("subject") ?? ""
        plate = row.text("plate")
        title = row.text("title") ?? ""
        reasons = AlarmReason.list(from: row.text("reasons") ?? "[]")
        versions = AlarmVersions(rule: row.int("rule_version"), list: row.int("list_version"), strategy: row.int("strategy_version"))
        if let kind = row.text("source_kind"), let id = row.int("source_id") { source = AlarmSource(kind, id) }
        self.day = day
        self.occurredAt = occurredAt
        self.lastAt = lastAt
        times = Int(row.int("times") ?? 1)
        self.raisedAt = raisedAt
        dueAt = row.moment("due_at")
        respondedAt = row.moment("responded_at")
        decidedAt = row.moment("decided_at")
        closedAt = row.moment("closed_at")
        handlerName = row.text("handler_name")
        opinion = row.text("opinion")
        chainHead = row.text("chain_head") ?? ""
        evidenceCount = Int(row.int("evidence_count") ?? 0)
        version = Int(row.int("version") ?? 1)
        traits = Set((row.text("traits") ?? "").split(separator: "|").map(String.init))
        levels = AlarmLevel.list(row.text("levels") ?? "")
        urgency = Int(row.int("urgency") ?? 4)
        falseClass = row.text("false_class").flatMap(AlarmFalseClass.init(rawValue:))
        recheckAt = row.moment("recheck_at")
        recoveredAt = row.moment("recovered_at")
        answerDueAt = row.moment("answer_due_at")
        answerAsked = Int(row.int("answer_asked") ?? 0)
        heldOverAt = row.moment("held_over_at")
    }
}

extension AlarmReason {
    static func json(_ reasons: [AlarmReason]) -> JSONValue { .array(reasons.map { ["code": .string($0.code), "message": .string($0.message)] }) }

    static func list(from text: String) -> [AlarmReason] {
        let value = (try? JSONValue(parsing: text)) ?? .array([])
        return (value.array ?? []).map { AlarmReason($0["code"]?.string ?? "", $0["message"]?.string ?? "") }
    }
}

/// One entry of an alarm's timeline.
package struct AlarmEvent: Sendable, Equatable {
    package var at: Moment
    /// Raw value of an `AlarmAction`, or `raise`, `merge`, `evidence`, `comment`, `export`.
    package var action: String
    package var from: AlarmState?
    package var to: AlarmState?
    package var byName: String
    package var text: String

    package var title: String {
        switch action {
        case "raise": "产生报警"
        case "merge": "重复发生"
        case "evidence": "补充证据"
        case "comment": "备注"
        case "followUp": "跟踪记录"
        case "push": "推送"
        case "recheck": "到复核时间"
        case "export": "导出证据包"
        case "askAnswer": "要求企业答复"
        case "remind": "提醒企业"
        case "escalate": "上报"
        case "handOver": "交接班移交"
        case "tell": "短信通知负责人"
        case "answer": "企业答复"
        default: AlarmAction(rawValue: action)?.title ?? action
        }
    }
}
