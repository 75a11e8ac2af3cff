import Kernel

/// Whether an address is one that scanners and attackers ask for and nobody who uses the platform does.
///
/// Judged only of requests that failed: what a page accepts is no attack.
package enum Probe {
    /// - Parameter target: path and query as they came.
    package static func isLikely(_ target: String) -> Bool {
        let decoded = decode(target).lowercased()
        let path = decoded.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init) ?? decoded
        return endings.contains { path.hasSuffix($0) } || beginnings.contains { path.hasPrefix($0) } || parts.contains { decoded.contains($0) }
    }

    private static let endings = [".php", ".asp", ".aspx", ".jsp", ".cgi", ".env", ".bak", ".sql", ".git", ".action", ".do", ".ini", ".pem"]
    private static let beginnings = ["/wp-", "/phpmyadmin", "/.git/", "/.svn/", "/cgi-bin/", "/actuator", "/solr/", "/manager/html", "/vendor/", "/.aws/"]
    private static let parts = [
        "../", "..\\", "/etc/passwd", "/proc/self", "<script", "union select", "' or ", "\" or ", "sleep(", "benchmark(", "waitfor delay", "${jndi:", "\u{0}", "xp_cmdshell",
        "php://", "file:///", ";cat ", "|cat ", "$(", "extractvalue(", "%{(",
    ]

    /// Percent signs twice over, as scanners hide them; plus signs are spaces.
    private static func decode(_ text: String) -> String { once(once(text.replacing("+", with: " "))) }

    private static func once(_ text: String) -> String {
        var bytes: [UInt8] = []
        let source = Array(text.utf8)
        var index = 0
        while index < source.count {
            if source[index] == UInt8(ascii: "%"), index + 2 < source.count, let high = digit(source[index + 1]), let low = digit(source[index + 2]) {
                bytes.append(high << 4 | low)
                index += 3
            } else {
                bytes.append(source[index])
                index += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
