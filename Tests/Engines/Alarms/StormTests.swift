import Alarms
import Identity
import Kernel
import Storage
import Testing

@Suite("D9.7.3 报警风暴")
struct StormTests {
    @Test("成批与逐条的结果相同：计数、状态、统计、证据链", arguments: [1, 2, 7, 40])
    func same(_ subjects: Int) async throws {
        let one = try await AlarmFixture(), many = try await AlarmFixture()
        let signals = (0..<120).map { AlarmFixture.signal($0 % 3 == 0 ? "gateOffline" : "excessListed", subject: "车\($0 % subjects)", at: Int64($0 * 97 % 4000)) }
        for signal in signals { try await one.raise(signal) }
        let outcomes = try await many.raise(all: signals)
        #expect(outcomes.count == signals.count)
        #expect(try await many.faults() == [])
        let (single, bulk) = (try await one.figures(), try await many.figures())
        #expect(single == bulk)
    }

    @Test("一万条落在十个对象上：计数准确，细节有限")
    func counts() async throws {
        let desk = try await AlarmFixture()
        for batch in 0..<4 {
            let signals = (0..<2500).map { AlarmFixture.signal(subject: "车\($0 % 10)", at: Int64(batch)) }
            let outcomes = try await desk.raise(all: signals)
            let opened = Set(outcomes.filter { $0 == .opened($0.id) }.map(\.id)).count
            #expect(opened == (batch == 0 ? 10 : 0))
        }
        let rows = try await desk.database.read { try $0.rows("SELECT times, evidence_count FROM alarms ORDER BY id") }
        let times = rows.map { $0.int("times") ?? 0 }, details = rows.map { $0.int("evidence_count") ?? 0 }
        #expect(times == [Int64](repeating: 1000, count: 10))
        #expect((details.max() ?? 0) <= 30)
        #expect(desk.announced.value.count < 120)
        #expect(try await desk.faults() == [])
    }

    @Test("对象太多时其余合并为一条")
    func collecting() async throws {
        let desk = try await AlarmFixture()
        try await desk.raise(all: (0..<500).map { AlarmFixture.signal("unfiled", subject: "车\($0)") })
        let rows = try await desk.database.read { try $0.rows("SELECT times FROM alarms ORDER BY id").compactMap { $0.int("times") } }
        #expect(rows == [1, 1, 1, 497])
        try await desk.raise(all: (0..<500).map { AlarmFixture.signal("unfiled", subject: "另\($0)") })
        #expect(try await desk.database.read { try $0.count("SELECT SUM(times) FROM alarms") } == 1000)
        #expect(try await desk.database.read { try $0.count("SELECT COUNT(*) FROM alarms") } == 4)
        #expect(try await desk.faults() == [])
    }

    @Test("许多来源同时送来，各得各的答复")
    func inflow() async throws {
        let desk = try await AlarmFixture()
        let inflow = AlarmInflow(engine: desk.engine, database: desk.database)
        let answers = try await withThrowingTaskGroup(of: Int.self) { group in
            for sender in 0..<40 {
                group.addTask { try await inflow.submit((0..<25).map { _ in AlarmFixture.signal(subject: "车\(sender % 4)") }, by: .system()).count }
            }
            return try await group.reduce(0, +)
        }
        #expect(answers == 1000)
        #expect(try await desk.database.read { try $0.count("SELECT SUM(times) FROM alarms") } == 1000)
        #expect(try await desk.database.read { try $0.count("SELECT COUNT(*) FROM alarms") } == 4)
        #expect(try await desk.faults() == [])
    }

    @Test("一个来源的错不牵连他人")
    func badNeighbour() async throws {
        let desk = try await AlarmFixture()
        let inflow = AlarmInflow(engine: desk.engine, database: desk.database)
        let failures = await withTaskGroup(of: Bool.self) { group in
            for sender in 0..<20 {
                group.addTask {
                    do {
                        _ = try await inflow.submit([AlarmFixture.signal(sender % 5 == 0 ? "nobody" : "excessListed", subject: "车\(sender)")], by: .system())
                        return false
                    } catch { return true }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(failures == 4)
        #expect(try await desk.database.read { try $0.count("SELECT COUNT(*) FROM alarms") } == 16)
    }
}
