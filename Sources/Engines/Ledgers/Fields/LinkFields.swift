import Kernel
import Storage

/// `.reference`: a row of another ledger by its id. That the row exists, and that the writer may see it, is asked once for all links of a draft.
struct ReferenceField: FieldBehaviour {
    let ledger: String

    func columns(of field: Field) -> [Column] { [Column(snakeCased(field.name), .integer)] }
    func accept(_ input: JSONValue, for field: Field, _ context: InputContext) -> Accepted { acceptedLink(input) }

    func text(of field: Field, in record: Record, _ context: DisplayContext) -> String {
        record.values[field.name]?.int.map { context.titles.title(of: $0, in: ledger) } ?? ""
    }
}

/// `.organisation`: an organisation of Identity by its id.
struct OrganisationField: FieldBehaviour {
    func columns(of field: Field) -> [Column] { [Column(snakeCased(field.name), .integer)] }
    func accept(_ input: JSONValue, for field: Field, _ context: InputContext) -> Accepted { acceptedLink(input) }

    func text(of field: Field, in record: Record, _ context: DisplayContext) -> String {
        record.values[field.name]?.int.map { context.titles.organisation($0) } ?? ""
    }
}

private func acceptedLink(_ input: JSONValue) -> Accepted {
    guard let id = input.int ?? input.string.flatMap({ Int64($0.trimmed) }), id > 0 else { return .refused("reference", "不是有效的关联记录") }
    return .value(.int(id))
}
