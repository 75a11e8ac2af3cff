import Identity
import Kernel
import Storage
import Synchronization

/// Takes signals of many senders into few transactions: the first that comes leads, stores its own with those of all that wait, and hands on. What waits is bounded.
///
/// Whoever is answered is answered after the commit: what was accepted is durable and counted.
package final class AlarmInflow: Sendable {
    /// Signals that may wait at once; more is refused with a request to come again.
    static let room = 50_000
    static let transactionSize = 5000

    private enum Turn {
        case lead
        case answered([AlarmOutcome])
    }

    private struct Waiting {
        var signals: [AlarmSignal]
        var principal: Principal
        var turn: CheckedContinuation<Turn, any Error>
    }

    private struct Queue {
        var waiting: [Waiting] = []
        var signals = 0
        var isLed = false
    }

    private let engine: AlarmEngine
    private let database: any Database
    private let queue = Mutex(Queue())

    package init(engine: AlarmEngine, database: any Database) {
        self.engine = engine
        self.database = database
    }

    /// - Returns: what became of each, in order.
    /// - Throws: `.unavailable` `JW-A013` when too many wait; as `AlarmEngine.raise(all:)`.
    package func submit(_ signals: [AlarmSignal], by principal: Principal) async throws -> [AlarmOutcome] {
        guard signals.count <= Self.transactionSize else { throw Failure(.invalid, "JW-A012", "一次最多接收 \(Self.transactionSize) 条报警") }
        guard !signals.isEmpty else { return [] }
        let turn: Turn = try await withCheckedThrowingContinuation { continuation in
            let (leads, isRefused) = queue.withLock { queue in
                guard queue.isLed else {
                    queue.isLed = true
                    return (true, false)
                }
                guard queue.signals + signals.count <= Self.room else { return (false, true) }
                queue.waiting.append(Waiting(signals: signals, principal: principal, turn: continuation))
                queue.signals += signals.count
                return (false, false)
            }
            if leads { continuation.resume(returning: .lead) }
            if isRefused { continuation.resume(throwing: Failure(.unavailable, "JW-A013", "报警过多，请稍后再送")) }
        }
        if case .answered(let outcomes) = turn { return outcomes }
        defer { handOn() }
        return try await store(signals, principal)
    }

    /// Stores the leader's own with those of all that wait under the same name.
    private func store(_ own: [AlarmSignal], _ principal: Principal) async throws -> [AlarmOutcome] {
        let others = take(with: own.count, principal)
        let signals = own + others.flatMap(\.signals)
        do {
            let outcomes = try await database.write { [engine] tx in try engine.raise(all: signals, by: principal, in: tx) }
            var start = own.count
            for waiting in others {
                waiting.turn.resume(returning: .answered(Array(outcomes[start..<start + waiting.signals.count])))
                start += waiting.signals.count
            }
            return Array(outcomes[..<own.count])
        } catch {
            // One bad signal must not fail its neighbours: each stands for itself.
            for waiting in others { await alone(waiting) }
            guard !others.isEmpty else { throw error }
            return try await database.write { [engine] tx in try engine.raise(all: own, by: principal, in: tx) }
        }
    }

    private func alone(_ waiting: Waiting) async {
        do {
            let outcomes = try await database.write { [engine] tx in try engine.raise(all: waiting.signals, by: waiting.principal, in: tx) }
            waiting.turn.resume(returning: .answered(outcomes))
        } catch { waiting.turn.resume(throwing: error) }
    }

    private func take(with own: Int, _ principal: Principal) -> [Waiting] {
        queue.withLock { queue in
            var batch: [Waiting] = []
            var count = own
            while let next = queue.waiting.first, count + next.signals.count <= Self.transactionSize, next.principal.id == principal.id, next.principal.kind == principal.kind {
                count += next.signals.count
                queue.signals -= next.signals.count
                batch.append(next)
                queue.waiting.removeFirst()
            }
            return batch
        }
    }

    private func handOn() {
        let next = queue.withLock { queue -> Waiting? in
            guard !queue.waiting.isEmpty else {
                queue.isLed = false
                return nil
            }
            let next = queue.waiting.removeFirst()
            queue.signals -= next.signals.count
            return next
        }
        next?.turn.resume(returning: .lead)
    }
}
