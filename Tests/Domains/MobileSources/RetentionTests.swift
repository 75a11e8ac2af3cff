import Identity
import Kernel
import Ledgers
import MobileSources
import Storage
import Testing

@Suite("A-44 影像与台账保存")
struct RetentionTests {
    /// A house whose passes lie four years back: one plain, one that was refused and lifted (an alarm holds it), then one of today.
    static func old() async throws -> GateFixture {
        let house = try await GateFixture()
        let today = house.now
        house.move(to: Moment(parsing: "2022-11-01 08:00:00") ?? today)
        try await house.record(house.pass(1), house.pass(2, plate: "冀A99999"), house.pass(3, direction: "2", at: house.now.adding(seconds: 60)))
        house.move(to: today)
        try await house.record(house.pass(4))
        return house
    }

    static func passes(_ house: GateFixture) async throws -> [Int64] {
        try await house.database.read { try $0.rows("SELECT serial_no FROM gate_pass ORDER BY serial_no").compactMap { $0[0].int } }
    }

    static func quick(_ house: GateFixture) -> Retention {
        var retention = house.gates.retention
        retention.pause = .zero
        return retention
    }

    @Test("到期的过车清理，被报警引用的保留，汇总仍相符，次日无事可做")
    func passesGo() async throws {
        let house = try await Self.old()
        let retention = Self.quick(house)
        let due = try await retention.due().first { $0.rule.kind == .passes }
        #expect(due?.over == 3 && due?.spared == 1)
        #expect(try await Self.passes(house) == [1, 2, 3, 4])
        #expect(try await retention.run() == 2)
        #expect(try await Self.passes(house) == [2, 4])
        let report = try await house.gates.rollups.verify()
        #expect(report.isSound, "\(report.differences)")
        let runs = try await house.database.read { try Retention.runs(limit: 10, in: $0) }
        #expect(runs.map(\.removed) == [2] && runs.map(\.spared) == [1] && runs.map(\.state) == ["done"])
        #expect(try await house.number("SELECT COUNT(*) FROM audit WHERE object_kind = 'retention'") == 1)
        #expect(try await retention.run() == 0)
    }

    @Test("整月到期且无人引用的分区一次撤去，被报警引用的月份逐条清理，门岗计数与汇总仍相符")
    func wholeMonths() async throws {
        let house = try await GateFixture()
        guard house.database.dialect == .postgres else { return }
        let today = house.now
        let first = Moment(parsing: "2022-09-01 08:00:00") ?? today
        try await MonthPartitions([try #require(GatePassEvent.ledger.table)]).open("gate_pass", from: first, to: today, on: house.database)
        house.move(to: first)
        for serial in 1...30 { try await house.record(house.pass(Int64(serial))) }
        house.move(to: Moment(parsing: "2022-10-02 08:00:00") ?? today)
        try await house.record(house.pass(31), house.pass(32, plate: "冀A99999"))
        house.move(to: today)
        try await house.record(house.pass(33))
        #expect(try await Self.quick(house).run() == 31)
        #expect(try await Self.passes(house) == [32, 33])
        let parts = try await house.database.read { try MonthPartitions.parts(of: "gate_pass", in: $0).map(\.name) }
        #expect(!parts.contains("gate_pass_2022_09") && parts.contains("gate_pass_2022_10"))
        #expect(try await house.number("SELECT SUM(removed) FROM gate_state") == 31)
        let report = try await house.gates.rollups.verify()
        #expect(report.isSound, "\(report.differences)")
        #expect(try await house.database.read { try Retention.runs(limit: 1, in: $0) }.map(\.removed) == [31])
    }

    @Test("没有清理完的下次继续")
    func resumed() async throws {
        let house = try await GateFixture()
        let today = house.now
        house.move(to: Moment(parsing: "2022-11-01 08:00:00") ?? today)
        for serial in 1...520 { try await house.record(house.pass(Int64(serial))) }
        house.move(to: today)
        var retention = Self.quick(house)
        retention.bites = 1
        #expect(try await retention.run() == Retention.biteSize)
        #expect(try await house.database.read { try Retention.runs(limit: 1, in: $0) }.map(\.state) == ["partial"])
        #expect(try await retention.run() == 20)
        #expect(try await Self.passes(house).isEmpty)
    }

    @Test("改为长期保存后不清理；期限有误时逐项指出")
    func settings() async throws {
        let house = try await Self.old()
        let retention = Self.quick(house)
        var years = Dictionary(uniqueKeysWithValues: RetentionRule.all.map { ($0.setting, String($0.usual)) })
        years["keepYears.passes"] = "0"
        try await retention.save(years, by: GateFixture.system)
        #expect(try await retention.run() == 0)
        #expect(try await Self.passes(house).count == 4)
        do {
            try await retention.save(["keepYears.gatePhotos": "0", "keepYears.passes": "1", "keepYears.weighings": "abc", "keepYears.deletedRows": ""], by: GateFixture.system)
            Issue.record("accepted")
        } catch let failure as Failure {
            #expect(failure.fields.count == 5)
        }
    }

    @Test("删除两年以上的台账记录清理，未删除的一直在；还解释着过车的备案保留")
    func deletedRows() async throws {
        let house = try await GateFixture()
        try await house.record(house.pass(1))
        let lone = try await house.file("冀A55555", stage: "5")
        let used = try #require(try await house.number("SELECT filing_id FROM gate_pass"))
        try await house.database.write { [ledgers = house.ledgers] tx in
            for id in [lone, used] { try ledgers.delete(RegisteredVehicle.ledger.name, id: id, reason: "报废", by: GateFixture.system, in: tx) }
        }
        try await house.file("冀A66666", stage: "5")
        house.move(seconds: 800 * 86_400)
        #expect(try await Self.quick(house).run() == 1)
        let left = try await house.database.read { try $0.rows("SELECT plate_no FROM registered_vehicle ORDER BY id").compactMap { $0[0].text } }
        #expect(left == [GateFixture.truck, "冀A66666"])
    }

    @Test("闰日的两年前")
    func leapDay() {
        let rule = RetentionRule.all.first { $0.kind == .gatePhotos }
        #expect(Day(parsing: "2028-02-29").flatMap { rule?.cutoff(years: 2, today: $0).day.text } == "2026-03-01")
    }

    @Test("余量按昨日新增估算")
    func forecast() {
        let forecast = StorageForecast(free: 1_000_000, photosADay: 10, bytesADay: 1000, photoYears: 2)
        #expect(forecast.daysLeft == 1000 && forecast.settledBytes == 730_000)
        #expect(StorageForecast(free: nil, photosADay: 0, bytesADay: 0, photoYears: nil).daysLeft == nil)
        #expect(StorageForecast(free: 5, photosADay: 0, bytesADay: 0, photoYears: nil).daysLeft == nil)
    }
}
