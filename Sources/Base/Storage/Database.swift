import Kernel

/// One SQL database behind one face. StorageSQLite is the embedded default; StoragePostgres serves more than one machine.
///
/// Transactions are synchronous closures that run on the database's own bounded threads; nothing awaits inside one. Concurrent writes may be
/// committed together (group commit): each has its own savepoint, and `write` returns only when the commit is durable.
package protocol Database: Sendable {
    var dialect: Dialect { get }

    /// A consistent snapshot; many run side by side.
    ///
    /// - Parameter limit: how long waiting and reading may take together, so that one poisoned statistic cannot hold a reader for ever.
    /// - Throws: what the body throws; `Failure` `.unavailable` `JW-S001` (lost), `JW-S003` (too many callers wait), `JW-S004` (the limit has passed).
    func read<T: Sendable>(within limit: Duration, _ body: @escaping @Sendable (any Reader) throws -> T) async throws -> T

    /// A snapshot for looking, not for deciding: a list, a statistic, an export. May come from a standby that is a moment behind, but never behind what `Freshness.current` has written; otherwise as `read`.
    /// The body may be run twice, when the standby goes away in the middle.
    func look<T: Sendable>(within limit: Duration, _ body: @escaping @Sendable (any Reader) throws -> T) async throws -> T

    /// All or nothing. Everything the body did is durable when this returns; nothing of it is kept when the body throws.
    ///
    /// - Throws: what the body throws; `.unavailable` `JW-S001` (lost, busy), `JW-S002` (disk full), `JW-S003` (too many callers wait);
    ///   `.conflict` `JW-S005` when a unique index refuses a row, its cause naming `table.column`.
    @discardableResult
    func write<T: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> T) async throws -> T

    /// `write` for who has no task that could wait.
    ///
    /// - Parameter then: told the outcome once, on the database's own thread (or at once, when the work is not taken); must be brief.
    func submit<T: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> T, then: @escaping @Sendable (Result<T, any Error>) -> Void)

    /// Pages, bytes, waiting writers and so on, for metrics.
    func figures() async -> [String: Double]

    /// Ends open work and closes; later calls throw.
    func close() async
}

extension Database {
    /// A consistent snapshot that may take 30 seconds. An export that streams for longer states its own limit.
    package func read<T: Sendable>(_ body: @escaping @Sendable (any Reader) throws -> T) async throws -> T {
        try await read(within: .seconds(30), body)
    }

    /// A database without standbys.
    package func look<T: Sendable>(within limit: Duration, _ body: @escaping @Sendable (any Reader) throws -> T) async throws -> T { try await read(within: limit, body) }

    /// A look that may take 30 seconds.
    package func look<T: Sendable>(_ body: @escaping @Sendable (any Reader) throws -> T) async throws -> T { try await look(within: .seconds(30), body) }

    /// Creates tables without a migration: for tests, and for scratch databases.
    package func create(_ tables: [Table]) async throws {
        try await write { tx in for table in tables { try tx.apply(.createTable(table)) } }
    }
}

/// What a snapshot can answer.
package protocol Reader {
    var dialect: Dialect { get }
    func rows(_ sql: SQL) throws -> [Row]
    /// Streams: one row in memory at a time. The body returns false to stop.
    func each(_ sql: SQL, _ body: (Row) throws -> Bool) throws
}

/// A reader that may also write.
package protocol Transaction: Reader {
    /// - Returns: the number of rows changed.
    @discardableResult
    func execute(_ sql: SQL) throws -> Int
    /// A statement whose count nobody asks for and whose failure nobody handles: it may run as late as the next statement or the end of the closure, and what it throws then comes from there.
    func post(_ sql: SQL) throws
    /// Runs an INSERT into a table with an integer key `id`.
    ///
    /// - Returns: the new row's `id`.
    func insert(_ sql: SQL) throws -> Int64
    /// Many rows of one table through the fastest way the database has (one prepared statement, or COPY).
    func insertMany(into table: String, columns: [String], rows: [[SQLValue]]) throws
    /// Runs after the commit is durable, on no particular thread, in the order registered; never runs when the transaction fails. For live pages and wake-ups only:
    /// what must happen goes into the outbox.
    func afterCommit(_ action: @escaping @Sendable () -> Void)
    /// Tells the other nodes of one database, after the commit, that something they keep in memory has changed; this node uses `afterCommit`. Nothing on a database that serves one node.
    ///
    /// - Parameters:
    ///   - topic: what it concerns, such as `registry`.
    ///   - body: what a hearer needs to find it, such as an id; short.
    func signal(_ topic: String, _ body: String)
    /// Creates or changes schema; only migrations call it.
    func apply(_ step: SchemaStep) throws
}

extension Transaction {
    /// A database without round trips runs it at once.
    package func post(_ sql: SQL) throws { try execute(sql) }

    package func signal(_ topic: String, _ body: String) {}
}

extension Reader {
    package func first(_ sql: SQL) throws -> Row? {
        var found: Row?
        try each(sql) {
            found = $0
            return false
        }
        return found
    }

    /// The first column of the first row.
    package func value(_ sql: SQL) throws -> SQLValue? { try first(sql)?[0] }
    package func count(_ sql: SQL) throws -> Int { Int(try value(sql)?.int ?? 0) }
}

/// Where the databases differ, said once.
package enum Dialect: String, Sendable {
    case sqlite, postgres
}

/// One node's word to the others, kept for an hour so that a node that was away reads what it missed.
package struct Signal: Sendable, Hashable {
    package let topic: String
    package let body: String

    package init(topic: String, body: String) {
        self.topic = topic
        self.body = body
    }

    /// The topic a node hears when it was away for longer than signals are kept: whatever it remembers may be old.
    package static let everything = "*"
}
