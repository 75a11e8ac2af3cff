import Kernel

/// A pattern as it is nested.
indirect enum PatternNode {
    case step(SafePattern.Step)
    case sequence([PatternNode])
    case either([PatternNode])
    /// The slot is its place among the named groups.
    case group(PatternNode, Int?)
    case repeated(PatternNode, Int, Int?, Bool)
}

/// Reads the text of a `SafePattern`.
struct PatternParser {
    private let text: [Unicode.Scalar]
    private var at = 0
    private var depth = 0
    private(set) var names: [String] = []

    init(_ text: String) { self.text = Array(text.unicodeScalars) }

    static func failure(_ message: String) -> Failure { Failure.invalid([FieldFinding("pattern", "format", message, title: "表达式")]) }

    private func wrong(_ message: String) -> Failure { Self.failure("第 \(min(at + 1, text.count)) 个字符处：\(message)") }

    mutating func whole() throws -> PatternNode {
        let node = try alternatives()
        guard at == text.count else { throw wrong("多出的“)”") }
        return node
    }

    private mutating func alternatives() throws -> PatternNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 20 else { throw wrong("括号嵌套超过 20 层") }
        var branches = [try sequence()]
        while at < text.count, text[at] == "|" {
            at += 1
            branches.append(try sequence())
        }
        return branches.count == 1 ? branches[0] : .either(branches)
    }

    private mutating func sequence() throws -> PatternNode {
        var nodes: [PatternNode] = []
        while at < text.count, text[at] != "|", text[at] != ")" {
            let node = try piece()
            nodes.append(try quantified(node))
        }
        return nodes.count == 1 ? nodes[0] : .sequence(nodes)
    }

    private mutating func quantified(_ node: PatternNode) throws -> PatternNode {
        guard at < text.count else { return node }
        let bounds: (Int, Int?)
        switch text[at] {
        case "*": bounds = (0, nil)
        case "+": bounds = (1, nil)
        case "?": bounds = (0, 1)
        case "{":
            guard let read = counted() else { return node }
            bounds = read
        default: return node
        }
        at += 1
        guard bounds.0 <= 200, (bounds.1 ?? 0) <= 200, bounds.1.map({ $0 >= bounds.0 }) ?? true else { throw wrong("重复次数应在 0—200 之间") }
        var isLazy = false
        if at < text.count, text[at] == "?" {
            isLazy = true
            at += 1
        } else if at < text.count, text[at] == "*" || text[at] == "+" {
            throw wrong("重复符号不能连用")
        }
        return .repeated(node, bounds.0, bounds.1, isLazy)
    }

    /// `{2}`, `{2,}`, `{2,5}`; leaves `at` on the closing brace. Nil, and nothing read, where the brace is just a brace.
    private mutating func counted() -> (Int, Int?)? {
        guard let end = text[at...].firstIndex(of: "}") else { return nil }
        let inner = String(String.UnicodeScalarView(text[(at + 1)..<end])).split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard (1...2).contains(inner.count), let least = Int(inner[0]), inner.count == 1 || inner[1].isEmpty || Int(inner[1]) != nil else { return nil }
        at = end
        return (least, inner.count == 1 ? least : Int(inner[1]))
    }

    private mutating func piece() throws -> PatternNode {
        let scalar = text[at]
        at += 1
        switch scalar {
        case ".": return .step(.any)
        case "^": return .step(.begin)
        case "$": return .step(.end)
        case "(": return try group()
        case "[": return .step(.set(try set()))
        case "\\": return .step(try escaped())
        case "*", "+", "?": throw wrong("“\(scalar)”前没有可重复的内容")
        default: return .step(.one(scalar.value))
        }
    }

    private mutating func group() throws -> PatternNode {
        var slot: Int?
        if at < text.count, text[at] == "?" {
            guard at + 1 < text.count else { throw wrong("括号未闭合") }
            if text[at + 1] == ":" {
                at += 2
            } else if text[at + 1] == "<", at + 2 < text.count, text[at + 2] != "=", text[at + 2] != "!" {
                at += 2
                slot = try named()
            } else {
                throw wrong("不支持环视等写法，只能用 (?<名称>…) 和 (?:…)")
            }
        }
        let inner = try alternatives()
        guard at < text.count, text[at] == ")" else { throw wrong("括号未闭合") }
        at += 1
        return .group(inner, slot)
    }

    private mutating func named() throws -> Int {
        guard let end = text[at...].firstIndex(of: ">") else { throw wrong("名称未以“>”结束") }
        let name = String(String.UnicodeScalarView(text[at..<end]))
        guard (1...40).contains(name.count), name.unicodeScalars.allSatisfy({ $0 == "_" || $0.properties.isAlphabetic || ("0"..."9").contains($0) }) else {
            throw wrong("名称只能用文字、数字和下划线")
        }
        guard !names.contains(name) else { throw wrong("名称“\(name)”重复") }
        guard names.count < 30 else { throw wrong("命名分组最多 30 个") }
        names.append(name)
        at = end + 1
        return names.count - 1
    }

    static let digit: [ClosedRange<UInt32>] = [48...57]
    static let word: [ClosedRange<UInt32>] = [48...57, 65...90, 95...95, 97...122]
    private static let blank: [ClosedRange<UInt32>] = [9...13, 32...32]

    private mutating func escaped() throws -> SafePattern.Step {
        guard at < text.count else { throw wrong("末尾的“\\”没有内容") }
        let scalar = text[at]
        at += 1
        if scalar == "b" { return .boundary }
        if let (ranges, isNegated) = Self.shorthand(scalar) { return .set(SafePattern.CharacterSet(ranges: ranges, isNegated: isNegated)) }
        return .one(try literal(scalar))
    }

    private static func shorthand(_ scalar: Unicode.Scalar) -> ([ClosedRange<UInt32>], Bool)? {
        switch scalar {
        case "d": (digit, false)
        case "D": (digit, true)
        case "w": (word, false)
        case "W": (word, true)
        case "s": (blank, false)
        case "S": (blank, true)
        default: nil
        }
    }

    private func literal(_ scalar: Unicode.Scalar) throws -> UInt32 {
        switch scalar {
        case "t": return 9
        case "n": return 10
        case "r": return 13
        default:
            guard !scalar.properties.isAlphabetic, !("0"..."9").contains(scalar) else { throw wrong("不支持“\\\(scalar)”") }
            return scalar.value
        }
    }

    /// What stands between brackets.
    private mutating func set() throws -> SafePattern.CharacterSet {
        var set = SafePattern.CharacterSet(ranges: [], isNegated: false)
        if at < text.count, text[at] == "^" {
            set.isNegated = true
            at += 1
        }
        var isFirst = true
        while true {
            guard at < text.count else { throw wrong("“[”未闭合") }
            if text[at] == "]", !isFirst { break }
            isFirst = false
            try member(of: &set)
        }
        at += 1
        return set
    }

    private mutating func member(of set: inout SafePattern.CharacterSet) throws {
        var scalar = text[at]
        at += 1
        var low = scalar.value
        if scalar == "\\" {
            guard at < text.count else { throw wrong("“[”未闭合") }
            scalar = text[at]
            at += 1
            if let (ranges, isNegated) = Self.shorthand(scalar) {
                guard !isNegated else { throw wrong("方括号内不支持“\\\(scalar)”") }
                set.ranges += ranges
                return
            }
            low = try literal(scalar)
        }
        guard at + 1 < text.count, text[at] == "-", text[at + 1] != "]" else {
            set.ranges.append(low...low)
            return
        }
        at += 1
        var high = text[at].value
        at += 1
        if high == UInt32(92) {
            guard at < text.count else { throw wrong("“[”未闭合") }
            high = try literal(text[at])
            at += 1
        }
        guard low <= high else { throw wrong("范围的起止颠倒") }
        set.ranges.append(low...high)
    }
}
