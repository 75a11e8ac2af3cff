import Kernel

/// One row of the models' catalogue: a maker's build for one emission stage.
struct DemoModel: Sendable {
    var model: String
    var maker: String
    /// World manufacturer identifier and build, eight characters of the VIN.
    var vinHead: String
    var vehicleType: String
    var fuel: String
    var stage: EmissionStage
    var approvedOn: Day
    /// Some builds stand in no catalogue; their stage rests on other evidence.
    var isCatalogued: Bool

    private static let makers: [(code: String, name: String, wmi: String)] = [
        ("ZZ", "重汽（演示）", "LZZ"), ("CA", "一汽（演示）", "LFW"), ("DFH", "东风（演示）", "LGA"), ("SX", "陕汽（演示）", "LZG"), ("BJ", "福田（演示）", "LVB"), ("HFF", "江淮（演示）", "LJ1"),
    ]
    private static let builds: [(code: String, type: String, vin: String)] = [("4257", "Q11", "G7T4"), ("3317", "H17", "D5Z3"), ("1257", "H11", "N4C2"), ("1147", "H21", "K3M1")]
    private static let stages: [(stage: EmissionStage, fuel: String, letter: String, approved: Int)] = [
        (.six, "B", "F", 20_200_915), (.five, "B", "E", 20_161_120), (.four, "B", "D", 20_121_018), (.three, "B", "C", 20_080_320), (.six, "E", "FL", 20_201_210),
        (.five, "E", "EL", 20_170_318),
        (.electric, "C", "BEV", 20_210_608),
    ]

    static let all: [DemoModel] = makers.enumerated().flatMap { position, maker in
        builds.flatMap { build in
            stages.map { stage in
                DemoModel(
                    model: "\(maker.code)\(build.code)V3\(position)4\(stage.letter)1", maker: maker.name, vinHead: maker.wmi + build.vin + (stage.fuel == "C" ? "E" : "5"),
                    vehicleType: build.type,
                    fuel: stage.fuel, stage: stage.stage, approvedOn: Day(number: stage.approved) ?? Day(daysSince1970: 17_000), isCatalogued: position != 5)
            }
        }
    }
}

/// One vehicle as it is filed (or not).
struct DemoVehicle: Sendable {
    var plate: String
    var color: PlateColor
    var vin: String
    var engineNo: String
    var registeredOn: Day
    var model: DemoModel
    var owner: String
    var isNetworked: Bool
    /// `approved`, `pending` or `rejected`.
    var filingState: String
    /// What its pictures are drawn from.
    var seed: UInt64

    var stage: EmissionStage { model.stage }
    var isHeavy: Bool { model.vehicleType != "H21" }

    private static let stageWeights: [(stage: EmissionStage, fuel: String, weight: Double, from: Int, to: Int)] = [
        (.six, "B", 42, 20_210_710, 20_260_915), (.five, "B", 35, 20_170_720, 20_210_620), (.four, "B", 7, 20_130_715, 20_170_620), (.three, "B", 1.6, 20_090_110, 20_130_610),
        (.six, "E", 5, 20_210_710, 20_260_820), (.five, "E", 2.4, 20_170_720, 20_210_610), (.electric, "C", 7, 20_220_110, 20_260_930),
    ]

    init(_ index: Int, models: [DemoModel], taken: inout Set<String>, _ random: inout DemoRandom) {
        let kind = DemoVehicle.stageWeights[random.weighted(DemoVehicle.stageWeights.map(\.weight))]
        model = random.pick(models.filter { $0.stage == kind.stage && $0.fuel == kind.fuel })
        let first = Day(number: kind.from)?.daysSince1970 ?? 19_000
        let last = Day(number: kind.to)?.daysSince1970 ?? 20_000
        registeredOn = Day(daysSince1970: random.int(first...last))
        color = kind.stage == .electric ? (model.vehicleType == "H21" ? .green : .yellowGreen) : .yellow
        var number = DemoCodes.plate(color, &random)
        while !taken.insert(number).inserted { number = DemoCodes.plate(color, &random) }
        plate = number
        vin = DemoCodes.vin(head: model.vinHead, year: registeredOn.parts.year, serial: index + 1)
        engineNo = "D\(DemoCodes.digits(8, &random))"
        owner = "演示车队\(index % 240 + 1)"
        isNetworked = kind.stage == .six || (kind.stage == .five && random.chance(0.4))
        filingState = random.chance(0.024) ? "pending" : random.chance(0.008) ? "rejected" : "approved"
        seed = random.next()
    }
}
