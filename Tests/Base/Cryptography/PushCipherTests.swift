import Cryptography
import Kernel
import Testing

@Suite("Cryptography: messages for Web Push")
struct PushCipherTests {
    static let receiver = PushReceiver(
        p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", auth: "BTBZMqHH6r4Tts7J_aSIgg")

    /// RFC 8291 §5.
    @Test func `the standard's example`() throws {
        let receiver = try #require(Self.receiver)
        let sender = try AgreementKey(
            number: #require(Base64.decodeURL("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")),
            point: #require(Base64.decodeURL("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8")))
        let salt = try #require(Base64.decodeURL("DGv6ra1nlYgDCS1FRnbzlw"))
        let sealed = try PushCipher.seal(Array("When I grow up, I want to be a watermelon".utf8), for: receiver, salt: salt, sender: sender)
        #expect(
            Base64.encodeURL(sealed)
                == "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        )
    }

    @Test func `two messages have nothing in common, the longest just fits`() throws {
        let receiver = try #require(Self.receiver)
        let text = [UInt8](repeating: 7, count: PushCipher.longest)
        let (one, other) = (try PushCipher.seal(text, for: receiver), try PushCipher.seal(text, for: receiver))
        #expect(one.count == 4096)
        #expect(one[0..<16] != other[0..<16] && one[21..<86] != other[21..<86])
        #expect(throws: Failure.self) { try PushCipher.seal(text + [7], for: receiver) }
    }

    @Test(arguments: [
        ("", "BTBZMqHH6r4Tts7J_aSIgg"), ("BCVxsr7N", "BTBZMqHH6r4Tts7J_aSIgg"),
        // The example's point with its last byte changed lies on no curve.
        ("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw8", "BTBZMqHH6r4Tts7J_aSIgg"),
        ("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", "BTBZMqHH6r4"),
    ])
    func `what is no key is refused`(p256dh: String, auth: String) { #expect(PushReceiver(p256dh: p256dh, auth: auth) == nil) }

    @Test func `a token without a key's name`() throws {
        let key = try TokenKey.generate(.es256)
        let parts = try key.token(kid: nil, claims: ["aud": "https://push.example"]).split(separator: ".").map(String.init)
        #expect(try JSONValue(parsing: #require(Base64.decodeURL(parts[0]))) == ["alg": "ES256", "typ": "JWT"])
    }
}
