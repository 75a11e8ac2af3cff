import Kernel
import Ledgers
import Storage

/// A-15 内部车辆: the enterprise's own cars (blue plates), exempt from control and kept out of transport statistics.
///
/// Source: requirements/A-mobile-sources.md A-15, 实体 InternalVehicle.
package enum InternalVehicle {
    package static let plateNo = FieldKey<String>("plateNo")
    package static let validUntil = FieldKey<Day>("validUntil")

    package static let ledger = LedgerDeclaration(
        id: "A-15",
        name: "internalVehicle",
        title: "内部车辆",
        titleEN: "Internal vehicles",
        group: "车辆与机械台账",
        ownedBy: .enterprise,
        uniqueBy: ["org", "plateNo", "plateColor"],
        titleField: "plateNo",
        indexes: [Index("org", "plate_no", "plate_color")],
        fields: [
            .text("plateNo", "号牌号码", length: 1...12, check: .plate, marks: [.required, .searchable]),
            .code("plateColor", "号牌颜色", from: .plateColor, marks: [.required, .filterable]).fallback("0"),
            .text("owner", "使用人", length: 1...32, marks: [.personal, .searchable]),
            .text("department", "部门", length: 1...64, marks: [.filterable, .groupable]),
            .day("validUntil", "有效期至", marks: [.filterable, .sortable]),
            .computed("daysLeft", "剩余天数", .daysLeft("validUntil")),
        ]
    )
}
