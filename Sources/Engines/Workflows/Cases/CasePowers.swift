import Identity
import Kernel
import Storage
import Web

/// What can be done to a case beside its transitions.
extension WorkflowEngine {
    /// 退回: back to a step that was done before, to whoever did it.
    package func sendBack(_ stepId: Int64, to name: String, opinion: String, by principal: Principal, in tx: any Transaction) throws {
        var (item, record) = try held(stepId, .sendBack, by: principal, in: tx)
        let text = try checked(opinion, "退回原因")
        let definition = try definition(of: item)
        guard let target = definition.step(name), target.kind == .task, let last = try lastActor(of: name, item, in: tx) else {
            throw Failure.invalid([FieldFinding("to", "unknown", "请选择已办理过的环节", title: "退回到")])
        }
        try note("sendBack", "退回至“\(target.title)”", on: item, step: record, text: text, isPublic: true, by: principal, in: tx)
        try finish(record, as: .returned, "sendBack", by: principal, in: tx)
        if principal.kind == .user { try tie(principal.id, "done", to: item.id, in: tx) }
        try closeOpenSteps(of: item, as: .skipped, in: tx)
        try enter(target, of: definition, &item, by: principal, in: tx)
        // It comes back to whoever did it, unless they have left since.
        let opened = try tx.value("SELECT id FROM workflow_steps WHERE case_id = \(item.id) AND step = \(name) AND state = 'open' ORDER BY id DESC LIMIT 1")?.int
        if let opened, target.signing == .any, try tx.value("SELECT id FROM users WHERE id = \(last.id) AND state = 'active'") != nil {
            try tx.execute("UPDATE workflow_items SET state = 'closed' WHERE step_id = \(opened) AND state = 'open'")
            try add(.user(last.id), to: opened, of: item, in: tx)
        }
        try tell(.returned, item, "被退回：\(target.title)，\(text)", [.user(last.id)], in: tx)
        try keep(&item, in: tx)
        try audit(item, "退回至\(target.title)", text, by: principal, in: tx)
    }

    /// The steps that a step may be sent back to, in the order they were done.
    package func doneBefore(_ item: WorkflowCase, in reader: any Reader) throws -> [(name: String, title: String)] {
        let definition = try definition(of: item)
        var seen: Set<String> = []
        return try reader.rows("SELECT step FROM workflow_steps WHERE case_id = \(item.id) AND state IN ('done', 'returned') AND by_id > 0 ORDER BY id LIMIT 200").compactMap {
            row in
            guard let name = row.text("step"), seen.insert(name).inserted, let step = definition.step(name), step.kind == .task else { return nil }
            return (name, step.title)
        }
    }

    /// 转办 hands the step over for good; 委托 lets somebody act for the holder.
    package func hand(_ stepId: Int64, to login: String, as power: WorkflowStep.Power, opinion: String, by principal: Principal, in tx: any Transaction) throws {
        precondition(power != .sendBack, "a step is sent back, not handed")
        var (item, record) = try held(stepId, power, by: principal, in: tx)
        guard let user = try tx.first("SELECT id, name FROM users WHERE login = \(login) AND state = 'active'"), let id = user.int("id") else {
            throw Failure.invalid([FieldFinding("to", "unknown", "没有这个在用的用户", title: "接收人")])
        }
        guard id != principal.id else { throw Failure.invalid([FieldFinding("to", "same", "不能是自己", title: "接收人")]) }
        let text = try checked(opinion, "说明")
        let owned = try ownItems(record, by: principal, in: tx)
        if let own = owned.first?.int("id") { try tx.execute("UPDATE workflow_items SET state = 'closed', by_id = \(principal.id), action = \(power.rawValue) WHERE id = \(own)") }
        // A pool is handed over as a whole: nobody else may take what was given to one.
        if power == .transfer, try definition(of: item).step(record.step)?.signing == .any {
            try tx.execute("UPDATE workflow_items SET state = 'closed' WHERE step_id = \(record.id) AND state = 'open'")
        }
        try add(.user(id), to: record.id, of: item, position: Int(owned.first?.int("position") ?? 0), onBehalf: power == .delegate ? principal.name : nil, in: tx)
        try tx.execute("UPDATE workflow_steps SET version = version + 1 WHERE id = \(record.id)")
        let name = user.text("name") ?? login
        try note(power.rawValue, "\(power.title)给\(name)", on: item, step: record, text: text, isPublic: false, by: principal, in: tx)
        if principal.kind == .user { try tie(principal.id, "done", to: item.id, in: tx) }
        try tell(.assigned, item, "\(principal.name)\(power.title)：\(record.title)", [.user(id)], in: tx)
        try keep(&item, in: tx)
        try audit(item, "\(power.title)给\(name)", text, by: principal, in: tx)
    }

    /// 撤回 by the starter, 终止 by a supervisor: effects of `onCancel` take back what was done.
    package func cancel(_ caseId: Int64, reason: String, by principal: Principal, in tx: any Transaction) throws {
        var item = try visible(caseId, by: principal, in: tx)
        let definition = try definition(of: item)
        let isOwn = item.starter == principal.id && principal.kind == .user
        guard isOwn ? definition.mayWithdraw : principal.may(WorkflowPermission.supervise) else { throw Failure.forbidden(isOwn ? "撤回此类事项" : "终止事项") }
        guard item.state == .running else { throw Failure(.conflict, "JW-WF24", "\(item.number) \(item.state.title)，不能再撤回") }
        let text = try checked(reason, "原因")
        let title = isOwn ? "撤回" : "终止"
        let waiting = try tx.rows("SELECT who, at_org FROM workflow_items WHERE case_id = \(item.id) AND state = 'open'").map {
            Candidate(who: $0.text("who") ?? "", organisation: $0.int("at_org"))
        }
        try cancelChildren(of: item, text, in: tx)
        item.state = isOwn ? .withdrawn : .cancelled
        item.endedAt = clock.now
        try run(definition.onCancel, on: &item, by: principal, in: tx)
        try note(isOwn ? "withdraw" : "cancel", title, on: item, text: text, isPublic: true, by: principal, in: tx)
        try resumeParent(of: item, outcome: "cancelled", in: tx)
        try tell(.ended, item, "已\(title)：\(text)", receivers(unique(waiting)) + (isOwn ? [] : [.user(item.starter)]), in: tx)
        try keep(&item, in: tx)
        try audit(item, title, text, by: principal, in: tx)
    }

    /// 督办: whoever holds an open step is told; stays on the timeline.
    package func urge(_ caseId: Int64, text: String, by principal: Principal, in tx: any Transaction) throws {
        let item = try visible(caseId, by: principal, in: tx)
        guard item.starter == principal.id || principal.may(WorkflowPermission.supervise) else { throw Failure.forbidden("督办") }
        guard item.state == .running else { throw Failure(.conflict, "JW-WF24", "\(item.number) \(item.state.title)，无需督办") }
        let words = try checked(text, "督办要求")
        let waiting = try tx.rows("SELECT who, at_org FROM workflow_items WHERE case_id = \(item.id) AND state = 'open'").map {
            Candidate(who: $0.text("who") ?? "", organisation: $0.int("at_org"))
        }
        try note("urge", "督办", on: item, text: words, isPublic: false, by: principal, in: tx)
        try tell(.urged, item, "督办：\(words)", receivers(unique(waiting)), in: tx)
        try audit(item, "督办", words, by: principal, in: tx)
    }

    /// 抄送: the person may read the case from now on.
    package func copy(_ caseId: Int64, to login: String, by principal: Principal, in tx: any Transaction) throws {
        let item = try visible(caseId, by: principal, in: tx)
        guard let user = try tx.first("SELECT id, name FROM users WHERE login = \(login) AND state = 'active'"), let id = user.int("id") else {
            throw Failure.invalid([FieldFinding("to", "unknown", "没有这个在用的用户", title: "抄送给")])
        }
        try tie(id, "copy", to: item.id, in: tx)
        try note("copy", "抄送\(user.text("name") ?? login)", on: item, text: "", isPublic: false, by: principal, in: tx)
        try tell(.copied, item, "\(principal.name)抄送", [.user(id)], in: tx)
        try audit(item, "抄送\(user.text("name") ?? login)", "", by: principal, in: tx)
    }

    /// A supervisor gives a stuck step to somebody; the case of somebody who left.
    package func assign(_ stepId: Int64, to login: String, opinion: String, by principal: Principal, in tx: any Transaction) throws {
        try principal.require(WorkflowPermission.supervise, "指派事项")
        var (item, record) = try openStep(stepId, in: tx)
        _ = try visible(item.id, by: principal, in: tx)
        guard let user = try tx.first("SELECT id, name FROM users WHERE login = \(login) AND state = 'active'"), let id = user.int("id") else {
            throw Failure.invalid([FieldFinding("to", "unknown", "没有这个在用的用户", title: "接收人")])
        }
        let text = try checked(opinion, "说明")
        try tx.execute("UPDATE workflow_items SET state = 'closed' WHERE step_id = \(record.id) AND state IN ('open', 'waiting')")
        try add(.user(id), to: record.id, of: item, in: tx)
        try tx.execute("UPDATE workflow_steps SET version = version + 1 WHERE id = \(record.id)")
        try note("assign", "指派给\(user.text("name") ?? login)", on: item, step: record, text: text, isPublic: false, by: principal, in: tx)
        try tell(.assigned, item, "指派：\(record.title)", [.user(id)], in: tx)
        try keep(&item, in: tx)
        try audit(item, "指派给\(user.text("name") ?? login)", text, by: principal, in: tx)
    }

    private func held(_ stepId: Int64, _ power: WorkflowStep.Power, by principal: Principal, in tx: any Transaction) throws -> (WorkflowCase, WorkflowStepRecord) {
        let (item, record) = try openStep(stepId, in: tx)
        let owned = try ownItems(record, by: principal, in: tx)
        guard principal.kind == .system || !owned.isEmpty else { throw Failure.forbidden("办理“\(record.title)”") }
        guard try definition(of: item).step(record.step)?.powers.contains(power) ?? false else { throw Failure.forbidden("在“\(record.title)”环节\(power.title)") }
        return (item, record)
    }

    private func checked(_ text: String, _ title: String) throws -> String {
        let text = text.trimmedSpaces
        guard !text.isEmpty else { throw Failure.invalid([FieldFinding("opinion", "required", "不能为空", title: title)]) }
        guard text.count <= 2000 else { throw Failure.invalid([FieldFinding("opinion", "range", "不能超过 2000 字", title: title)]) }
        return text
    }

    private func audit(_ item: WorkflowCase, _ act: String, _ text: String, by principal: Principal, in tx: any Transaction) throws {
        try hooks.audit(AuditEntry("update", "workflowCase", "\(item.id)", "\(item.number)：\(act)", details: text.isEmpty ? .null : ["opinion": .string(text)]), principal, tx)
    }
}
