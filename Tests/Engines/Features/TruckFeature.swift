import Features
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// A small domain with every kind of field, a shared ledger it refers to, and additions to its pages.
enum TruckFeature {
    static let feature = Feature(
        name: "trucks", title: "车辆", ledgers: [truck, depot],
        dictionaries: [
            DictionaryDeclaration(
                DictionaryName("stage"), "排放阶段", [CodeItem("3", "国三", "China 3"), CodeItem("4", "国四", "China 4"), CodeItem("5", "国五", "China 5"), CodeItem("6", "国六", "China 6")]),
            DictionaryDeclaration(DictionaryName("fuel"), "燃料", [CodeItem("B", "柴油", "Diesel"), CodeItem("C", "电", "Electric"), CodeItem("E", "天然气", "Gas")]),
        ],
        grants: [LedgerGrant(["truck"], [.read, .write], to: [.enterpriseAdmin])],
        additions: [
            LedgerAdditions(
                "truck", tabs: [LedgerTab("passes", "过车记录", "Passes") { record, _, _ in "<p>第 \(record.id) 辆车的过车记录</p>" }],
                rowActions: [LedgerRowAction("查看轨迹", "Track", icon: "map", permission: "truck.read") { "/tracks/\($0.id)" }])
        ])

    static let truck = LedgerDeclaration(
        id: "T-01", name: "truck", title: "运输车辆", titleEN: "Trucks", group: "车辆台账", ownedBy: .enterprise, uniqueBy: ["org", "plateNo"],
        sortedBy: [LedgerDeclaration.Sort("registeredOn", descending: true)],
        fields: [
            .text("plateNo", "号牌号码", length: 2...12, marks: [.required, .searchable, .sortable]).section("车辆").hint("如 冀A12345"),
            .text("vin", "车辆识别代号", length: 17...17, check: .vin, marks: [.searchable, .unlisted]).section("车辆"),
            .code("stage", "排放阶段", from: DictionaryName("stage"), marks: [.required, .filterable, .groupable]).section("车辆"),
            .codes("fuels", "燃料种类", from: DictionaryName("fuel"), marks: [.filterable]).section("车辆"),
            .day("registeredOn", "注册登记日期", check: .notFuture, marks: [.filterable, .sortable]).section("车辆"),
            .integer("seats", "座位数", 1...60, marks: [.unlisted]).section("车辆"),
            .decimal("load", "核定载质量", places: 2, 0...200, unit: "吨", marks: [.filterable, .summable, .sortable]).section("车辆"),
            .bool("inUse", "在用", marks: [.filterable, .groupable]).fallback("true").section("车辆"),
            .reference("depot", "停车场", to: "depot", marks: [.filterable, .groupable]).section("使用"),
            .moment("lastPassAt", "最近过车", marks: [.filterable, .unlisted]).section("使用"),
            .text("owner", "所有人", length: 1...40, marks: [.personal, .searchable]).section("使用"),
            .text("phone", "联系电话", length: 5...20, check: .phone, marks: [.personal, .unlisted]).section("使用"),
            .location("place", "常驻位置", marks: [.unlisted]).section("使用"),
            .note("note", "备注", marks: [.unlisted]).section("使用"),
            .photo("licence", "行驶证照片").section("照片"),
            .files("papers", "附件").section("照片"),
            .computed("name", "车辆名称", .joined(["plateNo", "vin"], separator: " "), marks: [.unlisted]).section("车辆"),
        ])

    static let depot = LedgerDeclaration(
        id: "T-02", name: "depot", title: "停车场", titleEN: "Depots", group: "车辆台账", ownedBy: .shared, uniqueBy: ["name"],
        fields: [.text("name", "名称", length: 1...40, marks: [.required, .searchable]), .integer("places", "车位数", 0...100_000, marks: [.summable])])
}
