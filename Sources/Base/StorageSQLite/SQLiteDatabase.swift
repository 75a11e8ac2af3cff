import Dispatch
import Foundation
import GRDB
import Kernel
import Storage

/// The embedded default: one SQLite file in WAL mode with `synchronous=FULL`, one writer with group commit, a few readers.
///
/// No thread of Swift's pool ever waits for SQLite: writer and readers own their threads, and each thread owns its connection.
package final class SQLiteDatabase: Storage.Database {
    package struct Options: Sendable {
        /// Connections that read side by side.
        package var readers = 8
        /// Waiting closures, of writers and of readers each, beyond which callers get `JW-S003`.
        package var waiting = 20_000
        /// Megabytes of page cache of the writer; readers have an eighth each and the memory map.
        package var writerCacheMegabytes = 64
        package var mapMegabytes = 1024
        /// Beyond this size of the file writes fail as on a full disk; nil for no limit.
        package var megabyteLimit: Int?
        /// Where statements that take long are noted.
        package var slow: SlowStatements?
        /// False for tests only: nothing is flushed to the disk.
        package var isDurable = true

        package init() {}
    }

    package let path: String
    private let writer: GroupCommit<SQLiteConnection>
    private let readers: ReaderPool<SQLiteConnection>
    /// Of a temporary database. Removed while the threads may still close their files, which Linux allows.
    private let folder: TemporaryFolder?

    /// Opens or creates the file.
    ///
    /// - Throws: `Failure` `.unavailable` `JW-S001` when the file cannot be opened.
    package convenience init(path: String, options: Options = Options()) throws {
        try self.init(path: path, options: options, folder: nil)
    }

    private init(path: String, options: Options, folder: TemporaryFolder?) throws {
        self.path = path
        self.folder = folder
        let open: @Sendable () throws -> SQLiteConnection = { try SQLiteConnection(Self.open(path, readonly: false), settings: Self.writerSettings(options), slow: options.slow) }
        let first = try open()
        var reading = ReaderPool<SQLiteConnection>.Limits()
        reading.readers = max(1, options.readers)
        reading.waiting = options.waiting
        let readers = ReaderPool("jianwei.sqlite.reader", limits: reading) {
            try SQLiteConnection(Self.open(path, readonly: true), settings: Self.readerSettings(options), slow: options.slow)
        }
        self.readers = readers
        var writing = GroupCommit<SQLiteConnection>.Limits()
        writing.waiting = options.waiting
        writer = GroupCommit("jianwei.sqlite.writer", limits: writing, open: open) { readers.schemaChanged() }
        writer.start(first)
    }

    deinit {
        readers.stop()
        writer.stop()
    }

    /// A database of its own in /tmp for one test, removed with the last reference; not flushed to the disk.
    package static func temporary(_ adjust: (inout Options) -> Void = { _ in }) throws -> SQLiteDatabase {
        let folder = try TemporaryFolder()
        var options = Options()
        options.isDurable = false
        options.readers = 4
        adjust(&options)
        return try SQLiteDatabase(path: folder.path + "/test.sqlite", options: options, folder: folder)
    }

    package var dialect: Dialect { .sqlite }

    package func read<T: Sendable>(within limit: Duration, _ body: @escaping @Sendable (any Reader) throws -> T) async throws -> T { try await readers.read(within: limit, body) }

    @discardableResult
    package func write<T: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> T) async throws -> T { try await writer.write(body) }

    package func submit<T: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> T, then: @escaping @Sendable (Result<T, any Error>) -> Void) {
        writer.write(body, then: then)
    }

    package func figures() async -> [String: Double] {
        var figures = writer.figures()
        figures.merge(readers.figures()) { $1 }
        figures["file_bytes"] = Self.size(path)
        figures["wal_bytes"] = Self.size(path + "-wal")
        return figures
    }

    /// Copies one consistent snapshot into a new file while reading and writing go on.
    ///
    /// - Throws: `Failure` `.unavailable` when the copy cannot be written; an existing file at `target` is replaced.
    package func backup(to target: String) async throws {
        let path = path
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let thread = Thread {
                continuation.resume(
                    with: Result {
                        do {
                            // All pages in one step: one read transaction, which a writer neither blocks nor restarts.
                            let copy = try DatabaseQueue(path: target)
                            try Self.open(path, readonly: true).backup(to: copy)
                            try copy.close()
                        } catch let error as DatabaseError {
                            throw Self.failure(error)
                        }
                    })
            }
            thread.name = "jianwei.sqlite.backup"
            thread.start()
        }
    }

    /// Samples the tables so that the planner chooses among their indexes by what they hold; worth a job each night.
    package func analyze() async throws {
        try await write { tx in
            try tx.execute("PRAGMA analysis_limit = 1000")
            try tx.execute("ANALYZE")
        }
    }

    package func close() async {
        readers.stop()
        await readers.stopped()
        writer.stop()
        await writer.stopped()
    }

    private static func open(_ path: String, readonly: Bool) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = readonly
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(10)
        configuration.foreignKeysEnabled = true
        do {
            return try DatabaseQueue(path: path, configuration: configuration)
        } catch let error as DatabaseError {
            throw failure(error)
        }
    }

    private static func failure(_ error: DatabaseError) -> Failure {
        SQLiteFailure.make(code: error.extendedResultCode.rawValue, message: error.message ?? "", statement: error.sql)
    }

    private static func writerSettings(_ options: Options) -> [String] {
        [
            "PRAGMA synchronous = \(options.isDurable ? "FULL" : "OFF")",
            "PRAGMA temp_store = MEMORY",
            "PRAGMA cache_size = -\(options.writerCacheMegabytes * 1024)",
            "PRAGMA mmap_size = \(options.mapMegabytes << 20)",
            // 64 MB of log between checkpoints: the pages that every pass touches are copied back once instead of often. A log that a long reader let grow is cut back to 128 MB.
            "PRAGMA wal_autocheckpoint = 16000",
            "PRAGMA journal_size_limit = \(128 << 20)",
            // What is deleted is overwritten wherever its page is written anyway (D17.10.1).
            "PRAGMA secure_delete = FAST",
        ] + (options.megabyteLimit.map { ["PRAGMA max_page_count = \($0 * 256)"] } ?? [])
    }

    private static func readerSettings(_ options: Options) -> [String] {
        [
            "PRAGMA query_only = ON",
            "PRAGMA temp_store = MEMORY",
            "PRAGMA cache_size = -\(max(2, options.writerCacheMegabytes / 8) * 1024)",
            "PRAGMA mmap_size = \(options.mapMegabytes << 20)",
        ]
    }

    private static func size(_ path: String) -> Double {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? NSNumber)?.doubleValue ?? 0
    }
}
