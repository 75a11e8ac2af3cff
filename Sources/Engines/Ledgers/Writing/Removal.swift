import Identity
import Kernel
import Storage

extension LedgerEngine {
    /// Logical: the row stays with its history, leaves lists and frees its unique values.
    package func delete(_ ledger: String, id: Int64, reason: String, by principal: Principal, origin: DraftOrigin = .program, in tx: any Transaction) throws {
        let plan = try plan(ledger)
        try plan.declaration.requireWriting(principal, origin)
        let before = try writable(id, plan, by: principal, expectedVersion: nil, in: tx)
        guard before.deletedAt == nil else { return }
        var after = before
        after.deletedAt = clock.now
        try mark(&after, plan, by: principal, in: tx)
        let why = reason.trimmed
        try record(LedgerChange(kind: .deleted, ledger: ledger, before: before, after: after, by: principal, reason: why.isEmpty ? nil : String(why.prefix(500))), plan, in: tx)
    }

    /// - Throws: `.invalid` when another live row has taken the unique values meanwhile.
    package func restore(_ ledger: String, id: Int64, by principal: Principal, origin: DraftOrigin = .program, in tx: any Transaction) throws {
        let plan = try plan(ledger)
        try plan.declaration.requireWriting(principal, origin)
        let before = try writable(id, plan, by: principal, expectedVersion: nil, in: tx)
        guard before.deletedAt != nil else { return }
        let values = plan.valueNames.map { before.values[$0] ?? .null }
        if let duplicate = try duplicate(plan, values, Owner(org: before.org, area: before.area), except: id, in: tx) { throw Failure.invalid([duplicate]) }
        var after = before
        after.deletedAt = nil
        try mark(&after, plan, by: principal, in: tx)
        try record(LedgerChange(kind: .restored, ledger: ledger, before: before, after: after, by: principal), plan, in: tx)
    }

    private func mark(_ record: inout Record, _ plan: LedgerPlan, by principal: Principal, in tx: any Transaction) throws {
        record.version += 1
        record.updatedAt = clock.now
        record.updatedBy = principal.id
        let statement: SQL =
            "UPDATE \(ident: plan.declaration.tableName) SET deleted_at = \(record.deletedAt), version = \(record.version), updated_at = \(record.updatedAt), updated_by = \(record.updatedBy) WHERE id = \(record.id)"
        _ = try refusingDuplicates(plan) { try tx.execute(statement) }
    }
}
