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
    private static func decode(_ text: String) -> String { FormEncoding.decode(FormEncoding.decode(text.utf8).utf8) }
}
