import Kernel

/// How a computed point follows from others of its enterprise: `({TI-101} + {TI-102}) / 2`, `and({FI-101} > 5, {TI-101} > 50)`.
///
/// Numbers, `{code}`, + - * /, comparisons (1 or 0), parentheses, and min, max, avg, abs, and, or, not, if. Nothing else is understood, nothing loops, and length and depth are bounded.
package struct PointFormula: Sendable, Equatable {
    indirect enum Term: Sendable, Equatable {
        case number(Double)
        case point(String)
        case call(String, [Term])
    }

    static let longest = 500
    private static let mostPoints = 20
    private static let deepest = 30
    private static let functions: [String: ClosedRange<Int>] = [
        "min": 1...20, "max": 1...20, "avg": 1...20, "abs": 1...1, "and": 1...20, "or": 1...20, "not": 1...1, "if": 3...3,
    ]

    let term: Term
    /// Codes it asks for, each once, in the order of the text.
    package let codes: [String]

    /// - Throws: `.invalid` with a sentence that says where it is not understood.
    package init(_ text: String) throws {
        var reader = FormulaReader(text)
        guard text.count <= Self.longest else { throw Self.fault("最长 \(Self.longest) 字") }
        term = try reader.comparison(0)
        guard reader.isAtEnd else { throw Self.fault("第 \(reader.place) 个字符起无法理解") }
        codes = reader.codes
        guard !codes.isEmpty else { throw Self.fault("至少引用一个点位，如 {TI-101}") }
        guard codes.count <= Self.mostPoints else { throw Self.fault("最多引用 \(Self.mostPoints) 个点位") }
    }

    fileprivate static func fault(_ message: String) -> Failure { .invalid([FieldFinding("formula", "format", message, title: "计算公式")]) }

    fileprivate static func check(_ name: String, _ count: Int, at place: Int) throws {
        guard let range = functions[name] else { throw fault("第 \(place) 个字符处的函数“\(name)”不存在，可用 min、max、avg、abs、and、or、not、if") }
        guard range.contains(count) else { throw fault("函数 \(name) 的参数个数不对") }
    }

    fileprivate static func check(depth: Int) throws { guard depth < deepest else { throw fault("括号层次过多") } }

    /// - Returns: nil where a value is missing or nothing finite comes out.
    package func value(_ known: (String) -> Double?) -> Double? {
        guard let value = Self.value(of: term, known), value.isFinite else { return nil }
        return value
    }

    private static func value(of term: Term, _ known: (String) -> Double?) -> Double? {
        switch term {
        case .number(let number): return number
        case .point(let code): return known(code)
        case .call(let name, let terms):
            var values: [Double] = []
            for term in terms {
                guard let value = value(of: term, known) else { return nil }
                values.append(value)
            }
            return apply(name, values)
        }
    }

    private static func apply(_ name: String, _ values: [Double]) -> Double? {
        func truth(_ holds: Bool) -> Double { holds ? 1 : 0 }
        switch name {
        case "+": return values[0] + values[1]
        case "-": return values.count == 1 ? -values[0] : values[0] - values[1]
        case "*": return values[0] * values[1]
        case "/": return values[1] == 0 ? nil : values[0] / values[1]
        case ">": return truth(values[0] > values[1])
        case "<": return truth(values[0] < values[1])
        case ">=": return truth(values[0] >= values[1])
        case "<=": return truth(values[0] <= values[1])
        case "=": return truth(values[0] == values[1])
        case "!=": return truth(values[0] != values[1])
        case "min": return values.min()
        case "max": return values.max()
        case "avg": return values.reduce(0, +) / Double(values.count)
        case "abs": return abs(values[0])
        case "and": return truth(values.allSatisfy { $0 != 0 })
        case "or": return truth(values.contains { $0 != 0 })
        case "not": return truth(values[0] == 0)
        case "if": return values[0] != 0 ? values[1] : values[2]
        default: return nil
        }
    }
}

/// Reads a formula from left to right, once.
private struct FormulaReader {
    private let text: [Character]
    private var at = 0
    private(set) var codes: [String] = []

    init(_ text: String) { self.text = Array(text) }

    var place: Int { at + 1 }

    var isAtEnd: Bool {
        mutating get {
            skip()
            return at == text.count
        }
    }

    mutating func comparison(_ depth: Int) throws -> PointFormula.Term {
        try PointFormula.check(depth: depth)
        let left = try sum(depth)
        for sign in [">=", "<=", "!=", ">", "<", "="] where take(sign) { return .call(sign, [left, try sum(depth)]) }
        return left
    }

    private mutating func sum(_ depth: Int) throws -> PointFormula.Term {
        var left = try product(depth)
        while true {
            if take("+") { left = .call("+", [left, try product(depth)]) } else if take("-") { left = .call("-", [left, try product(depth)]) } else { return left }
        }
    }

    private mutating func product(_ depth: Int) throws -> PointFormula.Term {
        var left = try single(depth)
        while true {
            if take("*") { left = .call("*", [left, try single(depth)]) } else if take("/") { left = .call("/", [left, try single(depth)]) } else { return left }
        }
    }

    private mutating func single(_ depth: Int) throws -> PointFormula.Term {
        try PointFormula.check(depth: depth)
        if take("-") { return .call("-", [try single(depth + 1)]) }
        if take("(") {
            let inner = try comparison(depth + 1)
            guard take(")") else { throw PointFormula.fault("第 \(place) 个字符处缺少右括号") }
            return inner
        }
        if take("{") { return try point() }
        skip()
        let start = at
        while at < text.count, text[at].isASCII, text[at].isLetter { at += 1 }
        if at > start { return try call(String(text[start..<at]).lowercased(), start, depth) }
        while at < text.count, text[at].isASCII, text[at].isNumber || text[at] == "." { at += 1 }
        guard at > start, let number = Double(String(text[start..<at])) else { throw PointFormula.fault("第 \(start + 1) 个字符处应为数字、{点位编码} 或函数") }
        return .number(number)
    }

    private mutating func point() throws -> PointFormula.Term {
        let start = at
        while at < text.count, text[at] != "}" { at += 1 }
        guard at < text.count, at > start, at - start <= 64 else { throw PointFormula.fault("第 \(start) 个字符处的点位编码不完整") }
        let code = String(text[start..<at])
        at += 1
        if !codes.contains(code) { codes.append(code) }
        return .point(code)
    }

    private mutating func call(_ name: String, _ start: Int, _ depth: Int) throws -> PointFormula.Term {
        guard take("(") else { throw PointFormula.fault("第 \(place) 个字符处缺少左括号") }
        var terms = [try comparison(depth + 1)]
        while take(",") { terms.append(try comparison(depth + 1)) }
        guard take(")") else { throw PointFormula.fault("第 \(place) 个字符处缺少右括号") }
        try PointFormula.check(name, terms.count, at: start + 1)
        return .call(name, terms)
    }

    private mutating func take(_ sign: String) -> Bool {
        skip()
        let characters = Array(sign)
        guard at + characters.count <= text.count, Array(text[at..<at + characters.count]) == characters else { return false }
        at += characters.count
        return true
    }

    private mutating func skip() { while at < text.count, text[at].isWhitespace { at += 1 } }
}
