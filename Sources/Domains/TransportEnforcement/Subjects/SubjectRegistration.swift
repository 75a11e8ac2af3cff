import Cryptography
import Features
import Identity
import Kernel
import Ledgers
import Storage

/// A new subject with its organisation, one act: grids and data scopes go by organisations.
package struct SubjectRegistration: Sendable {
    let platform: Platform

    package init(platform: Platform) { self.platform = platform }

    /// - Parameters:
    ///   - values: as a form of the ledger sends them; `name` names the organisation, too.
    ///   - county: the county authority under which it stands.
    ///   - grid: where no place says it: the grid whose officers look after it.
    /// - Throws: `.forbidden`; `.invalid` with every wrong field.
    package func register(_ values: [String: JSONValue], county: Int64, grid: Int64? = nil, by principal: Principal, in tx: any Transaction) throws -> Record {
        try principal.require(EnforcementSubject.ledger.writePermission, "登记运输主体")
        var findings = try platform.ledgers.findings(EnforcementSubject.ledger.name, Draft(values, org: principal.organisation), by: principal).filter { $0.field != "org" }
        let parent = try platform.identity.organisations.find(county, tx)
        if parent.map({ $0.kind == .county && principal.scope.admits(org: $0.id, area: $0.area) }) != true {
            findings.append(FieldFinding("county", "unknown", "请选择管辖范围内的县区", title: "所属县区"))
        }
        let unit = try grid.flatMap { try platform.identity.grids.grid($0, scope: .everything, tx) }
        if grid != nil, unit?.area != parent?.area { findings.append(FieldFinding("grid", "unknown", "请选择本县区的网格", title: "所属网格")) }
        guard findings.isEmpty, let parent else { throw Failure.invalid(findings) }
        // Whoever may register subjects need not be allowed to keep organisations; the act is theirs by name.
        var registrar = principal
        registrar.permissions.insert("organisation.write")
        registrar.scope = .areas([parent.area])
        let code = "YS" + SecureRandom.bytes(6).map { String(Int($0) + 256, radix: 16).dropFirst() }.joined()
        let draft = OrganisationDraft(parent: parent.id, kind: .enterprise, code: code, name: values["name"]?.string ?? "", area: parent.area)
        let organisation = try platform.identity.organisations.create(draft, by: registrar, in: tx)
        let record = try platform.ledgers.create(EnforcementSubject.ledger.name, Draft(values, org: organisation.id), by: registrar, in: tx)
        if let unit { try platform.identity.grids.set(.added, organisation.id, in: unit, reason: "登记主体时选定", by: principal, in: tx) }
        return record
    }
}
