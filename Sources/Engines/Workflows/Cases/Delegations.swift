import Identity
import Kernel
import Storage

/// 委托办理: from one moment to another somebody acts for somebody else, in all workflows or in one. Whoever delegated may still act; what the other does is marked 代.
package struct WorkflowDelegation: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        case planned, active, ended, revoked

        package var title: String {
            switch self {
            case .planned: "未开始"
            case .active: "生效中"
            case .ended: "已到期"
            case .revoked: "已收回"
            }
        }
    }

    package var id: Int64
    package var user: Int64
    package var userName: String
    package var to: Int64
    package var toName: String
    /// Nil is every workflow.
    package var workflow: String?
    package var from: Moment
    package var until: Moment
    package var note: String
    package var state: State

    init(_ row: Row) {
        id = row.int("id") ?? 0
        user = row.int("user_id") ?? 0
        userName = row.text("user_name") ?? ""
        to = row.int("to_id") ?? 0
        toName = row.text("to_name") ?? ""
        workflow = row.text("workflow")
        from = row.moment("from_at") ?? Moment(milliseconds: 0)
        until = row.moment("until_at") ?? Moment(milliseconds: 0)
        note = row.text("note") ?? ""
        state = row.text("state").flatMap(State.init(rawValue:)) ?? .ended
    }
}

extension WorkflowEngine {
    /// What somebody gave and was given, newest first; with `workflow.supervise` everybody's.
    package func delegations(by principal: Principal, in reader: any Reader) throws -> [WorkflowDelegation] {
        let own: SQL = principal.may(WorkflowPermission.supervise) && principal.scope == .everything ? "1 = 1" : "user_id = \(principal.id) OR to_id = \(principal.id)"
        return try reader.rows("SELECT * FROM workflow_delegations WHERE \(own) ORDER BY id DESC LIMIT 500").map(WorkflowDelegation.init)
    }

    /// Days in Asia/Shanghai, both included; begins at once when the first is today.
    ///
    /// - Throws: `.invalid` with every finding; `.conflict` `JW-WF40` where one of the same time runs already.
    @discardableResult
    package func delegate(to login: String, workflow: String?, from: Day, until: Day, note: String, by principal: Principal, in tx: any Transaction) throws -> Int64 {
        var findings: [FieldFinding] = []
        let user = try tx.first("SELECT id, name FROM users WHERE login = \(login) AND state = 'active'")
        if user == nil { findings.append(FieldFinding("to", "unknown", "没有这个在用的用户", title: "受托人")) }
        if user?.int("id") == principal.id { findings.append(FieldFinding("to", "same", "不能是自己", title: "受托人")) }
        if until < from { findings.append(FieldFinding("until", "range", "不能早于开始日期", title: "结束日期")) }
        if until < clock.today { findings.append(FieldFinding("until", "range", "不能早于今天", title: "结束日期")) }
        if from.adding(days: 366) < until { findings.append(FieldFinding("until", "range", "不能超过一年", title: "结束日期")) }
        if note.count > 200 { findings.append(FieldFinding("note", "range", "不能超过 200 字", title: "原因")) }
        if let workflow, (try? definition(workflow)) == nil { findings.append(FieldFinding("workflow", "unknown", "没有这个流程", title: "流程")) }
        guard findings.isEmpty, let id = user?.int("id") else { throw Failure.invalid(findings) }
        let overlapping = try tx.value(
            """
            SELECT id FROM workflow_delegations WHERE user_id = \(principal.id) AND state IN ('planned', 'active') AND from_at < \(until.end) AND until_at > \(from.start)
            AND (workflow IS NULL OR \(workflow == nil ? 1 : 0) = 1 OR workflow = \(workflow ?? ""))
            """)
        guard overlapping == nil else { throw Failure(.conflict, "JW-WF40", "这段时间已有委托，请先收回") }
        let name = user?.text("name") ?? login
        let made = try tx.insert(
            """
            INSERT INTO workflow_delegations (user_id, user_name, to_id, to_name, workflow, from_at, until_at, note, state, at)
            VALUES (\(principal.id), \(principal.name), \(id), \(name), \(workflow), \(from.start), \(until.end), \(note), 'planned', \(clock.now))
            """)
        try hooks.audit(
            AuditEntry("create", "workflowDelegation", "\(made)", "委托\(name)办理（\(from.text) 至 \(until.text)）", details: ["workflow": JSONValue(workflow), "note": .string(note)]),
            principal, tx)
        if from <= clock.today { try begin(made, in: tx) }
        return made
    }

    /// 收回: at once.
    package func revokeDelegation(_ id: Int64, by principal: Principal, in tx: any Transaction) throws {
        guard let row = try tx.first("SELECT * FROM workflow_delegations WHERE id = \(id)") else { throw Failure.notFound("该委托") }
        let delegation = WorkflowDelegation(row)
        guard delegation.user == principal.id || principal.may(WorkflowPermission.supervise) else { throw Failure.forbidden("收回委托") }
        guard delegation.state == .planned || delegation.state == .active else { throw Failure(.conflict, "JW-WF41", "委托\(delegation.state.title)") }
        try end(id, as: .revoked, in: tx)
        try hooks.audit(AuditEntry("update", "workflowDelegation", "\(id)", "收回对\(delegation.toName)的委托"), principal, tx)
    }

    /// What the clock does: delegations whose time has come, and those whose time is over.
    func followDelegations() async throws {
        let now = clock.now
        let (due, over) = try await database.read { reader in
            (
                try reader.rows("SELECT id FROM workflow_delegations WHERE state = 'planned' AND from_at <= \(now) LIMIT 200").compactMap { $0[0].int },
                try reader.rows("SELECT id FROM workflow_delegations WHERE state IN ('planned', 'active') AND until_at <= \(now) LIMIT 200").compactMap { $0[0].int }
            )
        }
        for id in over { try await database.write { [self] tx in try end(id, as: .ended, in: tx) } }
        for id in due where !over.contains(id) { try await database.write { [self] tx in try begin(id, in: tx) } }
    }

    /// The other gets a seat beside each of the person's open ones.
    private func begin(_ id: Int64, in tx: any Transaction) throws {
        guard try tx.execute("UPDATE workflow_delegations SET state = 'active' WHERE id = \(id) AND state = 'planned'") == 1,
            let row = try tx.first("SELECT * FROM workflow_delegations WHERE id = \(id)")
        else { return }
        let delegation = WorkflowDelegation(row)
        let roles = try tx.rows("SELECT r.name FROM roles r JOIN user_roles ur ON ur.role_id = r.id WHERE ur.user_id = \(delegation.user)").compactMap {
            $0[0].text.map { "r:\($0)" }
        }
        let steps = try tx.rows(
            """
            SELECT DISTINCT i.step_id, s.workflow, s.step, s.case_id FROM workflow_items i JOIN workflow_steps s ON s.id = i.step_id
            WHERE i.state IN ('open', 'waiting') AND s.state = 'open' AND i.who IN (\(list: ["u:\(delegation.user)"] + roles)) ORDER BY i.step_id LIMIT 5000
            """)
        for step in steps {
            guard let workflow = step.text("workflow"), delegation.workflow == nil || delegation.workflow == workflow, let stepId = step.int("step_id"),
                let caseId = step.int("case_id"),
                let item = try find(caseId, in: tx)
            else { continue }
            try seat([delegation], at: stepId, of: item, in: tx)
        }
    }

    private func end(_ id: Int64, as state: WorkflowDelegation.State, in tx: any Transaction) throws {
        try tx.execute("UPDATE workflow_delegations SET state = \(state.rawValue) WHERE id = \(id)")
        try tx.execute("UPDATE workflow_items SET state = 'closed' WHERE delegation = \(id) AND state IN ('open', 'waiting')")
    }

    /// For a step that has just been opened.
    func seatDelegates(at step: Int64, of item: WorkflowCase, in tx: any Transaction) throws {
        let now = clock.now
        let active = try tx.rows(
            "SELECT * FROM workflow_delegations WHERE state = 'active' AND until_at > \(now) AND (workflow IS NULL OR workflow = \(item.workflow)) ORDER BY id LIMIT 500"
        ).map(WorkflowDelegation.init)
        if !active.isEmpty { try seat(active, at: step, of: item, in: tx) }
    }

    private func seat(_ delegations: [WorkflowDelegation], at step: Int64, of item: WorkflowCase, in tx: any Transaction) throws {
        let seats = try tx.rows("SELECT * FROM workflow_items WHERE step_id = \(step) AND state IN ('open', 'waiting') AND delegation IS NULL ORDER BY position, id")
        for delegation in delegations {
            for seat in seats {
                let candidate = Candidate(who: seat.text("who") ?? "", organisation: seat.int("at_org"))
                let isTheirs: Bool =
                    if let user = candidate.userId {
                        user == delegation.user
                    } else if let role = candidate.role {
                        try Self.holders(of: role, organisation: candidate.organisation, org: item.org, area: item.area, in: tx).contains(delegation.user)
                    } else {
                        false
                    }
                guard isTheirs else { continue }
                try tx.execute(
                    """
                    INSERT INTO workflow_items (step_id, case_id, who, at_org, org, area, state, position, on_behalf, stands_for, delegation)
                    VALUES (\(step), \(item.id), \("u:\(delegation.to)"), NULL, \(item.org), \(item.area), \(seat.text("state") ?? "open"), \(seat.int("position") ?? 0), \(delegation.userName),
                    \(delegation.user), \(delegation.id))
                    """)
                try tell(.assigned, item, "待办（代\(delegation.userName)）", [.user(delegation.to)], in: tx)
                break
            }
        }
    }
}
