import Duty
import Kernel
import Testing
import Workflows

@Suite("D18.2.3 排班")
struct RotationTests {
    static let from = Day(number: 20_261_101) ?? Day(daysSince1970: 0)

    struct Example: Sendable, CustomTestStringConvertible {
        let rotation: Rotation, shifts: Int, teams: Int, days: Int
        /// Team numbers of the turns of the first days, shift by shift.
        let start: [Int]
        let count: Int
        var testDescription: String { "\(rotation.title) \(shifts) 班 \(teams) 组" }
    }

    static let examples: [Example] = [
        Example(rotation: .inTurn, shifts: 3, teams: 4, days: 4, start: [0, 1, 2, 3, 0, 1], count: 12),
        Example(rotation: .wholeDays, shifts: 2, teams: 3, days: 3, start: [0, 0, 1, 1, 2, 2], count: 6),
        // 2026-11-01 is a Sunday.
        Example(rotation: .workdays, shifts: 1, teams: 2, days: 8, start: [0, 1, 0, 1, 0], count: 5), Example(rotation: .inTurn, shifts: 1, teams: 0, days: 5, start: [], count: 0),
    ]

    @Test("按轮换方式轮到谁", arguments: examples)
    func turns(_ example: Example) {
        let turns = example.rotation.turns(
            from: Self.from, to: Self.from.adding(days: example.days - 1), shifts: example.shifts, teams: example.teams, calendar: WorkingCalendar())
        #expect(turns.count == example.count)
        #expect(Array(turns.prefix(example.start.count).map(\.team)) == example.start)
    }

    @Test("从没有的组开始，绕回来数", arguments: [(-1, 3), (4, 0), (Int.max, 3), (Int.min, 0)])
    func anyFirstTeam(_ first: Int, _ team: Int) {
        for rotation in [Rotation.inTurn, .wholeDays, .fourTeams] {
            func teams(_ first: Int) -> [Int] {
                rotation.turns(from: Self.from, to: Self.from.adding(days: 3), shifts: 3, teams: 4, first: first, calendar: WorkingCalendar()).map(\.team)
            }
            #expect(teams(first) == teams(team))
            #expect(teams(first).allSatisfy { (0..<4).contains($0) })
        }
    }

    @Test("四班三运转：每班每天恰有一组，各组班次相等")
    func fourTeams() {
        let turns = Rotation.fourTeams.turns(from: Self.from, to: Self.from.adding(days: 15), shifts: 3, teams: 4, calendar: WorkingCalendar())
        #expect(turns.count == 48)
        #expect(Set(turns.map { "\($0.day.number)/\($0.shift)" }).count == 48)
        let counts = Dictionary(grouping: turns, by: \.team).mapValues(\.count)
        #expect(counts == [0: 12, 1: 12, 2: 12, 3: 12])
    }

    @Test("冲突：重叠、休息不足、无人；节假日不要求常白班")
    func findings() {
        let early = DutyShift(id: 1, title: "早班", starts: 30, minutes: 480), middle = DutyShift(id: 2, title: "中班", starts: 510, minutes: 480)
        let day = Self.from.adding(days: 1), other = DutyShift(id: 9, title: "他组", starts: 60, minutes: 60)
        let entries = [
            DutyEntry(id: 1, group: 1, day: day, shift: early, user: 7, name: "甲"), DutyEntry(id: 2, group: 1, day: day.adding(days: 1), shift: early, user: 7, name: "甲"),
            DutyEntry(id: 3, group: 1, day: day, shift: middle, user: 8, name: "乙"), DutyEntry(id: 4, group: 1, day: day.adding(days: 1), shift: middle, user: 8, name: "乙"),
        ]
        let none = RosterCheck.findings(entries, shifts: [early, middle], from: day, to: day.adding(days: 1), calendar: WorkingCalendar(), isContinuous: true)
        #expect(none == [])
        let elsewhere = [DutyEntry(id: 5, group: 2, day: day, shift: other, user: 7, name: "甲")]
        let overlapping = RosterCheck.findings(entries, others: elsewhere, shifts: [early, middle], from: day, to: day, calendar: WorkingCalendar(), isContinuous: true)
        #expect(overlapping.map(\.kind) == [.overlap])
        let tired = RosterCheck.findings(
            entries + [DutyEntry(id: 6, group: 1, day: day.adding(days: 1), shift: DutyShift(id: 3, title: "夜", starts: 0, minutes: 20), user: 8, name: "乙")], shifts: [],
            from: day,
            to: day.adding(days: 1), calendar: WorkingCalendar(), isContinuous: true)
        #expect(tired.map(\.kind) == [.shortRest])
        let open = RosterCheck.findings([], shifts: [middle], from: Self.from, to: day, calendar: WorkingCalendar(), isContinuous: false)
        #expect(open.map(\.day) == [day] && open.map(\.kind) == [.uncovered])
    }
}
