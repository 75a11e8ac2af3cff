import Alarms
import Cryptography
import Kernel
import Media
import MobileSources
import Storage
import Testing

@Suite("A-07 recordings of passes")
struct PassClipTests {
    /// An MP4 of three boxes: what the structure check asks for, with a movie header of four seconds.
    static func mp4(_ content: String, codec: String = "avc1") -> [UInt8] {
        func box(_ kind: String, _ body: [UInt8]) -> [UInt8] {
            let size = body.count + 8
            return [UInt8(size >> 24), UInt8(size >> 16 & 255), UInt8(size >> 8 & 255), UInt8(size & 255)] + Array(kind.utf8) + body
        }
        let header = box("mvhd", [0, 0, 0, 0] + [UInt8](repeating: 0, count: 8) + [0, 0, 3, 232, 0, 0, 15, 160] + [UInt8](repeating: 0, count: 80))
        return box("ftyp", Array("isom".utf8) + [0, 0, 2, 0] + Array("isom".utf8)) + box("moov", header + box("trak", Array(codec.utf8))) + box("mdat", Array(content.utf8))
    }

    private func send(_ bytes: [UInt8], serial: Int64, to house: GateFixture, gate: String = "1", said: String? = nil, from terminal: GateTerminal? = nil) async throws -> Bool {
        let sent = PassClips.Sent(sha256: said ?? SHA256.hash(bytes).hex, gateNo: gate, serialNo: serial, cameraNo: "C1", from: house.now, to: house.now.adding(seconds: 4))
        return try await house.gates.clips.receive(
            sent, from: terminal ?? house.steel, claim: { _ in },
            feeding: { take in for start in stride(from: 0, to: bytes.count, by: 50) { try await take(Array(bytes[start..<min(start + 50, bytes.count)])) } })
    }

    private func lifted(_ house: GateFixture, _ serial: Int64) -> JSONValue { house.pass(serial, plate: "冀A99999", ["barrierAction": "1", "liftReason": "测试"]) }

    @Test("a recording that comes after its pass joins the alarm, marked late, and is locked")
    func late() async throws {
        let house = try await GateFixture()
        try await house.record(lifted(house, 1))
        #expect(try await send(PassClipTests.mp4("one"), serial: 1, to: house))
        let items = try await house.database.read { try $0.rows("SELECT kind, is_late, is_locked, body, title FROM evidence_items WHERE kind = 'video' ORDER BY id") }
        #expect(items.count == 1)
        #expect(items[0].bool("is_late") && items[0].bool("is_locked") && items[0].text("body") == nil)
        #expect(items[0].text("title")?.hasPrefix("过车视频（摄像机 C1") == true)
        #expect(try await house.number("SELECT locks FROM clips") == 1)
        #expect(try await house.database.read { try house.gates.alarms.verify(in: $0) }.isEmpty)
    }

    @Test("a recording that comes before its pass is evidence from the start; the same again changes nothing, another camera joins, too")
    func early() async throws {
        let house = try await GateFixture()
        #expect(try await send(PassClipTests.mp4("one"), serial: 1, to: house))
        #expect(try await !send(PassClipTests.mp4("one"), serial: 1, to: house))
        try await house.record(lifted(house, 1))
        #expect(try await house.number("SELECT COUNT(*) FROM evidence_items WHERE kind = 'video' AND is_late = 0") == 1)
        #expect(try await !send(PassClipTests.mp4("one"), serial: 1, to: house))
        #expect(try await send(PassClipTests.mp4("two"), serial: 1, to: house))
        #expect(try await house.number("SELECT COUNT(*) FROM evidence_items WHERE kind = 'video'") == 2)
        #expect(try await house.database.read { try house.gates.alarms.verify(in: $0) }.isEmpty)
    }

    @Test("a recording of a pass without an alarm belongs to the pass only, of another enterprise's serial to nobody's")
    func quiet() async throws {
        let house = try await GateFixture()
        let cement = try await house.cement()
        try await house.record(lifted(house, 1))
        #expect(try await send(PassClipTests.mp4("one"), serial: 1, to: house, from: cement))
        #expect(try await house.number("SELECT COUNT(*) FROM evidence_items WHERE kind = 'video'") == 0)
        #expect(try await house.number("SELECT COUNT(*) FROM pass_clip") == 1)
        #expect(try await house.number("SELECT locks FROM clips") == 0)
    }

    @Test("what is no whole MP4, has another hash or an unknown gate is refused and leaves nothing")
    func refused() async throws {
        let house = try await GateFixture()
        let whole = PassClipTests.mp4("one")
        let cases: [([UInt8], String, String?, String)] = [
            (Array(whole.dropLast(2)), "1", nil, "40002"), (Array("not a video at all".utf8), "1", nil, "40002"), ([], "1", nil, "40002"),
            (Array(whole.prefix(40)), "1", nil, "40002"), (whole, "1", String(repeating: "0", count: 64), "40002"), (whole, "9", nil, "40401"),
        ]
        for (bytes, gate, said, code) in cases {
            let failure = await #expect(throws: Failure.self) { try await send(bytes, serial: 1, to: house, gate: gate, said: said) }
            #expect(failure?.code == code)
        }
        #expect(try await house.number("SELECT COUNT(*) FROM clips") == 0)
        #expect(try await house.number("SELECT COUNT(*) FROM pass_clip") == 0)
    }

    @Test("length and codec are read from the index")
    func facts() async throws {
        let house = try await GateFixture()
        _ = try await send(PassClipTests.mp4("one", codec: "hvc1"), serial: 1, to: house)
        let clip = try await house.photos.clips.clip(SHA256.hash(PassClipTests.mp4("one", codec: "hvc1")).hex)
        #expect(clip?.seconds == 4)
        #expect(clip?.codec == "h265")
    }

    @Test("retention takes recordings after their year, never evidence")
    func retention() async throws {
        let house = try await GateFixture()
        try await house.record(lifted(house, 1))
        _ = try await send(PassClipTests.mp4("one"), serial: 1, to: house)
        _ = try await send(PassClipTests.mp4("two"), serial: 2, to: house)
        house.move(seconds: 400 * 86_400)
        _ = try await RetentionTests.quick(house).run()
        #expect(try await house.number("SELECT COUNT(*) FROM clips") == 1)
        #expect(try await house.number("SELECT COUNT(*) FROM pass_clip") == 1)
    }
}
