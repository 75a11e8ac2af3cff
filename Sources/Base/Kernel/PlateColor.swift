/// Colour of a plate in the code set of the gate interfaces (plates-and-codes.md §1.1, first row).
///
/// Other worlds count differently: convert at the edge, never store a foreign code in a column of this type.
package enum PlateColor: String, Sendable, CaseIterable {
    case blue = "0"
    case yellow = "1"
    case white = "2"
    case black = "3"
    /// 渐变绿, small new-energy vehicles.
    case green = "4"
    case other = "5"
    /// 黄绿双拼, large new-energy vehicles.
    case yellowGreen = "6"

    package var title: String {
        switch self {
        case .blue: "蓝"
        case .yellow: "黄"
        case .white: "白"
        case .black: "黑"
        case .green: "绿"
        case .other: "其他"
        case .yellowGreen: "黄绿"
        }
    }

    package var titleEN: String {
        switch self {
        case .blue: "Blue"
        case .yellow: "Yellow"
        case .white: "White"
        case .black: "Black"
        case .green: "Green"
        case .other: "Other"
        case .yellowGreen: "Yellow-green"
        }
    }

    /// `蓝牌`, the text form of HJ 1321.
    package var plateTitle: String { self == .other ? "其他" : title + "牌" }

    package static let all: [CodeItem] = allCases.map { CodeItem($0.rawValue, $0.title, $0.titleEN) }

    /// From the words people and other systems write: 蓝, 蓝色, 蓝牌, 渐变绿, 黄绿双拼.
    package init?(text: String) {
        switch text {
        case "蓝", "蓝色", "蓝牌": self = .blue
        case "黄", "黄色", "黄牌", "农黄": self = .yellow
        case "白", "白色", "白牌": self = .white
        case "黑", "黑色", "黑牌": self = .black
        case "绿", "绿色", "绿牌", "渐变绿", "渐变绿色", "农绿": self = .green
        case "黄绿", "黄绿色", "黄绿牌", "黄绿双拼", "黄绿双拼色": self = .yellowGreen
        case "其他", "其它": self = .other
        default: return nil
        }
    }
}

extension PlateColor {
    /// From JT/T 415, 697.7, 808, 809; 农黄 91 becomes yellow and 农绿 92 green.
    package init?(transportCode: Int) {
        switch transportCode {
        case 1: self = .blue
        case 2, 91: self = .yellow
        case 3: self = .black
        case 4: self = .white
        case 9: self = .other
        case 92, 94: self = .green
        case 93: self = .yellowGreen
        default: return nil
        }
    }

    /// For JT/T 415, 697.7, 808, 809.
    package var transportCode: Int {
        switch self {
        case .blue: 1
        case .yellow: 2
        case .black: 3
        case .white: 4
        case .other: 9
        case .yellowGreen: 93
        case .green: 94
        }
    }

    /// From traffic police capture devices (GA/T).
    package init?(policeCode: Int) {
        switch policeCode {
        case 0: self = .white
        case 1: self = .yellow
        case 2: self = .blue
        case 3: self = .black
        case 4: self = .green
        case 9: self = .other
        default: return nil
        }
    }

    /// For traffic police capture devices (GA/T), which know one green only.
    package var policeCode: Int {
        switch self {
        case .white: 0
        case .yellow: 1
        case .blue: 2
        case .black: 3
        case .green, .yellowGreen: 4
        case .other: 9
        }
    }
}
