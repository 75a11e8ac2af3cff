import Identity
import Kernel
import Storage

/// D17.4.1: rows of ledgers on which decisions stand are sealed with each change. Every write of such a ledger goes through the engine; nobody writes its table beside it.
extension LedgerEngine {
    private static func kind(_ ledger: String) -> String { "ledger." + ledger }

    /// Called before the server starts, for ledgers whose tables only the engine writes.
    package func protect(_ names: [String]) {
        guard let integrity = audit.integrity else { return }
        for name in names {
            guard let plan = knownPlan(name), plan.declaration.view == nil, !plan.declaration.isLarge else { continue }
            integrity.declare(
                IntegritySubject(
                    Self.kind(name), plan.declaration.title,
                    ids: { after, limit, reader in
                        try reader.rows("SELECT id FROM \(ident: plan.declaration.tableName) WHERE id > \(after) ORDER BY id LIMIT \(limit)").compactMap { $0[0].int }
                    },
                    contents: { ids, reader in
                        guard !ids.isEmpty else { return [:] }
                        let rows = try reader.rows(SQL(text: plan.selectText + " WHERE id IN (" + ids.map(String.init).joined(separator: ",") + ")", arguments: []))
                        return Dictionary(rows.map { row in (row.int("id") ?? 0, Self.content(plan.record(row))) }, uniquingKeysWith: { first, _ in first })
                    }))
        }
    }

    /// Values as they are read, not as they are stored: a change of the key ring changes no row.
    private static func content(_ record: Record) -> IntegrityContent {
        var content = IntegrityContent()
        for value in [record.org.sqlValue, record.area.sqlValue, .int(Int64(record.version)), record.deletedAt.sqlValue] { content.add(value) }
        for name in record.values.keys.sorted() {
            content.add(.text(name))
            content.add(record.values[name] ?? .null)
        }
        return content
    }

    func seal(_ ledger: String, _ ids: [Int64], in tx: any Transaction) throws {
        guard let integrity = audit.integrity, integrity.protects(Self.kind(ledger)) else { return }
        try integrity.seal(Self.kind(ledger), ids, in: tx)
    }
}
