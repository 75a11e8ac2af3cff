import Kernel

/// How text becomes the words of the index: Chinese by pairs of characters, letters and digits by threes, so that any part of a name, number or code is found without a dictionary of words.
///
/// Words of content have one to three characters; words that say something of the row itself (`SearchMark`) have four or more, so the two never meet.
package enum SearchWords {
    /// Raised when the rules change: every index is then built anew.
    static let edition = 1

    /// Each word once, in the order it first stands.
    package static func words(of text: String) -> [String] { cut(text, forQuery: false) }

    /// The words that a row must hold, all of them, for a text to be in it. Empty where the text is too short to look for.
    package static func required(for text: String) -> [String] { cut(text, forQuery: true) }

    private static func cut(_ text: String, forQuery: Bool) -> [String] {
        var words: [String] = []
        var seen: Set<String> = []
        func add(_ characters: ArraySlice<Character>) {
            let word = String(characters)
            if seen.insert(word).inserted { words.append(word) }
        }
        for run in runs(text) {
            let marks = run.map(isIdeograph)
            if run.count == 1 {
                // One ideograph alone would be found in half of all rows.
                if !forQuery || !marks[0] { add(run[...]) }
                continue
            }
            for at in 0..<(run.count - 1) where marks[at] || marks[at + 1] { add(run[at...(at + 1)]) }
            var start = 0
            while start < run.count {
                guard !marks[start] else {
                    start += 1
                    continue
                }
                var end = start
                while end < run.count, !marks[end] { end += 1 }
                if end - start > 2 {
                    for at in start..<(end - 2) { add(run[at...(at + 2)]) }
                } else if !forQuery || end - start == run.count {
                    add(run[start..<end])
                }
                start = end
            }
        }
        return words
    }

    /// Unbroken stretches of letters, digits and ideographs: lower case, half width.
    private static func runs(_ text: String) -> [[Character]] {
        var runs: [[Character]] = []
        var run: [Character] = []
        for scalar in text.unicodeScalars {
            var value = scalar.value
            if value >= 0xFF01, value <= 0xFF5E { value -= 0xFEE0 }
            if value >= 65, value <= 90 { value += 32 }
            if let kept = Unicode.Scalar(value), isWord(kept) {
                run.append(Character(kept))
            } else if !run.isEmpty {
                runs.append(run)
                run = []
            }
        }
        if !run.isEmpty { runs.append(run) }
        return runs
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 48...57, 97...122: true
        case 0..<0xC0: false
        // What either database's own tables know as a letter.
        default:
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber: scalar.value < 0x2FA20
            default: false
            }
        }
    }

    private static func isIdeograph(_ character: Character) -> Bool {
        guard let value = character.unicodeScalars.first?.value else { return false }
        return value >= 0x2E80
    }
}

/// Words that say of a row what it is, whose it is and where it lies.
enum SearchMark {
    static func kind(_ name: String) -> String { "kind" + name.lowercased().filter { $0.isLetter || $0.isNumber } }
    static func org(_ id: Int64) -> String { "zorg\(id)" }
    /// Row lies in this region or below.
    static func area(_ prefix: String) -> String { "zarea" + prefix.lowercased() }
    /// Row is the region's own.
    static func exact(_ area: String) -> String { "zexact" + area.lowercased() }
    static let noArea = "zareanone"
    static func plate(_ canonical: String) -> String { "zp" + canonical }
    static func blind(_ sealed: String) -> String { "zh" + String(sealed.lowercased().filter { ($0.isLetter || $0.isNumber) && $0.isASCII }.prefix(28)) }

    static let areaLengths = [2, 4, 6, 9, 12]

    static func owner(org: Int64?, area: String?) -> [String] {
        var marks = org.map { [SearchMark.org($0)] } ?? []
        guard let area, !area.isEmpty else { return marks + [noArea] }
        marks += areaLengths.filter { $0 <= area.utf8.count }.map { SearchMark.area(String(area.prefix($0))) }
        return marks + [exact(area)]
    }
}
