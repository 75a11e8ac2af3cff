import Kernel

/// Plates as people misread them: every number is kept with each of its characters left out once, and so is what is asked; the two meet when one character is missing, too many or wrong.
///
/// I and O stand on no plate and are read as 1 and 0.
package enum PlateWords {
    /// The number as it is compared, and the colour that was said with it (`黄牌冀A12345`).
    package struct Spoken: Sendable, Equatable {
        package var number: String
        package var color: PlateColor?
    }

    /// - Returns: nil where the text cannot be a plate: 5 to 9 letters, digits and at most 3 ideographs, a digit among them.
    package static func spoken(_ text: String) -> Spoken? {
        var rest = CodeText.normalize(text).replacing("-", with: "").replacing("—", with: "")
        var color: PlateColor?
        for word in ["黄绿双拼色", "黄绿双拼", "渐变绿色", "渐变绿", "黄绿牌", "蓝牌", "黄牌", "白牌", "黑牌", "绿牌", "黄绿色", "蓝色", "黄色", "白色", "黑色", "绿色", "黄绿", "蓝", "黄", "白", "黑", "绿"] {
            guard rest.hasPrefix(word) || rest.hasSuffix(word), rest.count > word.count else { continue }
            color = PlateColor(text: word)
            rest = rest.hasPrefix(word) ? String(rest.dropFirst(word.count)) : String(rest.dropLast(word.count))
            break
        }
        if rest.hasSuffix("牌") { rest.removeLast() }
        let number = canonical(rest)
        guard (5...9).contains(number.count) else { return nil }
        var ideographs = 0
        var digits = 0
        for scalar in number.unicodeScalars {
            switch scalar.value {
            case 48...57: digits += 1
            case 97...122: continue
            case 0x4E00...0x9FFF: ideographs += 1
            default: return nil
            }
        }
        return digits > 0 && ideographs <= 3 ? Spoken(number: number, color: color) : nil
    }

    /// What a stored text is kept by; empty for what is no plate.
    static func kept(_ text: String) -> [String] {
        let plate = PlateNumber(normalizing: text)
        guard plate.layout != .unknown, plate.layout != .none else { return [] }
        return near(canonical(plate.text))
    }

    /// Itself, then itself without each of its characters.
    package static func near(_ number: String) -> [String] {
        var forms = [number]
        for index in number.indices {
            var shorter = number
            shorter.remove(at: index)
            if !forms.contains(shorter) { forms.append(shorter) }
        }
        return forms
    }

    package static func canonical(_ text: String) -> String {
        String(
            CodeText.normalize(text).lowercased().map { character -> Character in
                switch character {
                case "o": "0"
                case "i", "l": "1"
                default: character
                }
            })
    }

    /// Ways in which a reader may have written the number, for tables that know only what stands in them: at most 16.
    package static func spellings(_ number: String) -> [String] {
        var out = [""]
        for character in number.uppercased() {
            let choices: [Character] =
                switch character {
                case "0": ["0", "O"]
                case "1": ["1", "I"]
                default: [character]
                }
            out = Array(out.flatMap { begun in choices.map { begun + String($0) } }.prefix(16))
        }
        return out
    }
}
