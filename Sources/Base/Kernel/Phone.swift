/// Telephone numbers of mainland China: mobile (11 digits from 13 to 19) or landline with area code.
package struct Phone: Sendable, Hashable {
    /// Without spaces; the hyphen of a landline is kept.
    package let text: String

    package init(normalizing text: String) { self.text = CodeText.normalize(text) }

    package var isMobile: Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 11 && bytes[0] == UInt8(ascii: "1") && (51...57).contains(bytes[1]) && CodeText.isDigits(text)
    }

    /// Area code of 3 or 4 digits from 0, number of 7 or 8, an extension of up to 6 after another hyphen; or a service number from 400 or 800.
    package var isLandline: Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ CodeText.isDigits($0) }) else { return false }
        let joined = parts.joined()
        if joined.count == 10, joined.hasPrefix("400") || joined.hasPrefix("800") { return true }
        guard text.hasPrefix("0") else { return false }
        if parts.count == 1 { return (10...12).contains(joined.count) }
        return parts.count <= 3 && (3...4).contains(parts[0].count) && (7...8).contains(parts[1].count) && (parts.count < 3 || (1...6).contains(parts[2].count))
    }

    package var isValid: Bool { isMobile || isLandline }
}
