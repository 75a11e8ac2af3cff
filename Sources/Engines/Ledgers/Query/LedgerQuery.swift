import Kernel
import Storage

/// What is asked of a ledger. Pages, API, exports and saved views share it and its text form (`urlQuery`).
package struct LedgerQuery: Sendable {
    package enum Comparison: String, Sendable, CaseIterable {
        case eq, ne, `in`, contains, startsWith, gte, lte, between, isEmpty, notEmpty
    }

    /// One condition on one field; all conditions hold together.
    package struct Filter: Sendable, Equatable {
        /// A field, or `id`, `org`, `area` (a prefix of region codes), `createdAt`, `updatedAt`.
        package var field: String
        package var comparison: Comparison
        /// As a form would send them; one or more for `in`, two for `between` (either may be empty), none for `isEmpty`.
        package var values: [String]

        package init(_ field: String, _ comparison: Comparison, _ values: [String] = []) {
            self.field = field
            self.comparison = comparison
            self.values = values
        }
    }

    package var ledger: String
    /// Text in the search box.
    package var search: String?
    package var filters: [Filter]
    /// Empty: as declared.
    package var sorts: [LedgerDeclaration.Sort]
    /// From a page's `nextCursor` or `previousCursor`; opaque.
    package var cursor: String?
    /// 1...200.
    package var limit: Int
    package var includeDeleted: Bool
    /// Fields to show, in order; empty: as declared.
    package var columns: [String]
    /// Lists that show no total save the count.
    package var wantsTotal = true
    /// By the program only, over the table's columns; never from a request.
    package var extraCondition: SQL?

    package init(
        ledger: String, search: String? = nil, filters: [Filter] = [], sorts: [LedgerDeclaration.Sort] = [], cursor: String? = nil, limit: Int = 50, includeDeleted: Bool = false,
        columns: [String] = [], extraCondition: SQL? = nil
    ) {
        self.ledger = ledger
        self.search = search
        self.filters = filters
        self.sorts = sorts
        self.cursor = cursor
        self.limit = limit
        self.includeDeleted = includeDeleted
        self.columns = columns
        self.extraCondition = extraCondition
    }
}

/// The text form: `q=…&f.emissionStage=5,6&f.registeredOn.gte=2026-01-01&sort=-registeredOn&cursor=…&limit=50&cols=a,b&deleted=1`.
///
/// A comma inside a value is written `\,`. A field without a comparison is `eq` of one value and `in` of several.
extension LedgerQuery {
    /// Unknown names are left out, so that pages may carry their own; wrong fields and comparisons are told when the query is used.
    package init(ledger: String, parsing urlQuery: String) {
        self.init(ledger: ledger)
        for (name, value) in parseURLQuery(urlQuery) {
            switch name {
            case "q": search = value.trimmed.isEmpty ? nil : value.trimmed
            case "sort":
                sorts = splitValues(value).filter { !$0.isEmpty }.map { LedgerDeclaration.Sort($0.hasPrefix("-") ? String($0.dropFirst()) : $0, descending: $0.hasPrefix("-")) }
            case "cursor": cursor = value.isEmpty ? nil : value
            case "limit": limit = min(max(Int(value) ?? 50, 1), 200)
            case "cols": columns = splitValues(value).filter { !$0.isEmpty }
            case "deleted": includeDeleted = value == "1" || value == "true"
            default: if name.hasPrefix("f.") { addFilter(String(name.dropFirst(2)), value) }
            }
        }
    }

    private mutating func addFilter(_ name: String, _ value: String) {
        let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
        guard let field = parts.first else { return }
        guard parts.count == 2 else {
            if !value.isEmpty { addValues(field, splitValues(value)) }
            return
        }
        let comparison = Comparison(rawValue: parts[1])
        if let comparison, comparison != .isEmpty, comparison != .notEmpty, value.split(separator: ",").isEmpty { return }
        // A comparison that does not exist becomes a field that does not, and is told with it.
        filters.append(comparison.map { Filter(field, $0, $0 == .isEmpty || $0 == .notEmpty ? [] : splitValues(value)) } ?? Filter(name, .eq, [value]))
    }

    /// Boxes that are ticked come as one pair each.
    private mutating func addValues(_ field: String, _ values: [String]) {
        if let index = filters.firstIndex(where: { $0.field == field && ($0.comparison == .eq || $0.comparison == .in) }) {
            filters[index].values += values
            filters[index].comparison = .in
        } else {
            filters.append(Filter(field, values.count > 1 ? .in : .eq, values))
        }
    }

    /// Percent-encoded, ready to stand after `?`; what is as usual is left out.
    package var urlQuery: String {
        var pairs: [(String, String)] = []
        if let search { pairs.append(("q", search)) }
        for filter in filters {
            let isPlain = filter.comparison == .in ? filter.values.count > 1 : filter.comparison == .eq
            pairs.append((isPlain ? "f.\(filter.field)" : "f.\(filter.field).\(filter.comparison.rawValue)", filter.values.map(escaped).joined(separator: ",")))
        }
        if !sorts.isEmpty { pairs.append(("sort", sorts.map { ($0.isDescending ? "-" : "") + $0.field }.joined(separator: ","))) }
        if !columns.isEmpty { pairs.append(("cols", columns.joined(separator: ","))) }
        if includeDeleted { pairs.append(("deleted", "1")) }
        if limit != 50 { pairs.append(("limit", String(limit))) }
        if let cursor { pairs.append(("cursor", cursor)) }
        return pairs.map { percentEncoded($0.0) + "=" + percentEncoded($0.1) }.joined(separator: "&")
    }

    private func escaped(_ value: String) -> String { value.replacing("\\", with: "\\\\").replacing(",", with: "\\,") }
}

/// Pairs in the order they came; `+` is a blank; broken escapes stay as they are.
func parseURLQuery(_ text: String) -> [(String, String)] {
    text.split(separator: "&").map { pair in
        let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (percentDecoded(parts[0]), parts.count == 2 ? percentDecoded(parts[1]) : "")
    }
}

private func splitValues(_ text: String) -> [String] {
    var values: [String] = [""]
    var isEscaped = false
    for character in text {
        if isEscaped {
            values[values.count - 1].append(character)
            isEscaped = false
        } else if character == "\\" {
            isEscaped = true
        } else if character == "," {
            values.append("")
        } else {
            values[values.count - 1].append(character)
        }
    }
    return values
}

private func percentDecoded(_ text: Substring) -> String {
    var out: [UInt8] = []
    let bytes = Array(text.utf8)
    var at = 0
    while at < bytes.count {
        if bytes[at] == UInt8(ascii: "%"), at + 2 < bytes.count, let high = hexValue(bytes[at + 1]), let low = hexValue(bytes[at + 2]) {
            out.append(high << 4 | low)
            at += 3
        } else {
            out.append(bytes[at] == UInt8(ascii: "+") ? 32 : bytes[at])
            at += 1
        }
    }
    return String(decoding: out, as: UTF8.self)
}

private func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 48...57: byte - 48
    case 65...70: byte - 55
    case 97...102: byte - 87
    default: nil
    }
}

func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var out: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: ","): out.append(byte)
        default: out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: out, as: UTF8.self)
}
