/// 燃料种类, GA/T 16.9 (plates-and-codes.md §4): one letter, or two concatenated with the dominant one first.
package struct FuelCode: Sendable, Hashable {
    package let code: String

    package init(normalizing text: String) { self.code = CodeText.normalize(text) }

    package static let all: [CodeItem] = [
        CodeItem("A", "汽油", "Petrol"), CodeItem("B", "柴油", "Diesel"), CodeItem("C", "电", "Electricity"), CodeItem("D", "混合油", "Mixed oil"),
        CodeItem("E", "天然气", "Natural gas"), CodeItem("F", "液化石油气", "Liquefied petroleum gas"), CodeItem("L", "甲醇", "Methanol"),
        CodeItem("M", "乙醇", "Ethanol"), CodeItem("N", "太阳能", "Solar"), CodeItem("O", "混合动力", "Hybrid"), CodeItem("Y", "无", "None"),
        CodeItem("Z", "其他", "Other"), CodeItem("X", "未知", "Unknown"), CodeItem("AC", "汽油电混合", "Petrol-electric"), CodeItem("BC", "柴油电混合", "Diesel-electric"),
        CodeItem("AE", "汽油天然气", "Petrol and natural gas"), CodeItem("BE", "柴油天然气", "Diesel and natural gas"),
        CodeItem("AF", "汽油液化石油气", "Petrol and LPG"), CodeItem("BF", "柴油液化石油气", "Diesel and LPG"), CodeItem("AO", "汽油混合动力", "Petrol hybrid"),
        CodeItem("BO", "柴油混合动力", "Diesel hybrid"),
    ]

    package var isKnown: Bool { Self.all.contains { $0.code == code } }
    package var title: String { Self.all.title(of: code) }

    /// By the first letter, as HJ 1321 counts: BE and BC are diesel, AC is petrol.
    package var group: FuelGroup {
        switch code.utf8.first {
        case UInt8(ascii: "A"): .petrol
        case UInt8(ascii: "B"): .diesel
        case UInt8(ascii: "C"): .electric
        case UInt8(ascii: "E"), UInt8(ascii: "F"): .gas
        default: .other
        }
    }
}

/// How statistics and strategies group fuels.
package enum FuelGroup: String, Sendable, CaseIterable {
    case diesel, gas, petrol, electric, other

    package var title: String {
        switch self {
        case .diesel: "柴油"
        case .gas: "燃气"
        case .petrol: "汽油"
        case .electric: "电动"
        case .other: "其他"
        }
    }

    package var titleEN: String {
        switch self {
        case .diesel: "Diesel"
        case .gas: "Gas"
        case .petrol: "Petrol"
        case .electric: "Electric"
        case .other: "Other"
        }
    }

    package static let all: [CodeItem] = allCases.map { CodeItem($0.rawValue, $0.title, $0.titleEN) }
}
