import Kernel
import Storage

/// `.bool`: 是 or 否, stored 1 or 0.
struct BoolField: FieldBehaviour {
    func columns(of field: Field) -> [Column] { [Column(snakeCased(field.name), .integer)] }

    func accept(_ input: JSONValue, for field: Field, _ context: InputContext) -> Accepted {
        if let value = input.bool { return .value(.int(value ? 1 : 0)) }
        switch input.written?.trimmed.lowercased() {
        case "true", "1", "是", "on", "yes", "y", "√": return .value(.int(1))
        case "false", "0", "否", "off", "no", "n", "×": return .value(.int(0))
        default: return .refused("type", "应填“是”或“否”")
        }
    }

    func text(of field: Field, in record: Record, _ context: DisplayContext) -> String {
        record.values[field.name]?.int.map { $0 != 0 ? "是" : "否" } ?? ""
    }

    func json(of field: Field, in record: Record, _ context: DisplayContext) -> JSONValue {
        record.values[field.name]?.int.map { .bool($0 != 0) } ?? .null
    }
}
