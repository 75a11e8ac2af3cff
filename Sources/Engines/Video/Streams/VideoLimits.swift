/// How much the program does at once for pictures of cameras.
package struct VideoLimits: Sendable, Equatable {
    /// Cameras whose stream runs.
    package var streams = 32
    /// Of them those whose pictures are made anew.
    package var transcodes = 2
    /// People's streams at one time.
    package var viewers = 200
    /// Seconds a stream goes on after the last viewer left.
    package var linger = 10.0
    /// Seconds without a picture after which a stream is begun anew.
    package var stall = 10.0
    /// Seconds from the start until the first picture.
    package var patience = 15.0

    package init() {}
}
