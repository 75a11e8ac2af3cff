/// 行政区划, GB/T 2260: six digits, a pair each for province, city and county (plates-and-codes.md §6).
///
/// Provinces are all known, cities and counties those of Hebei. Any other code may be retired or another province's: well-formed is enough to be stored.
package struct Region: Sendable, Hashable {
    package let code: String

    /// Nil unless it is six digits from a province that exists and a city pair of 00 has a county pair of 00.
    package init?(code: String) {
        guard code.utf8.count == 6, CodeText.isDigits(code), itemsByCode[code.prefix(2) + "0000"] != nil else { return nil }
        guard !code.dropFirst(2).hasPrefix("00") || code.hasSuffix("0000") else { return nil }
        self.code = code
    }

    package enum Level: Int, Sendable, Comparable {
        case province, city, county
        package static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }
    }

    package var level: Level { code.hasSuffix("0000") ? .province : code.hasSuffix("00") ? .city : .county }

    /// False for retired codes and for cities and counties of other provinces.
    package var isKnown: Bool { itemsByCode[code] != nil }

    /// `长安区`; the code where it is not known.
    package var title: String { itemsByCode[code]?.title ?? code }

    /// `石家庄市长安区`, without the province; the province's name for a province.
    package var path: String { level == .county ? (parent?.title ?? "") + title : title }

    /// The city of a county, the province of a city, nil for a province.
    package var parent: Region? {
        switch level {
        case .province: nil
        case .city: Region(code: code.prefix(2) + "0000")
        case .county: Region(code: code.prefix(4) + "00")
        }
    }

    /// The digits that all codes inside begin with: two, four or six.
    package var prefix: String { String(code.prefix((level.rawValue + 1) * 2)) }

    package func contains(_ other: Region) -> Bool { other.code.hasPrefix(prefix) }

    /// A development zone's code of 国家统计局 (third pair 7x), not an entry of GB/T 2260.
    package var isStatistical: Bool { level == .county && code.dropFirst(4).hasPrefix("7") }

    /// Known regions directly below, in code order.
    package var children: [Region] {
        switch level {
        case .province: Self.cities.filter { $0.code.hasPrefix(prefix) }.compactMap { Region(code: $0.code) }
        case .city: Self.counties.filter { $0.code.hasPrefix(prefix) }.compactMap { Region(code: $0.code) }
        case .county: []
        }
    }

    /// Provinces, then the cities and counties of Hebei.
    package static let all: [CodeItem] = provinces + cities + counties
}

private let itemsByCode: [String: CodeItem] = Dictionary(Region.all.map { ($0.code, $0) }, uniquingKeysWith: { first, _ in first })
