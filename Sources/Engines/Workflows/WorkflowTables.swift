import Kernel
import Storage

/// The tables of this engine, as migrations must arrive at them.
package enum WorkflowTables {
    package static let all: [Table] = [definitions, cases, steps, items, people, events, counts, requests, numbers, delegations, turns]

    /// One row is one version of a definition, the program's (`by_id` 0) or an administrator's: version 0 is the draft, the highest other one is live.
    static let definitions = Table(
        "workflow_definitions",
        columns: [
            Column("name", .text, required: true), Column("version", .integer, required: true), Column("body", .text, required: true), Column("note", .text, required: true),
            Column("at", .integer, required: true), Column("by_id", .integer, required: true), Column("by_name", .text, required: true),
        ],
        indexes: [Index("name", "version", unique: true)])

    /// One row is one case; it runs by the version of its definition that was live when it started.
    static let cases = Table(
        "workflow_cases",
        columns: [
            Column("number", .text, required: true), Column("workflow", .text, required: true), Column("definition_version", .integer, required: true),
            Column("title", .text, required: true), Column("org", .integer), Column("org_name", .text, required: true), Column("area", .text),
            Column("starter", .integer, required: true), Column("starter_name", .text, required: true), Column("starter_org", .integer), Column("subject_kind", .text),
            Column("subject_id", .integer), Column("state", .text, required: true), Column("outcome", .text), Column("data", .text, required: true),
            Column("started_at", .integer, required: true), Column("due_at", .integer), Column("ended_at", .integer), Column("version", .integer, required: true),
            Column("parent_step", .integer),
        ],
        indexes: [
            Index("parent_step", where: "parent_step IS NOT NULL"), Index("number", unique: true), Index("workflow", "state", "id"), Index("state", "id"), Index("area", "id"),
            Index("org", "id"),
            Index("subject_kind", "subject_id", where: "subject_id IS NOT NULL"),
        ])

    /// One row is one time a case stood at a step. `alarm_at` is the next moment at which something is to be done about its deadline.
    static let steps = Table(
        "workflow_steps",
        columns: [
            Column("case_id", .integer, required: true), Column("step", .text, required: true), Column("title", .text, required: true), Column("workflow", .text, required: true),
            Column("state", .text, required: true), Column("opened_at", .integer, required: true), Column("due_at", .integer), Column("alarm_at", .integer),
            Column("alarms", .integer, required: true, fallback: .int(0)), Column("done_at", .integer), Column("was_late", .integer, required: true, fallback: .int(0)),
            Column("by_id", .integer), Column("by_name", .text), Column("by_org", .integer), Column("action", .text), Column("version", .integer, required: true),
        ],
        indexes: [
            Index("case_id", "id"), Index("alarm_at", where: "alarm_at IS NOT NULL"), Index("workflow", "step", "done_at"), Index("due_at", where: "state = 'open'"),
        ])

    /// One row says that somebody may act on a step: `who` is `u:17` or `r:county`; `at_org` narrows a role to one organisation.
    static let items = Table(
        "workflow_items",
        columns: [
            Column("step_id", .integer, required: true), Column("case_id", .integer, required: true), Column("who", .text, required: true), Column("at_org", .integer),
            Column("org", .integer), Column("area", .text), Column("state", .text, required: true), Column("position", .integer, required: true),
            Column("on_behalf", .text), Column("by_id", .integer), Column("action", .text), Column("at", .integer),
            Column("stands_for", .integer), Column("delegation", .integer),
        ],
        indexes: [Index("delegation", where: "delegation IS NOT NULL"), Index("who", "step_id", where: "state = 'open'"), Index("step_id"), Index("case_id")])

    /// One row ties a person to a case: `starter`, `done`, `copy`.
    static let people = Table(
        "workflow_people", key: ["user_id", "tie", "case_id"],
        columns: [
            Column("user_id", .integer, required: true), Column("tie", .text, required: true), Column("case_id", .integer, required: true), Column("at", .integer, required: true),
            Column("read_at", .integer),
        ], indexes: [Index("case_id")], isClustered: true)

    /// One row is one entry of a case's timeline; never changed.
    static let events = Table(
        "workflow_events",
        columns: [
            Column("case_id", .integer, required: true), Column("step_id", .integer), Column("step", .text), Column("at", .integer, required: true),
            Column("action", .text, required: true), Column("title", .text, required: true), Column("by_id", .integer, required: true), Column("by_name", .text, required: true),
            Column("by_org_name", .text, required: true), Column("text", .text, required: true), Column("data", .text, required: true),
            Column("is_public", .integer, required: true),
        ],
        indexes: [Index("case_id", "id")])

    /// How often a case took a transition, for those with a limit.
    static let counts = Table(
        "workflow_counts", key: ["case_id", "step", "action"],
        columns: [
            Column("case_id", .integer, required: true), Column("step", .text, required: true), Column("action", .text, required: true), Column("times", .integer, required: true),
        ], isClustered: true)

    /// Requests that were carried out, so that one sent twice is done once.
    static let requests = Table(
        "workflow_requests", key: ["user_id", "request_key"],
        columns: [
            Column("user_id", .integer, required: true), Column("request_key", .text, required: true), Column("case_id", .integer, required: true),
            Column("at", .integer, required: true),
        ], indexes: [Index("at")], isClustered: true)

    /// The last number given with a prefix on a business day.
    static let numbers = Table(
        "workflow_numbers", key: ["prefix", "day"],
        columns: [Column("prefix", .text, required: true), Column("day", .integer, required: true), Column("last", .integer, required: true)], isClustered: true)
}

extension WorkflowTables {
    /// One row is one 委托: who acts for whom, from when to when.
    static let delegations = Table(
        "workflow_delegations",
        columns: [
            Column("user_id", .integer, required: true), Column("user_name", .text, required: true), Column("to_id", .integer, required: true),
            Column("to_name", .text, required: true),
            Column("workflow", .text), Column("from_at", .integer, required: true), Column("until_at", .integer, required: true), Column("note", .text, required: true),
            Column("state", .text, required: true), Column("at", .integer, required: true),
        ],
        indexes: [Index("user_id", "id"), Index("to_id", "id"), Index("state", "from_at")])

    /// When somebody last had a turn at a step that is given out in turns.
    static let turns = Table(
        "workflow_turns", key: ["workflow", "step", "user_id"],
        columns: [
            Column("workflow", .text, required: true), Column("step", .text, required: true), Column("user_id", .integer, required: true), Column("turn", .integer, required: true),
        ], isClustered: true)
}

/// The permissions of this engine. To act on a step or to start a case needs none of them: the definition says who.
package enum WorkflowPermission {
    /// Sees every case of their area or organisation, beside those they take part in.
    package static let read = "workflow.read"
    /// Urges, and steps in: hands a step to somebody else, cancels.
    package static let supervise = "workflow.supervise"
    /// Edits definitions.
    package static let design = "workflow.design"
}
