import Kernel
import Ledgers

/// A-20 运维单位 and its accreditation A-21: the firms that run gate systems, and the number that opens the interface to them.
///
/// One row is one firm; `accreditationNo` is given on approval and stands in Exchange's client directory with the keys. The row of a firm that applied by itself (`UnitDesk`) belongs to its
/// organisation (`org`), the row that a supervisor made to the authority.
/// Source: requirements/A-mobile-sources.md.
package enum MaintenanceUnit {
    package static let name = FieldKey<String>("name")
    package static let accreditationNo = FieldKey<String>("accreditationNo")
    package static let state = FieldKey<String>("state")
    package static let validTo = FieldKey<Day>("validTo")
    package static let creditCode = FieldKey<String>("creditCode")
    package static let contact = FieldKey<String>("contact")
    package static let phone = FieldKey<String>("phone")
    package static let opinion = FieldKey<String>("opinion")
    /// Numbers of the enterprises that the unit asked to serve, with commas between.
    package static let askedFor = FieldKey<String>("askedFor")
    package static let remarks = FieldKey<String>("remarks")
    package static let appliedAt = FieldKey<Moment>("appliedAt")
    /// When an approved unit asked for a longer time; empty again once it is decided.
    package static let renewalAskedAt = FieldKey<Moment>("renewalAskedAt")
    package static let materials = "materials"

    package static let ledger = LedgerDeclaration(
        id: "A-21",
        name: "maintenanceUnit",
        title: "运维单位与授权",
        titleEN: "Maintenance units",
        group: "企业与门禁",
        ownedBy: .authority,
        uniqueBy: ["name"],
        titleField: "name",
        keptYears: nil,
        fields: [
            .text("name", "单位名称", length: 2...100, marks: [.required, .searchable]),
            .text("creditCode", "统一社会信用代码", length: 18...18, check: .creditCode, marks: [.searchable]),
            .text("contact", "联系人", length: 1...32, marks: [.personal]),
            .text("phone", "联系电话", length: 5...20, check: .phone, marks: [.personal]),
            .text("accreditationNo", "授权认证编号", length: 1...32, marks: [.readOnly, .searchable]),
            .code("state", "授权状态", from: .unitState, marks: [.readOnly, .filterable, .groupable]).fallback("applied"),
            .day("validTo", "授权有效期至", marks: [.readOnly, .filterable]),
            .note("opinion", "审核意见", length: 0...500, marks: [.readOnly, .unlisted]),
            .note("remarks", "能力与人员说明", length: 0...500, marks: [.unlisted]),
            .note("askedFor", "申请服务的企业编号", length: 0...4000, marks: [.readOnly, .unlisted]),
            .files("materials", "申请材料", marks: [.unlisted]),
            .moment("appliedAt", "申请时间", marks: [.readOnly, .unlisted]),
            .moment("renewalAskedAt", "申请续期时间", marks: [.readOnly, .unlisted]),
        ]
    )
}
