/// 组织机构代码, GB 11714: eight characters and a check character; the hyphen between them is not kept.
package struct OrganizationCode: Sendable, Hashable {
    package let text: String

    package init(normalizing text: String) { self.text = CodeText.normalize(text).replacing("-", with: "") }

    package var isValid: Bool {
        guard text.utf8.count == 9 else { return false }
        var sum = 0
        for (index, byte) in text.utf8.enumerated() {
            guard index < 8 else { return byte == checkCharacter(sum) }
            switch byte {
            case 48...57: sum += (Int(byte) - 48) * weights[index]
            case 65...90: sum += (Int(byte) - 55) * weights[index]
            default: return false
            }
        }
        return false
    }
}

private let weights = [3, 7, 9, 10, 5, 8, 4, 2]

private func checkCharacter(_ sum: Int) -> UInt8 {
    switch 11 - sum % 11 {
    case 10: UInt8(ascii: "X")
    case 11: UInt8(ascii: "0")
    case let value: UInt8(48 + value)
    }
}
