import Identity
import Kernel
import Logging
import Schedules
import Storage

/// What the clock does to cases: reminders, the consequences of a missed deadline, the end of a public notice.
extension WorkflowEngine {
    /// Called every few seconds. Each step in a transaction of its own, so that one that fails holds up no other.
    ///
    /// - Returns: how many steps were looked after, at most `limit`.
    @discardableResult
    package func tick(limit: Int = 500, failed: (Int64, any Error) -> Void = { _, _ in }) async throws -> Int {
        try await followDelegations()
        let now = clock.now
        let due = try await database.read { reader in
            try reader.rows("SELECT id FROM workflow_steps WHERE alarm_at IS NOT NULL AND alarm_at <= \(now) ORDER BY alarm_at, id LIMIT \(limit)").compactMap { $0.int("id") }
        }
        for id in due {
            do { try await database.write { [self] tx in try alarm(id, in: tx) } } catch {
                failed(id, error)
                // Comes again in an hour instead of every few seconds.
                try await database.write { tx in _ = try tx.execute("UPDATE workflow_steps SET alarm_at = \(now.adding(seconds: 3600)) WHERE id = \(id)") }
            }
        }
        return due.count
    }

    private func alarm(_ id: Int64, in tx: any Transaction) throws {
        let now = clock.now
        guard let row = try tx.first("SELECT * FROM workflow_steps WHERE id = \(id) AND state = 'open' AND alarm_at <= \(now)") else { return }
        let record = WorkflowStepRecord(row)
        let item = try required(record.caseId, in: tx)
        let definition = try definition(of: item)
        guard let step = definition.step(record.step), let due = record.dueAt else { return try rest(id, until: nil, record, in: tx) }
        let waiting = try tx.rows("SELECT who, at_org FROM workflow_items WHERE step_id = \(id) AND state = 'open'").map {
            Candidate(who: $0.text("who") ?? "", organisation: $0.int("at_org"))
        }
        guard due <= now else {
            try tell(.reminder, item, "即将到期（\(due.text.prefix(16))）：\(step.title)", receivers(waiting), in: tx)
            return try rest(id, until: alarmMoments(step, due).first { $0 > now }, record, in: tx)
        }
        let isFirst = try tx.value("SELECT id FROM workflow_events WHERE step_id = \(id) AND action = 'overdue' LIMIT 1") == nil
        if isFirst, step.kind == .task { try note("overdue", "超期", on: item, step: record, text: "时限 \(due.text.prefix(16))", isPublic: false, by: .system(), in: tx) }
        for consequence in step.overdue {
            switch consequence {
            case .remind: try tell(.overdue, item, "已超期：\(step.title)，请立即办理", receivers(waiting), in: tx)
            case .escalate(let actor):
                guard isFirst else { continue }
                let above = try candidates([actor], for: item, in: tx)
                for candidate in above { try add(candidate, to: id, of: item, in: tx) }
                try note("escalate", "超期升级", on: item, step: record, text: "", isPublic: false, by: .system(), in: tx)
                try tell(.overdue, item, "超期升级：\(step.title)", receivers(above), in: tx)
            case .take(let transition):
                try move(CaseMove(step: id, transition), by: .system(), in: tx)
                return
            }
        }
        try rest(id, until: now.adding(seconds: 86_400), record, in: tx)
    }

    /// Reminds a month at the longest.
    private func rest(_ id: Int64, until moment: Moment?, _ record: WorkflowStepRecord, in tx: any Transaction) throws {
        let next = record.alarms < 30 ? moment : nil
        try tx.execute("UPDATE workflow_steps SET alarm_at = \(next), alarms = alarms + 1 WHERE id = \(id)")
    }

    /// The jobs that keep cases moving.
    package func jobs() -> [JobDeclaration] {
        [
            JobDeclaration("workflowClock", "流程时限与提醒", every: 10) { [self] context in
                let count = try await tick { id, error in context.logger.error("workflow step failed at its deadline", metadata: ["step": "\(id)", "error": "\(error)"]) }
                if count > 0 { context.note("处理 \(count) 个环节的时限") }
            },
            JobDeclaration("workflowRequests", "清理已办请求", dailyAt: 215) { [self] _ in
                let old = clock.now.adding(seconds: -30 * 86_400)
                try await database.write { tx in _ = try tx.execute("DELETE FROM workflow_requests WHERE at < \(old)") }
            },
        ]
    }
}
