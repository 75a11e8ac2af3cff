import Kernel
import Storage

/// One waiting write closure. Only the writer's thread touches it after it was queued.
protocol WriteRequest: AnyObject, Sendable {
    var hasSucceeded: Bool { get }
    var hasChangedSchema: Bool { get }
    /// Why the closure failed, where it is a `Failure`.
    var failure: Failure? { get }
    /// Runs the closure and keeps its outcome.
    func run(on connection: SQLiteConnection)
    /// Replaces the outcome, for work that was done but did not become durable.
    func fail(_ error: any Error)
    /// Runs the after-commit actions of a success, then wakes the caller. Called once.
    func finish()
}

/// `@unchecked`: handed from the caller to the writer's thread through `GroupCommit`'s lock; never shared.
final class WriteClosure<T: Sendable>: WriteRequest, @unchecked Sendable {
    private let body: @Sendable (any Transaction) throws -> T
    private let then: @Sendable (Result<T, any Error>) -> Void
    private var outcome: Result<T, any Error> = .failure(SQLiteFailure.closed())
    private var actions: [@Sendable () -> Void] = []
    private(set) var hasChangedSchema = false

    init(_ body: @escaping @Sendable (any Transaction) throws -> T, then: @escaping @Sendable (Result<T, any Error>) -> Void) {
        self.body = body
        self.then = then
    }

    var hasSucceeded: Bool { if case .success = outcome { true } else { false } }

    var failure: Failure? { if case .failure(let error) = outcome { error as? Failure } else { nil } }

    func run(on connection: SQLiteConnection) {
        let transaction = SQLiteTransaction(connection)
        outcome = Result { try body(transaction) }
        actions = transaction.actions
        hasChangedSchema = transaction.hasChangedSchema
    }

    func fail(_ error: any Error) { outcome = .failure(error) }

    func finish() {
        if hasSucceeded { for action in actions { action() } }
        then(outcome)
    }
}
