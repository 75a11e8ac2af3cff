import Identity
import Kernel
import Rules
import Storage

extension WorkflowEngine {
    /// Enters a step: people get it, the program does its part, or the case ends.
    func enter(_ step: WorkflowStep, of definition: WorkflowDeclaration, _ item: inout WorkflowCase, by principal: Principal, depth: Int = 0, in tx: any Transaction) throws {
        guard depth < 40 else { throw Failure(.unexpected, "JW-WF93", "流程定义在自动环节之间循环", cause: "\(definition.name) \(step.name)") }
        switch step.kind {
        case .task, .notice: try open(step, of: definition, &item, in: tx)
        case .automatic:
            try pass(step, of: definition, &item, in: tx)
            try run(step.effects, on: &item, by: principal, in: tx)
            try goOn(step.transitions.first, from: step, of: definition, &item, by: principal, depth: depth, in: tx)
        case .subflow: try openSubflow(step, of: definition, &item, in: tx)
        case .join:
            // Only what leads here is waited for, so that parallel steps may stand within parallel steps.
            let awaited = leading(to: step.name, in: definition).sorted()
            guard try tx.count("SELECT COUNT(*) FROM workflow_steps WHERE case_id = \(item.id) AND state = 'open' AND step IN (\(list: awaited))") == 0 else { return }
            try pass(step, of: definition, &item, in: tx)
            try goOn(step.transitions.first, from: step, of: definition, &item, by: principal, depth: depth, in: tx)
        case .end:
            try closeOpenSteps(of: item, as: .skipped, in: tx)
            try pass(step, of: definition, &item, in: tx)
            item.state = .ended
            item.outcome = step.outcome ?? step.name
            item.endedAt = clock.now
            try run(step.effects, on: &item, by: principal, in: tx)
            try note("end", "办结：\(step.title)", on: item, text: "", isPublic: true, by: .system(), in: tx)
            try tell(.ended, item, "已办结：\(step.title)", [.user(item.starter)], in: tx)
            try resumeParent(of: item, outcome: step.name, in: tx)
        }
    }

    /// Where a transition leads, by the case's data.
    func goOn(
        _ transition: WorkflowTransition?, from step: WorkflowStep, of definition: WorkflowDeclaration, _ item: inout WorkflowCase, by principal: Principal, depth: Int,
        in tx: any Transaction
    ) throws {
        guard let transition else { return }
        for name in targets(of: transition, item.data) {
            guard item.state == .running, let next = definition.step(name) else { continue }
            try enter(next, of: definition, &item, by: principal, depth: depth + 1, in: tx)
        }
    }

    /// The steps a transition leads to, for this data: the first branch whose conditions all hold, else its own.
    package func targets(of transition: WorkflowTransition, _ data: JSONObject) -> [String] {
        let branch = transition.branches.first { branch in
            branch.conditions.allSatisfy { condition in condition.holds(of: data[condition.fact].flatMap(FactValue.init(json:)) ?? .missing) }
        }
        return branch.map { [$0.to] } ?? transition.to
    }

    /// Opens a step for people.
    private func open(_ step: WorkflowStep, of definition: WorkflowDeclaration, _ item: inout WorkflowCase, in tx: any Transaction) throws {
        let now = clock.now
        let named = step.dueField.flatMap { item.data[$0]?.int }.map { Moment(milliseconds: $0) }
        let due = try named ?? due(step, of: item, tx)
        let id = try tx.insert(
            """
            INSERT INTO workflow_steps (case_id, step, title, workflow, state, opened_at, due_at, alarm_at, version)
            VALUES (\(item.id), \(step.name), \(step.title), \(definition.name), 'open', \(now), \(due), \(firstAlarm(step, due, now)), 1)
            """)
        let candidates = try candidates(step.actors, for: item, in: tx)
        if candidates.isEmpty, step.actors.contains(where: { $0 != .concerned }) {
            try note("stuck", "没有可办理人", on: item, text: "环节“\(step.title)”按定义找不到办理人，请管理员转交", isPublic: false, by: .system(), in: tx)
        }
        var people = step.signing == .any ? candidates : try candidates.flatMap { try persons($0, for: item, in: tx) }
        if step.signing == .rotating { people = try next(unique(people), of: definition.name, step.name, in: tx) }
        for (position, candidate) in unique(people).enumerated() {
            let isWaiting = step.signing == .inOrder && position > 0
            try add(candidate, to: id, of: item, state: isWaiting ? "waiting" : "open", position: position, in: tx)
        }
        if step.kind == .task { try tell(.assigned, item, "待办：\(step.title)", receivers(step.signing == .inOrder ? Array(people.prefix(1)) : people), in: tx) }
        try seatDelegates(at: id, of: item, in: tx)
    }

    /// A step that nobody acts on, as a row of the path.
    private func pass(_ step: WorkflowStep, of definition: WorkflowDeclaration, _ item: inout WorkflowCase, in tx: any Transaction) throws {
        let now = clock.now
        try tx.execute(
            """
            INSERT INTO workflow_steps (case_id, step, title, workflow, state, opened_at, done_at, by_id, by_name, action, version)
            VALUES (\(item.id), \(step.name), \(step.title), \(definition.name), 'done', \(now), \(now), 0, '系统', 'next', 1)
            """)
    }

    func add(_ candidate: Candidate, to step: Int64, of item: WorkflowCase, state: String = "open", position: Int = 0, onBehalf: String? = nil, in tx: any Transaction) throws {
        try tx.execute(
            """
            INSERT INTO workflow_items (step_id, case_id, who, at_org, org, area, state, position, on_behalf)
            VALUES (\(step), \(item.id), \(candidate.who), \(candidate.organisation), \(item.org), \(item.area), \(state), \(position), \(onBehalf))
            """)
    }

    /// Closes what is open, for a case that leaves its path.
    func closeOpenSteps(of item: WorkflowCase, as state: WorkflowStepRecord.State, in tx: any Transaction) throws {
        try tx.execute(
            "UPDATE workflow_items SET state = 'closed' WHERE case_id = \(item.id) AND state IN ('open', 'waiting')")
        try tx.execute(
            "UPDATE workflow_steps SET state = \(state.rawValue), done_at = \(clock.now), alarm_at = NULL, version = version + 1 WHERE case_id = \(item.id) AND state = 'open'")
    }

    func tell(_ kind: WorkflowNotice.Kind, _ item: WorkflowCase, _ text: String, _ receivers: [WorkflowNotice.Receiver], in tx: any Transaction) throws {
        guard !receivers.isEmpty else { return }
        try hooks.notify(
            WorkflowNotice(kind: kind, caseId: item.id, number: item.number, title: item.title, text: text, org: item.org, area: item.area, receivers: receivers), tx)
    }

    func firstAlarm(_ step: WorkflowStep, _ due: Moment?, _ now: Moment) -> Moment? {
        guard let due else { return nil }
        return alarmMoments(step, due).first { $0 > now } ?? due
    }

    /// Reminders before the deadline, then the deadline itself.
    func alarmMoments(_ step: WorkflowStep, _ due: Moment) -> [Moment] { step.remind.sorted(by: >).map { due.adding(seconds: -Int64($0) * 3600) } + [due] }
}
