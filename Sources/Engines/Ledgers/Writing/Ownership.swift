import Identity
import Kernel
import Storage

/// Whose row it is: the organisation and its region, the two columns that scopes read.
struct Owner: Equatable {
    var org: Int64?
    var area: String?
}

extension LedgerEngine {
    /// The owner of a new row. Findings where the writer must name an organisation or names one outside the scope.
    func owner(of draft: Draft, _ plan: LedgerPlan, by principal: Principal, in reader: any Reader, _ findings: inout [FieldFinding]) throws -> Owner {
        switch plan.declaration.ownedBy {
        case .shared: return Owner()
        case .authority:
            let owner = Owner(org: draft.org ?? principal.organisation, area: draft.area ?? principal.area)
            if !RowScope(plan.declaration, principal).mayWrite(org: owner.org, area: owner.area) { findings.append(FieldFinding("area", "scope", "不在您的管辖范围内", title: "地区")) }
            return owner
        case .enterprise: return try enterpriseOwner(of: draft, plan, by: principal, in: reader, &findings)
        }
    }

    private func enterpriseOwner(of draft: Draft, _ plan: LedgerPlan, by principal: Principal, in reader: any Reader, _ findings: inout [FieldFinding]) throws -> Owner {
        var org = draft.org
        if case .organisation(let own) = principal.scope { org = org ?? own }
        guard let org else {
            findings.append(FieldFinding("org", "required", "不能为空", title: plan.declaration.owners.title))
            return Owner()
        }
        var owner = Owner(org: org, area: principal.organisation == org ? principal.area : nil)
        if owner.area == nil {
            guard let row = try reader.first("SELECT area FROM organisations WHERE id = \(org)") else {
                findings.append(FieldFinding("org", "reference", "不存在", title: plan.declaration.owners.title))
                return owner
            }
            owner.area = row[0].text
        }
        if !RowScope(plan.declaration, principal).mayWrite(org: owner.org, area: owner.area) {
            findings.append(FieldFinding("org", "scope", "不在您的管理范围内", title: plan.declaration.owners.title))
        }
        return owner
    }
}
