import Kernel
import MobileSources

/// One visit of one vehicle as the demonstration invents it: which vehicle, which goods, whether it may pass, what the guard does.
struct DemoVisit: Sendable {
    var place: DemoEnterprise
    var vehicle: DemoVehicle
    var isFiled: Bool
    var gate: String
    var goodsIn: String?
    var tonnesIn: Double
    var goodsOut: String?
    var tonnesOut: Double
    /// Minutes inside.
    var stay: Int
    /// What the platform will say at the gate: nil where the barrier may lift.
    var reason: Reason?
    /// The guard lifts although the platform refuses.
    var isLiftedByHand: Bool

    enum Reason: Sendable { case unfiled, pending, listed, strategy }

    static let excuses = ["驾驶员称系统故障（演示）", "急需物料（演示）", "领导同意放行（演示）", "识别错误，人工核对（演示）"]
}

/// Invents visits. The same rules as the shipped strategies decide who complies; the platform judges for itself all the same.
struct DemoTraffic: Sendable {
    let plan: DemoPlan
    private let listed: Set<Int>

    init(plan: DemoPlan) {
        self.plan = plan
        // The last three are released again.
        listed = Set(plan.listed.dropLast(3))
    }

    func visit(to place: DemoEnterprise, level: WarningLevel, _ random: inout DemoRandom) -> DemoVisit {
        var index = pick(place, &random)
        var attempts = 0
        // Most carriers know the rules and send another truck.
        while attempts < 12, random.chance(prudence(index, place, level)) {
            index = pick(place, &random)
            attempts += 1
        }
        if random.chance(0.004) { index = random.pick(plan.listed.dropLast(3).map(\.self)) }
        var vehicle = plan.vehicles[index]
        var reason: DemoVisit.Reason?
        if listed.contains(index) { reason = .listed }
        if vehicle.filingState != "approved" { reason = .pending }
        if reason == nil, !complies(vehicle, place, level) { reason = .strategy }
        let isStranger = random.chance(0.009)
        if isStranger {
            vehicle = random.pick(plan.strangers)
            reason = .unfiled
        }
        let brings = random.chance(0.62)
        let full = vehicle.isHeavy ? random.number(24...34) : random.number(5...9)
        let back = vehicle.isHeavy ? random.number(22...33) : random.number(4...8)
        return DemoVisit(
            place: place, vehicle: vehicle, isFiled: !isStranger, gate: random.pick(place.gates), goodsIn: brings ? random.pick(place.trade.brings) : nil,
            tonnesIn: brings ? full.rounded(places: 2) : 0,
            goodsOut: brings && random.chance(0.7) ? nil : random.pick(place.trade.takes), tonnesOut: brings ? 0 : back.rounded(places: 2), stay: random.int(18...140),
            reason: reason,
            isLiftedByHand: reason != nil && random.chance(0.24))
    }

    /// How likely a carrier is to send another vehicle than this one.
    private func prudence(_ index: Int, _ place: DemoEnterprise, _ level: WarningLevel) -> Double {
        if listed.contains(index) || !complies(plan.vehicles[index], place, level) { return level == .none ? 0.86 : 0.965 }
        return plan.vehicles[index].filingState == "approved" ? 0 : 0.8
    }

    /// A third of an enterprise's vehicles do most of its trips; some come from the neighbours.
    private func pick(_ place: DemoEnterprise, _ random: inout DemoRandom) -> Int {
        let all = place.vehicles
        if random.chance(0.04) { return random.int(0...(plan.vehicles.count - 1)) }
        if random.chance(0.6) { return random.int(all.lowerBound...(all.lowerBound + all.count / 3)) }
        return random.int(all.lowerBound...(all.upperBound - 1))
    }

    /// The matrix of the shipped strategies, for the levels that the demonstration uses.
    private func complies(_ vehicle: DemoVehicle, _ place: DemoEnterprise, _ level: WarningLevel) -> Bool {
        if vehicle.stage == .electric { return true }
        let minimum: EmissionStage
        switch level {
        case .none: minimum = .four
        case .yellow, .orange: minimum = .five
        case .red:
            if place.grade == "D" { return false }
            minimum = place.grade == "C" ? .six : .five
        }
        return vehicle.stage.meets(minimum) ?? false
    }

    /// How much of the usual traffic comes during a warning.
    static func share(_ place: DemoEnterprise, _ level: WarningLevel) -> Double {
        switch level {
        case .none: 1
        case .yellow: 0.88
        case .orange: 0.68
        case .red: place.grade == "D" ? 0.1 : place.grade == "C" ? 0.42 : 0.7
        }
    }
}
