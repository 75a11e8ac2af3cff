import Cryptography
import Kernel
import Testing

@Suite("Cryptography: keys that sign tokens")
struct TokenKeyTests {
    @Test(arguments: TokenKey.Algorithm.allCases)
    func `a token has three parts, and its key survives being stored`(algorithm: TokenKey.Algorithm) throws {
        let key = try TokenKey.generate(algorithm)
        let token = try key.token(kid: "k1", claims: ["sub": "7"])
        let parts = token.split(separator: ".").map(String.init)
        #expect(parts.count == 3)
        let header = try JSONValue(parsing: try #require(Base64.decodeURL(parts[0])))
        #expect(header["alg"]?.string == algorithm.rawValue)
        #expect(header["kid"]?.string == "k1")
        #expect(Base64.decodeURL(parts[2])?.count == (algorithm == .rs256 ? 256 : 64))
        let again = try TokenKey(pem: key.pem(), algorithm)
        #expect(try again.publicMembers().map(\.value) == key.publicMembers().map(\.value))
    }

    @Test func `an RSA signature checks with the published numbers' key`() throws {
        let key = try RSAPrivateKey.generate()
        let token = try TokenKey(pem: key.pem(), .rs256).token(kid: "k", claims: ["a": 1])
        let signed = token.split(separator: ".").dropLast().joined(separator: ".")
        let signature = try #require(Base64.decodeURL(String(token.split(separator: ".")[2])))
        #expect(try RSAPublicKey(pem: key.publicPEM()).verify(signature: signature, over: Array(signed.utf8)))
    }

    @Test func `an SM2 signature checks under the usual identity, also with the curve's numbers as published`() throws {
        let key = try SM2PrivateKey.generate()
        let made = try TokenKey(pem: key.pem(), .sm2)
        let token = try made.token(kid: "k", claims: ["a": 1])
        let signed = token.split(separator: ".").dropLast().joined(separator: ".")
        let joined = try #require(Base64.decodeURL(String(token.split(separator: ".")[2])))
        #expect(joined.count == 64)
        func number(_ part: ArraySlice<UInt8>) -> [UInt8] {
            let plain = Array(part.drop { $0 == 0 })
            let content = (plain.first ?? 0) >= 0x80 ? [0] + plain : plain
            return [2, UInt8(content.count)] + content
        }
        let numbers = number(joined[0..<32]) + number(joined[32...])
        #expect(try SM2PublicKey(pem: key.publicPEM()).verify(signature: [0x30, UInt8(numbers.count)] + numbers, over: Array(signed.utf8)))
        let members = Dictionary(uniqueKeysWithValues: try made.publicMembers().map { ($0.name, $0.value) })
        #expect(members["crv"] == "SM2" && Base64.decodeURL(members["x"] ?? "")?.count == 32 && Base64.decodeURL(members["y"] ?? "")?.count == 32)
    }

    @Test func `coordinates of a curve have full length`() throws {
        for _ in 0..<8 {
            let members = try TokenKey.generate(.es256).publicMembers()
            for name in ["x", "y"] { #expect(members.first { $0.name == name }.flatMap { Base64.decodeURL($0.value) }?.count == 32) }
        }
    }
}
