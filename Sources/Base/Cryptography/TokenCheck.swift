import COpenSSL
import Kernel

/// Checks a compact token (RFC 7515) that somebody else signed with RS256, ES256 or SM2 (as `TokenKey` writes it), against the key set that they publish (RFC 7517).
///
/// The algorithm is that of the key, never only what the token says of itself: `none`, and a public key used as a shared secret, find no key.
package enum TokenCheck {
    /// - Returns: the claims; whether they are good is for the caller to judge.
    /// - Throws: `.unauthenticated` `JW-C008` for a token of another form or algorithm, an unknown key, or a signature that does not fit.
    package static func claims(of token: String, keys: JSONValue) throws -> JSONValue {
        let parts = token.utf8.count <= 16_384 ? token.split(separator: ".", omittingEmptySubsequences: false).map(String.init) : []
        guard parts.count == 3, let head = Base64.decodeURL(parts[0]).flatMap({ try? JSONValue(parsing: $0) }),
            let body = Base64.decodeURL(parts[1]).flatMap({ try? JSONValue(parsing: $0) }),
            let signature = Base64.decodeURL(parts[2])
        else { throw wrong("not a signed token") }
        guard let algorithm = head["alg"]?.string.flatMap(TokenKey.Algorithm.init), head["crit"] == nil else { throw wrong("alg \(head["alg"]?.string ?? "none")") }
        let kid = head["kid"]?.string
        let candidates = (keys["keys"]?.array ?? []).filter { key in
            fits(key, algorithm) && (kid == nil || key["kid"]?.string == kid) && (key["use"]?.string ?? "sig") == "sig"
                && (key["alg"]?.string ?? algorithm.rawValue) == algorithm.rawValue
        }
        let signed = Array("\(parts[0]).\(parts[1])".utf8)
        for key in candidates.prefix(10) where try verifies(signature, over: signed, key, algorithm) { return body }
        throw wrong(candidates.isEmpty ? "no key \(kid ?? "")" : "signature")
    }

    private static func fits(_ key: JSONValue, _ algorithm: TokenKey.Algorithm) -> Bool {
        switch algorithm {
        case .rs256: key["kty"]?.string == "RSA"
        case .es256: key["kty"]?.string == "EC" && key["crv"]?.string == "P-256"
        case .sm2: key["kty"]?.string == "EC" && key["crv"]?.string == "SM2"
        }
    }

    private static func verifies(_ signature: [UInt8], over bytes: [UInt8], _ key: JSONValue, _ algorithm: TokenKey.Algorithm) throws -> Bool {
        func number(_ name: String) -> [UInt8]? { key[name]?.string.flatMap(Base64.decodeURL) }
        switch algorithm {
        case .rs256:
            guard let modulus = number("n"), let exponent = number("e"), modulus.count <= 1024, exponent.count <= 8 else { return false }
            let content = integer(modulus) + integer(exponent)
            return try RSAPublicKey(pem: PEM.encode([0x30] + length(content.count) + content, label: "RSA PUBLIC KEY")).verify(signature: signature, over: bytes)
        case .es256, .sm2:
            guard let x = number("x"), let y = number("y"), x.count == 32, y.count == 32, signature.count == 64 else { return false }
            let head = algorithm == .sm2 ? sm2Head : p256Head
            let pem = PEM.encode(head + [4] + x + y, label: "PUBLIC KEY")
            let content = integer(Array(signature[..<32])) + integer(Array(signature[32...]))
            let der = [0x30] + length(content.count) + content
            if algorithm == .sm2 { return try SM2PublicKey(pem: pem).verify(signature: der, over: bytes) }
            let handle = try KeyHandle.publicKey(pem: pem)
            let isGood = jw_sha256_verify(handle.pointer, bytes, bytes.count, der, der.count) == 1
            if !isGood { ERR_clear_error() }
            return isGood
        }
    }

    /// Subject public key info up to the point: `ecPublicKey` with the curve.
    private static let p256Head: [UInt8] = [0x30, 0x59, 0x30, 0x13, 6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1, 6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7, 3, 0x42, 0]
    private static let sm2Head: [UInt8] = [0x30, 0x59, 0x30, 0x13, 6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1, 6, 8, 0x2A, 0x81, 0x1C, 0xCF, 0x55, 1, 0x82, 0x2D, 3, 0x42, 0]

    private static func integer(_ number: [UInt8]) -> [UInt8] {
        let plain = Array(number.drop { $0 == 0 })
        let content = (plain.first ?? 0x80) >= 0x80 ? [0] + plain : plain
        return [2] + length(content.count) + content
    }

    private static func length(_ count: Int) -> [UInt8] {
        if count < 0x80 { return [UInt8(count)] }
        return count < 0x100 ? [0x81, UInt8(count)] : [0x82, UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count)]
    }

    private static func wrong(_ cause: String) -> Failure { Failure(.unauthenticated, "JW-C008", "对方的身份令牌无效", cause: cause) }
}
