import Identity
import Kernel
import Storage

/// One change of one row, as hooks see it: inside the transaction, after the row is written.
package struct LedgerChange: Sendable {
    package enum Kind: String, Sendable { case created, updated, deleted, restored }

    package var kind: Kind
    package var ledger: String
    package var before: Record?
    package var after: Record?
    package var by: Principal
    /// Why a row was deleted.
    package var reason: String?

    /// The row as it is now; for a deleted row as it was.
    package var record: Record? { after ?? before }

    /// Names of stored values that differ; every name for a new row.
    package var changedFields: [String] {
        guard let before, let after else { return (after ?? before).map { $0.values.keys.sorted() } ?? [] }
        return after.values.keys.filter { before.values[$0] != after.values[$0] }.sorted()
    }
}

extension LedgerEngine {
    /// History row, audit row, attachment rows, then the hooks.
    func record(_ change: LedgerChange, _ plan: LedgerPlan, in tx: any Transaction) throws {
        guard let row = change.record else { return }
        let now = clock.now
        // The making of a row of a very large ledger is told by the row itself.
        if change.kind != .created || !plan.declaration.isLarge {
            try tx.execute(SQL(text: LedgerEngine.historyInsert, arguments: try historyRow(change, plan, row, now, batch: nil)))
        }
        try recordAttachments(change, plan, now, in: tx)
        try audit.record(auditEntry(change, plan, row), by: change.by, in: tx)
        for hook in hooks(of: change.ledger) { try hook(change, tx) }
        try refreshDictionaries(afterChangeOf: change.ledger, in: tx)
        try seal(change.ledger, [row.id], in: tx)
    }

    /// One of many changes of an import, which is audited as a whole.
    func recordInBatch(_ change: LedgerChange, _ plan: LedgerPlan, _ batch: Int64, in tx: any Transaction) throws {
        guard let row = change.record else { return }
        if change.kind != .created { try tx.execute(SQL(text: LedgerEngine.historyInsert, arguments: try historyRow(change, plan, row, clock.now, batch: batch))) }
        for hook in hooks(of: change.ledger) { try hook(change, tx) }
        // New rows are sealed together at the end of their part of the sheet.
        if change.kind != .created { try seal(change.ledger, [row.id], in: tx) }
    }

    static let historyColumns = ["ledger", "record_id", "version", "kind", "at", "by_id", "by_name", "reason", "batch", "changes"]
    private static let historyInsert = "INSERT INTO record_history (\(historyColumns.joined(separator: ", "))) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

    private func historyRow(_ change: LedgerChange, _ plan: LedgerPlan, _ row: Record, _ now: Moment, batch: Int64?) throws -> [SQLValue] {
        [
            .text(plan.name), .int(row.id), .int(Int64(row.version)), .text(change.kind.rawValue), now.sqlValue, .int(change.by.id), .text(change.by.name), change.reason.sqlValue,
            batch.sqlValue,
            (try changesJSON(change, plan)?.text).sqlValue,
        ]
    }

    /// The engine's own wish to know of changed codes.
    func refreshDictionaries(afterChangeOf ledger: String, in tx: any Transaction) throws {
        guard ledger == DictionaryLedger.ledger.name else { return }
        let next = try dictionaries.read(tx)
        tx.signal(LedgerEngine.signal, "")
        tx.afterCommit { [dictionaries] in dictionaries.replace(next) }
    }

    /// `{"field": [before, after]}`, personal values sealed; nil where no value changed hands.
    private func changesJSON(_ change: LedgerChange, _ plan: LedgerPlan) throws -> JSONValue? {
        guard change.kind == .updated, let before = change.before, let after = change.after else { return nil }
        var changes = JSONObject()
        for name in plan.valueNames {
            let old = before.values[name] ?? .null
            let new = after.values[name] ?? .null
            guard old != new else { continue }
            let field = plan.field(name)
            changes.members.append((name, [JSONValue(stored: try field?.sealed(old) ?? old), JSONValue(stored: try field?.sealed(new) ?? new)]))
        }
        return .object(changes)
    }

    private func auditEntry(_ change: LedgerChange, _ plan: LedgerPlan, _ row: Record) -> AuditEntry {
        let verb: (String, String) =
            switch change.kind {
            case .created: ("create", "新增")
            case .updated: ("update", "修改")
            case .deleted: ("delete", "删除")
            case .restored: ("restore", "恢复")
            }
        let context = DisplayContext(dictionaries: dictionaries.snapshot, titles: .none, today: clock.today)
        var details = JSONObject()
        if change.kind == .updated, let before = change.before, let after = change.after {
            for field in plan.fields where !field.columns.isEmpty {
                let names = plan.valueNames[field.first..<(field.first + field.columns.count)]
                guard names.contains(where: { before.values[$0] != after.values[$0] }) else { continue }
                details.members.append((field.field.name, [.string(shown(field, before, context)), .string(shown(field, after, context))]))
            }
        }
        if let reason = change.reason { details.members.append(("reason", .string(reason))) }
        let title = plan.field(plan.declaration.titleField).map { shown($0, row, context) } ?? ""
        let summary = verb.1 + plan.declaration.title + "：" + (title.isEmpty ? "#\(row.id)" : title)
        return AuditEntry(verb.0, plan.name, String(row.id), summary, details: details.members.isEmpty ? .null : .object(details))
    }

    /// As text, personal values masked.
    private func shown(_ field: FieldPlan, _ record: Record, _ context: DisplayContext) -> String {
        let text = field.behaviour.text(of: field.field, in: record, context)
        return field.field.marks.contains(.personal) ? FieldChecks.masked(text, field.field.check) : text
    }

    /// One row a file in use; a file that is no longer named keeps its row, because history shows it.
    private func recordAttachments(_ change: LedgerChange, _ plan: LedgerPlan, _ now: Moment, in tx: any Transaction) throws {
        guard change.kind == .created || change.kind == .updated, let after = change.after else { return }
        for field in plan.fields {
            switch field.field.kind {
            case .photo, .files: break
            default: continue
            }
            guard after.values[field.field.name] != change.before?.values[field.field.name] ?? .null else { continue }
            let known = Set(change.before?.files(field.field).map(\.sha256) ?? [])
            let rows: [[SQLValue]] = after.files(field.field).filter { !known.contains($0.sha256) }.map { file in
                [
                    .text(plan.name), .int(after.id), .text(field.field.name), .text(file.sha256), .text(file.name), .text(file.mediaType), .int(Int64(file.size)), now.sqlValue,
                    .int(change.by.id),
                ]
            }
            if !rows.isEmpty {
                try tx.insertMany(into: "attachments", columns: ["ledger", "record_id", "field", "sha256", "name", "media_type", "size", "at", "by_id"], rows: rows)
            }
        }
    }
}
