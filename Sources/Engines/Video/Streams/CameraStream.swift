import Foundation
import Synchronization

/// The stream of one camera while somebody looks: what runs, what came, who looks.
final class CameraStream: Sendable {
    private struct State {
        var reader = FragmentReader()
        var child: VideoChild?
        var fault: VideoFault?
        var startedAt: ContinuousClock.Instant?
        var lastAt: ContinuousClock.Instant?
        var firstAfter: Double?
        var stillAt: Date?
        var viewers = 0
        var emptySince: ContinuousClock.Instant?
        var bytes = 0
        var isRenewed = false
    }

    let id: Int64
    let fan = VideoFan()
    private let state = Mutex(State())

    init(id: Int64) { self.id = id }

    // MARK: Who looks

    func join(_ viewer: VideoViewer, slot: Int) -> Int {
        state.withLock {
            $0.viewers += 1
            $0.emptySince = nil
        }
        return fan.join(viewer, slot: slot)
    }

    func leave(_ key: Int) {
        fan.leave(key)
        state.withLock {
            $0.viewers -= 1
            if $0.viewers <= 0 { $0.emptySince = .now }
        }
    }

    var viewers: Int { state.withLock { $0.viewers } }

    /// Nobody has looked for so long.
    func isLonely(for seconds: Double) -> Bool { state.withLock { $0.viewers <= 0 && $0.emptySince.map { $0.duration(to: .now) >= .seconds(seconds) } ?? false } }

    // MARK: What runs

    func begin() {
        foreign.withLock { $0 = nil }
        state.withLock { state in
            state.reader = FragmentReader()
            (state.fault, state.child, state.lastAt, state.firstAfter) = (nil, nil, nil, nil)
            state.startedAt = .now
            state.isRenewed = false
        }
    }

    func attach(_ child: VideoChild) { state.withLock { $0.child = child } }
    var child: VideoChild? { state.withLock { $0.child } }

    /// The camera's address or account changed, so what runs is begun anew.
    func renew() { state.withLock { $0.isRenewed = true } }
    var isRenewed: Bool { state.withLock { $0.isRenewed } }

    /// From the tool, one caller at a time.
    ///
    /// - Parameter wantsH264: what is not is not shown but told by `format`.
    func receive(_ data: Data, wantsH264: Bool) {
        let pieces = state.withLock { state -> [FragmentReader.Piece] in
            guard state.fault == nil else { return [] }
            state.bytes &+= data.count
            do throws(VideoFault) {
                let pieces = try state.reader.add(data)
                if !pieces.isEmpty { state.lastAt = .now }
                for case .fragment(let fragment) in pieces {
                    if state.firstAfter == nil, let started = state.startedAt { state.firstAfter = Self.seconds(started.duration(to: .now)) }
                    if fragment.isKey { state.stillAt = Date() }
                }
                return pieces
            } catch {
                state.fault = error
                return []
            }
        }
        for piece in pieces {
            if case .start(let start) = piece, wantsH264, !start.isH264 {
                foreign.withLock { $0 = start.title }
                state.withLock { $0.fault = .content(start.format) }
                return
            }
            fan.publish(piece)
            if case .fragment = piece { fan.tell(VideoNote(.live, isTranscoded: !wantsH264)) }
        }
    }

    private let foreign = Mutex<String?>(nil)
    /// What the camera sends, where browsers do not play it.
    var foreignFormat: String? { foreign.withLock { $0 } }

    var fault: VideoFault? { state.withLock { $0.fault } }
    /// Seconds from the start of the tool to the first picture.
    var firstAfter: Double? { state.withLock { $0.firstAfter } }
    /// When the last picture with which a player can begin came.
    var stillAt: Date? { state.withLock { $0.stillAt } }
    var bytes: Int { state.withLock { $0.bytes } }

    /// No picture came for too long.
    func isStalled(_ limits: VideoLimits) -> Bool {
        state.withLock { state in
            if let last = state.lastAt, state.firstAfter != nil { return last.duration(to: .now) > .seconds(limits.stall) }
            guard let started = state.startedAt else { return false }
            return started.duration(to: .now) > .seconds(limits.patience)
        }
    }

    static func seconds(_ duration: Duration) -> Double { Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18 }
}
