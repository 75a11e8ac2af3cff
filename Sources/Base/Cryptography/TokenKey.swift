import COpenSSL
import Kernel

/// A key that signs tokens for others to check: RS256 (RSA 2048, PKCS#1 v1.5) or ES256 (P-256), RFC 7518; or SM2 over SM3 with the usual user identity (GM/T 0009), which no RFC names: `alg` and `crv` are
/// `SM2`, the signature is r and s in 64 bytes as of ES256.
package final class TokenKey: Sendable {
    package enum Algorithm: String, Sendable, CaseIterable { case rs256 = "RS256", es256 = "ES256", sm2 = "SM2" }

    package let algorithm: Algorithm
    private let key: KeyHandle

    /// - Throws: `.unexpected` `JW-C002`.
    package static func generate(_ algorithm: Algorithm) throws -> TokenKey {
        switch algorithm {
        case .rs256: TokenKey(algorithm, try KeyHandle.generate("RSA", bits: 2048))
        case .es256: TokenKey(algorithm, try KeyHandle.generate("EC", bits: 0))
        case .sm2: TokenKey(algorithm, try KeyHandle.generate("SM2", bits: 0))
        }
    }

    /// - Throws: `.invalid` `JW-C001`.
    package convenience init(pem: String, _ algorithm: Algorithm) throws { self.init(algorithm, try KeyHandle.privateKey(pem: pem)) }

    private init(_ algorithm: Algorithm, _ key: KeyHandle) {
        self.algorithm = algorithm
        self.key = key
    }

    /// PKCS#8; a secret.
    package func pem() throws -> String { PEM.encode(try key.privateDER(), label: "PRIVATE KEY") }

    /// The public members of its JSON Web Key (RFC 7517), beside `kid`, `alg` and `use`.
    package func publicMembers() throws -> [(name: String, value: String)] {
        switch algorithm {
        case .rs256: [("kty", "RSA"), ("n", Base64.encodeURL(try number("n", length: nil))), ("e", Base64.encodeURL(try number("e", length: nil)))]
        case .es256, .sm2:
            [
                ("kty", "EC"), ("crv", algorithm == .sm2 ? "SM2" : "P-256"), ("x", Base64.encodeURL(try number("qx", length: 32))),
                ("y", Base64.encodeURL(try number("qy", length: 32))),
            ]
        }
    }

    /// A compact token (RFC 7515): header, claims, signature.
    ///
    /// - Parameter kid: nil where whoever checks is told the key itself (RFC 8292).
    package func token(kid: String?, claims: JSONValue) throws -> String {
        var header: [(name: String, value: JSONValue)] = [("alg", .string(algorithm.rawValue)), ("typ", "JWT")]
        if let kid { header.insert(("kid", .string(kid)), at: 1) }
        let signed = "\(Base64.encodeURL(JSONValue.object(JSONObject(header)).bytes)).\(Base64.encodeURL(claims.bytes))"
        return "\(signed).\(Base64.encodeURL(try sign(Array(signed.utf8))))"
    }

    private func sign(_ bytes: [UInt8]) throws -> [UInt8] {
        if algorithm == .sm2 {
            guard let joined = Self.joined(try SM2PrivateKey(pem: pem()).sign(bytes)) else { throw Failure(.unexpected, "JW-C006", "签名失败") }
            return joined
        }
        var length = algorithm == .rs256 ? key.bits / 8 : 80
        var done: Int32 = 0
        let signature = [UInt8](unsafeUninitializedCapacity: length) { out, written in
            done = jw_rsa_sign(key.pointer, bytes, bytes.count, out.baseAddress, &length)
            written = done == 1 ? length : 0
        }
        guard done == 1, let joined = algorithm == .rs256 ? signature : Self.joined(signature) else {
            ERR_clear_error()
            throw Failure(.unexpected, "JW-C006", "签名失败")
        }
        return joined
    }

    private func number(_ name: String, length: Int?) throws -> [UInt8] {
        var size = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: 512) { out, written in
            size = Int(jw_number(key.pointer, name, out.baseAddress, 512))
            written = max(0, size)
        }
        guard size > 0 else { throw Failure(.unexpected, "JW-C003", "密钥导出失败") }
        return Array(repeating: 0, count: max(0, (length ?? 0) - bytes.count)) + bytes
    }

    /// DER `SEQUENCE(r, s)` as the 64 bytes that JOSE wants; nil for anything else.
    private static func joined(_ der: [UInt8]) -> [UInt8]? {
        guard der.count > 8, der[0] == 0x30, Int(der[1]) == der.count - 2 else { return nil }
        var at = 2
        var out: [UInt8] = []
        for _ in 0..<2 {
            guard at + 2 <= der.count, der[at] == 2, at + 2 + Int(der[at + 1]) <= der.count else { return nil }
            let number = der[(at + 2)..<(at + 2 + Int(der[at + 1]))].drop { $0 == 0 }
            guard number.count <= 32 else { return nil }
            out += Array(repeating: 0, count: 32 - number.count) + number
            at += 2 + Int(der[at + 1])
        }
        return out
    }
}
