import COpenSSL
import Kernel

/// Signed and enveloped data in the shape of PKCS#7 with the object identifiers of GM/T 0010: SM2, SM3, SM4-CBC.
package enum Envelope {
    private static let data = DER.object([1, 2, 156, 10197, 6, 1, 4, 2, 1])
    private static let signedData = DER.object([1, 2, 156, 10197, 6, 1, 4, 2, 2])
    private static let envelopedData = DER.object([1, 2, 156, 10197, 6, 1, 4, 2, 3])
    private static let sm3 = DER.sequence([DER.object([1, 2, 156, 10197, 1, 401]), DER.null])
    private static let sm2Sign = DER.sequence([DER.object([1, 2, 156, 10197, 1, 301, 1]), DER.null])
    private static let sm2Encrypt = DER.sequence([DER.object([1, 2, 156, 10197, 1, 301, 3]), DER.null])
    private static let sm4CBC = DER.object([1, 2, 156, 10197, 1, 104, 2])

    // MARK: Signed

    /// PKCS#7 SignedData with the signer's certificate; the content inside, or beside it where `isDetached`.
    package static func sign(_ content: [UInt8], key: ServiceKey, certificate pem: String, isDetached: Bool) throws -> [UInt8] {
        let (issuer, der) = try identity(of: pem)
        let signature = try key.sign(content)
        let inner = isDetached ? DER.sequence([data]) : DER.sequence([data, DER.element(0xa0, DER.octets(content))])
        let signer = DER.sequence([DER.integer(1), issuer, sm3, sm2Sign, DER.octets(signature)])
        let body = DER.sequence([DER.integer(1), DER.set([sm3]), inner, DER.element(0xa0, der), DER.set([signer])])
        return DER.sequence([signedData, DER.element(0xa0, body)])
    }

    package struct Signed: Sendable {
        /// What was signed.
        package var content: [UInt8]
        /// The signer's, as it stands in the message; whether it is trusted is the caller's question.
        package var certificatePEM: String
    }

    /// The content of a message whose signature is right; nil when it is wrong.
    ///
    /// - Parameter content: of a detached signature.
    /// - Throws: `.invalid` `JW-C040` for what is no such message.
    package static func verify(_ message: [UInt8], content given: [UInt8]?) throws -> Signed? {
        let body = try content(of: message, signedData)
        guard body.count >= 5, let inner = try? body[2].children(), inner.first?.whole == data else { throw DER.unreadable }
        var content = given
        if inner.count > 1 {
            guard let octets = try inner[1].children().first, octets.tag == 0x04 else { throw DER.unreadable }
            if let given, given != octets.content { return nil }
            content = octets.content
        }
        guard let content, body[3].tag == 0xa0, let certificate = try body[3].children().first, let signer = try body[4].children().first?.children(), signer.count >= 5,
            let signature = signer.last(where: { $0.tag == 0x04 })
        else { throw DER.unreadable }
        let pem = PEM.encode(certificate.whole, label: "CERTIFICATE")
        guard try identity(of: pem).issuer == signer[1].whole, let key = try? SM2PublicKey(pem: Certificate(pem: pem).keyPEM) else { return nil }
        return key.verify(signature: signature.content, over: content) ? Signed(content: content, certificatePEM: pem) : nil
    }

    // MARK: Enveloped

    /// PKCS#7 EnvelopedData for the holders of any of the certificates.
    ///
    /// - Throws: `.invalid` `JW-C007`, `JW-C004` for a certificate that holds no SM2 key.
    package static func seal(_ content: [UInt8], for certificates: [String]) throws -> [UInt8] {
        let secret = SecureRandom.bytes(16), iv = SecureRandom.bytes(16)
        let recipients = try certificates.map { pem -> [UInt8] in
            let key = try Certificate(pem: pem).keyPEM
            return DER.sequence([DER.integer(1), try identity(of: pem).issuer, sm2Encrypt, DER.octets(try SM2Cipher.encrypt(secret, for: key))])
        }
        let cipher = try SM4.encrypt(content, mode: .cbc, key: secret, iv: iv)
        let sealed = DER.sequence([data, DER.sequence([sm4CBC, DER.octets(iv)]), DER.element(0x80, cipher)])
        return DER.sequence([envelopedData, DER.element(0xa0, DER.sequence([DER.integer(1), DER.set(recipients), sealed]))])
    }

    /// - Throws: `.invalid` `JW-C040` for what is no envelope, `JW-C043` where the certificate is not among the receivers, `JW-C041`, `JW-C011` where it was changed.
    package static func open(_ message: [UInt8], key: ServiceKey, certificate pem: String) throws -> [UInt8] {
        let body = try content(of: message, envelopedData)
        guard body.count >= 3 else { throw DER.unreadable }
        let own = try identity(of: pem).issuer
        let recipients = try body[1].children().map { try $0.children() }
        guard let mine = recipients.first(where: { $0.count >= 4 && $0[1].whole == own }) else { throw Failure(.invalid, "JW-C043", "此密钥不在信封的接收人之列") }
        let sealed = try body[2].children()
        guard sealed.count >= 3, let algorithm = try? sealed[1].children(), algorithm.count == 2, algorithm[0].whole == sm4CBC, sealed[2].tag == 0x80 else { throw DER.unreadable }
        let secret = try key.decrypt(mine[3].content)
        return try SM4.decrypt(sealed[2].content, mode: .cbc, key: secret, iv: algorithm[1].content)
    }

    private static func content(of message: [UInt8], _ kind: [UInt8]) throws -> [DER.Element] {
        let outer = try DER.read(message)
        guard outer.count == 1, outer[0].tag == 0x30 else { throw DER.unreadable }
        let parts = try outer[0].children()
        guard parts.count == 2, parts[0].whole == kind, parts[1].tag == 0xa0, let body = try parts[1].children().first else { throw DER.unreadable }
        return try body.children()
    }

    /// `SEQUENCE(issuer, serial)` and the whole certificate, DER.
    private static func identity(of pem: String) throws -> (issuer: [UInt8], der: [UInt8]) {
        let der = try PEM.decode(pem).der
        let issuer = try TimeStamp.withCertificate(pem) { certificate in
            DER.sequence([bytes { jw_x509_issuer(certificate, $0) }, bytes { jw_x509_serial(certificate, $0) }])
        }
        return (issuer, der)
    }

    private static func bytes(_ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>) -> Int32) -> [UInt8] {
        var out: UnsafeMutablePointer<UInt8>?
        let length = write(&out)
        defer { jw_free(out) }
        guard length > 0, let out else { return [] }
        return Array(UnsafeBufferPointer(start: out, count: Int(length)))
    }
}
