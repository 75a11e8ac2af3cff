import Kernel

/// HTML that is safe to send: literal text is HTML as written, whatever is interpolated is escaped unless it is itself `Markup`.
///
///     let row: Markup = "<td class=\"num\">\(count)</td><td>\(name)</td>"
///
/// Attribute values must stand in double quotes. There is no way to put a script or a style attribute past the content security policy, so none is offered.
package struct Markup: Sendable, Equatable {
    package var html: String

    /// Trusted HTML, never text that came from a person or another system.
    package init(trusted html: String) { self.html = html }

    /// Plain text, escaped.
    package init(text: String) {
        html = ""
        html.reserveCapacity(text.utf8.count)
        Markup.escape(text, into: &html)
    }

    package static let empty = Markup(trusted: "")

    package var isEmpty: Bool { html.isEmpty }

    package static func + (a: Markup, b: Markup) -> Markup { Markup(trusted: a.html + b.html) }
    package static func += (a: inout Markup, b: Markup) { a.html += b.html }

    package static func joined(_ parts: [Markup], by separator: Markup = .empty) -> Markup {
        var out = ""
        out.reserveCapacity(parts.reduce(0) { $0 + $1.html.utf8.count + separator.html.utf8.count })
        for (index, part) in parts.enumerated() {
            if index > 0 { out += separator.html }
            out += part.html
        }
        return Markup(trusted: out)
    }

    /// Escapes the five characters that mean something in HTML text and in quoted attributes.
    static func escape(_ text: String, into out: inout String) {
        guard text.utf8.contains(where: { $0 == 38 || $0 == 60 || $0 == 62 || $0 == 34 || $0 == 39 }) else {
            out += text
            return
        }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "'": out += "&#39;"
            default: out.unicodeScalars.append(scalar)
            }
        }
    }
}

/// A component: a value that knows its HTML. May be interpolated into `Markup` directly.
package protocol Rendered: Sendable {
    var markup: Markup { get }
}

extension Markup: Rendered {
    package var markup: Markup { self }
}

extension Markup: ExpressibleByStringInterpolation {
    package init(stringLiteral value: String) { html = value }
    package init(stringInterpolation: StringInterpolation) { html = stringInterpolation.html }

    package struct StringInterpolation: StringInterpolationProtocol {
        var html = ""

        package init(literalCapacity: Int, interpolationCount: Int) { html.reserveCapacity(literalCapacity + interpolationCount * 24) }
        package mutating func appendLiteral(_ literal: String) { html += literal }
        package mutating func appendInterpolation(_ text: String) { Markup.escape(text, into: &html) }
        package mutating func appendInterpolation(_ text: Substring) { Markup.escape(String(text), into: &html) }
        package mutating func appendInterpolation(_ text: String?) { if let text { Markup.escape(text, into: &html) } }
        package mutating func appendInterpolation(_ value: some BinaryInteger) { html += String(value) }
        package mutating func appendInterpolation(_ value: Int?) { if let value { html += String(value) } }
        package mutating func appendInterpolation(_ value: Int64?) { if let value { html += String(value) } }
        package mutating func appendInterpolation(_ value: Double) { html += Figure.plain(value) }
        package mutating func appendInterpolation(_ value: Double?) { if let value { html += Figure.plain(value) } }
        package mutating func appendInterpolation(_ moment: Moment) { html += moment.text }
        package mutating func appendInterpolation(_ moment: Moment?) { if let moment { html += moment.text } }
        package mutating func appendInterpolation(_ day: Day) { html += day.text }
        package mutating func appendInterpolation(_ day: Day?) { if let day { html += day.text } }
        package mutating func appendInterpolation(_ part: Markup) { html += part.html }
        package mutating func appendInterpolation(_ part: Markup?) { if let part { html += part.html } }
        package mutating func appendInterpolation(_ parts: [Markup]) { for part in parts { html += part.html } }
        package mutating func appendInterpolation(_ part: some Rendered) { html += part.markup.html }
        package mutating func appendInterpolation<Part: Rendered>(_ part: Part?) { if let part { html += part.markup.html } }
        package mutating func appendInterpolation<Part: Rendered>(_ parts: [Part]) { for part in parts { html += part.markup.html } }
        package mutating func appendInterpolation(json value: JSONValue) { html += value.text }
    }
}

extension Markup {
    /// ` name="value"`, or nothing when the value is nil.
    package static func attribute(_ name: String, _ value: String?) -> Markup {
        guard let value else { return .empty }
        var out = " \(name)=\""
        escape(value, into: &out)
        return Markup(trusted: out + "\"")
    }

    package static func attribute(_ name: String, _ value: Int?) -> Markup { attribute(name, value.map { String($0) }) }

    /// ` name` when the condition holds.
    package static func flag(_ name: String, _ condition: Bool) -> Markup { condition ? Markup(trusted: " \(name)") : .empty }

    /// ` class="a b"` of those whose condition holds; nothing when none does.
    package static func classes(_ names: (String, Bool)...) -> Markup {
        let chosen = names.filter { $0.1 }.map { $0.0 }
        return attribute("class", chosen.isEmpty ? nil : chosen.joined(separator: " "))
    }

    /// A data attribute that carries JSON for app.js.
    package static func data(_ name: String, _ value: JSONValue) -> Markup { attribute("data-\(name)", value.text) }

    /// Two Latin or Chinese texts, one of them shown; for labels outside a page's own language choice.
    package static func when(_ condition: Bool, _ part: @autoclosure () -> Markup) -> Markup { condition ? part() : .empty }
}
