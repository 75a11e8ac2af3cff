import Kernel
import Storage

/// A span of days cut into whole months, which `pass_monthly` answers, and the days at its ends, which `pass_daily` answers.
struct RollupSpan: Sendable, Equatable {
    /// `yyyymm`; nil when no whole month lies inside.
    var months: ClosedRange<Int>?
    var days: [ClosedRange<Day>]

    /// - Parameter byMonth: false when the question needs what only `pass_daily` knows.
    init(from: Day, to: Day, byMonth: Bool) {
        guard byMonth, from <= to else {
            months = nil
            days = from <= to ? [from...to] : []
            return
        }
        let first = from.isFirstOfMonth ? from : from.firstOfNextMonth
        let end = to.adding(days: 1).firstOfMonth
        guard first < end else {
            months = nil
            days = [from...to]
            return
        }
        months = first.month...end.adding(days: -1).month
        days = []
        if from < first { days.append(from...first.adding(days: -1)) }
        if end <= to { days.append(end...to) }
    }

    /// The condition on `month`; nil when there is nothing to ask.
    var monthCondition: SQL? { months.map { "month BETWEEN \($0.lowerBound) AND \($0.upperBound)" } }

    /// The condition on `day`; nil when there is nothing to ask.
    var dayCondition: SQL? {
        guard !days.isEmpty else { return nil }
        return "(\(SQL.joined(days.map { "day BETWEEN \($0.lowerBound) AND \($0.upperBound)" }, by: " OR ")))"
    }
}

extension Day {
    var isFirstOfMonth: Bool { number % 100 == 1 }
    var firstOfMonth: Day { adding(days: 1 - number % 100) }
    var firstOfNextMonth: Day { firstOfMonth.adding(days: 31).firstOfMonth }
}

/// `2026-11` of 202611.
package func monthText(_ month: Int) -> String { "\(month / 100)-" + (month % 100 < 10 ? "0" : "") + "\(month % 100)" }
