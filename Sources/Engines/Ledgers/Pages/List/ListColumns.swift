import Identity
import Kernel
import Storage
import Web

/// Which columns a list shows: those of the address, else those the reader chose before, else those of the declaration.
struct ListColumns: Sendable {
    static let owner = "_org"
    static let area = "_area"
    static let createdAt = "_createdAt"
    static let updatedAt = "_updatedAt"

    let desk: LedgerDesk
    let names: [String]

    init(desk: LedgerDesk, address: PageAddress, remembered: [String]?) {
        self.desk = desk
        let offered = Set(ListColumns.offered(desk).map(\.name))
        let asked = address["cols"].map { $0.split(separator: ",").map(String.init) } ?? remembered ?? []
        let known = asked.filter(offered.contains)
        names = known.isEmpty ? ListColumns.standard(desk) : known
    }

    /// Every column that may be chosen, in the order of the declaration.
    static func offered(_ desk: LedgerDesk) -> [(name: String, title: String)] {
        var out = desk.fields.map { (name: $0.name, title: $0.label(desk.context)) }
        if desk.showsOwner { out.insert((owner, desk.context.text(desk.ledger.owners.title, desk.ledger.owners.titleEN)), at: min(1, out.count)) }
        out.append((createdAt, desk.context.text("创建时间", "Created")))
        out.append((updatedAt, desk.context.text("更新时间", "Updated")))
        return out
    }

    static func standard(_ desk: LedgerDesk) -> [String] {
        var names = desk.fields.filter { !$0.marks.contains(.unlisted) }.map(\.name)
        if desk.showsOwner, !desk.ledger.isOwnOrganisation { names.insert(owner, at: min(1, names.count)) }
        return names
    }

    var columns: [Web.Column] {
        names.map { name in
            switch name {
            case ListColumns.owner: return Web.Column("org", desk.context.text(desk.ledger.owners.title, desk.ledger.owners.titleEN))
            case ListColumns.createdAt: return Web.Column("created_at", desk.context.text("创建时间", "Created"))
            case ListColumns.updatedAt: return Web.Column("updated_at", desk.context.text("更新时间", "Updated"))
            default: return desk.field(name).map(column) ?? Web.Column(name, name)
            }
        }
    }

    private func column(_ field: Field) -> Web.Column {
        let isNumber =
            switch field.kind {
            case .integer, .decimal: true
            default: false
            }
        let title = field.label(desk.context) + (field.unit.map { "（\($0)）" } ?? "")
        return Web.Column(field.name, title, align: isNumber ? .end : .start, isSortable: isSortable(field))
    }

    /// Masked values cannot be sorted by: the order would tell what the mask hides.
    private func isSortable(_ field: Field) -> Bool {
        guard !field.isPersonal, !field.isComputed else { return false }
        return field.marks.contains(.sortable) || desk.ledger.sortedBy.contains { $0.field == field.name }
    }

    func cells(_ record: Record, _ face: RecordFace) -> [Markup] {
        names.map { name in
            switch name {
            case ListColumns.owner: return "\(face.owner(of: record))"
            case ListColumns.createdAt: return "\(record.createdAt)"
            case ListColumns.updatedAt: return "\(record.updatedAt)"
            default: return desk.field(name).map { face.cell($0, record) } ?? .empty
            }
        }
    }
}

/// What one person chose for one ledger's list.
struct ListPreference: Sendable {
    var columns: [String]?

    static let table = Table(
        "ledger_preferences", key: ["user_id", "ledger"],
        columns: [
            Storage.Column("user_id", .integer, required: true), Storage.Column("ledger", .text, required: true), Storage.Column("columns", .text),
            Storage.Column("updated_at", .integer, required: true),
        ],
        isClustered: true)

    static func read(_ desk: LedgerDesk, in reader: any Reader) throws -> ListPreference {
        let row = try reader.first("SELECT columns FROM ledger_preferences WHERE user_id = \(desk.principal.id) AND ledger = \(desk.ledger.name)")
        return ListPreference(columns: row?.text("columns").map { $0.split(separator: ",").map(String.init) })
    }

    func write(_ desk: LedgerDesk, in transaction: any Transaction) throws {
        let text = columns?.joined(separator: ",")
        try transaction.execute(
            """
            INSERT INTO ledger_preferences (user_id, ledger, columns, updated_at) VALUES (\(desk.principal.id), \(desk.ledger.name), \(text), \(desk.services.clock.now))
            ON CONFLICT (user_id, ledger) DO UPDATE SET columns = excluded.columns, updated_at = excluded.updated_at
            """)
    }
}
