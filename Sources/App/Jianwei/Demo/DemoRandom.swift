import Kernel

/// Numbers that look like chance and are the same for the same seed (SplitMix64), so that a demonstration can be repeated.
struct DemoRandom: RandomNumberGenerator, Sendable {
    private var generator: SplitMix64

    /// - Parameter stream: separates what must not shift when something else draws once more.
    init(_ seed: UInt64, stream: UInt64 = 0) { generator = SplitMix64(seed: seed &+ stream &* 0xD134_2543_DE82_EF95) }

    mutating func next() -> UInt64 { generator.next() }

    /// 0..<1.
    mutating func unit() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }
    mutating func int(_ range: ClosedRange<Int>) -> Int { range.lowerBound + Int(next() % UInt64(range.count)) }
    mutating func number(_ range: ClosedRange<Double>) -> Double { range.lowerBound + unit() * (range.upperBound - range.lowerBound) }
    mutating func chance(_ probability: Double) -> Bool { unit() < probability }

    /// - Parameter values: not empty.
    mutating func pick<T>(_ values: [T]) -> T { values[Int(next() % UInt64(values.count))] }

    /// An index by its weight; the weights are not empty.
    mutating func weighted(_ weights: [Double]) -> Int {
        var rest = unit() * weights.reduce(0, +)
        for (index, weight) in weights.enumerated() {
            rest -= weight
            if rest < 0 { return index }
        }
        return weights.count - 1
    }

    /// A count around a mean, never negative: the mean, up to its square root more or less.
    mutating func count(around mean: Double) -> Int {
        let spread = mean.squareRoot()
        return max(0, Int((mean + number(-spread...spread) + unit() - 0.5).rounded()))
    }
}
