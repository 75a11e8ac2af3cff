import Alarms
import Cryptography
import Exchange
import Foundation
import Identity
import Kernel
import Storage
import Testing

@Suite("A-07 证据包")
struct EvidencePackageTests {
    static let jpeg: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE0] + Array("not much of a picture".utf8)

    /// A package of an alarm with facts, one picture that is here, one that has not come, and a video reference.
    struct Made {
        let path: String
        let receipt: EvidencePackage.Receipt
        let desk: AlarmFixture
    }

    func make(files: [String: [UInt8]] = [SHA256.hash(jpeg).hex: jpeg], by principal: Principal = AlarmFixture.officer()) async throws -> Made {
        let desk = try await AlarmFixture()
        let digest = SHA256.hash(Self.jpeg).hex
        try await desk.storePhoto(digest)
        try await desk.raise(
            AlarmFixture.signal(evidence: [
                .photo(sha256: digest, title: "车头/照片"), .photo(sha256: AlarmFixture.body, title: "整车"),
                .video(camera: "C1", from: AlarmFixture.start, to: AlarmFixture.start.adding(seconds: 30), title: "录像"),
            ]))
        try await desk.raise(AlarmFixture.signal(at: 30))
        try await desk.act(1, .confirm, opinion: "=HYPERLINK(\"x\") \"引号\"，换行\n第二行")
        let subject = try await desk.database.read { [engine = desk.engine] in try engine.packageSubject(1, by: principal, in: $0) }
        let path = FileManager.default.temporaryDirectory.appending(path: "jw-test-\(SecureRandom.token(9)).zip").path
        let receipt = try await EvidencePackage.write(subject, to: path, by: principal, at: AlarmFixture.start, on: PackageDesk()) { files[$0] }
        try await desk.database.write { [engine = desk.engine] in try engine.recordExport(receipt, of: subject.alarm, by: principal, in: $0) }
        return Made(path: path, receipt: receipt, desk: desk)
    }

    /// The same archive with its members changed; nil removes one.
    func changed(_ path: String, _ change: (String, [UInt8]) -> [UInt8]?, adding more: [(String, [UInt8])] = []) throws -> String {
        let source = try ZipReader(path: path)
        let copy = path + ".changed.zip"
        let writer = try ZipWriter(path: copy, moment: AlarmFixture.start)
        for entry in source.entries {
            if let bytes = try source.bytes(of: entry.name), let kept = change(entry.name, bytes) { try writer.add(entry.name, kept) }
        }
        for (name, bytes) in more { try writer.add(name, bytes) }
        try writer.finish()
        return copy
    }

    @Test("完整的包通过核验，内容齐全，导出入时间线与审计")
    func whole() async throws {
        let made = try await make()
        defer { try? FileManager.default.removeItem(atPath: made.path) }
        let findings = EvidencePackage.verify(path: made.path)
        #expect(findings.map(\.message) == ["照片“整车”在导出时尚未到达"] && findings.allSatisfy { !$0.isFault })
        let zip = try ZipReader(path: made.path)
        let names = zip.entries.map(\.name)
        #expect(
            names == ["facts.json", "photos/002-车头_照片.jpg", "video/003.json", "facts/004.json", "timeline.csv", "说明.txt", "verify.py", "manifest.json", "manifest.sha256"])
        let facts = String(decoding: try zip.bytes(of: "facts.json") ?? [], as: UTF8.self)
        #expect(facts == #"{"direction":1,"plateNo":"冀A12345"}"#)
        let csv = try zip.bytes(of: "timeline.csv").map { String(decoding: $0, as: UTF8.self) } ?? ""
        #expect(csv.contains("\"'=HYPERLINK(\"\"x\"\") \"\"引号\"\"，换行\n第二行\""))
        #expect(made.receipt.missing == 0 && made.receipt.files == 9)
        let manifest = try JSONValue(parsing: zip.bytes(of: "manifest.json") ?? [])
        #expect(manifest["versions"]?["list"]?.int == 7 && manifest["exportedBy"]?["name"]?.string == "王科长")
        let last = made.desk.audited.value.last
        #expect(last?.action == "export" && last?.details["manifestSHA256"]?.string == made.receipt.manifestSHA256)
        #expect(try await made.desk.faults() == [])
    }

    /// What is done to the archive, and what the check must say.
    struct Tampering: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var change: @Sendable (String, [UInt8]) -> [UInt8]? = { $1 }
        var adding: [String] = []
        let verdict: String
    }

    static let tamperings: [Tampering] = [
        Tampering(testDescription: "改照片", change: { $0.hasPrefix("photos/") ? $1 + [0] : $1 }, verdict: "文件被改动 photos/002"),
        Tampering(testDescription: "删照片", change: { $0.hasPrefix("photos/") ? nil : $1 }, verdict: "缺少文件 photos/002"),
        Tampering(testDescription: "改事实", change: { $0 == "facts.json" ? replaced($1, "12345", "54321") : $1 }, verdict: "文件被改动 facts.json"),
        Tampering(testDescription: "改处理过程", change: { $0 == "timeline.csv" ? replaced($1, "王科长", "李科长") : $1 }, verdict: "文件被改动 timeline.csv"),
        Tampering(testDescription: "添一张照片", adding: ["photos/009.jpg"], verdict: "清单之外的文件 photos/009.jpg"),
        Tampering(testDescription: "改清单", change: { $0 == "manifest.json" ? replaced($1, "王科长", "李科长") : $1 }, verdict: "manifest.json 与 manifest.sha256 不符"),
        Tampering(testDescription: "改报警号", change: { $0 == "manifest.json" ? replaced($1, "000001", "000002") : $1 }, verdict: "证据链起点与报警号不符"),
        Tampering(testDescription: "改证据标题", change: { $0 == "manifest.json" ? replaced($1, "车头/照片", "车尾/照片") : $1 }, verdict: "链式摘要不符"),
        Tampering(testDescription: "迟到改为当时", change: { $0 == "manifest.json" ? replaced($1, "\"late\":false", "\"late\":true") : $1 }, verdict: "链式摘要不符"),
        Tampering(testDescription: "没有清单", change: { $0 == "manifest.json" ? nil : $1 }, verdict: "缺少 manifest.json"),
        Tampering(testDescription: "清单不是 JSON", change: { $0 == "manifest.json" ? Array("{".utf8) : $1 }, verdict: "不是可识别的证据包清单"),
    ]

    static func replaced(_ bytes: [UInt8], _ old: String, _ new: String) -> [UInt8] { Array(String(decoding: bytes, as: UTF8.self).replacing(old, with: new).utf8) }

    @Test("改动逐一查出", arguments: tamperings)
    func tampering(_ example: Tampering) async throws {
        let made = try await make()
        let copy = try changed(made.path, example.change, adding: example.adding.map { ($0, Self.jpeg) })
        defer { for path in [made.path, copy] { try? FileManager.default.removeItem(atPath: path) } }
        let faults = EvidencePackage.verify(path: copy).filter(\.isFault).map(\.message)
        #expect(faults.contains { $0.contains(example.verdict) }, "\(faults)")
    }

    @Test("包内脚本的结论与平台一致", .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")), arguments: [nil, 0, 4, 7, 9] as [Int?])
    func script(_ index: Int?) async throws {
        let made = try await make()
        let path = try index.map { try changed(made.path, Self.tamperings[$0].change, adding: Self.tamperings[$0].adding.map { ($0, Self.jpeg) }) } ?? made.path
        let script = path + ".py"
        try Data(try ZipReader(path: made.path).bytes(of: "verify.py") ?? []).write(to: URL(fileURLWithPath: script))
        defer { for file in [made.path, path, script] { try? FileManager.default.removeItem(atPath: file) } }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-X", "utf8", script, path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == (index == nil ? 0 : 1), "\(said)")
        #expect(said.contains(index.map { Self.tamperings[$0].verdict } ?? "核验通过"), "\(said)")
    }

    @Test("读不到的文件写明，不当作完好；没有权限不能导出；不是压缩包也有话说")
    func edges() async throws {
        let made = try await make(files: [:])
        defer { try? FileManager.default.removeItem(atPath: made.path) }
        #expect(made.receipt.missing == 1)
        #expect(EvidencePackage.verify(path: made.path).contains { !$0.isFault && $0.message.contains("导出时无法读取") })
        #expect(try await failureCode { _ = try await make(by: AlarmFixture.officer(permissions: ["alarm.read"])) } == "JW-K403")
        #expect(try await failureCode { _ = try await make(by: AlarmFixture.officer(scope: .organisation(2))) } == "JW-K404")
        #expect(EvidencePackage.verify(zipBytes: Array("hello".utf8)).contains { $0.isFault })
        #expect(EvidencePackage.verify(path: "/nonexistent.zip").contains { $0.isFault })
    }
}
