import Foundation

/// Numbers as people read them.
package enum Figure {
    /// `1234.5`, `12` (no `.0`), `—` for what is not a number.
    package static func plain(_ value: Double) -> String {
        guard value.isFinite else { return "—" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return String(value)
    }

    /// `1,234,567`.
    package static func grouped(_ value: some BinaryInteger) -> String {
        let digits = String(value.magnitude)
        var out = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { out.append(",") }
            out.append(digit)
        }
        return value < 0 ? "-" + out : out
    }

    /// `1,234.50`: grouped with a fixed number of decimals; `—` when nil.
    package static func decimal(_ value: Double?, digits: Int = 1) -> String {
        guard let value, value.isFinite else { return "—" }
        let text = String(format: "%.\(digits)f", abs(value))
        let parts = text.split(separator: ".")
        let whole = grouped(Int64(String(parts[0])) ?? 0)
        let sign = value < 0 && text.contains(where: { $0 != "0" && $0 != "." }) ? "-" : ""
        return parts.count > 1 ? "\(sign)\(whole).\(parts[1])" : sign + whole
    }

    /// `98.6%` of a rate in 0...1; `—` when nil.
    package static func percent(_ rate: Double?, digits: Int = 1) -> String {
        guard let rate, rate.isFinite else { return "—" }
        return decimal(rate * 100, digits: digits) + "%"
    }

    /// `3.2 MB` of bytes.
    package static func size(_ bytes: Int) -> String {
        switch bytes {
        case ..<1024: "\(bytes) B"
        case ..<1_048_576: "\(decimal(Double(bytes) / 1024)) KB"
        case ..<1_073_741_824: "\(decimal(Double(bytes) / 1_048_576)) MB"
        default: "\(decimal(Double(bytes) / 1_073_741_824, digits: 2)) GB"
        }
    }
}
