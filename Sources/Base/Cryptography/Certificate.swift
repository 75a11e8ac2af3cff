import COpenSSL
import Kernel

/// What stands in an X.509 certificate: whose it is, who gave it, for how long, and its key. It is read, not verified: a chain is checked by who accepted the connection.
package struct Certificate: Sendable, Equatable {
    /// RFC 2253: `CN=张三,O=市生态环境局`.
    package let subject: String
    package let issuer: String
    /// Hexadecimal digits.
    package let serial: String
    package let notBefore: Moment
    package let notAfter: Moment
    /// SHA-256 of the DER, in hexadecimal digits.
    package let fingerprint: String
    /// `PUBLIC KEY`.
    package let keyPEM: String
    package let der: [UInt8]

    /// - Throws: `.invalid` `JW-C007` for what is no certificate.
    package init(pem: String) throws {
        let (label, der) = try PEM.decode(pem)
        guard label == "" || label == "CERTIFICATE" || label == "X509 CERTIFICATE" else { throw Self.unreadable("是“\(label)”，不是证书") }
        try self.init(der: der)
    }

    /// - Throws: `.invalid` `JW-C007`.
    package init(der: [UInt8]) throws {
        guard let certificate = jw_x509(der, der.count) else {
            ERR_clear_error()
            throw Self.unreadable("DER 内容有误")
        }
        defer { X509_free(certificate) }
        subject = Self.text(certificate, 0)
        issuer = Self.text(certificate, 1)
        serial = Self.text(certificate, 2)
        notBefore = try Self.time(certificate, 0)
        notAfter = try Self.time(certificate, 1)
        fingerprint = SHA256.hash(der).hex
        self.der = der
        var key: UnsafeMutablePointer<UInt8>?
        let length = jw_x509_key(certificate, &key)
        defer { jw_free(key) }
        guard length > 0, let key else { throw Self.unreadable("没有公钥") }
        keyPEM = PEM.encode(Array(UnsafeBufferPointer(start: key, count: Int(length))), label: "PUBLIC KEY")
    }

    /// Whether a text is a certificate by its envelope, and not a key.
    package static func isCertificate(_ pem: String) -> Bool { pem.contains("CERTIFICATE-----") }

    private static func text(_ certificate: OpaquePointer, _ which: Int32) -> String {
        let room: Int32 = 2_048
        var length: Int32 = 0
        let bytes = [CChar](unsafeUninitializedCapacity: Int(room)) { out, written in
            length = jw_x509_text(certificate, which, out.baseAddress, room)
            written = max(0, Int(length))
        }
        return String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func time(_ certificate: OpaquePointer, _ which: Int32) throws -> Moment {
        var done: Int32 = 0
        let bytes = [CChar](unsafeUninitializedCapacity: 15) { out, written in
            done = jw_x509_time(certificate, which, out.baseAddress)
            written = done == 1 ? 14 : 0
        }
        let digits = String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        func part(_ from: Int, _ count: Int) -> Substring { digits.dropFirst(from).prefix(count) }
        guard done == 1, let moment = Moment(parsing: "\(part(0, 4))-\(part(4, 2))-\(part(6, 2))T\(part(8, 2)):\(part(10, 2)):\(part(12, 2))Z") else { throw unreadable("有效期有误") }
        return moment
    }

    private static func unreadable(_ cause: String) -> Failure { Failure(.invalid, "JW-C007", "证书无法识别，请提供 PEM 格式的 X.509 证书", cause: cause) }
}
