import Testing
import Video

@Suite("D10.2.1 画面流的切分")
struct FragmentReaderTests {
    @Test func aStreamIsCutIntoStartAndFragments() throws {
        let bytes = BoxMaker.ftyp + BoxMaker.moov() + BoxMaker.box("free", [1, 2, 3]) + BoxMaker.fragment() + BoxMaker.box("styp", []) + BoxMaker.fragment(time: 3000, key: false)
        let pieces = try BoxMaker.pieces(bytes)
        #expect(pieces.count == 3)
        guard case .start(let start) = pieces[0], case .fragment(let first) = pieces[1], case .fragment(let second) = pieces[2] else { return #expect(Bool(false), "three pieces") }
        #expect(start.codec == "avc1.64001f")
        #expect(start.isH264 && start.width == 640 && start.height == 360 && start.timescale == 10_000)
        #expect(start.bytes == BoxMaker.ftyp + BoxMaker.moov())
        #expect(first.isKey && first.time == 0 && first.duration == 3000)
        #expect(!second.isKey && second.time == 3000)
    }

    /// However the bytes are torn, the pieces are the same.
    @Test(arguments: [1, 2, 7, 8, 9, 100, 1000])
    func howBytesAreTornDoesNotMatter(step: Int) throws {
        let bytes = BoxMaker.ftyp + BoxMaker.moov() + (0..<4).flatMap { BoxMaker.fragment(time: UInt64($0) * 3000, key: $0 == 0) }
        var reader = FragmentReader(), pieces: [FragmentReader.Piece] = []
        var at = 0
        while at < bytes.count {
            pieces += try reader.add(bytes[at..<min(bytes.count, at + step)])
            at += step
        }
        #expect(pieces == (try BoxMaker.pieces(bytes)))
        #expect(pieces.count == 5)
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let fault: VideoFault
    }

    static let good = BoxMaker.ftyp + BoxMaker.moov()
    static let bad: [Bad] = [
        Bad(testDescription: "不是 MP4", bytes: Array("HTTP/1.1 404 Not Found\r\n".utf8), fault: .size("/1.1")),
        Bad(testDescription: "长度小于头", bytes: [0, 0, 0, 4] + Array("ftyp".utf8), fault: .size("ftyp")),
        Bad(testDescription: "长度到文件末尾", bytes: [0, 0, 0, 0] + Array("mdat".utf8), fault: .size("mdat")),
        Bad(testDescription: "头过大", bytes: BoxMaker.u32(2 << 20) + Array("moov".utf8), fault: .size("moov")),
        Bad(testDescription: "64 位长度过大", bytes: BoxMaker.u32(1) + Array("mdat".utf8) + BoxMaker.u64(1 << 40), fault: .size("mdat")),
        Bad(testDescription: "类型不是文字", bytes: [0, 0, 0, 8, 1, 2, 3, 4], fault: .content("stream")),
        Bad(testDescription: "没有 ftyp", bytes: BoxMaker.moov(), fault: .order("moov")),
        Bad(testDescription: "片段在开头之前", bytes: BoxMaker.fragment(), fault: .order("moof")),
        Bad(testDescription: "两个 moov", bytes: good + BoxMaker.moov(), fault: .order("moov")),
        Bad(testDescription: "mdat 没有 moof", bytes: good + BoxMaker.box("mdat", [1]), fault: .order("mdat")),
        Bad(testDescription: "两个 moof", bytes: good + Array(BoxMaker.fragment().dropLast(48)) + BoxMaker.fragment(), fault: .order("moof")),
        Bad(testDescription: "只有声音", bytes: BoxMaker.ftyp + BoxMaker.moov(handler: "soun"), fault: .content("moov")),
        Bad(testDescription: "没有 mvex", bytes: BoxMaker.ftyp + BoxMaker.moov(extends: false), fault: .order("mvex")),
        Bad(testDescription: "画面大小为零", bytes: BoxMaker.ftyp + BoxMaker.moov(width: 0), fault: .content("avc1")),
        Bad(testDescription: "时间单位为零", bytes: BoxMaker.ftyp + BoxMaker.moov(timescale: 0), fault: .content("mdhd")),
        Bad(testDescription: "moof 没有内容", bytes: good + BoxMaker.box("moof", []) + BoxMaker.box("mdat", []), fault: .content("moof")),
        Bad(
            testDescription: "样本数超出",
            bytes: good + BoxMaker.box("moof", BoxMaker.box("traf", BoxMaker.box("trun", BoxMaker.u32(0x100) + BoxMaker.u32(9999)))) + BoxMaker.box("mdat", []),
            fault: .content("trun")),
    ]

    @Test(arguments: bad)
    func whatCannotBePlayedIsRefused(_ example: Bad) {
        #expect(throws: example.fault) { try BoxMaker.pieces(example.bytes) }
    }

    /// Any byte may be wrong: the reader refuses or reads on, and never leaves its bytes.
    @Test func damagedStreamsNeverLeaveTheirBytes() {
        let bytes = BoxMaker.ftyp + BoxMaker.moov() + BoxMaker.fragment() + BoxMaker.fragment(time: 3000, key: false, isLong: false)
        var dice = Dice(28_181), refused = 0
        for _ in 0..<4000 {
            var damaged = bytes
            for _ in 0...dice.roll(4) { damaged[dice.roll(damaged.count)] = UInt8(dice.roll(256)) }
            if dice.roll(4) == 0 { damaged.removeLast(dice.roll(damaged.count)) }
            do {
                for case .fragment(let fragment) in try BoxMaker.pieces(damaged) { #expect(fragment.moved(to: .max).count == fragment.bytes.count) }
            } catch { refused += 1 }
        }
        #expect(refused > 100)
    }

    @Test(arguments: [true, false])
    func aFragmentCanBeMovedInTime(isLong: Bool) throws {
        let bytes = BoxMaker.ftyp + BoxMaker.moov() + BoxMaker.fragment(time: 900, isLong: isLong)
        guard case .fragment(let fragment) = try BoxMaker.pieces(bytes)[1] else { return #expect(Bool(false), "a fragment") }
        let moved = fragment.moved(to: 77)
        guard case .fragment(let read) = try BoxMaker.pieces(BoxMaker.ftyp + BoxMaker.moov() + moved)[1] else { return #expect(Bool(false), "a fragment") }
        #expect(read.time == 77)
        #expect(read.duration == fragment.duration && read.isKey)
    }

    @Test func otherFormatsAreNamed() throws {
        guard case .start(let start) = try BoxMaker.pieces(BoxMaker.ftyp + BoxMaker.moov(format: "hvc1"))[0] else { return #expect(Bool(false), "a start") }
        #expect(!start.isH264 && start.title == "H.265")
    }
}
