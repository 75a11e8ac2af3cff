import Kernel

/// Pixel by pixel: whether one picture is the other, cut a little at the edges, brightened, resized or compressed anew.
///
/// One picture is laid over the other at several cuts of up to eight hundredths, the best is refined to fractions of a pixel, brightness and contrast are taken out, and what remains is looked at field by
/// field: another vehicle before the same gate, even of the same colour at night, differs much in a few fields and little in the rest.
package struct PictureComparison: Sendable, Equatable {
    /// Mean difference at the best fit, in levels of 0...255.
    package var mean: Double
    /// The mean difference of the field that differs most.
    package var worstField: Double

    /// Copies that were made of drawn pictures stay below six in every field, drawn trucks of one colour at night differ by seven and more in one, other trucks by twenty (`LookalikeTests`).
    package var isSame: Bool { mean <= 4 && worstField <= 6.3 }

    /// Decodes both; a tenth of a second, so call it on `PictureThreads`.
    ///
    /// - Throws: `JW-M001`…`JW-M005` for what is not a picture.
    package init(_ first: [UInt8], _ second: [UInt8]) throws {
        let a = try PictureGrid(Picture(decoding: first)), b = try PictureGrid(Picture(decoding: second))
        // Which of the two was cut is not known; the better of both coarse fits is refined.
        let one = a.coarseFit(b), other = b.coarseFit(a)
        self = one.difference <= other.difference ? a.comparison(b, from: one.cut) : b.comparison(a, from: other.cut)
    }

    init(mean: Double, worstField: Double) {
        self.mean = mean
        self.worstField = worstField
    }
}

/// A picture as brightness on a grid.
private struct PictureGrid {
    static let width = 384, height = 216
    /// Cells of the grid that are averaged before two pictures are compared, so that where a pixel fell says nothing.
    static let block = 3
    /// Averaged cells of one side of a field.
    static let field = 8
    private let levels: [Float]

    init(_ picture: Picture) throws {
        let small = try picture.scaled(width: Self.width, height: Self.height)
        var levels: [Float] = []
        levels.reserveCapacity(Self.width * Self.height)
        for y in 0..<Self.height { for x in 0..<Self.width { levels.append(Float(small.brightness(x: x, y: y))) } }
        self.levels = levels
    }

    struct Cut {
        var across: Float = 1
        var down: Float = 1
        var left: Float = 0
        var top: Float = 0
    }

    /// This picture's level between cells.
    private func level(_ x: Float, _ y: Float, _ cells: UnsafeBufferPointer<Float>) -> Float {
        let x = min(max(x, 0), Float(Self.width - 1)), y = min(max(y, 0), Float(Self.height - 1))
        let left = min(Int(x), Self.width - 2), top = min(Int(y), Self.height - 2)
        let dx = x - Float(left), dy = y - Float(top)
        let at = top * Self.width + left
        let upper = cells[at] * (1 - dx) + cells[at + 1] * dx
        let lower = cells[at + Self.width] * (1 - dx) + cells[at + Self.width + 1] * dx
        return upper * (1 - dy) + lower * dy
    }

    /// This picture cut as given, averaged over blocks; `stride` leaves blocks out.
    private func blocks(_ cut: Cut, stride: Int) -> [Float] {
        var out: [Float] = []
        out.reserveCapacity(Self.width * Self.height / (Self.block * Self.block * stride * stride))
        let share = 1 / Float(Self.block * Self.block)
        levels.withUnsafeBufferPointer { cells in
            for top in Swift.stride(from: 0, to: Self.height, by: Self.block * stride) {
                for left in Swift.stride(from: 0, to: Self.width, by: Self.block * stride) {
                    var sum: Float = 0
                    for y in top..<(top + Self.block) {
                        let down = (Float(y) + 0.5) * cut.down + cut.top * Float(Self.height) - 0.5
                        for x in left..<(left + Self.block) {
                            let across = (Float(x) + 0.5) * cut.across + cut.left * Float(Self.width) - 0.5
                            sum += level(across, down, cells)
                        }
                    }
                    out.append(sum * share)
                }
            }
        }
        return out
    }

    /// What differs of each block once brightness and contrast are taken out; contrast within a third, so that a flat picture does not fit everything. What was burnt to white or black says nothing of the tone.
    private static func residues(_ own: [Float], _ other: [Float]) -> [Float] {
        let count = Float(own.count)
        let meanOwn = own.reduce(0, +) / count, meanOther = other.reduce(0, +) / count
        var covariance: Float = 0
        var variance: Float = 0
        for (a, b) in zip(own, other) {
            covariance += (a - meanOwn) * (b - meanOther)
            variance += (a - meanOwn) * (a - meanOwn)
        }
        let gain = min(max(variance > 0 ? covariance / variance : 1, 0.67), 1.5)
        let bias = meanOther - gain * meanOwn
        return zip(own, other).map { abs(min(max($0 * gain + bias, 0), 255) - $1) }
    }

    private static func mean(_ values: [Float]) -> Float { values.reduce(0, +) / Float(values.count) }

    /// The best of all cuts in steps of a hundredth.
    func coarseFit(_ other: PictureGrid) -> (cut: Cut, difference: Float) {
        let stride = 4
        let theirs = other.blocks(Cut(), stride: stride)
        var best = (cut: Cut(), difference: Float.infinity)
        for step in 0...8 {
            let scale = 1 - Float(step) / 100
            let shares: [Float] = step == 0 ? [0] : [0, 0.5, 1]
            for left in shares {
                for top in shares {
                    let cut = Cut(across: scale, down: scale, left: left * (1 - scale), top: top * (1 - scale))
                    let difference = Self.mean(Self.residues(blocks(cut, stride: stride), theirs))
                    if difference < best.difference { best = (cut, difference) }
                }
            }
        }
        return best
    }

    /// Refines a cut as long as that helps, then compares.
    func comparison(_ other: PictureGrid, from start: Cut) -> PictureComparison {
        let parts: [WritableKeyPath<Cut, Float>] = [\.across, \.down, \.left, \.top]
        let near = other.blocks(Cut(), stride: 2)
        var cut = start
        var least = Self.mean(Self.residues(blocks(cut, stride: 2), near))
        var tries = 0
        for step in [0.003, 0.001, 0.0004] as [Float] {
            var isBetter = true
            while isBetter, tries < 160 {
                isBetter = false
                for part in parts {
                    for way in [step, -step] {
                        var next = cut
                        next[keyPath: part] += way
                        tries += 1
                        let difference = Self.mean(Self.residues(blocks(next, stride: 2), near))
                        if difference < least - 0.0001 {
                            (cut, least) = (next, difference)
                            isBetter = true
                        }
                    }
                }
            }
        }
        let rest = Self.residues(blocks(cut, stride: 1), other.blocks(Cut(), stride: 1))
        let width = Self.width / Self.block / Self.field
        var sums = [Float](repeating: 0, count: width * (Self.height / Self.block / Self.field))
        for (index, value) in rest.enumerated() {
            let x = index % (Self.width / Self.block), y = index / (Self.width / Self.block)
            sums[y / Self.field * width + x / Self.field] += value
        }
        let worst = (sums.max() ?? 0) / Float(Self.field * Self.field)
        return PictureComparison(mean: Double(Self.mean(rest)), worstField: Double(worst))
    }
}
