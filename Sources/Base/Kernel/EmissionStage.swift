/// 排放阶段 of a vehicle, in the gate interfaces' codes (hj1321-gate.md §6 `pfbz`).
package enum EmissionStage: String, Sendable, CaseIterable {
    case zero = "0", one = "1", two = "2", three = "3", four = "4", five = "5", six = "6"
    case electric = "D"
    case unknown = "X"

    /// 0...6, electric 7; nil where the stage is not known, so that no comparison can pass by accident.
    package var rank: Int? {
        switch self {
        case .electric: 7
        case .unknown: nil
        default: Int(rawValue)
        }
    }

    /// Whether this stage is at least `minimum`; nil when either is unknown.
    package func meets(_ minimum: EmissionStage) -> Bool? {
        guard let rank, let least = minimum.rank else { return nil }
        return rank >= least
    }

    package var title: String {
        switch self {
        case .zero: "国零"
        case .one: "国一"
        case .two: "国二"
        case .three: "国三"
        case .four: "国四"
        case .five: "国五"
        case .six: "国六"
        case .electric: "电动"
        case .unknown: "未知"
        }
    }

    package var titleEN: String {
        switch self {
        case .zero: "China 0"
        case .one: "China I"
        case .two: "China II"
        case .three: "China III"
        case .four: "China IV"
        case .five: "China V"
        case .six: "China VI"
        case .electric: "Electric"
        case .unknown: "Unknown"
        }
    }

    package static let all: [CodeItem] = allCases.map { CodeItem($0.rawValue, $0.title, $0.titleEN) }

    /// From what manifests and sheets write: a code, 国五, 国V, 国Ⅴ, 国5, 国六b, 电动.
    package init?(text: String) {
        let normal = CodeText.normalize(text)
        if let stage = EmissionStage(rawValue: normal) {
            self = stage
            return
        }
        if normal == "电动" || normal == "纯电动" || normal == "新能源" {
            self = .electric
            return
        }
        if normal == "未知" {
            self = .unknown
            return
        }
        guard normal.hasPrefix("国") else { return nil }
        var rest = normal.dropFirst()
        if rest.hasSuffix("A") || rest.hasSuffix("B") { rest = rest.dropLast() }
        switch rest {
        case "0", "零": self = .zero
        case "1", "I", "Ⅰ", "一": self = .one
        case "2", "II", "Ⅱ", "二": self = .two
        case "3", "III", "Ⅲ", "三": self = .three
        case "4", "IV", "Ⅳ", "四": self = .four
        case "5", "V", "Ⅴ", "五": self = .five
        case "6", "VI", "Ⅵ", "六": self = .six
        default: return nil
        }
    }
}
