import COpenSSL
import Kernel

/// The user identity that GM/T 0009 prescribes where both sides agreed on no other.
private let usualIdentity = "1234567812345678"

/// An SM2 key (GB/T 32918), parsed once. Signatures are DER `SEQUENCE(r, s)` over SM3 with the usual user identity (GM/T 0009).
package final class SM2PublicKey: Sendable {
    private let key: KeyHandle
    /// SHA-256 of the DER subject public key info, in hexadecimal digits.
    package let fingerprint: String

    /// - Throws: `.invalid` `JW-C001` for what is no key, `JW-C004` for another kind.
    package convenience init(pem: String) throws { try self.init(KeyHandle.publicKey(pem: pem)) }

    init(_ key: KeyHandle) throws {
        guard key.isSM2 else { throw Failure(.invalid, "JW-C004", "不是 SM2 公钥") }
        self.key = key
        fingerprint = SHA256.hash(try key.publicDER()).hex
    }

    package func pem() throws -> String { PEM.encode(try key.publicDER(), label: "PUBLIC KEY") }

    /// Whether the owner of the private key signed `bytes`.
    package func verify(signature: [UInt8], over bytes: [UInt8]) -> Bool {
        var signature = signature
        var length = signature.count
        let good = jw_sm2(key.pointer, 0, usualIdentity, bytes, bytes.count, &signature, &length)
        if good != 1 { ERR_clear_error() }
        return good == 1
    }
}

/// The other half, for Jianwei's own signatures, the demo's gates and tests.
package final class SM2PrivateKey: Sendable {
    private let key: KeyHandle

    /// - Throws: `.unexpected` `JW-C002`.
    package static func generate() throws -> SM2PrivateKey { SM2PrivateKey(try KeyHandle.generate("SM2", bits: 0)) }

    /// - Throws: `.invalid` `JW-C001`, `JW-C004`.
    package convenience init(pem: String) throws {
        let key = try KeyHandle.privateKey(pem: pem)
        guard key.isSM2 else { throw Failure(.invalid, "JW-C004", "不是 SM2 私钥") }
        self.init(key)
    }

    private init(_ key: KeyHandle) { self.key = key }

    /// PKCS#8; a secret.
    package func pem() throws -> String { PEM.encode(try key.privateDER(), label: "PRIVATE KEY") }
    package func publicPEM() throws -> String { PEM.encode(try key.publicDER(), label: "PUBLIC KEY") }

    package func sign(_ bytes: [UInt8]) throws -> [UInt8] {
        var length = 80
        var done: Int32 = 0
        let signature = [UInt8](unsafeUninitializedCapacity: length) { out, written in
            done = jw_sm2(key.pointer, 1, usualIdentity, bytes, bytes.count, out.baseAddress, &length)
            written = done == 1 ? length : 0
        }
        guard done == 1 else {
            ERR_clear_error()
            throw Failure(.unexpected, "JW-C006", "签名失败")
        }
        return signature
    }
}
