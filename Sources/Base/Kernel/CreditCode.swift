/// 统一社会信用代码, GB 32100-2015, eighteen characters (plates-and-codes.md §5.1).
package struct CreditCode: Sendable, Hashable {
    package let text: String

    package init(normalizing text: String) { self.text = CodeText.normalize(text) }

    /// Length, characters and check character all agree.
    package var isValid: Bool { findings.isEmpty }

    /// Empty when nothing is wrong; one finding otherwise.
    package var findings: [CreditCodeFinding] {
        guard text.utf8.count == 18 else { return [.length] }
        var sum = 0
        var last = 0
        for (index, byte) in text.utf8.enumerated() {
            guard let value = alphabet.firstIndex(of: byte) else { return [.character] }
            if index < 17 { sum += value * weights[index] } else { last = value }
        }
        return (31 - sum % 31) % 31 == last ? [] : [.checkCharacter]
    }

    /// Digits 3-8, 登记管理机关行政区划码; it may be a retired code.
    package var regionCode: String { String(text.dropFirst(2).prefix(6)) }

    /// Characters 9-17, the GB 11714 code inside.
    package var organizationCode: OrganizationCode { OrganizationCode(normalizing: String(text.dropFirst(8).prefix(9))) }
}

/// What is wrong with a credit code.
package enum CreditCodeFinding: String, Sendable, CaseIterable {
    case length, character, checkCharacter

    package var title: String {
        switch self {
        case .length: "统一社会信用代码应为 18 位"
        case .character: "统一社会信用代码只能是数字和大写字母，且不含 I、O、S、V、Z"
        case .checkCharacter: "统一社会信用代码校验码不符"
        }
    }
}

private let alphabet = Array("0123456789ABCDEFGHJKLMNPQRTUWXY".utf8)
private let weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
