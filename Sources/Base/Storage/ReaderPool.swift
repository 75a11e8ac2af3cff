import Dispatch
import Foundation
import Kernel

/// A few threads, each with a connection of its own, opened when load first asks for it. Swift's cooperative threads never wait for a database.
///
/// `@unchecked`: `condition` guards every variable.
package final class ReaderPool<Connection: ReadConnection>: @unchecked Sendable {
    package struct Limits: Sendable {
        package var readers = 8
        /// Waiting closures beyond which callers are refused.
        package var waiting = 20_000
        /// The longest pause in seconds between attempts to open a connection, beginning with 0.05 and doubled; 0 for one attempt.
        package var longestPause = 0.0

        package init() {}
    }

    private let name: String
    private let limits: Limits
    private let open: @Sendable () throws -> Connection
    private let condition = NSCondition()
    private var waiting: [any ReadRequest] = []
    private var next = 0
    private var readers = 0
    private var idle = 0
    private var isStopping = false
    private var closers: [CheckedContinuation<Void, Never>] = []
    private var schema = 0
    private var reads = 0
    private var timeouts = 0
    private var reconnects = 0

    /// - Parameter name: of its threads.
    package init(_ name: String, limits: Limits, open: @escaping @Sendable () throws -> Connection) {
        self.name = name
        self.limits = limits
        self.open = open
    }

    /// - Throws: what the body throws; `JW-S001`, `JW-S003`, `JW-S004` as `Database.read`.
    package func read<T: Sendable>(within limit: Duration, _ body: @escaping @Sendable (any Reader) throws -> T) async throws -> T {
        let deadline = DispatchTime.now().uptimeNanoseconds + UInt64(max(0, limit / .nanoseconds(1)))
        return try await withCheckedThrowingContinuation { continuation in
            let request = ReadClosure(deadline: deadline, body, continuation)
            if let failure = submit(request) {
                request.fail(failure)
                request.finish()
            }
        }
    }

    /// Prepared statements of the old schema are dropped before each reader's next closure.
    package func schemaChanged() { condition.withLock { schema += 1 } }

    /// For metrics, under the names that every database has.
    package func figures() -> [String: Double] {
        condition.withLock {
            [
                "waiting_readers": Double(waiting.count - next), "readers": Double(readers), "reads": Double(reads), "read_timeouts": Double(timeouts),
                "read_reconnects": Double(reconnects),
            ]
        }
    }

    package func stop() {
        condition.withLock {
            isStopping = true
            condition.broadcast()
        }
    }

    /// Returns when every reader has ended.
    package func stopped() async {
        await withCheckedContinuation { continuation in
            let ended = condition.withLock {
                if readers > 0 { closers.append(continuation) }
                return readers == 0
            }
            if ended { continuation.resume() }
        }
    }

    /// - Returns: why the request is not taken, or nil.
    private func submit(_ request: any ReadRequest) -> Failure? {
        condition.lock()
        defer { condition.unlock() }
        if isStopping { return StorageFailure.closed() }
        let count = waiting.count - next
        if count >= limits.waiting { return StorageFailure.tooMany(count) }
        waiting.append(request)
        if idle > count {
            condition.signal()
        } else if readers < limits.readers {
            readers += 1
            let thread = Thread { [self] in serve() }
            thread.name = name
            thread.start()
        }
        return nil
    }

    // MARK: On a reader's thread

    private func serve() {
        var connection: Connection?
        var known = 0
        while let (request, schema) = take() {
            do {
                let ready = try begin(request, on: &connection, isStale: schema != known)
                known = schema
                request.run(ready.reader)
                ready.endRead()
                if ready.isLost { connection = nil }
            } catch {
                let failure = (error as? Failure) ?? StorageFailure.lost("\(error)")
                if failure.code == "JW-S004" { condition.withLock { timeouts += 1 } }
                request.fail(failure)
            }
            request.finish()
        }
        connection = nil
        end()
    }

    /// A snapshot on a connection that answers; a lost one is made again, with growing pauses, while the caller is patient.
    private func begin(_ request: any ReadRequest, on connection: inout Connection?, isStale: Bool) throws -> Connection {
        var pause = 0.05
        while true {
            let left = Int64(bitPattern: request.deadline &- DispatchTime.now().uptimeNanoseconds)
            guard left > 0 else { throw StorageFailure.timeLimit(cause: "the time limit passed while waiting for a reader") }
            do {
                let ready = try connection ?? open()
                connection = ready
                if isStale { ready.forgetStatements() }
                try ready.beginRead(until: request.deadline)
                return ready
            } catch {
                if connection?.isLost == true { connection = nil }
                let isEnding = condition.withLock {
                    reconnects += 1
                    return isStopping
                }
                // A page waits seconds for the database to come back, not its whole limit.
                if isEnding || pause > limits.longestPause { throw error }
                Thread.sleep(forTimeInterval: min(pause, Double(left) / 1e9))
                pause *= 2
            }
        }
    }

    private func take() -> (any ReadRequest, Int)? {
        condition.lock()
        defer { condition.unlock() }
        idle += 1
        while next == waiting.count && !isStopping { condition.wait() }
        idle -= 1
        guard next < waiting.count else { return nil }
        let request = waiting[next]
        next += 1
        reads += 1
        // The front is cut off now and then instead of at every step.
        if next == waiting.count || next >= 1024 {
            waiting.removeFirst(next)
            next = 0
        }
        return (request, schema)
    }

    private func end() {
        let closers = condition.withLock {
            readers -= 1
            guard readers == 0 else { return [CheckedContinuation<Void, Never>]() }
            let closers = self.closers
            self.closers = []
            return closers
        }
        for closer in closers { closer.resume() }
    }
}
