import Alarms
import Identity
import Kernel
import Ledgers
import Points
import Storage
import Testing

@Suite("D9.8.4 时序数据接入、保存与判定")
struct PointEngineTests {
    @Test func `what is taken is read, before and after it is packed, and after a kill`() async throws {
        let house = try await PointFixture()
        let id = try await house.point("GT-1")
        #expect(try await house.send("GT-1", [(0, 1), (5, 2), (10, 3)]).stored == 3)
        #expect(try await house.values(id) == [1, 2, 3])
        house.restart()
        #expect(try await house.values(id) == [1, 2, 3])
        #expect(try await house.engine.pack() == 3)
        #expect(try await house.count("point_journal") == 0)
        #expect(try await house.values(id) == [1, 2, 3])
        try await house.send("GT-1", [(15, 4)])
        house.restart()
        #expect(try await house.values(id) == [1, 2, 3, 4])
        try await house.engine.pack()
        // A short block is filled up instead of making another.
        #expect(try await house.count("point_blocks") == 1)
        #expect(try await house.values(id) == [1, 2, 3, 4])
    }

    @Test(arguments: [false, true])
    func `doubled, late and other values of the same moment`(_ isPacked: Bool) async throws {
        let house = try await PointFixture()
        let id = try await house.point("GT-1")
        try await house.send("GT-1", [(0, 1), (10, 3)])
        if isPacked { try await house.engine.pack() }
        house.restart()
        let receipt = try await house.send("GT-1", [(0, 1), (10, 4), (5, 2), (5, 2), (15, 5)])
        #expect(receipt.received == 5 && receipt.stored == 2 && receipt.late == 1 && receipt.doubled == 2)
        #expect(receipt.refused.map(\.reason) == [.conflict] && receipt.refused[0].index == 1)
        #expect(try await house.values(id) == [1, 2, 3, 5])
        try await house.engine.pack()
        #expect(try await house.values(id) == [1, 2, 3, 5])
        #expect(try await house.send("GT-1", [(5, 2)]).doubled == 1)
    }

    @Test func `what cannot be taken is refused by row, and everything is accounted for`() async throws {
        let house = try await PointFixture()
        try await house.point("GT-1")
        try await house.point("GT-2", org: 2)
        try await house.point("GT-3", ["useState": "disused"])
        let officer = Principal(kind: .client, id: 7, login: "gw", name: "网关", permissions: [PointPermission.report], scope: .organisation(1))
        let at = PointFixture.start
        let reports = [
            PointReport("GT-1", PointSample(at, 1)), PointReport("GT-2", PointSample(at, 1)), PointReport("nobody", PointSample(at, 1)),
            PointReport("GT-1", PointSample(at.adding(seconds: 600), 1)), PointReport("GT-1", PointSample(at.adding(seconds: -86_400 * 40), 1)),
            PointReport("GT-1", PointSample(at.adding(seconds: 1), .nan)), PointReport("GT-3", PointSample(at, 1)), PointReport("GT-1", PointSample(at, 1)),
        ]
        let receipt = try await house.engine.append(reports, source: "网关", by: officer)
        #expect(receipt.refused.map(\.index) == [1, 2, 3, 4, 5, 6])
        #expect(receipt.refused.map(\.reason) == [.unknownPoint, .unknownPoint, .future, .old, .value, .disused])
        #expect(receipt.received == receipt.stored + receipt.doubled + receipt.refused.count && receipt.doubled == 1)
        let (lines, refusals) = try await house.database.read { [engine = house.engine] reader in
            (try engine.receipts(of: at.day, reader), try engine.refusals(of: at.day, limit: 10, reader))
        }
        #expect(lines.map { [$0.received, $0.stored, $0.doubled, $0.refused] } == [[8, 1, 1, 6]])
        #expect(refusals.reduce(0) { $0 + $1.count } == 6)
    }

    @Test func `sums of steps are those of the values, packed or not`() async throws {
        let house = try await PointFixture()
        let id = try await house.point("GT-1")
        var random = SplitMix64(seed: 3)
        let values = (0..<3000).map { (Int64($0 - 3000), Double(random.next() % 1000) / 10) }
        try await house.send("GT-1", Array(values.prefix(2500)))
        try await house.engine.pack()
        try await house.send("GT-1", Array(values.suffix(500)))
        try await house.send("GT-1", [(-1500, -99)].map { ($0.0, $0.1) })
        for step in [60, 700, 5000] as [Int64] {
            let from = PointFixture.start.adding(seconds: -3000)
            let buckets = try await house.engine.aggregate(id, from: from, to: PointFixture.start, step: step * 1000)
            let wanted = Dictionary(grouping: values) { ($0.0 + 3000) / step }
            #expect(buckets.count == wanted.count)
            for bucket in buckets {
                let group = (wanted[Int64(bucket.at.seconds(since: from)) / step] ?? []).map(\.1), count = Double(group.count)
                let mean = group.reduce(0, +) / count
                #expect(bucket.sums.count == group.count && bucket.sums.low == group.min() && bucket.sums.high == group.max())
                #expect(bucket.sums.first?.value == group.first && bucket.sums.last?.value == group.last)
                #expect(abs((bucket.sums.mean ?? 0) - mean) < 1e-9)
                let deviation = (group.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
                #expect(abs((bucket.sums.deviation ?? 0) - deviation) < 1e-6)
            }
        }
    }

    @Test func `bad values are kept and counted, never summed`() async throws {
        let house = try await PointFixture()
        let id = try await house.point("GT-1")
        try await house.send("GT-1", [(0, 10)])
        try await house.send("GT-1", [(5, 9999)], quality: .bad)
        try await house.engine.pack()
        let sums = try #require(try await house.engine.aggregate(id, from: PointFixture.start, to: PointFixture.start.adding(seconds: 60), step: 60_000).first).sums
        #expect(sums.count == 1 && sums.bad == 1 && sums.high == 10)
        #expect(try await house.values(id) == [10, 9999])
        #expect(try await house.alarmStates().isEmpty)
    }

    @Test func `a value beyond its limit is an alarm in the same transaction, and ends itself`() async throws {
        let house = try await PointFixture()
        let id = try await house.point("GT-1", ["unitClass": "majorHazard"])
        try await house.send("GT-1", [(0, 3), (5, 26)])
        #expect(try await house.alarmStates() == ["pointHigh new"])
        try await house.send("GT-1", [(10, 60)])
        #expect(try await house.alarmStates() == ["pointHigh new", "pointHighHigh new"])
        let (alarm, curve) = try await house.database.read { [alarms = house.alarms] reader -> (Alarm, AlarmCurve?) in
            let alarm = try alarms.required(2, by: .system(), in: reader)
            return (alarm, try alarms.curve(of: alarm, by: .system(), in: reader))
        }
        #expect(alarm.traits == ["highHigh", "majorHazard"] && alarm.source == AlarmSource("monitoringPoint", id) && alarm.title.contains("二级报警：60.00 %LEL，限值 50.00 %LEL"))
        #expect(curve?.samples.map(\.value) == [3, 26, 60] && curve?.high == 25)
        house.restart()
        try await house.send("GT-1", [(15, 3)])
        #expect(try await house.alarmStates() == ["pointHigh closed", "pointHighHigh closed"])
    }

    @Test func `limits are those of now`() async throws {
        let house = try await PointFixture()
        let id = try await house.point("GT-1")
        try await house.send("GT-1", [(0, 30)])
        _ = try await house.ledgers.update("monitoringPoint", id: id, Draft(["high": 40, "highHigh": 60]), expectedVersion: nil, by: PointFixture.system)
        try await house.send("GT-1", [(5, 30)])
        #expect(try await house.alarmStates() == ["pointHigh closed"])
        await #expect(throws: Failure.self) {
            try await house.ledgers.update("monitoringPoint", id: id, Draft(["high": 70]), expectedVersion: nil, by: PointFixture.system)
        }
    }

    @Test func `silence is noticed, and what speaks again is on-line`() async throws {
        let house = try await PointFixture()
        try await house.point("GT-1", ["offlineAfter": 60])
        try await house.point("GT-2", ["offlineAfter": 0])
        for code in ["GT-1", "GT-2"] { try await house.send(code, [(0, 1)]) }
        house.move(seconds: 60)
        #expect(try await house.engine.watch().offline == 0)
        house.move(seconds: 1)
        #expect(try await house.engine.watch().offline == 1)
        #expect(try await house.engine.watch().offline == 0)
        house.restart()
        #expect(try await house.engine.watch().offline == 0)
        #expect(try await house.alarmStates() == ["pointOffline new"])
        try await house.send("GT-1", [(62, 1)])
        // While the platform was not there nobody was silent.
        house.move(seconds: 86_400)
        house.restart()
        #expect(try await house.engine.watch().offline == 0)
        house.move(seconds: 61)
        #expect(try await house.engine.watch().offline == 1)
        try await house.send("GT-1", [(86_522, 1)])
        #expect(try await house.alarmStates() == ["pointOffline closed", "pointOffline closed"])
    }

    @Test func `what is paused raises nothing, and what stood of it ends`() async throws {
        let house = try await PointFixture()
        let id = try await house.point("GT-1")
        try await house.send("GT-1", [(0, 30)])
        let until = PointFixture.start.adding(seconds: 3600)
        _ = try await house.ledgers.update(
            "monitoringPoint", id: id, Draft(["useState": "maintenance", "useUntil": .string(until.text)]), expectedVersion: nil, by: PointFixture.system)
        #expect(try await house.engine.watch().released == 1)
        #expect(try await house.alarmStates() == ["pointHigh closed"])
        try await house.send("GT-1", [(5, 60)])
        #expect(try await house.alarmStates().count == 1)
        house.move(seconds: 3600)
        try await house.send("GT-1", [(3600, 60)])
        #expect(try await house.alarmStates() == ["pointHigh closed", "pointHighHigh new"])
    }

    @Test func `a door keeps little and knows what it left out`() async throws {
        let house = try await PointFixture()
        let id = try await house.point("LI-1", ["kind": "level", "unit": "m", "deviation": 0.05])
        try await house.send("LI-1", (0..<600).map { (Int64($0) - 600, 5 + Double($0) / 100) })
        try await house.engine.pack()
        let values = try await house.values(id)
        #expect(values.count < 10 && values.first == 5 && values.last == 10.99)
        let again = try await house.send("LI-1", [(-300, 8)])
        #expect(again.doubled == 1)
        let sums = try await house.engine.aggregate(id, from: PointFixture.start.adding(seconds: -600), to: PointFixture.start, step: 600_000)
        #expect(sums.first?.sums.count == 600)
    }

    @Test func `old blocks go by their points' days`() async throws {
        let house = try await PointFixture()
        let short = try await house.point("GT-1", ["keepDays": 15]), long = try await house.point("GT-2", ["keepDays": 30])
        for code in ["GT-1", "GT-2"] { try await house.send(code, [(-86_400 * 20, 1), (-86_400 * 20 + 5, 1)]) }
        try await house.engine.pack()
        for code in ["GT-1", "GT-2"] { try await house.send(code, [(0, 2)]) }
        try await house.engine.pack()
        _ = try await house.engine.forgetOld()
        #expect(try await house.values(long).count == 3)
        #expect(try await house.values(short) == [2])
    }

    @Test func `computed points follow theirs, moment by moment, and are judged`() async throws {
        let house = try await PointFixture()
        for code in ["A", "B"] { try await house.point(code, ["kind": "temperature", "unit": "℃"]) }
        let sum = try await house.point("SUM", ["kind": "temperature", "unit": "℃", "formula": "{A} + {B}", "high": 100, "band": 1])
        let at = PointFixture.start
        let reports = [("A", 0, 1.0), ("B", 5, 2), ("A", 5, 10), ("A", 10, 99), ("B", 15, 0)].map { PointReport($0.0, PointSample(at.adding(seconds: Int64($0.1)), $0.2)) }
        let receipt = try await house.engine.append(reports + [PointReport("SUM", PointSample(at, 7))], source: "测试", by: PointFixture.system)
        #expect(receipt.stored == 5 && receipt.refused.map(\.reason) == [.computed])
        #expect(try await house.values(sum) == [12, 101, 99])
        #expect(try await house.alarmStates() == ["pointHigh closed"])
        house.restart()
        #expect(try await house.values(sum) == [12, 101, 99])
        for formula in ["{SUM} + 1", "{nobody}", "1 +"] {
            await #expect(throws: Failure.self) { try await house.point("BAD", ["formula": .string(formula)]) }
        }
        try await house.point("OTHER", org: 2)
        await #expect(throws: Failure.self) { try await house.point("BAD", ["formula": "{OTHER}"]) }
    }

    @Test func `many senders at once lose nothing and double nothing`() async throws {
        let house = try await PointFixture()
        var ids: [Int64] = []
        for index in 0..<8 { ids.append(try await house.point("P-\(index)")) }
        let receipts = try await withThrowingTaskGroup(of: PointReceipt.self) { group in
            for sender in 0..<24 {
                group.addTask {
                    // Each batch is sent twice by different senders.
                    try await house.send("P-\(sender / 3)", (0..<50).map { (Int64($0), Double($0)) })
                }
            }
            group.addTask {
                try await house.engine.pack()
                return PointReceipt()
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(receipts.reduce(0) { $0 + $1.stored } == 400)
        #expect(receipts.reduce(0) { $0 + $1.doubled } == 800)
        try await house.engine.pack()
        for id in ids { #expect(try await house.values(id) == (0..<50).map(Double.init)) }
    }
}
