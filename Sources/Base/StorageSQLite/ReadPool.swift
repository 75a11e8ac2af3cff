import Dispatch
import Foundation
import GRDB
import Kernel
import Storage

/// One waiting read closure.
protocol ReadRequest: AnyObject, Sendable {
    /// Uptime in nanoseconds when the caller's patience ends.
    var deadline: UInt64 { get }
    /// Runs the closure and wakes the caller. Called once, or `fail` is.
    func run(on connection: SQLiteConnection)
    func fail(_ error: any Error)
}

final class ReadClosure<T: Sendable>: ReadRequest {
    let deadline: UInt64
    private let body: @Sendable (any Reader) throws -> T
    private let continuation: CheckedContinuation<T, any Error>

    init(deadline: UInt64, _ body: @escaping @Sendable (any Reader) throws -> T, _ continuation: CheckedContinuation<T, any Error>) {
        self.deadline = deadline
        self.body = body
        self.continuation = continuation
    }

    func run(on connection: SQLiteConnection) {
        let outcome = Result {
            try connection.run("BEGIN")
            return try body(SQLiteReader(connection))
        }
        if connection.isInTransaction { _ = try? connection.run("COMMIT") }
        continuation.resume(with: outcome)
    }

    func fail(_ error: any Error) { continuation.resume(throwing: error) }
}

/// A few threads, each with a read-only connection of its own, opened when load first asks for it. Swift's cooperative threads never block on SQLite.
///
/// `@unchecked`: `condition` guards every variable.
final class ReadPool: @unchecked Sendable {
    struct Limits: Sendable {
        var readers = 8
        /// Waiting closures beyond which callers are refused.
        var waiting = 20_000
    }

    private let limits: Limits
    private let settings: [String]
    private let open: @Sendable () throws -> DatabaseQueue
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

    init(limits: Limits, settings: [String], open: @escaping @Sendable () throws -> DatabaseQueue) {
        self.limits = limits
        self.settings = settings
        self.open = open
    }

    /// - Returns: why the request is not taken, or nil.
    func submit(_ request: any ReadRequest) -> Failure? {
        condition.lock()
        defer { condition.unlock() }
        if isStopping { return SQLiteFailure.closed() }
        let count = waiting.count - next
        if count >= limits.waiting { return SQLiteFailure.tooMany(count) }
        waiting.append(request)
        if idle > count {
            condition.signal()
        } else if readers < limits.readers {
            readers += 1
            startReader()
        }
        return nil
    }

    /// Prepared statements of the old schema are dropped before each reader's next closure.
    func schemaChanged() { condition.withLock { schema += 1 } }

    func figures() -> (waiting: Int, readers: Int, reads: Int, timeouts: Int) {
        condition.withLock { (waiting.count - next, readers, reads, timeouts) }
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

    private func startReader() {
        let thread = Thread { [self] in
            do {
                let queue = try open()
                try queue.inDatabase { try serve(SQLiteConnection($0.sqliteConnection, settings: settings)) }
                try? queue.close()
            } catch {
                // Only opening throws; the request that woke this thread must not wait for ever.
                let failure = (error as? Failure) ?? Failure(.unavailable, "JW-S001", "数据库暂时不可用，请稍后重试", cause: "\(error)")
                if let request = takeNow() { request.fail(failure) }
            }
            end()
        }
        thread.name = "jianwei.sqlite.reader"
        thread.start()
    }

    private func serve(_ connection: SQLiteConnection) {
        var known = -1
        while let (request, schema) = take() {
            if schema != known {
                connection.forgetStatements()
                known = schema
            }
            if DispatchTime.now().uptimeNanoseconds > request.deadline {
                condition.withLock { timeouts += 1 }
                request.fail(SQLiteFailure.timeLimit(cause: "the time limit passed while waiting for a reader"))
                continue
            }
            connection.interrupt(at: request.deadline)
            request.run(on: connection)
            connection.interrupt(at: nil)
        }
    }

    private func take() -> (any ReadRequest, Int)? {
        condition.lock()
        defer { condition.unlock() }
        idle += 1
        while next == waiting.count && !isStopping { condition.wait() }
        idle -= 1
        return pop().map { ($0, schema) }
    }

    private func takeNow() -> (any ReadRequest)? { condition.withLock { pop() } }

    private func pop() -> (any ReadRequest)? {
        guard next < waiting.count else { return nil }
        let request = waiting[next]
        next += 1
        reads += 1
        // The front is cut off now and then instead of at every step.
        if next == waiting.count || next >= 1024 {
            waiting.removeFirst(next)
            next = 0
        }
        return request
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
