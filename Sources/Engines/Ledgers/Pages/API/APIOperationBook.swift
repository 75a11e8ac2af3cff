import Exchange
import Synchronization

/// Operations that are no ledger's, for the description of the API: each shown to whoever may call it. Filled at start, before anything is served.
package final class APIOperationBook: Sendable {
    private let held = Mutex<[(permission: String, operation: APIOperation)]>([])

    package init() {}

    package func add(_ operation: APIOperation, permission: String) { held.withLock { $0.append((permission, operation)) } }

    var all: [(permission: String, operation: APIOperation)] { held.withLock { $0 } }
}
