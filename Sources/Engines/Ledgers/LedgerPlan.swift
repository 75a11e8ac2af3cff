import Cryptography
import Kernel
import Storage

/// A declaration compiled once: columns, positions and the statements that never change, so that a call builds no text and the database finds its prepared statement.
final class LedgerPlan: Sendable {
    let declaration: LedgerDeclaration
    let fields: [FieldPlan]
    /// Field columns in the table and the names of their values in a record, side by side.
    let columns: [String]
    let valueNames: [String]
    /// `"on_site_vehicle"`, or the view in parentheses with that alias.
    let source: String
    /// `SELECT id, org, … FROM …` without a condition.
    let selectText: String
    let insertText: String
    /// The id of the live row with given values of `uniqueBy`, in its order.
    let holderText: String
    let insertColumns: [String]
    private let positions: [String: Int]

    static let baseColumns = ["id", "org", "area", "version", "created_at", "created_by", "updated_at", "updated_by", "deleted_at"]

    /// Sealed fields with their places among the values; most ledgers have few.
    let sealedFields: [FieldPlan]

    /// - Parameter keys: without them nothing is sealed or opened, which is enough for tables and checks.
    init(_ declaration: LedgerDeclaration, keys: KeyRing? = nil) {
        self.declaration = declaration
        var fields: [FieldPlan] = []
        var columns: [String] = []
        var valueNames: [String] = []
        for field in declaration.fields {
            let behaviour = field.kind.behaviour
            let own = behaviour.columns(of: field)
            let cipher = field.isSealed ? keys?.field(field.sealedAs ?? "\(declaration.tableName).\(own[0].name)") : nil
            fields.append(FieldPlan(field: field, behaviour: behaviour, columns: own, first: columns.count, cipher: cipher))
            columns += own.map(\.name)
            valueNames += own.count == 2 ? [field.name + "_lng", field.name + "_lat"] : own.map { _ in field.name }
        }
        self.fields = fields
        sealedFields = fields.filter { $0.cipher != nil }
        self.columns = columns
        self.valueNames = valueNames
        positions = Dictionary(fields.enumerated().map { ($1.field.name, $0) }, uniquingKeysWith: { first, _ in first })
        let table = SQL.ident(declaration.tableName).text
        source = declaration.view.map { "(\($0)) AS \(table)" } ?? table
        let all = LedgerPlan.baseColumns + columns
        selectText = "SELECT " + all.map { SQL.ident($0).text }.joined(separator: ", ") + " FROM " + source
        insertColumns = ["org", "area", "version", "created_at", "created_by", "updated_at", "updated_by"] + columns
        let places = Array(repeating: "?", count: insertColumns.count).joined(separator: ", ")
        let unique = declaration.uniqueBy.map { name in
            let column =
                switch name {
                case "org", "area": name
                default: fields.first { $0.field.name == name }?.columns.first?.name ?? name
                }
            return " AND " + SQL.ident(column).text + " = ?"
        }
        holderText = "SELECT id FROM \(source) WHERE \(liveRows)" + unique.joined()
        insertText = "INSERT INTO \(table) (" + insertColumns.map { SQL.ident($0).text }.joined(separator: ", ") + ") VALUES (\(places))"
    }

    var name: String { declaration.name }

    func field(_ name: String) -> FieldPlan? { positions[name].map { fields[$0] } }

    /// A row of `selectText`.
    func record(_ row: Row) -> Record {
        var values: [String: SQLValue] = [:]
        values.reserveCapacity(valueNames.count)
        let base = LedgerPlan.baseColumns.count
        for (index, name) in valueNames.enumerated() { values[name] = row[base + index] }
        for field in sealedFields { values[field.field.name] = field.opened(row[base + field.first]) }
        var record = Record(
            id: row[0].int ?? 0, org: row[1].int, area: row[2].text, version: Int(row[3].int ?? 1), createdAt: Moment(milliseconds: row[4].int ?? 0),
            updatedAt: Moment(milliseconds: row[6].int ?? 0), deletedAt: row[8].int.map { Moment(milliseconds: $0) }, values: values
        )
        record.createdBy = row[5].int ?? 0
        record.updatedBy = row[7].int ?? 0
        return record
    }

    /// The column of a field with one column, or of a row's own property that queries may name.
    func column(_ name: String) -> String? {
        switch name {
        case "id", "org", "area", "version": return name
        case "createdAt": return "created_at"
        case "updatedAt": return "updated_at"
        case "deletedAt": return "deleted_at"
        default:
            guard let field = field(name), field.columns.count == 1 else { return nil }
            return field.columns[0].name
        }
    }
}

/// One field of a plan.
struct FieldPlan: Sendable {
    let field: Field
    let behaviour: any FieldBehaviour
    /// None for a computed field, two for a location.
    let columns: [Column]
    /// Where its first column stands among the plan's columns.
    let first: Int
    /// Of a field whose values are sealed in the table.
    let cipher: FieldCipher?

    var link: Link? {
        switch field.kind {
        case .reference(let ledger): .ledger(ledger)
        case .organisation: .organisation
        default: nil
        }
    }
}

/// What an id in a field points to.
enum Link: Sendable, Hashable {
    case ledger(String)
    case organisation
}
