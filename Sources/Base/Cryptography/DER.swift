import Kernel

/// ASN.1 DER, as little of it as the envelopes of GM/T 0010 need: what OpenSSL has no SM2 for.
enum DER {
    static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        var out: [UInt8] = [tag]
        if content.count < 128 {
            out.append(UInt8(content.count))
        } else {
            var length: [UInt8] = []
            var rest = content.count
            while rest > 0 {
                length.insert(UInt8(rest & 0xff), at: 0)
                rest >>= 8
            }
            out.append(0x80 | UInt8(length.count))
            out += length
        }
        return out + content
    }

    static func sequence(_ parts: [[UInt8]]) -> [UInt8] { element(0x30, parts.flatMap { $0 }) }
    static func set(_ parts: [[UInt8]]) -> [UInt8] { element(0x31, parts.flatMap { $0 }) }
    static func octets(_ bytes: [UInt8]) -> [UInt8] { element(0x04, bytes) }
    static func integer(_ value: UInt8) -> [UInt8] { element(0x02, [value]) }
    static let null: [UInt8] = [0x05, 0x00]

    static func object(_ arcs: [UInt64]) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(arcs[0] * 40 + arcs[1])]
        for arc in arcs.dropFirst(2) {
            var groups: [UInt8] = [UInt8(arc & 0x7f)]
            var rest = arc >> 7
            while rest > 0 {
                groups.insert(UInt8(rest & 0x7f) | 0x80, at: 0)
                rest >>= 7
            }
            bytes += groups
        }
        return element(0x06, bytes)
    }

    /// One element as read: its tag, its content, and itself whole.
    struct Element: Sendable, Equatable {
        var tag: UInt8
        var content: [UInt8]
        var whole: [UInt8]

        /// What it holds, one after another.
        func children() throws -> [Element] { try DER.read(content) }
    }

    /// All elements that stand one after another; definite lengths of at most four bytes.
    ///
    /// - Throws: `.invalid` `JW-C040`.
    static func read(_ bytes: [UInt8]) throws -> [Element] {
        var out: [Element] = []
        var at = 0
        while at < bytes.count {
            let start = at
            guard bytes.count - at >= 2, out.count < 10_000 else { throw unreadable }
            let tag = bytes[at]
            var length = Int(bytes[at + 1])
            at += 2
            if length >= 0x80 {
                let count = length & 0x7f
                guard (1...4).contains(count), bytes.count - at >= count else { throw unreadable }
                length = bytes[at..<(at + count)].reduce(0) { $0 << 8 | Int($1) }
                at += count
            }
            guard length <= bytes.count - at else { throw unreadable }
            out.append(Element(tag: tag, content: Array(bytes[at..<(at + length)]), whole: Array(bytes[start..<(at + length)])))
            at += length
        }
        return out
    }

    static let unreadable = Failure(.invalid, "JW-C040", "签名或信封的格式无法识别，应为 GM/T 0010 的 DER 编码")
}
