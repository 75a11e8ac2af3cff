import Dispatch
import Foundation
import Kernel

/// The one writer: a thread that owns the write connection and commits all waiting closures together.
///
/// A commit costs one flush (and one round trip) however many closures it holds, so throughput grows with load while a lone closure is committed at once. Each closure after the first has a savepoint of its own:
/// one that throws leaves no trace and disturbs nobody. Callers are woken only after the commit is durable.
///
/// `@unchecked`: `condition` guards `waiting`, `takenCount`, `isStopping`, `hasEnded`, `counts`, `begunAt` and `closers`; the rest belongs to the thread.
package final class GroupCommit<Connection: WriteConnection>: @unchecked Sendable {
    package struct Limits: Sendable {
        /// Closures in one commit.
        package var closures = 512
        /// Nanoseconds of work after which a commit takes no further closure.
        package var nanoseconds: UInt64 = 12_000_000
        /// Waiting closures beyond which callers are refused.
        package var waiting = 20_000
        /// How long a closure waits for a lost database before it is refused with `JW-S001`; zero to refuse at the first failure.
        package var patience = Duration.zero

        package init() {}
    }

    private struct Counts {
        var closures = 0
        var commits = 0
        var failures = 0
        var largest = 0
        var reconnects = 0
    }

    private let name: String
    private let limits: Limits
    private let open: @Sendable () throws -> Connection
    /// Called on the writer's thread after a commit that changed the schema.
    private let onSchemaChange: @Sendable () -> Void
    /// Run on the last connection.
    private let farewell: @Sendable (Connection) -> Void
    private let condition = NSCondition()
    private var waiting: [any WriteRequest] = []
    private var takenCount = 0
    private var isStopping = false
    private var hasEnded = false
    private var closers: [CheckedContinuation<Void, Never>] = []
    private var counts = Counts()
    /// Uptime at which the transaction that is being run was begun; 0 while there is none.
    private var begunAt: UInt64 = 0
    private var connection: Connection?

    /// - Parameter name: of its thread.
    package init(
        _ name: String, limits: Limits, open: @escaping @Sendable () throws -> Connection, onSchemaChange: @escaping @Sendable () -> Void,
        farewell: @escaping @Sendable (Connection) -> Void = { _ in }
    ) {
        self.name = name
        self.limits = limits
        self.open = open
        self.onSchemaChange = onSchemaChange
        self.farewell = farewell
    }

    /// Starts the thread with the connection that was made to see whether the database is there.
    package func start(_ connection: Connection) {
        self.connection = connection
        let thread = Thread { [self] in
            while let batch = take(waitingForWork: true) { serve(batch) }
            if let last = self.connection { farewell(last) }
            self.connection = nil
            end()
        }
        thread.name = name
        thread.start()
    }

    /// - Throws: what the body throws; `JW-S001` to `JW-S005` as `Database.write`.
    package func write<T: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in write(body) { continuation.resume(with: $0) } }
    }

    /// - Parameter then: told the outcome once, on the writer's thread, or at once when the work is not taken.
    package func write<T: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> T, then: @escaping @Sendable (Result<T, any Error>) -> Void) {
        let deadline = limits.patience == .zero ? 0 : DispatchTime.now().uptimeNanoseconds + UInt64(max(0, limits.patience / .nanoseconds(1)))
        let request = WriteClosure(deadline: deadline, body, then: then)
        if let failure = submit(request) {
            request.fail(failure)
            request.finish()
        }
    }

    /// For metrics, under the names that every database has.
    package func figures() -> [String: Double] {
        condition.withLock {
            [
                "waiting_writers": Double(waiting.count + takenCount), "writes": Double(counts.closures), "write_failures": Double(counts.failures),
                "write_seconds": begunAt == 0 ? 0 : Double(DispatchTime.now().uptimeNanoseconds &- begunAt) / 1e9,
                "commits": Double(counts.commits), "largest_commit": Double(counts.largest), "write_reconnects": Double(counts.reconnects),
            ]
        }
    }

    package func stop() {
        condition.withLock {
            isStopping = true
            condition.signal()
        }
    }

    /// Returns when the queue is empty and the connection is closed.
    package func stopped() async {
        await withCheckedContinuation { continuation in
            let ended = condition.withLock {
                if !hasEnded { closers.append(continuation) }
                return hasEnded
            }
            if ended { continuation.resume() }
        }
    }

    /// - Returns: why the request is not taken, or nil.
    private func submit(_ request: any WriteRequest) -> Failure? {
        condition.lock()
        defer { condition.unlock() }
        if isStopping { return StorageFailure.closed() }
        let count = waiting.count + takenCount
        if count >= limits.waiting { return StorageFailure.tooMany(count) }
        waiting.append(request)
        if waiting.count == 1 { condition.signal() }
        return nil
    }

    // MARK: On the thread

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

    private func serve(_ taken: ArraySlice<any WriteRequest>) {
        var batch = taken
        while let first = batch.first {
            condition.withLock { begunAt = DispatchTime.now().uptimeNanoseconds }
            let settled: [any WriteRequest]
            do {
                let ready = try begin(until: first.deadline)
                settled = fill(&batch, on: ready)
                settle(settled, on: ready)
            } catch {
                settled = refuse(&batch, error)
            }
            note(settled)
            for request in settled { request.finish() }
        }
    }

    private var isEnding: Bool { condition.withLock { isStopping } }

    /// Begins a transaction; a lost connection is made again with growing pauses.
    private func begin(until deadline: UInt64) throws -> Connection {
        var pause = 0.05
        while true {
            do {
                let ready = try connection ?? open()
                connection = ready
                try ready.beginWrite()
                return ready
            } catch {
                if connection?.isLost == true { connection = nil }
                condition.withLock { counts.reconnects += 1 }
                if isEnding || DispatchTime.now().uptimeNanoseconds > deadline { throw error }
                Thread.sleep(forTimeInterval: pause)
                pause = min(pause * 2, 1)
            }
        }
    }

    /// Everyone in front of the queue whose patience has ended; who came later is tried again.
    private func refuse(_ batch: inout ArraySlice<any WriteRequest>, _ error: any Error) -> [any WriteRequest] {
        var refused: [any WriteRequest] = []
        let now = DispatchTime.now().uptimeNanoseconds
        while let request = batch.first, refused.isEmpty || request.deadline <= now || isEnding {
            request.fail(error)
            refused.append(request)
            batch.removeFirst()
        }
        return refused
    }

    /// Runs closures from the front of `batch`, and those that arrive meanwhile, in the open transaction.
    ///
    /// - Returns: the closures that were run, in order.
    private func fill(_ batch: inout ArraySlice<any WriteRequest>, on connection: Connection) -> [any WriteRequest] {
        let start = DispatchTime.now().uptimeNanoseconds
        var done: [any WriteRequest] = []
        while let request = batch.popFirst() {
            done.append(request)
            request.run(connection.makeTransaction())
            guard connection.isInTransaction else {
                let isTheReason = request.failure?.kind == .unavailable
                giveUp(done, isTheReason ? request.failure : nil)
                break
            }
            do {
                if !request.hasSucceeded { try connection.undo() }
                if !connection.isInTransaction || request.hasChangedSchema || done.count >= limits.closures { break }
                if DispatchTime.now().uptimeNanoseconds - start > limits.nanoseconds { break }
                if batch.isEmpty { batch = take(waitingForWork: false) ?? [] }
                if !batch.isEmpty { try connection.separate() }
            } catch {
                giveUp(done, error)
                break
            }
        }
        return done
    }

    /// The transaction is lost with all that was done in it.
    private func giveUp(_ done: [any WriteRequest], _ error: (any Error)?) {
        let failure =
            (error as? Failure).flatMap { $0.kind == .unavailable ? $0 : nil } ?? StorageFailure.lost("the database ended the transaction: \(error.map { "\($0)" } ?? "-")")
        for request in done where request.hasSucceeded { request.fail(failure) }
    }

    private func settle(_ done: [any WriteRequest], on connection: Connection) {
        let successes = done.filter(\.hasSucceeded)
        if successes.isEmpty {
            if connection.isInTransaction { connection.rollback() }
        } else {
            do {
                try connection.commit(successes.flatMap(\.signals))
            } catch {
                // Whether a commit whose answer was lost took place is not known; the callers are told to come again.
                giveUp(successes, error)
                if connection.isInTransaction { connection.rollback() }
            }
        }
        if connection.isLost { self.connection = nil }
        if done.contains(where: { $0.hasChangedSchema }) {
            connection.forgetStatements()
            onSchemaChange()
        }
    }

    private func note(_ done: [any WriteRequest]) {
        condition.withLock {
            begunAt = 0
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
}
