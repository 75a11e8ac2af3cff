import Identity
import Kernel
import Storage

/// Finds the ids of what a sheet names in words, each name once an import.
struct ImportLookups: Sendable {
    enum Found: Sendable {
        case one(Int64)
        case none
        case several
    }

    private var rows: [String: [String: Found]] = [:]
    private var organisations: [String: (id: Int64, area: String?)?] = [:]

    mutating func row(_ title: String, in ledger: String, _ engine: LedgerEngine, _ principal: Principal, _ reader: any Reader) throws -> Found {
        if let known = rows[ledger]?[title] { return known }
        let found = try find(title, in: ledger, engine, principal, reader)
        rows[ledger, default: [:]][title] = found
        return found
    }

    /// By the title field, then by a unique field that is alone.
    private func find(_ title: String, in ledger: String, _ engine: LedgerEngine, _ principal: Principal, _ reader: any Reader) throws -> Found {
        guard let target = engine.knownPlan(ledger) else { return .none }
        let unique = target.declaration.uniqueBy.filter { $0 != "org" }
        let names = [target.declaration.titleField] + (unique.count == 1 ? unique : [])
        let scope = RowScope(target.declaration, principal).condition(reader.dialect, walksInOrder: false)
        for name in names {
            guard let field = target.field(name), field.columns.count == 1, field.columns[0].kind == .text else { continue }
            var conditions: [SQL] = [SQL(text: liveRows), "\(ident: field.columns[0].name) IN (\(list: try field.candidates(.text(title))))"]
            if let scope { conditions.append(scope) }
            let ids = try reader.rows("SELECT id FROM \(SQL(text: target.source)) WHERE \(SQL.all(of: conditions)) LIMIT 2").compactMap { $0[0].int }
            if ids.count == 1 { return .one(ids[0]) }
            if ids.count > 1 { return .several }
        }
        return .none
    }

    /// By name or code.
    mutating func organisation(_ text: String, _ reader: any Reader) throws -> (id: Int64, area: String?)? {
        if let known = organisations[text] { return known }
        let rows = try reader.rows("SELECT id, area FROM organisations WHERE name = \(text) OR code = \(text) LIMIT 2")
        let found = rows.count == 1 ? rows[0][0].int.map { ($0, rows[0][1].text) } : nil
        organisations[text] = .some(found)
        return found
    }
}
