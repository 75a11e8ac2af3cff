import Storage
import Synchronization

/// Counts changes of users, roles, organisations and sessions, so that what was remembered before a change is not believed after it.
///
/// One count a node. Where several nodes share a database, each tells the others of a change through the database's live channel, and they call `bump()`.
package final class IdentityVersion: Sendable {
    /// What nodes tell each other.
    package static let signal = "identity"

    private let count = Atomic<UInt64>(0)

    package init() {}

    package var current: UInt64 { count.load(ordering: .acquiring) }

    package func bump() { count.add(1, ordering: .acquiringAndReleasing) }

    /// Bumps once the transaction is durable.
    func bump(after transaction: any Transaction) {
        transaction.signal(IdentityVersion.signal, "")
        transaction.afterCommit { self.bump() }
    }
}
