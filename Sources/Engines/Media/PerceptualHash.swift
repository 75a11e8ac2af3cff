/// A fingerprint of what a picture shows: pictures that look alike differ in few bits, whatever their size or compression.
///
/// Difference hash: the picture shrunk to 9×8 grey cells, one bit for each cell that is brighter than its right neighbour.
package struct PerceptualHash: Sendable, Hashable {
    package let bits: UInt64

    package init(bits: UInt64) { self.bits = bits }

    /// As stored in a database column.
    package var stored: Int64 { Int64(bitPattern: bits) }
    package init(stored: Int64) { bits = UInt64(bitPattern: stored) }

    /// Decodes the picture; tens of milliseconds, so call it on `PictureThreads`.
    ///
    /// - Throws: `JW-M001`…`JW-M005` for what is not a picture.
    package init(of bytes: [UInt8]) throws { try self.init(of: Picture(decoding: bytes)) }

    package init(of picture: Picture) throws {
        let cells = try picture.scaled(width: 9, height: 8)
        var bits: UInt64 = 0
        for y in 0..<8 {
            for x in 0..<8 {
                bits <<= 1
                if cells.brightness(x: x, y: y) > cells.brightness(x: x + 1, y: y) { bits |= 1 }
            }
        }
        self.bits = bits
    }

    /// Differing bits, 0...64; up to about 8 the pictures look the same.
    package func distance(to other: PerceptualHash) -> Int { (bits ^ other.bits).nonzeroBitCount }
}
