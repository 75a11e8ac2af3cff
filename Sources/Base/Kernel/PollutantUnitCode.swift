/// 排污单位编码, HJ 608-2017: the unit's credit code, a three-digit sequence number and, in the permit's form, one check character.
///
/// The check character's algorithm is not verified here; the credit code inside is.
package struct PollutantUnitCode: Sendable, Hashable {
    package let text: String

    package init(normalizing text: String) { self.text = CodeText.normalize(text) }

    package var creditCode: CreditCode { CreditCode(normalizing: String(text.prefix(18))) }

    /// `001` for the unit's first place of production.
    package var sequence: String { String(text.dropFirst(18).prefix(3)) }

    package var isValid: Bool { findings.isEmpty }

    /// Empty when nothing is wrong; one finding otherwise.
    package var findings: [PollutantUnitCodeFinding] {
        guard text.utf8.count == text.count, text.count == 21 || text.count == 22 else { return [.length] }
        guard creditCode.isValid else { return [.creditCode] }
        guard CodeText.isDigits(sequence), sequence != "000" else { return [.sequence] }
        guard text.utf8.dropFirst(21).allSatisfy({ (48...57).contains($0) || (65...90).contains($0) }) else { return [.checkCharacter] }
        return []
    }
}

/// What is wrong with a pollutant unit's code.
package enum PollutantUnitCodeFinding: String, Sendable, CaseIterable {
    case length, creditCode, sequence, checkCharacter

    package var title: String {
        switch self {
        case .length: "排污单位编码应为 18 位统一社会信用代码加 3 位顺序码，可再带 1 位校验码"
        case .creditCode: "排污单位编码前 18 位不是有效的统一社会信用代码"
        case .sequence: "排污单位编码第 19 至 21 位应为 001 至 999"
        case .checkCharacter: "排污单位编码末位应为数字或大写字母"
        }
    }
}
