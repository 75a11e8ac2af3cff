import Identity
import Kernel
import Ledgers
import MobileSources
import Storage
import Testing

@Suite("A-02 门禁时钟偏差")
struct ClockDriftTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let delays: [Int64]
        let drift: Int64?
    }

    static let examples: [Example] = [
        Example(testDescription: "即时到达", delays: [1, 1, 2, 2, 3], drift: nil), Example(testDescription: "少于五条不下结论", delays: [600, 600, 600, 600], drift: nil),
        Example(testDescription: "慢十分钟", delays: [600, 601, 602, 603, 604, 605], drift: 601),
        Example(testDescription: "快三分钟", delays: [-180, -179, -179, -178, -178, -177], drift: -177),
        Example(testDescription: "偶尔晚到不是时钟慢", delays: [1, 2, 900, 900, 900, 900], drift: nil), Example(testDescription: "恰为阈值", delays: [120, 120, 120, 120, 120], drift: nil),
    ]

    @Test("由到达时延判断", arguments: examples)
    func drift(_ example: Example) { #expect(ClockDrift.Delays(example.delays).drift(beyond: 120) == example.drift) }

    @Test("慢钟报警、校准后自行关闭；补传和有待传数据的门禁不算")
    func alarms() async throws {
        let house = try await GateFixture()
        func pass(_ serials: ClosedRange<Int64>, late: Int64, _ changes: [String: JSONValue] = [:]) async throws {
            for serial in serials { try await house.record(house.pass(serial, at: house.now.adding(seconds: -late), changes)) }
        }
        try await pass(1...6, late: 900, ["source": "backfill"])
        #expect(try await house.gates.clockDrift.judge() == 0)
        try await pass(7...12, late: 900)
        #expect(try await house.gates.clockDrift.judge() == 1)
        #expect(try await house.alarmStates() == ["clockDrift new"])
        house.move(seconds: 3600)
        try await pass(13...18, late: 2)
        #expect(try await house.gates.clockDrift.judge() == 0)
        #expect(try await house.alarmStates() == ["clockDrift closed"])
        house.move(seconds: 3600)
        try await pass(19...24, late: 900)
        _ = try await house.gates.heartbeats.beat(GateHeartbeats.Beat(gateNo: "1", lastSerialNo: 30, generatedToday: 30, pending: 6), from: house.steel)
        #expect(try await house.gates.clockDrift.judge() == 0)
    }
}

@Suite("A-42 物料进出计量与过车关联")
struct WeighingJoinTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let net: Double
        let reported: Double?
        let match: WeighingJoin.Match
    }

    static let examples: [Example] = [
        Example(testDescription: "相同", net: 30, reported: 30, match: .agrees), Example(testDescription: "半吨以内", net: 5, reported: 5.5, match: .agrees),
        Example(testDescription: "百分之五以内", net: 40, reported: 42, match: .agrees), Example(testDescription: "超过百分之五", net: 40, reported: 42.1, match: .differs),
        Example(testDescription: "过车未报", net: 40, reported: nil, match: .silent),
    ]

    @Test("比对", arguments: examples)
    func compare(_ example: Example) { #expect(WeighingJoin.compare(net: example.net, reported: example.reported, tolerance: 0.05) == example.match) }

    /// - Returns: `passId matchState differenceTonnes` of the weighing.
    static func state(_ house: GateFixture, _ id: Int64) async throws -> String {
        try await house.database.read { reader in
            let row = try reader.first("SELECT pass_id, match_state, difference_tonnes FROM material_movement WHERE id = \(id)")
            return "\(row?[0].int.map { String($0) } ?? "-") \(row?[1].text ?? "") \(row?[2].double.map { String($0) } ?? "-")"
        }
    }

    static func weigh(_ house: GateFixture, plate: String = GateFixture.truck, net: Double, at: Moment, direction: String = "1") async throws -> Int64 {
        try await house.database.write { [ledgers = house.ledgers] tx in
            let draft = Draft(
                [
                    "weighedAt": .int(at.milliseconds), "plateNo": .string(plate), "direction": .string(direction), "goodsName": "铁矿石", "netTonnes": .double(net),
                    "measuredBy": "scale",
                ],
                org: house.steel.org)
            return try ledgers.create(MaterialMovement.ledger.name, draft, by: GateFixture.system, in: tx).id
        }
    }

    @Test("按号牌、方向和时间找到最近的一次过车，一次过车只对应一次计量")
    func joined() async throws {
        let house = try await GateFixture()
        let passes = try await house.record(house.pass(1, at: house.now.adding(seconds: -7000)), house.pass(2, at: house.now.adding(seconds: -600))).compactMap(\.passId)
        let first = try await Self.weigh(house, net: 36, at: house.now)
        #expect(try await Self.state(house, first) == "\(passes[1]) differs 6.0")
        let second = try await Self.weigh(house, net: 30.2, at: house.now)
        #expect(try await Self.state(house, second) == "\(passes[0]) agrees 0.2")
        let third = try await Self.weigh(house, net: 30, at: house.now)
        #expect(try await Self.state(house, third) == "- pending -")
        let exit = try await Self.weigh(house, net: 30, at: house.now, direction: "2")
        #expect(try await Self.state(house, exit) == "- pending -")
    }

    @Test("过车补传后补上关联；七天没有过车即为无对应")
    func late() async throws {
        let house = try await GateFixture()
        let id = try await Self.weigh(house, net: 30, at: house.now)
        let lost = try await Self.weigh(house, plate: "冀A54321", net: 30, at: house.now)
        #expect(try await house.gates.weighings.joinWaiting() == 0)
        try await house.record(house.pass(1, ["source": "backfill"]))
        #expect(try await house.gates.weighings.joinWaiting() == 1)
        #expect(try await Self.state(house, id) == "1 agrees 0.0")
        house.move(seconds: 8 * 86_400)
        #expect(try await house.gates.weighings.joinWaiting() == 0)
        #expect(try await Self.state(house, lost) == "- absent -")
    }
}

@Suite("A-13 补录率")
struct ManualShareTests {
    @Test("按企业、门岗、月份统计；补录用的门岗归入真实门岗，不进传输率、完整性和数据质量")
    func shares() async throws {
        let house = try await GateFixture()
        let org = house.steel.org
        for serial in 1...3 { try await house.record(house.pass(Int64(serial), at: house.now.adding(seconds: Int64(serial - 10) * 60))) }
        _ = try await house.gates.manualEntries.record(ManualEntryTests.input(), org: org, by: ManualEntryTests.clerk(org))
        let today = house.now.day
        let lines = try await house.gates.manualShare.lines(from: today, to: today, scope: .everything)
        #expect(lines.map { "\($0.org == org) \($0.gateNo ?? "") \($0.month) \($0.all) \($0.manual)" } == ["true 1 202611 4 1"])
        #expect(ManualShare.byEnterprise(lines).map(\.share) == [0.25])
        #expect(try await house.gates.manualShare.lines(from: today, to: today, scope: .organisation(org + 1)).isEmpty)

        let gates = house.gates
        let (sums, doors) = try await house.database.read { reader in
            (
                try gates.transmission.lines(from: today, to: today, perGate: false, scope: .everything, in: reader),
                try gates.transmission.lines(from: today, to: today, perGate: true, scope: .everything, in: reader)
            )
        }
        #expect(sums.map(\.received) == [3] && sums.map(\.generated) == [3] && sums.map(\.manual) == [1])
        #expect(doors.compactMap(\.gateNo) == ["1"])
        #expect(try await gates.completeness.lines(org: org, from: today, to: today, scope: .everything).map(\.gateNo) == ["1"])
        let quality = try await gates.quality.days(from: today, to: today, org: org, scope: .everything)
        #expect(quality.map(\.gates) == [1] && quality.map(\.received) == [3])
    }

    @Test("时间范围过长有提示")
    func tooLong() async throws {
        let house = try await GateFixture()
        await #expect(throws: Failure.self) { _ = try await house.gates.manualShare.lines(from: house.now.day.adding(days: -1000), to: house.now.day, scope: .everything) }
    }
}
