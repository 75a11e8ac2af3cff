import Foundation
import Kernel

/// How fine a time dimension is; its keys are numbers that sort as time runs.
package enum ReportGrain: String, Sendable, CaseIterable {
    case day, month, quarter, year

    package var title: String {
        switch self {
        case .day: "日"
        case .month: "月"
        case .quarter: "季度"
        case .year: "年"
        }
    }

    package func key(of day: Day) -> Int {
        switch self {
        case .day: day.number
        case .month: day.month
        case .quarter: day.number / 10_000 * 10 + (day.number / 100 % 100 + 2) / 3
        case .year: day.number / 10_000
        }
    }

    /// `2026-11-21`, `2026-11`, `2026年第4季度`, `2026年`.
    package func label(_ key: Int) -> String {
        switch self {
        case .day: Day(number: key)?.text ?? String(key)
        case .month: "\(key / 100)-" + (key % 100 < 10 ? "0" : "") + "\(key % 100)"
        case .quarter: "\(key / 10)年第\(key % 10)季度"
        case .year: "\(key)年"
        }
    }

    /// The period before.
    package func before(_ key: Int) -> Int {
        switch self {
        case .day: Day(number: key).map { $0.adding(days: -1).number } ?? key
        case .month: key % 100 == 1 ? key - 89 : key - 1
        case .quarter: key % 10 == 1 ? key - 7 : key - 1
        case .year: key - 1
        }
    }

    /// The same period a year before; 29 February becomes the 28th.
    package func yearBefore(_ key: Int) -> Int {
        switch self {
        case .day: Day(number: key - 10_000)?.number ?? key - 10_001
        case .month: key - 100
        case .quarter: key - 10
        case .year: key - 1
        }
    }

    /// The period after, for filling gaps.
    package func after(_ key: Int) -> Int {
        switch self {
        case .day: Day(number: key).map { $0.adding(days: 1).number } ?? key + 1
        case .month: key % 100 == 12 ? key + 89 : key + 1
        case .quarter: key % 10 == 4 ? key + 7 : key + 1
        case .year: key + 1
        }
    }
}

extension Day {
    var monthStart: Day { adding(days: 1 - number % 100) }
    var nextMonthStart: Day { monthStart.adding(days: 31).monthStart }
    var yearBefore: Day { Day(number: number - 10_000) ?? Day(number: number - 10_001) ?? adding(days: -365) }
}

/// Which days a question is about; kept relative, so that a saved chart stays of today.
package enum ReportSpan: Sendable, Equatable {
    case today, yesterday, last7, last30, last90, thisMonth, lastMonth, thisYear, lastYear, last12Months, all
    case fixed(Day, Day)

    package static let named: [(span: ReportSpan, title: String)] = [
        (.today, "今天"), (.yesterday, "昨天"), (.last7, "近 7 天"), (.last30, "近 30 天"), (.last90, "近 90 天"), (.thisMonth, "本月"), (.lastMonth, "上月"), (.thisYear, "今年"),
        (.lastYear, "去年"),
        (.last12Months, "近 12 个月"), (.all, "全部时间"),
    ]

    package var word: String {
        switch self {
        case .today: "today"
        case .yesterday: "yesterday"
        case .last7: "last7"
        case .last30: "last30"
        case .last90: "last90"
        case .thisMonth: "thisMonth"
        case .lastMonth: "lastMonth"
        case .thisYear: "thisYear"
        case .lastYear: "lastYear"
        case .last12Months: "last12Months"
        case .all: "all"
        case .fixed(let from, let to): "\(from.text)..\(to.text)"
        }
    }

    /// A word, a Chinese title, or `2026-01-01..2026-01-31`; nil for anything else.
    package init?(word: String) {
        if let named = ReportSpan.named.first(where: { $0.span.word == word || $0.title == word || $0.title.filter { !$0.isWhitespace } == word }) {
            self = named.span
            return
        }
        guard let dots = word.range(of: ".."), let from = Day(parsing: String(word[..<dots.lowerBound])), let to = Day(parsing: String(word[dots.upperBound...])), from <= to else {
            return nil
        }
        self = .fixed(from, to)
    }

    /// Nil for all time.
    package func days(today: Day) -> (from: Day, to: Day)? {
        let month = today.monthStart
        switch self {
        case .today: return (today, today)
        case .yesterday: return (today.adding(days: -1), today.adding(days: -1))
        case .last7: return (today.adding(days: -6), today)
        case .last30: return (today.adding(days: -29), today)
        case .last90: return (today.adding(days: -89), today)
        case .thisMonth: return (month, today)
        case .lastMonth: return (month.adding(days: -1).monthStart, month.adding(days: -1))
        case .thisYear: return (Day(year: today.parts.year, month: 1, day: 1) ?? month, today)
        case .lastYear: return (Day(year: today.parts.year - 1, month: 1, day: 1) ?? month, Day(year: today.parts.year - 1, month: 12, day: 31) ?? month)
        case .last12Months:
            let first = today.parts.month == 12 ? Day(year: today.parts.year, month: 1, day: 1) : Day(year: today.parts.year - 1, month: today.parts.month + 1, day: 1)
            return (first ?? month, today)
        case .all: return nil
        case .fixed(let from, let to): return (from, to)
        }
    }

    package func title(today: Day) -> String {
        let name = ReportSpan.named.first { $0.span == self }?.title
        guard let days = days(today: today) else { return name ?? "全部时间" }
        let dates = days.from == days.to ? days.from.text : "\(days.from.text) 至 \(days.to.text)"
        return name.map { "\($0)（\(dates)）" } ?? dates
    }
}
