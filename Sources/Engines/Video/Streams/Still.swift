import Foundation
import Kernel
import Synchronization

/// One picture of a camera, with when it came here.
package struct Still: Sendable {
    package var jpeg: [UInt8]
    package var at: Moment
}

/// The last picture of each camera for a second, and who waits for the next, so that any number of askers cost one.
final class StillKeeper: Sendable {
    private struct State {
        var last: [Int64: (still: Still, made: ContinuousClock.Instant)] = [:]
        var waiting: [Int64: [CheckedContinuation<Result<Still, Failure>, Never>]] = [:]
    }

    enum Turn: Sendable {
        case known(Still)
        case make
        case wait
    }

    private let state = Mutex(State())

    func turn(_ id: Int64) -> Turn {
        state.withLock { state in
            if let known = state.last[id], known.made.duration(to: .now) < .seconds(1) { return .known(known.still) }
            if state.waiting[id] != nil { return .wait }
            state.waiting[id] = []
            return .make
        }
    }

    func wait(for id: Int64) async -> Result<Still, Failure> {
        await withCheckedContinuation { continuation in
            let settled = state.withLock { state -> Result<Still, Failure>? in
                guard state.waiting[id] != nil else { return state.last[id].map { .success($0.still) } ?? .failure(VideoRefusal(.stalled).failure) }
                state.waiting[id]?.append(continuation)
                return nil
            }
            if let settled { continuation.resume(returning: settled) }
        }
    }

    func settle(_ id: Int64, _ result: Result<Still, Failure>) {
        let waiting = state.withLock { state in
            if case .success(let still) = result { state.last[id] = (still, .now) }
            // A hundred pictures at most are kept.
            if state.last.count > 100, let oldest = state.last.min(by: { $0.value.made < $1.value.made }) { state.last[oldest.key] = nil }
            return state.waiting.removeValue(forKey: id) ?? []
        }
        for one in waiting { one.resume(returning: result) }
    }
}
