import Ledgers

/// D2.6.14 消防设施: one row is one fire-fighting facility with its last and next check; the next one is watched.
package enum FireFacility {
    package static let ledger = LedgerDeclaration(
        id: "D2.6.14", name: "fireFacility", title: "消防设施", titleEN: "Fire facilities", group: ParkSafety.group, ownedBy: .enterprise, uniqueBy: ["org", "code"],
        titleField: "name",
        fields: [
            .text("name", "设施名称", length: 2...60, marks: [.required, .searchable]),
            .text("code", "设施编号", length: 1...32, marks: [.required, .searchable]),
            .code("kind", "设施类型", from: .fireFacilityKind, marks: [.required, .filterable, .groupable]),
            .text("zone", "所在应急区域", length: 1...60, marks: [.required, .searchable, .filterable]),
            .text("keeper", "责任人", length: 2...30, marks: [.required]),
            .integer("cycleDays", "检查周期", 1...730, unit: "天", marks: [.required]).fallback("30"),
            .day("lastCheckedOn", "上次检查日期", check: .notFuture),
            .day("nextCheckOn", "下次检查日期", marks: [.required, .filterable, .sortable]),
            .location("position", "位置"),
            .files("record", "检查记录"),
        ])
}
