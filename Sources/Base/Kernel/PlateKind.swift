/// 号牌种类, GA/T 16.7 (plates-and-codes.md §2).
package enum PlateKind: String, Sendable, CaseIterable {
    case large = "01", small = "02", embassy = "03", consulate = "04", overseas = "05", foreign = "06"
    case motorcycle = "07", moped = "08", embassyMotorcycle = "09", consulateMotorcycle = "10", overseasMotorcycle = "11", foreignMotorcycle = "12"
    case lowSpeed = "13", tractor = "14", trailer = "15", training = "16", trainingMotorcycle = "17", trial = "18", trialMotorcycle = "19"
    case temporaryEntry = "20", temporaryEntryMotorcycle = "21", temporary = "22", police = "23", policeMotorcycle = "24", formerFarm = "25"
    case hongKong = "26", macao = "27", armedPolice = "31", military = "32", none = "41", fake = "42", misused = "43"
    case largeNewEnergy = "51", smallNewEnergy = "52", other = "99"

    package static let all: [CodeItem] = [
        CodeItem("01", "大型汽车", "Large vehicle"), CodeItem("02", "小型汽车", "Small vehicle"), CodeItem("03", "使馆汽车", "Embassy vehicle"),
        CodeItem("04", "领馆汽车", "Consulate vehicle"), CodeItem("05", "境外汽车", "Overseas vehicle"), CodeItem("06", "外籍汽车", "Foreign vehicle"),
        CodeItem("07", "普通摩托车", "Motorcycle"), CodeItem("08", "轻便摩托车", "Moped"), CodeItem("09", "使馆摩托车", "Embassy motorcycle"),
        CodeItem("10", "领馆摩托车", "Consulate motorcycle"), CodeItem("11", "境外摩托车", "Overseas motorcycle"), CodeItem("12", "外籍摩托车", "Foreign motorcycle"),
        CodeItem("13", "低速车", "Low-speed vehicle"), CodeItem("14", "拖拉机", "Tractor"), CodeItem("15", "挂车", "Trailer"),
        CodeItem("16", "教练汽车", "Training vehicle"), CodeItem("17", "教练摩托车", "Training motorcycle"), CodeItem("18", "试验汽车", "Trial vehicle"),
        CodeItem("19", "试验摩托车", "Trial motorcycle"), CodeItem("20", "临时入境汽车", "Temporary entry vehicle"),
        CodeItem("21", "临时入境摩托车", "Temporary entry motorcycle"), CodeItem("22", "临时行驶车", "Temporary plate"), CodeItem("23", "警用汽车", "Police vehicle"),
        CodeItem("24", "警用摩托车", "Police motorcycle"), CodeItem("25", "原农机号牌", "Former farm plate"), CodeItem("26", "香港入出境车", "Hong Kong cross-border vehicle"),
        CodeItem("27", "澳门入出境车", "Macao cross-border vehicle"), CodeItem("31", "武警号牌", "Armed police plate"), CodeItem("32", "军队号牌", "Military plate"),
        CodeItem("41", "无号牌", "No plate"), CodeItem("42", "假号牌", "False plate"), CodeItem("43", "挪用号牌", "Misused plate"),
        CodeItem("51", "大型新能源汽车", "Large new-energy vehicle"), CodeItem("52", "小型新能源汽车", "Small new-energy vehicle"), CodeItem("99", "其他", "Other"),
    ]

    package var title: String { Self.all.title(of: rawValue) }

    /// What the number and, for plain seven-character numbers, the colour say; nil where they say nothing.
    package init?(guessing plate: PlateNumber, color: PlateColor?) {
        switch plate.layout {
        case .trailer: self = .trailer
        case .training: self = .training
        case .police: self = .police
        case .embassy: self = .embassy
        case .consulate: self = .consulate
        case .hongKong: self = .hongKong
        case .macao: self = .macao
        case .armedPolice: self = .armedPolice
        case .military: self = .military
        case .smallNewEnergy: self = .smallNewEnergy
        case .largeNewEnergy: self = .largeNewEnergy
        case .temporary: self = .temporary
        case .tractor: self = .tractor
        case .none: self = .none
        case .unknown: return nil
        case .ordinary:
            switch color {
            case .blue: self = .small
            case .yellow: self = .large
            case .black: self = .foreign
            default: return nil
            }
        }
    }
}
