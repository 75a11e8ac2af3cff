/// A small generator whose whole future follows from its seed, so that a draw can be repeated years later by anybody (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// 0..<bound by the remainder: not `Int.random`, whose method may change between versions of Swift.
    package mutating func below(_ bound: Int) -> Int { bound > 0 ? Int(next() % UInt64(bound)) : 0 }

    /// `count` different positions of 0..<total in rising order; all of them when there are not more.
    package mutating func positions(_ count: Int, of total: Int) -> [Int] {
        guard count < total else { return Array(0..<max(0, total)) }
        var chosen: Set<Int> = []
        // Floyd's sampling: as many steps as positions.
        for top in (total - count)..<total {
            let position = below(top + 1)
            chosen.insert(chosen.contains(position) ? top : position)
        }
        return chosen.sorted()
    }
}
