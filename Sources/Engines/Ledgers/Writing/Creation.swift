import Identity
import Kernel
import Storage

/// What an upsert did.
package enum Upsert: String, Sendable {
    case created, updated, unchanged
}

extension LedgerEngine {
    /// - Throws: `.forbidden` without the permission; `.invalid` `JW-K422` with every finding at once.
    package func create(_ ledger: String, _ draft: Draft, by principal: Principal, origin: DraftOrigin = .program, in tx: any Transaction) throws -> Record {
        let plan = try plan(ledger)
        try plan.declaration.requireWriting(principal, origin)
        let draft = try prepared(draft, changing: nil, ledger, by: principal, in: tx)
        let (values, owner) = try judge(draft, plan, by: principal, origin, inputContext(), in: tx)
        let record = try insert(values, owner, plan, by: principal, in: tx)
        try self.record(LedgerChange(kind: .created, ledger: ledger, before: nil, after: record, by: principal), plan, in: tx)
        return record
    }

    /// Finds the live row with the draft's `uniqueBy` values and changes it, or makes one. A row that would not change is left alone: no version, no history.
    package func upsert(_ ledger: String, _ draft: Draft, by principal: Principal, origin: DraftOrigin = .program, in tx: any Transaction) throws -> (Record, Upsert) {
        let plan = try plan(ledger)
        try plan.declaration.requireWriting(principal, origin)
        precondition(!plan.declaration.uniqueBy.isEmpty, "upsert needs uniqueBy in \(ledger)")
        guard let existing = try existing(for: draft, plan, by: principal, origin, inputContext(), in: tx) else {
            return (try create(ledger, draft, by: principal, origin: origin, in: tx), .created)
        }
        let (record, changed) = try revise(existing, draft, plan, by: principal, origin, inputContext(), in: tx)
        return (record, changed ? .updated : .unchanged)
    }

    /// What is wrong with the values of a new row by themselves, so that a page of its own can say it together with its own findings. Nothing is looked up, nothing written.
    package func findings(_ ledger: String, _ draft: Draft, by principal: Principal) throws -> [FieldFinding] {
        let plan = try plan(ledger)
        var reading = DraftReading(plan, changing: nil, inputContext(), .program, principal)
        reading.read(draft, changing: nil)
        return reading.findings
    }

    /// Everything that can be wrong with a new row, thrown together.
    func judge(_ draft: Draft, _ plan: LedgerPlan, by principal: Principal, _ origin: DraftOrigin, _ context: InputContext, in reader: any Reader) throws -> ([SQLValue], Owner) {
        var reading = DraftReading(plan, changing: nil, context, origin, principal)
        let owner = try owner(of: draft, plan, by: principal, in: reader, &reading.findings)
        reading.read(draft, changing: nil)
        reading.findings += try linkFindings(plan, reading.values, before: nil, scope: { origin == .person ? RowScope($0, principal) : nil }, in: reader)
        if let duplicate = try duplicate(plan, reading.values, owner, except: nil, in: reader) { reading.findings.append(duplicate) }
        guard reading.findings.isEmpty else { throw Failure.invalid(reading.findings) }
        return (reading.values, owner)
    }

    func insert(_ values: [SQLValue], _ owner: Owner, _ plan: LedgerPlan, by principal: Principal, in tx: any Transaction) throws -> Record {
        let now = clock.now
        var arguments: [SQLValue] = [owner.org.sqlValue, owner.area.sqlValue, .int(1), now.sqlValue, .int(principal.id), now.sqlValue, .int(principal.id)]
        arguments += try plan.sealed(values)
        let id = try refusingDuplicates(plan) { try tx.insert(SQL(text: plan.insertText, arguments: arguments)) }
        var named: [String: SQLValue] = [:]
        named.reserveCapacity(values.count)
        for (index, name) in plan.valueNames.enumerated() { named[name] = values[index] }
        var record = Record(id: id, org: owner.org, area: owner.area, version: 1, createdAt: now, updatedAt: now, values: named)
        record.createdBy = principal.id
        record.updatedBy = principal.id
        return record
    }

    /// Two writers may pass the check side by side; the unique index then refuses the second.
    func refusingDuplicates<T>(_ plan: LedgerPlan, _ write: () throws -> T) throws -> T {
        do {
            return try write()
        } catch let failure as Failure where failure.code == "JW-S005" && !plan.declaration.uniqueBy.isEmpty {
            throw Failure.invalid([duplicateFinding(plan)])
        }
    }

    /// The live row that a draft speaks of by its unique values; outside the writer's scope it does not exist for the writer.
    func existing(for draft: Draft, _ plan: LedgerPlan, by principal: Principal, _ origin: DraftOrigin, _ context: InputContext, in reader: any Reader) throws -> Record? {
        var key: [SQLValue] = []
        for name in plan.declaration.uniqueBy {
            if name == "org" {
                var ignored: [FieldFinding] = []
                guard let org = try owner(of: draft, plan, by: principal, in: reader, &ignored).org else { return nil }
                key.append(.int(org))
                continue
            }
            guard let field = plan.field(name), let input = draft.values[name] ?? field.field.fallback.map(JSONValue.string), !input.isBlank,
                case .value(let value) = field.behaviour.accept(input, for: field.field, context)
            else { return nil }
            key.append(value)
        }
        guard let id = try holder(of: key, plan, in: reader), let record = try fetch(id, plan, in: reader) else { return nil }
        return RowScope(plan.declaration, principal).mayWrite(org: record.org, area: record.area) ? record : nil
    }
}
