import Identity
import Kernel
import Ledgers
import MobileSources
import Storage
import Testing

@Suite("A-05 A-46 A-51 汇总、统计与核对")
struct RollupTests {
    /// Two months of passes at two enterprises, all drawn from one seed: directions, plates, tonnes, late and repeated serials, wrong ones.
    static func busyHouse(seed: UInt64, passes: Int) async throws -> GateFixture {
        let house = try await GateFixture()
        let cement = try await house.cement()
        let fleet: [(plate: String, color: String, stage: String, fuel: String)] = [
            ("冀A12345", "1", "5", "B"), ("冀A40000", "1", "4", "B"), ("冀A60000", "1", "6", "E"), ("冀AD12345", "4", "D", "C"), ("冀A30000", "1", "3", "B"), ("冀A77777", "1", "6", "B"),
        ]
        for vehicle in fleet.dropFirst() { try await house.file(vehicle.plate, color: vehicle.color, stage: vehicle.stage, fuel: vehicle.fuel) }
        var random = SplitMix64(seed: seed)
        var serials: [Int64] = [0, 0]
        for _ in 0..<passes {
            let site = random.below(2)
            let vehicle = random.below(8)
            serials[site] += random.below(10) == 0 ? 2 : 1
            let serial = random.below(15) == 0 ? max(1, serials[site] - 1) : serials[site]
            let minutes = Int64(random.below(40 * 1440))
            var changes: [String: JSONValue] = ["cargoTonnes": .double(Double(random.below(400)) / 10), "source": random.below(5) == 0 ? "backfill" : "auto"]
            if random.below(20) == 0 { changes["headPhoto"] = .null }
            if random.below(30) == 0 { changes["barrierAction"] = "9" }
            let (plate, color) = vehicle < fleet.count ? (fleet[vehicle].plate, fleet[vehicle].color) : vehicle == 6 ? ("冀B9999\(random.below(10))", "1") : ("无牌", "5")
            let photo = serial + Int64(site) * 1_000_000
            changes["bodyPhoto"] = .string(GateFixture.photo(photo, 3))
            if changes["headPhoto"] == nil { changes["headPhoto"] = .string(GateFixture.photo(photo, 4)) }
            let at = house.now.adding(seconds: -minutes * 60)
            try await house.record(
                house.pass(serial, plate: plate, color: color, direction: random.below(2) == 0 ? "1" : "2", at: at, changes), from: site == 0 ? house.steel : cement)
        }
        return house
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func rollupsEqualWhatThePassesSay(_ seed: UInt64) async throws {
        let house = try await RollupTests.busyHouse(seed: seed, passes: 250)
        let report = try await house.gates.rollups.verify()
        #expect(report.differences == [] && report.passes > 150 && report.months >= 2)
    }

    @Test func aWrongRollupIsFoundAndRebuilt() async throws {
        let house = try await RollupTests.busyHouse(seed: 4, passes: 120)
        try await house.database.write { tx in
            try tx.execute("UPDATE pass_daily SET trips = trips + 1 WHERE day = (SELECT MAX(day) FROM pass_daily)")
            try tx.execute("DELETE FROM pass_monthly WHERE month = 202611")
            try tx.execute("UPDATE pass_daily_stage SET refused = refused + 1 WHERE day = (SELECT MIN(day) FROM pass_daily_stage)")
            try tx.execute("DELETE FROM pass_monthly_stage WHERE month = 202610")
            try tx.execute("UPDATE plate_month_count SET plates = 0")
            try tx.execute("UPDATE gate_daily SET received = received + 5")
        }
        let found = try await house.gates.rollups.verify()
        #expect(Set(found.differences.map(\.table)) == ["pass_daily", "pass_monthly", "pass_daily_stage", "pass_monthly_stage", "plate_month_count", "gate_daily"])
        let repaired = try await house.gates.rollups.verify(rebuild: true)
        #expect(repaired.rebuilt == [202610, 202611])
        #expect(try await house.gates.rollups.verify().differences == [])
    }

    @Test func aPairThatIsNotMutualIsFound() async throws {
        let house = try await GateFixture()
        try await house.record(house.pass(1))
        try await house.record(house.pass(2, direction: "2", at: house.now.adding(seconds: 60)))
        try await house.database.write { tx in
            try tx.execute("UPDATE gate_pass SET pair_id = NULL WHERE direction = '1'")
            _ = try tx.execute("UPDATE gate_state SET received = 7")
        }
        #expect(try await house.gates.rollups.verify().differences.map(\.table) == ["gate_pass", "gate_state"])
    }

    @Test func monthsAndEdgesAddUpToDays() async throws {
        let house = try await RollupTests.busyHouse(seed: 5, passes: 200)
        let today = house.now.day
        let spans = [(-45, 0), (-30, -3), (-20, 9), (-38, -1), (-10, -2), (-18, -1), (-26, -22), (-50, -21), (-3, 20)]
        for (from, to) in spans.map({ (today.adding(days: $0.0), today.adding(days: $0.1)) }) {
            let byMonth = try await house.gates.statistics.grid(TransportStatistics.Query(from: from, to: to, dimensions: [.county, .stage]), scope: .everything)
            let byDay = try await house.gates.statistics.grid(TransportStatistics.Query(from: from, to: to, dimensions: [.enterprise, .day]), scope: .everything)
            #expect(
                byMonth.total.trips == byDay.total.trips && byMonth.total.refused == byDay.total.refused && abs(byMonth.total.tonnes - byDay.total.tonnes) < 1e-6
                    && byDay.total.trips > 0)
        }
    }

    /// A line as the naive statement over the passes gives it: keys, trips, tonnes in kilograms, refusals.
    struct Naive: Hashable, Sendable {
        var keys: [String]
        var trips: Int64
        var kilograms: Int64
        var refused: Int64
    }

    @Test(arguments: [7, 8] as [UInt64])
    func fourDimensionsAreWhatThePassesSay(_ seed: UInt64) async throws {
        let house = try await RollupTests.busyHouse(seed: seed, passes: 200)
        let (from, to) = (house.now.day.adding(days: -38), house.now.day)
        let grid = try await house.gates.statistics.grid(TransportStatistics.Query(from: from, to: to, dimensions: [.county, .industry, .stage, .fuel]), scope: .everything)
        let naive = try await house.database.read { reader in
            try reader.rows(
                """
                SELECT area, industry, emission_stage, fuel, COUNT(*), SUM(COALESCE(cargo_tonnes, 0)), SUM(CASE WHEN verdict = 'refuse' THEN 1 ELSE 0 END) FROM gate_pass
                WHERE passed_at >= \(from.start) AND passed_at < \(to.end) AND facts NOT LIKE '%"internal":true%' GROUP BY 1, 2, 3, 4
                """
            ).map { row in
                Naive(
                    keys: (0..<4).map { row[$0].text ?? "" }, trips: row[4].int ?? 0, kilograms: Int64(((row[5].double ?? 0) * 1000).rounded()), refused: row[6].int ?? 0)
            }
        }
        let lines = grid.lines.map { Naive(keys: $0.keys, trips: $0.figures.trips, kilograms: Int64(($0.figures.tonnes * 1000).rounded()), refused: $0.figures.refused) }
        #expect(Set(lines) == Set(naive) && lines.count == naive.count && lines.count > 4)
        var five = TransportStatistics.Query(from: from, to: to, dimensions: [.county, .industry, .stage, .fuel, .level])
        #expect(five.findings.map(\.field) == ["dimension"])
        five.dimensions = [.county, .stage]
        #expect(five.findings.isEmpty)
    }

    @Test func scopesAndFiltersNarrow() async throws {
        let house = try await RollupTests.busyHouse(seed: 6, passes: 150)
        let query = TransportStatistics.Query(from: house.now.day.adding(days: -60), to: house.now.day, dimensions: [.county], measures: [.trips, .tonnes])
        let all = try await house.gates.statistics.grid(query, scope: .everything)
        #expect(all.lines.map(\.keys) == [["130102"], ["130104"]])
        #expect(all.title(.county, "130102", house.dictionaries.snapshot) == "长安区")
        for scope in [DataScope.areas(["130102"]), .organisation(house.steel.org)] {
            let own = try await house.gates.statistics.grid(query, scope: scope)
            #expect(own.lines == [all.lines[0]])
        }
        #expect(try await house.gates.statistics.grid(query, scope: .nothing).lines == [])
        var filtered = query
        filtered.counties = ["130104"]
        filtered.industries = ["03"]
        #expect(try await house.gates.statistics.grid(filtered, scope: .everything).lines == [all.lines[1]])
        let byEnterprise = try await house.gates.statistics.grid(TransportStatistics.Query(from: query.from, to: query.to, dimensions: [.enterprise]), scope: .everything)
        #expect(byEnterprise.title(.enterprise, String(house.steel.org), house.dictionaries.snapshot) == "石家庄示例钢铁有限公司")
    }

    @Test func vehiclesAreCountedOnce() async throws {
        let house = try await GateFixture()
        for serial in 1...3 { try await house.record(house.pass(Int64(serial))) }
        try await house.record(house.pass(4, plate: "冀A40000"), house.pass(5, plate: "无牌"))
        let (from, to) = (try #require(Day(number: 20_261_101)), try #require(Day(number: 20_261_130)))
        let kept = try await house.gates.statistics.grid(TransportStatistics.Query(from: from, to: to, dimensions: [.county, .month], measures: [.vehicles]), scope: .everything)
        #expect(kept.lines.map(\.keys) == [["130102", "202611"]] && kept.lines.map(\.figures.vehicles) == [2])
        let counted = try await house.gates.statistics.grid(
            TransportStatistics.Query(from: from, to: to, dimensions: [.enterprise, .day], measures: [.trips, .vehicles]), scope: .everything)
        #expect(counted.lines.map(\.keys) == [[String(house.steel.org), "20261121"]] && counted.lines.map(\.figures.vehicles) == [2] && counted.lines.map(\.figures.trips) == [5])
    }

    @Test func aWrongQuestionIsToldEverything() throws {
        let today = try #require(Day(number: 20_261_121))
        let failure = #expect(throws: Failure.self) {
            _ = try TransportStatistics.Query(
                fields: [
                    "from": ["2026-11-21"], "to": ["2026-11-01"], "county": ["999999"], "stage": ["9"], "dimension": ["county", "county", "colour"], "measure": ["speed"],
                    "enterprise": ["abc"],
                ], today: today)
        }
        #expect(Set(failure?.fields.map(\.field) ?? []) == ["to", "county", "stage", "dimension", "measure", "enterprise"])
        let plain = try TransportStatistics.Query(fields: ["stage": ["4,5"]], today: today)
        #expect(plain.dimensions == [.county] && plain.stages == ["4", "5"] && plain.to == today)
    }

    @Test func cleanShares() async throws {
        let house = try await GateFixture()
        for (plate, color, stage, fuel) in [("冀A40000", "1", "4", "B"), ("冀A30000", "1", "3", "B"), ("冀A44444", "1", "4", "E"), ("冀AD12345", "4", "D", "C")] {
            try await house.file(plate, color: color, stage: stage, fuel: fuel)
        }
        let plates = [(GateFixture.truck, "1"), ("冀A40000", "1"), ("冀A30000", "1"), ("冀A44444", "1"), ("冀AD12345", "4")]
        for (index, (plate, color)) in plates.enumerated() {
            try await house.record(house.pass(Int64(index + 1), plate: plate, color: color, ["cargoTonnes": .int(Int64(index + 1) * 10)]))
        }
        let day = house.now.day
        let lines = try await house.gates.cleanTransport.lines(CleanTransportShare.Query(from: day, to: day, subject: .enterprise, period: .day), scope: .everything)
        let line = try #require(lines.first)
        #expect(lines.count == 1 && line.subject == String(house.steel.org) && line.time == day.number)
        #expect(
            line.cleanTripShare == 0.6 && line.cleanTonnageShare == 100.0 / 150 && line.electricTripShare == 0.2 && line.electricTonnageShare == 50.0 / 150
                && line.old == CleanTransportShare.Amount(trips: 1, tonnes: 30))
    }

    @Test func qualityAndProof() async throws {
        let house = try await GateFixture()
        try await house.record(house.pass(1), house.pass(2), house.pass(5), house.pass(6, ["gateNo": "1", "direction": "7"]))
        try await house.record(house.pass(1))
        try await house.beat(last: 6, today: 6)
        let day = house.now.day
        let line = try #require(try await house.gates.quality.days(from: day, to: day, scope: .everything).first)
        #expect(line.received == 3 && line.generated == 6 && line.timeliness == 0.5 && line.accuracy == 0.75 && line.level == .poor)
        let proof = try #require(try await house.gates.completeness.lines(org: house.steel.org, from: day, to: day, scope: .everything).first)
        #expect(proof.generated == 6 && proof.received == 3 && proof.stored == 3 && !proof.holds)
        let now = house.now
        #expect(
            proof.differences == [
                .serialGap(from: 3, to: 4, noticedAt: now), .serialGap(from: 6, to: 6, noticedAt: now), .notReceived(count: 3), .duplicates(count: 1), .rejected(count: 1),
            ])
        try await house.record(house.pass(3), house.pass(4), house.pass(6))
        #expect(try await house.gates.completeness.lines(org: house.steel.org, from: day, to: day, scope: .everything).first?.holds == true)
        await #expect(throws: Failure.self) { try await house.gates.completeness.lines(org: house.steel.org, from: day, to: day, scope: .areas(["130104"])) }
    }
}
