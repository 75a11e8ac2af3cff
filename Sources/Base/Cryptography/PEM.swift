import Kernel

/// The envelope of keys: RFC 7468 text around DER.
enum PEM {
    /// DER and label of the first block; a bare Base64 text, as vendors' key tools print it, has the label "".
    ///
    /// - Throws: `.invalid` `JW-C001`.
    static func decode(_ text: String) throws -> (label: String, der: [UInt8]) {
        guard text.utf8.count <= 16_384 else { throw unreadable("超过 16 KB") }
        var label = ""
        var body = ""
        var isInside = !text.contains("-----BEGIN ")
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.filter { !$0.isWhitespace || $0 == " " }
            if line.hasPrefix("-----BEGIN ") {
                label = String(line.dropFirst(11).prefix { $0 != "-" })
                isInside = true
            } else if line.hasPrefix("-----END ") {
                break
            } else if isInside {
                body += line.filter { $0 != " " }
            }
        }
        guard !body.isEmpty, let der = Base64.decode(body) else { throw unreadable("不是 PEM 或 Base64 文本") }
        return (label, der)
    }

    static func encode(_ der: [UInt8], label: String) -> String {
        let body = Array(Base64.encode(der).utf8)
        var lines = ["-----BEGIN \(label)-----"]
        for start in stride(from: 0, to: body.count, by: 64) { lines.append(String(decoding: body[start..<min(start + 64, body.count)], as: UTF8.self)) }
        lines.append("-----END \(label)-----")
        return lines.joined(separator: "\n") + "\n"
    }

    static func unreadable(_ cause: String) -> Failure { Failure(.invalid, "JW-C001", "密钥无法识别，请提供 PEM 格式的 RSA 或 SM2 密钥", cause: cause) }
}
