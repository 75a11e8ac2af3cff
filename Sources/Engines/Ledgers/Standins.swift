import Identity
import Kernel
import Storage


extension LedgerEngine {
    func loadDefinitions(in reader: any Reader) throws {}
    func recordQuietly(_ change: LedgerChange, _ plan: LedgerPlan, in tx: any Transaction) throws {}
}
