import Kernel
import MobileSources

/// The city of the measurements: many enterprises and vehicles, made from a seed, without photos. Only its size and its distributions matter.
struct BulkPlan: Sendable {
    struct Size: Sendable {
        var enterprises = 800
        var vehicles = 200_000
        var days = 730
        var passes = 40_000_000
    }

    /// A vehicle as far as a pass needs it.
    struct Vehicle: Sendable {
        var plate: String
        var color: String
        var kind: UInt8
        var isFiled: Bool
    }

    /// Stage, fuel and build that vehicles share.
    struct Kind: Sendable {
        var stage: EmissionStage
        var fuel: String
        var vehicleType: String
        var group: VehicleGroup
        var weight: Double
        var model: DemoModel
    }

    let size: Size
    let plan: DemoPlan
    let kinds: [Kind]
    let vehicles: [Vehicle]

    init(size: Size, seed: UInt64) {
        self.size = size
        plan = DemoPlan(seed: seed, enterprises: size.enterprises, vehiclesEach: 0)
        let shares: [(EmissionStage, String, Double)] = [
            (.six, "B", 40), (.five, "B", 34), (.four, "B", 8), (.three, "B", 1.2), (.six, "E", 6), (.five, "E", 3), (.electric, "C", 7.8),
        ]
        var made: [Kind] = []
        for (stage, fuel, weight) in shares {
            for (type, part) in [("Q11", 0.5), ("H17", 0.3), ("H11", 0.12), ("H21", 0.08)] {
                guard let model = DemoModel.all.first(where: { $0.stage == stage && $0.fuel == fuel && $0.vehicleType == type }) else { continue }
                made.append(Kind(stage: stage, fuel: fuel, vehicleType: type, group: VehicleGroup(type: type, color: nil), weight: weight * part, model: model))
            }
        }
        kinds = made
        vehicles = BulkPlan.vehicles(size.vehicles, kinds: made, seed: seed)
    }

    private static func vehicles(_ count: Int, kinds: [Kind], seed: UInt64) -> [Vehicle] {
        var random = DemoRandom(seed, stream: 61)
        let weights = kinds.map(\.weight)
        var taken: Set<String> = []
        taken.reserveCapacity(count)
        var vehicles: [Vehicle] = []
        vehicles.reserveCapacity(count)
        while vehicles.count < count {
            let kind = random.weighted(weights)
            let color: PlateColor = kinds[kind].stage == .electric ? (kinds[kind].vehicleType == "H21" ? .green : .yellowGreen) : .yellow
            let plate = DemoCodes.plate(color, &random)
            guard taken.insert(plate).inserted else { continue }
            vehicles.append(Vehicle(plate: plate, color: color.rawValue, kind: UInt8(kind), isFiled: random.chance(0.985)))
        }
        return vehicles
    }
}

/// An enterprise as the bulk loader needs it, once registered.
struct BulkSite: Sendable {
    var org: Int64
    var county: String
    var industry: String
    var gates: [String]
    var weight: Double
    var goodsIn: [String]
    var goodsOut: [String]
    /// Positions of the vehicles that come here most.
    var vehicles: Range<Int>
    /// The strategy of each level.
    var strategies: [WarningLevel: Strategy]
    /// Which kinds each level refuses, in the plan's order.
    var refused: [WarningLevel: [Bool]]
}
