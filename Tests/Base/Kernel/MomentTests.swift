import Kernel
import Testing

@Suite("时刻与业务日")
struct MomentTests {
    @Test(arguments: [
        ("2026-11-21T08:00:00+08:00", "2026-11-21T08:00:00+08:00"), ("2026-11-21T00:00:00Z", "2026-11-21T08:00:00+08:00"),
        ("2026-11-21T23:59:59.125-01:00", "2026-11-22T08:59:59.125+08:00"), ("2026-11-21 08:00", "2026-11-21T08:00:00+08:00"),
        ("1969-12-31T23:59:59.005Z", "1970-01-01T07:59:59.005+08:00"),
    ])
    func reads(_ text: String, _ expected: String) { #expect(Moment(parsing: text)?.rfc3339 == expected) }

    @Test(arguments: ["2026-02-29T00:00:00Z", "2026-13-01 00:00:00", "2026-11-21T24:00:00Z", "2026-11-21", "x", "2026-11-21T08:00:00+8", "2026-11-21T08:00:00.Z"])
    func refuses(_ text: String) { #expect(Moment(parsing: text) == nil) }

    /// A timestamp header may hold any integer; none may end the process.
    @Test(arguments: [Int64.min, Int64.max, -62_167_219_200_001, 253_402_272_000_000])
    func anyIntegerIsAMoment(_ milliseconds: Int64) {
        let moment = Moment(milliseconds: milliseconds)
        #expect(moment.rfc3339.utf8.count >= 25 && moment.text.utf8.count == 19)
        #expect(moment.adding(seconds: .max) >= moment && moment.adding(seconds: .min) <= moment)
        #expect(moment.seconds(since: Moment(milliseconds: 0)).isFinite)
        #expect(Moment(seconds: milliseconds).day >= Moment(milliseconds: .min).day)
    }

    @Test func whatTheGateSees() {
        #expect(Moment(milliseconds: 0).text == "1970-01-01 08:00:00")
        #expect(Moment(milliseconds: 253_402_271_999_999).rfc3339 == "9999-12-31T23:59:59.999+08:00")
        #expect(Moment(milliseconds: 1_700_000_000_007).rfc3339 == "2023-11-15T06:13:20.007+08:00")
    }

    @Test func businessDayIsShanghais() {
        #expect(Moment(parsing: "2026-11-20T16:00:00Z")?.day.number == 20_261_121)
        #expect(Moment(parsing: "2026-11-20T15:59:59Z")?.day.number == 20_261_120)
        #expect(Day(number: 20_261_121)?.weekday == 6)
    }

    @Test func everyDayOfFourCenturiesComesBack() {
        var day = Day(daysSince1970: -200_000)
        for _ in 0..<300_000 where Day(number: day.number) == day && Day(parsing: day.text) == day { day = day.adding(days: 1) }
        #expect(day.daysSince1970 == 100_000)
    }
}
