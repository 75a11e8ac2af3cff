import Kernel
import Ledgers
import Storage

/// A-08 进出场车辆台账（备案）: vehicles that an enterprise or their owner filed.
///
/// One row is one vehicle as one enterprise filed it; a vehicle filed anywhere on the platform counts as filed at every gate, the enterprise's own filing first.
/// Source: requirements/A-mobile-sources.md A-08, 实体 RegisteredVehicle; standards/hj1321-gate.md §3, §7.
package enum RegisteredVehicle {
    package static let plateNo = FieldKey<String>("plateNo")
    package static let plateColor = FieldKey<String>("plateColor")
    package static let vin = FieldKey<String>("vin")
    package static let engineNo = FieldKey<String>("engineNo")
    package static let registeredOn = FieldKey<Day>("registeredOn")
    package static let model = FieldKey<String>("model")
    package static let vehicleType = FieldKey<String>("vehicleType")
    package static let vehicleClass = FieldKey<String>("vehicleClass")
    package static let fuel = FieldKey<String>("fuel")
    package static let emissionStage = FieldKey<String>("emissionStage")
    package static let stageBasis = FieldKey<String>("stageBasis")
    package static let stageEvidence = FieldKey<String>("stageEvidence")
    package static let useNature = FieldKey<String>("useNature")
    package static let owner = FieldKey<String>("owner")
    package static let networked = FieldKey<String>("networked")
    package static let licencePhoto = FieldKey<String>("licencePhoto")
    package static let manifestPhoto = FieldKey<String>("manifestPhoto")
    package static let filingState = FieldKey<String>("filingState")
    package static let filingOpinion = FieldKey<String>("filingOpinion")
    package static let ownerPhone = FieldKey<String>("ownerPhone")
    package static let filedBy = FieldKey<String>("filedBy")
    package static let lastPassAt = FieldKey<Moment>("lastPassAt")

    package static let ledger = LedgerDeclaration(
        id: "A-08",
        name: "registeredVehicle",
        title: "备案车辆",
        titleEN: "Registered vehicles",
        group: "车辆与机械台账",
        ownedBy: .enterprise,
        uniqueBy: ["org", "plateNo", "plateColor"],
        titleField: "plateNo",
        indexes: [Index("plate_no", "plate_color"), Index("vin"), Index("model", "registered_on", where: StageEvidence.usableFilings)],
        fields: fields
    )

    private static let fields: [Field] = [
        .text("plateNo", "号牌号码", length: 1...12, check: .plate, marks: [.required, .searchable, .sortable]).section("车辆"),
        .code("plateColor", "号牌颜色", from: .plateColor, marks: [.required, .filterable]).section("车辆"),
        .text("vin", "车辆识别代号", length: 17...17, check: .vin, marks: [.searchable]).section("车辆"),
        .text("engineNo", "发动机号", length: 1...32, marks: [.unlisted]).section("车辆"),
        .day("registeredOn", "注册登记日期", check: .notFuture, marks: [.filterable, .sortable]).section("车辆"),
        .text("model", "车辆品牌型号", length: 1...64, marks: [.searchable, .unlisted]).section("车辆"),
        .code("vehicleType", "车辆类型", from: .vehicleType, marks: [.filterable]).section("车辆"),
        .code("vehicleClass", "车辆种类", from: .vehicleClass, marks: [.filterable, .groupable, .unlisted]).section("车辆").fallback("0"),
        .code("useNature", "使用性质", from: .useNature, marks: [.unlisted]).section("车辆"),
        .text("owner", "所有人（车队）", length: 1...100, marks: [.searchable, .personal]).section("车辆"),
        .text("ownerPhone", "联系电话", length: 1...20, check: .phone, marks: [.personal, .unlisted]).section("车辆"),
        .code("fuel", "燃料种类", from: .fuel, marks: [.required, .filterable, .groupable]).section("排放"),
        .code("emissionStage", "排放阶段", from: .emissionStage, marks: [.required, .filterable, .groupable]).section("排放"),
        .code("stageBasis", "排放阶段判定依据", from: .stageBasis, marks: [.readOnly, .filterable, .groupable, .unlisted]).section("排放"),
        .note("stageEvidence", "判定依据说明", marks: [.readOnly, .unlisted]).section("排放"),
        .code("networked", "远程联网", from: .networked, marks: [.unlisted, .filterable]).section("排放"),
        .photo("licencePhoto", "行驶证照片").section("证照"),
        .photo("manifestPhoto", "随车清单照片").section("证照"),
        .code("filingState", "备案状态", from: .filingState, marks: [.readOnly, .filterable, .groupable]).section("备案").fallback("pending"),
        .note("filingOpinion", "审核意见", length: 0...500, marks: [.readOnly, .unlisted]).section("备案"),
        .code("filedBy", "备案来源", from: .filedBy, marks: [.readOnly, .filterable, .groupable, .unlisted]).section("备案").fallback("enterprise"),
        .moment("lastPassAt", "最近进出", marks: [.readOnly, .sortable]).section("备案"),
    ]
}
