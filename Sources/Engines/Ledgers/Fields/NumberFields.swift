import Foundation
import Kernel
import Storage

/// `.integer`: a whole number within its range.
struct IntegerField: FieldBehaviour {
    let range: ClosedRange<Int>

    func columns(of field: Field) -> [Column] { [Column(snakeCased(field.name), .integer)] }

    func accept(_ input: JSONValue, for field: Field, _ context: InputContext) -> Accepted {
        let value: Int64? =
            input.int
            ?? input.string.flatMap { text in
                let plain = numberText(text)
                return Int64(plain) ?? Double(plain).flatMap { Int64(exactly: $0) }
            }
        guard let value else { return .refused("type", "应为整数") }
        guard value >= Int64(range.lowerBound), value <= Int64(range.upperBound) else { return .refused("range", "应在 \(range.lowerBound) 到 \(range.upperBound) 之间") }
        return .value(.int(value))
    }
}

/// `.decimal`: a number within its range, rounded to its places.
struct DecimalField: FieldBehaviour {
    let places: Int
    let range: ClosedRange<Double>

    func columns(of field: Field) -> [Column] { [Column(snakeCased(field.name), .real)] }

    func accept(_ input: JSONValue, for field: Field, _ context: InputContext) -> Accepted {
        guard let value = input.double ?? input.string.flatMap({ Double(numberText($0)) }), value.isFinite else { return .refused("type", "应为数字") }
        guard range.contains(value) else { return .refused("range", "应在 \(shown(range.lowerBound)) 到 \(shown(range.upperBound)) 之间") }
        let scale = pow(10, Double(places))
        return .value(.real((value * scale).rounded() / scale))
    }

    func text(of field: Field, in record: Record, _ context: DisplayContext) -> String {
        record.values[field.name]?.double.map { fixed($0, places: places) } ?? ""
    }

    private func shown(_ value: Double) -> String { plainText(.real(value)) }
}

/// Without blanks and thousands separators.
private func numberText(_ text: String) -> String {
    text.contains(where: { $0 == "," || $0 == "，" || $0.isWhitespace }) ? String(text.filter { $0 != "," && $0 != "，" && !$0.isWhitespace }) : text
}

/// A number with exactly so many digits after the point.
func fixed(_ value: Double, places: Int) -> String { String(format: "%.\(max(0, min(places, 12)))f", value) }
