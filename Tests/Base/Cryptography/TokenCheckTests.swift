import Cryptography
import Kernel
import Testing

@Suite("Cryptography: tokens that somebody else signed")
struct TokenCheckTests {
    private func keySet(_ key: TokenKey, kid: String = "k1") throws -> JSONValue {
        let members =
            try key.publicMembers().map { (name: $0.name, value: JSONValue.string($0.value)) } + [("kid", .string(kid)), ("alg", .string(key.algorithm.rawValue)), ("use", "sig")]
        return ["keys": .array([.object(JSONObject(members))])]
    }

    private func code(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch let failure as Failure { return failure.code } catch { return "\(error)" }
    }

    @Test(arguments: TokenKey.Algorithm.allCases)
    func `a good token opens, a changed one does not`(algorithm: TokenKey.Algorithm) throws {
        let key = try TokenKey.generate(algorithm)
        let token = try key.token(kid: "k1", claims: ["sub": "7"])
        #expect(try TokenCheck.claims(of: token, keys: keySet(key))["sub"]?.string == "7")
        let parts = token.split(separator: ".").map(String.init)
        let other = Base64.encodeURL(Array("{\"sub\":\"8\"}".utf8))
        let forged = try TokenKey.generate(algorithm).token(kid: "k1", claims: ["sub": "7"])
        for wrong in ["\(parts[0]).\(other).\(parts[2])", "\(parts[0]).\(parts[1]).", "\(parts[0]).\(parts[1])", "", "a.b.c", forged] {
            #expect(code { _ = try TokenCheck.claims(of: wrong, keys: keySet(key)) } == "JW-C008")
        }
        #expect(code { _ = try TokenCheck.claims(of: token, keys: keySet(key, kid: "k2")) } == "JW-C008")
        #expect(code { _ = try TokenCheck.claims(of: token, keys: ["keys": []]) } == "JW-C008")
    }

    @Test(arguments: ["none", "HS256", "rs256", "RS512"])
    func `only algorithms of keys count`(algorithm: String) throws {
        let key = try TokenKey.generate(.rs256)
        let head = Base64.encodeURL(Array("{\"alg\":\"\(algorithm)\",\"kid\":\"k1\"}".utf8)), body = Base64.encodeURL(Array("{\"sub\":\"7\"}".utf8))
        #expect(code { _ = try TokenCheck.claims(of: "\(head).\(body).", keys: keySet(key)) } == "JW-C008")
        #expect(code { _ = try TokenCheck.claims(of: "\(head).\(body).\(body)", keys: keySet(key)) } == "JW-C008")
    }

    @Test func `a key of one kind does not check another's token`() throws {
        let curve = try TokenKey.generate(.es256), national = try TokenKey.generate(.sm2)
        let token = try curve.token(kid: "k1", claims: ["sub": "7"])
        #expect(code { _ = try TokenCheck.claims(of: token, keys: keySet(national)) } == "JW-C008")
    }
}
