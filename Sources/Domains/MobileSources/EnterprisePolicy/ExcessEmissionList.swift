import Kernel
import Ledgers
import Storage

/// A-03 排放超标车辆名单: a vehicle stays listed until its release is recorded; every change goes to every gate at once.
///
/// One row is one vehicle's listing. A released row stays as history; listing again makes a new row.
/// Source: requirements/A-mobile-sources.md A-03, 实体 ExcessEmissionEntry.
package enum ExcessEmissionList {
    package static let plateNo = FieldKey<String>("plateNo")
    package static let plateColor = FieldKey<String>("plateColor")
    package static let listKind = FieldKey<String>("listKind")
    package static let authority = FieldKey<String>("authority")
    package static let basis = FieldKey<String>("basis")
    package static let recognizedAt = FieldKey<Moment>("recognizedAt")
    package static let releasedAt = FieldKey<Moment>("releasedAt")
    package static let releaseBasis = FieldKey<String>("releaseBasis")
    package static let state = FieldKey<String>("state")
    package static let listVersion = FieldKey<Int64>("listVersion")

    package static let ledger = LedgerDeclaration(
        id: "A-03",
        name: "excessEmissionEntry",
        title: "排放超标车辆名单",
        titleEN: "Excess emission list",
        group: "管控",
        ownedBy: .authority,
        titleField: "plateNo",
        indexes: [Index("plate_no", "plate_color")],
        keptYears: nil,
        fields: [
            .text("plateNo", "号牌号码", length: 1...12, check: .plate, marks: [.required, .searchable, .immutable]),
            .code("plateColor", "号牌颜色", from: .plateColor, marks: [.required, .filterable, .immutable]),
            .text("vin", "车辆识别代号", length: 17...17, check: .vin, marks: [.searchable, .unlisted]),
            .code("listKind", "名单类别", from: .listKind, marks: [.required, .filterable, .groupable]).fallback("excess"),
            .text("authority", "认定单位", length: 1...100, marks: [.required, .filterable]),
            .note("basis", "认定依据", length: 1...500, marks: [.required]),
            .moment("recognizedAt", "认定时间", marks: [.readOnly, .sortable, .filterable]),
            .code("state", "状态", from: .listState, marks: [.readOnly, .filterable, .groupable]).fallback("recognized"),
            .moment("releasedAt", "解除时间", marks: [.readOnly]),
            .note("releaseBasis", "解除依据", length: 0...500, marks: [.readOnly, .unlisted]),
            .integer("listVersion", "名单版本", marks: [.readOnly]),
        ]
    )
}
