import Kernel

/// One waiting read closure; only one thread touches it after it was queued.
protocol ReadRequest: AnyObject, Sendable {
    /// Uptime in nanoseconds when the caller's patience ends.
    var deadline: UInt64 { get }
    /// Runs the closure and keeps its outcome.
    func run(_ reader: any Reader)
    /// Replaces the outcome.
    func fail(_ error: any Error)
    /// Wakes the caller. Called once.
    func finish()
}

/// One waiting write closure; only the writer's thread touches it after it was queued.
protocol WriteRequest: AnyObject, Sendable {
    /// Uptime in nanoseconds until which a lost database may come back; 0 for no patience.
    var deadline: UInt64 { get }
    var hasSucceeded: Bool { get }
    var hasChangedSchema: Bool { get }
    var signals: [Signal] { get }
    /// Why the closure failed, where it is a `Failure`.
    var failure: Failure? { get }
    /// Runs the closure and keeps its outcome.
    func run(_ transaction: any QueuedTransaction)
    /// Replaces the outcome, for work that was done but did not become durable.
    func fail(_ error: any Error)
    /// Runs the after-commit actions of a success, then wakes the caller. Called once.
    func finish()
}

/// `@unchecked`: handed from the caller to a reader's thread through `ReaderPool`'s lock; never shared.
final class ReadClosure<T: Sendable>: ReadRequest, @unchecked Sendable {
    let deadline: UInt64
    private let body: @Sendable (any Reader) throws -> T
    private let continuation: CheckedContinuation<T, any Error>
    private var outcome: Result<T, any Error> = .failure(StorageFailure.closed())

    init(deadline: UInt64, _ body: @escaping @Sendable (any Reader) throws -> T, _ continuation: CheckedContinuation<T, any Error>) {
        self.deadline = deadline
        self.body = body
        self.continuation = continuation
    }

    func run(_ reader: any Reader) { outcome = Result { try body(reader) } }

    func fail(_ error: any Error) { outcome = .failure(error) }

    func finish() { continuation.resume(with: outcome) }
}

/// `@unchecked`: handed from the caller to the writer's thread through `GroupCommit`'s lock; never shared.
final class WriteClosure<T: Sendable>: WriteRequest, @unchecked Sendable {
    let deadline: UInt64
    private let body: @Sendable (any Transaction) throws -> T
    private let then: @Sendable (Result<T, any Error>) -> Void
    private var outcome: Result<T, any Error> = .failure(StorageFailure.closed())
    private var actions: [@Sendable () -> Void] = []
    private(set) var signals: [Signal] = []
    private(set) var hasChangedSchema = false

    init(deadline: UInt64, _ body: @escaping @Sendable (any Transaction) throws -> T, then: @escaping @Sendable (Result<T, any Error>) -> Void) {
        self.deadline = deadline
        self.body = body
        self.then = then
    }

    var hasSucceeded: Bool { if case .success = outcome { true } else { false } }

    var failure: Failure? { if case .failure(let error) = outcome { error as? Failure } else { nil } }

    func run(_ transaction: any QueuedTransaction) {
        outcome = Result {
            let value = try body(transaction)
            try transaction.finish()
            return value
        }
        hasChangedSchema = transaction.hasChangedSchema
        if hasSucceeded, let spoiled = transaction.spoiled { outcome = .failure(spoiled) }
        guard hasSucceeded else { return }
        actions = transaction.actions
        signals = transaction.signals
    }

    func fail(_ error: any Error) { outcome = .failure(error) }

    func finish() {
        if hasSucceeded { for action in actions { action() } }
        then(outcome)
    }
}
