import Ledgers

/// What this domain adds to the generated pages of its ledgers.
enum GateAdditions {
    static let all: [LedgerAdditions] = []
}
