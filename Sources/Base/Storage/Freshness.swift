import Synchronization

/// What one reader has written, so that a standby is asked only when it already has that.
///
/// A position is the database's own count of what was written (PostgreSQL: bytes of log); a larger one is later. It goes to the reader's browser and back, because the next request may come to another node.
package final class Freshness: Sendable {
    private let position: Mutex<UInt64>

    /// - Parameter position: what the reader is known to have written before; 0 for nothing.
    package init(position: UInt64 = 0) { self.position = Mutex(position) }

    /// Of the request that runs now; nil where nobody waits for an answer, such as in jobs.
    @TaskLocal package static var current: Freshness?

    package var required: UInt64 { position.withLock { $0 } }

    /// Called after each commit of this reader.
    package func note(_ written: UInt64) { position.withLock { $0 = max($0, written) } }
}
