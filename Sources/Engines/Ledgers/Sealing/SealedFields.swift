import Cryptography
import Kernel
import Storage

/// How personal values get into the table and out of it: sealed with the key ring under a key of their column, so that one value is always one text and can be found and kept unique
/// (decisions 0034 and 0023). Everything above the plan sees them open; what people see is masked by the `Presenter`.
extension Field {
    /// Personal text. A personal value of another kind is masked, and stored as it is.
    package var isSealed: Bool {
        guard marks.contains(.personal) else { return false }
        switch kind {
        case .text, .note: return true
        default: return false
        }
    }
}

extension FieldPlan {
    /// What is shown in place of a value that was changed in the database, or whose key is lost; `jianwei verify` names the row.
    static let broken = "（密文已损坏）"

    func sealed(_ value: SQLValue) throws -> SQLValue {
        guard let cipher, case .text(let text) = value, !text.isEmpty else { return value }
        // What could not be opened is not sealed over.
        guard text != FieldPlan.broken else { throw Failure.invalid([FieldFinding(field.name, "broken", "已损坏，请重新填写", title: field.title)]) }
        return .text(try cipher.seal(text))
    }

    func opened(_ value: SQLValue) -> SQLValue {
        guard let cipher, case .text(let text) = value else { return value }
        return .text((try? cipher.open(text)) ?? FieldPlan.broken)
    }

    /// Every text under which the value may be stored; of a plain field the value itself.
    func candidates(_ value: SQLValue) throws -> [SQLValue] {
        guard let cipher, case .text(let text) = value else { return [value] }
        return try cipher.candidates(text).map(SQLValue.text)
    }
}

extension LedgerPlan {
    /// All values of a row as its table holds them.
    func sealed(_ values: [SQLValue]) throws -> [SQLValue] {
        guard !sealedFields.isEmpty else { return values }
        var stored = values
        for field in sealedFields { stored[field.first] = try field.sealed(values[field.first]) }
        return stored
    }

    /// One of the fields by which rows are told apart is sealed.
    var hasSealedKey: Bool { sealedFields.contains { declaration.uniqueBy.contains($0.field.name) } }
}

extension LedgerEngine {
    /// The cipher of a sealed field, for a domain that writes or reads its table by itself; nil where the field is not sealed.
    package func cipher(of ledger: String, _ field: String) -> FieldCipher? { knownPlan(ledger)?.field(field)?.cipher }
}
