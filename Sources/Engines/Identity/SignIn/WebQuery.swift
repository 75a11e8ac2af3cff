/// Queries and forms as other servers read them (RFC 3986: only letters, digits and `-._~` stay).
enum WebQuery {
    static func form(_ pairs: [(String, String)]) -> String { pairs.map { "\(escaped($0.0))=\(escaped($0.1))" }.joined(separator: "&") }

    static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.map { byte -> String in
            let isPlain = (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) || byte == 45 || byte == 46 || byte == 95 || byte == 126
            return isPlain ? String(UnicodeScalar(byte)) : "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }.joined()
    }
}
