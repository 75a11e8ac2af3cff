import Identity
import Kernel
import Ledgers
import MobileSources
import Storage
import Testing

@Suite("A-41 多个门岗同时上报")
struct PassIntakeTests {
    @Test func everyRequestGetsItsOwnAnswer() async throws {
        let house = try await GateFixture()
        let cement = try await house.cement()
        // Sixty requests at once, of two enterprises; each with a good record, every third with a bad one, too.
        let answers = try await withThrowingTaskGroup(of: (Int, [PassResult]).self) { group in
            for number in 0..<60 {
                group.addTask {
                    let terminal = number % 2 == 0 ? house.steel : cement
                    let good = house.pass(Int64(number / 2 + 1), plate: "冀A1\(1000 + number)")
                    guard number % 3 == 0 else { return (number, try await house.gates.passes.record([good], from: terminal)) }
                    return (number, try await house.gates.passes.record([house.pass(900, ["direction": "7"]), good], from: terminal))
                }
            }
            return try await group.reduce(into: [Int: [PassResult]]()) { $0[$1.0] = $1.1 }
        }
        for (number, results) in answers {
            #expect(results.map(\.status) == (number % 3 == 0 ? [.rejected, .stored] : [.stored]))
            let serial = try await house.number("SELECT serial_no FROM gate_pass WHERE id = \(results.last?.passId ?? 0)")
            #expect(serial == Int64(number / 2 + 1))
        }
        #expect(try await house.number("SELECT COUNT(*) FROM gate_pass") == 60)
        #expect(try await house.number("SELECT SUM(received) FROM gate_daily") == 60)
        #expect(try await house.number("SELECT SUM(rejected) FROM gate_daily") == 20)
        #expect(try await house.number("SELECT SUM(trips) FROM pass_daily") == 60)
        #expect(try await house.gates.rollups.verify().isSound)
        // However many shared a transaction, the audit tells of every record once.
        let told = try await house.database.read { reader in
            try reader.rows("SELECT summary FROM audit WHERE action = 'receive' AND object_kind = 'gatePass'").compactMap { $0[0].text }.map { text in
                Int(text.split(separator: "入库 ").last?.prefix { $0.isNumber } ?? "") ?? 0
            }.reduce(0, +)
        }
        #expect(told == 60)
    }

    @Test func aRequestWhoseClaimIsRefusedHarmsNobody() async throws {
        let house = try await GateFixture()
        let outcomes = await withTaskGroup(of: (Int, Bool).self) { group in
            for number in 0..<30 {
                group.addTask {
                    do {
                        _ = try await house.gates.passes.record([house.pass(Int64(number + 1), plate: "冀A1\(1000 + number)")], from: house.steel) { _ in
                            if number % 5 == 0 { throw Failure(.conflict, "40102", "重复的请求") }
                        }
                        return (number, true)
                    } catch { return (number, false) }
                }
            }
            return await group.reduce(into: [Int: Bool]()) { $0[$1.0] = $1.1 }
        }
        for (number, isStored) in outcomes { #expect(isStored == (number % 5 != 0), "\(number)") }
        #expect(try await house.number("SELECT COUNT(*) FROM gate_pass") == 24)
        #expect(try await house.gates.rollups.verify().differences.filter { $0.table != "serial_gap" } == [])
    }

    @Test func aDailyCapCountsTheRecordsOfItsOwnRequest() async throws {
        let house = try await GateFixture()
        house.gates.registry.update {
            $0.strategies = [Strategy(id: 900, version: 1, name: "限车次", level: .none, enterprise: nil, groups: Set(VehicleGroup.allCases), dailyTripCap: 2)]
        }
        let results = try await house.record(house.pass(1), house.pass(2), house.pass(3))
        #expect(results.map(\.verdict) == ["allow", "allow", "refuse"])
    }
}

@Suite("A-11 内存中的备案与台账一致")
struct KnownVehicleTests {
    @Test func aChangeIsSeenByTheNextQuestion() async throws {
        let house = try await GateFixture()
        func look(_ plate: String) async throws -> String {
            try await house.gates.filingLookup.look(plateNo: plate, color: .yellow, isEntry: true, gateNo: "1", org: house.steel.org).judgement.verdict.rawValue
        }
        #expect(try await look("冀A7788Q") == "refuse")
        let id = try await house.file("冀A7788Q", stage: "6", approves: false)
        #expect(try await look("冀A7788Q") == "refuse")
        _ = try await house.gates.filings.decide(id: id, approves: true, opinion: "", by: GateFixture.system)
        #expect(try await look("冀A7788Q") == "allow")
        try await house.database.write { [ledgers = house.ledgers] tx in try ledgers.delete(RegisteredVehicle.ledger.name, id: id, reason: "转出", by: GateFixture.system, in: tx) }
        #expect(try await look("冀A7788Q") == "refuse")
    }

    @Test func aChangeThatIsUndoneIsNotSeen() async throws {
        let house = try await GateFixture()
        struct Undo: Error {}
        await #expect(throws: Undo.self) {
            try await house.database.write { [ledgers = house.ledgers] tx in
                let draft = Draft(["plateNo": "冀A7788Q", "plateColor": "1", "vehicleType": "H11", "fuel": "B", "emissionStage": "6"], org: house.steel.org)
                let record = try ledgers.create(RegisteredVehicle.ledger.name, draft, by: GateFixture.system, in: tx)
                _ = try house.gates.filings.decide(id: record.id, approves: true, opinion: "", by: GateFixture.system, in: tx)
                throw Undo()
            }
        }
        let answer = try await house.gates.filingLookup.look(plateNo: "冀A7788Q", color: .yellow, isEntry: true, gateNo: "1", org: house.steel.org)
        #expect(!answer.isFiled)
    }

    @Test func anInternalVehicleComesAndGoes() async throws {
        let house = try await GateFixture()
        func look() async throws -> [String] {
            try await house.gates.filingLookup.look(plateNo: "冀A6677M", color: .blue, isEntry: true, gateNo: "1", org: house.steel.org).judgement.findings.map(\.kind.rawValue)
        }
        #expect(try await look().contains("notFiled"))
        let id = try await house.database.write { [ledgers = house.ledgers, org = house.steel.org] tx in
            try ledgers.create(InternalVehicle.ledger.name, Draft(["plateNo": "冀A6677M", "plateColor": "0"], org: org), by: GateFixture.system, in: tx).id
        }
        #expect(try await look() == ["internalVehicle"])
        try await house.database.write { [ledgers = house.ledgers] tx in try ledgers.delete(InternalVehicle.ledger.name, id: id, reason: "转出", by: GateFixture.system, in: tx) }
        #expect(try await look().contains("internalVehicle") == false)
    }

    @Test func theLastVisitIsKeptToTheHour() async throws {
        let house = try await GateFixture()
        try await house.record(house.pass(1))
        let first = try await house.number("SELECT last_pass_at FROM registered_vehicle WHERE plate_no = \(GateFixture.truck)")
        house.move(seconds: 600)
        try await house.record(house.pass(2, direction: "2"))
        #expect(try await house.number("SELECT last_pass_at FROM registered_vehicle WHERE plate_no = \(GateFixture.truck)") == first)
        house.move(seconds: 3600)
        try await house.record(house.pass(3))
        #expect(try await house.number("SELECT last_pass_at FROM registered_vehicle WHERE plate_no = \(GateFixture.truck)") == house.now.milliseconds)
    }
}
