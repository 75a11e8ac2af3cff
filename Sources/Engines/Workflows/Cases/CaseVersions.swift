import Identity
import Kernel
import Storage

/// Whether a running case can go on by the live version of its definition.
package struct VersionOutlook: Sendable, Equatable {
    package var caseId: Int64
    package var number: String
    package var title: String
    package var version: Int
    /// Where it stands, by title.
    package var standing: [String]
    /// Why it cannot; nil when it can.
    package var obstacle: String?
}

extension WorkflowEngine {
    /// Running cases that follow an older version, oldest first, each with what stands in the way.
    package func outlook(_ name: String, limit: Int = 500, in reader: any Reader) throws -> [VersionOutlook] {
        let live = liveVersion(name)
        let target = try definition(name)
        let cases = try reader.rows(
            "SELECT \(WorkflowCase.columns) FROM workflow_cases c WHERE c.workflow = \(name) AND c.state = 'running' AND c.definition_version <> \(live) ORDER BY c.id LIMIT \(limit)"
        ).map(WorkflowCase.init)
        guard !cases.isEmpty else { return [] }
        let steps = try reader.rows("SELECT * FROM workflow_steps WHERE state = 'open' AND case_id IN (\(list: cases.map(\.id))) ORDER BY id").map(WorkflowStepRecord.init)
        let begun = Set(
            try reader.rows(
                "SELECT DISTINCT i.step_id FROM workflow_items i JOIN workflow_steps s ON s.id = i.step_id WHERE s.state = 'open' AND i.state = 'done' AND i.case_id IN (\(list: cases.map(\.id)))"
            ).compactMap { $0[0].int })
        return try cases.map { item in
            let own = steps.filter { $0.caseId == item.id }
            let old = try definition(of: item)
            let obstacles = own.compactMap { obstacle($0, from: old, to: target, hasSignatures: begun.contains($0.id)) }
            return VersionOutlook(
                caseId: item.id, number: item.number, title: item.title, version: item.definitionVersion, standing: own.map(\.title),
                obstacle: obstacles.isEmpty ? nil : obstacles.joined(separator: "；"))
        }
    }

    private func obstacle(_ record: WorkflowStepRecord, from old: WorkflowDeclaration, to target: WorkflowDeclaration, hasSignatures: Bool) -> String? {
        guard let next = target.step(record.step) else { return "新版本没有环节“\(record.title)”" }
        guard let before = old.step(record.step) else { return nil }
        if next.kind != before.kind { return "环节“\(record.title)”由\(before.kind.title)改为\(next.kind.title)" }
        if hasSignatures, next.signing != before.signing { return "环节“\(record.title)”已有人签署，而会签方式改变了" }
        return nil
    }

    /// Cases go on by the live version: open steps keep their signatures, and get the new deadline (counted from when they were opened) and the new people.
    ///
    /// - Returns: how many were moved; those with an obstacle stay as they are.
    package func bring(_ ids: [Int64], of name: String, by principal: Principal, in tx: any Transaction) throws -> (moved: Int, refused: [VersionOutlook]) {
        try principal.require(WorkflowPermission.design, "改按现行版本办理")
        let live = liveVersion(name)
        let target = try definition(name)
        let chosen = try outlook(name, in: tx).filter { ids.contains($0.caseId) }
        let free = chosen.filter { $0.obstacle == nil }
        for one in free {
            var item = try required(one.caseId, in: tx)
            let old = try definition(of: item)
            try tx.execute("UPDATE workflow_cases SET definition_version = \(live) WHERE id = \(item.id)")
            for record in try tx.rows("SELECT * FROM workflow_steps WHERE case_id = \(item.id) AND state = 'open' ORDER BY id").map(WorkflowStepRecord.init) {
                guard let step = target.step(record.step), let before = old.step(record.step) else { continue }
                let due = step.within == before.within ? record.dueAt : try step.within.map { try WorkingCalendar.load(tx).deadline($0, from: record.openedAt) }
                try tx.execute(
                    "UPDATE workflow_steps SET title = \(step.title), due_at = \(due), alarm_at = \(firstAlarm(step, due, clock.now)), version = version + 1 WHERE id = \(record.id)"
                )
                if step.actors != before.actors {
                    try tx.execute("UPDATE workflow_items SET state = 'closed' WHERE step_id = \(record.id) AND state IN ('open', 'waiting')")
                    for candidate in try candidates(step.actors, for: item, in: tx) { try add(candidate, to: record.id, of: item, in: tx) }
                }
            }
            try note("version", "改按第 \(live) 版办理", on: item, text: "原为第 \(one.version) 版", isPublic: false, by: principal, in: tx)
            try keep(&item, in: tx)
            try hooks.audit(AuditEntry("update", "workflowCase", "\(item.id)", "\(item.number) 由第 \(one.version) 版改按第 \(live) 版办理"), principal, tx)
        }
        return (free.count, chosen.filter { $0.obstacle != nil })
    }
}
