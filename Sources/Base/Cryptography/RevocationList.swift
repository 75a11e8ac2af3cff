import COpenSSL
import Kernel

/// A list of certificates that their authority takes back (RFC 5280), as it stands in a file.
package struct RevocationList: Sendable, Equatable {
    package struct Entry: Sendable, Equatable {
        /// As `Certificate.serial` writes it.
        package let serial: String
        package let revokedAt: Moment
    }

    /// As `Certificate.issuer` writes it.
    package let issuer: String
    package let madeAt: Moment
    /// When the authority promises the next one; nil where it does not say.
    package let nextAt: Moment?
    package let entries: [Entry]

    /// The largest file that is read: about two hundred thousand entries.
    package static let mostBytes = 8 << 20

    /// - Parameters:
    ///   - bytes: DER, or PEM.
    ///   - authority: whose key must have signed it.
    /// - Throws: `.invalid` `JW-C008` for what is no list; `JW-C009` where another key signed it.
    package init(_ bytes: [UInt8], signedBy authority: Certificate) throws {
        guard let der = Self.der(bytes), let list = jw_crl(der, der.count) else {
            ERR_clear_error()
            throw Failure(.invalid, "JW-C008", "不是证书吊销列表（CRL），请提供 DER 或 PEM 格式的文件")
        }
        defer { X509_CRL_free(list) }
        guard let issuer = jw_x509(authority.der, authority.der.count) else { throw Failure(.invalid, "JW-C007", "颁发机构的证书无法识别") }
        defer { X509_free(issuer) }
        guard jw_crl_verify(list, issuer) == 1 else {
            ERR_clear_error()
            throw Failure(.invalid, "JW-C009", "吊销列表不是由“\(authority.subject)”签发的，或内容已被改动")
        }
        self.issuer = Self.text { jw_crl_issuer(list, $0, $1) }
        let made = jw_crl_time(list, 0), next = jw_crl_time(list, 1)
        guard made >= 0 else { throw Failure(.invalid, "JW-C008", "吊销列表没有写明签发时间") }
        madeAt = Moment(milliseconds: Int64(made) * 1000)
        nextAt = next >= 0 ? Moment(milliseconds: Int64(next) * 1000) : nil
        var entries: [Entry] = []
        let count = jw_crl_count(list)
        entries.reserveCapacity(Int(count))
        for index in 0..<count {
            var seconds = 0
            let serial = Self.text { jw_crl_entry(list, index, $0, $1, &seconds) }
            guard !serial.isEmpty else { throw Failure(.invalid, "JW-C008", "吊销列表的第 \(index + 1) 项有误") }
            entries.append(Entry(serial: serial, revokedAt: Moment(milliseconds: Int64(seconds) * 1000)))
        }
        self.entries = entries
    }

    private static func der(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count <= mostBytes else { return nil }
        // DER begins with SEQUENCE; everything else is text.
        if bytes.first == 0x30 { return bytes }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let begin = text.firstRange(of: "-----BEGIN X509 CRL-----"), let end = text[begin.upperBound...].firstRange(of: "-----END X509 CRL-----") else { return nil }
        return Base64.decode(String(text[begin.upperBound..<end.lowerBound].filter { !$0.isWhitespace }))
    }

    private static func text(_ write: (UnsafeMutablePointer<CChar>?, Int32) -> Int32) -> String {
        var length: Int32 = 0
        let bytes = [CChar](unsafeUninitializedCapacity: 2_048) { out, written in
            length = write(out.baseAddress, 2_048)
            written = max(0, Int(length))
        }
        return String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
