import Identity
import Kernel
import Storage

/// One change of one row, for its history page: who, when, which fields from what to what.
package struct HistoryEntry: Sendable {
    /// One field's change in words; personal values masked unless the reader may see them.
    package struct FieldChange: Sendable, Equatable {
        package var field: String
        package var title: String
        package var before: String
        package var after: String
    }

    package var kind: LedgerChange.Kind
    package var version: Int
    package var at: Moment
    package var byId: Int64
    package var byName: String
    package var reason: String?
    /// The import that did it.
    package var batch: Int64?
    /// For the making of a row: every field that had a value, from nothing.
    package var changes: [FieldChange]
}

extension LedgerEngine {
    /// Newest first; the last entry is the making of the row.
    ///
    /// - Throws: `.notFound` outside the scope. Deleted rows have their history too.
    package func history(_ ledger: String, id: Int64, by principal: Principal, in reader: any Reader) throws -> [HistoryEntry] {
        let plan = try plan(ledger)
        guard let current = try find(ledger, id: id, by: principal, includeDeleted: true, in: reader) else { throw Failure.notFound(plan.declaration.title) }
        var walk = HistoryWalk(plan: plan, state: current)
        try reader.each("SELECT version, kind, at, by_id, by_name, reason, batch, changes FROM record_history WHERE ledger = \(ledger) AND record_id = \(id) ORDER BY id DESC") {
            row in
            walk.step(back: row)
            return true
        }
        walk.finish()
        let presenter = Presenter(plan, dictionaries.snapshot, try titles(for: walk.steps.flatMap { [$0.before, $0.after] }, plan, in: reader), principal, today: clock.today)
        return walk.steps.map { step in
            var entry = step.entry
            entry.changes = presenter.changes(from: step.before, to: step.after)
            return entry
        }
    }
}

/// Walks from the row as it is back to its making, taking each change away again.
private struct HistoryWalk {
    let plan: LedgerPlan
    var state: Record
    var steps: [(entry: HistoryEntry, before: Record, after: Record)] = []
    private var hasMaking = false

    init(plan: LedgerPlan, state: Record) {
        self.plan = plan
        self.state = state
    }

    mutating func step(back row: Row) {
        let kind = LedgerChange.Kind(rawValue: row[1].text ?? "") ?? .updated
        let entry = HistoryEntry(
            kind: kind, version: Int(row[0].int ?? 0), at: Moment(milliseconds: row[2].int ?? 0), byId: row[3].int ?? 0, byName: row[4].text ?? "", reason: row[5].text,
            batch: row[6].int, changes: []
        )
        let after = state
        if kind == .created {
            state.values = [:]
            hasMaking = true
        } else if let text = row[7].text, let changes = (try? JSONValue(parsing: text))?.object {
            for (name, pair) in changes.members {
                guard let before = pair.array?.first else { continue }
                let stored = SQLValue(restoring: before)
                state.values[name] = plan.field(name)?.opened(stored) ?? stored
            }
        }
        steps.append((entry, state, after))
    }

    /// Rows of very large ledgers tell their making themselves.
    mutating func finish() {
        guard !hasMaking else { return }
        let entry = HistoryEntry(
            kind: .created, version: 1, at: state.createdAt, byId: state.createdBy, byName: state.createdBy == 0 ? "系统" : "用户 \(state.createdBy)", reason: nil, batch: nil,
            changes: [])
        var empty = state
        empty.values = [:]
        steps.append((entry, empty, state))
    }
}
