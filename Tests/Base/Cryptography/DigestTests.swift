import Cryptography
import Testing

@Suite("Cryptography: digests and their codings")
struct DigestTests {
    @Test(arguments: [
        ("abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (String(repeating: "abcd", count: 16), "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
        ("", "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"),
    ])
    func `SM3, GB/T 32905 appendix A`(text: String, hex: String) { #expect(SM3.hash(text).hex == hex) }

    @Test(arguments: [
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ])
    func `SHA-256, FIPS 180-4`(text: String, hex: String) { #expect(SHA256.hash(text).hex == hex) }

    @Test func `in parts as at once`() {
        let hasher = SHA256Hasher()
        hasher.update(Array("ab".utf8))
        hasher.update([])
        hasher.update(Array("c".utf8))
        #expect(hasher.finish() == SHA256.hash("abc"))
        #expect(hasher.finish() == SHA256.hash(""))
    }

    @Test(arguments: [
        (HMAC.Hash.sha256, String(repeating: "0b", count: 20), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (HMAC.Hash.sha256, "4a656665", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (HMAC.Hash.sm3, "0123456789abcdeffedcba9876543210", "abc", "28d8a61be67d8bf7652c4eda7092b612f88be62184f55005c57ddf076e764199"),
    ])
    func `HMAC, RFC 4231 and SM3`(hash: HMAC.Hash, key: String, text: String, hex: String) throws {
        let key = try #require(Hex.decode(key))
        #expect(HMAC.tag(hash, key: key, over: Array(text.utf8)).hex == hex)
        #expect(HMAC.verifies(try #require(Digest(hex: hex)), hash, key: key, over: Array(text.utf8)))
        #expect(!HMAC.verifies(try #require(Digest(hex: hex)), hash, key: key, over: Array("other".utf8)))
    }

    @Test(arguments: [
        ("", "", ""), ("66", "Zg==", "Zg"), ("666f", "Zm8=", "Zm8"), ("666f6f", "Zm9v", "Zm9v"), ("666f6f6261", "Zm9vYmE=", "Zm9vYmE"), ("fbff", "+/8=", "-_8"),
    ])
    func `hexadecimal and Base64, RFC 4648 chapter 10`(hex: String, base64: String, base64url: String) throws {
        let bytes = try #require(Hex.decode(hex))
        #expect(Hex.encode(bytes) == hex)
        #expect(Base64.encode(bytes) == base64)
        #expect(Base64.encodeURL(bytes) == base64url)
        #expect(Base64.decode(base64) == bytes)
        #expect(Base64.decodeURL(base64url) == bytes)
    }

    @Test(arguments: ["Zg=", "Zg", "Zh==", "Zg==\n", "====", "Z===", "Zm9v Zm9v", "+_8="])
    func `what is not Base64`(text: String) { #expect(Base64.decode(text) == nil) }

    @Test(arguments: ["0", "0g", "é0"])
    func `what is not hexadecimal`(text: String) { #expect(Hex.decode(text) == nil) }

    @Test func `random tokens differ and have their length`() {
        #expect(SecureRandom.bytes(0).isEmpty)
        #expect(SecureRandom.token(32).utf8.count == 43)
        #expect(Set((0..<100).map { _ in SecureRandom.token(16) }).count == 100)
        #expect(Set((0..<1000).map { _ in SecureRandom.below(7) }) == [0, 1, 2, 3, 4, 5, 6])
    }

    @Test func `equality in constant time`() {
        #expect(constantTimeEqual("abc", "abc"))
        #expect(!constantTimeEqual("abc", "abd"))
        #expect(!constantTimeEqual("abc", "ab"))
    }
}
