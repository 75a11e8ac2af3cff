import Cryptography
import Foundation
import Kernel
import Testing

@Suite("Cryptography: sealed columns")
struct FieldCipherTests {
    private func folder() throws -> String {
        let path = NSTemporaryDirectory() + "/keys-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    @Test(arguments: ["13812345678", "", "张三", String(repeating: "长", count: 500)])
    func `what was sealed opens, and one value seals to one text`(text: String) throws {
        let cipher = KeyRing.ephemeral().field("users.phone")
        let sealed = try cipher.seal(text)
        #expect(sealed != text)
        #expect(try cipher.open(sealed) == text)
        #expect(try cipher.seal(text) == sealed)
        #expect(try cipher.candidates(text).contains(sealed))
    }

    @Test func `columns and installations do not share texts`() throws {
        let ring = KeyRing.ephemeral()
        let sealed = try ring.field("users.phone").seal("13812345678")
        #expect(try ring.field("users.card").seal("13812345678") != sealed)
        #expect(try KeyRing.ephemeral().field("users.phone").seal("13812345678") != sealed)
        #expect(throws: Failure.self) { try ring.field("users.card").open(sealed) }
    }

    @Test func `what was plain stays readable, what was changed does not open`() throws {
        let cipher = KeyRing.ephemeral().field("users.phone")
        #expect(try cipher.open("13812345678") == "13812345678")
        #expect(!cipher.isCurrent("13812345678"))
        let sealed = try cipher.seal("13812345678")
        var bytes = try #require(Base64.decodeURL(String(sealed.dropFirst())))
        bytes[bytes.count - 1] ^= 1
        #expect(throws: Failure.self) { try cipher.open("~" + Base64.encodeURL(bytes)) }
        #expect(throws: Failure.self) { try cipher.open("~") }
    }

    @Test func `a rotation reaches every holder without a restart`() throws {
        let folder = try folder()
        let ring = try KeyRing(directory: folder)
        let cipher = ring.field("users.phone")
        let (old, secret) = (try cipher.seal("13812345678"), try ring.seal("秘密"))
        _ = try KeyRing.rotate(directory: folder)
        #expect(cipher.isCurrent(old))
        try ring.reload(directory: folder)
        #expect(ring.currentVersion == 2)
        #expect(!cipher.isCurrent(old))
        #expect(try cipher.open(old) == "13812345678")
        #expect(try ring.open(secret) == "秘密")
        let new = try cipher.seal("13812345678")
        #expect(new != old)
        #expect(try Set(cipher.candidates("13812345678")) == [old, new, "13812345678"])
    }
}
