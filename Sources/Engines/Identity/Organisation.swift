import Kernel
import Storage

/// One organisation: a supervising authority of a province, city or county, an enterprise, or a unit that maintains gates.
package struct Organisation: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case province, city, county, enterprise, maintenance

        package var title: String {
            switch self {
            case .province: "省级"
            case .city: "市级"
            case .county: "县（区、市）"
            case .enterprise: "企业"
            case .maintenance: "运维单位"
            }
        }

        /// Supervisors see their area; the others only themselves.
        package var supervises: Bool { self == .province || self == .city || self == .county }
    }

    package enum State: String, Sendable { case active, retired }

    package var id: Int64
    package var parent: Int64?
    package var kind: Kind
    /// The administrator's own kind that it is of (`OrganisationKinds`), of the same base; nil for none.
    package var category: Int64?
    /// Unique: a region code for authorities, the number of the enterprise otherwise.
    package var code: String
    package var name: String
    /// Region code prefix: `13`, `1301`, `130102`; an enterprise's county.
    package var area: String
    /// The ids from the root to this one: `/1/2/17/`.
    package var path: String
    package var state: State

    init(_ row: Row) {
        id = row.int("id") ?? 0
        parent = row.int("parent")
        kind = row.text("kind").flatMap(Kind.init) ?? .enterprise
        category = row.int("category")
        code = row.text("code") ?? ""
        name = row.text("name") ?? ""
        area = row.text("area") ?? ""
        path = row.text("path") ?? ""
        state = row.text("state").flatMap(State.init) ?? .retired
    }
}

/// What is asked for when an organisation is created or changed.
package struct OrganisationDraft: Sendable, Equatable {
    package var parent: Int64?
    package var kind: Organisation.Kind
    package var code: String
    package var name: String
    package var area: String
    package var category: Int64?

    package init(parent: Int64?, kind: Organisation.Kind, code: String, name: String, area: String, category: Int64? = nil) {
        self.parent = parent
        self.kind = kind
        self.code = code
        self.name = name
        self.area = area
        self.category = category
    }
}
