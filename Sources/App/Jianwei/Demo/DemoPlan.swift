import Kernel

/// What the demonstration city consists of: made from a seed alone, so that the installer, the simulator and tests mean the same city. Every name says 演示.
struct DemoPlan: Sendable {
    let seed: UInt64
    let counties: [DemoCounty]
    let units: [String]
    let enterprises: [DemoEnterprise]
    let models: [DemoModel]
    let vehicles: [DemoVehicle]
    /// Vehicles that nobody filed.
    let strangers: [DemoVehicle]
    /// Positions in `vehicles` of those that are on the excess list.
    let listed: [Int]

    init(seed: UInt64, enterprises count: Int = 60, vehiclesEach: Int = 50) {
        self.seed = seed
        counties = DemoCounty.all
        units = ["冀卫门禁运维（演示）", "清源环境监测（演示）", "安途智能交通（演示）", "蓝域数据服务（演示）", "正元自动化（演示）"]
        var random = DemoRandom(seed, stream: 1)
        var places: [DemoEnterprise] = []
        for index in 0..<count { places.append(DemoEnterprise(index, of: DemoCounty.all, units: 5, vehiclesEach: vehiclesEach, &random)) }
        enterprises = places
        models = DemoModel.all
        var cars = DemoRandom(seed, stream: 2)
        var taken: Set<String> = []
        var made: [DemoVehicle] = []
        made.reserveCapacity(count * vehiclesEach)
        for index in 0..<(count * vehiclesEach) { made.append(DemoVehicle(index, models: DemoModel.all, taken: &taken, &cars)) }
        vehicles = made
        strangers = (0..<160).map { DemoVehicle(900_000 + $0, models: DemoModel.all, taken: &taken, &cars) }
        var lists = DemoRandom(seed, stream: 3)
        let doubtful = made.indices.filter { made[$0].stage == .five || made[$0].stage == .four }
        listed = doubtful.isEmpty ? [] : (0..<14).map { _ in lists.pick(doubtful) }.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}

/// A county of 石家庄 with the middle of its industrial area.
struct DemoCounty: Sendable {
    var code: String
    var name: String
    var short: String
    var longitude: Double
    var latitude: Double

    static let all: [DemoCounty] = [
        DemoCounty(code: "130109", name: "藁城区", short: "藁城", longitude: 114.847, latitude: 38.021),
        DemoCounty(code: "130110", name: "鹿泉区", short: "鹿泉", longitude: 114.313, latitude: 38.086),
        DemoCounty(code: "130111", name: "栾城区", short: "栾城", longitude: 114.648, latitude: 37.900),
        DemoCounty(code: "130121", name: "井陉县", short: "井陉", longitude: 114.145, latitude: 38.032),
        DemoCounty(code: "130123", name: "正定县", short: "正定", longitude: 114.571, latitude: 38.147),
        DemoCounty(code: "130131", name: "平山县", short: "平山", longitude: 114.199, latitude: 38.247),
        DemoCounty(code: "130132", name: "元氏县", short: "元氏", longitude: 114.525, latitude: 37.766),
        DemoCounty(code: "130172", name: "循环化工园区", short: "循环园区", longitude: 114.727, latitude: 38.030),
    ]
}

/// What one trade moves and how much of it.
struct DemoTrade: Sendable {
    var code: String
    var word: String
    var brings: [String]
    var takes: [String]
    /// Visits a day against the average.
    var weight: Double

    static let all: [DemoTrade] = [
        DemoTrade(code: "01", word: "钢铁", brings: ["铁矿粉", "焦炭", "废钢", "石灰石"], takes: ["热轧卷板", "螺纹钢", "水渣"], weight: 2.6),
        DemoTrade(code: "02", word: "焦化", brings: ["洗精煤", "煤泥"], takes: ["冶金焦", "粗苯", "焦油"], weight: 1.6),
        DemoTrade(code: "03", word: "水泥", brings: ["石灰石", "粉煤灰", "脱硫石膏"], takes: ["袋装水泥", "散装水泥", "熟料"], weight: 1.9),
        DemoTrade(code: "10", word: "石灰", brings: ["石灰石", "无烟煤"], takes: ["生石灰", "氢氧化钙"], weight: 0.9),
        DemoTrade(code: "12", word: "铸业", brings: ["生铁", "废钢", "树脂砂"], takes: ["铸件", "炉渣"], weight: 0.6),
        DemoTrade(code: "15", word: "陶瓷", brings: ["高岭土", "瓷石"], takes: ["墙地砖", "釉面砖"], weight: 0.8),
        DemoTrade(code: "18", word: "玻璃", brings: ["石英砂", "纯碱"], takes: ["浮法玻璃", "钢化玻璃"], weight: 0.7),
        DemoTrade(code: "23", word: "制药", brings: ["玉米淀粉", "溶剂"], takes: ["原料药", "药渣"], weight: 0.5),
        DemoTrade(code: "30", word: "石化", brings: ["原油", "石脑油"], takes: ["汽油", "聚丙烯", "沥青"], weight: 1.7),
        DemoTrade(code: "32", word: "化肥", brings: ["无烟煤", "磷矿石"], takes: ["尿素", "复合肥"], weight: 1.0),
        DemoTrade(code: "19", word: "新型建材", brings: ["煤矸石", "页岩"], takes: ["烧结砖", "砌块"], weight: 0.7),
        DemoTrade(code: "81", word: "热电", brings: ["动力煤", "石灰石粉"], takes: ["粉煤灰", "脱硫石膏"], weight: 1.3),
        DemoTrade(code: "85", word: "物流园", brings: ["集装箱", "零担货物"], takes: ["集装箱", "零担货物"], weight: 1.5),
    ]
}

/// One enterprise with its gates.
struct DemoEnterprise: Sendable {
    var index: Int
    var code: String
    var creditCode: String
    var name: String
    var shortName: String
    var county: DemoCounty
    var trade: DemoTrade
    var grade: String
    var longitude: Double
    var latitude: Double
    var gates: [String]
    var isUltraLow: Bool
    /// Position of its maintenance unit.
    var unit: Int
    /// Positions of the vehicles it filed.
    var vehicles: Range<Int>

    private static let words = [
        "瑞丰", "恒远", "金石", "宏泰", "永固", "新晟", "润泽", "天岳", "华冶", "冀中", "盛德", "东恒", "双岭", "鼎信", "万方", "长河", "中顺", "嘉禾", "弘业", "富源", "奥森", "力诚", "北辰", "晶辉", "常青", "利民", "凯达", "远航",
    ]

    init(_ index: Int, of counties: [DemoCounty], units: Int, vehiclesEach: Int, _ random: inout DemoRandom) {
        self.index = index
        county = counties[index % counties.count]
        trade =
            county.code == "130172"
            ? random.pick(DemoTrade.all.filter { ["30", "32", "23", "02"].contains($0.code) }) : DemoTrade.all[(index * 5 + random.int(0...1)) % DemoTrade.all.count]
        let word = DemoEnterprise.words[(index * 11) % DemoEnterprise.words.count]
        shortName = "\(word)\(trade.word)（演示）"
        name = "\(county.short)\(word)\(trade.word)有限公司（演示\(index + 1)）"
        creditCode = DemoCodes.credit(county: county.code, number: 1001 + index)
        code = creditCode + "001P"
        grade = ["A", "B", "B", "C", "C", "C", "B-", "D", "D", "引领性"][random.weighted([1, 2, 1, 3, 2, 1, 1, 1, 1, 0.6])]
        isUltraLow = (trade.code == "01" || trade.code == "02" || trade.code == "03") && random.chance(0.7)
        longitude = (county.longitude + random.number(-0.06...0.06)).rounded(places: 6)
        latitude = (county.latitude + random.number(-0.045...0.045)).rounded(places: 6)
        gates = (1...[1, 2, 3][random.weighted([4, 4, trade.weight > 1.5 ? 4 : 1])]).map(String.init)
        unit = random.int(0...(units - 1))
        vehicles = (index * vehiclesEach)..<((index + 1) * vehiclesEach)
    }
}

extension Double {
    func rounded(places: Int) -> Double {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        return (self * scale).rounded() / scale
    }
}
