/// 车辆类型, GA/T 16.4 (plates-and-codes.md §3): structure letter, size digit, body character.
package struct VehicleTypeCode: Sendable, Hashable {
    package let code: String

    package init(normalizing text: String) { self.code = CodeText.normalize(text) }

    /// One letter, one digit, one digit or letter.
    package var isWellFormed: Bool {
        let bytes = Array(code.utf8)
        guard bytes.count == 3 else { return false }
        return (65...90).contains(bytes[0]) && (48...57).contains(bytes[1]) && ((48...57).contains(bytes[2]) || (65...90).contains(bytes[2]))
    }

    package var isKnown: Bool { titlesByCode[code] != nil }

    /// `重型半挂牵引车`; the code itself where the table does not know it.
    package var title: String { titlesByCode[code] ?? code }

    package var size: VehicleSize? { VehicleSize.bySizePrefix[String(code.prefix(2))] }

    /// 货车 and 牵引车, and special vehicles that carry goods.
    package var isGoods: Bool { code.hasPrefix("H") || code.hasPrefix("Q") || (code.hasPrefix("Z") && code.hasSuffix("2")) }

    /// 重型载货 as HJ 1321 counts it: H1, Q1, Z51 and Z52.
    package var isHeavyGoods: Bool { code.hasPrefix("H1") || code.hasPrefix("Q1") || code == "Z51" || code == "Z52" }

    package var isPassenger: Bool { code.hasPrefix("K") }

    /// 挂车 have no engine, so no emission stage.
    package var isTrailer: Bool { code.hasPrefix("B") || code.hasPrefix("G") }

    /// What is stored when the type is not known.
    package static let unknown = VehicleTypeCode(normalizing: "X99")
}

/// 总质量 class, or 大 and 小 for passenger and special vehicles (GA 802).
package enum VehicleSize: String, Sendable, CaseIterable {
    case heavy, medium, light, mini, large, small, lowSpeed

    package var title: String {
        switch self {
        case .heavy: "重型"
        case .medium: "中型"
        case .light: "轻型"
        case .mini: "微型"
        case .large: "大型"
        case .small: "小型"
        case .lowSpeed: "低速"
        }
    }

    fileprivate static let bySizePrefix: [String: VehicleSize] = [
        "H1": .heavy, "H2": .medium, "H3": .light, "H4": .mini, "H5": .lowSpeed, "B1": .heavy, "B2": .medium, "B3": .light, "G1": .heavy, "G2": .medium, "G3": .light,
        "Q1": .heavy, "Q2": .medium, "Q3": .light, "K1": .large, "K2": .medium, "K3": .small, "K4": .mini, "Z1": .large, "Z2": .medium, "Z3": .small, "Z4": .mini,
        "Z5": .heavy, "Z7": .light,
    ]
}

private let titlesByCode: [String: String] = Dictionary(VehicleTypeCode.all.map { ($0.code, $0.title) }, uniquingKeysWith: { first, _ in first })
