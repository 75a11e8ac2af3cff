import Exchange
import Foundation
import Kernel

/// One placeholder in a cell: `{制表人}`, `{过车.车次}`, `{过车.车次|小计:县}`.
struct TemplateWord: Sendable, Equatable {
    enum Usage: Sendable, Equatable {
        /// The row is repeated, one record each.
        case plain
        /// As plain, equal neighbours become one cell.
        case group
        /// The column is repeated, one value each.
        case across
        case total
        /// At the end of each group of this column.
        case subtotal(String)
    }

    /// Nil for a word of the report itself, such as its period.
    var dataset: String?
    var column: String
    var usage: Usage
    /// As written, with its braces.
    var text: String

    /// All placeholders of a cell in order; a brace without its partner is a fault.
    static func words(in text: String) -> (words: [TemplateWord], faults: [String]) {
        var words: [TemplateWord] = []
        var faults: [String] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            guard let close = rest[open...].firstIndex(of: "}") else {
                faults.append("“\(rest[open...].prefix(20))”缺少右花括号")
                break
            }
            let inner = rest[rest.index(after: open)..<close]
            if let word = TemplateWord(String(inner)) { words.append(word) } else { faults.append("“{\(inner.prefix(30))}”写法有误") }
            rest = rest[rest.index(after: close)...]
        }
        if rest.contains("}"), !text.contains("{") { faults.append("多出右花括号") }
        return (words, faults)
    }

    init?(_ inner: String) {
        let parts = inner.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false).map { String($0).trimmingCharacters(in: .whitespaces) }
        guard let name = parts.first, !name.isEmpty else { return nil }
        text = "{\(inner)}"
        if let dot = name.firstIndex(of: ".") {
            dataset = String(name[..<dot])
            column = String(name[name.index(after: dot)...])
            guard dataset?.isEmpty == false, !column.isEmpty else { return nil }
        } else {
            dataset = nil
            column = name
        }
        usage = .plain
        guard parts.count == 2 else { return }
        switch parts[1] {
        case "分组", "合并", "group": usage = .group
        case "横向", "across": usage = .across
        case "合计", "total": usage = .total
        default:
            let sub = parts[1].split(whereSeparator: { $0 == ":" || $0 == "：" }).map { String($0).trimmingCharacters(in: .whitespaces) }
            guard sub.count == 2, sub[0] == "小计" || sub[0] == "subtotal" else { return nil }
            usage = .subtotal(sub[1])
        }
        if dataset == nil { return nil }
    }
}

/// Which stretch of time a designed report is about, chosen when it is made.
package enum ReportPeriod: String, Sendable, CaseIterable {
    case day, week, month, quarter, year

    package var title: String {
        switch self {
        case .day: "日"
        case .week: "周"
        case .month: "月"
        case .quarter: "季"
        case .year: "年"
        }
    }

    init?(written: String) {
        guard let found = ReportPeriod.allCases.first(where: { $0.title == written || $0.rawValue == written || "\($0.title)度" == written || "\($0.title)报" == written }) else {
            return nil
        }
        self = found
    }

    /// The period a day lies in, both days counted in.
    package func days(of day: Day) -> (from: Day, to: Day) {
        switch self {
        case .day: return (day, day)
        case .week: return (day.adding(days: 1 - day.weekday), day.adding(days: 7 - day.weekday))
        case .month: return (day.monthStart, day.nextMonthStart.adding(days: -1))
        case .quarter:
            let month = (day.parts.month - 1) / 3 * 3 + 1
            let first = Day(year: day.parts.year, month: month, day: 1) ?? day
            return (first, first.adding(days: 93).monthStart.adding(days: -1))
        case .year: return (Day(year: day.parts.year, month: 1, day: 1) ?? day, Day(year: day.parts.year, month: 12, day: 31) ?? day)
        }
    }

    /// The last one that is over: what a schedule makes.
    package func last(before day: Day) -> Day { days(of: day).from.adding(days: -1) }

    package func label(_ day: Day) -> String {
        let (from, to) = days(of: day)
        let parts = from.parts
        switch self {
        case .day: return "\(parts.year)年\(parts.month)月\(parts.day)日"
        case .week: return "\(from.text) 至 \(to.text)"
        case .month: return "\(parts.year)年\(parts.month)月"
        case .quarter: return "\(parts.year)年第\((parts.month - 1) / 3 + 1)季度"
        case .year: return "\(parts.year)年"
        }
    }
}
