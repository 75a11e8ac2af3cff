/// A set of positions 0..<32,768: which rows of a segment have a value.
///
/// Stored as little-endian positions of two bytes each, or, from 2,048 members on, as 4,096 bytes of bits.
struct FacetSet: Sendable, Equatable {
    static let size = 32_768
    private static let wordCount = size / 64
    private static let byteCount = size / 8

    private var words: [UInt64]

    init() { words = Array(repeating: 0, count: FacetSet.wordCount) }

    /// Nil for bytes that no set was stored as.
    init?(stored bytes: [UInt8]) {
        self.init()
        if bytes.count == FacetSet.byteCount {
            bytes.withUnsafeBytes { source in words.withUnsafeMutableBytes { $0.copyMemory(from: source) } }
            for index in words.indices { words[index] = UInt64(littleEndian: words[index]) }
            return
        }
        guard bytes.count % 2 == 0, bytes.count < FacetSet.byteCount else { return nil }
        for at in stride(from: 0, to: bytes.count, by: 2) {
            let position = Int(bytes[at]) | Int(bytes[at + 1]) << 8
            guard position < FacetSet.size else { return nil }
            insert(position)
        }
    }

    mutating func insert(_ position: Int) { words[position >> 6] |= 1 << UInt64(position & 63) }
    mutating func formUnion(_ other: FacetSet) { for index in words.indices { words[index] |= other.words[index] } }
    mutating func formIntersection(_ other: FacetSet) { for index in words.indices { words[index] &= other.words[index] } }

    var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    /// In rising order.
    var positions: [Int] {
        var found: [Int] = []
        for (index, word) in words.enumerated() where word != 0 {
            var left = word
            while left != 0 {
                found.append(index << 6 + left.trailingZeroBitCount)
                left &= left - 1
            }
        }
        return found
    }

    var stored: [UInt8] {
        guard count < 2_048 else { return words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64($0 * 8)) } } }
        return positions.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    }
}
