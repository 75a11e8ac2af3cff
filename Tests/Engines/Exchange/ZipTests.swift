import Exchange
import Foundation
import Kernel
import Testing

@Suite("证据包 · 压缩文件")
struct ZipTests {
    static let moment = Moment(milliseconds: 1_795_226_400_000)

    @Test func roundTrip() throws {
        let folder = TestFolder()
        let path = folder.path + "/证据.zip"
        let large = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let outside = folder.path + "/large.bin"
        try Data(large).write(to: URL(fileURLWithPath: outside))
        let writer = try ZipWriter(path: path, moment: Self.moment)
        try writer.add("说明.txt", Array("见微".utf8))
        try writer.add("照片/车头.jpg", contentsOf: outside, stores: true)
        #expect(code { try writer.add("说明.txt", []) } == "JW-X034")
        #expect(code { try writer.add("../etc/passwd", []) } == "JW-X034")
        try writer.finish()
        let reader = try ZipReader(path: path)
        #expect(reader.entries == [ZipEntry(name: "说明.txt", bytes: 6), ZipEntry(name: "照片/车头.jpg", bytes: 3_000_000)])
        #expect(try reader.bytes(of: "照片/车头.jpg") == large)
        #expect(try reader.bytes(of: "说明.txt") == Array("见微".utf8))
        #expect(try reader.bytes(of: "没有") == nil)
    }

    @Test("同样的内容得到同样的字节")
    func isReproducible() { #expect(TestWorkbook.archive([("a", "1"), ("b", "2")]) == TestWorkbook.archive([("a", "1"), ("b", "2")])) }

    @Test("越界路径被拒绝", arguments: ["../aaaaaa", "/aaaaaaaa", "a/../../b", "a\\b\\c\\d."])
    func escapes(_ name: String) throws {
        let folder = TestFolder()
        var bytes = TestWorkbook.archive([("x12345678", "1")])
        // The writer refuses such names, so an archive is forged.
        let wanted = Array("x12345678".utf8)
        let forged = Array((name + String(repeating: "_", count: 9)).utf8.prefix(9))
        for at in 0..<(bytes.count - 9) where Array(bytes[at..<(at + 9)]) == wanted { bytes.replaceSubrange(at..<(at + 9), with: forged) }
        let path = folder.path + "/a.zip"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        #expect(code { try ZipReader(path: path) } == "JW-X030")
    }

    @Test func limits() throws {
        let folder = TestFolder()
        let path = folder.path + "/a.zip"
        try Data(TestWorkbook.archive([("a", String(repeating: "0", count: 100_000)), ("b", "2")])).write(to: URL(fileURLWithPath: path))
        #expect(code { try ZipReader(path: path, maxEntries: 1) } == "JW-X031")
        let reader = try ZipReader(path: path, maxBytes: 50_000)
        #expect(code { try reader.bytes(of: "a") } == "JW-X031")
    }

    @Test func wrongChecksum() throws {
        let folder = TestFolder()
        let path = folder.path + "/a.zip"
        var bytes = TestWorkbook.archive([("a", "evidence")], stores: true)
        if let at = bytes.indices.first(where: { Array(bytes[$0...].prefix(8)) == Array("evidence".utf8) }) { bytes[at] = 120 }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        #expect(code { try ZipReader(path: path).bytes(of: "a") } == "JW-X030")
    }
}
