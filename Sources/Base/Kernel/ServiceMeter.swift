import Synchronization

/// How long services took, by kind, gathered in memory between two writings. Whoever keeps the figures says which kinds there are and how long each may take.
package final class ServiceMeter: Sendable {
    /// Upper bounds in milliseconds; beyond the last is one bucket more.
    package static let bounds: [Double] = [20, 50, 100, 200, 300, 500, 800, 1000, 1500, 2000, 3000, 5000, 8000, 10_000, 30_000]

    package struct Tally: Sendable, Equatable {
        package var count = 0
        package var totalMilliseconds = 0.0
        package var worstMilliseconds = 0.0
        /// How many took longer than was allowed when they were noted.
        package var over = 0
        /// By bound.
        package var buckets = [Int](repeating: 0, count: ServiceMeter.bounds.count + 1)

        package init() {}

        package var averageMilliseconds: Double? { count == 0 ? nil : totalMilliseconds / Double(count) }

        mutating func note(_ milliseconds: Double, allowed: Double?) {
            count += 1
            totalMilliseconds += milliseconds
            worstMilliseconds = max(worstMilliseconds, milliseconds)
            if let allowed, milliseconds > allowed { over += 1 }
            buckets[ServiceMeter.bounds.firstIndex { milliseconds <= $0 } ?? ServiceMeter.bounds.count] += 1
        }

        package mutating func add(_ other: Tally) {
            count += other.count
            totalMilliseconds += other.totalMilliseconds
            worstMilliseconds = max(worstMilliseconds, other.worstMilliseconds)
            over += other.over
            for index in buckets.indices { buckets[index] += other.buckets[index] }
        }

        /// The bound below which so much of all lies, no longer than the longest; nil of none.
        package func within(share: Double) -> Double? {
            guard count > 0 else { return nil }
            var sum = 0
            for (index, bound) in ServiceMeter.bounds.enumerated() {
                sum += buckets[index]
                if Double(sum) >= share * Double(count) { return min(bound, worstMilliseconds) }
            }
            return worstMilliseconds
        }
    }

    private struct State {
        var tallies: [String: Tally] = [:]
        var allowed: [String: Double] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    package func note(_ kind: String, milliseconds: Double) {
        guard milliseconds.isFinite else { return }
        state.withLock { state in
            let allowed = state.allowed[kind]
            state.tallies[kind, default: Tally()].note(max(0, milliseconds), allowed: allowed)
        }
    }

    /// Milliseconds that each kind may take at most.
    package func allow(_ allowed: [String: Double]) { state.withLock { $0.allowed = allowed } }

    /// Takes back what could not be written.
    package func put(_ tallies: [String: Tally]) {
        state.withLock { state in
            for (kind, tally) in tallies { state.tallies[kind, default: Tally()].add(tally) }
        }
    }

    /// What was noted since it was last taken.
    package func take() -> [String: Tally] {
        state.withLock { state in
            defer { state.tallies = [:] }
            return state.tallies
        }
    }
}
