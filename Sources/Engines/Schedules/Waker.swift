/// Where services wait for time to pass; tests hand in one that they wake themselves.
package struct Waker: Sendable {
    private let wait: @Sendable (Duration) async throws -> Void

    package init(_ wait: @escaping @Sendable (Duration) async throws -> Void) { self.wait = wait }

    /// - Throws: `CancellationError` when the waiting task is cancelled.
    package func sleep(for duration: Duration) async throws { try await wait(duration) }

    package static let system = Waker { try await Task.sleep(for: $0) }
}

/// A bell one loop waits for and anyone may ring; rings during work are kept as one.
struct Bell: Sendable {
    let rings: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (rings, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func ring() { continuation.yield() }
}
