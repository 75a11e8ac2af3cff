/// 车辆识别代号, GB 16735-2019 and ISO 3779 (plates-and-codes.md §5.3).
package struct VIN: Sendable, Hashable {
    package let text: String

    package init(normalizing text: String) { self.text = CodeText.normalize(text) }

    /// Seventeen digits and letters without I, O and Q.
    package var isWellFormed: Bool { text.utf8.count == 17 && text.utf8.allSatisfy { transliterated($0) != nil } }

    /// Whether position 9 agrees with the rest. Some older and imported vehicles fail: warn, do not block.
    package var hasValidCheckDigit: Bool {
        guard isWellFormed else { return false }
        var sum = 0
        var given: UInt8 = 0
        for (index, byte) in text.utf8.enumerated() {
            sum += (transliterated(byte) ?? 0) * weights[index]
            if index == 8 { given = byte }
        }
        let check = sum % 11
        return given == (check == 10 ? UInt8(ascii: "X") : UInt8(48 + check))
    }

    /// Position 10. Its letters repeat every 30 years: the latest that is not after `year` is meant.
    ///
    /// - Returns: nil where the number is malformed or position 10 is U, Z or 0.
    package func modelYear(notAfter year: Int) -> Int? {
        guard isWellFormed, let position = yearCodes.firstIndex(of: Array(text.utf8)[9]) else { return nil }
        let first = 1980 + position
        guard year >= first else { return nil }
        return first + (year - first) / 30 * 30
    }

    /// The world manufacturer identifier begins with L, China's letter.
    package var isMadeInChina: Bool { text.utf8.first == UInt8(ascii: "L") }

    /// Empty when nothing is doubtful.
    package var findings: [VINFinding] {
        guard isWellFormed else { return [text.utf8.count == 17 ? .character : .length] }
        return hasValidCheckDigit ? [] : [.checkDigit]
    }
}

/// What is doubtful about a VIN; `checkDigit` is a warning only.
package enum VINFinding: String, Sendable, CaseIterable {
    case length, character, checkDigit

    package var title: String {
        switch self {
        case .length: "车辆识别代号应为 17 位"
        case .character: "车辆识别代号只能是数字和字母，且不含 I、O、Q"
        case .checkDigit: "车辆识别代号校验位不符"
        }
    }
}

private let weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]

/// 1980 is A and 2010 again.
private let yearCodes = Array("ABCDEFGHJKLMNPRSTVWXY123456789".utf8)

/// Values by letter A-Z; 0 marks the letters that no VIN has.
private let letterValues = [1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 0, 7, 0, 9, 2, 3, 4, 5, 6, 7, 8, 9]

private func transliterated(_ byte: UInt8) -> Int? {
    switch byte {
    case 48...57: return Int(byte) - 48
    case 65...90:
        let value = letterValues[Int(byte) - 65]
        return value == 0 ? nil : value
    default: return nil
    }
}
