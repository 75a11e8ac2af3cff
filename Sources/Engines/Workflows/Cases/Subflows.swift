import Identity
import Kernel
import Ledgers
import Storage

/// 子流程: a step that is a case of another workflow. It gets the values that both forms name alike; its outcome decides how the step goes on.
extension WorkflowEngine {
    func openSubflow(_ step: WorkflowStep, of definition: WorkflowDeclaration, _ item: inout WorkflowCase, in tx: any Transaction) throws {
        guard let name = step.subflow else { throw Failure(.unexpected, "JW-WF96", "环节“\(step.title)”没有指定子流程") }
        let now = clock.now
        let due = try step.within.map { try WorkingCalendar.load(tx).deadline($0, from: now) }
        let id = try tx.insert(
            """
            INSERT INTO workflow_steps (case_id, step, title, workflow, state, opened_at, due_at, alarm_at, version)
            VALUES (\(item.id), \(step.name), \(step.title), \(definition.name), 'open', \(now), \(due), \(firstAlarm(step, due, now)), 1)
            """)
        let child = try self.definition(name)
        let values = child.form.reduce(into: [String: JSONValue]()) { values, field in if let value = item.data[field.name] { values[field.name] = value } }
        let starter = Principal(
            kind: .system, id: item.starter, login: "system", name: item.starterName, organisation: item.starterOrg, area: item.area, permissions: ["*"], scope: .everything)
        let started: WorkflowCase
        do {
            started = try start(CaseDraft(name, values: values, title: item.title, org: item.org), by: starter, isAdmitted: true, parentStep: id, in: tx)
        } catch let failure as Failure where failure.kind == .invalid {
            throw Failure(.invalid, "JW-WF95", "子流程“\(child.title)”还缺少：\(failure.fields.map(\.title).joined(separator: "、"))", fields: failure.fields)
        }
        if item.starter > 0 { try tie(item.starter, "starter", to: started.id, in: tx) }
        try note("subflow", "发起子流程 \(started.number)", on: item, text: child.title, isPublic: false, by: .system(), in: tx)
    }

    /// A case is over: the step it was goes on, by the transition of its outcome's name or else the first.
    func resumeParent(of item: WorkflowCase, outcome: String, in tx: any Transaction) throws {
        guard let stepId = try tx.value("SELECT parent_step FROM workflow_cases WHERE id = \(item.id)")?.int,
            let row = try tx.first("SELECT * FROM workflow_steps WHERE id = \(stepId) AND state = 'open'")
        else { return }
        let record = WorkflowStepRecord(row)
        var parent = try required(record.caseId, in: tx)
        guard parent.state == .running else { return }
        let definition = try definition(of: parent)
        guard let step = definition.step(record.step) else { return }
        let transition = step.transition(outcome) ?? step.transitions.first
        parent.data[step.name + "Outcome"] = .string(outcome)
        for (name, value) in (transition?.sets ?? [:]).sorted(by: { $0.key < $1.key }) { parent.data[name] = .string(value) }
        try note("subflow", "子流程 \(item.number) 结束：\(outcome)", on: parent, step: record, text: "", isPublic: false, by: .system(), in: tx)
        try finish(record, as: .done, transition?.name ?? outcome, by: .system(), in: tx)
        try run(transition?.effects ?? [], on: &parent, by: .system(), in: tx)
        try goOn(transition, from: step, of: definition, &parent, by: .system(), depth: 0, in: tx)
        try keep(&parent, in: tx)
    }

    /// Cases that are steps of one that is taken back go with it.
    func cancelChildren(of item: WorkflowCase, _ reason: String, in tx: any Transaction) throws {
        let children = try tx.rows(
            "SELECT c.id FROM workflow_cases c JOIN workflow_steps s ON s.id = c.parent_step WHERE s.case_id = \(item.id) AND s.state = 'open' AND c.state = 'running' LIMIT 100"
        ).compactMap { $0[0].int }
        // The parent's steps are closed first, so that no child resumes it.
        try closeOpenSteps(of: item, as: .withdrawn, in: tx)
        for id in children { try cancel(id, reason: reason, by: .system(), in: tx) }
    }

    /// Steps of a definition from which one is reached: what a join waits for.
    func leading(to name: String, in definition: WorkflowDeclaration) -> Set<String> {
        var found: Set<String> = []
        var isGrowing = true
        while isGrowing {
            isGrowing = false
            for step in definition.steps where !found.contains(step.name) {
                if step.transitions.flatMap(\.targets).contains(where: { $0 == name || found.contains($0) }) {
                    found.insert(step.name)
                    isGrowing = true
                }
            }
        }
        return found
    }
}
