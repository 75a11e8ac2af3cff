/// How personal data is shown to those who need not see it whole (security.md §4). Inside the platform plates are not masked; `publicPlate` is for open pages.
package enum Masking {
    /// `138****1234`; a landline keeps its area code and last three, `0311-*****123`.
    package static func phone(_ text: String) -> String {
        if let hyphen = text.firstIndex(of: "-"), text.hasPrefix("0") {
            return text[...hyphen] + covered(String(text[text.index(after: hyphen)...]), first: 0, last: 3)
        }
        return covered(text, first: text.count == 11 ? 3 : 0, last: 4)
    }

    /// `110105********002X`: region, stars for the birthday, the last four.
    package static func idCard(_ text: String) -> String { covered(text, first: 6, last: 4) }

    /// `张*`, `欧*修`, `欧**华`: the last character stays where there are three or more.
    package static func name(_ text: String) -> String {
        guard text.count > 1 else { return text.isEmpty ? "" : "*" }
        return covered(text, first: 1, last: text.count > 2 ? 1 : 0)
    }

    /// `z***@example.cn`: the place stays.
    package static func email(_ text: String) -> String {
        guard let at = text.lastIndex(of: "@"), at != text.startIndex else { return String(repeating: "*", count: text.count) }
        return text.prefix(1) + "***" + text[at...]
    }

    /// `LGAG4DY3*****0131`.
    package static func vin(_ text: String) -> String { covered(text, first: 8, last: 4) }

    /// `****1234`, whatever the length was.
    package static func engineNo(_ text: String) -> String { text.count > 4 ? "****" + text.suffix(4) : String(repeating: "*", count: text.count) }

    /// `13********12`: driving licences and their files.
    package static func licence(_ text: String) -> String { covered(text, first: 2, last: 2) }

    /// `冀A***45`, for pages that anyone may open.
    package static func publicPlate(_ text: String) -> String { covered(text, first: 2, last: 2) }

    /// Down to the county: what follows 县, 区 or 市 at the latest place within the first dozen characters is covered.
    package static func address(_ text: String) -> String {
        let head = text.prefix(12)
        guard let end = head.lastIndex(where: { $0 == "县" || $0 == "区" }) ?? head.lastIndex(of: "市") else { return String(repeating: "*", count: min(text.count, 8)) }
        return text.index(after: end) == text.endIndex ? text : text[...end] + "****"
    }

    /// Keeps both ends; a text too short to hide anything between them is covered whole.
    private static func covered(_ text: String, first: Int, last: Int) -> String {
        guard text.count > first + last else { return String(repeating: "*", count: text.count) }
        return text.prefix(first) + String(repeating: "*", count: text.count - first - last) + text.suffix(last)
    }
}
