import Kernel

/// What is known about one thing that rules ask for. A fact that is not known is `missing`: no condition but `isMissing` holds of it.
package enum FactValue: Sendable, Hashable {
    case missing
    case text(String)
    case number(Double)
    case bool(Bool)
    case set(Set<String>)

    /// As an explanation shows it.
    package var shown: String {
        switch self {
        case .missing: "未知"
        case .text(let value): value.isEmpty ? "空" : value
        case .number(let value): Int64(exactly: value).map(String.init) ?? String(value)
        case .bool(let value): value ? "是" : "否"
        case .set(let values): values.isEmpty ? "无" : values.sorted().joined(separator: "、")
        }
    }

    package var json: JSONValue {
        switch self {
        case .missing: .null
        case .text(let value): .string(value)
        case .number(let value): Int64(exactly: value).map(JSONValue.int) ?? .double(value)
        case .bool(let value): .bool(value)
        case .set(let values): .array(values.sorted().map(JSONValue.string))
        }
    }

    /// Nil for objects, and arrays of anything but text.
    package init?(json: JSONValue) {
        switch json {
        case .null: self = .missing
        case .string(let value): self = .text(value)
        case .int(let value): self = .number(Double(value))
        case .double(let value): self = .number(value)
        case .bool(let value): self = .bool(value)
        case .array(let elements):
            let texts = elements.compactMap(\.string)
            guard texts.count == elements.count else { return nil }
            self = .set(Set(texts))
        case .object: return nil
        }
    }
}

extension FactValue: ExpressibleByStringLiteral, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral {
    package init(stringLiteral value: String) { self = .text(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(integerLiteral value: Int) { self = .number(Double(value)) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(arrayLiteral elements: String...) { self = .set(Set(elements)) }
}

/// A fact that rules may ask for, with its title for editors and explanations.
package struct FactDeclaration: Sendable, Equatable {
    package enum Kind: String, Sendable { case text, number, bool, set }

    package var name: String
    package var title: String
    package var kind: Kind
    package var unit: String?

    package init(_ name: String, _ title: String, _ kind: Kind, unit: String? = nil) {
        self.name = name
        self.title = title
        self.kind = kind
        self.unit = unit
    }
}
