import Foundation
import Kernel
import Storage
import StoragePostgres
import StorageSQLite
import Synchronization

/// Where suites get their databases: `JIANWEI_TEST_DATABASE=postgres swift test …` runs the same suites on PostgreSQL.
package enum TestDatabase {
    package static let runsOnPostgres = ProcessInfo.processInfo.environment["JIANWEI_TEST_DATABASE"] == "postgres"

    /// An empty database of its own, gone with its last reference; nothing is flushed to the disk.
    package static func make() async throws -> any Database { runsOnPostgres ? try await postgres() : try SQLiteDatabase.temporary() }

    /// The suites' server, for what needs more than one connection.
    package static func postgresAddress() throws -> String { try TestServer.address.get() }

    /// A schema of its own on the suites' server, which is started when it does not run (`scripts/postgres`). Few are open at once, because a server has few connections.
    ///
    /// - Throws: where PostgreSQL is not installed: a suite that cannot run has failed.
    package static func postgres() async throws -> any Database {
        let address = try TestServer.address.get()
        await TestSlots.shared.take()
        do {
            return SlottedDatabase(try PostgresDatabase.temporary(on: address))
        } catch {
            TestSlots.shared.give()
            throw error
        }
    }
}

/// The suites' server.
enum TestServer {
    static let address = Result { () throws -> String in
        if let given = ProcessInfo.processInfo.environment["JIANWEI_TEST_POSTGRES"] { return given }
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let process = Process()
        let output = Pipe()
        process.executableURL = root.appending(path: "scripts/postgres")
        process.arguments = ["start"]
        process.standardOutput = output
        try process.run()
        let lines = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self).split(separator: "\n")
        process.waitUntilExit()
        guard process.terminationStatus == 0, let address = lines.last else {
            throw Failure(.unexpected, "TEST", "没有 PostgreSQL：先运行 scripts/setup test", cause: lines.joined(separator: "; "))
        }
        return String(address)
    }
}

/// Hands out a bounded number of open databases.
final class TestSlots: Sendable {
    static let shared = TestSlots()
    private struct State {
        /// Three connections each; a suite whose fixture is never released keeps its place to the end.
        var free = 200
        var waiting: [CheckedContinuation<Void, Never>] = []
    }
    private let state = Mutex(State())

    func take() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.free > 0 else {
                    state.waiting.append(continuation)
                    return false
                }
                state.free -= 1
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    func give() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.waiting.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}

/// Gives its place back when the test is done with it.
final class SlottedDatabase: Database {
    private let database: PostgresDatabase

    init(_ database: PostgresDatabase) { self.database = database }

    deinit { TestSlots.shared.give() }

    var dialect: Dialect { database.dialect }

    func read<T: Sendable>(within limit: Duration, _ body: @escaping @Sendable (any Reader) throws -> T) async throws -> T {
        try await database.read(within: limit, body)
    }

    func write<T: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> T) async throws -> T { try await database.write(body) }

    func submit<T: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> T, then: @escaping @Sendable (Result<T, any Error>) -> Void) {
        database.submit(body, then: then)
    }

    func figures() async -> [String: Double] { await database.figures() }
    func close() async { await database.close() }
}
