import Kernel
import Storage

/// `.computed`: derived from other fields of the same row when it is read.
struct ComputedField: FieldBehaviour {
    let computation: Computation

    func columns(of field: Field) -> [Column] { [] }
    func accept(_ input: JSONValue, for field: Field, _ context: InputContext) -> Accepted { .refused("readOnly", "由系统计算，不能填写") }

    func text(of field: Field, in record: Record, _ context: DisplayContext) -> String { plainText(value(record, context)) }
    func json(of field: Field, in record: Record, _ context: DisplayContext) -> JSONValue { JSONValue(stored: value(record, context)) }

    private func value(_ record: Record, _ context: DisplayContext) -> SQLValue {
        switch computation {
        case .joined(let fields, let separator):
            let parts = fields.map { plainText(record.values[$0]) }.filter { !$0.isEmpty }
            return parts.isEmpty ? .null : .text(parts.joined(separator: separator))
        case .minutes(let from, let to):
            guard let from = record.values[from]?.int, let to = record.values[to]?.int else { return .null }
            return .int((to - from) / 60_000)
        case .difference(let a, let b):
            guard let a = record.values[a]?.double, let b = record.values[b]?.double else { return .null }
            // Both come rounded to their places; the difference must not show binary dust.
            return .real(((a - b) * 1e9).rounded() / 1e9)
        case .daysLeft(let name):
            guard let day = record.values[name]?.int.flatMap({ Day(number: Int($0)) }) else { return .null }
            return .int(Int64(day.daysSince1970 - context.today.daysSince1970))
        }
    }
}
