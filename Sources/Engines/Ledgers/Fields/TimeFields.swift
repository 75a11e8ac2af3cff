import Kernel
import Storage

/// `.day`: a business day, stored `yyyymmdd`.
struct DayField: FieldBehaviour {
    func columns(of field: Field) -> [Column] { [Column(snakeCased(field.name), .integer)] }

    func accept(_ input: JSONValue, for field: Field, _ context: InputContext) -> Accepted {
        guard let day = DayField.read(input) else { return .refused("format", "不是有效日期，应写成 2026-01-31 的样子") }
        if field.check == .notFuture, day > context.today { return .refused("range", "不能晚于今天") }
        return .value(.int(Int64(day.number)))
    }

    /// Also takes the beginning of a date with a time, as sheets store dates.
    static func read(_ input: JSONValue) -> Day? {
        guard let text = input.written?.trimmed else { return nil }
        return Day(parsing: text) ?? Moment(parsing: text)?.day ?? looseDay(text)
    }

    func text(of field: Field, in record: Record, _ context: DisplayContext) -> String {
        record.values[field.name]?.int.flatMap { Day(number: Int($0)) }?.text ?? ""
    }

    func json(of field: Field, in record: Record, _ context: DisplayContext) -> JSONValue {
        record.values[field.name]?.int.flatMap { Day(number: Int($0)) }.map { .string($0.text) } ?? .null
    }
}

/// `.moment`: stored in milliseconds, shown in Asia/Shanghai.
struct MomentField: FieldBehaviour {
    func columns(of field: Field) -> [Column] { [Column(snakeCased(field.name), .integer)] }

    func accept(_ input: JSONValue, for field: Field, _ context: InputContext) -> Accepted {
        guard let moment = MomentField.read(input) else { return .refused("format", "不是有效时间，应写成 2026-01-31 08:30:00 的样子") }
        // Machines' clocks differ by a little; five minutes is not the future.
        if field.check == .notFuture, moment > context.now.adding(seconds: 300) { return .refused("range", "不能晚于现在") }
        return .value(.int(moment.milliseconds))
    }

    /// A number of this size can only be milliseconds, as programs write moments.
    static func read(_ input: JSONValue) -> Moment? {
        if case .int(let milliseconds) = input, milliseconds > 100_000_000_000 { return Moment(milliseconds: milliseconds) }
        guard let text = input.written?.trimmed else { return nil }
        return Moment(parsing: text) ?? (Day(parsing: text) ?? looseDay(text))?.start
    }

    func text(of field: Field, in record: Record, _ context: DisplayContext) -> String {
        record.values[field.name]?.int.map { Moment(milliseconds: $0).text } ?? ""
    }

    func json(of field: Field, in record: Record, _ context: DisplayContext) -> JSONValue {
        record.values[field.name]?.int.map { .string(Moment(milliseconds: $0).rfc3339) } ?? .null
    }
}

/// `2026/1/5`, `2026.1.5` and `2026年1月5日`, as people type them into sheets.
private func looseDay(_ text: String) -> Day? {
    let parts = text.split(whereSeparator: { "-/.年月日".contains($0) })
    guard parts.count == 3, parts[0].count == 4, let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]) else { return nil }
    return Day(year: year, month: month, day: day)
}
