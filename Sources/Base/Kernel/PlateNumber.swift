/// A plate number in its one spelling: half-width, upper case, without spaces and dots (plates-and-codes.md §1).
///
/// It may be malformed: a gate's record is kept whatever its reader saw, and `PlateFinding` says what is doubtful.
package struct PlateNumber: Sendable, Hashable {
    /// Up to 15 UTF-8 bytes for every well-formed number, so that it lives without an allocation.
    package let text: String

    package init(normalizing text: String) { self.text = CodeText.normalize(text) }

    /// What is stored for a vehicle that carries no plate.
    package static let none = PlateNumber(normalizing: "无牌")

    /// The vehicle carries no plate; the passage is known by its photos only.
    package var isMissing: Bool {
        // 无 is E6 97 A0; comparing texts that are not ASCII costs far more than looking at three bytes.
        var bytes = text.utf8.makeIterator()
        guard bytes.next() == 0xE6, bytes.next() == 0x97, bytes.next() == 0xA0 else { return false }
        return text == "无牌" || text == "无牌车" || text == "无号牌" || text == "无车牌"
    }

    package var layout: PlateLayout { PlateLayout(of: self) }

    /// A green or yellow-green plate by its form: small with the energy letter third, large with it last.
    package var isNewEnergy: Bool { energy != nil }

    /// 纯电动, by the energy letter D, A, B, C or E; plug-in hybrids, range extenders and fuel cells are new-energy but not this.
    package var isPureElectric: Bool { energy == .electric }

    private var energy: PlateCharacter? {
        let shape = PlateShape(text)
        switch PlateLayout(of: self) {
        case .smallNewEnergy: return shape[2]
        case .largeNewEnergy: return shape[7]
        default: return nil
        }
    }

    /// Short name of the province, `冀`; nil where the number begins otherwise.
    package var province: String? {
        let shape = PlateShape(text)
        return shape.count > 0 && shape[0] == .province ? String(text.prefix(1)) : nil
    }
}

/// The printed forms of plates (GA 36-2018).
package enum PlateLayout: Sendable, CaseIterable {
    case ordinary, trailer, training, police, embassy, consulate, hongKong, macao, armedPolice, military
    case smallNewEnergy, largeNewEnergy, temporary, tractor, none, unknown

    package init(of plate: PlateNumber) {
        let shape = PlateShape(plate.text)
        switch shape.count {
        case 6: self = PlateLayout.ofSix(shape)
        case 7: self = PlateLayout.ofSeven(shape, plate.text)
        case 8: self = PlateLayout.ofEight(shape, plate.text)
        default: self = .unknown
        }
        if self == .unknown, plate.isMissing { self = .none }
    }

    /// The shorter consular form: province, one character, three digits, 领.
    private static func ofSix(_ s: PlateShape) -> PlateLayout {
        s[0] == .province && s[1].isLetterOrDigit && s.areDigits(2..<5) && s[5] == .consulate ? .consulate : .unknown
    }

    private static func ofSeven(_ s: PlateShape, _ text: String) -> PlateLayout {
        if s[6] == .embassy { return s.areDigits(0..<6) ? .embassy : .unknown }
        if s[0] == .embassy { return s.areDigits(1..<7) ? .embassy : .unknown }
        if s[0].isLetter, s[1].isLetter { return s.areLettersOrDigits(2..<7) ? .military : .unknown }
        guard s[0] == .province else { return .unknown }
        if s[6] == .consulate { return s[1].isLetterOrDigit && s.areDigits(2..<6) ? .consulate : .unknown }
        guard s[1].isLetter, s.areLettersOrDigits(2..<6) else { return .unknown }
        switch s[6] {
        case .trailer: return .trailer
        case .training: return .training
        case .police: return .police
        case .temporary: return .temporary
        case .hongKong: return text.hasPrefix("粤Z") ? .hongKong : .unknown
        case .macao: return text.hasPrefix("粤Z") ? .macao : .unknown
        default: return s[6].isLetterOrDigit ? .ordinary : .unknown
        }
    }

    private static func ofEight(_ s: PlateShape, _ text: String) -> PlateLayout {
        if s[2] == .province { return text.hasPrefix("WJ") && s.areLettersOrDigits(3..<8) ? .armedPolice : .unknown }
        guard s[0] == .province else { return .unknown }
        if s.areDigits(1..<8) { return .tractor }
        guard s[1].isLetter else { return .unknown }
        if s[2].isEnergyLetter { return s[3].isLetterOrDigit && s.areDigits(4..<8) ? .smallNewEnergy : .unknown }
        return s.areDigits(2..<7) && s[7].isEnergyLetter ? .largeNewEnergy : .unknown
    }
}

/// What one character may be on a plate. I and O are on none.
enum PlateCharacter: UInt8 {
    case stranger = 0, digit, plainLetter, electric, hybrid, province
    case trailer, training, police, embassy, consulate, hongKong, macao, temporary

    var isLetter: Bool { self == .plainLetter || self == .electric || self == .hybrid }
    var isLetterOrDigit: Bool { self == .digit || isLetter }
    var isEnergyLetter: Bool { self == .electric || self == .hybrid }

    init(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "0"..."9": self = .digit
        case "A", "B", "C", "D", "E": self = .electric
        case "F", "G", "H", "J", "K": self = .hybrid
        case "I", "O": self = .stranger
        case "A"..."Z": self = .plainLetter
        case "京", "津", "沪", "渝", "冀", "豫", "云", "辽", "黑", "湘", "皖", "鲁", "新", "苏", "浙", "赣", "鄂", "桂", "甘", "晋", "蒙", "陕", "吉", "闽", "贵", "粤", "青", "藏", "川", "宁", "琼":
            self = .province
        case "挂": self = .trailer
        case "学": self = .training
        case "警": self = .police
        case "使": self = .embassy
        case "领": self = .consulate
        case "港": self = .hongKong
        case "澳": self = .macao
        case "超", "试": self = .temporary
        default: self = .stranger
        }
    }
}

/// The characters of a number, four bits each, so that no array is made on the way of every passage.
struct PlateShape {
    private var bits: UInt64 = 0
    /// Characters read, at most 9: more than any plate has.
    private(set) var count = 0

    init(_ text: String) {
        for scalar in text.unicodeScalars {
            guard count < 9 else { return }
            bits |= UInt64(PlateCharacter(scalar).rawValue) << UInt64(count * 4)
            count += 1
        }
    }

    subscript(_ index: Int) -> PlateCharacter { PlateCharacter(rawValue: UInt8(truncatingIfNeeded: bits >> UInt64(index * 4)) & 15) ?? .stranger }

    func areDigits(_ range: Range<Int>) -> Bool {
        for index in range where self[index] != .digit { return false }
        return true
    }

    func areLettersOrDigits(_ range: Range<Int>) -> Bool {
        for index in range where !self[index].isLetterOrDigit { return false }
        return true
    }
}
