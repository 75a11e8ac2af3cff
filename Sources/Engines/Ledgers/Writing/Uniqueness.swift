import Kernel
import Storage

extension LedgerEngine {
    /// The stored values of `uniqueBy`, in its order; nil where one is empty, since the database counts empty values as different.
    func uniqueKey(_ plan: LedgerPlan, _ values: [SQLValue], _ owner: Owner) -> [SQLValue]? {
        guard !plan.declaration.uniqueBy.isEmpty else { return nil }
        var key: [SQLValue] = []
        for name in plan.declaration.uniqueBy {
            let value: SQLValue = name == "org" ? owner.org.sqlValue : name == "area" ? owner.area.sqlValue : plan.field(name).map { values[$0.first] } ?? .null
            if value.isNull { return nil }
            key.append(value)
        }
        return key
    }

    /// The id of the live row with that key.
    func holder(of key: [SQLValue], _ plan: LedgerPlan, in reader: any Reader) throws -> Int64? {
        guard plan.hasSealedKey else { return try reader.first(SQL(text: plan.holderText, arguments: key))?[0].int }
        // While a new key takes over, a value may still be stored under an older one.
        var conditions: [SQL] = [SQL(text: liveRows)]
        for (name, value) in zip(plan.declaration.uniqueBy, key) {
            let column = SQL.ident(plan.column(name) ?? name)
            if let field = plan.field(name), field.cipher != nil {
                conditions.append("\(column) IN (\(list: try field.candidates(value)))")
            } else {
                conditions.append("\(column) = \(value)")
            }
        }
        return try reader.first("SELECT id FROM \(SQL(text: plan.source)) WHERE \(SQL.all(of: conditions)) LIMIT 1")?[0].int
    }

    /// A finding where another live row has the same key.
    func duplicate(_ plan: LedgerPlan, _ values: [SQLValue], _ owner: Owner, except id: Int64?, in reader: any Reader) throws -> FieldFinding? {
        guard let key = uniqueKey(plan, values, owner), let holder = try holder(of: key, plan, in: reader), holder != id else { return nil }
        return duplicateFinding(plan)
    }

    func duplicateFinding(_ plan: LedgerPlan) -> FieldFinding {
        let fields = plan.declaration.uniqueBy.compactMap { plan.field($0)?.field }
        let name = fields.last?.name ?? plan.declaration.uniqueBy.last ?? "id"
        return FieldFinding(name, "duplicate", "已有相同的记录", title: fields.map(\.title).joined(separator: "、"))
    }

    /// Findings for ids that point to nothing, or to what the writer may not see. Only fields whose value changed are asked for.
    func linkFindings(_ plan: LedgerPlan, _ values: [SQLValue], before: Record?, scope: (LedgerDeclaration) -> RowScope?, in reader: any Reader) throws -> [FieldFinding] {
        var findings: [FieldFinding] = []
        for field in plan.fields {
            guard let link = field.link, let id = values[field.first].int, before?.values[field.field.name]?.int != id else { continue }
            if try !isThere(id, link, scope, in: reader) { findings.append(FieldFinding(field.field.name, "reference", "指向的记录不存在", title: field.field.title)) }
        }
        return findings
    }

    private func isThere(_ id: Int64, _ link: Link, _ scope: (LedgerDeclaration) -> RowScope?, in reader: any Reader) throws -> Bool {
        switch link {
        case .organisation: return try reader.first("SELECT id FROM organisations WHERE id = \(id)") != nil
        case .ledger(let name):
            guard let target = knownPlan(name) else { return false }
            guard let row = try reader.first(SQL(text: "SELECT org, area FROM \(target.source) WHERE id = ? AND \(liveRows)", arguments: [.int(id)])) else { return false }
            return scope(target.declaration)?.mayRead(org: row[0].int, area: row[1].text) ?? true
        }
    }
}
