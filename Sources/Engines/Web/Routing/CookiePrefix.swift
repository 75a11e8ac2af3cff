import HTTPTypes
import Hummingbird

/// Where visitors come over TLS, every cookie of ours is called `__Host-…`: browsers take it only from this very host, over TLS, for the whole site, so that nobody
/// beside us can plant one. Routes know the short names; the prefix is put on and taken off here.
enum CookiePrefix {
    static let host = "__Host-"
    /// Given before there was a prefix and good for 400 days: a registered computer stays known.
    private static let olderWithout = "jw_device="

    /// The request as the routes read it; a cookie of ours without the prefix is not believed.
    static func taken(from request: Request) -> Request {
        let given = request.headers[values: .cookie].flatMap { $0.split(separator: ";") }.map { String($0).trimmedSpaces }
        guard given.contains(where: { $0.hasPrefix("jw_") || $0.hasPrefix(host) }) else { return request }
        let hasComputer = given.contains { $0.hasPrefix(host + olderWithout) }
        let believed = given.compactMap { cookie -> String? in
            if cookie.hasPrefix(host + "jw_") { return String(cookie.dropFirst(host.count)) }
            guard cookie.hasPrefix("jw_") else { return cookie }
            return cookie.hasPrefix(olderWithout) && !hasComputer ? cookie : nil
        }
        var head = request.head
        head.headerFields[.cookie] = believed.isEmpty ? nil : believed.joined(separator: "; ")
        return Request(head: head, body: request.body)
    }

    /// A line of `Set-Cookie` as it leaves: with the prefix and what the prefix asks for.
    static func given(_ line: String) -> String {
        guard line.hasPrefix("jw_") else { return line }
        let parts = line.split(separator: ";").map { String($0).trimmedSpaces }
        let kept = parts.filter { part in
            let name = part.prefix { $0 != "=" }.lowercased()
            return !["path", "domain", "secure"].contains(name)
        }
        return host + kept.joined(separator: "; ") + "; Path=/; Secure"
    }
}
