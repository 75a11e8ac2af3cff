import Alarms
import Cryptography
import Identity
import Kernel
import Ledgers
import Messages
import Schedules
import Storage
import Workflows

/// One box over every ledger, alarm, case and message that somebody may see.
///
/// The index only says where to look: it keeps words, not texts, and nobody sees a row that the ledger's own access has not given. Every write marks its row in the same transaction
/// (`search_pending`); one node follows the marks.
package final class SearchEngine: Sendable {
    let database: any Database
    let ledgers: LedgerEngine
    let alarms: AlarmEngine
    let workflows: WorkflowEngine
    let messages: MessageEngine
    let audit: AuditTrail
    let clock: Clock
    let cipher: FieldCipher
    let keys: KeyRing

    package init(
        database: any Database, ledgers: LedgerEngine, alarms: AlarmEngine, workflows: WorkflowEngine, messages: MessageEngine, audit: AuditTrail, keys: KeyRing, clock: Clock
    ) {
        self.database = database
        self.ledgers = ledgers
        self.alarms = alarms
        self.workflows = workflows
        self.messages = messages
        self.audit = audit
        self.clock = clock
        self.keys = keys
        cipher = keys.field("search_entries.words")
        // Before anything is served: every write of a ledger marks its row.
        ledgers.onEveryChange { [weak ledgers] change, tx in
            guard let row = change.record, ledgers?.declaration(change.ledger)?.isLarge == false else { return }
            try Self.mark(change.ledger, row.id, in: tx)
        }
    }

    /// For rows of read-only ledgers that their domain writes by itself: what they say is looked at anew.
    package static func mark(_ ledger: String, _ id: Int64, in tx: any Transaction) throws {
        try tx.execute("INSERT INTO search_pending (kind, record_id) VALUES (\(ledger), \(id)) ON CONFLICT DO NOTHING")
    }

    /// In the order in which results stand; those of ledgers that were defined while the server runs included.
    var sources: [SearchSource] { [.alarms(alarms), .cases(workflows)] + ledgers.declarations.compactMap { SearchSource($0, ledgers) } }

    var largeLedgers: [LargeLedger] { ledgers.declarations.compactMap { LargeLedger($0, ledgers) } }
}
