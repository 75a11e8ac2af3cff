import COpenSSL
import Kernel

/// What a browser gives out when it allows notices: its public key and the secret that it shares with whoever may write to it (RFC 8291 §2).
package struct PushReceiver: Sendable, Equatable {
    /// A point of P-256, uncompressed: 65 bytes.
    package let point: [UInt8]
    /// 16 bytes.
    package let secret: [UInt8]

    /// Both as base64url, as `PushSubscription.toJSON()` writes them.
    ///
    /// - Returns: nil for what is no point of the curve or no secret.
    package init?(p256dh: String, auth: String) {
        guard let point = Base64.decodeURL(p256dh), let secret = Base64.decodeURL(auth), secret.count == 16, (try? AgreementKey.peer(point)) != nil else { return nil }
        self.point = point
        self.secret = secret
    }
}

/// A key on P-256 that agrees on a secret with another one (ECDH); made for one message.
package final class AgreementKey: Sendable {
    private static let publicHead = [UInt8](hexadecimal: "3059301306072a8648ce3d020106082a8648ce3d030107034200")
    private static let privateHead = [UInt8](hexadecimal: "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420")
    private static let privateMiddle = [UInt8](hexadecimal: "a144034200")

    /// Uncompressed: 65 bytes.
    package let point: [UInt8]
    private let key: KeyHandle

    /// - Throws: `.unexpected` `JW-C002`.
    package static func generate() throws -> AgreementKey { try AgreementKey(try KeyHandle.generate("EC", bits: 0)) }

    /// A key as the examples of standards write it.
    ///
    /// - Parameters:
    ///   - number: 32 bytes.
    ///   - point: its public half.
    /// - Throws: `.invalid` `JW-C001`.
    package convenience init(number: [UInt8], point: [UInt8]) throws {
        try self.init(KeyHandle.privateKey(pem: PEM.encode(Self.privateHead + number + Self.privateMiddle + point, label: "PRIVATE KEY")))
    }

    private init(_ key: KeyHandle) throws {
        self.key = key
        point = Array(try key.publicDER().suffix(65))
    }

    /// - Throws: `.invalid` `JW-C001` for what is no point of the curve.
    static func peer(_ point: [UInt8]) throws -> KeyHandle {
        guard point.count == 65, point[0] == 4 else { throw PEM.unreadable("不是 P-256 曲线上的点") }
        return try KeyHandle.publicKey(pem: PEM.encode(publicHead + point, label: "PUBLIC KEY"))
    }

    /// The 32 bytes that both sides come to.
    func agree(with point: [UInt8]) throws -> [UInt8] {
        let peer = try Self.peer(point)
        guard let context = EVP_PKEY_CTX_new_from_pkey(nil, key.pointer, nil) else { throw Self.failed }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_derive_init(context) == 1, EVP_PKEY_derive_set_peer(context, peer.pointer) == 1 else { throw Self.failed }
        var length = 32
        var done: Int32 = 0
        let secret = [UInt8](unsafeUninitializedCapacity: length) { out, written in
            done = EVP_PKEY_derive(context, out.baseAddress, &length)
            written = done == 1 ? length : 0
        }
        guard secret.count == 32 else { throw Self.failed }
        return secret
    }

    private static var failed: Failure {
        ERR_clear_error()
        return Failure(.unexpected, "JW-C050", "密钥协商失败")
    }
}

/// Message encryption for Web Push (RFC 8291): the two keys and the receiver's secret give the key of one record of `aes128gcm` (RFC 8188).
///
///     0      salt, 16 bytes
///     16     record size, 4 bytes, big-endian: 4096
///     20     length of the key's id: 65
///     21     the sender's public key, 65 bytes
///     86     text, 0x02, tag of 16 bytes, under AES-128-GCM
package enum PushCipher {
    /// Longer texts do not fit into the 4096 bytes that every push service takes.
    package static let longest = 3_993

    /// - Throws: `.invalid` `JW-C051` for a text that is too long; `.unexpected` `JW-C050`.
    package static func seal(_ text: [UInt8], for receiver: PushReceiver) throws -> [UInt8] {
        try seal(text, for: receiver, salt: SecureRandom.bytes(16), sender: AgreementKey.generate())
    }

    /// The same with what is random given, for the standard's example.
    package static func seal(_ text: [UInt8], for receiver: PushReceiver, salt: [UInt8], sender: AgreementKey) throws -> [UInt8] {
        guard text.count <= longest else { throw Failure(.invalid, "JW-C051", "推送内容过长") }
        let shared = mac(receiver.secret, try sender.agree(with: receiver.point))
        let input = expand(shared, Array("WebPush: info\0".utf8) + receiver.point + sender.point, 32)
        let extracted = mac(salt, input)
        let key = expand(extracted, Array("Content-Encoding: aes128gcm\0".utf8), 16)
        let nonce = expand(extracted, Array("Content-Encoding: nonce\0".utf8), 12)
        return salt + [0, 0, 16, 0, 65] + sender.point + (try AES128GCM.seal(text + [2], key: key, nonce: nonce))
    }

    private static func mac(_ key: [UInt8], _ bytes: [UInt8]) -> [UInt8] { HMAC.tag(.sha256, key: key, over: bytes).bytes }

    /// HKDF-Expand (RFC 5869) for 32 bytes at most: one block.
    private static func expand(_ key: [UInt8], _ info: [UInt8], _ length: Int) -> [UInt8] { Array(mac(key, info + [1]).prefix(length)) }
}

/// AES-128 in Galois/Counter mode (NIST SP 800-38D); a key and nonce must never meet two texts.
enum AES128GCM {
    /// The text's cipher and behind it the tag of 16 bytes.
    static func seal(_ bytes: [UInt8], key: [UInt8], nonce: [UInt8]) throws -> [UInt8] {
        precondition(key.count == 16 && nonce.count == 12, "AES-128-GCM takes a key of 16 and a nonce of 12 bytes")
        guard let context = EVP_CIPHER_CTX_new() else { throw failed }
        defer { EVP_CIPHER_CTX_free(context) }
        guard EVP_CipherInit_ex2(context, EVP_aes_128_gcm(), key, nonce, 1, nil) == 1 else { throw failed }
        var isDone = false
        let out = [UInt8](unsafeUninitializedCapacity: bytes.count + 16) { out, count in
            var written: Int32 = 0, last: Int32 = 0
            guard let base = out.baseAddress, EVP_CipherUpdate(context, base, &written, bytes, Int32(bytes.count)) == 1, Int(written) == bytes.count,
                EVP_CipherFinal_ex(context, base + bytes.count, &last) == 1, EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, base + bytes.count) == 1
            else { return }
            isDone = true
            count = bytes.count + 16
        }
        guard isDone else { throw failed }
        return out
    }

    private static var failed: Failure {
        ERR_clear_error()
        return Failure(.unexpected, "JW-C052", "加密失败")
    }
}

extension [UInt8] {
    /// Of a constant that is written in this file.
    fileprivate init(hexadecimal text: String) {
        guard let bytes = Hex.decode(text) else { preconditionFailure("“\(text)” is not hexadecimal") }
        self = bytes
    }
}
