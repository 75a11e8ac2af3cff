import Alarms
import Identity
import Kernel
import Storage
import Testing

@Suite("A-07 报警查询与数据范围")
struct AlarmQueryTests {
    /// Organisations 1 and 2 in 130102, 3 in 130203; three alarms each, one minute apart.
    func filledDesk() async throws -> AlarmFixture {
        let desk = try await AlarmFixture()
        for (index, org) in ([1, 2, 3, 1, 2, 3, 1, 2, 3] as [Int64]).enumerated() {
            try await desk.raise(
                AlarmFixture.signal(
                    index % 2 == 0 ? "excessListed" : "gateOffline", org: org, area: org == 3 ? "130203" : "130102", subject: "冀A0000\(index)", at: Int64(index * 60)))
        }
        return desk
    }

    struct ScopeExample: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let scope: DataScope
        let orgs: Set<Int64>
    }

    static let scopes: [ScopeExample] = [
        ScopeExample(testDescription: "全部", scope: .everything, orgs: [1, 2, 3]),
        ScopeExample(testDescription: "本市", scope: .areas(["13"]), orgs: [1, 2, 3]),
        ScopeExample(testDescription: "一县", scope: .areas(["130102"]), orgs: [1, 2]),
        ScopeExample(testDescription: "两县", scope: .areas(["130102", "130203"]), orgs: [1, 2, 3]),
        ScopeExample(testDescription: "本企业", scope: .organisation(2), orgs: [2]),
        ScopeExample(testDescription: "无", scope: .nothing, orgs: []),
    ]

    @Test("列表、计数、统计、详情都不越界", arguments: scopes)
    func scope(_ example: ScopeExample) async throws {
        let desk = try await filledDesk()
        let person = AlarmFixture.officer(scope: example.scope)
        try await desk.database.read { [engine = desk.engine] reader in
            var filter = AlarmFilter()
            let alarms = try engine.list(filter, by: person, in: reader).alarms
            #expect(Set(alarms.compactMap(\.org)) == example.orgs)
            #expect(alarms.count == example.orgs.count * 3)
            #expect(try engine.counts(filter, by: person, in: reader)[.new] == example.orgs.count * 3)
            filter.from = AlarmFixture.start.day
            #expect(try engine.counts(filter, by: person, in: reader)[.new] ?? 0 == example.orgs.count * 3)
            #expect(try engine.totals(filter, by: person, in: reader).opened == example.orgs.count * 3)
            #expect(Set(try engine.statistics(filter, by: .org, for: person, in: reader).map(\.key)) == Set(example.orgs.map { String($0) }))
            for id in 1...9 as ClosedRange<Int64> {
                let owner = Int64((id - 1) % 3 + 1)
                #expect((try engine.find(id, by: person, in: reader) != nil) == example.orgs.contains(owner))
                #expect(((try? engine.evidence(of: id, by: person, in: reader)) != nil) == example.orgs.contains(owner))
                #expect(((try? engine.timeline(of: id, by: person, in: reader)) != nil) == example.orgs.contains(owner))
            }
        }
    }

    struct FilterExample: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let set: @Sendable (inout AlarmFilter) -> Void
        let count: Int
    }

    static let filters: [FilterExample] = [
        FilterExample(testDescription: "类型", set: { $0.kinds = ["gateOffline"] }, count: 4),
        FilterExample(testDescription: "等级", set: { $0.grades = [.severe] }, count: 5),
        FilterExample(testDescription: "状态", set: { $0.states = [.closed] }, count: 0),
        FilterExample(testDescription: "县", set: { $0.area = "1302" }, count: 3),
        FilterExample(testDescription: "企业", set: { $0.org = 1 }, count: 3),
        FilterExample(
            testDescription: "当日",
            set: {
                $0.from = AlarmFixture.start.day
                $0.to = AlarmFixture.start.day
            }, count: 9),
        FilterExample(testDescription: "次日起", set: { $0.from = AlarmFixture.start.day.adding(days: 1) }, count: 0),
        FilterExample(testDescription: "号牌开头", set: { $0.plate = "冀A00003" }, count: 1),
        FilterExample(testDescription: "搜索企业名", set: { $0.search = "企业3" }, count: 3),
        FilterExample(testDescription: "搜索里的通配符只是字", set: { $0.search = "%" }, count: 0),
        FilterExample(testDescription: "来源", set: { $0.source = AlarmSource("gatePass", 42) }, count: 9),
        FilterExample(testDescription: "超时未受理", set: { $0.overdueAt = AlarmFixture.start.adding(seconds: 3601) }, count: 5),
    ]

    @Test("筛选", arguments: filters)
    func filter(_ example: FilterExample) async throws {
        let desk = try await filledDesk()
        var filter = AlarmFilter()
        example.set(&filter)
        let chosen = filter
        let count = try await desk.database.read { [engine = desk.engine] in try engine.list(chosen, by: .system(), in: $0).alarms.count }
        #expect(count == example.count)
    }

    @Test("翻页不重不漏，可以翻回")
    func paging() async throws {
        let desk = try await filledDesk()
        try await desk.database.read { [engine = desk.engine] reader in
            let first = try engine.list(AlarmFilter(), limit: 4, by: .system(), in: reader)
            let second = try engine.list(AlarmFilter(), after: first.next, limit: 4, by: .system(), in: reader)
            let third = try engine.list(AlarmFilter(), after: second.next, limit: 4, by: .system(), in: reader)
            #expect((first.alarms + second.alarms + third.alarms).map(\.id) == [9, 8, 7, 6, 5, 4, 3, 2, 1])
            #expect(first.previous == nil && third.next == nil)
            let back = try engine.list(AlarmFilter(), before: third.previous, limit: 4, by: .system(), in: reader)
            #expect(back.alarms == second.alarms)
            let start = try engine.list(AlarmFilter(), before: back.previous, limit: 4, by: .system(), in: reader)
            #expect(start.alarms == first.alarms && start.previous == nil)
            #expect(AlarmCursor(first.next?.text ?? "") == first.next && AlarmCursor("x-1") == nil)
        }
    }
}
