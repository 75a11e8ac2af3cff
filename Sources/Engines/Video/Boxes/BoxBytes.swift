/// One box of an MP4 file (ISO/IEC 14496-12), or a part of one, read without ever leaving it.
///
///     size u32 | type 4 characters | (size 1: length u64) | content
struct BoxBytes: Sendable {
    let bytes: ArraySlice<UInt8>
    /// For faults: which box this is.
    let name: String

    init(_ bytes: ArraySlice<UInt8>, _ name: String) {
        self.bytes = bytes
        self.name = name
    }

    var count: Int { bytes.count }

    func u8(_ offset: Int) throws(VideoFault) -> UInt8 {
        guard offset >= 0, offset < bytes.count else { throw .content(name) }
        return bytes[bytes.startIndex + offset]
    }

    func u16(_ offset: Int) throws(VideoFault) -> Int { Int(try u8(offset)) << 8 | Int(try u8(offset + 1)) }

    func u32(_ offset: Int) throws(VideoFault) -> UInt32 {
        guard offset >= 0, offset <= bytes.count - 4 else { throw .content(name) }
        let start = bytes.startIndex + offset
        return UInt32(bytes[start]) << 24 | UInt32(bytes[start + 1]) << 16 | UInt32(bytes[start + 2]) << 8 | UInt32(bytes[start + 3])
    }

    func u64(_ offset: Int) throws(VideoFault) -> UInt64 { UInt64(try u32(offset)) << 32 | UInt64(try u32(offset + 4)) }

    func text(_ offset: Int) throws(VideoFault) -> String {
        guard offset >= 0, offset <= bytes.count - 4 else { throw .content(name) }
        let start = bytes.startIndex + offset
        return String(decoding: bytes[start..<start + 4], as: UTF8.self)
    }

    func part(from offset: Int) throws(VideoFault) -> BoxBytes {
        guard offset >= 0, offset <= bytes.count else { throw .content(name) }
        return BoxBytes(bytes[(bytes.startIndex + offset)...], name)
    }

    /// The boxes of which this content consists, each without its head; at most 64.
    func children(from offset: Int = 0) throws(VideoFault) -> [(type: String, content: BoxBytes, at: Int)] {
        var found: [(type: String, content: BoxBytes, at: Int)] = []
        var at = offset
        while at < count {
            let size = Int(try u32(at)), type = try text(at + 4)
            guard size >= 8, size <= count - at, found.count < 64 else { throw .content(type) }
            let start = bytes.startIndex + at
            found.append((type, BoxBytes(bytes[(start + 8)..<(start + size)], type), at))
            at += size
        }
        return found
    }

    func child(_ type: String) throws(VideoFault) -> BoxBytes {
        for one in try children() where one.type == type { return one.content }
        throw .content(type)
    }
}
