/// The time of one viewer's stream: begins at nought when they come, and goes on without a hole where pictures were left out.
package struct VideoTimeline: Sendable, Equatable {
    private var shift: UInt64?
    private var next: UInt64 = 0

    package init() {}

    /// When a fragment is shown, in the stream's units.
    package mutating func place(_ fragment: VideoFragment, isAfterGap: Bool) -> UInt64 {
        // Wraps around: a stream's own time may begin anywhere.
        if shift == nil || isAfterGap { shift = next &- fragment.time }
        let moment = fragment.time &+ (shift ?? 0)
        next = moment &+ max(1, fragment.duration)
        return moment
    }
}
