import Kernel

/// Wakes the hashing service; many wake-ups before it looks are one.
struct PhotoSignal: Sendable {
    let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func raise() { continuation.yield() }
}

/// Fills in the looks of new photos, for the program's service group. The queue is the table itself, so it is bounded and forgets nothing when the program stops.
package struct PhotoHashing: Sendable {
    private let photos: PhotoStore
    private let clock: Clock
    private let report: @Sendable (any Error) -> Void

    /// - Parameter report: called with what went wrong; the next new photo tries again.
    package init(photos: PhotoStore, clock: Clock, report: @escaping @Sendable (any Error) -> Void) {
        self.photos = photos
        self.clock = clock
        self.report = report
    }

    /// Runs until the task is cancelled.
    package func run() async throws {
        photos.signal.raise()
        for await _ in photos.signal.stream {
            do {
                while try await photos.hashWaiting(limit: 32, clock: clock) == 32, !Task.isCancelled {}
            } catch {
                report(error)
            }
        }
    }
}
