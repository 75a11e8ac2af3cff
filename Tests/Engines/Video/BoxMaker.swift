import Video

/// Boxes as a tool would write them, and as none should.
enum BoxMaker {
    static func u16(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 255), UInt8(value & 255)] }
    static func u32(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * $0)) } }
    static func u64(_ value: UInt64) -> [UInt8] { u32(UInt32(truncatingIfNeeded: value >> 32)) + u32(UInt32(truncatingIfNeeded: value)) }

    static func box(_ type: String, _ content: [UInt8]) -> [UInt8] { u32(UInt32(content.count + 8)) + Array(type.utf8) + content }

    static let ftyp = box("ftyp", Array("isom".utf8) + u32(512) + Array("isomavc1".utf8))

    /// - Parameter format: the sample entry; H.264 has its `avcC`.
    static func moov(format: String = "avc1", width: Int = 640, height: Int = 360, handler: String = "vide", timescale: UInt32 = 10_000, extends: Bool = true) -> [UInt8] {
        let settings = format.hasPrefix("avc") ? box("avcC", [1, 0x64, 0x00, 0x1f, 0xff, 0xe1, 0, 0]) : box("hvcC", [1, 1, 0, 0])
        let entry = box(format, [0, 0, 0, 0, 0, 0, 0, 1] + Array(repeating: 0, count: 16) + u16(width) + u16(height) + Array(repeating: 0, count: 50) + settings)
        let stsd = box("stsd", u32(0) + u32(1) + entry)
        let mdhd = box("mdhd", u32(0) + u32(0) + u32(0) + u32(timescale) + u32(0) + u32(0))
        let hdlr = box("hdlr", u32(0) + u32(0) + Array(handler.utf8) + Array(repeating: 0, count: 12))
        let mdia = box("mdia", mdhd + hdlr + box("minf", box("stbl", stsd)))
        let trex = box("mvex", box("trex", u32(0) + u32(1) + u32(1) + u32(1000) + u32(0) + u32(0x0101_0000)))
        return box("moov", box("mvhd", Array(repeating: 0, count: 20)) + box("trak", mdia) + (extends ? trex : []))
    }

    /// - Parameter key: whether the first sample is one with which a player can begin.
    static func fragment(time: UInt64 = 0, samples: Int = 3, key: Bool = true, body: Int = 40, isLong: Bool = true) -> [UInt8] {
        let tfhd = box("tfhd", u32(0x0002_0000) + u32(1))
        let tfdt = box("tfdt", [isLong ? 1 : 0, 0, 0, 0] + (isLong ? u64(time) : u32(UInt32(time))))
        let first: [UInt8] = u32(key ? 0x0200_0000 : 0x0101_0000)
        let trun = box("trun", u32(0x0000_0205) + u32(UInt32(samples)) + u32(0) + first + (0..<samples).flatMap { _ in u32(10) })
        return box("moof", box("mfhd", u32(0) + u32(1)) + box("traf", tfhd + tfdt + trun)) + box("mdat", Array(repeating: 7, count: body))
    }

    static func pieces(_ bytes: [UInt8]) throws -> [FragmentReader.Piece] {
        var reader = FragmentReader()
        return try reader.add(bytes)
    }

    static func fragments(_ count: Int, keys every: Int, body: Int = 100) throws -> [VideoFragment] {
        var bytes = ftyp + moov()
        for index in 0..<count { bytes += fragment(time: UInt64(index) * 3000, key: index % every == 0, body: body) }
        return try pieces(bytes).compactMap { if case .fragment(let one) = $0 { one } else { nil } }
    }
}

/// Numbers that are the same at every run.
struct Dice {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407 }

    mutating func roll(_ sides: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(max(1, sides)))
    }
}
