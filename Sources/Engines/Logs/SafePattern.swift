import Kernel

/// A regular expression whose time grows with the length of the text only, whatever it says: all ways through it are walked side by side, none is tried twice at one place. What would need going back
/// (references to groups, looking around) does not exist in it.
///
/// Understood: characters, `.`, `[a-z]`, `[^…]`, `\d \w \s \D \W \S \t \b`, `^`, `$`, `( )`, `(?: )`, `(?<name> )`, `|`, `* + ? {n} {n,} {n,m}` and their lazy kinds with `?`.
package struct SafePattern: Sendable {
    /// Characters of a pattern, steps of its program: what an administrator writes needs a tenth of it.
    static let longest = 500
    static let mostSteps = 1200
    /// Steps of one search: a hundred times what an ordinary line asks for, a few hundredths of a second. Beyond it nothing was found.
    private static let mostWork = 1_000_000

    enum Step: Sendable {
        case one(UInt32)
        case any
        case set(CharacterSet)
        /// The first way is preferred.
        case split(Int, Int)
        case jump(Int)
        case save(Int)
        case begin, end, boundary
        case match
    }

    struct CharacterSet: Sendable {
        var ranges: [ClosedRange<UInt32>]
        var isNegated: Bool

        func contains(_ scalar: UInt32) -> Bool { ranges.contains { $0.contains(scalar) } != isNegated }
    }

    package let text: String
    /// Names of the groups in the order they open.
    package let names: [String]
    private let program: [Step]
    private let slots: Int

    /// - Throws: `.invalid` with one finding on `pattern`: what is wrong and where.
    package init(_ text: String) throws {
        guard !text.isEmpty, text.unicodeScalars.count <= Self.longest else { throw PatternParser.failure("长度应为 1—\(Self.longest) 个字符") }
        var parser = PatternParser(text)
        let node = try parser.whole()
        var writer = PatternWriter()
        try writer.write(node)
        try writer.add(.match)
        self.text = text
        names = parser.names
        program = writer.program
        slots = parser.names.count * 2
    }

    /// The leftmost match; what each named group caught, groups that caught nothing left out.
    ///
    /// - Returns: nil when it does not occur.
    package func firstMatch(in text: String) -> [String: String]? {
        let scalars = text.unicodeScalars.map(\.value)
        guard let caught = run(scalars) else { return nil }
        var found: [String: String] = [:]
        for (index, name) in names.enumerated() {
            let (from, to) = (caught[index * 2], caught[index * 2 + 1])
            guard from >= 0, to >= from else { continue }
            found[name] = String(String.UnicodeScalarView(scalars[from..<to].compactMap(Unicode.Scalar.init)))
        }
        return found
    }

    private struct Walker {
        var step: Int
        var caught: [Int]
    }

    private func run(_ text: [UInt32]) -> [Int]? {
        var now: [Walker] = [], next: [Walker] = []
        var seen = [Int](repeating: -1, count: program.count)
        var best: [Int]?
        var work = 0
        for at in 0...text.count {
            if best == nil { follow(Walker(step: 0, caught: [Int](repeating: -1, count: slots)), at, text, &seen, &now) }
            if now.isEmpty, best != nil { break }
            next.removeAll(keepingCapacity: true)
            work += now.count + 1
            guard work < Self.mostWork else { return nil }
            for walker in now {
                if case .match = program[walker.step] {
                    best = walker.caught
                    break
                }
                guard at < text.count, takes(program[walker.step], text[at]) else { continue }
                follow(Walker(step: walker.step + 1, caught: walker.caught), at + 1, text, &seen, &next)
            }
            swap(&now, &next)
        }
        return best
    }

    private func takes(_ step: Step, _ scalar: UInt32) -> Bool {
        switch step {
        case .one(let wanted): wanted == scalar
        case .any: true
        case .set(let set): set.contains(scalar)
        default: false
        }
    }

    /// Adds every step that waits for a character and is reached from here without one, in the order of preference; each once a place.
    private func follow(_ start: Walker, _ at: Int, _ text: [UInt32], _ seen: inout [Int], _ list: inout [Walker]) {
        var open = [start]
        while var walker = open.popLast() {
            guard seen[walker.step] != at else { continue }
            seen[walker.step] = at
            switch program[walker.step] {
            case .jump(let target): open.append(Walker(step: target, caught: walker.caught))
            case .split(let first, let second):
                open.append(Walker(step: second, caught: walker.caught))
                open.append(Walker(step: first, caught: walker.caught))
            case .save(let slot):
                walker.caught[slot] = at
                open.append(Walker(step: walker.step + 1, caught: walker.caught))
            case .begin: if at == 0 { open.append(Walker(step: walker.step + 1, caught: walker.caught)) }
            case .end: if at == text.count { open.append(Walker(step: walker.step + 1, caught: walker.caught)) }
            case .boundary:
                if (at > 0 && Self.isWord(text[at - 1])) != (at < text.count && Self.isWord(text[at])) { open.append(Walker(step: walker.step + 1, caught: walker.caught)) }
            case .one, .any, .set, .match: list.append(walker)
            }
        }
    }

    private static func isWord(_ scalar: UInt32) -> Bool { PatternParser.word.contains { $0.contains(scalar) } }
}

/// Writes the program of a pattern; counts what it does, so that nested repetitions of nothing end, too.
private struct PatternWriter {
    var program: [SafePattern.Step] = []
    private var work = 0

    mutating func add(_ step: SafePattern.Step) throws {
        program.append(step)
        guard program.count <= SafePattern.mostSteps else { throw PatternParser.failure("展开后过长，请减少重复次数") }
    }

    mutating func write(_ node: PatternNode) throws {
        work += 1
        guard work < 20_000 else { throw PatternParser.failure("展开后过长，请减少重复次数") }
        switch node {
        case .step(let step): try add(step)
        case .sequence(let nodes): for one in nodes { try write(one) }
        case .group(let inner, let slot):
            if let slot { try add(.save(slot * 2)) }
            try write(inner)
            if let slot { try add(.save(slot * 2 + 1)) }
        case .either(let nodes): try either(nodes)
        case .repeated(let inner, let least, let most, let isLazy): try repeated(inner, least, most, isLazy)
        }
    }

    private mutating func either(_ nodes: [PatternNode]) throws {
        var ends: [Int] = []
        for (index, node) in nodes.enumerated() {
            guard index < nodes.count - 1 else {
                try write(node)
                break
            }
            let fork = program.count
            try add(.split(fork + 1, fork + 1))
            try write(node)
            ends.append(program.count)
            try add(.jump(0))
            program[fork] = .split(fork + 1, program.count)
        }
        for end in ends { program[end] = .jump(program.count) }
    }

    private mutating func repeated(_ inner: PatternNode, _ least: Int, _ most: Int?, _ isLazy: Bool) throws {
        for _ in 0..<least { try write(inner) }
        guard let most else {
            let fork = program.count
            try add(.split(fork + 1, fork + 1))
            try write(inner)
            try add(.jump(fork))
            program[fork] = isLazy ? .split(program.count, fork + 1) : .split(fork + 1, program.count)
            return
        }
        var forks: [Int] = []
        for _ in least..<max(most, least) {
            forks.append(program.count)
            try add(.split(0, 0))
            try write(inner)
        }
        for fork in forks { program[fork] = isLazy ? .split(program.count, fork + 1) : .split(fork + 1, program.count) }
    }
}
