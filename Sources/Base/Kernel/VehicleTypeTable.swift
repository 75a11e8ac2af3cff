extension VehicleTypeCode {
    /// Every type of GA/T 16.4 that plates-and-codes.md §3 lists, goods vehicles first.
    package static let all: [CodeItem] = goods + trailers + tractors + passengers + specials + others

    private static let sizes: [(digit: String, title: String, titleEN: String)] = [("1", "重型", "Heavy"), ("2", "中型", "Medium"), ("3", "轻型", "Light")]

    /// Body characters: `title` and `titleEN` follow the size's words.
    private typealias Body = (character: String, title: String, titleEN: String)

    private static func items(_ letter: String, _ digit: String, _ size: String, _ sizeEN: String, _ bodies: [Body]) -> [CodeItem] {
        bodies.map { CodeItem(letter + digit + $0.character, size + $0.title, sizeEN + " " + $0.titleEN) }
    }

    private static let truckBodies: [Body] = [
        ("1", "普通货车", "general truck"), ("2", "厢式货车", "box truck"), ("3", "封闭货车", "closed truck"), ("4", "罐式货车", "tank truck"), ("5", "平板货车", "flatbed truck"),
        ("6", "集装厢车", "container truck"), ("7", "自卸货车", "dump truck"), ("8", "特殊结构货车", "special-structure truck"), ("9", "仓栅式货车", "stake truck"),
        ("A", "车辆运输车", "vehicle carrier"), ("B", "厢式自卸货车", "box dump truck"), ("C", "罐式自卸货车", "tank dump truck"), ("D", "平板自卸货车", "flatbed dump truck"),
        ("E", "集装厢自卸货车", "container dump truck"), ("F", "特殊结构自卸货车", "special-structure dump truck"), ("G", "仓栅式自卸货车", "stake dump truck"),
    ]

    private static let miniTruckBodies: [Body] = [
        ("1", "普通货车", "general truck"), ("2", "厢式货车", "box truck"), ("3", "封闭货车", "closed truck"), ("4", "罐式货车", "tank truck"), ("5", "自卸货车", "dump truck"),
        ("6", "特殊结构货车", "special-structure truck"), ("7", "仓栅式货车", "stake truck"), ("B", "厢式自卸货车", "box dump truck"), ("C", "罐式自卸货车", "tank dump truck"),
        ("F", "特殊结构自卸货车", "special-structure dump truck"), ("G", "仓栅式自卸货车", "stake dump truck"),
    ]

    private static let lowSpeedBodies: [Body] = [
        ("1", "普通货车", "general truck"), ("2", "厢式货车", "box truck"), ("3", "罐式货车", "tank truck"), ("4", "自卸货车", "dump truck"), ("5", "仓栅式货车", "stake truck"),
        ("B", "厢式自卸货车", "box dump truck"), ("C", "罐式自卸货车", "tank dump truck"),
    ]

    private static var goods: [CodeItem] {
        sizes.flatMap { items("H", $0.digit, $0.title, $0.titleEN, truckBodies) } + items("H", "4", "微型", "Mini", miniTruckBodies)
            + items("H", "5", "低速", "Low-speed", lowSpeedBodies)
    }

    private static let semiTrailerBodies: [Body] = [
        ("1", "普通半挂车", "general semi-trailer"), ("2", "厢式半挂车", "box semi-trailer"), ("3", "罐式半挂车", "tank semi-trailer"), ("4", "平板半挂车", "flatbed semi-trailer"),
        ("5", "集装箱半挂车", "container semi-trailer"), ("6", "自卸半挂车", "dump semi-trailer"), ("7", "特殊结构半挂车", "special-structure semi-trailer"),
        ("8", "仓栅式半挂车", "stake semi-trailer"), ("9", "旅居半挂车", "caravan semi-trailer"), ("A", "专项作业半挂车", "special-work semi-trailer"),
        ("B", "低平板半挂车", "low-bed semi-trailer"), ("C", "车辆运输半挂车", "vehicle-carrier semi-trailer"), ("D", "罐式自卸半挂车", "tank dump semi-trailer"),
        ("E", "平板自卸半挂车", "flatbed dump semi-trailer"), ("F", "集装箱自卸半挂车", "container dump semi-trailer"),
        ("G", "特殊结构自卸半挂车", "special-structure dump semi-trailer"), ("H", "仓栅式自卸半挂车", "stake dump semi-trailer"),
        ("J", "专项作业自卸半挂车", "special-work dump semi-trailer"), ("K", "低平板自卸半挂车", "low-bed dump semi-trailer"), ("U", "中置轴旅居挂车", "centre-axle caravan"),
        ("V", "中置轴车辆运输车", "centre-axle vehicle carrier"), ("W", "中置轴普通挂车", "centre-axle general trailer"),
    ]

    private static let lightSemiTrailerBodies: [Body] = [
        ("1", "普通半挂车", "general semi-trailer"), ("2", "厢式半挂车", "box semi-trailer"), ("3", "罐式半挂车", "tank semi-trailer"), ("4", "平板半挂车", "flatbed semi-trailer"),
        ("5", "自卸半挂车", "dump semi-trailer"), ("6", "仓栅式半挂车", "stake semi-trailer"), ("7", "旅居半挂车", "caravan semi-trailer"),
        ("8", "专项作业半挂车", "special-work semi-trailer"), ("9", "低平板半挂车", "low-bed semi-trailer"),
    ]

    private static let fullTrailerBodies: [Body] = [
        ("1", "普通全挂车", "general full trailer"), ("2", "厢式全挂车", "box full trailer"), ("3", "罐式全挂车", "tank full trailer"), ("4", "平板全挂车", "flatbed full trailer"),
        ("5", "集装箱全挂车", "container full trailer"), ("6", "自卸全挂车", "dump full trailer"), ("7", "仓栅式全挂车", "stake full trailer"), ("8", "旅居全挂车", "caravan full trailer"),
        ("9", "专项作业全挂车", "special-work full trailer"), ("A", "厢式自卸全挂车", "box dump full trailer"), ("B", "罐式自卸全挂车", "tank dump full trailer"),
        ("C", "平板自卸全挂车", "flatbed dump full trailer"), ("D", "集装箱自卸全挂车", "container dump full trailer"), ("E", "仓栅式自卸全挂车", "stake dump full trailer"),
        ("F", "专项作业自卸全挂车", "special-work dump full trailer"),
    ]

    private static let lightFullTrailerBodies: [Body] = [
        ("1", "普通全挂车", "general full trailer"), ("2", "厢式全挂车", "box full trailer"), ("3", "罐式全挂车", "tank full trailer"), ("4", "平板全挂车", "flatbed full trailer"),
        ("5", "自卸全挂车", "dump full trailer"), ("6", "仓栅式全挂车", "stake full trailer"), ("7", "旅居全挂车", "caravan full trailer"), ("8", "专项作业全挂车", "special-work full trailer"),
    ]

    private static var trailers: [CodeItem] {
        items("B", "1", "重型", "Heavy", semiTrailerBodies) + items("B", "2", "中型", "Medium", semiTrailerBodies) + items("B", "3", "轻型", "Light", lightSemiTrailerBodies)
            + items("G", "1", "重型", "Heavy", fullTrailerBodies) + items("G", "2", "中型", "Medium", fullTrailerBodies) + items("G", "3", "轻型", "Light", lightFullTrailerBodies)
    }

    private static let tractorBodies: [Body] = [("1", "半挂牵引车", "semi-trailer tractor"), ("2", "全挂牵引车", "full-trailer tractor")]

    private static var tractors: [CodeItem] { sizes.flatMap { items("Q", $0.digit, $0.title, $0.titleEN, tractorBodies) } }

    private static let busBodies: [Body] = [
        ("1", "普通客车", "bus"), ("2", "双层客车", "double-deck bus"), ("3", "卧铺客车", "sleeper bus"), ("4", "铰接客车", "articulated bus"), ("5", "越野客车", "off-road bus"),
        ("6", "轿车", "saloon car"), ("7", "专用客车", "special bus"), ("8", "专用校车", "school bus"),
    ]

    private static let carBodies: [Body] = [
        ("1", "普通客车", "passenger car"), ("2", "越野客车", "off-road car"), ("3", "轿车", "saloon car"), ("4", "专用客车", "special passenger car"), ("8", "专用校车", "school bus"),
        ("9", "面包车", "van"),
    ]

    private static let miniCarBodies: [Body] = [("1", "普通客车", "passenger car"), ("2", "越野客车", "off-road car"), ("3", "轿车", "saloon car"), ("9", "面包车", "van")]

    private static var passengers: [CodeItem] {
        items("K", "1", "大型", "Large", busBodies) + items("K", "2", "中型", "Medium", busBodies) + items("K", "3", "小型", "Small", carBodies)
            + items("K", "4", "微型", "Mini", miniCarBodies)
    }

    private static let specialBodies: [Body] = [("1", "专项作业车", "special-work vehicle"), ("2", "载货专项作业车", "goods-carrying special-work vehicle")]

    private static var specials: [CodeItem] {
        items("Z", "1", "大型", "Large", specialBodies) + items("Z", "2", "中型", "Medium", specialBodies) + items("Z", "3", "小型", "Small", specialBodies)
            + items("Z", "4", "微型", "Mini", specialBodies) + items("Z", "5", "重型", "Heavy", specialBodies) + items("Z", "7", "轻型", "Light", specialBodies)
    }

    private static let others: [CodeItem] = [
        CodeItem("J11", "轮式装载机械", "Wheeled loader"), CodeItem("J12", "轮式挖掘机械", "Wheeled excavator"), CodeItem("J13", "轮式平地机械", "Wheeled grader"),
        CodeItem("M11", "普通正三轮摩托车", "Three-wheel motorcycle"), CodeItem("M12", "轻便正三轮摩托车", "Light three-wheel moped"),
        CodeItem("M13", "正三轮载客摩托车", "Passenger three-wheel motorcycle"), CodeItem("M14", "正三轮载货摩托车", "Goods three-wheel motorcycle"),
        CodeItem("M15", "侧三轮摩托车", "Sidecar motorcycle"), CodeItem("M21", "普通二轮摩托车", "Two-wheel motorcycle"), CodeItem("M22", "轻便二轮摩托车", "Two-wheel moped"),
        CodeItem("N11", "三轮汽车", "Three-wheel vehicle"), CodeItem("T11", "大中型轮式拖拉机", "Large wheeled tractor"), CodeItem("T21", "小型轮式拖拉机", "Small wheeled tractor"),
        CodeItem("T22", "手扶拖拉机", "Walking tractor"), CodeItem("T23", "手扶变形运输机", "Walking transport tractor"), CodeItem("D11", "无轨电车", "Trolleybus"),
        CodeItem("D12", "有轨电车", "Tram"), CodeItem("X99", "其他", "Other"),
    ]
}
