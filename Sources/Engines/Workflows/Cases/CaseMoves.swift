import Identity
import Kernel
import Ledgers
import Storage
import Web

/// What somebody decides on a step.
package struct CaseMove: Sendable {
    package var step: Int64
    package var transition: String
    package var opinion: String?
    /// Values of the step's form, as a page or the API sends them.
    package var values: [String: JSONValue]
    /// The version of the step that the person saw; nil does not ask.
    package var expectedVersion: Int?
    /// Sent twice, done once.
    package var key: String?

    package init(step: Int64, _ transition: String, opinion: String? = nil, values: [String: JSONValue] = [:], expectedVersion: Int? = nil, key: String? = nil) {
        self.step = step
        self.transition = transition
        self.opinion = opinion
        self.values = values
        self.expectedVersion = expectedVersion
        self.key = key
    }
}

extension WorkflowEngine {
    /// Takes a transition: signatures are gathered first where the step wants several; the last one moves the case.
    ///
    /// - Throws: `.notFound`; `.forbidden` when the step is not theirs; `.conflict` `JW-WF20` when the step was done meanwhile, `JW-WF21` when it changed, `JW-WF22` when the limit of the
    ///   transition is used up, `JW-WF23` when they have signed; `.invalid` with every wrong field.
    @discardableResult
    package func move(_ move: CaseMove, by principal: Principal, in tx: any Transaction) throws -> WorkflowCase {
        if let known = try answered(move.key, by: principal, in: tx) { return known }
        var (item, record) = try openStep(move.step, in: tx)
        let definition = try definition(of: item)
        guard let step = definition.step(record.step), let transition = step.transition(move.transition) else { throw Failure.notFound("该操作") }
        let owned = try ownItems(record, by: principal, in: tx)
        let isConcerned = principal.kind == .client && step.actors.contains(.concerned)
        guard principal.kind == .system || !owned.isEmpty || isConcerned else { throw try refusal(record, principal, in: tx) }
        guard !transition.isAutomatic || principal.kind == .system else { throw Failure.forbidden(transition.title) }
        if let expected = move.expectedVersion, expected != record.version { throw Failure(.conflict, "JW-WF21", "该环节已有变化，请刷新后再办理") }
        try countUse(of: transition, record, item, in: tx)
        let (opinion, data) = try judged(move, step, transition, by: principal)
        try judgeNamed(data, of: item, definition, in: tx)
        for (name, value) in data.members { item.data[name] = value }
        for (name, value) in transition.sets.sorted(by: { $0.key < $1.key }) { item.data[name] = .string(value) }
        try lockFiles(step.form, data, in: tx)
        let onBehalf = owned.first?.text("on_behalf")
        let title = transition.title + (onBehalf.map { "（代\($0)）" } ?? "")
        try note(transition.name, title, on: item, step: record, text: opinion, data: data, isPublic: step.isPublic, by: principal, in: tx)
        if principal.kind == .user { try tie(principal.id, "done", to: item.id, in: tx) }
        try remember(move.key, case: item.id, by: principal, in: tx)
        try hooks.audit(
            AuditEntry(
                "update", "workflowCase", "\(item.id)", "\(definition.title) \(item.number)：\(step.title) · \(transition.title)",
                details: ["step": .string(step.name), "transition": .string(transition.name), "opinion": .string(opinion)]), principal, tx)
        guard try sign(owned, record, step, transition, item, by: principal, in: tx) else {
            try keep(&item, in: tx)
            return item
        }
        try finish(record, as: .done, transition.name, by: principal, in: tx)
        try run(transition.effects, on: &item, by: principal, in: tx)
        try goOn(transition, from: step, of: definition, &item, by: principal, depth: 0, in: tx)
        try keep(&item, in: tx)
        return item
    }

    func openStep(_ id: Int64, in tx: any Transaction) throws -> (WorkflowCase, WorkflowStepRecord) {
        guard let found = try tx.first("SELECT * FROM workflow_steps WHERE id = \(id)") else { throw Failure.notFound("该环节") }
        let item = try required(WorkflowStepRecord(found).caseId, in: tx)
        // Read again under the case's lock: what two clicks saw, only the first may change.
        guard let row = try tx.first("SELECT * FROM workflow_steps WHERE id = \(id)") else { throw Failure.notFound("该环节") }
        let record = WorkflowStepRecord(row)
        guard record.state == .open, item.state == .running else {
            let who = record.byName.map { "由\($0)" } ?? ""
            throw Failure(.conflict, "JW-WF20", "\(item.number) 的“\(record.title)”环节已\(who)办理（\(record.state.title)），请刷新")
        }
        return (item, record)
    }

    func ownItems(_ record: WorkflowStepRecord, by principal: Principal, in reader: any Reader) throws -> [Row] {
        guard principal.kind == .user else { return [] }
        return try reader.rows("SELECT i.* FROM workflow_items i WHERE i.step_id = \(record.id) AND i.state = 'open' AND \(mine(principal)) ORDER BY i.position, i.id")
    }

    private func refusal(_ record: WorkflowStepRecord, _ principal: Principal, in tx: any Transaction) throws -> Failure {
        let signed = try tx.value("SELECT id FROM workflow_items WHERE step_id = \(record.id) AND who = \("u:\(principal.id)") AND state = 'done'")
        return signed == nil ? Failure.forbidden("办理“\(record.title)”") : Failure(.conflict, "JW-WF23", "您已在“\(record.title)”环节签署意见")
    }

    /// A transition with a limit is counted for the whole case, so that a second round through the step does not begin anew.
    private func countUse(of transition: WorkflowTransition, _ record: WorkflowStepRecord, _ item: WorkflowCase, in tx: any Transaction) throws {
        guard let limit = transition.limit else { return }
        let used = try tx.value("SELECT times FROM workflow_counts WHERE case_id = \(item.id) AND step = \(record.step) AND action = \(transition.name)")?.int ?? 0
        guard used < Int64(limit) else { throw Failure(.conflict, "JW-WF22", "“\(transition.title)”最多 \(limit) 次，本事项已用完，不再受理") }
        try tx.execute(
            """
            INSERT INTO workflow_counts (case_id, step, action, times) VALUES (\(item.id), \(record.step), \(transition.name), 1)
            ON CONFLICT (case_id, step, action) DO UPDATE SET times = workflow_counts.times + 1
            """)
    }

    private func judged(_ move: CaseMove, _ step: WorkflowStep, _ transition: WorkflowTransition, by principal: Principal) throws -> (String, JSONObject) {
        var findings: [FieldFinding] = []
        let opinion = (move.opinion ?? "").split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n").trimmedSpaces
        if transition.requiresOpinion, opinion.isEmpty { findings.append(FieldFinding("opinion", "required", "不能为空", title: "意见")) }
        if opinion.count > 2000 { findings.append(FieldFinding("opinion", "range", "不能超过 2000 字", title: "意见")) }
        var data = JSONObject()
        if transition.asksForm, !transition.isAutomatic {
            do { data = try sheet(step.form).judge(move.values, by: principal) } catch let failure as Failure where failure.kind == .invalid { findings += failure.fields }
        }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        return (opinion, data)
    }

    /// A login that a field names must be one of those who may be named there.
    func judgeNamed(_ data: JSONObject, of item: WorkflowCase, _ definition: WorkflowDeclaration, in reader: any Reader) throws {
        let findings = try definition.namedFields.compactMap { field, role -> FieldFinding? in
            guard let login = data[field]?.string else { return nil }
            let known = try nameable(role, org: item.org, area: item.area, in: reader).contains { $0.login == login }
            return known ? nil : FieldFinding(field, "unknown", "请选择在岗、且管辖范围包含本事项的人员", title: definition.fields.first { $0.name == field }?.title ?? field)
        }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
    }

    /// Whether the step is decided with this signature.
    private func sign(
        _ owned: [Row], _ record: WorkflowStepRecord, _ step: WorkflowStep, _ transition: WorkflowTransition, _ item: WorkflowCase, by principal: Principal, in tx: any Transaction
    ) throws -> Bool {
        guard let own = owned.first?.int("id") else { return true }
        try tx.execute("UPDATE workflow_items SET state = 'done', by_id = \(principal.id), action = \(transition.name), at = \(clock.now) WHERE id = \(own)")
        // Of somebody and who stands for them one signs.
        let seat = owned.first?.int("stands_for") ?? owned.first?.text("who").flatMap { Candidate(who: $0, organisation: nil).userId }
        if let seat {
            try tx.execute(
                "UPDATE workflow_items SET state = 'closed' WHERE step_id = \(record.id) AND id <> \(own) AND state IN ('open', 'waiting') AND (stands_for = \(seat) OR who = \("u:\(seat)"))"
            )
        }
        guard transition.name == step.transitions.first?.name else { return true }
        func left(_ state: String) throws -> Int { try tx.count("SELECT COUNT(*) FROM workflow_items WHERE step_id = \(record.id) AND state = \(state)") }
        switch step.signing {
        case .any, .rotating: return true
        case .all: return try left("open") == 0
        case .atLeast(let wanted):
            let agreed = try tx.count("SELECT COUNT(*) FROM workflow_items WHERE step_id = \(record.id) AND state = 'done' AND action = \(transition.name)")
            return try agreed >= wanted || left("open") == 0
        case .inOrder:
            guard let next = try tx.first("SELECT * FROM workflow_items WHERE step_id = \(record.id) AND state = 'waiting' ORDER BY position, id LIMIT 1"),
                let position = next.int("position")
            else { return true }
            try tx.execute("UPDATE workflow_items SET state = 'open' WHERE step_id = \(record.id) AND state = 'waiting' AND position = \(position)")
            try tell(.assigned, item, "待办：\(step.title)", receivers([Candidate(who: next.text("who") ?? "", organisation: next.int("at_org"))]), in: tx)
            return false
        }
    }

    func finish(_ record: WorkflowStepRecord, as state: WorkflowStepRecord.State, _ action: String, by principal: Principal, in tx: any Transaction) throws {
        let now = clock.now
        let wasLate = record.dueAt.map { $0 < now } ?? false
        let changed = try tx.execute(
            """
            UPDATE workflow_steps SET state = \(state.rawValue), done_at = \(now), was_late = \(wasLate ? 1 : 0), by_id = \(principal.kind == .user ? principal.id : 0), by_name = \(principal.name),
            by_org = \(principal.organisation), action = \(action), alarm_at = NULL, version = version + 1 WHERE id = \(record.id) AND state = 'open'
            """)
        guard changed == 1 else { throw Failure(.conflict, "JW-WF20", "“\(record.title)”环节已办理，请刷新") }
        try tx.execute("UPDATE workflow_items SET state = 'closed' WHERE step_id = \(record.id) AND state IN ('open', 'waiting')")
    }
}
