import Kernel

/// One month of the business calendar, by which patrols are asked for and units are scored.
package struct RoadMonth: Sendable, Hashable, Comparable {
    package let year: Int
    /// 1...12.
    package let month: Int

    package init(of day: Day) { (year, month) = (day.parts.year, day.parts.month) }

    /// `2026-11`; nil for what is no month.
    package init?(parsing text: String) {
        let parts = text.split(separator: "-").compactMap { Int($0) }
        guard parts.count == 2, text.utf8.count == 7, Day(year: parts[0], month: parts[1], day: 1) != nil else { return nil }
        (year, month) = (parts[0], parts[1])
    }

    /// From 202611.
    package init?(number: Int) {
        guard Day(year: number / 100, month: number % 100, day: 1) != nil else { return nil }
        (year, month) = (number / 100, number % 100)
    }

    package static func < (a: RoadMonth, b: RoadMonth) -> Bool { a.number < b.number }

    /// 202611, as stored.
    package var number: Int { year * 100 + month }
    package var text: String { "\(year)-\(month < 10 ? "0" : "")\(month)" }
    package var title: String { "\(year) 年 \(month) 月" }
    package var first: Day { Day(year: year, month: month, day: 1) ?? Day(daysSince1970: 0) }
    package var next: RoadMonth { RoadMonth(of: first.adding(days: 31)) }
    package var previous: RoadMonth { RoadMonth(of: first.adding(days: -1)) }
    package var last: Day { next.first.adding(days: -1) }
    package var start: Moment { first.start }
    /// The first moment of the next month.
    package var end: Moment { next.first.start }
}
