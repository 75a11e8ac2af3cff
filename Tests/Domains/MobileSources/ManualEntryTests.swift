import Identity
import Kernel
import MobileSources
import Storage
import Testing

@Suite("A-13 人工补录")
struct ManualEntryTests {
    static func input(_ plate: String = "冀A12345", _ change: (inout ManualEntry.Input) -> Void = { _ in }) -> ManualEntry.Input {
        var input = ManualEntry.Input(
            gateNo: "1", direction: "1", plate: PlateNumber(normalizing: plate), color: .yellow, passedAt: GateFixture.start.adding(seconds: -3600), operatorName: "张工",
            reason: "识别机断电", barrierAction: "2")
        change(&input)
        return input
    }

    static func clerk(_ org: Int64) -> Principal {
        Principal(kind: .user, id: 9, login: "clerk", name: "张工", organisation: org, permissions: ["gate.manualEntry"], scope: .organisation(org))
    }

    @Test("补录与自动采集同样研判，标明来源，单独编号，不影响门岗的流水号")
    func stored() async throws {
        let fixture = try await GateFixture()
        let org = fixture.steel.org
        try await fixture.record(fixture.pass(7))
        for (minutes, plate) in [(0, "冀A12345"), (10, "冀A99999")] {
            let result = try await fixture.gates.manualEntries.record(
                Self.input(plate) { $0.passedAt = $0.passedAt.adding(seconds: Int64(minutes) * 60) }, org: org, by: Self.clerk(org))
            #expect(result.status == .stored)
            #expect(result.verdict == (plate == "冀A12345" ? "allow" : "refuse"))
        }
        let stored = try await fixture.database.read { try $0.rows("SELECT gate_no, serial_no, source, operator, reason FROM gate_pass WHERE source = 'manual' ORDER BY id") }
        #expect(stored.map { $0[0].text } == ["B1", "B1"])
        #expect(stored.map { $0[1].int } == [1, 2])
        #expect(stored.allSatisfy { $0[3].text == "张工" && $0[4].text == "识别机断电" })
        #expect(try await fixture.number("SELECT last_serial FROM gate_state WHERE org = \(org) AND gate_no = '1'") == 7)
        #expect(try await fixture.number("SELECT COUNT(*) FROM serial_gap") == 0)
        #expect(try await fixture.number("SELECT SUM(manual) FROM gate_daily WHERE org = \(org)") == 2)
        #expect(fixture.gates.registry.snapshot.realGateNos(of: org) == ["1"])
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let field: String
        let input: ManualEntry.Input
    }

    static let wrong: [Wrong] = [
        Wrong(testDescription: "没有的门岗", field: "gateNo", input: input { $0.gateNo = "9" }),
        Wrong(testDescription: "补录用的门岗不能再补录", field: "gateNo", input: input { $0.gateNo = "B1" }),
        Wrong(testDescription: "没有方向", field: "direction", input: input { $0.direction = "" }),
        Wrong(testDescription: "没有号牌", field: "plateNo", input: input("")),
        Wrong(testDescription: "未来", field: "passedAt", input: input { $0.passedAt = GateFixture.start.adding(seconds: 600) }),
        Wrong(testDescription: "八天以前", field: "passedAt", input: input { $0.passedAt = GateFixture.start.adding(seconds: -8 * 86_400) }),
        Wrong(testDescription: "没有补录人", field: "operator", input: input { $0.operatorName = "" }),
        Wrong(testDescription: "没有原因", field: "reason", input: input { $0.reason = "" }),
        Wrong(testDescription: "手动抬杆没有原因", field: "liftReason", input: input { $0.barrierAction = "1" }),
        Wrong(testDescription: "运输量过大", field: "cargoTonnes", input: input { $0.cargoTonnes = 1001 }),
    ]

    @Test("填写有误时一条也不存", arguments: wrong)
    func refused(_ wrong: Wrong) async throws {
        let fixture = try await GateFixture()
        let org = fixture.steel.org
        do {
            _ = try await fixture.gates.manualEntries.record(wrong.input, org: org, by: Self.clerk(org))
            Issue.record("accepted")
        } catch let failure as Failure {
            #expect(failure.fields.map(\.field) == [wrong.field])
        }
        #expect(try await fixture.number("SELECT COUNT(*) FROM gate_pass") == 0)
    }

    @Test("同一车同一时间只补录一次；别的企业不能替它补录")
    func guarded() async throws {
        let fixture = try await GateFixture()
        let org = fixture.steel.org
        _ = try await fixture.gates.manualEntries.record(Self.input(), org: org, by: Self.clerk(org))
        await #expect(throws: Failure.self) { _ = try await fixture.gates.manualEntries.record(Self.input(), org: org, by: Self.clerk(org)) }
        await #expect(throws: Failure.self) { _ = try await fixture.gates.manualEntries.record(Self.input(), org: org, by: Self.clerk(org + 1)) }
        #expect(try await fixture.number("SELECT COUNT(*) FROM gate_pass") == 1)
    }
}
