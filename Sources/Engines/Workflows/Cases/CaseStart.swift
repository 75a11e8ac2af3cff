import Identity
import Kernel
import Ledgers
import Storage

/// What a case starts with.
package struct CaseDraft: Sendable {
    package var workflow: String
    /// Values of the start form, as a page or the API sends them.
    package var values: [String: JSONValue]
    /// Names the case; nil takes the title field, or the workflow's title.
    package var title: String?
    /// Whose case it is; nil is the starter's organisation.
    package var org: Int64?
    package var subject: WorkflowSubject?
    /// Sent twice, done once.
    package var key: String?

    package init(_ workflow: String, values: [String: JSONValue] = [:], title: String? = nil, org: Int64? = nil, subject: WorkflowSubject? = nil, key: String? = nil) {
        self.workflow = workflow
        self.values = values
        self.title = title
        self.org = org
        self.subject = subject
        self.key = key
    }
}

extension WorkflowEngine {
    /// Starts a case and enters its first step.
    ///
    /// - Parameters:
    ///   - isAdmitted: whoever calls has asked already whether this person may.
    ///   - parentStep: the step of another case that this one is.
    /// - Throws: `.forbidden`; `.invalid` with every wrong field; `.conflict` `JW-WF10` when a case about the same thing already runs.
    package func start(_ draft: CaseDraft, by principal: Principal, isAdmitted: Bool = false, parentStep: Int64? = nil, in tx: any Transaction) throws -> WorkflowCase {
        let definition = try definition(draft.workflow)
        if let known = try answered(draft.key, by: principal, in: tx) { return known }
        guard isAdmitted || mayStart(definition, by: principal) else { throw Failure.forbidden("发起\(definition.title)") }
        if definition.needsSubject, draft.subject == nil { throw Failure(.invalid, "JW-WF11", "\(definition.title)要从所针对的记录发起") }
        if let subject = draft.subject {
            let running = try tx.value(
                "SELECT number FROM workflow_cases WHERE subject_kind = \(subject.kind) AND subject_id = \(subject.id) AND workflow = \(definition.name) AND state = 'running'")
            if let number = running?.text { throw Failure(.conflict, "JW-WF10", "已有办理中的\(definition.title)（\(number)），不能重复发起") }
        }
        let sheet = sheet(definition.form)
        let data = try sheet.judge(draft.values, by: principal)
        let now = clock.now
        let org = draft.org ?? principal.organisation
        let owner = try org.flatMap { id in try tx.first("SELECT name, area FROM organisations WHERE id = \(id)") }
        let named = definition.titleField.flatMap { name in definition.form.first { $0.name == name } }.map { sheet.text($0, in: data) } ?? ""
        let title = draft.title ?? (named.isEmpty ? definition.title : named)
        let due = try definition.within.map { try WorkingCalendar.load(tx).deadline($0, from: now) }
        let number = try nextNumber(definition.numbers, in: tx)
        let id = try tx.insert(
            """
            INSERT INTO workflow_cases (number, workflow, definition_version, title, org, org_name, area, starter, starter_name, starter_org, subject_kind, subject_id, state, data, started_at, due_at, version)
            VALUES (\(number), \(definition.name), \(liveVersion(definition.name)), \(title), \(org), \(owner?.text("name") ?? ""), \(owner?.text("area") ?? principal.area), \(principal.id),
            \(principal.name), \(principal.organisation), \(draft.subject?.kind), \(draft.subject?.id), 'running', \(JSONValue.object(data).text), \(now), \(due), 1)
            """)
        if let parentStep { try tx.execute("UPDATE workflow_cases SET parent_step = \(parentStep) WHERE id = \(id)") }
        try remember(draft.key, case: id, by: principal, in: tx)
        if principal.kind == .user { try tie(principal.id, "starter", to: id, in: tx) }
        var item = try required(id, in: tx)
        try judgeNamed(data, of: item, definition, in: tx)
        try lockFiles(definition.form, data, in: tx)
        try note("start", "发起", on: item, text: "", data: data, isPublic: true, by: principal, in: tx)
        try run(definition.onStart, on: &item, by: principal, in: tx)
        guard let first = definition.steps.first else { throw Failure(.unexpected, "JW-WF90", "流程没有环节") }
        try enter(first, of: definition, &item, by: principal, in: tx)
        try keep(&item, in: tx)
        try hooks.audit(AuditEntry("create", "workflowCase", "\(id)", "发起\(definition.title) \(number)", details: ["workflow": .string(definition.name)]), principal, tx)
        return item
    }

    /// Whether the definition lets this person start it from the list of workflows.
    package func mayStart(_ definition: WorkflowDeclaration, by principal: Principal) -> Bool {
        if principal.kind == .system { return true }
        return definition.startedBy.contains { actor in
            switch actor {
            case .role(let role), .ownerRole(let role): principal.roles.contains(role)
            case .user(let login): principal.login == login
            default: false
            }
        }
    }

    func required(_ id: Int64, in tx: any Transaction) throws -> WorkflowCase {
        guard let row = try tx.first("SELECT \(WorkflowCase.columns) FROM workflow_cases c WHERE c.id = \(id)\(locking(tx))") else { throw Failure.notFound("该事项") }
        return try WorkflowCase(row)
    }

    /// Writes what a transition changed.
    func keep(_ item: inout WorkflowCase, in tx: any Transaction) throws {
        item.version += 1
        try tx.execute(
            """
            UPDATE workflow_cases SET state = \(item.state.rawValue), outcome = \(item.outcome), data = \(JSONValue.object(item.data).text), ended_at = \(item.endedAt), version = \(item.version)
            WHERE id = \(item.id)
            """)
    }

    func tie(_ user: Int64, _ tie: String, to caseId: Int64, in tx: any Transaction) throws {
        try tx.execute(
            """
            INSERT INTO workflow_people (user_id, tie, case_id, at) VALUES (\(user), \(tie), \(caseId), \(clock.now)) ON CONFLICT (user_id, tie, case_id) DO NOTHING
            """)
    }

    func note(
        _ action: String, _ title: String, on item: WorkflowCase, step: WorkflowStepRecord? = nil, text: String, data: JSONObject = JSONObject(), isPublic: Bool,
        by principal: Principal, in tx: any Transaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO workflow_events (case_id, step_id, step, at, action, title, by_id, by_name, by_org_name, text, data, is_public)
            VALUES (\(item.id), \(step?.id), \(step?.step), \(clock.now), \(action), \(title), \(principal.id), \(principal.name), \(principal.organisationName), \(text),
            \(JSONValue.object(data).text), \(isPublic ? 1 : 0))
            """)
    }

    /// A case refers to its files for as long as it is kept.
    func lockFiles(_ fields: [Field], _ data: JSONObject, in tx: any Transaction) throws {
        let sheet = sheet(fields)
        for field in fields where field.isFile { for file in sheet.files(field, in: data) { _ = try hooks.lock(file.sha256, tx) } }
    }

    private func nextNumber(_ prefix: String, in tx: any Transaction) throws -> String {
        let day = clock.today
        try tx.execute(
            """
            INSERT INTO workflow_numbers (prefix, day, last) VALUES (\(prefix), \(day.number), 1) ON CONFLICT (prefix, day) DO UPDATE SET last = workflow_numbers.last + 1
            """)
        let last = try tx.value("SELECT last FROM workflow_numbers WHERE prefix = \(prefix) AND day = \(day.number)")?.int ?? 1
        let digits = String(last)
        return "\(prefix)\(day.number)-" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    func answered(_ key: String?, by principal: Principal, in tx: any Transaction) throws -> WorkflowCase? {
        guard let key else { return nil }
        guard let id = try tx.value("SELECT case_id FROM workflow_requests WHERE user_id = \(principal.id) AND request_key = \(key)")?.int else { return nil }
        return try required(id, in: tx)
    }

    func remember(_ key: String?, case id: Int64, by principal: Principal, in tx: any Transaction) throws {
        guard let key else { return }
        try tx.execute("INSERT INTO workflow_requests (user_id, request_key, case_id, at) VALUES (\(principal.id), \(key), \(id), \(clock.now))")
    }
}
