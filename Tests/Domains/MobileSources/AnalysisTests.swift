import Cryptography
import GateOffice
import Identity
import Kernel
import Ledgers
import Media
import MobileSources
import Schedules
import Storage
import Testing

@Suite("A-04 A-11 A-45 试算、解释、研判与抽查")
struct AnalysisTests {
    @Test func aVerdictIsToldWithTheStrategyOfItsDay() async throws {
        let house = try await GateFixture()
        try await house.file("冀A40000", stage: "4")
        _ = try await house.gates.warnings.start(.orange, counties: ["130102"], basis: "预警", by: GateFixture.system)
        house.move(seconds: 60)
        let id = try #require(try await house.record(house.pass(1, plate: "冀A40000")).first?.passId)
        let strategy = try #require(try await house.number("SELECT strategy_id FROM gate_pass"))
        // The strategy is changed afterwards: then it asks for nothing.
        try await house.database.write { [ledgers = house.ledgers] tx in
            _ = try ledgers.update(ControlStrategy.ledger.name, id: strategy, Draft(["minimumStage": "0", "name": "改后的策略"]), expectedVersion: nil, by: GateFixture.system, in: tx)
        }
        let answer = try await house.gates.explanations.explain(id, scope: .everything)
        #expect(answer.verdict == .refuse && answer.agrees && answer.knowsStrategy && answer.facts.strategy?.name == "橙色预警管控（C、D 级）")
        #expect(answer.findings.map(\.message) == ["橙色预警 要求国五及以上，该车为国四"])
        #expect(answer.explanation.steps.map(\.outcome) == [.skipped, .passed, .passed, .failed])
        #expect(answer.summary.contains("冀A40000 2026-11-21 08:01:00") && answer.summary.contains("不允许通行"))
        await #expect(throws: Failure.self) { try await house.gates.explanations.explain(id, scope: .areas(["130104"])) }
    }

    @Test func aStrategyIsTriedOnThePast() async throws {
        let house = try await GateFixture()
        try await house.file("冀A40000", stage: "4")
        try await house.file("冀AD12345", color: "4", stage: "D", fuel: "C")
        for serial in 1...70 { try await house.record(house.pass(Int64(serial), plate: "冀A40000", at: house.now.adding(seconds: Int64(-serial) * 60))) }
        try await house.record(house.pass(71), house.pass(72, plate: "冀AD12345", color: "4"))
        let cement = try await house.cement()
        try await house.record(house.pass(1, plate: "冀A40000", ["headPhoto": .null, "bodyPhoto": .null]), from: cement)
        let draft = Strategy(id: 0, version: 1, name: "试算", level: .red, industry: "01", minimumStage: .five)
        let day = house.now.day
        let request = StrategyDryRun.Request(strategies: [draft], level: .red, from: day, to: day)
        let report = try await house.gates.dryRun.run(request, scope: .everything)
        #expect(report.total.judged == 72 && report.total.refused == 70 && report.total.tonnes == 2100 && report.newlyRefused == 70 && report.outside == 1 && report.released == 0)
        #expect(
            report.byStage[.four]?.refused == 70 && report.byStage[.electric]?.refused == 0 && report.byEnterprise[house.steel.org]?.judged == 72
                && report.byDay[day]?.refused == 70)
        #expect((25...50).contains(report.sample.count) && report.sample.allSatisfy { $0.reason == "要求国五及以上，该车为国四" })
        let capped = Strategy(id: 0, version: 1, name: "限车次", level: .red, dailyTripCap: 10)
        let limited = try await house.gates.dryRun.run(StrategyDryRun.Request(strategies: [capped], level: .red, from: day, to: day), scope: .organisation(house.steel.org))
        #expect(limited.total.judged == 72 && limited.total.refused == 61)
        await #expect(throws: CancellationError.self) { try await house.gates.dryRun.run(request, scope: .everything) { _, _ in throw CancellationError() } }
        await #expect(throws: Failure.self) {
            try await house.gates.dryRun.run(StrategyDryRun.Request(strategies: [], level: .red, from: day, to: day.adding(days: -1)), scope: .everything)
        }
    }

    @Test func surgeAndNight() async throws {
        let house = try await GateFixture()
        var serial: Int64 = 0
        for before in 1...6 {
            let morning = house.now.day.adding(days: -before).start.adding(seconds: 9 * 3600)
            for index in 0..<10 {
                serial += 1
                try await house.record(house.pass(serial, at: morning.adding(seconds: Int64(index) * 60), ["source": "backfill"]))
            }
        }
        let night = house.now.day.start.adding(seconds: 3600)
        for index in 0..<31 {
            serial += 1
            try await house.record(house.pass(serial, at: night.adding(seconds: Int64(index) * 60), ["source": "backfill"]))
        }
        #expect(try await house.gates.analytics.judge(house.now.day) == 2)
        #expect(try await house.alarmStates() == ["flowSurge new", "nightConcentration new"])
        #expect(try await house.gates.analytics.judge(house.now.day.adding(days: -1)) == 0)
        try await house.gates.analytics.save(["surgeFactor": "4", "nightTrips": "32"], by: GateFixture.system)
        #expect(try await house.gates.analytics.judge(house.now.day) == 0)
        let failure = await #expect(throws: Failure.self) { try await house.gates.analytics.save(["surgeFactor": "0", "nightShare": "viel"], by: GateFixture.system) }
        #expect(failure?.fields.map(\.field) == ["surgeFactor", "nightShare"])
    }

    @Test(arguments: [(12, true), (8, false)])
    func noCutDuringAWarning(_ trips: Int, _ isRaised: Bool) async throws {
        let house = try await GateFixture()
        let today = house.now.day
        _ = try await house.gates.warnings.start(.yellow, counties: ["130102"], startsAt: today.adding(days: -2).start, basis: "预警", by: GateFixture.system)
        var serial: Int64 = 0
        for before in 1...9 {
            for index in 0..<(before <= 2 ? trips : 12) {
                serial += 1
                try await house.record(house.pass(serial, at: today.adding(days: -before).start.adding(seconds: Int64(36_000 + index * 60)), ["source": "backfill"]))
            }
        }
        #expect(try await house.gates.analytics.judge(today.adding(days: -1)) == (isRaised ? 1 : 0))
        #expect(try await house.alarmStates() == (isRaised ? ["noReduction new"] : []))
    }

    @Test("他车的照片重新压缩、缩小后再用会报警；同一门口不同的车不会")
    func onePictureForTwoVehicles() async throws {
        let house = try await GateFixture()
        func photo(_ plate: String, seed: UInt64) throws -> Picture {
            try DemoPhoto(kind: .body, plate: plate, color: .yellow, moment: house.now, enterprise: "示例钢铁", gate: "1号门 进 001", seed: seed).picture()
        }
        let first = try photo("冀A12345", seed: 7)
        let pictures = [try first.jpeg(quality: 84), try photo("冀A99998", seed: 21).jpeg(quality: 84), try first.scaled(width: 800, height: 450).jpeg(quality: 55)]
        var hashes: [String] = []
        for picture in pictures { hashes.append(try await house.photos.receive(picture, expectedSHA256: nil, organisation: nil, clock: house.clock).sha256) }
        for (index, plate) in ["冀A12345", "冀A99998", "冀A99997"].enumerated() {
            try await house.record(
                house.pass(
                    Int64(index + 1), plate: plate, at: house.now.adding(seconds: Int64(index - 3) * 60),
                    ["barrierAction": "0", "headPhoto": .null, "bodyPhoto": .string(hashes[index])]))
        }
        #expect(try await house.photos.hashWaiting(limit: 10, clock: house.clock) == 3)
        let now = house.now
        #expect(try await house.gates.analytics.judgePictures(since: now.adding(seconds: -300), until: now.adding(seconds: 1)) == 1)
        let alarms = try await house.database.read { try $0.rows("SELECT plate, kind FROM alarms ORDER BY id").map { "\($0[0].text ?? "") \($0[1].text ?? "")" } }
        #expect(alarms == ["冀A99997 photoReused"])
        #expect(try await house.gates.analytics.judgePictures(since: now.adding(seconds: 1), until: now.adding(seconds: 300)) == 0)
    }

    @Test func aSeedDrawsTheSamePassesAgain() async throws {
        let house = try await GateFixture()
        for serial in 1...40 { try await house.record(house.pass(Int64(serial), at: house.now.adding(seconds: Int64(-serial) * 60))) }
        let day = house.now.day
        let first = try await house.gates.randomChecks.draw(org: house.steel.org, from: day, to: day, count: 6, seed: 42, by: GateFixture.system)
        let again = try await house.gates.randomChecks.draw(org: house.steel.org, from: day, to: day, count: 6, seed: 42, by: GateFixture.system)
        let other = try await house.gates.randomChecks.draw(org: house.steel.org, from: day, to: day, count: 6, seed: 43, by: GateFixture.system)
        #expect(first.sheet == again.sheet && first.sheet.lines.map(\.passId) != other.sheet.lines.map(\.passId))
        #expect(first.sheet.population == 40 && Set(first.sheet.lines.map(\.passId)).count == 6)
        #expect(first.sheet.lines.allSatisfy { $0.missing.contains("车辆识别代号") && $0.stageVerdict == .unproven && $0.storedStage == "5" })
        let answers = first.sheet.lines.map { RandomChecks.Answer(passId: $0.passId, conclusion: .fits, note: "") }
        let failure = await #expect(throws: Failure.self) {
            try await house.gates.randomChecks.finish(first.id, answers: Array(answers.dropLast()), remark: "", by: GateFixture.system)
        }
        #expect(failure?.fields.count == 1)
        _ = try await house.gates.randomChecks.save(first.id, answers: Array(answers.prefix(2)), remark: "现场", by: GateFixture.system)
        let finished = try await house.gates.randomChecks.finish(first.id, answers: answers, remark: "无异常", by: GateFixture.system)
        #expect(finished.state == .finished && finished.finishedAt == house.now)
        #expect(try await house.gates.randomChecks.find(first.id, scope: .everything) == finished)
        #expect(try await house.gates.randomChecks.find(first.id, scope: .areas(["130104"])) == nil)
        #expect(try await house.gates.randomChecks.list(scope: .everything).map(\.id) == [other.id, again.id, first.id])
        await #expect(throws: Failure.self) { try await house.gates.randomChecks.save(first.id, answers: [], remark: "", by: GateFixture.system) }
        await #expect(throws: Failure.self) {
            try await house.gates.randomChecks.draw(org: house.steel.org, from: day, to: day.adding(days: -1), count: 11, seed: 1, by: GateFixture.system)
        }
    }

    @Test func theGeneratorIsTheOneItsSeedsWereKeptFor() {
        var generator = SplitMix64(seed: 1_234_567)
        #expect([generator.next(), generator.next(), generator.next()] == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
        for (count, total) in [(5, 0), (5, 3), (5, 5), (5, 6), (10, 1000)] {
            let positions = generator.positions(count, of: total)
            #expect(
                positions.count == min(count, total) && Set(positions).count == positions.count && positions.allSatisfy { (0..<total).contains($0) }
                    && positions == positions.sorted())
        }
    }

    @Test func everyJobHasItsNameAndTime() async throws {
        let house = try await GateFixture()
        let jobs = house.gates.jobs()
        #expect(Set(jobs.map(\.name)).count == jobs.count && jobs.count == 15)
        #expect(jobs.first { $0.name == "mobileSources.analytics" }?.rhythm == .daily(minute: 370))
    }
}
