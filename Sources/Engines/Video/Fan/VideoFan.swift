import Synchronization

/// One stream to any number of viewers: who comes later gets the start and everything since the last picture with which a player can begin.
package final class VideoFan: Sendable {
    /// Of the pictures kept for who comes later.
    static let tailLimit = 12 << 20

    private struct State {
        var start: VideoStart?
        var tail: [VideoFragment] = []
        var tailBytes = 0
        var note = VideoNote(.connecting)
        var viewers: [Int: (viewer: VideoViewer, slot: Int)] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    package init() {}

    package var count: Int { state.withLock { $0.viewers.count } }
    package var start: VideoStart? { state.withLock { $0.start } }
    package var note: VideoNote { state.withLock { $0.note } }

    /// - Returns: the key with which the viewer leaves.
    package func join(_ viewer: VideoViewer, slot: Int = 0) -> Int {
        state.withLock { state in
            state.next += 1
            state.viewers[state.next] = (viewer, slot)
            viewer.offer(.note(state.note), slot: slot)
            if let start = state.start {
                viewer.offer(.start(start), slot: slot)
                for fragment in state.tail { viewer.offer(.fragment(fragment, isAfterGap: false), slot: slot) }
            }
            return state.next
        }
    }

    package func leave(_ key: Int) { _ = state.withLock { $0.viewers.removeValue(forKey: key) } }

    package func publish(_ piece: FragmentReader.Piece) {
        state.withLock { state in
            switch piece {
            case .start(let start):
                state.start = start
                (state.tail, state.tailBytes) = ([], 0)
                for (viewer, slot) in state.viewers.values { viewer.offer(.start(start), slot: slot) }
            case .fragment(let fragment):
                keep(fragment, &state)
                for (viewer, slot) in state.viewers.values { viewer.offer(.fragment(fragment, isAfterGap: false), slot: slot) }
            }
        }
    }

    /// A group of pictures that is too long is not kept: who comes then waits for the next.
    private func keep(_ fragment: VideoFragment, _ state: inout State) {
        if fragment.isKey { (state.tail, state.tailBytes) = ([], 0) }
        guard fragment.isKey || !state.tail.isEmpty else { return }
        state.tail.append(fragment)
        state.tailBytes += fragment.bytes.count
        if state.tailBytes > Self.tailLimit || state.tail.count > 600 { (state.tail, state.tailBytes) = ([], 0) }
    }

    package func tell(_ note: VideoNote) {
        state.withLock { state in
            guard state.note != note else { return }
            state.note = note
            for (viewer, slot) in state.viewers.values { viewer.offer(.note(note), slot: slot) }
        }
    }

    /// Says again how the stream stands, so that who left without a word is noticed.
    package func beat() { state.withLock { state in for (viewer, slot) in state.viewers.values { viewer.offer(.note(state.note), slot: slot) } } }

    /// The source ended; what it sent is no longer shown to who comes.
    package func forget() {
        state.withLock { state in
            state.start = nil
            (state.tail, state.tailBytes) = ([], 0)
        }
    }

    /// The last picture with which a player can begin, with its start.
    package var still: (start: VideoStart, fragment: VideoFragment)? {
        state.withLock { state in
            guard let start = state.start, let first = state.tail.first else { return nil }
            return (start, first)
        }
    }

    /// Nothing comes any more.
    package func close() { for one in state.withLock({ Array($0.viewers.values) }) { one.viewer.close() } }
}
