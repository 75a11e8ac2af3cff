import Cryptography
import Kernel
import Storage

/// Whether every personal value of every ledger, and of its history, is sealed and opens: what `jianwei verify` says of them.
package struct SealingCheck: Sendable {
    /// Sealed values that open.
    package private(set) var values = 0
    /// Those of them that an older key sealed.
    package private(set) var older = 0
    /// One line a value that is plain or does not open; the first thousand.
    package private(set) var faults: [String] = []

    private static let most = 1_000

    private mutating func take(_ stored: String, _ cipher: FieldCipher, _ place: () -> String) {
        guard !stored.isEmpty else { return }
        let kind = cipher.kind(of: stored)
        guard kind != .plain else { return add(place() + " 未加密") }
        guard (try? cipher.open(stored)) != nil else { return add(place() + " 的密文已损坏或缺少密钥") }
        values += 1
        if kind == .older { older += 1 }
    }

    private mutating func add(_ fault: String) { if faults.count < Self.most { faults.append(fault) } }

    mutating func read(_ plan: LedgerPlan, in reader: any Reader) throws {
        let columns = SQL.joined(plan.sealedFields.map { SQL.ident($0.columns[0].name) }, by: ", ")
        try reader.each("SELECT id, \(columns) FROM \(ident: plan.declaration.tableName) ORDER BY id") { row in
            for (index, field) in plan.sealedFields.enumerated() {
                guard let cipher = field.cipher, let stored = row[index + 1].text else { continue }
                take(stored, cipher) { "\(plan.declaration.title) \(row[0].int ?? 0) 号的\(field.field.title)" }
            }
            return true
        }
    }

    mutating func readHistory(_ plans: [String: LedgerPlan], in reader: any Reader) throws {
        try reader.each("SELECT id, ledger, changes FROM record_history WHERE changes IS NOT NULL ORDER BY id") { row in
            guard let plan = plans[row[1].text ?? ""], let changes = row[2].text.flatMap({ try? JSONValue(parsing: $0) })?.object else { return true }
            for (name, pair) in changes.members {
                guard let field = plan.field(name), let cipher = field.cipher else { continue }
                for stored in (pair.array ?? []).compactMap(\.string) { take(stored, cipher) { "\(plan.declaration.title)变更历史 \(row[0].int ?? 0) 号的\(field.field.title)" } }
            }
            return true
        }
    }
}

extension LedgerEngine {
    /// Reads every personal value once.
    package func checkSealing(in reader: any Reader) throws -> SealingCheck {
        var check = SealingCheck()
        let sealed = plans.filter { $0.declaration.view == nil && !$0.sealedFields.isEmpty }
        for plan in sealed { try check.read(plan, in: reader) }
        try check.readHistory(Dictionary(sealed.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }), in: reader)
        return check
    }
}
