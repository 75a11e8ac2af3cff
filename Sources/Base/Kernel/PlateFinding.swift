/// What is doubtful about a plate. A passage is never refused for its plate's form alone (plates-and-codes.md §1).
package enum PlateFinding: String, Sendable, CaseIterable {
    case empty, length, province, forbiddenLetter, format, colorMismatch

    package var title: String {
        switch self {
        case .empty: "号牌号码为空"
        case .length: "号牌位数不符"
        case .province: "号牌首字不是省份简称"
        case .forbiddenLetter: "号牌含字母 I 或 O"
        case .format: "号牌格式存疑"
        case .colorMismatch: "号牌颜色与号牌格式不符"
        }
    }

    /// - Parameter color: nil where it is not known; then only the number is judged.
    /// - Returns: empty for every number that `GA 36-2018` allows in that colour, and for 无牌.
    package static func findings(text: String, color: PlateColor?) -> [PlateFinding] { findings(PlateNumber(normalizing: text), color: color) }

    /// The same for a number that is normal already.
    package static func findings(_ plate: PlateNumber, color: PlateColor?) -> [PlateFinding] {
        let layout = plate.layout
        guard layout == .unknown else {
            guard let color, !layout.allows(color) else { return [] }
            return [.colorMismatch]
        }
        return formFindings(plate)
    }

    private static func formFindings(_ plate: PlateNumber) -> [PlateFinding] {
        let shape = PlateShape(plate.text)
        guard shape.count > 0 else { return [.empty] }
        var findings: [PlateFinding] = []
        if !(6...8).contains(shape.count) { findings.append(.length) }
        if plate.text.utf8.contains(where: { $0 == UInt8(ascii: "I") || $0 == UInt8(ascii: "O") }) { findings.append(.forbiddenLetter) }
        if shape[0] == .stranger { findings.append(.province) }
        return findings.isEmpty ? [.format] : findings
    }
}

extension PlateLayout {
    /// Whether a plate of this form is made in `color`; `.other` fits every form.
    package func allows(_ color: PlateColor) -> Bool {
        switch self {
        case _ where color == .other: true
        case .ordinary: color == .blue || color == .yellow || color == .black
        case .trailer: color == .yellow
        case .training, .temporary: color == .yellow || color == .blue
        case .police, .armedPolice, .military: color == .white
        case .embassy, .consulate, .hongKong, .macao: color == .black
        case .smallNewEnergy: color == .green
        case .largeNewEnergy: color == .yellowGreen
        case .tractor: color == .green || color == .yellow
        case .none, .unknown: true
        }
    }
}
