/// One `moof` with its `mdat`: some pictures of a stream.
package struct VideoFragment: Sendable, Equatable {
    package var bytes: [UInt8]
    /// Whether a player can begin here.
    package var isKey: Bool
    /// Of the first picture, in the stream's units.
    package var time: UInt64
    /// How long its pictures are shown, in the stream's units.
    package var duration: UInt64
    /// Where in `bytes` the time stands, and whether in eight bytes.
    private let timeAt: Int
    private let isTimeLong: Bool

    /// - Parameter moof: the content of that box, which begins eight bytes after `bytes`.
    init(bytes: [UInt8], moof: BoxBytes, start: VideoStart) throws(VideoFault) {
        var parts: (content: BoxBytes, at: Int)?
        for box in try moof.children() where box.type == "traf" { parts = (box.content, box.at) }
        guard let traf = parts else { throw .content("moof") }
        var header = TrackHeader(start)
        var found: (at: Int, isLong: Bool, time: UInt64)?
        var first: UInt32?, sum: UInt64 = 0
        for box in try traf.content.children() {
            switch box.type {
            case "tfhd": try header.read(box.content)
            case "tfdt":
                let isLong = try box.content.u8(0) == 1
                found = (16 + traf.at + 8 + box.at + 4, isLong, isLong ? try box.content.u64(4) : UInt64(try box.content.u32(4)))
            case "trun":
                let run = try header.run(box.content)
                if first == nil { first = run.first }
                sum &+= run.duration
            default: break
            }
        }
        guard let found, let first else { throw .content("traf") }
        self.bytes = bytes
        isKey = first & 0x0001_0000 == 0
        time = found.time
        duration = sum
        (timeAt, isTimeLong) = (found.at, found.isLong)
    }

    /// The same pictures at another time, so that each viewer's stream begins at nought and has no holes.
    package func moved(to moment: UInt64) -> [UInt8] {
        var moved = bytes
        let width = isTimeLong ? 8 : 4
        guard timeAt >= 0, timeAt + width <= moved.count else { return moved }
        for index in 0..<width { moved[timeAt + index] = UInt8(truncatingIfNeeded: moment >> UInt64(8 * (width - 1 - index))) }
        return moved
    }
}

/// What a `tfhd` says for the samples of its fragment.
private struct TrackHeader {
    var duration: UInt32
    var flags: UInt32

    init(_ start: VideoStart) {
        duration = start.usualDuration
        flags = start.usualFlags
    }

    mutating func read(_ box: BoxBytes) throws(VideoFault) {
        let present = try box.u32(0)
        var at = 8
        if present & 0x1 != 0 { at += 8 }
        if present & 0x2 != 0 { at += 4 }
        if present & 0x8 != 0 {
            duration = try box.u32(at)
            at += 4
        }
        if present & 0x10 != 0 { at += 4 }
        if present & 0x20 != 0 { flags = try box.u32(at) }
    }

    /// Flags of the first sample, and the sum of all durations.
    func run(_ box: BoxBytes) throws(VideoFault) -> (first: UInt32, duration: UInt64) {
        let present = try box.u32(0), samples = Int(try box.u32(4))
        guard (1...10_000).contains(samples) else { throw .content("trun") }
        var at = 8
        if present & 0x1 != 0 { at += 4 }
        var first: UInt32?
        if present & 0x4 != 0 {
            first = try box.u32(at)
            at += 4
        }
        let fields = [UInt32(0x100), 0x200, 0x400, 0x800].map { present & $0 != 0 }
        let width = 4 * fields.filter { $0 }.count
        guard box.count - at >= width * samples else { throw .content("trun") }
        if first == nil, fields[2] { first = try box.u32(at + (fields[0] ? 4 : 0) + (fields[1] ? 4 : 0)) }
        var sum: UInt64 = 0
        if fields[0] {
            for sample in 0..<samples { sum &+= UInt64(try box.u32(at + sample * width)) }
        } else {
            sum = UInt64(duration) * UInt64(samples)
        }
        return (first ?? flags, sum)
    }
}
