import Foundation
import Kernel
import Storage
import Synchronization

/// PostgreSQL behind Storage's face, for more than one machine: one writer with group commit on each node, one node writing at a time, a few readers.
///
/// No thread of Swift's pool ever waits for the network: writer, readers and listener own their threads, and each thread owns its connection.
package final class PostgresDatabase: Storage.Database {
    package struct Options: Sendable {
        /// Connections that read side by side.
        package var readers = 8
        /// Waiting closures, of writers and of readers each, beyond which callers get `JW-S003`.
        package var waiting = 20_000
        /// How long a writer waits for a lost database before it is refused with `JW-S001`.
        package var patience = Duration.seconds(10)
        /// This node's name among the others; signals are signed with it.
        package var node = "jianwei"
        /// Address of one standby that answers looks; nil when the primary answers all.
        package var replica: String?
        /// Where statements that take long are noted.
        package var slow: SlowStatements?

        package init() {}
    }

    package let address: String
    private let options: Options
    private let writer: GroupCommit<PostgresConnection>
    private let readers: ReaderPool<PostgresConnection>
    private let open: @Sendable () throws -> PostgresConnection
    private let replica: PostgresReplica?
    /// The end of this node's last commit, where a standby is asked.
    private let position: CommitPosition

    /// Connects, on the calling thread.
    ///
    /// - Parameter address: `postgres://user@host:port/name`; several hosts may be named, the one that takes writes is used.
    /// - Throws: `Failure` `.unavailable` `JW-S001` when no server answers, `.unexpected` `JW-S008` when it is older than 14 or its texts are not in UTF-8 sorted by bytes.
    package convenience init(address: String, options: Options = Options()) throws {
        try self.init(address: address, options: options, schema: nil)
    }

    /// - Parameter schema: a scratch schema that is dropped at the end; nil for the one the address leads to.
    init(address: String, options: Options, schema: String?) throws {
        self.address = address
        self.options = options
        let path = schema.map { ["SET search_path TO \(SQL.ident($0).text)"] } ?? []
        let name = options.node
        let slow = options.slow
        let position = CommitPosition()
        self.position = position
        let open: @Sendable () throws -> PostgresConnection = { try PostgresConnection(address, name: name, settings: path + Self.settings, slow: slow) }
        self.open = open
        let note: @Sendable (UInt64) -> Void = { position.note($0) }
        let onCommit = options.replica == nil ? nil : note
        let openWriter: @Sendable () throws -> PostgresConnection = {
            try PostgresConnection(address, name: name, settings: path + Self.settings + [Self.writing], slow: slow, onCommit: onCommit)
        }
        let first = try openWriter()
        try Self.checkServer(first)
        if let schema { try first.command("CREATE SCHEMA \(SQL.ident(schema).text)") }
        try first.command(SignalTable.creation)
        var reading = ReaderPool<PostgresConnection>.Limits()
        reading.readers = max(1, options.readers)
        reading.waiting = options.waiting
        reading.longestPause = 2
        let readers = ReaderPool("jianwei.postgres.reader", limits: reading, open: open)
        self.readers = readers
        var writing = GroupCommit<PostgresConnection>.Limits()
        writing.waiting = options.waiting
        writing.patience = options.patience
        // Other nodes wait for the lock meanwhile.
        writing.nanoseconds = 20_000_000
        writer = GroupCommit(
            "jianwei.postgres.writer", limits: writing, open: openWriter, onSchemaChange: { readers.schemaChanged() },
            farewell: { last in if let schema { _ = try? last.command("DROP SCHEMA \(SQL.ident(schema).text) CASCADE") } })
        replica = options.replica.map { address in
            PostgresReplica(readers: max(1, options.readers), waiting: options.waiting) {
                try PostgresConnection(address, name: name, settings: path + Self.settings, target: "any", slow: slow)
            }
        }
        writer.start(first)
        replica?.start()
    }

    deinit {
        replica?.stop()
        readers.stop()
        writer.stop()
    }

    package var dialect: Dialect { .postgres }

    package func read<T: Sendable>(within limit: Duration, _ body: @escaping @Sendable (any Reader) throws -> T) async throws -> T { try await readers.read(within: limit, body) }

    package func look<T: Sendable>(within limit: Duration, _ body: @escaping @Sendable (any Reader) throws -> T) async throws -> T {
        guard let replica, replica.mayAnswer(Freshness.current) else { return try await read(within: limit, body) }
        do {
            return try await replica.readers.read(within: limit, body)
        } catch let failure as Failure where failure.code == "JW-S001" {
            // Gone, or it gave the snapshot up to follow the primary.
            replica.failed()
            return try await read(within: limit, body)
        }
    }

    @discardableResult
    package func write<T: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> T) async throws -> T {
        let outcome = try await writer.write(body)
        if replica != nil { Freshness.current?.note(position.last) }
        return outcome
    }

    package func submit<T: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> T, then: @escaping @Sendable (Result<T, any Error>) -> Void) {
        writer.write(body, then: then)
    }

    /// What other nodes signal from now on, in the order of their commits; ends when the reader of the stream does. After a long absence there comes one `Signal.everything`.
    package func signals() -> AsyncStream<Signal> {
        AsyncStream(bufferingPolicy: .bufferingNewest(100_000)) { continuation in
            let listener = PostgresListener(open: open) { continuation.yield($0) }
            continuation.onTermination = { _ in listener.stop() }
            listener.start()
        }
    }

    package func figures() async -> [String: Double] { writer.figures().merging(readers.figures()) { $1 }.merging(replica?.figures() ?? [:]) { $1 } }

    package func close() async {
        replica?.stop()
        await replica?.readers.stopped()
        readers.stop()
        await readers.stopped()
        writer.stop()
        await writer.stopped()
    }

    /// A node that stops in the middle of a transaction loses its session, and the writer's lock with it, after 20 seconds; nobody waits longer than 15 for a lock. A write's
    /// statement may take a minute, one that changes the schema as long as it needs, a read's what its caller allows.
    private static let settings = [
        "SET idle_in_transaction_session_timeout = '20s'; SET lock_timeout = '15s'; SET TIME ZONE 'UTC'; SET client_min_messages = warning; SET statement_timeout = '60s'"
    ]

    /// A node whose cable was cut in the middle of a transaction holds the writer's lock no longer than the server takes to notice. Not for readers: a slow export may rightly let the server wait.
    private static let writing = "SET tcp_keepalives_idle = 3; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 2; SET tcp_user_timeout = 6000"

    private static func checkServer(_ connection: PostgresConnection) throws {
        let row = try connection.rows(
            "SELECT current_setting('server_version_num')::int AS version, pg_encoding_to_char(encoding) AS encoding, datcollate::text AS collation FROM pg_database WHERE datname = current_database()"
        ).first
        guard let row, (row.int("version") ?? 0) >= 140_000, row.text("encoding") == "UTF8", ["C", "POSIX", "C.UTF-8", "C.utf8"].contains(row.text("collation") ?? "") else {
            throw Failure(
                .unexpected, "JW-S008", "数据库不符合要求：须为 PostgreSQL 14 及以上、UTF-8 编码、按字节排序（LOCALE 'C'）",
                cause: "version \(row?.int("version") ?? 0), encoding \(row?.text("encoding") ?? "-"), collation \(row?.text("collation") ?? "-")")
        }
    }
}

/// How far the log had come at the last commit.
final class CommitPosition: Sendable {
    private let value = Mutex<UInt64>(0)

    var last: UInt64 { value.withLock { $0 } }

    func note(_ position: UInt64) { value.withLock { $0 = max($0, position) } }
}

extension PostgresDatabase {
    /// A schema of its own for one test, dropped with the last reference.
    package static func temporary(on address: String, _ adjust: (inout Options) -> Void = { _ in }) throws -> PostgresDatabase {
        var options = Options()
        options.readers = 2
        adjust(&options)
        return try PostgresDatabase(address: address, options: options, schema: "t_" + UUID().uuidString.lowercased().replacing("-", with: ""))
    }
}
