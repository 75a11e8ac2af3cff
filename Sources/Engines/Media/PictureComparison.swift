import Kernel

/// Pixel by pixel: whether one picture is the other, cut a little at the edges, brightened, resized or compressed anew.
///
/// One picture is laid over the other at several cuts of up to eight hundredths; at the best fit, brightness and contrast are taken out and what remains is looked at field by field, because another
/// vehicle before the same gate differs much in a few fields and little in the rest.
package struct PictureComparison: Sendable, Equatable {
    /// Mean difference at the best fit, in levels of 0...255.
    package var mean: Double
    /// The mean difference of the field that differs most.
    package var worstField: Double

    /// Decided with drawn and re-made pictures, see `LookalikeTests`.
    package var isSame: Bool { mean <= 5 && worstField <= 16 }

    /// Decodes both; tens of milliseconds, so call it on `PictureThreads`.
    ///
    /// - Throws: `JW-M001`…`JW-M005` for what is not a picture.
    package init(_ first: [UInt8], _ second: [UInt8]) throws {
        let a = try Grid(Picture(decoding: first)), b = try Grid(Picture(decoding: second))
        let one = a.fit(b), other = b.fit(a)
        self = one.worstField <= other.worstField ? one : other
    }

    init(mean: Double, worstField: Double) {
        self.mean = mean
        self.worstField = worstField
    }

    /// A picture as brightness on a grid.
    private struct Grid {
        static let width = 96, height = 54
        /// Fields of eight by six cells.
        static let across = 12, down = 9
        let levels: [Float]

        init(_ picture: Picture) throws {
            let small = try picture.scaled(width: Grid.width, height: Grid.height)
            var levels: [Float] = []
            levels.reserveCapacity(Grid.width * Grid.height)
            for y in 0..<Grid.height { for x in 0..<Grid.width { levels.append(Float(small.brightness(x: x, y: y))) } }
            self.levels = levels
        }

        /// This picture's level between cells.
        private func level(_ x: Float, _ y: Float) -> Float {
            let x = min(max(x, 0), Float(Grid.width - 1)), y = min(max(y, 0), Float(Grid.height - 1))
            let left = min(Int(x), Grid.width - 2), top = min(Int(y), Grid.height - 2)
            let dx = x - Float(left), dy = y - Float(top)
            let at = top * Grid.width + left
            let upper = levels[at] * (1 - dx) + levels[at + 1] * dx
            let lower = levels[at + Grid.width] * (1 - dx) + levels[at + Grid.width + 1] * dx
            return upper * (1 - dy) + lower * dy
        }

        private struct Cut {
            var scale: Float
            var left: Float
            var top: Float
        }

        /// This picture cut as given, cell for cell beside the other, every `step`th cell.
        private func pairs(_ cut: Cut, _ other: Grid, step: Int) -> [(x: Int, y: Int, own: Float, other: Float)] {
            var pairs: [(x: Int, y: Int, own: Float, other: Float)] = []
            pairs.reserveCapacity(Grid.width * Grid.height / (step * step))
            for y in stride(from: 0, to: Grid.height, by: step) {
                for x in stride(from: 0, to: Grid.width, by: step) {
                    let across = (Float(x) + 0.5) * cut.scale + cut.left * Float(Grid.width) - 0.5
                    let down = (Float(y) + 0.5) * cut.scale + cut.top * Float(Grid.height) - 0.5
                    let own = level(across, down)
                    pairs.append((x, y, own, other.levels[y * Grid.width + x]))
                }
            }
            return pairs
        }

        /// Brightness and contrast by which `own` comes nearest to `other`; contrast within a third, so that a flat picture does not fit everything.
        private static func tone(_ pairs: [(x: Int, y: Int, own: Float, other: Float)]) -> (gain: Float, bias: Float) {
            let count = Float(pairs.count)
            let meanOwn = pairs.reduce(Float(0)) { $0 + $1.own } / count, meanOther = pairs.reduce(Float(0)) { $0 + $1.other } / count
            var covariance: Float = 0
            var variance: Float = 0
            for pair in pairs {
                covariance += (pair.own - meanOwn) * (pair.other - meanOther)
                variance += (pair.own - meanOwn) * (pair.own - meanOwn)
            }
            let gain = min(max(variance > 0 ? covariance / variance : 1, 0.67), 1.5)
            return (gain, meanOther - gain * meanOwn)
        }

        /// The best of all cuts, coarsely, then that one finely.
        func fit(_ other: Grid) -> PictureComparison {
            var best = Cut(scale: 1, left: 0, top: 0)
            var least = Float.infinity
            func mean(_ cut: Cut, step: Int) -> Float {
                let found = pairs(cut, other, step: step)
                let tone = Grid.tone(found)
                var sum: Float = 0
                for pair in found { sum += abs(pair.own * tone.gain + tone.bias - pair.other) }
                return sum / Float(found.count)
            }
            for step in 0...8 {
                let scale = 1 - Float(step) / 100
                let shares: [Float] = step == 0 ? [0] : [0, 0.5, 1]
                for left in shares {
                    for top in shares {
                        let cut = Cut(scale: scale, left: left * (1 - scale), top: top * (1 - scale))
                        let distance = mean(cut, step: 3)
                        if distance < least { (best, least) = (cut, distance) }
                    }
                }
            }
            let found = pairs(best, other, step: 1)
            let tone = Grid.tone(found)
            var sums = [Float](repeating: 0, count: Grid.across * Grid.down)
            var counts = sums
            for pair in found {
                let field = pair.y * Grid.down / Grid.height * Grid.across + pair.x * Grid.across / Grid.width
                // What was burnt to white or black says nothing of the tone.
                sums[field] += abs(min(max(pair.own * tone.gain + tone.bias, 0), 255) - pair.other)
                counts[field] += 1
            }
            let worst = zip(sums, counts).map { $0 / max($1, 1) }.max() ?? 0
            return PictureComparison(mean: Double(sums.reduce(0, +) / Float(found.count)), worstField: Double(worst))
        }
    }
}
