import Kernel
import Ledgers
import Storage

/// Which days and hours are worked, so that a deadline never falls where nobody is at a desk.
package struct WorkingCalendar: Sendable {
    /// Days off among Monday to Friday.
    package var holidays: Set<Day>
    /// Working days among Saturday and Sunday.
    package var workdays: Set<Day>

    package init(holidays: Set<Day> = [], workdays: Set<Day> = []) {
        self.holidays = holidays
        self.workdays = workdays
    }

    /// As kept in the ledger of holidays.
    package static func load(_ reader: any Reader) throws -> WorkingCalendar {
        var calendar = WorkingCalendar()
        try reader.each("SELECT day, is_work FROM holiday WHERE deleted_at IS NULL") { row in
            guard let day = row.day("day") else { return true }
            if row.bool("is_work") { calendar.workdays.insert(day) } else { calendar.holidays.insert(day) }
            return true
        }
        return calendar
    }

    package func isWorkday(_ day: Day) -> Bool {
        if workdays.contains(day) { return true }
        return day.weekday <= 5 && !holidays.contains(day)
    }

    /// When something that starts now is due.
    package func deadline(_ time: WorkingTime, from start: Moment) -> Moment {
        switch time {
        case .hours(let count): start.adding(seconds: Int64(count) * 3600)
        case .workingDays(let count): endOfDay(count, after: start.day)
        case .workingHours(let count): workingHours(count, from: start)
        }
    }

    /// The last second of the n-th working day after a day; the day itself does not count.
    private func endOfDay(_ count: Int, after day: Day) -> Moment {
        var day = day
        var left = max(count, 1)
        while left > 0 {
            day = day.adding(days: 1)
            if isWorkday(day) { left -= 1 }
        }
        return day.end.adding(seconds: -1)
    }

    /// Minutes of a working day: 8:30–12:00 and 13:30–17:30.
    static let periods: [ClosedRange<Int>] = [510...720, 810...1050]

    private func workingHours(_ count: Int, from start: Moment) -> Moment {
        var left = Int64(count) * 3_600_000
        var day = start.day
        while true {
            if isWorkday(day) {
                for period in WorkingCalendar.periods {
                    let opens = max(day.start.adding(seconds: Int64(period.lowerBound) * 60), start)
                    let closes = day.start.adding(seconds: Int64(period.upperBound) * 60)
                    let room = closes.milliseconds - opens.milliseconds
                    if room <= 0 { continue }
                    if left <= room { return Moment(milliseconds: opens.milliseconds + left) }
                    left -= room
                }
            }
            day = day.adding(days: 1)
        }
    }
}

/// A-18 时间规则: holidays and the working days made up for them, as the State Council announces them each year.
///
/// One row is one day that differs from its weekday.
package enum HolidayCalendar {
    package static let ledger = LedgerDeclaration(
        id: "A-18-1",
        name: "holiday",
        title: "工作日历",
        titleEN: "Working calendar",
        group: "系统",
        ownedBy: .shared,
        uniqueBy: ["day"],
        titleField: "title",
        sortedBy: [LedgerDeclaration.Sort("day", descending: true)],
        keptYears: nil,
        fields: [
            .day("day", "日期", marks: [.required, .sortable, .filterable]),
            .text("title", "名称", length: 1...40, marks: [.required, .searchable]),
            .bool("isWork", "调休上班", marks: [.filterable]).fallback("false").hint("否：放假；是：周末调休上班"),
        ]
    )

    /// The days of 2026 (国务院办公厅 2025-11-04 通知), each period as first and last day; then the weekends that are worked.
    static let known: [(title: String, from: Int, to: Int)] = [
        ("元旦", 20_260_101, 20_260_103), ("春节", 20_260_215, 20_260_223), ("清明节", 20_260_404, 20_260_406), ("劳动节", 20_260_501, 20_260_505), ("端午节", 20_260_619, 20_260_621),
        ("中秋节", 20_260_925, 20_260_927), ("国庆节", 20_261_001, 20_261_007),
    ]
    static let worked = [20_260_104, 20_260_214, 20_260_228, 20_260_509, 20_260_920, 20_261_010]

    /// Fills an empty calendar; what an administrator keeps is left alone.
    package static func seed(in tx: any Transaction, now: Moment) throws {
        guard try tx.value("SELECT id FROM holiday LIMIT 1") == nil else { return }
        var rows: [[SQLValue]] = []
        func add(_ day: Day, _ title: String, _ isWork: Bool) {
            rows.append([.int(1), now.sqlValue, .int(0), now.sqlValue, .int(0), .int(Int64(day.number)), .text(title), .int(isWork ? 1 : 0)])
        }
        for period in known {
            guard var day = Day(number: period.from), let last = Day(number: period.to) else { continue }
            while day <= last {
                add(day, period.title, false)
                day = day.adding(days: 1)
            }
        }
        for number in worked { if let day = Day(number: number) { add(day, "调休上班", true) } }
        try tx.insertMany(into: "holiday", columns: ["version", "created_at", "created_by", "updated_at", "updated_by", "day", "title", "is_work"], rows: rows)
    }
}
