import Kernel

/// A closer look at a picture than `PerceptualHash`: 256 differences of brightness and the colours of a four by four grid, 80 bytes.
///
/// Kept beside the first hash and asked only of pictures whose first hashes are near: it tells trucks apart that stand before the same gate.
package struct PictureDetail: Sendable, Hashable {
    /// Sixteen rows of sixteen bits: brighter than the right neighbour.
    private let differences: [UInt64]
    /// Red, green and blue of sixteen fields, 0...255.
    private let colors: [UInt8]

    package static let byteCount = 80

    package init(of picture: Picture) throws {
        let cells = try picture.scaled(width: 17, height: 16)
        var differences: [UInt64] = []
        for band in 0..<4 {
            var bits: UInt64 = 0
            for y in (band * 4)..<(band * 4 + 4) {
                for x in 0..<16 {
                    bits <<= 1
                    if cells.brightness(x: x, y: y) > cells.brightness(x: x + 1, y: y) { bits |= 1 }
                }
            }
            differences.append(bits)
        }
        self.differences = differences
        let fields = try picture.scaled(width: 4, height: 4)
        colors = (0..<16).flatMap { field -> [UInt8] in
            let color = fields.color(x: field % 4, y: field / 4)
            return [color.red, color.green, color.blue]
        }
    }

    /// As stored in a database column; nil when the bytes are none.
    package init?(stored: [UInt8]) {
        guard stored.count == PictureDetail.byteCount else { return nil }
        differences = (0..<4).map { band in stored[(band * 8)..<(band * 8 + 8)].reduce(0) { $0 << 8 | UInt64($1) } }
        colors = Array(stored[32...])
    }

    package var stored: [UInt8] { differences.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) } } + colors }

    /// Differing bits, 0...256.
    package func bits(to other: PictureDetail) -> Int { zip(differences, other.differences).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount } }

    /// How far the colours lie apart once overall brightness is taken out: the largest difference of one field, 0...255.
    package func colorDistance(to other: PictureDetail) -> Int {
        let own = mean, others = other.mean
        guard own > 0, others > 0 else { return 255 }
        var largest = 0.0
        for (a, b) in zip(colors, other.colors) { largest = max(largest, abs(Double(a) - Double(b) * own / others)) }
        return Int(largest.rounded())
    }

    private var mean: Double { Double(colors.reduce(0) { $0 + Int($1) }) / Double(colors.count) }

    /// Whether the pictures may be one and the same; a copy that was compressed anew, resized, brightened or cut by a few hundredths at the edges is, another vehicle before the same gate is not.
    package func mayBeSame(as other: PictureDetail) -> Bool { bits(to: other) <= 56 && colorDistance(to: other) <= 40 }
}
