import Kernel
import MobileSources
import Storage
import Testing

@Suite("A-05 待汇总的过车计数")
struct PassSumsTests {
    @Test func sumsThatWaitCountForWhoComparesAndAreAddedOnce() async throws {
        let house = try await GateFixture()
        for serial in Int64(1)...6 { try await house.record(house.pass(serial, plate: "冀A1\(1000 + serial)", direction: serial % 2 == 0 ? "2" : "1")) }
        let trips = try await house.number("SELECT SUM(trips) FROM pass_daily")
        let received = try await house.number("SELECT SUM(received) FROM gate_daily")
        #expect(trips == 6)
        #expect(received == 6)
        // As a process leaves them that is killed between two transactions: the sums of all passes wait, in two rows, and no roll-up has them.
        try await house.database.write { tx in
            let rows = try Waiting.rows(in: tx)
            try tx.execute("DELETE FROM pass_daily")
            try tx.execute("DELETE FROM pass_monthly")
            try tx.execute("DELETE FROM pass_daily_stage")
            try tx.execute("DELETE FROM pass_monthly_stage")
            try tx.execute("DELETE FROM gate_daily")
            for row in rows { try tx.execute("INSERT INTO pass_sums (body) VALUES (\(row))") }
        }
        #expect(try await house.gates.rollups.verify().isSound)
        try await house.gates.passes.settle()
        try await house.database.write { tx in try PassSums.settle(in: tx) }
        #expect(try await house.number("SELECT COUNT(*) FROM pass_sums") == 0)
        #expect(try await house.number("SELECT SUM(trips) FROM pass_daily") == trips)
        #expect(try await house.number("SELECT SUM(trips) FROM pass_monthly_stage") == trips)
        #expect(try await house.number("SELECT SUM(received) FROM gate_daily") == received)
        #expect(try await house.gates.rollups.verify().isSound)
    }

    @Test func nothingWaitsOnceNobodyComes() async throws {
        let house = try await GateFixture()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for serial in Int64(1)...200 {
                group.addTask { try await house.record(house.pass(serial, plate: "冀A1\(1000 + serial % 40)")) }
            }
            try await group.waitForAll()
        }
        #expect(try await house.number("SELECT COUNT(*) FROM pass_sums") == 0)
        #expect(try await house.number("SELECT SUM(trips) FROM pass_daily") == 200)
        #expect(try await house.number("SELECT SUM(trips) FROM pass_monthly") == 200)
        #expect(try await house.number("SELECT SUM(received) FROM gate_daily") == 200)
        #expect(try await house.gates.rollups.verify().isSound)
    }

    @Test func requestsThatFailLeaveNothingWaiting() async throws {
        let house = try await GateFixture()
        await withTaskGroup(of: Void.self) { group in
            for serial in Int64(1)...120 {
                group.addTask {
                    _ = try? await house.gates.passes.record([house.pass(serial)], from: house.steel) { _ in
                        if serial % 4 == 0 { throw Failure(.conflict, "40102", "重复的请求") }
                    }
                }
            }
        }
        #expect(try await house.number("SELECT COUNT(*) FROM gate_pass") == 90)
        try await house.gates.passes.settle()
        #expect(try await house.number("SELECT COUNT(*) FROM pass_sums") == 0)
        #expect(try await house.number("SELECT SUM(trips) FROM pass_daily") == 90)
        #expect(try await house.gates.rollups.verify().isSound)
    }

    @Test func aRowThatCannotBeReadIsNotTakenForNothing() async throws {
        let house = try await GateFixture()
        for body in ["", "{}", "[]", "[[[1]],[]]", "[[],[[20261121,1]]]", "[[],[[20261341,1,\"6\",\"D\",\"heavy\",0,\"none\",\"1\",\"\",\"\",1,0.5,0]]]"] {
            try await house.database.write { tx in
                try tx.execute("DELETE FROM pass_sums")
                try tx.execute("INSERT INTO pass_sums (body) VALUES (\(body))")
            }
            await #expect(throws: Failure.self, "\(body)") { try await house.database.write { tx in try PassSums.settle(in: tx) } }
            #expect(try await house.number("SELECT COUNT(*) FROM pass_sums") == 1)
        }
    }
}

/// Rows of `pass_sums` made from the roll-ups themselves, the gates in one and the trips in another.
private enum Waiting {
    static func rows(in tx: any Transaction) throws -> [String] {
        let gates = try tx.rows(
            "SELECT day, org, gate_no, area, received, automatic, manual, backfilled, hand_lifts, refused, refused_lifted, with_photos, unknown_stage, flagged FROM gate_daily")
        let trips = try tx.rows(
            "SELECT day, org, stage, fuel, vehicle_group, strategy, level, direction, area, industry, trips, tonnes, refused FROM pass_daily")
        return [JSONValue.array([list(gates), .array([])]).text, JSONValue.array([.array([]), list(trips)]).text]
    }

    private static func list(_ rows: [Row]) -> JSONValue { .array(rows.map { .array($0.values.map(value)) }) }

    private static func value(_ value: SQLValue) -> JSONValue {
        switch value {
        case .int(let number): .int(number)
        case .real(let number): .double(number)
        case .text(let text): .string(text)
        default: .null
        }
    }
}
