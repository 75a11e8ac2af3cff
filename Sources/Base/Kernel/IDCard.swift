/// 公民身份号码, GB 11643-1999, eighteen characters (plates-and-codes.md §5.2). Personal: show `Masking.idCard` of it.
package struct IDCard: Sendable, Hashable {
    package let text: String

    package init(normalizing text: String) { self.text = CodeText.normalize(text) }

    package var isValid: Bool { findings(on: nil).isEmpty }

    /// - Parameter today: a birth after this day is refused; nil where no clock is at hand.
    /// - Returns: empty when nothing is wrong; one finding otherwise. The region is not looked up: retired codes are lawful.
    package func findings(on today: Day?) -> [IDCardFinding] {
        let bytes = Array(text.utf8)
        guard bytes.count == 18 else { return [.length] }
        guard CodeText.isDigits(text.prefix(17)), bytes[17] == UInt8(ascii: "X") || (48...57).contains(bytes[17]) else { return [.character] }
        guard let born, born.number >= 18_000_101, today.map({ born <= $0 }) ?? true else { return [.birthday] }
        var sum = 0
        for index in 0..<17 { sum += (Int(bytes[index]) - 48) * weights[index] }
        return checkCharacters[sum % 11] == bytes[17] ? [] : [.checkCharacter]
    }

    /// Nil when digits 7-14 are no real day.
    package var born: Day? { Int(text.dropFirst(6).prefix(8)).flatMap { Day(number: $0) } }

    /// The sequence number is odd for men; nil where the number is too short.
    package var isMale: Bool? {
        let bytes = Array(text.utf8)
        return bytes.count == 18 ? bytes[16] % 2 == 1 : nil
    }

    /// Where the number was first issued; it may be a retired code.
    package var regionCode: String { String(text.prefix(6)) }
}

/// What is wrong with an ID number.
package enum IDCardFinding: String, Sendable, CaseIterable {
    case length, character, birthday, checkCharacter

    package var title: String {
        switch self {
        case .length: "身份证号码应为 18 位"
        case .character: "身份证号码应为 17 位数字加 1 位数字或 X"
        case .birthday: "身份证号码中的出生日期不存在"
        case .checkCharacter: "身份证号码校验码不符"
        }
    }
}

private let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
private let checkCharacters = Array("10X98765432".utf8)
