import Exchange
import Foundation
import Kernel

/// Counts the formulas of a filled sheet, as far as office reports use them, so that what is shown and printed has figures before a table program counts them itself.
///
/// `+ - * / ^ & = <> < <= > >= %`, SUM AVERAGE MAX MIN COUNT ROUND ABS IF IFERROR. What it does not know it leaves to the table program. It ends after so many steps, whatever a formula asks.
struct FormulaReader {
    enum Value: Equatable {
        case number(Double)
        case text(String)
        case empty
    }

    struct Stopped: Error {}

    private static let mostSteps = 4_000_000
    private static let mostDepth = 200

    private var cells: [Int: WorkbookForm.Content] = [:]
    private var known: [Int: Value?] = [:]
    private var open: Set<Int> = []
    private var steps = 0
    /// Of nested brackets and of formulas that need others, together.
    private var depth = 0
    private var tokens: [Token] = []
    private var at = 0

    private enum Token: Equatable {
        case number(Double)
        case text(String)
        case word(String)
        case sign(String)
    }

    init(_ sheet: WorkbookForm.Sheet) {
        for row in sheet.rows { for cell in row.cells where cell.content != .empty { cells[FormulaReader.key(cell.column, row.number)] = cell.content } }
    }

    /// The same sheet with what its formulas come to.
    ///
    /// - Returns: how many formulas were left without a value: unknown functions, circles, division by nothing.
    static func counted(_ sheet: WorkbookForm.Sheet) -> (sheet: WorkbookForm.Sheet, left: Int) {
        var reader = FormulaReader(sheet)
        var sheet = sheet
        var left = 0
        for row in sheet.rows.indices {
            for cell in sheet.rows[row].cells.indices {
                guard case .formula(let formula, _) = sheet.rows[row].cells[cell].content else { continue }
                if case .number(let value)? = reader.value(sheet.rows[row].cells[cell].column, sheet.rows[row].number), value.isFinite {
                    sheet.rows[row].cells[cell].content = .formula(formula, value)
                } else {
                    left += 1
                }
            }
        }
        return (sheet, left)
    }

    private static func key(_ column: Int, _ row: Int) -> Int { row << 15 | column }

    /// Nil where it cannot be counted.
    private mutating func value(_ column: Int, _ row: Int) -> Value? {
        let key = FormulaReader.key(column, row)
        switch cells[key] {
        case nil, .empty: return .empty
        case .text(let text): return .text(text)
        case .number(let number): return .number(number)
        case .formula(let formula, _):
            if let known = known[key] { return known }
            guard open.insert(key).inserted else { return nil }
            defer { open.remove(key) }
            let (outer, place) = (tokens, at)
            defer { (tokens, at) = (outer, place) }
            var result: Value?
            do {
                tokens = try FormulaReader.read(formula)
                at = 0
                let found = try comparison()
                if at == tokens.count { result = found }
            } catch { result = nil }
            known[key] = .some(result)
            return result
        }
    }

    private mutating func step() throws {
        steps += 1
        guard steps < FormulaReader.mostSteps else { throw Stopped() }
    }

    // MARK: Reading

    private static func read(_ formula: String) throws -> [Token] {
        var tokens: [Token] = []
        let letters = Array(formula)
        var at = 0
        guard letters.count < 8_192 else { throw Stopped() }
        while at < letters.count {
            let letter = letters[at]
            if letter.isWhitespace {
                at += 1
            } else if letter == "\"" {
                guard let end = letters[(at + 1)...].firstIndex(of: "\"") else { throw Stopped() }
                tokens.append(.text(String(letters[(at + 1)..<end])))
                at = end + 1
            } else if letter.isNumber || letter == "." {
                var end = at
                while end < letters.count, letters[end].isNumber || letters[end] == "." { end += 1 }
                guard let number = Double(String(letters[at..<end])) else { throw Stopped() }
                tokens.append(.number(number))
                at = end
            } else if letter.isLetter || letter == "$" || letter == "_" {
                var end = at
                while end < letters.count, letters[end].isLetter || letters[end].isNumber || "$_.".contains(letters[end]) { end += 1 }
                tokens.append(.word(String(letters[at..<end])))
                at = end
            } else {
                let two = String(letters[at..<min(at + 2, letters.count)])
                if ["<=", ">=", "<>"].contains(two) {
                    tokens.append(.sign(two))
                    at += 2
                } else {
                    tokens.append(.sign(String(letter)))
                    at += 1
                }
            }
        }
        return tokens
    }

    private mutating func takes(_ signs: String...) -> String? {
        guard at < tokens.count, case .sign(let sign) = tokens[at], signs.contains(sign) else { return nil }
        at += 1
        return sign
    }

    private func number(_ value: Value) throws -> Double {
        switch value {
        case .number(let number): return number
        case .empty: return 0
        case .text(let text):
            guard let number = Double(text) else { throw Stopped() }
            return number
        }
    }

    private func text(_ value: Value) -> String {
        switch value {
        case .number(let number): CellLook().text(number)
        case .empty: ""
        case .text(let text): text
        }
    }

    // MARK: Counting

    private mutating func comparison() throws -> Value {
        try step()
        try deepen()
        defer { depth -= 1 }
        var left = try joined()
        while let sign = takes("=", "<>", "<", "<=", ">", ">=") {
            let right = try joined()
            let isTrue: Bool
            if case .text(let a) = left, case .text(let b) = right {
                isTrue = sign == "=" ? a == b : sign == "<>" ? a != b : sign.hasPrefix("<") ? (a < b || sign == "<=" && a == b) : (a > b || sign == ">=" && a == b)
            } else {
                let (a, b) = (try number(left), try number(right))
                isTrue = sign == "=" ? a == b : sign == "<>" ? a != b : sign == "<" ? a < b : sign == "<=" ? a <= b : sign == ">" ? a > b : a >= b
            }
            left = .number(isTrue ? 1 : 0)
        }
        return left
    }

    private mutating func joined() throws -> Value {
        var left = try sum()
        while takes("&") != nil { left = .text(text(left) + text(try sum())) }
        return left
    }

    private mutating func sum() throws -> Value {
        var left = try product()
        while let sign = takes("+", "-") {
            let (a, b) = (try number(left), try number(try product()))
            left = .number(sign == "+" ? a + b : a - b)
        }
        return left
    }

    private mutating func product() throws -> Value {
        var left = try power()
        while let sign = takes("*", "/") {
            let (a, b) = (try number(left), try number(try power()))
            if sign == "/", b == 0 { throw Stopped() }
            left = .number(sign == "*" ? a * b : a / b)
        }
        return left
    }

    private mutating func power() throws -> Value {
        var left = try signed()
        while takes("^") != nil { left = .number(pow(try number(left), try number(try signed()))) }
        return left
    }

    private mutating func deepen() throws {
        depth += 1
        if depth > FormulaReader.mostDepth {
            depth -= 1
            throw Stopped()
        }
    }

    private mutating func signed() throws -> Value {
        try step()
        try deepen()
        defer { depth -= 1 }
        if takes("-") != nil { return .number(-(try number(try signed()))) }
        if takes("+") != nil { return try signed() }
        var value = try atom()
        while takes("%") != nil { value = .number(try number(value) / 100) }
        return value
    }

    private mutating func atom() throws -> Value {
        guard at < tokens.count else { throw Stopped() }
        let token = tokens[at]
        at += 1
        switch token {
        case .number(let number): return .number(number)
        case .text(let text): return .text(text)
        case .sign("("):
            let value = try comparison()
            guard takes(")") != nil else { throw Stopped() }
            return value
        case .sign: throw Stopped()
        case .word(let word):
            if at < tokens.count, tokens[at] == .sign("(") { return try function(word.uppercased()) }
            guard let place = WorkbookForm.place(word), let found = value(place.column, place.row) else { throw Stopped() }
            return found
        }
    }

    /// One argument: the cells of a range, or one value.
    private mutating func argument() throws -> [Value] {
        if at + 2 < tokens.count, case .word(let first) = tokens[at], tokens[at + 1] == .sign(":"), case .word(let second) = tokens[at + 2], let low = WorkbookForm.place(first),
            let high = WorkbookForm.place(second), low.row <= high.row, low.column <= high.column
        {
            at += 3
            var values: [Value] = []
            for row in low.row...high.row {
                for column in low.column...high.column {
                    try step()
                    guard let found = value(column, row) else { throw Stopped() }
                    values.append(found)
                }
            }
            return values
        }
        return [try comparison()]
    }

    private mutating func function(_ name: String) throws -> Value {
        at += 1
        if name == "IF" || name == "IFERROR" { return try choice(name) }
        var arguments: [[Value]] = []
        if takes(")") == nil {
            repeat { arguments.append(try argument()) } while takes(",", ";") != nil
            guard takes(")") != nil else { throw Stopped() }
        }
        let numbers = arguments.flatMap { $0 }.compactMap { value -> Double? in if case .number(let number) = value { number } else { nil } }
        switch name {
        case "SUM": return .number(numbers.reduce(0, +))
        case "COUNT": return .number(Double(numbers.count))
        case "AVERAGE":
            guard !numbers.isEmpty else { throw Stopped() }
            return .number(numbers.reduce(0, +) / Double(numbers.count))
        case "MAX": return .number(numbers.max() ?? 0)
        case "MIN": return .number(numbers.min() ?? 0)
        case "ABS":
            guard let first = arguments.first?.first else { throw Stopped() }
            return .number(abs(try number(first)))
        case "ROUND":
            guard arguments.count == 2, let first = arguments[0].first, let places = arguments[1].first else { throw Stopped() }
            let scale = pow(10, min(max(try number(places), -12), 12))
            return .number((try number(first) * scale).rounded() / scale)
        default: throw Stopped()
        }
    }

    private mutating func choice(_ name: String) throws -> Value {
        if name == "IFERROR" {
            let place = at
            do {
                let value = try comparison()
                guard takes(",", ";") != nil else { throw Stopped() }
                _ = try comparison()
                guard takes(")") != nil else { throw Stopped() }
                return value
            } catch {
                guard steps < FormulaReader.mostSteps else { throw Stopped() }
                at = place
                try skip()
                let value = try comparison()
                guard takes(")") != nil else { throw Stopped() }
                return value
            }
        }
        let isTrue = try number(try comparison()) != 0
        guard takes(",", ";") != nil else { throw Stopped() }
        if isTrue {
            let value = try comparison()
            if takes(",", ";") != nil { try skipToClose() }
            guard takes(")") != nil else { throw Stopped() }
            return value
        }
        try skip()
        let value = try comparison()
        guard takes(")") != nil else { throw Stopped() }
        return value
    }

    /// Past the comma that ends this argument.
    private mutating func skip() throws {
        var depth = 0
        while at < tokens.count {
            if tokens[at] == .sign("(") { depth += 1 }
            if tokens[at] == .sign(")") { depth -= 1 }
            if depth < 0 { throw Stopped() }
            at += 1
            if depth == 0, tokens[at - 1] == .sign(",") || tokens[at - 1] == .sign(";") { return }
        }
        throw Stopped()
    }

    private mutating func skipToClose() throws {
        var depth = 0
        while at < tokens.count {
            if tokens[at] == .sign(")"), depth == 0 { return }
            if tokens[at] == .sign("(") { depth += 1 }
            if tokens[at] == .sign(")") { depth -= 1 }
            at += 1
        }
    }
}
