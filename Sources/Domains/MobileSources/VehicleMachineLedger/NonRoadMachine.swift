import Ledgers

/// A-10 非道路移动机械: loaders, excavators, forklifts and the like that work in the plant.
///
/// One row is one machine. Source: requirements/A-mobile-sources.md A-10; standards/hj1321-gate.md §5.
package enum NonRoadMachine {
    package static let ledger = LedgerDeclaration(
        id: "A-10",
        name: "nonRoadMachine",
        title: "非道路移动机械",
        titleEN: "Non-road machines",
        group: "车辆与机械台账",
        ownedBy: .enterprise,
        uniqueBy: ["org", "registrationCode"],
        fields: fields
    )

    private static let fields: [Field] = [
        .text("registrationCode", "环保登记编码", length: 5...32, check: .environmentCode, marks: [.required, .searchable]),
        .code("machineType", "机械种类", from: .machineType, marks: [.required, .filterable, .groupable]),
        .text("machineModel", "机械型号", length: 1...64, marks: [.searchable]),
        .text("machineCode", "机械环保代码（产品识别码）", length: 1...64, marks: [.searchable, .unlisted]),
        .text("plateNo", "号牌号码", length: 1...16, marks: [.searchable, .unlisted]),
        .day("manufacturedOn", "机械生产日期", check: .notFuture),
        .text("manufacturer", "机械制造厂", length: 1...100, marks: [.unlisted]),
        .code("fuel", "燃料种类", from: .fuel, marks: [.required, .filterable, .groupable]),
        .code("emissionStage", "排放阶段", from: .emissionStage, marks: [.required, .filterable, .groupable]),
        .text("engineModel", "发动机型号", length: 1...64, marks: [.unlisted]),
        .text("engineNo", "发动机编号", length: 1...32, marks: [.unlisted]),
        .text("engineManufacturer", "发动机生产厂", length: 1...100, marks: [.unlisted]),
        .decimal("enginePower", "发动机额定净功率", places: 1, 0...5000, unit: "kW", marks: [.unlisted]),
        .text("disclosureNo", "环保信息公开编号", length: 24...24, marks: [.unlisted]).hint("24 位，以 CN 开头"),
        .text("owner", "所属人（单位）", length: 1...100, marks: [.personal, .unlisted]),
        .day("enteredOn", "入场日期", check: .notFuture),
        .bool("inUse", "在用", marks: [.filterable, .groupable]).fallback("true"),
        .photo("machinePlatePhoto", "整机铭牌照片"),
        .photo("enginePlatePhoto", "发动机铭牌照片"),
        .photo("labelPhoto", "环保信息标签照片"),
        .photo("machinePhoto", "机械照片"),
    ]
}
