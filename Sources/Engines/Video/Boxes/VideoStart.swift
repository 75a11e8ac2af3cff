/// What a player needs before the first picture: `ftyp` and `moov` of a fragmented MP4, and what they say of the picture.
package struct VideoStart: Sendable, Equatable {
    package var bytes: [UInt8]
    /// The sample entry: `avc1`, `hvc1`, `mp4v` …
    package var format: String
    /// As Media Source Extensions name it, `avc1.64001f` (RFC 6381); the sample entry where it is not H.264.
    package var codec: String
    package var width: Int
    package var height: Int
    /// Units of time in a second.
    package var timescale: Int
    var usualDuration: UInt32
    var usualFlags: UInt32

    /// Whether every browser plays it as it is.
    package var isH264: Bool { format == "avc1" || format == "avc3" }

    /// A name that people know.
    package var title: String {
        switch format {
        case "avc1", "avc3": "H.264"
        case "hvc1", "hev1": "H.265"
        case "mp4v": "MPEG-4"
        case "jpeg", "mjpg": "MJPEG"
        default: format
        }
    }

    /// - Parameter moov: the content of that box.
    /// - Throws: where no picture is described that could be played.
    init(bytes: [UInt8], moov: BoxBytes) throws(VideoFault) {
        let boxes = try moov.children()
        var tracks: [BoxBytes] = []
        for box in boxes where box.type == "trak" {
            let media = try box.content.child("mdia")
            if try media.child("hdlr").text(8) == "vide" { tracks.append(media) }
        }
        guard let media = tracks.first else { throw .content("moov") }
        timescale = try VideoStart.timescale(media.child("mdhd"))
        let table = try media.child("minf").child("stbl").child("stsd")
        guard try table.u32(4) >= 1, let entry = try table.children(from: 8).first else { throw .content("stsd") }
        format = entry.type
        width = try entry.content.u16(24)
        height = try entry.content.u16(26)
        guard (16...16_384).contains(width), (16...16_384).contains(height) else { throw .content(entry.type) }
        codec = try VideoStart.codec(entry.type, entry.content)
        (usualDuration, usualFlags) = try VideoStart.usual(boxes)
        self.bytes = bytes
    }

    private static func timescale(_ head: BoxBytes) throws(VideoFault) -> Int {
        let units = try head.u32(try head.u8(0) == 1 ? 20 : 12)
        guard (1...10_000_000).contains(units) else { throw .content("mdhd") }
        return Int(units)
    }

    private static func codec(_ format: String, _ entry: BoxBytes) throws(VideoFault) -> String {
        guard format == "avc1" || format == "avc3" else { return format }
        for box in try entry.children(from: 78) where box.type == "avcC" {
            var text = format + "."
            for offset in 1...3 {
                let byte = String(try box.content.u8(offset), radix: 16)
                text += byte.count == 1 ? "0" + byte : byte
            }
            return text
        }
        throw .content("avcC")
    }

    /// What samples are when nothing else is said (`trex`).
    private static func usual(_ boxes: [(type: String, content: BoxBytes, at: Int)]) throws(VideoFault) -> (UInt32, UInt32) {
        for box in boxes where box.type == "mvex" {
            let usual = try box.content.child("trex")
            return (try usual.u32(12), try usual.u32(20))
        }
        throw .order("mvex")
    }
}
