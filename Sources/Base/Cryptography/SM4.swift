import COpenSSL
import Kernel

/// SM4 (GB/T 32907-2016), keys and initial vectors of 16 bytes. It hides; it does not protect against change: see `KeyRing.seal`.
package enum SM4 {
    /// `cbc` pads with PKCS#7; `ctr` keeps the length and must never meet the same key and vector twice.
    package enum Mode: Sendable { case cbc, ctr }

    /// - Throws: `.invalid` `JW-C010` for a key or vector that is not 16 bytes.
    package static func encrypt(_ bytes: [UInt8], mode: Mode, key: [UInt8], iv: [UInt8]) throws -> [UInt8] {
        try run(bytes, mode, key, iv, encrypts: true)
    }

    /// - Throws: `.invalid` `JW-C010`; `JW-C011` when a CBC text does not end in its padding.
    package static func decrypt(_ bytes: [UInt8], mode: Mode, key: [UInt8], iv: [UInt8]) throws -> [UInt8] {
        try run(bytes, mode, key, iv, encrypts: false)
    }

    private static func run(_ bytes: [UInt8], _ mode: Mode, _ key: [UInt8], _ iv: [UInt8], encrypts: Bool) throws -> [UInt8] {
        guard key.count == 16, iv.count == 16, bytes.count < Int(Int32.max) - 32 else { throw Failure(.invalid, "JW-C010", "SM4 的密钥和初始向量须为 16 字节") }
        let cipher = mode == .cbc ? Algorithms.shared.sm4CBC : Algorithms.shared.sm4CTR
        var length: Int32 = -1
        let out = [UInt8](unsafeUninitializedCapacity: bytes.count + 32) { out, written in
            length = jw_cipher(cipher, encrypts ? 1 : 0, key, iv, bytes, Int32(bytes.count), out.baseAddress)
            written = max(0, Int(length))
        }
        guard length >= 0 else {
            ERR_clear_error()
            throw Failure(.invalid, "JW-C011", "密文已损坏，无法解密")
        }
        return out
    }
}
