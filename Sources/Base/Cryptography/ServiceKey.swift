import COpenSSL
import Kernel

/// A private key of the cryptographic services: SM2 to sign and to open envelopes, or P-256 to stamp times, which libcrypto cannot with SM2 (decision 0075).
package final class ServiceKey: Sendable {
    package enum Kind: String, Sendable { case sm2 = "SM2", p256 = "EC" }
    package enum Use: Int32, Sendable { case sign = 0, envelope = 1, stamp = 2 }

    private let key: KeyHandle
    package let kind: Kind

    /// - Throws: `.unexpected` `JW-C002`.
    package static func generate(_ kind: Kind) throws -> ServiceKey { ServiceKey(try KeyHandle.generate(kind.rawValue, bits: 0), kind) }

    /// - Throws: `.invalid` `JW-C001`.
    package convenience init(pem: String) throws {
        let key = try KeyHandle.privateKey(pem: pem)
        self.init(key, key.isSM2 ? .sm2 : .p256)
    }

    private init(_ key: KeyHandle, _ kind: Kind) {
        self.key = key
        self.kind = kind
    }

    /// PKCS#8; a secret.
    package func pem() throws -> String { PEM.encode(try key.privateDER(), label: "PRIVATE KEY") }
    package func publicPEM() throws -> String { PEM.encode(try key.publicDER(), label: "PUBLIC KEY") }

    /// A certificate that the key gives itself, PEM.
    ///
    /// - Throws: `.unexpected` `JW-C008`.
    package func certificate(name: String, serial: Int64, from: Moment, until: Moment, use: Use) throws -> String {
        var out: UnsafeMutablePointer<UInt8>?
        let length = jw_own_certificate(
            key.pointer, kind == .sm2 ? 1 : 0, name, Int(serial), Int(from.milliseconds / 1000), Int(until.milliseconds / 1000), use.rawValue, &out)
        defer { jw_free(out) }
        guard length > 0, let out else {
            ERR_clear_error()
            throw Failure(.unexpected, "JW-C008", "证书生成失败")
        }
        return PEM.encode(Array(UnsafeBufferPointer(start: out, count: Int(length))), label: "CERTIFICATE")
    }

    /// SM2 over SM3, DER.
    package func sign(_ bytes: [UInt8]) throws -> [UInt8] { try SM2PrivateKey(pem: pem()).sign(bytes) }

    /// What was encrypted for the public half (`SM2Cipher.encrypt`).
    ///
    /// - Throws: `.invalid` `JW-C041` for what was not, or was changed.
    package func decrypt(_ cipher: [UInt8]) throws -> [UInt8] { try SM2Cipher.run(key, cipher, encrypts: false) }

    /// The answer (RFC 3161, DER) to a request (DER); a request that cannot be served gets an answer that says why.
    ///
    /// - Throws: `.invalid` `JW-C042` for what is no request at all.
    package func stamp(_ query: [UInt8], certificate pem: String, policy: String, serial: Int64, at moment: Moment) throws -> [UInt8] {
        try TimeStamp.withCertificate(pem) { certificate in
            var out: UnsafeMutablePointer<UInt8>?
            let length = jw_time_stamp(query, query.count, key.pointer, certificate, policy, Int(serial), Int(moment.milliseconds / 1000), &out)
            defer { jw_free(out) }
            ERR_clear_error()
            guard length > 0, let out else { throw Failure(.invalid, "JW-C042", "不是 RFC 3161 时间戳请求") }
            return Array(UnsafeBufferPointer(start: out, count: Int(length)))
        }
    }
}

/// Encryption with an SM2 public key (GB/T 32918.4): short secrets such as an envelope's key.
package enum SM2Cipher {
    /// DER `SEQUENCE(x, y, hash, cipher)` (GM/T 0009).
    ///
    /// - Throws: `.invalid` `JW-C001`, `JW-C004`, `JW-C041`.
    package static func encrypt(_ bytes: [UInt8], for publicPEM: String) throws -> [UInt8] {
        let key = try KeyHandle.publicKey(pem: publicPEM)
        guard key.isSM2 else { throw Failure(.invalid, "JW-C004", "不是 SM2 公钥") }
        return try run(key, bytes, encrypts: true)
    }

    fileprivate static func run(_ key: KeyHandle, _ bytes: [UInt8], encrypts: Bool) throws -> [UInt8] {
        guard !bytes.isEmpty, bytes.count <= 65_536 else { throw failed }
        var length = bytes.count + 256
        var done: Int32 = 0
        let out = [UInt8](unsafeUninitializedCapacity: length) { buffer, written in
            done = jw_sm2_crypt(key.pointer, encrypts ? 1 : 0, bytes, bytes.count, buffer.baseAddress, &length)
            written = done == 1 ? length : 0
        }
        guard done == 1 else {
            ERR_clear_error()
            throw failed
        }
        return out
    }

    private static let failed = Failure(.invalid, "JW-C041", "SM2 密文无法解开：不是用此密钥加密的，或已损坏")
}

/// Time-stamp answers (RFC 3161).
package enum TimeStamp {
    package struct Facts: Sendable, Equatable {
        package var at: Moment
        package var serial: Int64
    }

    /// What a token states of a digest; nil when it was not given by the certificate's key, or for something else.
    package static func verify(_ answer: [UInt8], certificate pem: String, imprint: [UInt8]) throws -> Facts? {
        try withCertificate(pem) { certificate in
            var seconds = 0, serial = 0
            let good = jw_stamp_verify(answer, answer.count, certificate, imprint, imprint.count, &seconds, &serial)
            ERR_clear_error()
            return good == 1 ? Facts(at: Moment(milliseconds: Int64(seconds) * 1000), serial: Int64(serial)) : nil
        }
    }

    /// A request (DER) for a digest, with the wish for the certificate: what a client without a library sends.
    package static func query(sha256 imprint: [UInt8]) -> [UInt8] { query(imprint, [2, 16, 840, 1, 101, 3, 4, 2, 1]) }
    package static func query(sm3 imprint: [UInt8]) -> [UInt8] { query(imprint, [1, 2, 156, 10197, 1, 401]) }

    private static func query(_ imprint: [UInt8], _ algorithm: [UInt64]) -> [UInt8] {
        DER.sequence([DER.integer(1), DER.sequence([DER.sequence([DER.object(algorithm), DER.null]), DER.octets(imprint)]), DER.element(0x01, [0xff])])
    }

    static func withCertificate<T>(_ pem: String, _ body: (OpaquePointer) throws -> T) throws -> T {
        let der = try PEM.decode(pem).der
        guard let certificate = jw_x509(der, der.count) else {
            ERR_clear_error()
            throw Failure(.invalid, "JW-C007", "证书无法识别，请提供 PEM 格式的 X.509 证书")
        }
        defer { X509_free(certificate) }
        return try body(certificate)
    }
}
