import COpenSSL
import Kernel
import Synchronization

/// A gate system's RSA key, parsed once. Verifying (SHA256withRSA, PKCS#1 v1.5, "RSA2") is on the hottest path: about 20 µs of arithmetic, so prepared
/// contexts are kept and lent to one thread each.
///
/// Unchecked: the contexts are only reached under `spare`'s lock, and a lent one belongs to its borrower.
package final class RSAPublicKey: @unchecked Sendable {
    private struct Context: @unchecked Sendable { let pointer: OpaquePointer }

    private let key: KeyHandle
    private let spare = Mutex<[Context]>([])
    /// SHA-256 of the DER subject public key info, in hexadecimal digits.
    package let fingerprint: String

    /// - Throws: `.invalid` `JW-C001` for what is no key, `JW-C004` for another kind, `JW-C005` below 2048 bits.
    package convenience init(pem: String) throws { try self.init(KeyHandle.publicKey(pem: pem)) }

    init(_ key: KeyHandle) throws {
        guard key.isRSA else { throw Failure(.invalid, "JW-C004", "不是 RSA 公钥") }
        guard key.bits >= 2048 else { throw Failure(.invalid, "JW-C005", "RSA 密钥仅 \(key.bits) 位，须不少于 2048 位") }
        self.key = key
        fingerprint = SHA256.hash(try key.publicDER()).hex
    }

    deinit { spare.withLock { contexts in contexts.forEach { EVP_PKEY_CTX_free($0.pointer) } } }

    package var bits: Int { key.bits }
    package func pem() throws -> String { PEM.encode(try key.publicDER(), label: "PUBLIC KEY") }

    /// Whether the owner of the private key signed `bytes`; a signature of a wrong length is simply false.
    package func verify(signature: [UInt8], over bytes: UnsafeRawBufferPointer) -> Bool { verify(signature: signature, of: SHA256.hash(bytes)) }
    package func verify(signature: [UInt8], over bytes: [UInt8]) -> Bool { verify(signature: signature, of: SHA256.hash(bytes)) }

    /// The same for a SHA-256 digest that was computed before.
    package func verify(signature: [UInt8], of digest: Digest) -> Bool {
        guard let context = borrow() else { return false }
        let result = digest.withUnsafeBytes { raw -> Int32 in
            EVP_PKEY_verify(context.pointer, signature, signature.count, raw.bindMemory(to: UInt8.self).baseAddress, raw.count)
        }
        if result != 1 { ERR_clear_error() }
        spare.withLock { $0.append(context) }
        return result == 1
    }

    private func borrow() -> Context? {
        if let context = spare.withLock({ $0.popLast() }) { return context }
        return jw_rsa_verifier(key.pointer, Algorithms.shared.sha256).map(Context.init)
    }
}

/// The other half, for Jianwei's own signatures, the demo's gates and tests.
package final class RSAPrivateKey: Sendable {
    private let key: KeyHandle

    /// - Throws: `.unexpected` `JW-C002`.
    package static func generate(bits: Int = 2048) throws -> RSAPrivateKey { RSAPrivateKey(try KeyHandle.generate("RSA", bits: Int32(bits))) }

    /// - Throws: `.invalid` `JW-C001`, `JW-C004`.
    package convenience init(pem: String) throws {
        let key = try KeyHandle.privateKey(pem: pem)
        guard key.isRSA else { throw Failure(.invalid, "JW-C004", "不是 RSA 私钥") }
        self.init(key)
    }

    private init(_ key: KeyHandle) { self.key = key }

    /// PKCS#8; a secret.
    package func pem() throws -> String { PEM.encode(try key.privateDER(), label: "PRIVATE KEY") }
    package func publicPEM() throws -> String { PEM.encode(try key.publicDER(), label: "PUBLIC KEY") }

    /// SHA256withRSA, PKCS#1 v1.5.
    package func sign(_ bytes: [UInt8]) throws -> [UInt8] {
        var length = key.bits / 8
        var done: Int32 = 0
        let signature = [UInt8](unsafeUninitializedCapacity: length) { out, written in
            done = jw_rsa_sign(key.pointer, bytes, bytes.count, out.baseAddress, &length)
            written = done == 1 ? length : 0
        }
        guard done == 1 else {
            ERR_clear_error()
            throw Failure(.unexpected, "JW-C006", "签名失败")
        }
        return signature
    }
}
