import Cryptography
import Identity
import Kernel
import Storage

/// What somebody typed, as words of the index. Parts between blanks must all be there.
struct SearchQuestion: Sendable {
    /// Trimmed, at most 80 characters.
    let text: String
    let parts: [String]
    /// The plate in it, where there is one.
    let plate: PlateWords.Spoken?
    let words: WordQuery

    /// - Returns: nil where there is too little to look for: no pair of characters, no letter or digit.
    init?(_ typed: String, _ cipher: FieldCipher) throws {
        text = String(typed.trimmedSpaces.prefix(80))
        parts = text.split(whereSeparator: \.isWhitespace).map(String.init)
        // A plate may be written with blanks, and with its colour apart.
        let whole = PlateWords.spoken(text)
        var queries: [WordQuery] = []
        var found: PlateWords.Spoken? = whole
        for part in parts {
            if PlateColor(text: part) != nil, parts.count > 1 { continue }
            let spoken = PlateWords.spoken(part)
            found = found ?? spoken
            var ways: [WordQuery] = []
            let required = SearchWords.required(for: part)
            if !required.isEmpty { ways.append(.all(required.map(WordQuery.word))) }
            if let spoken { ways += PlateWords.near(spoken.number).map { .word(SearchMark.plate($0)) } }
            ways += try cipher.candidates(part).dropLast().map { .word(SearchMark.blind($0)) }
            if required.isEmpty, spoken == nil, part.count < 2 { return nil }
            queries.append(.any(ways))
        }
        guard !queries.isEmpty else { return nil }
        plate = found
        if let whole, parts.count > 1 {
            words = .any([.all(queries)] + PlateWords.near(whole.number).map { .word(SearchMark.plate($0)) })
        } else {
            words = .all(queries)
        }
    }

    /// Smaller is nearer: the text itself, a plate that is only spelled otherwise, then the rest; of equals the colour that was said comes first.
    func distance(of hit: SearchHit) -> Int {
        let title = hit.title.lowercased()
        let color = plate?.color.map { color in hit.details.contains { $0.text.contains(color.title) } ? 0 : 1 } ?? 0
        if let plate {
            let number = PlateWords.canonical(hit.title)
            if number == plate.number { return color }
            if number.contains(plate.number) { return 2 + color }
        }
        if parts.allSatisfy({ title.contains($0.lowercased()) }) { return title.count == text.count ? 0 : 4 + color }
        return 6 + color
    }
}

extension String {
    fileprivate var trimmedSpaces: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
