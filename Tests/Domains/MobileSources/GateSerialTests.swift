import Identity
import Kernel
import MobileSources
import Storage
import Testing

@Suite("A-30 漏传识别与心跳")
struct GateSerialTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let serials: [Int64]
        let gaps: [[Int64]]
    }

    static let examples: [Example] = [
        Example(testDescription: "连续", serials: [5, 6, 7], gaps: []),
        Example(testDescription: "断号", serials: [5, 9], gaps: [[6, 8]]),
        Example(testDescription: "补齐", serials: [5, 7, 6], gaps: []),
        Example(testDescription: "补在断号之首", serials: [5, 9, 6], gaps: [[7, 8]]),
        Example(testDescription: "补在断号之尾", serials: [5, 9, 8], gaps: [[6, 7]]),
        Example(testDescription: "补在断号之中", serials: [5, 10, 7], gaps: [[6, 6], [8, 9]]),
        Example(testDescription: "早于首条的补传", serials: [5, 2], gaps: [[3, 4]]),
        Example(testDescription: "两处断号", serials: [1, 3, 6], gaps: [[2, 2], [4, 5]]),
    ]

    @Test(arguments: examples)
    func holes(_ example: Example) async throws {
        let house = try await GateFixture()
        for serial in example.serials { try await house.record(house.pass(serial)) }
        #expect(try await house.gaps() == example.gaps)
        #expect(try await house.gates.rollups.verify().differences == [])
    }

    @Test func aHeartbeatIsToldWhatIsMissing() async throws {
        let house = try await GateFixture()
        try await house.record(house.pass(1), house.pass(4))
        #expect(try await house.beat(last: 6, today: 6) == [[2, 3], [5, 6]])
        #expect(try await house.beat(last: 6, today: 6) == [[2, 3], [5, 6]])
        try await house.record(house.pass(5, ["source": "backfill"]))
        #expect(try await house.beat(last: 6, today: 6) == [[2, 3], [6, 6]])
    }

    @Test func aGateThatNeverSentOwesOnlyToday() async throws {
        let house = try await GateFixture()
        #expect(try await house.beat(last: 5000, today: 3) == [[4998, 5000]])
    }

    @Test func aLeakOpensAndClosesItself() async throws {
        let house = try await GateFixture()
        try await house.record(house.pass(1), house.pass(3))
        house.move(seconds: 599)
        #expect(try await house.gates.watch.noticeLeaks() == 0)
        house.move(seconds: 2)
        #expect(try await house.gates.watch.noticeLeaks() == 1)
        #expect(try await house.gates.watch.noticeLeaks() == 0)
        #expect(try await house.alarmStates() == ["dataLeak new"])
        try await house.record(house.pass(2, ["source": "backfill"]))
        #expect(try await house.alarmStates() == ["dataLeak closed"])
    }

    @Test func silenceOpensAndAHeartbeatCloses() async throws {
        let house = try await GateFixture()
        try await house.beat(last: 0)
        house.move(seconds: 181)
        #expect(try await house.gates.watch.noticeSilence() == 1)
        #expect(try await house.gates.watch.noticeSilence() == 0)
        #expect(try await house.alarmStates() == ["gateOffline new"])
        try await house.beat(last: 0)
        #expect(try await house.alarmStates() == ["gateOffline closed"])
        house.move(seconds: 181)
        #expect(try await house.gates.watch.noticeSilence() == 1)
        #expect(try await house.alarmStates() == ["gateOffline closed", "gateOffline new"])
    }

    @Test func aPhotoThatDoesNotComeIsSaid() async throws {
        let house = try await GateFixture()
        try await house.record(house.pass(1))
        house.move(seconds: 601)
        #expect(try await house.gates.watch.noticeMissingPhotos() == 1)
        #expect(try await house.gates.watch.noticeMissingPhotos() == 0)
        #expect(try await house.value("SELECT findings FROM gate_pass")?.text == "[\"photoMissing\"]")
        #expect(try await house.gates.rollups.verify().differences == [])
    }

    @Test func transmissionRate() async throws {
        let house = try await GateFixture()
        func rate() async throws -> [Double?] {
            let today = house.now.day
            let gates = house.gates
            return try await house.database.read { try gates.transmission.lines(from: today, to: today, perGate: false, scope: .everything, in: $0) }.map(\.rate)
        }
        #expect(try await rate() == [])
        try await house.beat(last: 0)
        #expect(try await rate() == [nil])
        try await house.record(house.pass(1), house.pass(2), house.pass(3))
        #expect(try await rate() == [1])
        try await house.beat(last: 4, today: 4)
        #expect(try await rate() == [0.75])
        try await house.record(house.pass(4))
        #expect(try await rate() == [1])
    }

    @Test func yesterdayBelowTheTargetIsAnAlarm() async throws {
        let house = try await GateFixture()
        for serial in 1...9 { try await house.record(house.pass(Int64(serial))) }
        try await house.beat(last: 10, today: 10)
        house.move(seconds: 86_400)
        #expect(try await house.gates.transmission.judgeYesterday() == 1)
        #expect(try await house.alarmStates().contains("lowTransmission new"))
    }
}
