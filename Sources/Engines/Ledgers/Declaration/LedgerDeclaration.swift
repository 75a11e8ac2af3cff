import Identity
import Storage

/// A ledger, declared once: table, form, list, filters, import, export, API, permissions, history and baseline tests come from it.
///
/// Every row also has: `id`; `org` (owner organisation) and `area` (its region code), the columns that `DataScope` reads; `version`; `created_at/by`, `updated_at/by`, `deleted_at`.
package struct LedgerDeclaration: Sendable, Equatable {
    /// Whose rows these are.
    package enum Ownership: String, Sendable {
        /// Each row belongs to one enterprise (`org`, `area` from that organisation); its people see and write only theirs.
        case enterprise
        /// Rows of the supervising authority: read by everyone with the permission and scope on `area`, or everyone when `area` is NULL.
        case authority
        /// Shared by all with the permission; no row scope (dictionaries, settings).
        case shared
    }

    /// The catalogue row: `A-09`.
    package var id: String
    /// `onSiteVehicle`: permission prefix, API path `/api/v1/onSiteVehicle`, page `/ledgers/onSiteVehicle`.
    package var name: String
    package var title: String
    package var titleEN: String?
    /// Menu group.
    package var group: String
    package var ownedBy: Ownership
    /// Who those are that own the rows of `.enterprise`.
    package var owners = LedgerOwners.enterprises
    /// Fields that together are unique among rows not deleted; `org` may be one of them.
    package var uniqueBy: [String]
    package var fields: [Field]
    /// The field whose text names a row in pickers and titles.
    package var titleField: String
    package var sortedBy: [Sort]
    /// Nobody edits through pages or API; the domain writes.
    package var isReadOnly: Bool
    /// Rows may be far too many to count: lists say "more than 10,000" and filters want a time range.
    package var isLarge: Bool
    /// The moment or day field that time filters and retention go by; `created_at` when nil.
    package var timeField: String?
    /// Fields of few values, never changed once written, by any of which very many rows are found in a moment (`Facets`); only where rows are written by the domain and sorted by `timeField`.
    package var facets: [String]
    /// Extra indexes, as column lists.
    package var indexes: [Index]
    /// Years that rows are kept at the least; nil keeps for ever.
    package var keptYears: Int?
    /// The SELECT of a view that stands where a table would: rows derived from other tables, never written. It yields `id, org, area, version, created_at, created_by, updated_at, updated_by, deleted_at`
    /// and one column a field. The ledger must be read-only.
    package var view: String?
    /// Each row is itself the organisation that owns it, so that lists need no column for the owner.
    package var isOwnOrganisation: Bool
    /// Defined by an administrator while the server runs; its table is `x_NAME` and no migration knows it.
    package var isRuntime = false

    package struct Sort: Sendable, Equatable {
        package var field: String
        package var isDescending: Bool
        package init(_ field: String, descending: Bool = false) {
            self.field = field
            self.isDescending = descending
        }
    }

    package init(
        id: String, name: String, title: String, titleEN: String? = nil, group: String = "台账", ownedBy: Ownership, owners: LedgerOwners = .enterprises, uniqueBy: [String] = [],
        titleField: String? = nil,
        sortedBy: [Sort] = [Sort("id", descending: true)], isReadOnly: Bool = false, isLarge: Bool = false, timeField: String? = nil, facets: [String] = [], indexes: [Index] = [],
        keptYears: Int? = 2, isOwnOrganisation: Bool = false, view: String? = nil, fields: [Field]
    ) {
        self.id = id
        self.name = name
        self.title = title
        self.titleEN = titleEN
        self.group = group
        self.ownedBy = ownedBy
        self.owners = owners
        self.uniqueBy = uniqueBy
        self.fields = fields
        self.titleField = titleField ?? uniqueBy.first { $0 != "org" } ?? fields.first?.name ?? "id"
        self.sortedBy = sortedBy
        self.isReadOnly = isReadOnly
        self.isLarge = isLarge
        self.timeField = timeField
        self.facets = facets
        self.indexes = indexes
        self.keptYears = keptYears
        self.view = view
        self.isOwnOrganisation = isOwnOrganisation
    }

    package func field(_ name: String) -> Field? { fields.first { $0.name == name } }
    package var readPermission: String { "\(name).read" }
    package var writePermission: String { "\(name).write" }

    /// `onSiteVehicle` → `on_site_vehicle`. Field columns are named the same way.
    package var tableName: String { (isRuntime ? "x_" : "") + snakeCased(name) }
}

/// The organisations that own rows, as pages name them: enterprises, unless a domain says otherwise.
package struct LedgerOwners: Sendable, Equatable {
    package var title: String
    package var titleEN: String
    /// Of which kind one may be chosen; nil for any.
    package var kind: Organisation.Kind?

    package init(_ title: String, _ titleEN: String, kind: Organisation.Kind?) {
        self.title = title
        self.titleEN = titleEN
        self.kind = kind
    }

    /// Where there is little room.
    package var short: String { self == .enterprises ? "企业" : title }

    package static let enterprises = LedgerOwners("所属企业", "Enterprise", kind: .enterprise)
}

/// `registrationCode` → `registration_code`.
package func snakeCased(_ name: String) -> String {
    var out = ""
    for character in name {
        if character.isUppercase {
            if !out.isEmpty { out += "_" }
            out += character.lowercased()
        } else {
            out.append(character)
        }
    }
    return out
}
