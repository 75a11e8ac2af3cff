import Synchronization

/// What a stream says besides its pictures.
package struct VideoNote: Sendable, Equatable {
    package enum State: String, Sendable { case connecting, live, waiting, failed }

    package var state: State
    package var reason: VideoReason?
    /// Whether the pictures are made anew here, because browsers do not play what the camera sends.
    package var isTranscoded: Bool

    package init(_ state: State, _ reason: VideoReason? = nil, isTranscoded: Bool = false) {
        self.state = state
        self.reason = reason
        self.isTranscoded = isTranscoded
    }
}

/// Somebody who looks at one or several cameras: a queue of bounded size between their streams and the connection. Who takes too slowly misses pictures up to the next one with which a player can begin; nobody waits for
/// anybody.
package final class VideoViewer: Sendable {
    package enum Piece: Sendable, Equatable {
        case note(VideoNote)
        case start(VideoStart)
        /// `isAfterGap`: pictures before it were left out.
        case fragment(VideoFragment, isAfterGap: Bool)
    }

    private struct State {
        var queue: [(slot: Int, piece: Piece)] = []
        var held: [Int]
        var isSkipping: [Bool]
        var waiting: CheckedContinuation<(slot: Int, piece: Piece)?, Never>?
        var isClosed = false
        var skipped = 0
    }

    private let limit: Int
    private let state: Mutex<State>

    /// - Parameters:
    ///   - slots: how many cameras.
    ///   - limit: bytes that may wait for each.
    package init(slots: Int = 1, limit: Int = 4 << 20) {
        self.limit = limit
        state = Mutex(State(held: Array(repeating: 0, count: max(1, slots)), isSkipping: Array(repeating: false, count: max(1, slots))))
    }

    /// Fragments that were left out so far.
    package var skipped: Int { state.withLock { $0.skipped } }
    package var isClosed: Bool { state.withLock { $0.isClosed } }
    /// Bytes that wait.
    package var held: Int { state.withLock { $0.held.reduce(0, +) } }

    func offer(_ piece: Piece, slot: Int) {
        let woken = state.withLock { state -> (CheckedContinuation<(slot: Int, piece: Piece)?, Never>, Piece)? in
            guard !state.isClosed, state.held.indices.contains(slot), let piece = Self.admitted(piece, slot, limit, &state) else { return nil }
            // Who waits has an empty queue.
            if let waiting = state.waiting {
                state.waiting = nil
                return (waiting, piece)
            }
            if case .fragment(let fragment, _) = piece { state.held[slot] += fragment.bytes.count }
            state.queue.append((slot, piece))
            return nil
        }
        if let (continuation, piece) = woken { continuation.resume(returning: (slot, piece)) }
    }

    /// What of it is taken; nil when it is left out.
    private static func admitted(_ piece: Piece, _ slot: Int, _ limit: Int, _ state: inout State) -> Piece? {
        guard case .fragment(let fragment, let isAfterGap) = piece else { return piece }
        if state.isSkipping[slot] {
            guard fragment.isKey, fragment.bytes.count <= limit else {
                state.skipped += 1
                return nil
            }
            state.isSkipping[slot] = false
            return .fragment(fragment, isAfterGap: true)
        }
        guard state.held[slot] + fragment.bytes.count > limit else { return .fragment(fragment, isAfterGap: isAfterGap) }
        let before = state.queue.count
        state.queue.removeAll { one in
            if one.slot == slot, case .fragment = one.piece { return true }
            return false
        }
        state.skipped += before - state.queue.count
        state.held[slot] = 0
        if fragment.isKey, fragment.bytes.count <= limit { return .fragment(fragment, isAfterGap: true) }
        state.isSkipping[slot] = true
        state.skipped += 1
        return nil
    }

    /// The next piece, in the order in which they came; nil when the viewer was closed. One caller at a time.
    package func next() async -> (slot: Int, piece: Piece)? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state -> (slot: Int, piece: Piece)?? in
                    if state.isClosed { return .some(nil) }
                    guard !state.queue.isEmpty else {
                        state.waiting = continuation
                        return nil
                    }
                    let one = state.queue.removeFirst()
                    if case .fragment(let fragment, _) = one.piece { state.held[one.slot] = max(0, state.held[one.slot] - fragment.bytes.count) }
                    return .some(one)
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            close()
        }
    }

    /// Nothing comes after this.
    package func close() {
        let waiting = state.withLock { state -> CheckedContinuation<(slot: Int, piece: Piece)?, Never>? in
            state.isClosed = true
            state.queue = []
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(returning: nil)
    }
}
