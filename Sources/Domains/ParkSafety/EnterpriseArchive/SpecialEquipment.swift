import Ledgers

/// D1.4.20 特种设备: one row is one registered piece of equipment; its next inspection is watched by D2.6.6.
package enum SpecialEquipment {
    package static let ledger = LedgerDeclaration(
        id: "D1.4.20", name: "specialEquipment", title: "特种设备", titleEN: "Special equipment", group: ParkSafety.group, ownedBy: .enterprise, uniqueBy: ["org", "code"],
        titleField: "name",
        fields: [
            .text("name", "设备名称", length: 2...60, marks: [.required, .searchable]),
            .text("code", "设备代码", length: 4...32, marks: [.required, .searchable]).hint("使用登记证上的设备代码"),
            .code("kind", "设备种类", from: .equipmentKind, marks: [.required, .filterable, .groupable]),
            .text("model", "规格型号", length: 1...60, marks: [.unlisted]),
            .text("place", "所在装置或区域", length: 1...60, marks: [.required, .searchable]),
            .bool("inMajorHazard", "涉及重大危险源", marks: [.filterable, .groupable]),
            .day("commissionedOn", "投用日期", marks: [.unlisted]),
            .day("lastInspectedOn", "上次检验日期", check: .notFuture),
            .day("nextInspectionOn", "下次检验日期", marks: [.required, .filterable, .sortable]),
            .text("inspector", "检验机构", length: 2...80, marks: [.unlisted]),
            .location("position", "位置"),
            .files("report", "检验报告"),
        ])
}
