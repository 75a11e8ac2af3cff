/// Which addresses the program may call when somebody gave it an address to call: the public network, and those inner networks that an administrator allowed. What serves the machine itself
/// (link-local with its metadata services, unspecified, multicast) never.
package struct OutboundRule: Sendable {
    private let allowed: [NetworkRange]

    package init(allowed: [NetworkRange]) { self.allowed = allowed }

    private static let never = ["0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/128", "fe80::/10", "ff00::/8"].compactMap { NetworkRange($0) }
    private static let inner = [
        "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "::1/128",
        "fc00::/7", "64:ff9b::/32", "2001::/23", "2001:db8::/32", "2002::/16",
    ].compactMap { NetworkRange($0) }

    /// - Parameters:
    ///   - address: numeric, IPv4 or IPv6; anything else is refused.
    ///   - isPlain: a call without TLS; only into networks that were allowed.
    package func admits(_ address: String, isPlain: Bool = false) -> Bool {
        guard NetworkRange(address) != nil, !address.contains("/"), !Self.never.contains(where: { $0.contains(address) }) else { return false }
        if allowed.contains(where: { $0.contains(address) }) { return true }
        return !isPlain && !Self.inner.contains { $0.contains(address) }
    }
}

/// GET where the form is nil, else POST of it; handed in by the App, because engines open no connections. It keeps to the `OutboundRule`, follows no redirect, and has a deadline.
package typealias OutboundCall = @Sendable (_ url: String, _ headers: [(String, String)], _ form: String?) async throws -> (status: Int, body: [UInt8])
