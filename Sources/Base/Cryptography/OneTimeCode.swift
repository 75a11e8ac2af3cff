import COpenSSL
import Kernel

/// Time-based one-time codes (RFC 6238) as authenticator programs make them: HMAC-SHA-1, 30 seconds, six digits.
///
/// SHA-1 is what those programs know; as an HMAC over a counter it is not affected by SHA-1's collisions.
package enum OneTimeCode {
    package static let seconds: Int64 = 30
    package static let digits = 6

    /// 20 random bytes, the length RFC 4226 recommends.
    package static func makeSecret() -> [UInt8] { SecureRandom.bytes(20) }

    /// The number of the half minute in which `moment` lies.
    package static func step(at moment: Moment) -> Int64 { moment.milliseconds / 1000 / seconds }

    package static func code(secret: [UInt8], step: Int64, digits: Int = digits) -> String {
        let counter = withUnsafeBytes(of: step.bigEndian) { Array($0) }
        var length = 0
        let tag = [UInt8](unsafeUninitializedCapacity: 64) { out, written in
            length = jw_hmac_any(Algorithms.shared.hmac, "SHA1", secret, secret.count, counter, counter.count, out.baseAddress)
            written = length
        }
        precondition(length == 20, "libcrypto could not compute an HMAC-SHA-1")
        let offset = Int(tag[19] & 15)
        let number = UInt32(tag[offset] & 127) << 24 | UInt32(tag[offset + 1]) << 16 | UInt32(tag[offset + 2]) << 8 | UInt32(tag[offset + 3])
        var modulus: UInt32 = 1
        for _ in 0..<digits { modulus *= 10 }
        let text = String(number % modulus)
        return String(repeating: "0", count: digits - text.count) + text
    }

    /// The half minute whose code was given: the current one or a neighbour, later than `last`, so that a code works once.
    ///
    /// - Returns: nil when the code is wrong, too old or used before.
    package static func matchingStep(_ code: String, secret: [UInt8], at moment: Moment, after last: Int64) -> Int64? {
        let now = step(at: moment)
        return [now, now - 1, now + 1].first { $0 > last && constantTimeEqual(Self.code(secret: secret, step: $0), code) }
    }

    /// What the square code carries (the key URI of authenticator programs).
    package static func address(secret: [UInt8], account: String, issuer: String) -> String {
        func escaped(_ text: String) -> String {
            text.utf8.map { byte -> String in
                let isPlain = (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45 || byte == 46 || byte == 95
                return isPlain ? String(UnicodeScalar(byte)) : "%" + Hex.encode([byte]).uppercased()
            }.joined()
        }
        return "otpauth://totp/\(escaped(issuer)):\(escaped(account))?secret=\(Base32.encode(secret))&issuer=\(escaped(issuer))&algorithm=SHA1&digits=\(digits)&period=\(seconds)"
    }
}

/// Bytes as RFC 4648 base 32 without padding, for secrets that people type.
package enum Base32 {
    private static let alphabet: [UInt8] = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    package static func encode(_ bytes: [UInt8]) -> String {
        var out: [UInt8] = []
        var buffer: UInt32 = 0
        var bits = 0
        for byte in bytes {
            buffer = (buffer << 8 | UInt32(byte)) & 0xFFFFF
            bits += 8
            while bits >= 5 {
                bits -= 5
                out.append(alphabet[Int(buffer >> UInt32(bits) & 31)])
            }
        }
        if bits > 0 { out.append(alphabet[Int(buffer << UInt32(5 - bits) & 31)]) }
        return String(decoding: out, as: UTF8.self)
    }
}
