import Identity
import Kernel
import Storage

extension AlarmEngine {
    /// The longest a window may last, in days.
    static let longestWindow = 90

    /// Asks for a window; it holds nothing back before it is approved.
    ///
    /// - Throws: `.invalid` with every finding; `.forbidden`, also for an organisation outside the scope.
    @discardableResult
    package func ask(_ draft: Suppression, by principal: Principal, in tx: any Transaction) throws -> Int64 {
        try principal.require(AlarmPermission.suppress, "申请停用免报")
        var findings: [FieldFinding] = []
        if draft.title.isEmpty { findings.append(FieldFinding("title", "required", "不能为空", title: "事由")) }
        if draft.until <= draft.from { findings.append(FieldFinding("until", "range", "应晚于开始时间", title: "结束时间")) }
        if draft.until <= clock.now { findings.append(FieldFinding("until", "range", "已经过去", title: "结束时间")) }
        if draft.until.seconds(since: draft.from) > Double(Self.longestWindow) * 86_400 {
            findings.append(FieldFinding("until", "range", "一次最长 \(Self.longestWindow) 天，到期可再申请", title: "结束时间"))
        }
        if draft.org == nil, draft.area == nil, principal.scope != .everything { findings.append(FieldFinding("org", "required", "请选择企业", title: "企业")) }
        for kind in draft.kinds where byName[kind] == nil { findings.append(FieldFinding("kinds", "unknownCode", "没有“\(kind)”类报警", title: "报警类型")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        guard principal.scope.admits(org: draft.org, area: draft.area) else { throw Failure.forbidden("申请该单位的停用免报") }
        let id = try tx.insert(
            """
            INSERT INTO alarm_suppressions (title, reason, org, org_name, area, kinds, subject, from_at, until_at, text, state, asked_by, asked_by_name, asked_at) VALUES \
            (\(draft.title), \(draft.reason.rawValue), \(draft.org), \(draft.orgName), \(draft.area), \(draft.kinds.joined(separator: ",")), \(draft.subject), \(draft.from), \(draft.until), \
            \(draft.text), \(Suppression.State.asked.rawValue), \(principal.id), \(principal.name), \(clock.now))
            """)
        try hooks.audit(AuditEntry("create", "alarmSuppression", "\(id)", "申请停用免报“\(draft.title)”，\(draft.from.text) 至 \(draft.until.text)"), principal, tx)
        return id
    }

    /// Approves or refuses a window, or ends an approved one early. Nobody decides on what they asked for themselves.
    ///
    /// - Throws: `.notFound` outside the scope; `.forbidden`; `.conflict` `JW-A040` when it is no longer so; `.invalid` without an opinion where it is refused or ended.
    package func decide(_ id: Int64, _ state: Suppression.State, opinion: String?, by principal: Principal, in tx: any Transaction) throws {
        let window = try suppression(id, by: principal, in: tx)
        if state == .ended {
            guard principal.id == window.askedBy || principal.may(AlarmPermission.approve) else { throw Failure.forbidden("结束停用免报") }
        } else {
            try principal.require(AlarmPermission.approve, "审批停用免报")
            guard principal.id != window.askedBy || principal.kind == .system else { throw Failure(.forbidden, "JW-A041", "不能审批自己申请的停用免报") }
        }
        let isPossible = state == .ended ? window.state == .approved && clock.now < window.until : window.state == .asked && state != .asked
        guard isPossible else { throw Failure(.conflict, "JW-A040", "停用免报“\(window.title)”处于“\(window.standing(at: clock.now).title)”状态，不能\(state == .ended ? "结束" : "审批")") }
        if state != .approved, (opinion ?? "").isEmpty { throw Failure.invalid([FieldFinding("opinion", "required", "不能为空", title: "意见")]) }
        let now = clock.now
        try tx.execute(
            """
            UPDATE alarm_suppressions SET state = \(state.rawValue), decided_by = \(principal.id), decided_by_name = \(principal.name), decided_at = \(now), opinion = \(opinion), \
            until_at = \(state == .ended ? now : window.until) WHERE id = \(id)
            """)
        try hooks.audit(AuditEntry("update", "alarmSuppression", "\(id)", "停用免报“\(window.title)”：\(state.title)", details: ["opinion": JSONValue(opinion)]), principal, tx)
        try book.follow(tx, at: now)
    }

    /// - Throws: `.notFound` outside the scope.
    package func suppression(_ id: Int64, by principal: Principal, in reader: any Reader) throws -> Suppression {
        guard let row = try reader.first("SELECT \(Suppression.columns) FROM alarm_suppressions WHERE id = \(id) AND \(principal.scope.condition())") else {
            throw Failure.notFound("该停用免报")
        }
        return Suppression(row)
    }

    /// Newest first.
    ///
    /// - Parameter state: nil all; `approved` only those that have not ended.
    package func suppressions(state: Suppression.State?, search: String? = nil, before: Int64? = nil, limit: Int = 50, by principal: Principal, in reader: any Reader) throws
        -> [Suppression]
    {
        var parts: [SQL] = [principal.scope.condition()]
        if let state { parts.append("state = \(state.rawValue)") }
        if state == .approved { parts.append("until_at > \(clock.now)") }
        if let before { parts.append("id < \(before)") }
        if let search { parts.append(.contains(search, in: "title", "org_name")) }
        return try reader.rows("SELECT \(Suppression.columns) FROM alarm_suppressions WHERE \(SQL.all(of: parts)) ORDER BY id DESC LIMIT \(min(max(limit, 1), 200))").map(
            Suppression.init)
    }

    /// What a window held back, most first.
    package func held(by id: Int64, in reader: any Reader) throws -> [HeldSignals] {
        try reader.rows("SELECT * FROM alarm_suppressed WHERE suppression = \(id) ORDER BY times DESC, subject LIMIT 200").map { row in
            HeldSignals(
                kind: row.text("kind") ?? "", subject: row.text("subject") ?? "", title: row.text("title") ?? "", times: Int(row.int("times") ?? 0),
                firstAt: row.moment("first_at") ?? Moment(milliseconds: 0), lastAt: row.moment("last_at") ?? Moment(milliseconds: 0))
        }
    }

    /// The approved window that holds a signal back, the oldest of several.
    func window(for signal: AlarmSignal) -> Suppression? {
        let windows = book.now.windows
        return windows.isEmpty ? nil : windows.first { $0.holds(signal) }
    }

    /// Counts signals of one subject on a window.
    func hold(_ signal: AlarmSignal, times: Int, by window: Suppression, in tx: any Transaction) throws {
        let known = try tx.first("SELECT times FROM alarm_suppressed WHERE suppression = \(window.id) AND kind = \(signal.kind) AND subject = \(signal.subject)") != nil
        let isFull = try !known && tx.count("SELECT COUNT(*) FROM alarm_suppressed WHERE suppression = \(window.id)") >= 1000
        let subject = isFull ? "*" : signal.subject
        try tx.execute(
            """
            INSERT INTO alarm_suppressed (suppression, kind, subject, title, times, first_at, last_at) VALUES \
            (\(window.id), \(signal.kind), \(subject), \(isFull ? "其余对象" : signal.title), \(times), \(signal.occurredAt), \(signal.occurredAt)) \
            ON CONFLICT (suppression, kind, subject) DO UPDATE SET times = alarm_suppressed.times + excluded.times, \
            last_at = CASE WHEN excluded.last_at > alarm_suppressed.last_at THEN excluded.last_at ELSE alarm_suppressed.last_at END
            """)
        try tx.execute("UPDATE alarm_suppressions SET held = held + \(times), held_last_at = \(signal.occurredAt) WHERE id = \(window.id)")
    }
}
