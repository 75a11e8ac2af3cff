import Features
import Identity
import Kernel
import Ledgers
import Storage

/// B3.1.1 责任单位: one row is one street office, management committee or bureau that answers for roads; its organisation is made with the row and its people see only their own.
///
/// Source: requirements/B-transport.md B3.1.1, 实体 ResponsibleUnit.
package enum ResponsibleUnit {
    package static let ledger = LedgerDeclaration(
        id: "B3.1.1", name: "responsibleUnit", title: "责任单位", titleEN: "Responsible units", group: RoadChiefs.group, ownedBy: .enterprise, owners: RoadChiefs.owners,
        uniqueBy: ["code"], titleField: "name", sortedBy: [LedgerDeclaration.Sort("code")], keptYears: nil, isOwnOrganisation: true,
        fields: [
            .text("code", "单位编号", length: 2...30, marks: [.required, .searchable, .sortable, .immutable]).hint("字母与数字，全平台唯一，如 LZ-130102-01"),
            .text("name", "单位名称", length: 2...60, marks: [.required, .searchable, .sortable]),
            .text("region", "行政区划代码", length: 6...6, check: .region, marks: [.required, .immutable, .unlisted]).hint("所在县（区、市）的 6 位代码"),
            .text("contact", "联系人", length: 1...30, marks: [.searchable]), .text("phone", "联系电话", length: 7...20, check: .phone),
            .text("login", "管理员登录名", length: 3...32, marks: [.readOnly]).hint("由“开通管理员账号”生成"),
            .note("description", "描述", length: 0...500, marks: [.unlisted]),
        ])

    static func register(on platform: Platform) {
        let organisations = platform.identity.organisations
        platform.ledgers.onPrepare(of: ledger.name) { draft, before, principal, tx in
            guard before == nil else { return }
            if RoadRecords.isBlank(draft.values["region"]), let area = principal.area, area.utf8.count == 6 { draft.values["region"] = .string(area) }
            guard draft.org == nil, let code = draft.values["code"]?.string, let name = draft.values["name"]?.string, let region = draft.values["region"]?.string,
                let county = try organisations.find(code: region, tx), principal.scope.admits(org: county.id, area: county.area)
            else { return }
            let wanted = OrganisationDraft(parent: county.id, kind: .county, code: code, name: name, area: county.area)
            draft.org = try organisations.create(wanted, by: .system(principal.name), in: tx).id
        }
        platform.ledgers.onChange(of: ledger.name) { change, tx in
            guard change.kind != .created, let record = change.record, let org = record.org, let known = try organisations.find(org, tx) else { return }
            let by = Principal.system(change.by.name)
            let name = record.values["name"]?.text ?? known.name
            if change.kind == .updated, name != known.name { try organisations.update(org, name: name, code: known.code, area: known.area, by: by, in: tx) }
            if change.kind == .deleted { try organisations.setState(.retired, of: org, by: by, in: tx) }
            if change.kind == .restored { try organisations.setState(.active, of: org, by: by, in: tx) }
        }
    }
}
