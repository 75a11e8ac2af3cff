/// A 256-bit digest or message authentication code: what SHA-256, SM3 and HMAC over them give.
package struct Digest: Sendable, Hashable {
    private var words: SIMD4<UInt64> = .zero

    /// Lets a C function write the 32 bytes in place.
    init(writing body: (UnsafeMutablePointer<UInt8>) -> Void) {
        withUnsafeMutableBytes(of: &words) { raw in
            if let base = raw.bindMemory(to: UInt8.self).baseAddress { body(base) }
        }
    }

    /// - Returns: nil unless there are exactly 32 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
    }

    /// - Returns: nil unless the text is 64 hexadecimal digits.
    package init?(hex: String) {
        guard hex.utf8.count == 64 else { return nil }
        var hex = hex
        var digits = SIMD32<UInt8>.zero
        let isHex = hex.withUTF8 { text in
            for index in 0..<32 {
                guard let high = Hex.value(text[2 * index]), let low = Hex.value(text[2 * index + 1]) else { return false }
                digits[index] = high << 4 | low
            }
            return true
        }
        guard isHex else { return nil }
        words = unsafeBitCast(digits, to: SIMD4<UInt64>.self)
    }

    package var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    /// In the order of their bytes.
    package static func < (a: Digest, b: Digest) -> Bool {
        for index in 0..<4 where a.words[index] != b.words[index] { return UInt64(bigEndian: a.words[index]) < UInt64(bigEndian: b.words[index]) }
        return false
    }

    /// 64 lower-case hexadecimal digits.
    package var hex: String { withUnsafeBytes { Hex.encode($0) } }

    /// The first bytes, two lower-case digits each.
    package func hex(bytes count: Int) -> String { withUnsafeBytes { Hex.encode(UnsafeRawBufferPointer(rebasing: $0[0..<min(32, max(0, count))])) } }

    package func withUnsafeBytes<T>(_ body: (UnsafeRawBufferPointer) throws -> T) rethrows -> T {
        try Swift.withUnsafeBytes(of: words) { try body(UnsafeRawBufferPointer(rebasing: $0[0..<32])) }
    }
}

/// Compares without telling by its duration where two secrets differ; the lengths are not secret.
package func constantTimeEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    var difference: UInt8 = 0
    for index in a.indices { difference |= a[index] ^ b[index] }
    return difference == 0
}

/// The same for texts such as tokens.
package func constantTimeEqual(_ a: String, _ b: String) -> Bool { constantTimeEqual(Array(a.utf8), Array(b.utf8)) }

extension Digest {
    /// Digests are compared in constant time, so that a MAC may be checked with it.
    package func equalsInConstantTime(_ other: Digest) -> Bool {
        let difference = words ^ other.words
        return (difference.x | difference.y | difference.z | difference.w) == 0
    }
}
