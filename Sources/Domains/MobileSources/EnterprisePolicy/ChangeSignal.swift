import Synchronization

/// Wakes gates that wait for changes (long poll) as soon as one is committed.
package final class ChangeSignal: Sendable {
    /// What nodes tell each other when there is something to hand down.
    package static let topic = "handDown"

    private struct State {
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var cancelled: Set<Int> = []
        var next = 0
        var version = 0
        var isClosed = false
    }

    private let state = Mutex(State())

    package init() {}

    package var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Rises with every `fire`: read it before looking for changes, then wait for what comes after it.
    package var version: Int { state.withLock { $0.version } }

    /// Nobody waits any more, now and later.
    package func close() {
        state.withLock { $0.isClosed = true }
        fire()
    }

    package var isClosed: Bool { state.withLock { $0.isClosed } }

    package func fire() {
        let woken = state.withLock { state in
            state.version += 1
            defer { state.waiting.removeAll() }
            return Array(state.waiting.values)
        }
        for continuation in woken { continuation.resume() }
    }

    /// Returns when a change has been committed after `version`, or the time is over, whichever is first.
    package func wait(after version: Int, for duration: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.waitForFire(after: version) }
            group.addTask { try? await Task.sleep(for: duration) }
            await group.next()
            group.cancelAll()
        }
    }

    private func waitForFire(after version: Int) async {
        let ticket = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state -> Bool in
                    if state.cancelled.remove(ticket) != nil || state.version != version || state.isClosed { return true }
                    state.waiting[ticket] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
                if let waiting = state.waiting.removeValue(forKey: ticket) { return waiting }
                if state.next >= ticket { state.cancelled.insert(ticket) }
                return nil
            }
            continuation?.resume()
        }
        state.withLock { _ = $0.cancelled.remove(ticket) }
    }
}
