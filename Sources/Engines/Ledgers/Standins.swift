import Identity
import Kernel
import Storage

package struct AuditTrail: Sendable {
    package init(clock: Clock) {}
    package func record(_ entry: AuditEntry, by principal: Principal, in tx: any Transaction) throws {}
}

extension LedgerEngine {
    func loadDefinitions(in reader: any Reader) throws {}
    func recordQuietly(_ change: LedgerChange, _ plan: LedgerPlan, in tx: any Transaction) throws {}
}
