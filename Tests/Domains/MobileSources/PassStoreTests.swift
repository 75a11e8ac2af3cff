import Identity
import Kernel
import Ledgers
import MobileSources
import Storage
import Testing

@Suite("A-41 A-02 过车入库")
struct PassStoreTests {
    @Test func storesAndTellsTheVerdict() async throws {
        let house = try await GateFixture()
        let result = try #require(try await house.record(house.pass(1)).first)
        #expect(result.status == .stored && result.verdict == "allow" && result.codes == [])
        let row = try #require(try await house.database.read { try $0.first("SELECT * FROM gate_pass WHERE id = \(result.passId ?? 0)") })
        #expect(
            row.text("plate_no") == GateFixture.truck && row.text("emission_stage") == "5" && row.text("industry") == "01" && row.text("area") == "130102"
                && row.int("org") == house.steel.org)
        #expect(house.gates.feed.total == 1)
    }

    @Test func theSameSerialAgain() async throws {
        let house = try await GateFixture()
        let first = try #require(try await house.record(house.pass(1)).first)
        let again = try #require(try await house.record(house.pass(1)).first)
        #expect(again.status == .duplicate && again.passId == first.passId && again.verdict == "allow")
        let other = try #require(try await house.record(house.pass(1, ["cargoTonnes": 31])).first)
        #expect(other.status == .rejected && other.errors.map(\.code) == ["40901"])
        #expect(try await house.number("SELECT COUNT(*) FROM gate_pass") == 1)
        #expect(try await house.number("SELECT duplicates FROM gate_daily") == 1)
        #expect(try await house.number("SELECT rejected FROM gate_daily") == 1)
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let changes: [String: JSONValue]
        let fields: [String]
    }

    static let refusals: [Refusal] = [
        Refusal(testDescription: "未登记的出入口", changes: ["gateNo": "9"], fields: ["gateNo"]),
        Refusal(testDescription: "未登记的道闸", changes: ["barrierNo": "777"], fields: ["barrierNo"]),
        Refusal(testDescription: "手动抬杆没有原因", changes: ["barrierAction": "1"], fields: ["liftReason"]),
        Refusal(testDescription: "人工补录没有补录人和原因", changes: ["source": "manual"], fields: ["operator", "reason"]),
        Refusal(testDescription: "晚于现在五分钟以上", changes: ["passedAt": "2026-11-21T08:05:01+08:00"], fields: ["passedAt"]),
        Refusal(testDescription: "没有时区", changes: ["passedAt": "2026-11-21 07:00:00"], fields: ["passedAt"]),
        Refusal(testDescription: "缺少必填项", changes: ["plateNo": .null, "direction": .null, "source": .null], fields: ["direction", "plateNo", "source"]),
        Refusal(
            testDescription: "错误一次说全", changes: ["direction": "3", "plateColor": "7", "headPhoto": "abc", "cargoTonnes": -1, "emissionStage": "9", "confidence": 2],
            fields: ["cargoTonnes", "confidence", "direction", "emissionStage", "headPhoto", "plateColor"]),
    ]

    @Test(arguments: refusals)
    func refuses(_ example: Refusal) async throws {
        let house = try await GateFixture()
        let results = try await house.record(house.pass(1, example.changes), house.pass(2))
        #expect(results.map(\.status) == [.rejected, .stored] && results[0].wrongFields == example.fields)
        #expect(try await house.number("SELECT COUNT(*) FROM gate_pass") == 1)
    }

    @Test func unknownNamesAreReportedNotRefused() async throws {
        let house = try await GateFixture()
        let result = try #require(try await house.record(house.pass(1, ["weather": "晴"])).first)
        #expect(result.status == .stored && result.ignored == ["weather"])
    }

    struct Judged: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let changes: [String: JSONValue]
        let verdict: String
        let findings: [String]
    }

    static let judged: [Judged] = [
        Judged(testDescription: "未备案", changes: ["plateNo": "冀A99999"], verdict: "refuse", findings: ["notFiled", "strategyBreached", "stageUnknown"]),
        Judged(testDescription: "无牌", changes: ["plateNo": "无牌"], verdict: "unknown", findings: ["plateMissing"]),
        Judged(testDescription: "上报阶段与备案不一致", changes: ["emissionStage": "6"], verdict: "allow", findings: ["stageMismatch"]),
        Judged(testDescription: "上报燃料与备案不一致", changes: ["fuel": "E"], verdict: "allow", findings: ["fuelMismatch"]),
        Judged(testDescription: "方向与道闸不符", changes: ["barrierNo": "002"], verdict: "allow", findings: ["wrongDirection"]),
        Judged(testDescription: "手动抬杆", changes: ["barrierAction": "1", "liftReason": "识别失败"], verdict: "allow", findings: ["liftedByHand"]),
        Judged(testDescription: "缺少照片", changes: ["headPhoto": .null, "bodyPhoto": .null], verdict: "allow", findings: ["incomplete"]),
    ]

    @Test(arguments: judged)
    func judges(_ example: Judged) async throws {
        let house = try await GateFixture()
        let result = try #require(try await house.record(house.pass(1, example.changes)).first)
        #expect(result.verdict == example.verdict && result.codes == example.findings)
    }

    @Test func entryAndExitNameEachOther() async throws {
        let house = try await GateFixture()
        let entry = try #require(try await house.record(house.pass(1)).first?.passId)
        house.move(seconds: 600)
        let exit = try #require(try await house.record(house.pass(2, direction: "2")).first)
        #expect(exit.codes == [])
        #expect(try await house.number("SELECT pair_id FROM gate_pass WHERE id = \(entry)") == exit.passId)
        #expect(try await house.number("SELECT pair_id FROM gate_pass WHERE id = \(exit.passId ?? 0)") == entry)
        house.move(seconds: 60)
        let second = try #require(try await house.record(house.pass(3, direction: "2")).first)
        #expect(second.codes == ["exitWithoutEntry"])
    }

    @Test func anExitBeforeItsEntryIsSaid() async throws {
        let house = try await GateFixture()
        try await house.record(house.pass(1))
        let exit = try #require(try await house.record(house.pass(2, direction: "2", at: house.now.adding(seconds: -60))).first)
        #expect(exit.codes == ["exitBeforeEntry"])
    }

    @Test func aLateEntryFindsItsExit() async throws {
        let house = try await GateFixture()
        let exit = try #require(try await house.record(house.pass(2, direction: "2")).first?.passId)
        let entry = try #require(try await house.record(house.pass(1, at: house.now.adding(seconds: -900), ["source": "backfill"])).first?.passId)
        #expect(try await house.number("SELECT pair_id FROM gate_pass WHERE id = \(exit)") == entry)
        #expect(try await house.number("SELECT pair_id FROM gate_pass WHERE id = \(entry)") == exit)
    }

    @Test func aPhotoUsedTwiceRaisesAnAlarm() async throws {
        let house = try await GateFixture()
        try await house.record(house.pass(1))
        let reused = try #require(try await house.record(house.pass(2, ["headPhoto": .string(GateFixture.photo(1, 1))])).first)
        #expect(reused.codes == ["duplicatePhoto"])
        #expect(try await house.alarmStates() == ["photoReused new"])
    }

    @Test func aRefusedVehicleLetThroughRaisesAnAlarm() async throws {
        let house = try await GateFixture()
        try await house.record(house.pass(1, plate: "冀A99999", ["barrierAction": "0"]))
        #expect(try await house.alarmStates() == [])
        try await house.record(house.pass(2, plate: "冀A99999", ["barrierAction": "1", "liftReason": "领导同意"]))
        #expect(try await house.alarmStates() == ["strategyPassed new"])
        #expect(try await house.number("SELECT refused * 10 + refused_lifted FROM gate_daily") == 21)
    }

    @Test func internalVehiclesAreNotTransport() async throws {
        let house = try await GateFixture()
        let org = house.steel.org
        try await house.database.write { [ledgers = house.ledgers] tx in
            _ = try ledgers.create(InternalVehicle.ledger.name, Draft(["plateNo": "冀A11111", "plateColor": "0"], org: org), by: GateFixture.system, in: tx)
        }
        let result = try #require(try await house.record(house.pass(1, plate: "冀A11111", color: "0")).first)
        #expect(result.verdict == "allow" && result.codes == ["internalVehicle"])
        #expect(try await house.number("SELECT COUNT(*) FROM pass_daily") == 0)
        #expect(try await house.number("SELECT COUNT(*) FROM plate_month") == 0)
        #expect(try await house.number("SELECT received FROM gate_daily") == 1)
    }
}
