import COpenSSL
import Kernel

/// A parsed key of libcrypto, freed with its last owner.
///
/// Unchecked: an EVP_PKEY is never changed after parsing, and libcrypto guards its own caches inside it with a lock.
final class KeyHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes over the pointer.
    private init(owning pointer: OpaquePointer) { self.pointer = pointer }

    deinit { EVP_PKEY_free(pointer) }

    /// `PUBLIC KEY` (SPKI), `RSA PUBLIC KEY` (PKCS#1), or either without its envelope.
    static func publicKey(pem: String) throws -> KeyHandle {
        let (label, der) = try PEM.decode(pem)
        guard label == "" || label == "PUBLIC KEY" || label == "RSA PUBLIC KEY" else { throw PEM.unreadable("是“\(label)”，不是公钥") }
        if label != "RSA PUBLIC KEY", let key = parse(der, d2i_PUBKEY) { return key }
        if label != "PUBLIC KEY", let key = parse(der, { d2i_PublicKey(EVP_PKEY_RSA, $0, $1, $2) }) { return key }
        throw PEM.unreadable("公钥的 DER 内容有误")
    }

    /// `PRIVATE KEY` (PKCS#8), unencrypted, or a traditional envelope.
    static func privateKey(pem: String) throws -> KeyHandle {
        let (_, der) = try PEM.decode(pem)
        guard let key = parse(der, { d2i_AutoPrivateKey($0, $1, $2) }) else { throw PEM.unreadable("私钥的 DER 内容有误或已加密") }
        return key
    }

    static func generate(_ kind: String, bits: Int32) throws -> KeyHandle {
        guard let pointer = jw_generate(kind, bits) else {
            ERR_clear_error()
            throw Failure(.unexpected, "JW-C002", "密钥生成失败", cause: kind)
        }
        return KeyHandle(owning: pointer)
    }

    private typealias Parse = (UnsafeMutablePointer<OpaquePointer?>?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?, Int) -> OpaquePointer?

    /// Nil unless the whole of `der` is one key.
    private static func parse(_ der: [UInt8], _ function: Parse) -> KeyHandle? {
        der.withUnsafeBufferPointer { buffer in
            var at = buffer.baseAddress
            guard let pointer = function(nil, &at, buffer.count) else {
                ERR_clear_error()
                return nil
            }
            let key = KeyHandle(owning: pointer)
            return at == buffer.baseAddress?.advanced(by: buffer.count) ? key : nil
        }
    }

    var isRSA: Bool { EVP_PKEY_is_a(pointer, "RSA") == 1 }
    var isSM2: Bool { EVP_PKEY_is_a(pointer, "SM2") == 1 }
    var bits: Int { Int(EVP_PKEY_get_bits(pointer)) }

    /// Subject public key info, DER.
    func publicDER() throws -> [UInt8] { try der { i2d_PUBKEY(pointer, $0) } }
    /// PKCS#8, DER.
    func privateDER() throws -> [UInt8] { try der { jw_pkcs8(pointer, $0) } }

    private func der(_ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>) -> Int32) throws -> [UInt8] {
        var out: UnsafeMutablePointer<UInt8>?
        let length = write(&out)
        defer { jw_free(out) }
        guard length > 0, let out else {
            ERR_clear_error()
            throw Failure(.unexpected, "JW-C003", "密钥导出失败")
        }
        return Array(UnsafeBufferPointer(start: out, count: Int(length)))
    }
}
