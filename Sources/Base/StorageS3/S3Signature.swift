import Cryptography
import Kernel

/// Signature Version 4 of a request without query or with a sorted one. Source: Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header".
struct S3Signature: Sendable {
    let accessKey: String
    let secretKey: String
    let region: String

    /// - Parameters:
    ///   - path: already percent-encoded.
    ///   - query: already encoded and sorted by name.
    ///   - headers: lower-case names, among them `host`, `x-amz-content-sha256` and `x-amz-date`.
    ///   - time: `20261121T080000Z`.
    /// - Returns: the value of `Authorization`.
    func authorization(method: String, path: String, query: String, headers: [(String, String)], payloadHash: String, time: String) -> String {
        let sorted = headers.sorted { $0.0 < $1.0 }
        let names = sorted.map(\.0).joined(separator: ";")
        let canonical = [method, path, query, sorted.map { "\($0.0):\($0.1)\n" }.joined(), names, payloadHash].joined(separator: "\n")
        let day = String(time.prefix(8))
        let scope = "\(day)/\(region)/s3/aws4_request"
        let text = ["AWS4-HMAC-SHA256", time, scope, Self.hash(Array(canonical.utf8))].joined(separator: "\n")
        var key = Array("AWS4\(secretKey)".utf8)
        for part in [day, region, "s3", "aws4_request"] { key = HMAC.tag(.sha256, key: key, over: Array(part.utf8)).bytes }
        let signature = Hex.encode(HMAC.tag(.sha256, key: key, over: Array(text.utf8)).bytes)
        return "AWS4-HMAC-SHA256 Credential=\(accessKey)/\(scope), SignedHeaders=\(names), Signature=\(signature)"
    }

    static func hash(_ bytes: [UInt8]) -> String {
        let hasher = SHA256Hasher()
        hasher.update(bytes)
        return hasher.finish().hex
    }

    /// Everything but letters, digits and `-._~` as `%XX`.
    static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain = (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || [45, 46, 95, 126].contains(byte)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + Hex.encode([byte]).uppercased()
        }.joined()
    }
}
