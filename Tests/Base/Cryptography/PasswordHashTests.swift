import Cryptography
import Testing

@Suite("Cryptography: password hashes")
struct PasswordHashTests {
    @Test(arguments: [
        (
            "", "", PasswordHash.Cost(logN: 4, r: 1, p: 1),
            "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"
        ),
        (
            "password", "NaCl", PasswordHash.Cost(logN: 10, r: 8, p: 16),
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
        ),
    ])
    func `scrypt, RFC 7914 chapter 12`(password: String, salt: String, cost: PasswordHash.Cost, hex: String) throws {
        #expect(Hex.encode(try PasswordHash.derive(Array(password.utf8), salt: Array(salt.utf8), cost: cost, length: 64)) == hex)
    }

    @Test func `its own password and no other`() throws {
        let encoded = try PasswordHash.make("见微知著 2026", cost: .trivial)
        #expect(encoded.hasPrefix("$scrypt$ln=4,r=1,p=1$"))
        #expect(try PasswordHash.verify("见微知著 2026", against: encoded))
        #expect(try !PasswordHash.verify("见微知著 2027", against: encoded))
        #expect(try PasswordHash.make("见微知著 2026", cost: .trivial) != encoded)
        #expect(PasswordHash.needsUpgrade(encoded))
        #expect(!PasswordHash.needsUpgrade(encoded, to: .trivial))
    }

    @Test(arguments: ["", "plain", "$scrypt$ln=40,r=8,p=1$AAAA$AAAA", "$scrypt$$AAAA$AAAA", "$scrypt$ln=4,r=1,p=1$AAAA$AAAA"])
    func `what is no hash never matches`(encoded: String) throws { #expect(try !PasswordHash.verify("", against: encoded)) }

    @Test func `a crowd is hashed in turn`() async throws {
        let hasher = PasswordHasher(cost: .trivial)
        let encoded = try await hasher.make("一个密码")
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<20 { group.addTask { try await hasher.verify(index == 0 ? "一个密码" : "别的", against: encoded) == (index == 0) } }
            for try await isRight in group { #expect(isRight) }
        }
    }

    @Test func `beyond its capacity it refuses`() async throws {
        let hasher = PasswordHasher(cost: .trivial, capacity: 0)
        await #expect(throws: (any Error).self) { try await hasher.make("x") }
    }
}
