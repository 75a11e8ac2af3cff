import Kernel
import Storage

/// Which rows the holders of a role see.
package enum ScopeRule: String, Sendable, CaseIterable {
    case everything, ownArea, ownGrids, ownOrganisation

    package var title: String {
        switch self {
        case .everything: "全部数据"
        case .ownArea: "本辖区数据"
        case .ownGrids: "所在网格数据"
        case .ownOrganisation: "本单位数据"
        }
    }

    /// Larger sees more.
    var width: Int {
        switch self {
        case .everything: 3
        case .ownArea: 2
        case .ownGrids: 1
        case .ownOrganisation: 0
        }
    }
}

/// Roles that every installation has. Their permissions come from declarations and may be changed by an administrator.
package enum BuiltInRole: String, Sendable, CaseIterable {
    case admin, securityAdmin, auditAdmin, city, county, enterpriseAdmin, enterpriseGuard, maintainer, gridOfficer

    package var title: String {
        switch self {
        case .admin: "系统管理员"
        case .securityAdmin: "安全管理员"
        case .auditAdmin: "审计管理员"
        case .city: "市级监管"
        case .county: "县区监管"
        case .enterpriseAdmin: "企业管理员"
        case .enterpriseGuard: "企业门岗"
        case .maintainer: "运维单位"
        case .gridOfficer: "网格员"
        }
    }

    package var scope: ScopeRule {
        switch self {
        case .admin, .securityAdmin, .auditAdmin: .everything
        case .city, .county: .ownArea
        case .enterpriseAdmin, .enterpriseGuard, .maintainer: .ownOrganisation
        case .gridOfficer: .ownGrids
        }
    }

    /// Organisations whose people may hold it.
    package var kinds: [Organisation.Kind] {
        switch self {
        case .admin, .securityAdmin, .auditAdmin: [.province, .city]
        case .city: [.city]
        case .county: [.county]
        case .enterpriseAdmin, .enterpriseGuard: [.enterprise]
        case .maintainer: [.maintenance]
        case .gridOfficer: [.city, .county]
        }
    }
}

/// A role as stored.
package struct Role: Sendable, Equatable {
    package var id: Int64
    /// Stable and unique: `city`, `enterpriseAdmin`; an administrator's own roles are `role7`.
    package var name: String
    package var title: String
    package var scope: ScopeRule
    /// Organisations whose people may hold it.
    package var kinds: [Organisation.Kind]
    package var isBuiltIn: Bool
    package var permissions: Set<String>

    init(_ row: Row, permissions: Set<String>) {
        id = row.int("id") ?? 0
        name = row.text("name") ?? ""
        title = row.text("title") ?? ""
        scope = row.text("scope").flatMap(ScopeRule.init) ?? .ownOrganisation
        kinds = (row.text("kinds") ?? "").split(separator: ",").compactMap { Organisation.Kind(rawValue: String($0)) }
        isBuiltIn = row.bool("is_built_in")
        self.permissions = permissions
    }
}

/// What is asked for when an administrator makes or changes a role.
package struct RoleDraft: Sendable, Equatable {
    package var title: String
    package var scope: ScopeRule
    package var kinds: [Organisation.Kind]
    package var permissions: Set<String>

    package init(title: String, scope: ScopeRule, kinds: [Organisation.Kind], permissions: Set<String>) {
        self.title = title
        self.scope = scope
        self.kinds = kinds
        self.permissions = permissions
    }
}
