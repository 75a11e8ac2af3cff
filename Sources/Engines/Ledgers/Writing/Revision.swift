import Identity
import Kernel
import Storage

extension LedgerEngine {
    /// Partial: only fields in the draft change.
    ///
    /// - Parameter expectedVersion: the version the writer has seen; nil takes whatever is there.
    /// - Throws: `.notFound` outside the scope, `.conflict` `JW-L009` when the row has changed since, `.invalid` with every finding.
    package func update(
        _ ledger: String, id: Int64, _ draft: Draft, expectedVersion: Int? = nil, by principal: Principal, origin: DraftOrigin = .program, in tx: any Transaction
    ) throws -> Record {
        let plan = try plan(ledger)
        try plan.declaration.requireWriting(principal, origin)
        let record = try writable(id, plan, by: principal, expectedVersion: expectedVersion, in: tx)
        guard record.deletedAt == nil else { throw Failure.notFound(plan.declaration.title) }
        return try revise(record, draft, plan, by: principal, origin, inputContext(), in: tx).0
    }

    /// - Returns: the row as it is now, and whether anything changed.
    func revise(
        _ before: Record, _ draft: Draft, _ plan: LedgerPlan, by principal: Principal, _ origin: DraftOrigin, _ context: InputContext, in tx: any Transaction, batch: Int64? = nil
    ) throws -> (Record, Bool) {
        let draft = try prepared(draft, changing: before, plan.name, by: principal, in: tx)
        let values = try judge(draft, changing: before, plan, by: principal, origin, context, in: tx)
        var after = before
        var changes: [SQL] = []
        for (index, name) in plan.valueNames.enumerated() where before.values[name] ?? .null != values[index] {
            after.values[name] = values[index]
            changes.append("\(ident: plan.columns[index]) = \(try plan.field(name)?.sealed(values[index]) ?? values[index])")
        }
        guard !changes.isEmpty else { return (before, false) }
        after.version += 1
        after.updatedAt = clock.now
        after.updatedBy = principal.id
        let statement: SQL =
            "UPDATE \(ident: plan.declaration.tableName) SET \(SQL.joined(changes, by: ", ")), version = \(after.version), updated_at = \(after.updatedAt), updated_by = \(after.updatedBy) WHERE id = \(before.id)"
        _ = try refusingDuplicates(plan) { try tx.execute(statement) }
        let change = LedgerChange(kind: .updated, ledger: plan.name, before: before, after: after, by: principal)
        if let batch { try recordInBatch(change, plan, batch, in: tx) } else { try record(change, plan, in: tx) }
        return (after, true)
    }

    /// Everything that can be wrong with a change, thrown together; otherwise all values as they will be.
    func judge(_ draft: Draft, changing before: Record, _ plan: LedgerPlan, by principal: Principal, _ origin: DraftOrigin, _ context: InputContext, in reader: any Reader) throws
        -> [SQLValue]
    {
        var reading = DraftReading(plan, changing: before, context, origin, principal)
        reading.read(draft, changing: before)
        if let org = draft.org, org != before.org { reading.findings.append(FieldFinding("org", "immutable", "登记后不能修改", title: plan.declaration.owners.title)) }
        reading.findings += try linkFindings(plan, reading.values, before: before, scope: { origin == .person ? RowScope($0, principal) : nil }, in: reader)
        if let duplicate = try duplicate(plan, reading.values, Owner(org: before.org, area: before.area), except: before.id, in: reader) { reading.findings.append(duplicate) }
        guard reading.findings.isEmpty else { throw Failure.invalid(reading.findings) }
        return reading.values
    }

    /// The row that is about to be changed, live or deleted.
    func writable(_ id: Int64, _ plan: LedgerPlan, by principal: Principal, expectedVersion: Int?, in tx: any Transaction) throws -> Record {
        let scope = RowScope(plan.declaration, principal)
        guard let record = try fetch(id, plan, locks: true, in: tx), scope.mayRead(org: record.org, area: record.area) else { throw Failure.notFound(plan.declaration.title) }
        guard scope.mayWrite(org: record.org, area: record.area) else { throw Failure.forbidden("修改上级\(plan.declaration.title)") }
        if let expectedVersion, expectedVersion != record.version {
            throw Failure(.conflict, "JW-L009", "这条\(plan.declaration.title)已被他人修改（第 \(record.version) 版，您看到的是第 \(expectedVersion) 版），请刷新后再改")
        }
        return record
    }

    /// By id without scope, deleted rows too.
    func fetch(_ id: Int64, _ plan: LedgerPlan, locks: Bool = false, in reader: any Reader) throws -> Record? {
        let lock = locks && reader.dialect == .postgres ? " FOR UPDATE" : ""
        return try reader.first(SQL(text: plan.selectText + " WHERE id = ?" + lock, arguments: [.int(id)])).map(plan.record)
    }
}
