import Kernel

/// One open connection as `ReaderPool` and `GroupCommit` use it; it lives on one thread at a time and is closed by its last reference.
package protocol QueuedConnection: AnyObject, SendableMetatype {
    /// True when it must be opened anew.
    var isLost: Bool { get }
    /// Drops prepared statements, which may be of an old schema.
    func forgetStatements()
}

/// A connection that answers from snapshots.
package protocol ReadConnection: QueuedConnection {
    /// Begins a snapshot in which nothing is answered after `deadline`, an uptime in nanoseconds.
    func beginRead(until deadline: UInt64) throws
    /// Answers from the snapshot; valid until `endRead`.
    var reader: any Reader { get }
    /// Ends the snapshot, whatever became of it.
    func endRead()
}

/// A connection that commits many closures together, each of which can be undone alone.
package protocol WriteConnection: QueuedConnection {
    /// Begins a transaction that no other writer has a part in.
    func beginWrite() throws
    /// False also when the database has ended the transaction on its own, as after a full disk.
    var isInTransaction: Bool { get }
    /// What the next closure is handed.
    func makeTransaction() -> any QueuedTransaction
    /// Marks, after one closure, where the next begins.
    func separate() throws
    /// Undoes the last closure; the first may take the transaction with it, which then holds nothing else.
    func undo() throws
    /// - Parameter signals: to be told to other nodes with the commit.
    func commit(_ signals: [Signal]) throws
    func rollback()
}

/// A transaction that remembers what its closure asked for besides rows.
package protocol QueuedTransaction: Transaction {
    var actions: [@Sendable () -> Void] { get }
    var signals: [Signal] { get }
    var hasChangedSchema: Bool { get }
    /// An error by which the closure's work was undone, even if the closure swallowed it.
    var spoiled: (any Error)? { get }
    /// Runs what the closure posted; called once, after the body has succeeded.
    func finish() throws
}

extension QueuedTransaction {
    package func finish() throws {}
}
