import Kernel
import Ledgers
import Storage

/// A-41 过车实时采集与放行: one row is one vehicle passing one gate in one direction, as the gate reported it and as Jianwei judged it.
///
/// Written by `PassStore` only, never edited: a correction is a manual entry that refers to it. Query A-06 is this ledger's list.
/// Source: requirements/A-mobile-sources.md, 实体 PassEvent; standards/hj1321-gate.md §3; interfaces/gate.md Passes.
package enum GatePassEvent {
    package static let passedAt = FieldKey<Moment>("passedAt")
    package static let plateNo = FieldKey<String>("plateNo")
    package static let plateColor = FieldKey<String>("plateColor")
    package static let direction = FieldKey<String>("direction")
    package static let gateNo = FieldKey<String>("gateNo")
    package static let barrierNo = FieldKey<String>("barrierNo")
    package static let serialNo = FieldKey<Int64>("serialNo")
    package static let verdict = FieldKey<String>("verdict")
    package static let findings = FieldKey<String>("findings")
    package static let emissionStage = FieldKey<String>("emissionStage")
    package static let stageBasis = FieldKey<String>("stageBasis")
    package static let fuel = FieldKey<String>("fuel")
    package static let vehicleType = FieldKey<String>("vehicleType")
    package static let vehicleClass = FieldKey<String>("vehicleClass")
    package static let industry = FieldKey<String>("industry")
    package static let warningLevel = FieldKey<String>("warningLevel")
    package static let strategyId = FieldKey<Int64>("strategyId")
    package static let strategyVersion = FieldKey<Int64>("strategyVersion")
    package static let listVersion = FieldKey<Int64>("listVersion")
    package static let filingId = FieldKey<Int64>("filingId")
    package static let headPhoto = FieldKey<String>("headPhoto")
    package static let bodyPhoto = FieldKey<String>("bodyPhoto")
    package static let platePhoto = FieldKey<String>("platePhoto")
    package static let documentPhoto = FieldKey<String>("documentPhoto")
    package static let barrierAction = FieldKey<String>("barrierAction")
    package static let cargoName = FieldKey<String>("cargoName")
    package static let cargoTonnes = FieldKey<Double>("cargoTonnes")
    package static let source = FieldKey<String>("source")
    package static let receivedAt = FieldKey<Moment>("receivedAt")
    package static let pairId = FieldKey<Int64>("pairId")
    package static let facts = FieldKey<String>("facts")

    package static let ledger = LedgerDeclaration(
        id: "A-41",
        name: "gatePass",
        title: "过车记录",
        titleEN: "Gate passes",
        group: "过车与统计",
        ownedBy: .enterprise,
        titleField: "plateNo",
        sortedBy: [LedgerDeclaration.Sort("passedAt", descending: true)],
        isReadOnly: true,
        isLarge: true,
        timeField: "passedAt",
        facets: [
            "industry", "emissionStage", "fuel", "verdict", "direction", "gateNo", "plateColor", "barrierAction", "source", "warningLevel", "vehicleType", "vehicleClass",
            "stageBasis",
        ],
        indexes: [
            Index("org", "gate_no", "serial_no", unique: true), Index("plate_no", "passed_at"), Index("org", "passed_at"), Index("area", "passed_at"), Index("passed_at"),
            Index("org", "plate_no", where: "direction = '1' AND pair_id IS NULL"),
        ],
        fields: fields
    )

    private static let fields: [Field] = [
        .moment("passedAt", "过车时间", marks: [.filterable, .sortable]).section("过车"),
        .text("plateNo", "号牌号码", length: 1...16, marks: [.searchable, .filterable]).section("过车"),
        .code("plateColor", "号牌颜色", from: .plateColor, marks: [.filterable]).section("过车"),
        .code("direction", "方向", from: .direction, marks: [.filterable, .groupable]).section("过车"),
        .text("gateNo", "出入口编号", length: 1...8, marks: [.filterable]).section("过车"),
        .text("barrierNo", "道闸编号", length: 1...8, marks: [.unlisted]).section("过车"),
        .text("laneNo", "车道号", length: 0...8, marks: [.unlisted]).section("过车"),
        .integer("serialNo", "企业流水号", 0...Int.max, marks: [.unlisted]).section("过车"),
        .moment("startedAt", "通过开始时间", marks: [.unlisted]).section("过车"),
        .moment("endedAt", "通过结束时间", marks: [.unlisted]).section("过车"),
        .code("barrierAction", "抬杆方式", from: .barrierAction, marks: [.filterable, .groupable]).section("过车"),
        .text("liftReason", "手动抬杆原因", length: 0...200, marks: [.unlisted]).section("过车"),
        .code("source", "数据来源", from: .passSource, marks: [.filterable, .groupable]).section("过车"),
        .text("operator", "补录人", length: 0...64, marks: [.unlisted]).section("过车"),
        .text("reason", "补录原因", length: 0...200, marks: [.unlisted]).section("过车"),
        .decimal("confidence", "识别置信度", places: 3, 0...1, marks: [.unlisted]).section("过车"),
        .code("industry", "行业类型", from: .industry, marks: [.filterable, .groupable]).section("过车"),
        .code("vehicleType", "车辆类型", from: .vehicleType, marks: [.unlisted, .filterable]).section("车辆"),
        .code("vehicleClass", "车辆种类", from: .vehicleClass, marks: [.unlisted, .filterable, .groupable]).section("车辆"),
        .code("fuel", "燃料种类", from: .fuel, marks: [.filterable, .groupable]).section("车辆"),
        .code("emissionStage", "排放阶段", from: .emissionStage, marks: [.filterable, .groupable]).section("车辆"),
        .code("stageBasis", "阶段判定依据", from: .stageBasis, marks: [.filterable, .groupable, .unlisted]).section("车辆"),
        .text("vin", "车辆识别代号", length: 0...17, marks: [.unlisted]).section("车辆"),
        .text("engineNo", "发动机号", length: 0...32, marks: [.unlisted]).section("车辆"),
        .day("registeredOn", "注册登记日期", marks: [.unlisted]).section("车辆"),
        .text("model", "车辆型号", length: 0...64, marks: [.unlisted]).section("车辆"),
        .code("useNature", "使用性质", from: .useNature, marks: [.unlisted]).section("车辆"),
        .text("owner", "所有人（车队）", length: 0...100, marks: [.unlisted, .personal]).section("车辆"),
        .code("networked", "远程联网", from: .networked, marks: [.unlisted]).section("车辆"),
        .text("cargoName", "货物名称", length: 0...32, marks: [.filterable, .unlisted]).section("货物"),
        .decimal("cargoTonnes", "运输量", places: 3, 0...1000, unit: "吨", marks: [.summable]).section("货物"),
        .code("measuredBy", "计量来源", from: .measuredBy, marks: [.unlisted]).section("货物"),
        .photo("headPhoto", "车头照片").section("照片"),
        .photo("bodyPhoto", "车身照片").section("照片"),
        .photo("platePhoto", "车牌特写").section("照片"),
        .photo("documentPhoto", "行驶证或随车清单").section("照片"),
        .text("videoCamera", "视频摄像头", length: 0...32, marks: [.unlisted]).section("照片"),
        .moment("videoFrom", "视频开始", marks: [.unlisted]).section("照片"),
        .moment("videoTo", "视频结束", marks: [.unlisted]).section("照片"),
        .code("verdict", "校验结论", from: .verdict, marks: [.filterable, .groupable]).section("研判"),
        .codes("findings", "校验发现", from: .passFinding, marks: []).section("研判"),
        .code("warningLevel", "当时响应级别", from: .warningLevel, marks: [.filterable, .groupable, .unlisted]).section("研判"),
        .reference("strategyId", "适用策略", to: "controlStrategy", marks: [.filterable, .groupable, .unlisted]).section("研判"),
        .integer("strategyVersion", "策略版本", marks: [.unlisted]).section("研判"),
        .integer("listVersion", "名单版本", marks: [.unlisted]).section("研判"),
        .integer("ruleVersion", "规则版本", marks: [.unlisted]).section("研判"),
        .reference("filingId", "备案", to: "registeredVehicle", marks: [.unlisted]).section("研判"),
        .text("facts", "研判事实", length: 0...2000, marks: [.unlisted]).section("研判"),
        .moment("receivedAt", "接收时间", marks: [.unlisted]).section("研判"),
        .integer("pairId", "对应进出记录", 0...Int.max, marks: [.unlisted]).section("研判"),
        .text("digest", "内容摘要", length: 0...64, marks: [.unlisted]).section("研判"),
    ]
}
