import Cryptography
import Foundation
import Kernel
import Testing

@Suite("D17.5.3 数字信封、签名报文与时间戳")
struct EnvelopeTests {
    static let now = Moment(parsing: "2026-11-21 12:00:00") ?? Moment(milliseconds: 0)

    static func pair(_ use: ServiceKey.Use = .envelope, serial: Int64 = 7) throws -> (key: ServiceKey, certificate: String) {
        let key = try ServiceKey.generate(use == .stamp ? .p256 : .sm2)
        return (key, try key.certificate(name: "测试 \(serial)", serial: serial, from: now.adding(seconds: -86_400), until: now.adding(seconds: 86_400 * 365), use: use))
    }

    @Test func `a certificate of its own says what it holds`() throws {
        let (key, pem) = try Self.pair(serial: 0x1234)
        let certificate = try Certificate(pem: pem)
        #expect(certificate.subject == "CN=测试 4660" && certificate.serial == "1234")
        #expect(try SM2PublicKey(pem: certificate.keyPEM).fingerprint == SM2PublicKey(pem: key.publicPEM()).fingerprint)
    }

    @Test func `an envelope opens for each receiver and nobody else`() throws {
        let (a, first) = try Self.pair(serial: 1), (b, second) = try Self.pair(serial: 2), (c, third) = try Self.pair(serial: 3)
        for text in [[UInt8](), Array("见微知著".utf8), [UInt8](repeating: 7, count: 100_000)] {
            let sealed = try Envelope.seal(text, for: [first, second])
            #expect(try Envelope.open(sealed, key: a, certificate: first) == text)
            #expect(try Envelope.open(sealed, key: b, certificate: second) == text)
            #expect(throws: Failure.self) { try Envelope.open(sealed, key: c, certificate: third) }
            #expect(throws: Failure.self) { try Envelope.open(sealed, key: c, certificate: first) }
        }
    }

    @Test func `a signed message carries its content and certificate, a changed one is refused`() throws {
        let (key, pem) = try Self.pair(.sign)
        let text = Array("放行审批".utf8)
        let whole = try Envelope.sign(text, key: key, certificate: pem, isDetached: false)
        #expect(try Envelope.verify(whole, content: nil)?.content == text)
        let beside = try Envelope.sign(text, key: key, certificate: pem, isDetached: true)
        #expect(try Envelope.verify(beside, content: text) != nil)
        #expect(try Envelope.verify(beside, content: Array("放行审批了".utf8)) == nil)
        var broken = whole
        if let at = (0..<broken.count - text.count).first(where: { Array(broken[$0..<$0 + text.count]) == text }) { broken[at] ^= 1 }
        #expect(try Envelope.verify(broken, content: nil) == nil)
    }

    /// Whatever bytes come, the answer is a refusal, never a crash.
    @Test func `broken messages are refused`() throws {
        let (key, pem) = try Self.pair()
        let sealed = try Envelope.seal(Array("x".utf8), for: [pem])
        for cut in stride(from: 0, to: sealed.count, by: 7) {
            #expect(throws: Failure.self) { try Envelope.open(Array(sealed[0..<cut]), key: key, certificate: pem) }
            _ = try? Envelope.verify(Array(sealed[0..<cut]), content: nil)
        }
        var state: UInt64 = 42
        for _ in 0..<300 {
            var bytes = sealed
            state = state &* 6_364_136_223_846_793_005 &+ 1
            bytes[Int(state >> 33) % bytes.count] ^= UInt8(truncatingIfNeeded: state >> 20) | 1
            _ = try? Envelope.open(bytes, key: key, certificate: pem)
            _ = try? Envelope.verify(bytes, content: nil)
        }
    }

    struct Size: Sendable, CustomTestStringConvertible {
        let count: Int
        var testDescription: String { "\(count) 字节" }
    }

    @Test("文件加密：任何长度、任何分块", arguments: [0, 1, 65_535, 65_536, 65_537, 131_072, 200_001].map { Size(count: $0) })
    func files(_ size: Size) throws {
        let (key, pem) = try Self.pair()
        let text = (0..<size.count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var writer = try FileEnvelope.Writer(for: [pem])
        var sealed = writer.head
        for start in stride(from: 0, to: text.count, by: 10_007) { sealed += try writer.write(Array(text[start..<min(start + 10_007, text.count)])) }
        sealed += try writer.finish()
        for step in [sealed.count, 4_099] {
            var reader = FileEnvelope.Reader(key: key, certificate: pem)
            var opened: [UInt8] = []
            for start in stride(from: 0, to: sealed.count, by: step) { opened += try reader.write(Array(sealed[start..<min(start + step, sealed.count)])) }
            try reader.finish()
            #expect(opened == text)
        }
    }

    @Test func `a file that was cut, changed or put in another order is refused`() throws {
        let (key, pem) = try Self.pair()
        var writer = try FileEnvelope.Writer(for: [pem])
        let head = writer.head
        let segments = try writer.write([UInt8](repeating: 1, count: 65_536 * 3)), end = try writer.finish()
        let one = 4 + 65_536 + 32
        func opens(_ file: [UInt8]) -> Bool {
            var reader = FileEnvelope.Reader(key: key, certificate: pem)
            do {
                _ = try reader.write(file)
                try reader.finish()
                return true
            } catch { return false }
        }
        #expect(opens(head + segments + end))
        #expect(!opens(head + segments), "the end is missing")
        #expect(!opens(head + Array(segments[one...]) + end), "a segment is missing")
        #expect(!opens(head + Array(segments[one..<(2 * one)]) + Array(segments[0..<one]) + end), "two segments changed places")
        #expect(!opens(head + segments + end + [0]), "something was added")
        var changed = segments
        changed[100] ^= 1
        #expect(!opens(head + changed + end))
        #expect(!opens(Array("JWF0".utf8) + head.dropFirst(4) + segments + end))
    }

    @Test func `D17.4.3 a stamp is what OpenSSL's own verifier accepts, for SHA-256 and SM3`() throws {
        let (key, pem) = try Self.pair(.stamp)
        let folder = FileManager.default.temporaryDirectory.appending(path: "jw-ts-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try pem.write(toFile: folder + "/tsa.pem", atomically: true, encoding: .utf8)
        try Data("原文".utf8).write(to: URL(filePath: folder + "/text"))
        for hash in ["sha256", "sm3"] {
            #expect(Self.openssl(["ts", "-query", "-data", folder + "/text", "-" + hash, "-cert", "-out", folder + "/query"]))
            let query = [UInt8](try Data(contentsOf: URL(filePath: folder + "/query")))
            let answer = try key.stamp(query, certificate: pem, policy: "1.3.6.1.4.1.99999.1.1", serial: 99, at: Self.now)
            try Data(answer).write(to: URL(filePath: folder + "/answer"))
            let at = String(Self.now.milliseconds / 1000)
            #expect(Self.openssl(["ts", "-verify", "-queryfile", folder + "/query", "-in", folder + "/answer", "-CAfile", folder + "/tsa.pem", "-attime", at]), "\(hash)")
            try Data("改过的原文".utf8).write(to: URL(filePath: folder + "/other"))
            #expect(!Self.openssl(["ts", "-verify", "-data", folder + "/other", "-in", folder + "/answer", "-CAfile", folder + "/tsa.pem", "-attime", at]), "\(hash)")
        }
    }

    @Test func `a stamp states its time and number, for its digest only`() throws {
        let (key, pem) = try Self.pair(.stamp), (_, stranger) = try Self.pair(.stamp, serial: 8)
        let imprint = SM3.hash(Array("原文".utf8)).bytes
        let now = Moment(milliseconds: Int64(Date().timeIntervalSince1970) * 1000)
        let own = try key.certificate(name: "时间戳", serial: 9, from: now.adding(seconds: -60), until: now.adding(seconds: 86_400), use: .stamp)
        let answer = try key.stamp(TimeStamp.query(sm3: imprint), certificate: own, policy: "1.2.3.4", serial: 5, at: now)
        let facts = try TimeStamp.verify(answer, certificate: own, imprint: imprint)
        #expect(facts?.at == now && facts?.serial == 5)
        #expect(try TimeStamp.verify(answer, certificate: own, imprint: SM3.hash(Array("别的".utf8)).bytes) == nil)
        #expect(try TimeStamp.verify(answer, certificate: stranger, imprint: imprint) == nil)
        #expect(try TimeStamp.verify([1, 2, 3], certificate: pem, imprint: imprint) == nil)
    }

    private static func openssl(_ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
