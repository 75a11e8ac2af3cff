/// How codes that people type or cameras read become the one spelling that is stored and compared.
package enum CodeText {
    /// Full-width characters made half-width, letters upper case; spaces, dots and invisible characters dropped.
    ///
    /// Cost: no allocation where the text is already normal.
    package static func normalize(_ text: String) -> String {
        guard needsWork(text) else { return text }
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            guard let kept = normalized(scalar) else { continue }
            out.append(kept)
        }
        return String(out)
    }

    private static func needsWork(_ text: String) -> Bool {
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 48...57, 65...90, 0x4E00...0x9FFF: continue
            default: return true
            }
        }
        return false
    }

    /// Nil where the character is no part of a code.
    private static func normalized(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        var value = scalar.value
        if value >= 0xFF01, value <= 0xFF5E { value -= 0xFEE0 }
        switch value {
        case 0...32, 0x2E, 0xA0, 0xB7, 0x2022, 0x2027, 0x22C5, 0x30FB, 0xFF65, 0x3000, 0x2000...0x200D, 0xFEFF: return nil
        case 97...122: return Unicode.Scalar(value - 32)
        default: return Unicode.Scalar(value)
        }
    }

    /// Whether every byte is an ASCII digit; false for an empty text.
    package static func isDigits(_ text: some StringProtocol) -> Bool { !text.isEmpty && text.utf8.allSatisfy { $0 >= 48 && $0 <= 57 } }
}
