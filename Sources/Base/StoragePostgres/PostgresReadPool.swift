import Dispatch
import Foundation
import Kernel
import Storage

/// A few threads, each with a connection of its own, opened when load first asks for it. Swift's cooperative threads never wait for the network.
///
/// `@unchecked`: `condition` guards every variable.
final class PostgresReadPool: @unchecked Sendable {
    private let limit: Int
    private let waitingLimit: Int
    private let open: @Sendable () throws -> PostgresConnection
    private let condition = NSCondition()
    private var waiting: [any PostgresReadRequest] = []
    private var next = 0
    private var readers = 0
    private var idle = 0
    private var isStopping = false
    private var closers: [CheckedContinuation<Void, Never>] = []
    private var schema = 0
    private var reads = 0
    private var timeouts = 0
    private var reconnects = 0

    init(readers: Int, waiting: Int, open: @escaping @Sendable () throws -> PostgresConnection) {
        limit = readers
        waitingLimit = waiting
        self.open = open
    }

    /// - Returns: why the request is not taken, or nil.
    func submit(_ request: any PostgresReadRequest) -> Failure? {
        condition.lock()
        defer { condition.unlock() }
        if isStopping { return PostgresFailure.closed() }
        let count = waiting.count - next
        if count >= waitingLimit { return PostgresFailure.tooMany(count) }
        waiting.append(request)
        if idle > count {
            condition.signal()
        } else if readers < limit {
            readers += 1
            let thread = Thread { [self] in serve() }
            thread.name = "jianwei.postgres.reader"
            thread.start()
        }
        return nil
    }

    func schemaChanged() { condition.withLock { schema += 1 } }

    func figures() -> (waiting: Int, readers: Int, reads: Int, timeouts: Int, reconnects: Int) {
        condition.withLock { (waiting.count - next, readers, reads, timeouts, reconnects) }
    }

    func stop() {
        condition.withLock {
            isStopping = true
            condition.broadcast()
        }
    }

    /// Returns when every reader has ended.
    func stopped() async {
        await withCheckedContinuation { continuation in
            let ended = condition.withLock {
                if readers > 0 { closers.append(continuation) }
                return readers == 0
            }
            if ended { continuation.resume() }
        }
    }

    // MARK: On a reader's thread

    private func serve() {
        var connection: PostgresConnection?
        var known = -1
        while let (request, schema) = take() {
            do {
                let ready = try begin(request, on: &connection, isStale: schema != known)
                known = schema
                ready.deadline = request.deadline
                request.run(on: ready)
                ready.deadline = 0
                if ready.isInTransaction { _ = try? ready.command(ready.hasFailedTransaction ? "ROLLBACK" : "COMMIT") }
                if ready.isLost { connection = nil } else { ready.refreshStatements() }
            } catch {
                let failure = (error as? Failure) ?? PostgresFailure.lost("\(error)")
                if failure.code == "JW-S004" { condition.withLock { timeouts += 1 } }
                request.fail(failure)
            }
        }
        connection = nil
        end()
    }

    /// A snapshot on a connection that answers; a lost one is made again, with growing pauses, while the caller is patient.
    private func begin(_ request: any PostgresReadRequest, on connection: inout PostgresConnection?, isStale: Bool) throws -> PostgresConnection {
        var pause = 0.05
        while true {
            let left = Int64(bitPattern: request.deadline &- DispatchTime.now().uptimeNanoseconds) / 1_000_000
            guard left > 0 else { throw PostgresFailure.timeLimit(cause: "the time limit passed while waiting for a reader") }
            do {
                let ready = try connection ?? open()
                connection = ready
                if isStale { ready.forgetStatements() }
                try ready.command("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = \(left + 1)")
                return ready
            } catch {
                connection = nil
                let isEnding = condition.withLock {
                    reconnects += 1
                    return isStopping
                }
                // A page waits seconds for the database to come back, not its whole limit.
                if isEnding || pause > 2 { throw error }
                Thread.sleep(forTimeInterval: min(pause, Double(left) / 1000))
                pause *= 2
            }
        }
    }

    private func take() -> (any PostgresReadRequest, Int)? {
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
