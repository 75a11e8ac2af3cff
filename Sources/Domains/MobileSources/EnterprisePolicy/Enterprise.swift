import Kernel
import Ledgers
import Storage

/// A-01 企业信息管理: the networked enterprises, the main dimension of everything else.
///
/// One row is one enterprise; `org` is its organisation in Identity, made together with the row, and `area` is its county.
/// Source: requirements/A-mobile-sources.md A-01, 实体 Enterprise; standards/hj1321-gate.md §2.
package enum Enterprise {
    package static let enterpriseCode = FieldKey<String>("enterpriseCode")
    package static let name = FieldKey<String>("name")
    package static let shortName = FieldKey<String>("shortName")
    package static let county = FieldKey<String>("county")
    package static let industry = FieldKey<String>("industry")
    package static let performanceGrade = FieldKey<String>("performanceGrade")
    package static let maintenanceUnit = FieldKey<Int64>("maintenanceUnit")
    package static let connectState = FieldKey<String>("connectState")
    package static let needsAuthorisation = FieldKey<Bool>("needsAuthorisation")
    package static let connectedAt = FieldKey<Moment>("connectedAt")

    package static let ledger = LedgerDeclaration(
        id: "A-01",
        name: "enterprise",
        title: "联网企业",
        titleEN: "Enterprises",
        group: "企业与门禁",
        ownedBy: .enterprise,
        uniqueBy: ["enterpriseCode"],
        titleField: "name",
        sortedBy: [LedgerDeclaration.Sort("enterpriseCode")],
        indexes: [Index("county", "industry")],
        keptYears: nil,
        isOwnOrganisation: true,
        fields: fields
    )

    private static let fields: [Field] = [
        .text("enterpriseCode", "联网企业编号", length: 1...30, check: .enterpriseCode, marks: [.required, .searchable, .sortable, .immutable]).section("基本信息").hint(
            "按 HJ 608 规则，全平台唯一，登记后不能修改"),
        .text("name", "企业名称", length: 2...100, marks: [.required, .searchable, .sortable]).section("基本信息"),
        .text("shortName", "简称", length: 1...40, marks: [.searchable, .unlisted]).section("基本信息"),
        .text("creditCode", "统一社会信用代码", length: 18...18, check: .creditCode, marks: [.searchable, .unlisted]).section("基本信息"),
        .text("pollutantUnitCode", "排污单位编码", length: 18...22, marks: [.unlisted]).section("基本信息"),
        .code("county", "县（区、市）", from: .county, marks: [.required, .filterable, .groupable]).section("基本信息"),
        .text("address", "地址", length: 1...200, marks: [.unlisted]).section("基本信息"),
        .location("location", "位置", marks: [.unlisted]).section("基本信息"),
        .code("industry", "行业类型", from: .industry, marks: [.required, .filterable, .groupable]).section("管控"),
        .code("performanceGrade", "绩效分级", from: .performanceGrade, marks: [.required, .filterable, .groupable]).section("管控"),
        .bool("ultraLowEmission", "超低排放改造", marks: [.filterable, .unlisted]).section("管控").fallback("false"),
        .text("legalPerson", "法定代表人", length: 1...32, marks: [.personal, .unlisted]).section("联系"),
        .text("contact", "环保联系人", length: 1...32, marks: [.personal, .unlisted]).section("联系"),
        .text("phone", "联系电话", length: 5...20, check: .phone, marks: [.personal, .unlisted]).section("联系"),
        .integer("gateCount", "载货出入口数", 0...99, marks: [.unlisted]).section("联网"),
        .reference("maintenanceUnit", "运维单位", to: "maintenanceUnit", marks: [.filterable, .unlisted]).section("联网"),
        .code("connectState", "联网状态", from: .connectState, marks: [.required, .filterable, .groupable]).section("联网").fallback("connected"),
        .bool("needsAuthorisation", "进厂须授权", marks: [.filterable, .unlisted]).section("联网").fallback("false").hint("开启后，未列入“进厂授权”或驾驶人、货物不符的车辆不予放行"),
        .moment("connectedAt", "联网时间", marks: [.unlisted]).section("联网"),
    ]
}
