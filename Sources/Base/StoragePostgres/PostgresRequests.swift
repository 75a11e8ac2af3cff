import Kernel
import Storage

/// One waiting closure, of a writer or a reader. Only one thread touches it after it was queued.
protocol PostgresRequest: AnyObject, Sendable {
    /// Uptime in nanoseconds when the caller's patience ends.
    var deadline: UInt64 { get }
    func fail(_ error: any Error)
}

protocol PostgresWriteRequest: PostgresRequest {
    var hasSucceeded: Bool { get }
    var hasChangedSchema: Bool { get }
    var signals: [Signal] { get }
    /// Runs the closure and keeps its outcome.
    func run(on connection: PostgresConnection)
    /// Runs the after-commit actions of a success, then wakes the caller. Called once.
    func finish()
}

/// `@unchecked`: handed from the caller to the writer's thread through the lock of `PostgresWriter`; never shared.
final class PostgresWriteClosure<T: Sendable>: PostgresWriteRequest, @unchecked Sendable {
    let deadline: UInt64
    private let body: @Sendable (any Transaction) throws -> T
    private let then: @Sendable (Result<T, any Error>) -> Void
    private var outcome: Result<T, any Error> = .failure(PostgresFailure.closed())
    private var actions: [@Sendable () -> Void] = []
    private(set) var signals: [Signal] = []
    private(set) var hasChangedSchema = false

    init(deadline: UInt64, _ body: @escaping @Sendable (any Transaction) throws -> T, then: @escaping @Sendable (Result<T, any Error>) -> Void) {
        self.deadline = deadline
        self.body = body
        self.then = then
    }

    var hasSucceeded: Bool { if case .success = outcome { true } else { false } }

    func run(on connection: PostgresConnection) {
        let transaction = PostgresTransaction(connection)
        outcome = Result { try body(transaction) }
        if hasSucceeded, let spoiled = transaction.spoiled { outcome = .failure(spoiled) }
        guard hasSucceeded else { return }
        actions = transaction.actions
        signals = transaction.signals
        hasChangedSchema = transaction.hasChangedSchema
    }

    func fail(_ error: any Error) { outcome = .failure(error) }

    func finish() {
        if hasSucceeded { for action in actions { action() } }
        then(outcome)
    }
}

protocol PostgresReadRequest: PostgresRequest {
    /// Runs the closure and wakes the caller. Called once, or `fail` is.
    func run(on connection: PostgresConnection)
}

final class PostgresReadClosure<T: Sendable>: PostgresReadRequest {
    let deadline: UInt64
    private let body: @Sendable (any Reader) throws -> T
    private let continuation: CheckedContinuation<T, any Error>

    init(deadline: UInt64, _ body: @escaping @Sendable (any Reader) throws -> T, _ continuation: CheckedContinuation<T, any Error>) {
        self.deadline = deadline
        self.body = body
        self.continuation = continuation
    }

    func run(on connection: PostgresConnection) { continuation.resume(with: Result { try body(PostgresReader(connection)) }) }

    func fail(_ error: any Error) { continuation.resume(throwing: error) }
}
