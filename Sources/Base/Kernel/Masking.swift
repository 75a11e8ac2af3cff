/// How personal data is shown to those who need not see it whole. Plates are public and are not masked.
package enum Masking {
    /// `138****1234`; of other lengths the last four stay.
    package static func phone(_ text: String) -> String {
        guard text.count >= 7 else { return String(repeating: "*", count: text.count) }
        return text.count == 11 ? text.prefix(3) + "****" + text.suffix(4) : String(repeating: "*", count: text.count - 4) + text.suffix(4)
    }

    /// `110105********002X`: region, stars for the birthday, the last four.
    package static func idCard(_ text: String) -> String {
        guard text.count >= 15 else { return String(repeating: "*", count: text.count) }
        return text.prefix(6) + String(repeating: "*", count: text.count - 10) + text.suffix(4)
    }

    /// `张*`, `张**`; two-character family names keep their first only.
    package static func name(_ text: String) -> String { text.prefix(1) + String(repeating: "*", count: max(0, text.count - 1)) }

    /// `z***@example.cn`: the place stays.
    package static func email(_ text: String) -> String {
        guard let at = text.lastIndex(of: "@") else { return String(repeating: "*", count: text.count) }
        return text.prefix(1) + "***" + text[at...]
    }
}
