import Synchronization

/// Whether this node is about to leave: balancers are told before it stops taking requests.
final class Drain: Sendable {
    private let value = Atomic<Bool>(false)
    /// Seconds between saying so and stopping.
    let seconds: Int

    init(seconds: Int) { self.seconds = seconds }

    var isLeaving: Bool { value.load(ordering: .relaxed) }

    func leave() { value.store(true, ordering: .relaxed) }
}
