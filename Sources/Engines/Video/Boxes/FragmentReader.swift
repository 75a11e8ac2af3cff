/// Cuts the bytes of a fragmented MP4, as they come, into what viewers are given: the start once, then fragments. Pure: no clock, no file.
///
///     ftyp moov (moof mdat)… , with styp, sidx, free and the like between them, which are left out
package struct FragmentReader: Sendable {
    package enum Piece: Sendable, Equatable {
        case start(VideoStart)
        case fragment(VideoFragment)
    }

    /// Of a start and of the head of a fragment.
    static let headLimit = 1 << 20
    /// Of the pictures of one fragment: two seconds at 32 Mbit/s.
    static let bodyLimit = 8 << 20

    private var bytes: [UInt8] = []
    private var head = 0
    private var opening: [UInt8] = []
    private var start: VideoStart?
    private var pending: [UInt8]?

    package init() {}

    /// - Throws: at the first thing that cannot be; the reader is of no use after that.
    package mutating func add(_ more: some Collection<UInt8>) throws(VideoFault) -> [Piece] {
        bytes.append(contentsOf: more)
        var pieces: [Piece] = []
        while let box = try next() { if let piece = try take(box.type, box.bytes, headSize: box.head) { pieces.append(piece) } }
        if head > 0 {
            bytes.removeFirst(head)
            head = 0
        }
        return pieces
    }

    /// The next whole box; nil while it has not come.
    private mutating func next() throws(VideoFault) -> (type: String, bytes: [UInt8], head: Int)? {
        let left = BoxBytes(bytes[head...], "stream")
        guard left.count >= 8 else { return nil }
        let type = try left.text(4)
        guard type.utf8.allSatisfy({ (32...126).contains($0) }) else { throw .content("stream") }
        var size = UInt64(try left.u32(0)), headSize = 8
        if size == 1 {
            guard left.count >= 16 else { return nil }
            size = try left.u64(8)
            headSize = 16
        }
        let limit = type == "mdat" ? Self.bodyLimit : Self.headLimit
        guard size >= UInt64(headSize), size <= UInt64(limit) else { throw .size(type) }
        guard left.count >= Int(size) else { return nil }
        let whole = Array(bytes[head..<head + Int(size)])
        head += Int(size)
        return (type, whole, headSize)
    }

    private mutating func take(_ type: String, _ box: [UInt8], headSize: Int) throws(VideoFault) -> Piece? {
        switch type {
        case "ftyp":
            guard start == nil, opening.isEmpty else { throw .order(type) }
            opening = box
            return nil
        case "moov":
            guard start == nil, !opening.isEmpty else { throw .order(type) }
            let made = try VideoStart(bytes: opening + box, moov: BoxBytes(box[headSize...], type))
            start = made
            return .start(made)
        case "moof":
            guard start != nil, pending == nil, headSize == 8 else { throw .order(type) }
            pending = box
            return nil
        case "mdat":
            guard let start, let moof = pending else { throw .order(type) }
            pending = nil
            return .fragment(try VideoFragment(bytes: moof + box, moof: BoxBytes(moof[8...], "moof"), start: start))
        default: return nil
        }
    }
}
