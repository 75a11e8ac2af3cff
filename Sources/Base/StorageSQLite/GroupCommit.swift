import Dispatch
import Foundation
import GRDB
import Kernel
import Storage

/// The one writer: a thread that owns the write connection and commits all waiting closures together.
///
/// A commit costs one fsync however many closures it holds, so throughput grows with load while a lone closure is committed at once. Each closure after the first has its own savepoint: one that
/// throws leaves no trace and disturbs nobody. Callers are woken only after the commit is durable.
///
/// `@unchecked`: `condition` guards `waiting`, `isStopping`, `counts` and `closers`; the rest belongs to the thread.
final class GroupCommit: @unchecked Sendable {
    struct Limits: Sendable {
        /// Closures in one commit.
        var closures = 512
        /// Nanoseconds of work after which a commit takes no further closure.
        var nanoseconds: UInt64 = 12_000_000
        /// Waiting closures beyond which callers are refused.
        var waiting = 20_000
    }

    struct Counts: Sendable {
        var closures = 0
        var commits = 0
        var failures = 0
        var largest = 0
    }

    private static let ended = Failure(.unavailable, "JW-S001", "数据库暂时不可用，请稍后重试", cause: "SQLite ended the transaction")

    private let limits: Limits
    private let condition = NSCondition()
    private var waiting: [any WriteRequest] = []
    private var takenCount = 0
    private var isStopping = false
    private var hasEnded = false
    private var closers: [CheckedContinuation<Void, Never>] = []
    private var counts = Counts()
    /// Called on the writer's thread after a commit that changed the schema.
    private let onSchemaChange: @Sendable () -> Void

    init(limits: Limits, onSchemaChange: @escaping @Sendable () -> Void) {
        self.limits = limits
        self.onSchemaChange = onSchemaChange
    }

    /// Starts the thread, which keeps `queue` busy until `stop`.
    func start(_ queue: DatabaseQueue, settings: [String]) {
        let thread = Thread { [self] in
            queue.inDatabase { database in
                do {
                    let connection = try SQLiteConnection(database.sqliteConnection, settings: settings)
                    while serve(connection) {}
                } catch {
                    refuseAll(error)
                }
            }
            try? queue.close()
            end()
        }
        thread.name = "jianwei.sqlite.writer"
        thread.start()
    }

    /// - Returns: why the request is not taken, or nil.
    func submit(_ request: any WriteRequest) -> Failure? {
        condition.lock()
        defer { condition.unlock() }
        if isStopping { return SQLiteFailure.closed() }
        let count = waiting.count + takenCount
        if count >= limits.waiting { return SQLiteFailure.tooMany(count) }
        waiting.append(request)
        if waiting.count == 1 { condition.signal() }
        return nil
    }

    func figures() -> (waiting: Int, counts: Counts) {
        condition.withLock { (waiting.count + takenCount, counts) }
    }

    func stop() {
        condition.withLock {
            isStopping = true
            condition.signal()
        }
    }

    /// Returns when the queue is empty and the connection is closed.
    func stopped() async {
        await withCheckedContinuation { continuation in
            let ended = condition.withLock {
                if !hasEnded { closers.append(continuation) }
                return hasEnded
            }
            if ended { continuation.resume() }
        }
    }

    // MARK: On the thread

    /// Waits for work and commits it.
    ///
    /// - Returns: false when stopped and nothing is left.
    private func serve(_ connection: SQLiteConnection) -> Bool {
        guard var batch = take(waitingForWork: true) else { return false }
        while !batch.isEmpty {
            let finished = commit(&batch, on: connection)
            for request in finished { request.finish() }
        }
        return true
    }

    private func take(waitingForWork: Bool) -> ArraySlice<any WriteRequest>? {
        condition.lock()
        defer { condition.unlock() }
        if waitingForWork {
            while waiting.isEmpty && !isStopping { condition.wait() }
            if waiting.isEmpty { return nil }
        }
        let taken = waiting[...]
        takenCount += taken.count
        waiting = []
        return taken
    }

    /// Runs closures from the front of `batch` (and those that arrive meanwhile) in one transaction.
    ///
    /// - Returns: the closures whose outcome is settled.
    private func commit(_ batch: inout ArraySlice<any WriteRequest>, on connection: SQLiteConnection) -> [any WriteRequest] {
        do {
            try connection.run("BEGIN IMMEDIATE")
        } catch {
            let refused = Array(batch)
            batch = []
            for request in refused { request.fail(error) }
            note(refused, failed: refused.count)
            return refused
        }
        let start = DispatchTime.now().uptimeNanoseconds
        var done: [any WriteRequest] = []
        while let request = batch.popFirst() {
            done.append(request)
            // The first needs no savepoint, whose copies of every page it changes would cost as much as the changes: when it fails nothing else is in the transaction yet.
            if done.count == 1 {
                request.run(on: connection)
                if !request.hasSucceeded || !connection.isInTransaction {
                    if connection.isInTransaction { _ = try? connection.run("ROLLBACK") }
                    if request.hasSucceeded { request.fail(GroupCommit.ended) }
                    break
                }
            } else if let lost = runInSavepoint(request, on: connection) {
                for request in done where request.hasSucceeded { request.fail(lost) }
                break
            }
            if done.count >= limits.closures || DispatchTime.now().uptimeNanoseconds - start > limits.nanoseconds { break }
            if batch.isEmpty { batch = take(waitingForWork: false) ?? [] }
        }
        settle(done, on: connection)
        return done
    }

    /// - Returns: why the whole transaction is lost, or nil.
    private func runInSavepoint(_ request: any WriteRequest, on connection: SQLiteConnection) -> (any Error)? {
        do {
            try connection.run("SAVEPOINT one")
            request.run(on: connection)
            guard connection.isInTransaction else {
                if let failure = request.failure, failure.kind == .unavailable { return failure }
                return GroupCommit.ended
            }
            if !request.hasSucceeded { try connection.run("ROLLBACK TO one") }
            try connection.run("RELEASE one")
            return nil
        } catch {
            return error
        }
    }

    private func settle(_ done: [any WriteRequest], on connection: SQLiteConnection) {
        if connection.isInTransaction {
            do {
                try connection.run("COMMIT")
            } catch {
                for request in done where request.hasSucceeded { request.fail(error) }
                if connection.isInTransaction { _ = try? connection.run("ROLLBACK") }
            }
        }
        if done.contains(where: { $0.hasChangedSchema }) {
            connection.forgetStatements()
            onSchemaChange()
        }
        note(done, failed: done.count { !$0.hasSucceeded })
    }

    private func note(_ done: [any WriteRequest], failed: Int) {
        condition.withLock {
            takenCount = max(0, takenCount - done.count)
            counts.closures += done.count
            counts.commits += 1
            counts.failures += failed
            counts.largest = max(counts.largest, done.count)
        }
    }

    /// The connection could not be set up: everyone is told why, now and later.
    private func refuseAll(_ error: any Error) {
        let refused = condition.withLock {
            isStopping = true
            let refused = waiting
            waiting = []
            return refused
        }
        for request in refused {
            request.fail(error)
            request.finish()
        }
    }

    private func end() {
        let closers = condition.withLock {
            hasEnded = true
            let closers = self.closers
            self.closers = []
            return closers
        }
        for closer in closers { closer.resume() }
    }
}
