import Identity
import Kernel
import MobileSources
import Storage
import Testing

@Suite("A-03 A-04 名单、预警与下发")
struct PolicyTests {
    private func cursor(_ house: GateFixture) async throws -> String {
        var page = try await house.gates.handDown.changes(after: nil, waitSeconds: 0, org: house.steel.org)
        while page.cursor.hasPrefix("s") { page = try await house.gates.handDown.changes(after: page.cursor, waitSeconds: 0, org: house.steel.org) }
        return page.cursor
    }

    private func kinds(_ house: GateFixture, after cursor: String) async throws -> [String] {
        try await house.gates.handDown.changes(after: cursor, waitSeconds: 0, org: house.steel.org).items.map(\.kind)
    }

    @Test func theListReachesGatesAndVerdicts() async throws {
        let house = try await GateFixture()
        let start = try await cursor(house)
        let request = ExcessListDesk.Request(plate: GateFixture.truck, color: "1", authority: "市生态环境局", basis: "路检超标")
        _ = try await house.gates.excessList.list(request, by: GateFixture.system)
        #expect(try await kinds(house, after: start) == ["excessListed"])
        #expect(try await house.record(house.pass(1)).first?.codes == ["excessListed"])
        await #expect(throws: Failure.self) { try await house.gates.excessList.list(request, by: GateFixture.system) }
        house.move(seconds: 60)
        _ = try await house.gates.excessList.release(plate: GateFixture.truck, color: "1", basis: "复检合格", by: GateFixture.system)
        #expect(try await kinds(house, after: start) == ["excessListed", "excessReleased"])
        house.move(seconds: 1)
        #expect(try await house.record(house.pass(2)).first?.verdict == "allow")
        // What passed while it was listed is judged by the list of that moment.
        #expect(try await house.record(house.pass(3, at: GateFixture.start.adding(seconds: 30), ["source": "backfill"])).first?.verdict == "refuse")
    }

    @Test func aWarningChangesVerdictsUntilItEnds() async throws {
        let house = try await GateFixture()
        try await house.file("冀A40000", stage: "4")
        #expect(try await house.record(house.pass(1, plate: "冀A40000")).first?.verdict == "allow")
        let start = try await cursor(house)
        house.move(seconds: 60)
        _ = try await house.gates.warnings.start(.orange, counties: ["130102"], basis: "重污染天气预警", by: GateFixture.system)
        #expect(try await kinds(house, after: start) == ["strategyEnded", "strategy"])
        let refused = try #require(try await house.record(house.pass(2, plate: "冀A40000")).first)
        #expect(refused.verdict == "refuse" && refused.codes == ["strategyBreached"])
        house.move(seconds: 60)
        _ = try await house.gates.warnings.end(.orange, counties: ["130102"], basis: "解除", by: GateFixture.system)
        house.move(seconds: 1)
        #expect(try await house.record(house.pass(3, plate: "冀A40000")).first?.verdict == "allow")
        #expect(try await kinds(house, after: start) == ["strategyEnded", "strategy", "strategyEnded", "strategy"])
    }

    @Test func aWarningOfLaterTakesEffectByTheClock() async throws {
        let house = try await GateFixture()
        try await house.file("冀A40000", stage: "4")
        _ = try await house.gates.warnings.start(.red, counties: ["130102"], startsAt: house.now.adding(seconds: 3600), basis: "预报", by: GateFixture.system)
        #expect(try await house.gates.applyTimeRules() == 0)
        #expect(try await house.record(house.pass(1, plate: "冀A40000")).first?.verdict == "allow")
        house.move(seconds: 3601)
        #expect(try await house.gates.applyTimeRules() == 1)
        #expect(try await house.gates.applyTimeRules() == 0)
        #expect(try await house.record(house.pass(2, plate: "冀A40000")).first?.verdict == "refuse")
    }

    @Test func receiptsAndRetries() async throws {
        let house = try await GateFixture()
        _ = try await cursor(house)
        let object = try #require(try await house.value("SELECT object_id FROM delivery")?.text)
        let version = try #require(try await house.number("SELECT version FROM delivery"))
        func send(_ status: String) async throws -> Int {
            let receipt = HandDown.Receipt(objectId: object, version: version, status: status, message: nil)
            return try await house.gates.handDown.receive([receipt], org: house.steel.org) { _ in }.count
        }
        let terminal = house.steel.org
        #expect(
            try await house.gates.handDown.receive([HandDown.Receipt(objectId: "strategy-999", version: 1, status: "applied", message: nil)], org: terminal) { _ in }.count == 1)
        for wait in [10, 60, 300, 1800] as [Int64] {
            #expect(try await send("failed") == 0)
            #expect(try await house.number("SELECT retry_at FROM delivery") == house.now.adding(seconds: wait).milliseconds)
            house.move(seconds: wait - 1)
            #expect(try await house.gates.handDown.retryFailed() == 0)
            house.move(seconds: 1)
            let before = "c\(try await house.number("SELECT MAX(id) FROM gate_change") ?? 0)"
            #expect(try await house.gates.handDown.retryFailed() == 1)
            #expect(try await kinds(house, after: before) == ["strategy"])
        }
        #expect(try await send("failed") == 0)
        #expect(try await house.value("SELECT retry_at FROM delivery")?.isNull == true)
        #expect(try await send("applied") == 0)
        #expect(try await house.value("SELECT state FROM delivery")?.text == "applied")
    }
}
