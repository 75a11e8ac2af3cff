import Foundation

/// A mass in metric tonnes, 0 or more; what weighbridges and ledgers report.
package struct Tonnes: Sendable, Hashable, Comparable {
    package var value: Double
    package init(_ value: Double) { self.value = value }
    package init(_ kilograms: Kilograms) { value = Double(kilograms.value) / 1000 }
    package static func < (a: Tonnes, b: Tonnes) -> Bool { a.value < b.value }
    package static func + (a: Tonnes, b: Tonnes) -> Tonnes { Tonnes(a.value + b.value) }
    package static func - (a: Tonnes, b: Tonnes) -> Tonnes { Tonnes(a.value - b.value) }
    /// `12.34 吨`: at most three decimals, none where they are zero.
    package var text: String { decimalText(value, decimals: 3) + " 吨" }
}

/// A mass in kilograms, whole; what driving licences print.
package struct Kilograms: Sendable, Hashable, Comparable {
    package var value: Int
    package init(_ value: Int) { self.value = value }
    /// Rounded to the nearest kilogram; nil where the number is not finite or beyond an integer.
    package init?(_ tonnes: Tonnes) {
        guard let whole = Int(exactly: (tonnes.value * 1000).rounded()) else { return nil }
        value = whole
    }
    package static func < (a: Kilograms, b: Kilograms) -> Bool { a.value < b.value }
    package var text: String { "\(value) kg" }
}

/// A share in 0...1; percent exist only on the page.
package struct Ratio: Sendable, Hashable, Comparable {
    package let value: Double

    /// Nil outside 0...1.
    package init?(_ value: Double) {
        guard value >= 0, value <= 1 else { return nil }
        self.value = value
    }

    /// Nil when `whole` is 0 or `part` is larger: a share of nothing is no number.
    package init?(_ part: Int, of whole: Int) {
        guard whole > 0 else { return nil }
        self.init(Double(part) / Double(whole))
    }

    package static func < (a: Ratio, b: Ratio) -> Bool { a.value < b.value }

    /// `95.3%`; a share just under 1 is never shown as 100%.
    package var percent: String {
        let shown = (value * 1000).rounded() / 10
        return decimalText(shown >= 100 && value < 1 ? 99.9 : shown, decimals: 1) + "%"
    }
}

/// At most `decimals` digits after the point, trailing zeros dropped; `-` where the number is not finite.
package func decimalText(_ value: Double, decimals: Int) -> String {
    guard value.isFinite else { return "-" }
    var text = String(format: "%.\(decimals)f", value)
    guard decimals > 0 else { return text }
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text == "-0" ? "0" : text
}
