import Kernel
import Storage

/// `.code`: one code of a dictionary, valid today.
struct CodeField: FieldBehaviour {
    let dictionary: String

    func columns(of field: Field) -> [Column] { [Column(snakeCased(field.name), .text)] }

    func accept(_ input: JSONValue, for field: Field, _ context: InputContext) -> Accepted {
        guard let written = input.written else { return .refused("type", "应为一个代码") }
        switch context.dictionaries.judge(written, in: dictionary, on: context.today, acceptsTitles: context.acceptsTitles) {
        case .valid(let code): return .value(.text(code))
        case .expired(let title): return .refused("expiredCode", "“\(title)”已停用")
        case .unknown: return .refused("unknownCode", "“\(written)”不在字典中")
        }
    }

    func text(of field: Field, in record: Record, _ context: DisplayContext) -> String {
        record.values[field.name]?.text.map { context.dictionaries.title(of: $0, in: dictionary) } ?? ""
    }
}

/// `.codes`: several codes, stored as a JSON array in dictionary order of the sender; a sheet separates titles by 、 or comma.
struct CodesField: FieldBehaviour {
    let dictionary: String

    func columns(of field: Field) -> [Column] { [Column(snakeCased(field.name), .text)] }

    func accept(_ input: JSONValue, for field: Field, _ context: InputContext) -> Accepted {
        guard let written = CodesField.members(of: input) else { return .refused("type", "应为一组代码") }
        var codes: [JSONValue] = []
        for member in written {
            switch context.dictionaries.judge(member, in: dictionary, on: context.today, acceptsTitles: context.acceptsTitles) {
            case .valid(let code): if !codes.contains(.string(code)) { codes.append(.string(code)) }
            case .expired(let title): return .refused("expiredCode", "“\(title)”已停用")
            case .unknown: return .refused("unknownCode", "“\(member)”不在字典中")
            }
        }
        return .value(codes.isEmpty ? .null : .text(JSONValue.array(codes).text))
    }

    static func members(of input: JSONValue) -> [String]? {
        switch input {
        case .array(let elements): return elements.compactMap(\.written)
        case .string(let text) where text.hasPrefix("["): return (try? JSONValue(parsing: text))?.array?.compactMap(\.written)
        default: return input.written?.split(whereSeparator: { ",，、;；".contains($0) }).map(\.trimmed)
        }
    }

    func text(of field: Field, in record: Record, _ context: DisplayContext) -> String {
        codes(in: record, field).map { context.dictionaries.title(of: $0, in: dictionary) }.joined(separator: "、")
    }

    func json(of field: Field, in record: Record, _ context: DisplayContext) -> JSONValue {
        guard record.values[field.name]?.text != nil else { return .null }
        return .array(codes(in: record, field).map(JSONValue.string))
    }

    private func codes(in record: Record, _ field: Field) -> [String] {
        record.values[field.name]?.text.flatMap { CodesField.members(of: .string($0)) } ?? []
    }
}
