import Kernel
import Ledgers
import Storage

/// A-04 管控策略（一企一策）: what a warning level forbids, for whom.
///
/// One row is one version of one strategy; editing an issued strategy makes its next version. Of several that fit an enterprise at a level the most specific wins:
/// enterprise, then county and industry, then industry, then county, then grade. Source: requirements A-04; standards/hj1321-gate.md §11.
package enum ControlStrategy {
    package static let name = FieldKey<String>("name")
    package static let level = FieldKey<String>("level")
    package static let enterprise = FieldKey<Int64>("enterprise")
    package static let industry = FieldKey<String>("industry")
    package static let county = FieldKey<String>("county")
    package static let grades = FieldKey<String>("grades")
    package static let target = FieldKey<String>("target")
    package static let minimumStage = FieldKey<String>("minimumStage")
    package static let bannedFuels = FieldKey<String>("bannedFuels")
    package static let vehicleGroups = FieldKey<String>("vehicleGroups")
    package static let stopsAll = FieldKey<Bool>("stopsAll")
    package static let allowsNewEnergy = FieldKey<Bool>("allowsNewEnergy")
    package static let dailyTripCap = FieldKey<Int>("dailyTripCap")
    package static let dailyTonnesCap = FieldKey<Double>("dailyTonnesCap")
    package static let windows = FieldKey<String>("windows")
    package static let exemptClasses = FieldKey<String>("exemptClasses")
    package static let exemptPlates = FieldKey<String>("exemptPlates")
    package static let validFrom = FieldKey<Moment>("validFrom")
    package static let validTo = FieldKey<Moment>("validTo")
    package static let strategyVersion = FieldKey<Int64>("strategyVersion")
    package static let state = FieldKey<String>("state")
    package static let measures = FieldKey<String>("measures")

    package static let ledger = LedgerDeclaration(
        id: "A-04",
        name: "controlStrategy",
        title: "管控策略",
        titleEN: "Control strategies",
        group: "管控",
        ownedBy: .authority,
        titleField: "name",
        sortedBy: [LedgerDeclaration.Sort("level"), LedgerDeclaration.Sort("id", descending: true)],
        keptYears: nil,
        fields: fields
    )

    private static let fields: [Field] = [
        .text("name", "策略名称", length: 2...100, marks: [.required, .searchable]).section("适用范围"),
        .code("level", "响应级别", from: .warningLevel, marks: [.required, .filterable, .groupable]).section("适用范围"),
        .reference("enterprise", "企业", to: "enterprise", marks: [.filterable]).section("适用范围").hint("不填则按下列条件适用"),
        .code("industry", "行业类型", from: .industry, marks: [.filterable]).section("适用范围"),
        .code("county", "县（区、市）", from: .county, marks: [.filterable]).section("适用范围"),
        .codes("grades", "绩效分级", from: .performanceGrade, marks: [.filterable]).section("适用范围"),
        .code("target", "适用对象", from: .strategyTarget, marks: [.required, .filterable]).section("适用范围").fallback("gateVehicle"),
        .bool("stopsAll", "停止进出", marks: []).section("限制条件").fallback("false").hint("除豁免外一律不允许进出"),
        .code("minimumStage", "排放阶段下限", from: .emissionStage, marks: [.filterable]).section("限制条件"),
        .codes("bannedFuels", "禁止的燃料", from: .fuel, marks: [.unlisted]).section("限制条件"),
        .codes("vehicleGroups", "限制的车型", from: .vehicleGroup, marks: [.unlisted]).section("限制条件").hint("不填为重型、中型载货汽车"),
        .bool("allowsNewEnergy", "新能源不受限", marks: [.unlisted]).section("限制条件").fallback("true"),
        .integer("dailyTripCap", "每日车次上限", 0...100_000, unit: "车次", marks: []).section("限制条件"),
        .decimal("dailyTonnesCap", "每日运输量上限", 0...10_000_000, unit: "吨", marks: [.unlisted]).section("限制条件"),
        .text("windows", "限制时段", length: 1...200, marks: [.unlisted]).section("限制条件").hint("如 07:00-09:00,17:00-20:00；不填为全天"),
        .codes("exemptClasses", "豁免的车辆种类", from: .vehicleClass, marks: [.unlisted]).section("豁免"),
        .note("exemptPlates", "豁免车辆", length: 0...4000, marks: [.unlisted]).section("豁免").hint("号牌号码，用逗号或换行分开"),
        .note("measures", "管控措施文字", length: 0...1000, marks: [.unlisted]).section("生效"),
        .moment("validFrom", "生效时间", marks: [.unlisted]).section("生效"),
        .moment("validTo", "失效时间", marks: [.unlisted]).section("生效"),
        .integer("strategyVersion", "版本", marks: [.readOnly]).section("生效"),
        .code("state", "状态", from: .strategyState, marks: [.readOnly, .filterable]).section("生效").fallback("draft"),
    ]
}
