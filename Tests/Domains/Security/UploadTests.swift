import Cryptography
import Exchange
import Features
import Foundation
import Identity
import Kernel
import Media
import Security
import Storage
import Testing
import Web

@Suite("D17.9.2 上传文件控制")
struct UploadTests {
    /// Cut in two so that a scanner of this repository is not alarmed.
    static let eicar = Array(("X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR" + "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*").utf8)
    static let shell = Array("<?PHP @eval($_POST['x']); ?>".utf8)

    static func zip(_ members: [(String, [UInt8])]) throws -> [UInt8] {
        let path = NSTemporaryDirectory() + "/jianwei-upload-\(UUID().uuidString).zip"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let writer = try ZipWriter(path: path, moment: SecurityHouse.noon)
        for (name, bytes) in members { try writer.add(name, bytes) }
        try writer.finish()
        return [UInt8](FileManager.default.contents(atPath: path) ?? Data())
    }

    static func nested(_ layers: Int, _ inner: [UInt8]) throws -> [UInt8] {
        try (0..<layers).reduce(inner) { bytes, layer in try zip([(layer == 0 ? "内.txt" : "层\(layer).zip", bytes)]) }
    }

    static func picture() throws -> [UInt8] { try Picture(width: 40, height: 30).jpeg() }

    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let name: String
        let bytes: @Sendable () throws -> [UInt8]
        let kinds: Set<UploadThreat.Kind>
        var place = ""
    }

    static let examples: [Example] = [
        Example(testDescription: "普通文本", name: "说明.txt", bytes: { Array("检查情况说明".utf8) }, kinds: []),
        Example(testDescription: "普通图片", name: "a.jpg", bytes: { try picture() }, kinds: []),
        Example(testDescription: "空文件", name: "a.txt", bytes: { [] }, kinds: []),
        Example(testDescription: "普通压缩包", name: "a.zip", bytes: { try zip([("一.txt", Array("一".utf8)), ("图/二.jpg", try picture())]) }, kinds: []),
        Example(testDescription: "普通 PDF", name: "a.pdf", bytes: { Array("%PDF-1.7\n1 0 obj <</Type /Catalog>>".utf8) }, kinds: []),
        Example(testDescription: "测试病毒", name: "a.txt", bytes: { eicar }, kinds: [.virus]),
        Example(testDescription: "压缩三层的测试病毒", name: "a.zip", bytes: { try nested(3, eicar) }, kinds: [.virus], place: "层2.zip › 层1.zip › 内.txt"),
        Example(testDescription: "图片后附网页木马", name: "a.jpg", bytes: { try picture() + shell }, kinds: [.webShell]),
        Example(testDescription: "JSP 木马", name: "a.txt", bytes: { Array("<%@ page import=\"java.util.*\"%>".utf8) }, kinds: [.webShell]),
        Example(testDescription: "程序改名为图片", name: "a.jpg", bytes: { Array("MZ".utf8) + [UInt8](repeating: 0, count: 200) }, kinds: [.program, .disguise]),
        Example(testDescription: "ELF", name: "a.bin", bytes: { [0x7F, 0x45, 0x4C, 0x46] + [UInt8](repeating: 1, count: 50) }, kinds: [.program]),
        Example(testDescription: "压缩包里的批处理", name: "a.zip", bytes: { try zip([("运行.BAT", Array("del".utf8))]) }, kinds: [.program], place: "运行.BAT"),
        Example(testDescription: "网页冒充 Word", name: "a.docx", bytes: { Array("<html></html>".utf8) }, kinds: [.disguise]),
        Example(testDescription: "带宏的表格", name: "a.xlsx", bytes: { try zip([("xl/vbaProject.bin", [1, 2, 3])]) }, kinds: [.macro]),
        Example(testDescription: "PDF 脚本", name: "a.pdf", bytes: { Array("%PDF-1.7\n<</S /JavaScript /JS (app.alert(1))>>".utf8) }, kinds: [.activeDocument]),
        Example(testDescription: "十层正好", name: "a.zip", bytes: { try nested(10, Array("好".utf8)) }, kinds: []),
        Example(testDescription: "十一层", name: "a.zip", bytes: { try nested(11, Array("好".utf8)) }, kinds: [.bomb]),
        Example(testDescription: "压缩炸弹", name: "a.zip", bytes: { try zip([("零.txt", [UInt8](repeating: 0, count: 40 << 20))]) }, kinds: [.bomb]),
        Example(testDescription: "越界路径", name: "a.zip", bytes: { try zip([("aa/aa/etc/x", [1])]).replacing(Array("aa/aa/".utf8), with: Array("../../".utf8)) }, kinds: [.escape]),
        Example(testDescription: "损坏的压缩包", name: "a.zip", bytes: { Array(try zip([("一.txt", Array("一".utf8))]).dropLast(12)) }, kinds: [.broken]),
        Example(testDescription: "RAR 无法打开", name: "a.rar", bytes: { Array("Rar!\u{1A}\u{7}\u{0}".utf8) }, kinds: [.unchecked]),
    ]

    @Test("逐层检查", arguments: examples)
    func scan(_ example: Example) throws {
        let threats = UploadScan().threats(in: try example.bytes(), named: example.name)
        #expect(Set(threats.map(\.kind)) == example.kinds, "\(threats.map(\.text))")
        if !example.place.isEmpty { #expect(threats.first?.place == example.place) }
    }

    @Test("胡乱改动的压缩包只会被判坏，不会出错")
    func fuzz() throws {
        let whole = try Self.zip([("一.txt", Array("一二三".utf8)), ("层.zip", try Self.nested(2, Self.eicar))])
        var seed: UInt64 = 20_261_122
        for _ in 0..<400 {
            var bytes = whole
            for _ in 0..<6 {
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes[Int(seed >> 33) % bytes.count] = UInt8(truncatingIfNeeded: seed >> 20)
            }
            _ = UploadScan().threats(in: bytes, named: "a.zip")
        }
    }

    @Test("clamd 的应答")
    func answers() {
        #expect(ClamdEngine.read("stream: OK") == .clean)
        #expect(ClamdEngine.read("stream: Win.Test.EICAR_HDB-1 FOUND") == .found("Win.Test.EICAR_HDB-1"))
        #expect(ClamdEngine.read("INSTREAM size limit exceeded. ERROR") == .failed("INSTREAM size limit exceeded. ERROR"))
        #expect(ClamdEngine.Place("/run/clamav/clamd.ctl") == .path("/run/clamav/clamd.ctl"))
        #expect(ClamdEngine.Place("10.0.0.9:3310") == .host("10.0.0.9", port: 3310))
        for wrong in ["", "clamd", "10.0.0.9", "10.0.0.9:0", "10.0.0:3310", "host:3310"] { #expect(ClamdEngine.Place(wrong) == nil, "\(wrong)") }
        #expect(ClamdEngine(.path("/nonexistent/clamd.ctl"), seconds: 1).scan([1]) == .failed("连接不上"))
    }

    // MARK: What becomes of them

    private static func file(_ name: String, _ bytes: [UInt8]) -> UploadedFile {
        UploadedFile(field: "file", filename: name, contentType: "application/octet-stream", bytes: bytes)
    }

    private static func source(_ house: SecurityHouse) -> UploadSource { UploadSource(principal: house.people["officer"], address: "10.0.0.7", path: "/ledgers/x") }

    private static func set(_ house: SecurityHouse, _ values: [(String, String)]) async throws {
        try await house.platform.database.write { tx in
            for (name, value) in values { try tx.execute("INSERT INTO upload_rules (name, value, at, by_name) VALUES (\(name), \(value), \(SecurityHouse.noon), '测试')") }
        }
    }

    @Test("高威胁隔离并报警，原文加密保存，可到期清除；误报认定后同一文件放行")
    func quarantine() async throws {
        let house = try await SecurityHouse()
        let (platform, guardian) = (house.platform, UploadGuard(platform: house.platform))
        await #expect(throws: Failure.self) { _ = try await guardian.inspect([Self.file("好.txt", [65]), Self.file("a.txt", Self.eicar)], from: Self.source(house)) }
        let row = try #require(try await platform.database.read { try $0.first("SELECT * FROM upload_findings") })
        #expect(row.text("level") == "high" && row.text("treatment") == "quarantine" && row.text("actor_name") == house.people["officer"]?.name)
        let kept = try #require(row.text("kept"))
        let sealed = try #require(try await platform.blobs.read(kept))
        #expect(sealed != Self.eicar)
        #expect(try platform.keys.open(sealed) == Self.eicar)
        #expect(try await platform.database.read { try $0.count("SELECT COUNT(*) FROM alarms WHERE kind = 'uploadThreat'") } == 1)
        #expect(try await platform.database.read { try $0.count("SELECT COUNT(*) FROM audit WHERE object_kind = 'upload'") } == 1)
        try await platform.database.write { tx in _ = try tx.execute("UPDATE upload_findings SET allowed_at = \(SecurityHouse.noon)") }
        #expect(try await guardian.inspect([Self.file("a.txt", Self.eicar)], from: Self.source(house)).count == 1)
        #expect(try await guardian.forget() == 0)
        try await platform.database.write { tx in _ = try tx.execute("UPDATE upload_findings SET at = \(SecurityHouse.noon.adding(seconds: -91 * 86_400))") }
        #expect(try await guardian.forget() == 1)
        #expect(try await platform.blobs.read(kept) == nil)
    }

    @Test("只记录、改名、清除、拒收")
    func treatments() async throws {
        let infected = try Self.picture() + Self.shell
        for (treatment, name, isTaken) in [("report", "a.jpg", true), ("rename", "a.jpg.txt", true), ("clean", "a.jpg", true), ("refuse", "", false)] {
            let house = try await SecurityHouse()
            try await Self.set(house, [("high", treatment)])
            let guardian = UploadGuard(platform: house.platform)
            let taken = try? await guardian.inspect([Self.file("a.jpg", infected)], from: Self.source(house))
            #expect((taken != nil) == isTaken, "\(treatment)")
            if isTaken { #expect(taken?.first?.filename == name) }
            if treatment == "clean" {
                let left = UploadScan().threats(in: taken?.first?.bytes ?? Self.eicar, named: "a.jpg")
                #expect(left.isEmpty)
            }
            let kept = try await house.platform.database.read { try $0.value("SELECT kept FROM upload_findings")?.text }
            #expect((kept != nil) == (treatment == "clean"), "\(treatment)")
        }
    }

    @Test("引擎不可用：按设置拒收或记录")
    func engineDown() async throws {
        for refuses in [false, true] {
            let house = try await SecurityHouse()
            try await Self.set(house, [("engine", "/nonexistent/clamd.ctl"), ("refusesUnchecked", refuses ? "1" : "0")])
            let taken = try? await UploadGuard(platform: house.platform).inspect([Self.file("好.txt", [65])], from: Self.source(house))
            #expect((taken == nil) == refuses)
            #expect(try await house.platform.database.read { try $0.value("SELECT kind FROM upload_findings")?.text } == "unchecked")
        }
    }
}
