import Foundation

/// Lets a closure on a database thread and the test wait for each other by name.
///
/// `@unchecked`: `condition` guards every variable.
final class Gate: @unchecked Sendable {
    private let condition = NSCondition()
    private var names: Set<String> = []
    private var sleepers: [(String, CheckedContinuation<Void, Never>)] = []

    func open(_ name: String) {
        let woken = condition.withLock {
            names.insert(name)
            condition.broadcast()
            let woken = sleepers.filter { $0.0 == name }
            sleepers.removeAll { $0.0 == name }
            return woken.map(\.1)
        }
        for sleeper in woken { sleeper.resume() }
    }

    /// Blocks this thread; for closures on database threads only.
    func wait(_ name: String) {
        condition.withLock { while !names.contains(name) { condition.wait() } }
    }

    func opened(_ name: String) async {
        await withCheckedContinuation { continuation in
            let isOpen = condition.withLock {
                if !names.contains(name) { sleepers.append((name, continuation)) }
                return names.contains(name)
            }
            if isOpen { continuation.resume() }
        }
    }
}
