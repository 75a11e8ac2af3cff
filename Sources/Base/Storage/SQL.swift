import Kernel

/// A statement and its arguments, kept apart: an interpolated value is always bound, never pasted.
///
///     let sql: SQL = "SELECT id FROM users WHERE login = \(login) AND \(ident: column) >= \(since)"
///
/// Text is what is the same for every call, so that a prepared statement can be kept by it. The dialect turns `?` into its own placeholders.
package struct SQL: Sendable, ExpressibleByStringInterpolation {
    package private(set) var text: String
    package private(set) var arguments: [SQLValue]

    package init(text: String, arguments: [SQLValue] = []) {
        self.text = text
        self.arguments = arguments
    }

    package init(stringLiteral value: String) { self.init(text: value) }
    package init(stringInterpolation: Interpolation) { self.init(text: stringInterpolation.text, arguments: stringInterpolation.arguments) }

    package struct Interpolation: StringInterpolationProtocol {
        var text = ""
        var arguments: [SQLValue] = []

        package init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + interpolationCount)
            arguments.reserveCapacity(interpolationCount)
        }

        package mutating func appendLiteral(_ literal: String) { text += literal }

        package mutating func appendInterpolation(_ value: some SQLBindable) {
            text += "?"
            arguments.append(value.sqlValue)
        }

        /// NULL when there is nothing.
        package mutating func appendInterpolation<T: SQLBindable>(_ value: T?) {
            text += "?"
            arguments.append(value?.sqlValue ?? .null)
        }

        /// A name of a table or column out of a declaration; quoted, and refused when it is not a plain identifier.
        package mutating func appendInterpolation(ident name: String) {
            precondition(isIdentifier(name), "not an identifier: \(name)")
            text += "\"\(name)\""
        }

        /// `?, ?, ?` for `IN (…)`; an empty list becomes NULL, which no row equals.
        package mutating func appendInterpolation(list values: [some SQLBindable]) {
            text += values.isEmpty ? "NULL" : Array(repeating: "?", count: values.count).joined(separator: ", ")
            arguments += values.map(\.sqlValue)
        }

        /// A fragment with its own arguments.
        package mutating func appendInterpolation(_ fragment: SQL) {
            text += fragment.text
            arguments += fragment.arguments
        }
    }

    package static func + (a: SQL, b: SQL) -> SQL { SQL(text: a.text + b.text, arguments: a.arguments + b.arguments) }
    package static func += (a: inout SQL, b: SQL) { a = a + b }

    /// Fragments with a separator between them.
    package static func joined(_ parts: [SQL], by separator: String) -> SQL {
        SQL(text: parts.map(\.text).joined(separator: separator), arguments: parts.flatMap(\.arguments))
    }

    /// `a AND b AND c`, or `1 = 1` of nothing.
    package static func all(of conditions: [SQL]) -> SQL { conditions.isEmpty ? "1 = 1" : joined(conditions.map { "(\($0))" }, by: " AND ") }

    /// A quoted name, as a fragment.
    package static func ident(_ name: String) -> SQL { "\(ident: name)" }
}

/// Letters, digits and underscores, not starting with a digit, at most 63 characters (PostgreSQL's limit).
package func isIdentifier(_ name: String) -> Bool {
    guard let first = name.utf8.first, name.utf8.count <= 63, !(48...57).contains(first) else { return false }
    return name.utf8.allSatisfy { ($0 | 0x20 >= 97 && $0 | 0x20 <= 122) || (48...57).contains($0) || $0 == 95 }
}
