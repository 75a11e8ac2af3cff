import Foundation

/// A network such as `10.20.0.0/16`, `2001:db8::/32`, or one address; what rules for terminals are written in.
package struct NetworkRange: Sendable, Equatable {
    /// As it was written.
    package let text: String
    private let bytes: [UInt8]
    private let bits: Int

    /// Nil when it is no address or the length does not fit.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let bytes = Self.bytes(of: String(parts[0])) else { return nil }
        guard let bits = parts.count == 1 ? bytes.count * 8 : Int(parts[1]), (0...(bytes.count * 8)).contains(bits) else { return nil }
        self.text = text
        self.bytes = bytes
        self.bits = bits
    }

    package func contains(_ address: String) -> Bool {
        guard let other = Self.bytes(of: address), other.count == bytes.count else { return false }
        let whole = bits / 8
        guard other[0..<whole] == bytes[0..<whole] else { return false }
        let rest = bits % 8
        guard rest > 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF << (8 - rest))
        return other[whole] & mask == bytes[whole] & mask
    }

    /// Four or sixteen bytes; an IPv4 address in IPv6 clothes counts as the IPv4 address.
    private static func bytes(of address: String) -> [UInt8]? {
        var four = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, address, &four) == 1 { return four }
        var sixteen = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, address, &sixteen) == 1 else { return nil }
        let isMapped = sixteen[0..<10].allSatisfy { $0 == 0 } && sixteen[10] == 0xFF && sixteen[11] == 0xFF
        return isMapped ? Array(sixteen[12...]) : sixteen
    }
}
