import Dispatch
import Foundation
import Kernel
import Storage

/// This node's writer: a thread that owns a connection and commits all waiting closures together, while it holds the lock that one node at a time has.
///
/// One writer at a time, whichever node it is on, is what SQLite promises too, and what the engines rely on: ids are in the order of commits, so that "everything after id n" misses nothing; the audit chain has one
/// end; read-then-write needs no retry. The lock belongs to the transaction: a node that dies or hangs loses it with its session (docs/decisions/0050).
///
/// `@unchecked`: `condition` guards `waiting`, `takenCount`, `isStopping`, `counts` and `closers`; the rest belongs to the thread.
final class PostgresWriter: @unchecked Sendable {
    struct Counts: Sendable {
        var closures = 0
        var commits = 0
        var failures = 0
        var largest = 0
        var reconnects = 0
    }

    /// Closures in one commit, and nanoseconds of work after which it takes no further one: other nodes wait for it.
    private static let closureLimit = 512
    private static let workLimit: UInt64 = 20_000_000

    private let waitingLimit: Int
    private let open: @Sendable () throws -> PostgresConnection
    private let onSchemaChange: @Sendable () -> Void
    private let condition = NSCondition()
    private var waiting: [any PostgresWriteRequest] = []
    private var takenCount = 0
    private var isStopping = false
    private var isStarted = false
    private var hasEnded = false
    private var closers: [CheckedContinuation<Void, Never>] = []
    private var counts = Counts()
    private var connection: PostgresConnection?
    /// Run on the last connection, for scratch databases.
    private let farewell: String?

    init(waiting: Int, farewell: String?, open: @escaping @Sendable () throws -> PostgresConnection, onSchemaChange: @escaping @Sendable () -> Void) {
        waitingLimit = waiting
        self.farewell = farewell
        self.open = open
        self.onSchemaChange = onSchemaChange
    }

    /// Starts the thread with the connection that was made to see whether the database is there.
    func start(_ connection: PostgresConnection) {
        self.connection = connection
        isStarted = true
        let thread = Thread { [self] in
            while let batch = take(waitingForWork: true) { serve(batch) }
            if let farewell { _ = try? self.connection?.command(farewell) }
            self.connection = nil
            end()
        }
        thread.name = "jianwei.postgres.writer"
        thread.start()
    }

    /// - Returns: why the request is not taken, or nil.
    func submit(_ request: any PostgresWriteRequest) -> Failure? {
        condition.lock()
        defer { condition.unlock() }
        if isStopping { return PostgresFailure.closed() }
        let count = waiting.count + takenCount
        if count >= waitingLimit { return PostgresFailure.tooMany(count) }
        waiting.append(request)
        if waiting.count == 1 { condition.signal() }
        return nil
    }

    func figures() -> (waiting: Int, counts: Counts) { condition.withLock { (waiting.count + takenCount, counts) } }

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

    private func take(waitingForWork: Bool) -> ArraySlice<any PostgresWriteRequest>? {
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

    private func serve(_ taken: ArraySlice<any PostgresWriteRequest>) {
        var batch = taken
        while let first = batch.first {
            do {
                let ready = try begin(until: first.deadline)
                let done = fill(&batch, on: ready)
                settle(done, on: ready)
                for request in done { request.finish() }
            } catch {
                // Everyone in front of the queue waited as long as the first; who came later is asked again.
                var refused: [any PostgresWriteRequest] = []
                let now = DispatchTime.now().uptimeNanoseconds
                while let request = batch.first, refused.isEmpty || request.deadline <= now || isEnding {
                    refused.append(request)
                    batch.removeFirst()
                }
                for request in refused { request.fail(error) }
                note(refused)
                for request in refused { request.finish() }
            }
        }
    }

    private var isEnding: Bool { condition.withLock { isStopping } }

    /// Begins a transaction that holds the writer's lock; a lost connection is made again with growing pauses.
    private func begin(until deadline: UInt64) throws -> PostgresConnection {
        var pause = 0.05
        while true {
            do {
                let ready = try connection ?? open()
                connection = ready
                if ready.isInTransaction { try ready.command("ROLLBACK") }
                ready.refreshStatements()
                try ready.command("BEGIN; SELECT pg_advisory_xact_lock(\(Self.lockClass), hashtext(current_schema())); SAVEPOINT one")
                return ready
            } catch {
                connection = nil
                condition.withLock { counts.reconnects += 1 }
                if isEnding || DispatchTime.now().uptimeNanoseconds > deadline { throw error }
                Thread.sleep(forTimeInterval: pause)
                pause = min(pause * 2, 1)
            }
        }
    }

    /// Runs closures from the front of `batch` (and those that arrive meanwhile), each in a savepoint of its own.
    private func fill(_ batch: inout ArraySlice<any PostgresWriteRequest>, on connection: PostgresConnection) -> [any PostgresWriteRequest] {
        let start = DispatchTime.now().uptimeNanoseconds
        var done: [any PostgresWriteRequest] = []
        while let request = batch.popFirst() {
            done.append(request)
            request.run(on: connection)
            if connection.isLost { break }
            if done.count >= Self.closureLimit || DispatchTime.now().uptimeNanoseconds - start > Self.workLimit || request.hasChangedSchema {
                if !request.hasSucceeded { _ = try? connection.command("ROLLBACK TO one") }
                break
            }
            if batch.isEmpty { batch = take(waitingForWork: false) ?? [] }
            do {
                if !request.hasSucceeded {
                    try connection.command("ROLLBACK TO one")
                } else if !batch.isEmpty {
                    try connection.command("RELEASE one; SAVEPOINT one")
                }
            } catch {
                break
            }
        }
        return done
    }

    private func settle(_ done: [any PostgresWriteRequest], on connection: PostgresConnection) {
        do {
            let successes = done.filter(\.hasSucceeded)
            if successes.isEmpty {
                try connection.command("ROLLBACK")
            } else {
                let signals = successes.flatMap(\.signals)
                if !signals.isEmpty { try SignalTable.send(signals, on: connection) }
                guard !connection.hasFailedTransaction else { throw PostgresFailure.lost("the transaction was given up") }
                try connection.command("COMMIT")
            }
        } catch {
            // Whether a commit whose answer was lost took place is not known; the callers are told to come again.
            let failure = (error as? Failure).flatMap { $0.kind == .unavailable ? $0 : nil } ?? PostgresFailure.lost("\(error)")
            for request in done where request.hasSucceeded { request.fail(failure) }
        }
        if connection.isLost { self.connection = nil }
        if done.contains(where: { $0.hasChangedSchema }) {
            connection.forgetStatements()
            onSchemaChange()
        }
        note(done)
    }

    private func note(_ done: [any PostgresWriteRequest]) {
        condition.withLock {
            takenCount = max(0, takenCount - done.count)
            counts.closures += done.count
            counts.commits += 1
            counts.failures += done.count { !$0.hasSucceeded }
            counts.largest = max(counts.largest, done.count)
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

    /// `jw` as a number: the first half of the lock's key, the second being the schema.
    static let lockClass = 27_255
}
