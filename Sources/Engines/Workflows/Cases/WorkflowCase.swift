import Kernel
import Storage

/// One case as it stands.
package struct WorkflowCase: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        case running, ended, withdrawn, cancelled

        package var title: String {
            switch self {
            case .running: "办理中"
            case .ended: "已办结"
            case .withdrawn: "已撤回"
            case .cancelled: "已终止"
            }
        }
    }

    package var id: Int64
    package var number: String
    package var workflow: String
    /// The version it runs by, whatever was published since.
    package var definitionVersion: Int
    package var title: String
    package var org: Int64?
    package var orgName: String
    package var area: String?
    package var starter: Int64
    package var starterName: String
    package var starterOrg: Int64?
    package var subject: WorkflowSubject?
    package var state: State
    /// The end step it came to.
    package var outcome: String?
    /// Stored values of every form so far and of `sets`, the last ones count.
    package var data: JSONObject
    package var startedAt: Moment
    package var dueAt: Moment?
    package var endedAt: Moment?
    /// Counts changes, for `expectedVersion`.
    package var version: Int

    static let columns: SQL = """
        c.id, c.number, c.workflow, c.definition_version, c.title, c.org, c.org_name, c.area, c.starter, c.starter_name, c.starter_org, c.subject_kind, c.subject_id, c.state, c.outcome, \
        c.data, c.started_at, c.due_at, c.ended_at, c.version
        """

    init(_ row: Row) throws {
        guard let id = row.int("id"), let state = row.text("state").flatMap(State.init(rawValue:)), let startedAt = row.moment("started_at") else {
            throw Failure(.unexpected, "JW-WF91", "流程事项已损坏", cause: "workflow_cases.id = \(row.int("id") ?? 0)")
        }
        self.id = id
        self.state = state
        self.startedAt = startedAt
        number = row.text("number") ?? ""
        workflow = row.text("workflow") ?? ""
        definitionVersion = Int(row.int("definition_version") ?? 0)
        title = row.text("title") ?? ""
        org = row.int("org")
        orgName = row.text("org_name") ?? ""
        area = row.text("area")
        starter = row.int("starter") ?? 0
        starterName = row.text("starter_name") ?? ""
        starterOrg = row.int("starter_org")
        if let kind = row.text("subject_kind"), let id = row.int("subject_id") { subject = WorkflowSubject(kind, id) }
        outcome = row.text("outcome")
        data = (try JSONValue(parsing: row.text("data") ?? "{}")).object ?? JSONObject()
        dueAt = row.moment("due_at")
        endedAt = row.moment("ended_at")
        version = Int(row.int("version") ?? 1)
    }
}

/// What a case is about: an alarm, a row of a ledger.
package struct WorkflowSubject: Sendable, Equatable {
    package var kind: String
    package var id: Int64

    package init(_ kind: String, _ id: Int64) {
        self.kind = kind
        self.id = id
    }
}

/// One time a case stood at a step.
package struct WorkflowStepRecord: Sendable, Equatable {
    package enum State: String, Sendable {
        case open, done, returned, skipped, withdrawn

        package var title: String {
            switch self {
            case .open: "办理中"
            case .done: "已办"
            case .returned: "已退回"
            case .skipped: "未办结束"
            case .withdrawn: "已撤回"
            }
        }
    }

    package var id: Int64
    package var caseId: Int64
    package var step: String
    package var title: String
    package var state: State
    package var openedAt: Moment
    package var dueAt: Moment?
    package var doneAt: Moment?
    package var wasLate: Bool
    package var byId: Int64?
    package var byName: String?
    package var byOrg: Int64?
    package var action: String?
    package var alarms: Int
    package var version: Int

    init(_ row: Row) {
        id = row.int("id") ?? 0
        caseId = row.int("case_id") ?? 0
        step = row.text("step") ?? ""
        title = row.text("title") ?? ""
        state = row.text("state").flatMap(State.init(rawValue:)) ?? .skipped
        openedAt = row.moment("opened_at") ?? Moment(milliseconds: 0)
        dueAt = row.moment("due_at")
        doneAt = row.moment("done_at")
        wasLate = row.bool("was_late")
        byId = row.int("by_id")
        byName = row.text("by_name")
        byOrg = row.int("by_org")
        action = row.text("action")
        alarms = Int(row.int("alarms") ?? 0)
        version = Int(row.int("version") ?? 1)
    }

    package func isOverdue(at now: Moment) -> Bool { state == .open && dueAt.map { $0 < now } ?? false }
}

/// One entry of a case's timeline.
package struct WorkflowEvent: Sendable, Equatable {
    package var id: Int64
    package var step: String?
    package var at: Moment
    package var action: String
    package var title: String
    package var byName: String
    package var byOrgName: String
    /// The opinion.
    package var text: String
    /// What the form of the step held, as stored values.
    package var data: JSONObject
    package var isPublic: Bool

    init(_ row: Row) throws {
        id = row.int("id") ?? 0
        step = row.text("step")
        at = row.moment("at") ?? Moment(milliseconds: 0)
        action = row.text("action") ?? ""
        title = row.text("title") ?? ""
        byName = row.text("by_name") ?? ""
        byOrgName = row.text("by_org_name") ?? ""
        text = row.text("text") ?? ""
        data = (try JSONValue(parsing: row.text("data") ?? "{}")).object ?? JSONObject()
        isPublic = row.bool("is_public")
    }
}

/// What receivers are told about a case.
package struct WorkflowNotice: Sendable, Equatable {
    package enum Kind: String, Sendable { case assigned, reminder, overdue, urged, copied, returned, ended }

    /// Users by id, or holders of a role that the case's org and area admit, narrowed to one organisation.
    package enum Receiver: Sendable, Equatable {
        case user(Int64)
        case role(String, organisation: Int64?)
    }

    package var kind: Kind
    package var caseId: Int64
    package var number: String
    package var title: String
    package var text: String
    package var org: Int64?
    package var area: String?
    package var receivers: [Receiver]
    package var path: String { "/work/\(caseId)" }
}
