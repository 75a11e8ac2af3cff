import Ledgers

/// A-09 场内运输车辆: vehicles that work inside the plant and never pass its gate.
///
/// One row is one vehicle. The enterprise writes; supervisors read.
/// Source: requirements/A-mobile-sources.md A-09; standards/hj1321-gate.md §4.
package enum OnSiteVehicle {
    package static let ledger = LedgerDeclaration(
        id: "A-09",
        name: "onSiteVehicle",
        title: "厂内运输车辆",
        titleEN: "On-site vehicles",
        group: "车辆与机械台账",
        ownedBy: .enterprise,
        uniqueBy: ["org", "registrationCode"],
        fields: fields
    )

    private static let fields: [Field] = [
        .text("registrationCode", "环保登记编码", length: 5...32, check: .environmentCode, marks: [.required, .searchable]).hint("环保登记编码；没有的填写企业内部牌号"),
        .text("plateNo", "车牌号码", length: 1...12, marks: [.searchable]),
        .text("vin", "车辆识别代号", length: 17...17, check: .vin, marks: [.searchable]),
        .day("registeredOn", "注册登记日期", check: .notFuture),
        .day("manufacturedOn", "生产日期", check: .notFuture, marks: [.unlisted]),
        .text("model", "车辆品牌型号", length: 1...64, marks: [.unlisted]),
        .text("engineNo", "发动机号", length: 1...32, marks: [.unlisted]),
        .code("fuel", "燃料种类", from: .fuel, marks: [.required, .filterable, .groupable]),
        .code("emissionStage", "排放阶段", from: .emissionStage, marks: [.required, .filterable, .groupable]),
        .code("networked", "远程联网", from: .networked, marks: [.filterable, .unlisted]),
        .text("owner", "车辆所有人（单位）", length: 1...100, marks: [.personal, .unlisted]),
        .bool("inUse", "在用", marks: [.filterable, .groupable]).fallback("true"),
        .photo("licencePhoto", "行驶证照片"),
        .photo("manifestPhoto", "随车清单照片"),
        .photo("vehiclePhoto", "车辆照片"),
    ]
}
