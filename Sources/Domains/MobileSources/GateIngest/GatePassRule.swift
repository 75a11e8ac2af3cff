import Kernel

/// A-02, A-11 放行判断: every reason why a vehicle may not pass, in the order they are checked, and everything else worth telling.
///
/// Pure: no clock, no database, no defaults, so that a missing fact cannot raise a barrier and any verdict can be explained again from its facts.
/// Source: requirements/A-mobile-sources.md, 模型 · 合规判断; standards/hj1321-gate.md §7, §11.
package enum GatePassRule {
    /// Raised by every change of this file that can change a verdict; kept with each pass.
    package static let version: Int64 = 2

    package struct Facts: Sendable, Equatable {
        package enum Filing: String, Sendable {
            case none, pending, approved, rejected

            var title: String {
                switch self {
                case .none: "未备案"
                case .pending: "待审核"
                case .approved: "已备案"
                case .rejected: "备案未通过"
                }
            }
        }

        package var plate: PlateNumber
        package var color: PlateColor?
        package var isInternal: Bool
        package var filing: Filing
        package var stage: EmissionStage
        package var fuel: String
        package var group: VehicleGroup
        package var vehicleClass: String?
        /// Version of the list entry that names this vehicle; nil when it is not listed.
        package var listedVersion: Int64?
        package var level: WarningLevel
        package var strategy: Strategy?
        package var minuteOfDay: Int
        /// Entries already allowed today at this enterprise, before this one.
        package var tripsToday: Int
        package var tonnesToday: Double
        package var tonnes: Double
        package var isEntry: Bool
        /// What comparing with the enterprise's authorisations gave (A-43); nil where none is demanded.
        package var entry: EntryComparison?

        package init(
            plate: PlateNumber, color: PlateColor?, isInternal: Bool, filing: Filing, stage: EmissionStage, fuel: String, group: VehicleGroup, vehicleClass: String?,
            listedVersion: Int64?,
            level: WarningLevel, strategy: Strategy?, minuteOfDay: Int, tripsToday: Int, tonnesToday: Double, tonnes: Double, isEntry: Bool, entry: EntryComparison? = nil
        ) {
            self.plate = plate
            self.color = color
            self.isInternal = isInternal
            self.filing = filing
            self.stage = stage
            self.fuel = fuel
            self.group = group
            self.vehicleClass = vehicleClass
            self.listedVersion = listedVersion
            self.level = level
            self.strategy = strategy
            self.minuteOfDay = minuteOfDay
            self.tripsToday = tripsToday
            self.tonnesToday = tonnesToday
            self.tonnes = tonnes
            self.isEntry = isEntry
            self.entry = entry
        }
    }

    /// Whether what was recognised is what the enterprise allowed in.
    package struct EntryComparison: Sendable, Equatable {
        /// nil: everything fits.
        package var doubt: Finding?

        package init(doubt: Finding?) { self.doubt = doubt }
    }

    package enum Verdict: String, Sendable { case allow, refuse, unknown }

    package struct Finding: Sendable, Equatable {
        package var kind: PassFinding
        package var message: String

        package init(_ kind: PassFinding, _ message: String? = nil) {
            self.kind = kind
            self.message = message ?? kind.title
        }
    }

    package struct Judgement: Sendable, Equatable {
        package var verdict: Verdict
        package var findings: [Finding]
    }

    /// The verdict with every reason.
    package static func judge(_ facts: Facts) -> Judgement {
        var findings: [Finding] = []
        if facts.isInternal { return Judgement(verdict: .allow, findings: [Finding(.internalVehicle)]) }
        if facts.plate.isMissing, facts.filing == .none {
            findings.append(Finding(.plateMissing, "无牌车辆，须人工核实环保编码或内部编号"))
            return Judgement(verdict: .unknown, findings: findings)
        }
        switch facts.filing {
        case .none: findings.append(Finding(.notFiled, "\(facts.plate.text) 未在平台备案"))
        case .pending: findings.append(Finding(.filingPending, "\(facts.plate.text) 备案尚未通过校验"))
        case .rejected: findings.append(Finding(.filingRejected, "\(facts.plate.text) 备案已被退回"))
        case .approved: break
        }
        if let version = facts.listedVersion { findings.append(Finding(.excessListed, "列入排放超标车辆名单（名单版本 \(version)）")) }
        if let strategy = facts.strategy, let reason = breach(of: strategy, by: facts) {
            findings.append(Finding(.strategyBreached, "\(strategy.level == .none ? "" : strategy.level.title + "预警 ")\(reason)"))
        }
        if let doubt = facts.entry?.doubt { findings.append(doubt) }
        if facts.stage == .unknown { findings.append(Finding(.stageUnknown)) }
        return Judgement(verdict: findings.contains { $0.kind.refuses } ? .refuse : .allow, findings: findings)
    }

    /// Why a vehicle does not meet a strategy; nil when it does.
    package static func breach(of strategy: Strategy, by facts: Facts) -> String? {
        if strategy.exemptPlates.contains(facts.plate.text) { return nil }
        if let vehicleClass = facts.vehicleClass, strategy.exemptClasses.contains(vehicleClass) { return nil }
        if !strategy.windows.isEmpty, !strategy.windows.contains(where: { $0.contains(minuteOfDay: facts.minuteOfDay) }) { return nil }
        if strategy.allowsNewEnergy, facts.stage == .electric { return nil }
        guard strategy.groups.contains(facts.group) else { return nil }
        if strategy.stopsAll { return "停止车辆进出" }
        if let minimum = strategy.minimumStage {
            switch facts.stage.meets(minimum) {
            case true?: break
            case false?: return "要求\(minimum.title)及以上，该车为\(facts.stage.title)"
            case nil: return "要求\(minimum.title)及以上，该车排放阶段未知"
            }
        }
        if strategy.bannedFuels.contains(where: { facts.fuel == $0 }) { return "禁止\(FuelCode(normalizing: facts.fuel).title)车辆进出" }
        if facts.isEntry, let cap = strategy.dailyTripCap, facts.tripsToday >= cap { return "今日进厂已达 \(facts.tripsToday) 车次，上限 \(cap) 车次" }
        if let cap = strategy.dailyTonnesCap, facts.tonnesToday + facts.tonnes > cap { return "今日运输量将达 \(text(facts.tonnesToday + facts.tonnes)) 吨，上限 \(text(cap)) 吨" }
        return nil
    }

    private static func text(_ value: Double) -> String {
        let scaled = (value * 10).rounded() / 10
        return scaled == scaled.rounded() ? "\(Int(scaled))" : "\(scaled)"
    }
}
