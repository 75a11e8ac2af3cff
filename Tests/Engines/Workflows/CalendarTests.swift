import Kernel
import Testing
import Workflows

@Suite("工作日历与时限")
struct CalendarTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var testDescription: String { "\(from) + \(time.title)" }
        let from: String
        let time: WorkingTime
        let due: String
    }

    static let calendar = WorkingCalendar(
        holidays: Set((1...7).compactMap { Day(year: 2026, month: 10, day: $0) }),
        workdays: Set([Day(year: 2026, month: 9, day: 20), Day(year: 2026, month: 10, day: 10)].compactMap { $0 }))

    static let examples: [Example] = [
        Example(from: "2026-11-23 09:00:00", time: .workingDays(1), due: "2026-11-24 23:59:59"),
        Example(from: "2026-11-20 09:00:00", time: .workingDays(1), due: "2026-11-23 23:59:59"),
        Example(from: "2026-09-30 16:00:00", time: .workingDays(3), due: "2026-10-10 23:59:59"),
        Example(from: "2026-11-23 09:00:00", time: .workingHours(2), due: "2026-11-23 11:00:00"),
        Example(from: "2026-11-23 11:00:00", time: .workingHours(2), due: "2026-11-23 14:30:00"),
        Example(from: "2026-11-20 17:00:00", time: .workingHours(1), due: "2026-11-23 09:00:00"),
        Example(from: "2026-11-21 20:00:00", time: .workingHours(1), due: "2026-11-23 09:30:00"),
        Example(from: "2026-11-21 20:00:00", time: .hours(24), due: "2026-11-22 20:00:00"),
    ]

    @Test(arguments: examples)
    func deadline(_ example: Example) throws {
        let from = try #require(Moment(parsing: example.from))
        #expect(Self.calendar.deadline(example.time, from: from).text == example.due)
    }
}
