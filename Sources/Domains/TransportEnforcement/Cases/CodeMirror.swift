import Identity
import Kernel
import Ledgers
import Storage

/// Keeps codes of a dictionary in step with rows of a ledger that an administrator keeps, so that forms of cases can offer them by name.
enum CodeMirror {
    /// - Parameter isOffered: whether a row may be chosen from now on; a code that is not gets a last day and keeps its title.
    static func keep(
        _ dictionary: DictionaryName, code: String, title: String, isOffered: Bool, order: Int = 0, ledgers: LedgerEngine, by principal: Principal, in tx: any Transaction
    ) throws {
        guard !code.isEmpty, !title.isEmpty else { return }
        let yesterday = ledgers.clock.today.adding(days: -1).text
        let values: [String: JSONValue] = [
            "dictionary": .string(dictionary.rawValue), "code": .string(code), "title": .string(title), "order": .int(Int64(order)),
            "validTo": isOffered ? .null : .string(yesterday),
        ]
        // The right to keep the ledger is the right to keep its codes.
        _ = try ledgers.upsert(DictionaryLedger.ledger.name, Draft(values), by: .system(principal.name), in: tx)
    }
}
