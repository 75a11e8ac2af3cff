import Kernel
import Storage

/// A span of days cut into whole months, which `pass_monthly` answers, and days, which `pass_daily` answers (or the small `pass_monthly_stage` and `pass_daily_stage`): those at its ends, or, where they are fewer, those of the end's month that lie
/// outside and are taken off again. The month that runs is whole but for days to come, which have no passes.
struct RollupSpan: Sendable, Equatable {
    /// `yyyymm`; nil when no month is asked.
    var months: ClosedRange<Int>?
    /// Counted in.
    var days: [ClosedRange<Day>]
    /// Counted with their months and taken off.
    var outside: [ClosedRange<Day>] = []

    /// - Parameters:
    ///   - byMonth: false when the question needs what only `pass_daily` knows.
    ///   - today: the business day that runs.
    init(from: Day, to: Day, byMonth: Bool, today: Day) {
        months = nil
        days = from <= to ? [from...to] : []
        guard byMonth, from <= to else { return }
        days = []
        // A gate's clock may be ahead by minutes.
        let last = today.adding(days: 1)
        func weight(_ span: ClosedRange<Day>) -> Int { max(0, min(span.upperBound, last).daysSince1970 - span.lowerBound.daysSince1970 + 1) }
        var first = from.firstOfMonth
        var end = to.firstOfNextMonth
        if from.month == to.month {
            let around = RollupSpan.spans(first, from.adding(days: -1)) + RollupSpan.spans(to.adding(days: 1), end.adding(days: -1))
            guard around.reduce(0, { $0 + weight($1) }) < weight(from...to) else {
                days = [from...to]
                return
            }
            outside = around
        } else {
            let before = RollupSpan.spans(first, from.adding(days: -1))
            let ending = from...from.firstOfNextMonth.adding(days: -1)
            if before.reduce(0, { $0 + weight($1) }) < weight(ending) {
                outside += before
            } else {
                days.append(ending)
                first = from.firstOfNextMonth
            }
            let after = RollupSpan.spans(to.adding(days: 1), end.adding(days: -1))
            let beginning = to.firstOfMonth...to
            if after.reduce(0, { $0 + weight($1) }) < weight(beginning) {
                outside += after
            } else {
                days.append(beginning)
                end = to.firstOfMonth
            }
        }
        if first < end { months = first.month...end.adding(days: -1).month }
    }

    private static func spans(_ from: Day, _ to: Day) -> [ClosedRange<Day>] { from <= to ? [from...to] : [] }

    /// One part of the answer: which roll-up, where, and whether it is taken off.
    struct Part: Sendable {
        var table: String
        /// `month` or `day`.
        var time: String
        var condition: SQL
        var isTakenOff = false
    }

    /// In any order; their sums are the answer.
    ///
    /// - Parameter small: nothing is asked that only the large roll-ups know.
    func parts(small: Bool = false) -> [Part] {
        let suffix = small ? "_stage" : ""
        let whole = months.map { [Part(table: "pass_monthly" + suffix, time: "month", condition: "month BETWEEN \($0.lowerBound) AND \($0.upperBound)")] } ?? []
        func daily(_ span: ClosedRange<Day>, _ isTakenOff: Bool) -> Part {
            Part(table: "pass_daily" + suffix, time: "day", condition: "day BETWEEN \(span.lowerBound) AND \(span.upperBound)", isTakenOff: isTakenOff)
        }
        return whole + days.map { daily($0, false) } + outside.map { daily($0, true) }
    }
}

extension Day {
    var isFirstOfMonth: Bool { number % 100 == 1 }
    package var firstOfMonth: Day { adding(days: 1 - number % 100) }
    package var firstOfNextMonth: Day { firstOfMonth.adding(days: 31).firstOfMonth }
}

/// `2026-11` of 202611.
package func monthText(_ month: Int) -> String { "\(month / 100)-" + (month % 100 < 10 ? "0" : "") + "\(month % 100)" }
