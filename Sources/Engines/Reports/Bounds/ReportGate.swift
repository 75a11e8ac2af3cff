import Kernel
import Synchronization

/// Lets few heavy things run at once and few wait, so that one poisoned chart, screen or file holds up neither its neighbours nor anybody else's pages.
///
/// One person never takes all places: who has as many as one may have waits for their own.
package final class ReportGate: Sendable {
    private struct Ticket: Sendable {
        var id: Int64
        var user: Int64
        var continuation: CheckedContinuation<Void, any Error>?
    }

    private struct State: Sendable {
        var next: Int64 = 0
        var running: [Int64: Int64] = [:]
        var waiting: [Ticket] = []
        var refused = 0
        var late = 0
    }

    private let places: Int
    private let placesOfOne: Int
    private let waitingLimit: Int
    private let state = Mutex(State())

    package init(places: Int, placesOfOne: Int, waiting: Int) {
        self.places = max(1, places)
        self.placesOfOne = max(1, placesOfOne)
        waitingLimit = waiting
    }

    /// Runs the body when there is a place; waiting and running together end after the limit. A body that awaits is cancelled then, and keeps its place until it has ended.
    ///
    /// - Throws: `.tooMany` `JW-R001` when too many wait; `.unavailable` `JW-R002` after the limit; what the body throws.
    package func run<T: Sendable>(for user: Int64, within limit: Duration, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        return try await withThrowingTaskGroup(of: T?.self) { group in
            group.addTask {
                try await self.enter(id, user)
                defer { self.leave(id) }
                try Task.checkCancellation()
                return try await body()
            }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let answer = first else {
                state.withLock { $0.late += 1 }
                throw ReportGate.late
            }
            return answer
        }
    }

    package static var late: Failure { Failure(.unavailable, "JW-R002", "统计用时过长，已停止；请缩小时间范围或减少维度") }

    private func enter(_ id: Int64, _ user: Int64) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let answer = state.withLock { state -> Result<Void, any Error>? in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.running.count < places, state.running.values.filter({ $0 == user }).count < placesOfOne {
                        state.running[id] = user
                        return .success(())
                    }
                    guard state.waiting.count < waitingLimit else {
                        state.refused += 1
                        return .failure(Failure(.tooMany, "JW-R001", "统计任务过多，请稍后再试"))
                    }
                    state.waiting.append(Ticket(id: id, user: user, continuation: continuation))
                    return nil
                }
                if let answer { continuation.resume(with: answer) }
            }
        } onCancel: {
            let waiting = state.withLock { state -> Ticket? in
                state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0) }
            }
            waiting?.continuation?.resume(throwing: CancellationError())
        }
    }

    private func leave(_ id: Int64) {
        let next = state.withLock { state -> Ticket? in
            state.running[id] = nil
            guard let index = state.waiting.firstIndex(where: { ticket in state.running.values.filter { $0 == ticket.user }.count < placesOfOne }) else { return nil }
            let ticket = state.waiting.remove(at: index)
            state.running[ticket.id] = ticket.user
            return ticket
        }
        next?.continuation?.resume()
    }

    /// Running, waiting, refused and late, for the operators' page and tests.
    package var figures: (running: Int, waiting: Int, refused: Int, late: Int) { state.withLock { ($0.running.count, $0.waiting.count, $0.refused, $0.late) } }
}
