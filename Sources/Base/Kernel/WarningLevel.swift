/// 重污染天气预警级别: no warning, then yellow (III), orange (II), red (I) in rising order.
package enum WarningLevel: String, Sendable, CaseIterable, Comparable {
    case none, yellow, orange, red

    package var rank: Int {
        switch self {
        case .none: 0
        case .yellow: 1
        case .orange: 2
        case .red: 3
        }
    }

    package static func < (a: WarningLevel, b: WarningLevel) -> Bool { a.rank < b.rank }

    package var title: String {
        switch self {
        case .none: "无"
        case .yellow: "黄色"
        case .orange: "橙色"
        case .red: "红色"
        }
    }

    package var titleEN: String {
        switch self {
        case .none: "None"
        case .yellow: "Yellow"
        case .orange: "Orange"
        case .red: "Red"
        }
    }

    /// `Ⅱ级`, the response that answers the warning; empty without one.
    package var response: String {
        switch self {
        case .none: ""
        case .yellow: "Ⅲ级"
        case .orange: "Ⅱ级"
        case .red: "Ⅰ级"
        }
    }

    package static let all: [CodeItem] = allCases.map { CodeItem($0.rawValue, $0.title, $0.titleEN) }
}
