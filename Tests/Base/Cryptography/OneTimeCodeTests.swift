import Cryptography
import Kernel
import Testing

@Suite("Cryptography: one-time codes")
struct OneTimeCodeTests {
    static let secret = Array("12345678901234567890".utf8)

    @Test(arguments: [
        (Int64(59), "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"), (1_234_567_890, "89005924"), (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
    ])
    func `RFC 6238 appendix B`(seconds: Int64, code: String) {
        #expect(OneTimeCode.code(secret: Self.secret, step: seconds / 30, digits: 8) == code)
    }

    @Test func `a code counts in its half minute and the neighbours, once`() {
        let moment = Moment(seconds: 1_800_000_015)
        let step = OneTimeCode.step(at: moment)
        for apart: Int64 in -3...3 {
            let code = OneTimeCode.code(secret: Self.secret, step: step + apart)
            #expect(OneTimeCode.matchingStep(code, secret: Self.secret, at: moment, after: 0) == (abs(apart) <= 1 ? step + apart : nil))
        }
        #expect(OneTimeCode.matchingStep(OneTimeCode.code(secret: Self.secret, step: step), secret: Self.secret, at: moment, after: step) == nil)
    }

    @Test(arguments: [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI")])
    func `base 32, RFC 4648`(text: String, encoded: String) { #expect(Base32.encode(Array(text.utf8)) == encoded) }

    @Test func `the key address is escaped`() {
        let address = OneTimeCode.address(secret: Array("foobar".utf8), account: "a b", issuer: "见微")
        #expect(address == "otpauth://totp/%E8%A7%81%E5%BE%AE:a%20b?secret=MZXW6YTBOI&issuer=%E8%A7%81%E5%BE%AE&algorithm=SHA1&digits=6&period=30")
    }
}
