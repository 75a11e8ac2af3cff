import Identity
import Kernel
import Storage

extension AlarmEngine {
    /// Does one thing to one alarm: state, timeline, figures and audit in the caller's transaction. Checks come before writes, so a caller may catch the failure and go on.
    ///
    /// - Parameter expectedVersion: the version the user saw; nil does not ask.
    /// - Throws: `.notFound` outside the scope; `.forbidden`; `.conflict` `JW-A020` when the rules do not allow it from the present state, `JW-A021` when somebody was
    ///   faster; `.invalid` without an opinion where one is required.
    @discardableResult
    package func transition(
        _ id: Int64, _ action: AlarmAction, opinion: String?, expectedVersion: Int? = nil, falseClass: AlarmFalseClass? = nil, by principal: Principal, in tx: any Transaction
    ) throws -> Alarm {
        guard let row = try tx.first("SELECT \(Alarm.columns) FROM alarms WHERE id = \(id) AND \(principal.scope.condition())\(locking(tx))") else { throw Failure.notFound("该报警") }
        let alarm = try Alarm(row)
        try admit(action, on: alarm, by: principal)
        if let expectedVersion, expectedVersion != alarm.version { throw Failure(.conflict, "JW-A021", "报警 \(alarm.number) 已被他人处理，请刷新后再操作") }
        guard action.isAllowed(from: alarm.state) else { throw Failure(.conflict, "JW-A020", "报警 \(alarm.number) 处于“\(alarm.state.title)”状态，不能\(action.title)") }
        let waiver = action == .close ? waiver(of: alarm) : nil
        let text = try checkedOpinion(opinion ?? falseClass?.sentence ?? waiver, isRequired: action.requiresOpinion)
        if action == .close, waiver == nil { try checkCall(before: alarm, in: tx) }
        return try move(alarm, action, opinion: text, falseClass: falseClass, by: principal, in: tx)
    }

    /// The same thing to many alarms: what cannot be done is reported and does not hold up the rest.
    ///
    /// - Throws: `.invalid` `JW-A022` for more than 200 alarms at once.
    package func transition(all ids: [Int64], _ action: AlarmAction, opinion: String?, falseClass: AlarmFalseClass? = nil, by principal: Principal, in tx: any Transaction) throws
        -> [AlarmBatchResult]
    {
        guard ids.count <= 200 else { throw Failure(.invalid, "JW-A022", "一次最多处理 200 条报警") }
        var seen: Set<Int64> = []
        return try ids.filter { seen.insert($0).inserted }.map { id in
            do {
                try transition(id, action, opinion: opinion, falseClass: falseClass, by: principal, in: tx)
                return AlarmBatchResult(id: id, failure: nil)
            } catch let failure as Failure where failure.kind != .unexpected && failure.kind != .unavailable {
                return AlarmBatchResult(id: id, failure: failure)
            }
        }
    }

    /// Adds a remark to the timeline; the state stays.
    ///
    /// - Throws: as `transition`.
    package func comment(_ id: Int64, _ text: String, by principal: Principal, in tx: any Transaction) throws {
        let alarm = try required(id, by: principal, in: tx)
        try admit(.accept, on: alarm, by: principal)
        guard let remark = try checkedOpinion(text, isRequired: true) else { return }
        try record("comment", of: id, from: alarm.state, to: alarm.state, text: remark, by: principal, at: clock.now, in: tx)
        try hooks.audit(AuditEntry("update", "alarm", "\(id)", "报警 \(alarm.number) 备注"), principal, tx)
    }

    /// What this person may do to this alarm now, in the order of the buttons.
    package func actions(on alarm: Alarm, by principal: Principal) -> [AlarmAction] {
        alarm.possibleActions.filter { !$0.isAutomatic && !$0.belongsToReconsideration && principal.may(permission(for: $0, on: alarm)) }
    }

    /// The sentence under which an alarm is closed without verification; nil where it must be verified.
    package func waiver(of alarm: Alarm) -> String? {
        let waiving = kind(alarm.kind)?.traits.filter { $0.waivesVerification && alarm.traits.contains($0.name) } ?? []
        return waiving.isEmpty ? nil : "\(waiving.map(\.title).joined(separator: "、"))类报警，免验证闭环"
    }

    private func permission(for action: AlarmAction, on alarm: Alarm) -> String {
        action == .appeal ? AlarmPermission.appeal : kind(alarm.kind)?.handlePermission ?? AlarmPermission.handle
    }

    private func admit(_ action: AlarmAction, on alarm: Alarm, by principal: Principal) throws {
        guard !action.isAutomatic || principal.kind == .system else { throw Failure.forbidden("\(action.title)报警") }
        try principal.require(permission(for: action, on: alarm), "\(action.title)报警")
    }

    private func checkedOpinion(_ opinion: String?, isRequired: Bool) throws -> String? {
        let text = opinion.map { String($0.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()) }
        guard let text, !text.isEmpty else {
            guard isRequired else { return nil }
            throw Failure.invalid([FieldFinding("opinion", "required", "不能为空", title: "处理意见")])
        }
        guard text.count <= 1000 else { throw Failure.invalid([FieldFinding("opinion", "range", "不能超过 1000 字", title: "处理意见")]) }
        return text
    }

    /// Writes the move; the rules have been asked.
    @discardableResult
    func move(_ alarm: Alarm, _ action: AlarmAction, opinion: String?, falseClass: AlarmFalseClass? = nil, by principal: Principal, in tx: any Transaction) throws -> Alarm {
        guard let rule = AlarmTransition.table[action] else { throw Failure(.unexpected, "JW-A005", "报警操作“\(action.rawValue)”没有规则") }
        let now = clock.now
        var after = alarm
        after.state = rule.to
        after.version += 1
        if !action.isAutomatic {
            if after.respondedAt == nil, !action.belongsToReconsideration { after.respondedAt = now }
            if !action.belongsToReconsideration { after.handlerName = principal.name }
        }
        if let opinion { after.opinion = opinion }
        switch rule.to {
        case .confirmed, .revoked: after.decidedAt = now
        case .closed: after.closedAt = now
        case .handling:
            after.decidedAt = nil
            after.closedAt = nil
        case .new, .reconsidering: break
        }
        // What is handled anew is no longer a false alarm; what is closed stays what it was found to be.
        switch action {
        case .revoke, .overturn: after.falseClass = falseClass
        case .close: after.falseClass = falseClass ?? alarm.falseClass
        case .reopen, .confirm: after.falseClass = nil
        default: break
        }
        switch rule.to {
        case .confirmed: after.recheckAt = alarm.recoveredAt == nil ? demands(of: alarm)?.recheckEvery.map { now.adding(seconds: $0) } : nil
        case .revoked, .closed, .reconsidering: after.recheckAt = nil
        case .new, .handling: break
        }
        // A valid alarm of an enterprise is answered by it, where the level wants it followed up.
        if action == .confirm, alarm.org != nil, after.recheckAt != nil, alarm.answerDueAt == nil { after.answerDueAt = now }
        if after.recheckAt == nil, rule.to != .handling, rule.to != .confirmed { after.answerDueAt = nil }
        let acceptsRepeats: Int? = rule.to.acceptsRepeats(closesItself: kind(alarm.kind)?.closesItself ?? false) ? 1 : nil
        let handler: Int64? = action.isAutomatic || action.belongsToReconsideration ? nil : principal.id
        try tx.execute(
            """
            UPDATE alarms SET state = \(after.state.rawValue), version = \(after.version), responded_at = \(after.respondedAt), decided_at = \(after.decidedAt), closed_at = \(after.closedAt), \
            handler = COALESCE(\(handler), handler), handler_name = \(after.handlerName), opinion = \(after.opinion), accepts_repeats = \(acceptsRepeats), \
            false_class = \(after.falseClass?.rawValue), recheck_at = \(after.recheckAt), answer_due_at = \(after.answerDueAt) WHERE id = \(alarm.id)
            """)
        try record(action.rawValue, of: alarm.id, from: alarm.state, to: after.state, text: opinion ?? "", by: principal, at: now, in: tx)
        let rollup = AlarmRollup(day: alarm.day, kind: alarm.kind, grade: alarm.grade, org: alarm.org, area: alarm.area)
        try rollup.countMove(from: alarm.state, to: after.state, in: tx)
        try rollup.countEnds(from: alarm, to: after, in: tx)
        if alarm.respondedAt == nil, let responded = after.respondedAt {
            try rollup.countResponse(seconds: (responded.milliseconds - alarm.raisedAt.milliseconds) / 1000, isInTime: alarm.dueAt.map { responded <= $0 } ?? true, in: tx)
        }
        let falseChange = (after.falseClass == nil ? 0 : 1) - (alarm.falseClass == nil ? 0 : 1)
        if falseChange != 0 { try rollup.countFalse(falseChange, in: tx) }
        if action == .confirm {
            try plan(
                [.confirmed], for: alarm.id, kind: kind(alarm.kind), name: alarm.kind, org: alarm.org, area: alarm.area, levels: alarm.levels, at: now, in: tx)
        }
        // The audit chain holds the evidence chain's head at every move, so that rewriting both ends of one chain is seen in the other.
        let details: JSONValue = [
            "from": .string(alarm.state.rawValue), "to": .string(after.state.rawValue), "opinion": JSONValue(opinion), "chainHead": .string(alarm.chainHead),
            "evidenceCount": .int(Int64(alarm.evidenceCount)), "falseClass": JSONValue(after.falseClass?.rawValue),
        ]
        try hooks.audit(AuditEntry("update", "alarm", "\(alarm.id)", "\(action.title)报警 \(alarm.number)", details: details), principal, tx)
        try announce(notice(.moved, of: after), in: tx)
        return after
    }

    func notice(_ change: AlarmNotice.Change, of alarm: Alarm) -> AlarmNotice {
        AlarmNotice(
            change: change, id: alarm.id, number: alarm.number, kind: alarm.kind, grade: alarm.grade, state: alarm.state, title: alarm.title, org: alarm.org, area: alarm.area,
            times: alarm.times, orgName: alarm.orgName, urgency: alarm.urgency)
    }
}

/// What became of one alarm of a batch.
package struct AlarmBatchResult: Sendable, Equatable {
    package var id: Int64
    /// Nil when it was done.
    package var failure: Failure?
}
