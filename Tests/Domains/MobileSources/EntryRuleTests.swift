import Identity
import Kernel
import Ledgers
import MobileSources
import Storage
import Testing

@Suite("A-43 车货人识别与进厂授权")
struct EntryRuleTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var name: String
        var authorisations: [EntryRule.Authorisation]
        var seen: EntryRule.Seen
        var doubt: PassFinding?
        var testDescription: String { name }
    }

    private static func day(_ text: String) -> Day { Day(parsing: text) ?? Day(daysSince1970: 0) }
    private static let today = day("2026-11-21")
    private static let plain = EntryRule.Authorisation(id: 1, from: day("2026-11-01"), until: day("2026-11-30"))
    private static let narrow = EntryRule.Authorisation(
        id: 2, gates: ["1", "2"], cargo: ["铁矿石", "焦 炭"], driver: "张三", from: day("2026-11-21"), until: day("2026-11-21"))

    static let examples: [Example] = [
        Example(name: "没有授权", authorisations: [], seen: .init(day: today), doubt: .notAuthorised),
        Example(name: "在有效期内，不限人货", authorisations: [plain], seen: .init(day: today, gateNo: "9", driver: "李四", cargo: "煤"), doubt: nil),
        Example(name: "第一天有效", authorisations: [plain], seen: .init(day: day("2026-11-01")), doubt: nil),
        Example(name: "最后一天有效", authorisations: [plain], seen: .init(day: day("2026-11-30")), doubt: nil),
        Example(name: "已到期", authorisations: [plain], seen: .init(day: day("2026-12-01")), doubt: .notAuthorised),
        Example(name: "尚未开始", authorisations: [plain], seen: .init(day: day("2026-10-31")), doubt: .notAuthorised),
        Example(name: "另一出入口", authorisations: [narrow], seen: .init(day: today, gateNo: "3"), doubt: .notAuthorised),
        Example(name: "不知出入口不判", authorisations: [narrow], seen: .init(day: today), doubt: nil),
        Example(name: "另一驾驶人", authorisations: [narrow], seen: .init(day: today, gateNo: "1", driver: "李四"), doubt: .driverMismatch),
        Example(name: "驾驶人一致，空格不计", authorisations: [narrow], seen: .init(day: today, gateNo: "1", driver: "张 三", cargo: "焦炭"), doubt: nil),
        Example(name: "另一货物", authorisations: [narrow], seen: .init(day: today, gateNo: "2", driver: "张三", cargo: "钢材"), doubt: .cargoMismatch),
        Example(name: "空车不比货物", authorisations: [narrow], seen: .init(day: today, cargo: ""), doubt: nil),
        Example(name: "两份授权中一份全部符合", authorisations: [narrow, plain], seen: .init(day: today, gateNo: "9", driver: "李四", cargo: "煤"), doubt: nil),
        Example(
            name: "人和货须在同一份授权内",
            authorisations: [
                EntryRule.Authorisation(cargo: ["煤"], driver: "张三"), EntryRule.Authorisation(cargo: ["钢材"], driver: "李四"),
            ], seen: .init(day: today, driver: "张三", cargo: "钢材"), doubt: .cargoMismatch),
    ]

    @Test(arguments: examples) func doubts(_ example: Example) { #expect(EntryRule.doubt(example.authorisations, example.seen)?.kind == example.doubt) }

    @Test func listsAreReadAsPeopleWriteThem() { #expect(EntryRule.list("煤, 焦炭；钢材、 水渣\n石灰，") == ["煤", "焦炭", "钢材", "水渣", "石灰"]) }

    // MARK: At the gate

    private func demand(_ house: GateFixture) async throws {
        let (ledgers, org) = (house.ledgers, house.steel.org)
        try await house.database.write { tx in
            let id = try tx.value("SELECT id FROM enterprise WHERE org = \(org)")?.int ?? 0
            _ = try ledgers.update(Enterprise.ledger.name, id: id, Draft(["needsAuthorisation": true]), expectedVersion: nil, by: GateFixture.system, in: tx)
        }
    }

    private func authorise(_ house: GateFixture, _ values: [String: JSONValue] = [:]) async throws {
        var draft = Draft(
            ["plateNo": .string(GateFixture.truck), "plateColor": "1", "validFrom": "2026-11-01", "validUntil": "2026-12-31", "driver": "张三", "cargo": "铁矿石"], org: house.steel.org)
        for (name, value) in values { draft.values[name] = value }
        _ = try await house.ledgers.create(EntryAuthorisation.ledger.name, draft, by: GateFixture.system)
    }

    private func one(_ house: GateFixture, _ value: JSONValue) async throws -> PassResult { try #require(try await house.record(value).first) }

    private func kinds(_ result: PassResult) -> [PassFinding] { result.findings.map(\.kind) }

    @Test func whereNothingIsDemandedNothingChanges() async throws {
        let house = try await GateFixture()
        let result = try await one(house, house.pass(1))
        #expect(result.verdict == "allow")
    }

    @Test func passesAreComparedWithTheAuthorisation() async throws {
        let house = try await GateFixture()
        try await demand(house)
        let stranger = try await one(house, house.pass(1, ["barrierAction": "0"]))
        #expect(stranger.verdict == "refuse" && kinds(stranger).contains(.notAuthorised))
        try await authorise(house)
        let fits = try await one(house, house.pass(2, ["driver": "张三", "cargoName": "铁矿石"]))
        #expect(fits.verdict == "allow")
        let driver = try await one(house, house.pass(3, ["driver": "李四", "barrierAction": "0"]))
        #expect(driver.verdict == "refuse" && kinds(driver).contains(.driverMismatch))
        let goods = try await one(house, house.pass(4, ["cargoName": "废钢", "barrierAction": "2"]))
        #expect(goods.verdict == "refuse" && kinds(goods).contains(.cargoMismatch))
        #expect(try await house.number("SELECT COUNT(*) FROM alarms WHERE kind = 'unauthorisedEntry'") == 1)
        // The verdict can be told again from what is kept.
        let answer = try await house.gates.explanations.explain(goods.passId ?? 0, scope: .everything)
        #expect(answer.agrees && answer.explanation.steps.contains { $0.title == "进厂授权" && $0.outcome == .failed })
        // Leaving needs no authorisation.
        let leaving = try await one(house, house.pass(5, direction: "2", ["driver": "李四"]))
        #expect(leaving.verdict == "allow")
    }

    @Test func theLookUpSaysSoBeforeTheBarrierLifts() async throws {
        let house = try await GateFixture()
        try await demand(house)
        try await authorise(house)
        func look(_ driver: String?) async throws -> FilingLookup.Answer {
            try await house.gates.filingLookup.look(plateNo: GateFixture.truck, color: .yellow, isEntry: true, gateNo: "1", org: house.steel.org, driver: driver)
        }
        let fits = try await look("张三")
        #expect(fits.judgement.verdict == .allow && fits.authorisations.count == 1)
        #expect(try await look("李四").judgement.verdict == .refuse)
    }

    @Test func aGuardsCheckIsKeptAndRaisesAnAlarm() async throws {
        let house = try await GateFixture()
        try await demand(house)
        try await authorise(house)
        let (checks, org) = (house.gates.entryChecks, house.steel.org)
        let truck = PlateNumber(normalizing: GateFixture.truck)
        let fits = try await checks.record(EntryChecks.Input(plate: truck, color: .yellow, person: "match", cargo: "none"), org: org, by: GateFixture.system)
        #expect(fits.verdict == .allow && fits.reasons == [])
        #expect(try await house.number("SELECT COUNT(*) FROM alarms") == 0)
        let other = try await checks.record(EntryChecks.Input(plate: truck, color: .yellow, person: "mismatch", cargo: "match", note: "非本人"), org: org, by: GateFixture.system)
        #expect(other.verdict == .refuse && other.reasons == ["驾驶人与授权不符"])
        #expect(try await house.number("SELECT COUNT(*) FROM alarms WHERE kind = 'unauthorisedEntry'") == 1)
        #expect(try await house.number("SELECT COUNT(*) FROM entry_check WHERE outcome = 'refuse'") == 1)
        await #expect(throws: Failure.self) {
            try await checks.record(EntryChecks.Input(plate: truck, color: .yellow, person: "x", cargo: ""), org: org, by: GateFixture.system)
        }
    }

    @Test func driversAreSealedInTheTable() async throws {
        let house = try await GateFixture()
        try await authorise(house)
        let stored = try await house.database.read { try $0.value("SELECT driver FROM entry_authorisation")?.text ?? "" }
        #expect(!stored.isEmpty && stored != "张三")
    }
}
