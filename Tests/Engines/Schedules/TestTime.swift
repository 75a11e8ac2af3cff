import Foundation
import Identity
import Kernel
import Logging
import Schedules
import Storage
import Synchronization
import TestDatabases

/// A clock that moves only when the test says so.
final class TestTime: Sendable {
    private let moment: Mutex<Moment>

    init(_ text: String = "2026-11-21 08:00") { moment = Mutex(Moment(parsing: text) ?? Moment(milliseconds: 0)) }

    var clock: Clock { Clock { self.moment.withLock { $0 } } }
    func advance(seconds: Int64) { moment.withLock { $0 = $0.adding(seconds: seconds) } }
}

/// What happened, in order; a test may wait for a number of notes.
final class Seen: Sendable {
    private struct State: Sendable {
        var notes: [String] = []
        var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())
    var notes: [String] { state.withLock { $0.notes } }

    func note(_ text: String) {
        let woken = state.withLock { state in
            state.notes.append(text)
            let count = state.notes.count
            let woken = state.waiters.filter { $0.count <= count }
            state.waiters.removeAll { $0.count <= count }
            return woken.map(\.continuation)
        }
        for continuation in woken { continuation.resume() }
    }

    func wait(for count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.notes.count < count { state.waiters.append((count, continuation)) }
                return state.notes.count >= count
            }
            if isThere { continuation.resume() }
        }
    }
}

enum Schedule {
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    /// Sleeps until the sleeper is cancelled: what is still done was not done by polling.
    static let never = Waker { _ in
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        for await _ in stream {}
        withExtendedLifetime(continuation) {}
        throw CancellationError()
    }

    static func database() async throws -> any Database {
        let database = try await TestDatabase.make()
        try await database.create(ScheduleTables.tables)
        return database
    }

    /// With the tables of the audit trail.
    static func audited() async throws -> any Database {
        let database = try await database()
        try await database.create(IdentityTables.all)
        return database
    }
}
