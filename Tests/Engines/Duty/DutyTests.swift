import Alarms
import Duty
import Identity
import Kernel
import Messages
import Storage
import Testing

@Suite("D6.7 值班值守")
struct DutyTests {
    static let day = Day(number: 20_261_123) ?? Day(daysSince1970: 0)

    /// Two days of whole-day turns: team 1 on the 23rd, team 2 on the 24th.
    func house() async throws -> DutyFixture {
        let house = try await DutyFixture()
        let (engine, group) = (house.engine, house.group)
        _ = try await house.write { try engine.generate(group, .wholeDays, from: Self.day, to: Self.day.adding(days: 1), by: DutyFixture.chief, in: $0) }
        return house
    }

    func entries(_ house: DutyFixture) async throws -> [DutyEntry] {
        let (engine, group) = (house.engine, house.group)
        return try await house.database.read { try engine.entries(of: group, from: Self.day, to: Self.day.adding(days: 1), in: $0) }
    }

    @Test("排班：已开始的班次不替换，再排一次结果相同；正在值班的人是报警接收人")
    func roster() async throws {
        let house = try await house()
        let (engine, group) = (house.engine, house.group)
        let first = try await entries(house)
        // At 09:00 the early shift of the day (00:30) and the middle one (08:30) have begun, but an empty roster is filled all the same.
        #expect(first.count == 8)
        _ = try await house.write { try engine.generate(group, .wholeDays, from: Self.day, to: Self.day.adding(days: 1), by: DutyFixture.chief, in: $0) }
        let again = try await entries(house)
        #expect(again.map(\.name) == first.map(\.name))
        let present = try await house.database.read { try DutyEngine.onDuty(group: group, at: DutyFixture.start, in: $0) }
        #expect(present.map(\.user) == [1, 2] && present.first?.isLeader == true)
        let alarms = house.alarms
        let receivers = try await house.database.read { try alarms.users(["duty:\(group)"], org: nil, area: "130102", at: DutyFixture.start, in: $0) }
        #expect(receivers == [1, 2])
        let around = try await house.database.read { reader in
            (
                try alarms.users(["duty:0"], org: nil, area: "130102", at: DutyFixture.start, in: reader),
                try alarms.users(["duty:0"], org: nil, area: "1302", at: DutyFixture.start, in: reader)
            )
        }
        #expect(around.0 == [1, 2])
        #expect(around.1 == [])
    }

    @Test("调整：权限、重复、过去的不能改")
    func moving() async throws {
        let house = try await house()
        let engine = house.engine
        let all = try await entries(house)
        let tomorrow = all.filter { $0.day > Self.day }
        let middle = try #require(tomorrow.last)
        let refused = try await house.code { try engine.move(middle.id, to: Self.day, shift: 2, by: DutyFixture.person(1), in: $0) }
        #expect(refused == "JW-K403")
        try await house.write { try engine.move(middle.id, to: Self.day.adding(days: 2), shift: 2, by: DutyFixture.chief, in: $0) }
        let past = try await house.code { try engine.move(middle.id, to: Self.day.adding(days: -1), shift: 2, by: DutyFixture.chief, in: $0) }
        #expect(past == "JW-D002")
        let group = house.group
        let twice = try await house.code { try engine.add(middle.user, to: group, day: Self.day.adding(days: 2), shift: 2, by: DutyFixture.chief, in: $0) }
        #expect(twice == "JW-D001")
    }

    @Test("替班：本人申请、审批后换人，对方有班不行")
    func substitution() async throws {
        let house = try await house()
        let engine = house.engine
        let mine = try #require(try await entries(house).first { $0.day > Self.day && $0.user == 3 })
        let other = try await house.code { _ = try engine.ask(mine.id, to: 1, reason: "有事", by: DutyFixture.person(2), in: $0) }
        #expect(other == "JW-K403")
        let busy = try await house.code { _ = try engine.ask(mine.id, to: 4, reason: "有事", by: DutyFixture.person(3), in: $0) }
        #expect(busy == "JW-K422")
        let id = try await house.write { try engine.ask(mine.id, to: 1, reason: "有事", by: DutyFixture.person(3), in: $0) }
        let self3 = try await house.code { try engine.decide(change: id, isApproved: true, opinion: nil, by: DutyFixture.person(3), in: $0) }
        #expect(self3 == "JW-K403")
        try await house.write { try engine.decide(change: id, isApproved: true, opinion: nil, by: DutyFixture.chief, in: $0) }
        let entry = try #require(try await entries(house).first { $0.id == mine.id })
        #expect(entry.user == 1 && entry.note == "替值班员3")
        let again = try await house.code { try engine.decide(change: id, isApproved: true, opinion: nil, by: DutyFixture.chief, in: $0) }
        #expect(again == "JW-D003")
    }

    @Test("交接：缺项不得交班，移交未结报警，双方签字，自己不能接自己的")
    func handover() async throws {
        let house = try await house()
        let (engine, group, alarms) = (house.engine, house.group, house.alarms)
        _ = try await house.write {
            try alarms.raise(AlarmSignal(kind: "gas", org: nil, area: "130102", subject: "T", occurredAt: DutyFixture.start, title: "气体超限"), by: .system(), in: $0)
        }
        _ = try await house.write {
            try alarms.raise(AlarmSignal(kind: "gas", org: nil, area: "1302", subject: "U", occurredAt: DutyFixture.start, title: "别处"), by: .system(), in: $0)
        }
        let checks = Set(Handover.checks.map(\.name))
        let missing = try await house.code { _ = try engine.give(group, inspection: "无", focus: "无", checks: checks.subtracting(["patrol"]), by: DutyFixture.person(1), in: $0) }
        #expect(missing == "JW-K422")
        let stranger = try await house.code { _ = try engine.give(group, inspection: "无", focus: "无", checks: checks, by: DutyFixture.person(77), in: $0) }
        #expect(stranger == "JW-K404")
        let id = try await house.write { try engine.give(group, inspection: "正常", focus: "关注 T", checks: checks, by: DutyFixture.person(1), in: $0) }
        let second = try await house.code { _ = try engine.give(group, inspection: "无", focus: "无", checks: checks, by: DutyFixture.person(2), in: $0) }
        #expect(second == "JW-D010")
        let own = try await house.code { try engine.take(id, remark: nil, by: DutyFixture.person(1), in: $0) }
        #expect(own == "JW-D011")
        try await house.write { try engine.take(id, remark: "清楚", by: DutyFixture.person(3), in: $0) }
        let handover = try await house.database.read { try engine.handover(id, by: DutyFixture.chief, in: $0) }
        #expect(handover.alarms.map(\.title) == ["气体超限"])
        #expect(handover.takenByName == "值班员3")
        let taken = try await house.code { try engine.take(id, remark: nil, by: DutyFixture.person(4), in: $0) }
        #expect(taken == "JW-D012")
    }

    @Test("查岗：随机一人，限时应答，过时算未应答")
    func calls() async throws {
        let house = try await house()
        let (engine, group) = (house.engine, house.group)
        let all = try await house.write { try engine.call(group, pick: nil, minutes: 5, by: DutyFixture.chief, in: $0) }
        let one = try await house.write { try engine.call(group, pick: 41, minutes: 5, by: DutyFixture.chief, in: $0) }
        #expect(all == 2 && one == 1)
        let calls = try await house.database.read { try engine.calls(of: group, in: $0) }
        #expect(calls.map(\.user) == [2, 2, 1])
        let mine = try #require(calls.first { $0.user == 1 })
        let other = try await house.code { try engine.answer(mine.id, note: nil, by: DutyFixture.person(2), in: $0) }
        #expect(other == "JW-K403")
        try await house.write { try engine.answer(mine.id, note: "在岗", by: DutyFixture.person(1), in: $0) }
        house.travel(to: "2026-11-23 09:06:00")
        let late = try #require(calls.first { $0.user == 2 })
        let missed = try await house.code { try engine.answer(late.id, note: nil, by: DutyFixture.person(2), in: $0) }
        #expect(missed == "JW-D021")
        try await engine.sweep()
        let states = try await house.database.read { try engine.calls(of: group, in: $0) }.map(\.state)
        #expect(states == ["missed", "missed", "answered"])
        let group1 = try await house.database.read { try engine.group(group, by: DutyFixture.chief, in: $0) }
        let figures = try await house.database.read { try engine.figures(of: group1, from: Self.day, to: Self.day, in: $0) }
        #expect(figures.first { $0.name == "值班员2" }?.missed == 2)
        house.travel(to: "2026-11-25 20:00:00")
        let nobody = try await house.code { _ = try engine.call(group, pick: nil, minutes: 5, by: DutyFixture.chief, in: $0) }
        #expect(nobody == "JW-D020")
    }

    @Test("导入排班：错的行逐行指出，一行都不写；对的整表写入，重复不加；班次可改可停")
    func imported() async throws {
        let fixture = try await DutyFixture()
        let engine = fixture.engine, group = fixture.group
        let head = "日期,班次,值班人员\n"
        let (shift, person) = try await fixture.database.read { reader in
            let found = try engine.group(group, by: DutyFixture.chief, in: reader)
            return (try engine.groupShifts(found, in: reader)[0], found.members[0])
        }
        let wrong = try RosterImport.lines(Array((head + "2026-11-30,\(shift.title),没有这个人\n不是日期,夜夜班,\(person.name)\n").utf8))
        do {
            _ = try await fixture.database.write { try engine.importRoster(wrong, to: group, by: DutyFixture.chief, in: $0) }
            Issue.record("应被拒绝")
        } catch let failure as Failure { #expect(failure.fields.count == 3 && failure.fields[0].message.contains("第 2 行")) }
        let right = try RosterImport.lines(Array((head + "2026-11-30,\(shift.title),\(person.name)\n2026-11-30,\(shift.title),\(person.name)\n").utf8))
        #expect(try await fixture.database.write { try engine.importRoster(right, to: group, by: DutyFixture.chief, in: $0) } == 1)
        #expect(try await fixture.database.write { try engine.importRoster(right, to: group, by: DutyFixture.chief, in: $0) } == 0)
        #expect(throws: Failure.self) { try RosterImport.lines(Array("a,b\n".utf8)) }
        var changed = DutyShift(id: shift.id, title: "早早班", starts: 420, minutes: 480)
        let early = changed
        try await fixture.database.write { try engine.keep(early, by: DutyFixture.chief, in: $0) }
        changed.minutes = 5
        let short = changed
        await #expect(throws: Failure.self) { try await fixture.database.write { try engine.keep(short, by: DutyFixture.chief, in: $0) } }
        #expect(try await fixture.database.read { try engine.shifts(in: $0).first { $0.id == shift.id }?.title } == "早早班")
    }
}
