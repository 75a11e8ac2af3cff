import Kernel
import Storage
import TestDatabases
import Testing

@Suite("A-44 按月分区")
struct MonthPartitionTests {
    private static let passes = Table(
        "crossings", columns: [Column("serial", .integer, required: true), Column("at", .integer), Column("plate", .text)],
        indexes: [Index("serial", unique: true), Index("plate", "at"), Index("at", where: "plate IS NOT NULL")])

    private static var divided: Table {
        var table = passes
        table.partitionedBy = "at"
        return table
    }

    private static let now = Moment(milliseconds: 1_795_233_600_000)

    private func parts(_ database: any Database) async throws -> [String] {
        try await database.read {
            try $0.rows("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r' AND relnamespace = current_schema()::regnamespace ORDER BY relname").compactMap {
                $0[0].text
            }
        }
    }

    private func insert(_ serial: Int, at moment: Moment, _ database: any Database) async throws -> Int64 {
        try await database.write { try $0.insert("INSERT INTO crossings (serial, at, plate) VALUES (\(serial), \(moment), \("冀A\(serial)"))") }
    }

    @Test("已有的表就地成为第一个分区，编号接着数，什么也不少")
    func converts() async throws {
        let database = try await TestDatabase.postgres()
        try await database.create([Self.passes])
        let early = try await insert(1, at: Self.now.adding(seconds: -400 * 86_400), database)
        let last = try await insert(2, at: Self.now, database)
        try await database.write { _ = try $0.execute("DELETE FROM crossings WHERE serial = 2") }
        try await database.write { try $0.apply(.partition(table: "crossings", by: "at")) }
        #expect(try await SchemaCheck(declared: [Self.divided]).differences(on: database).filter { !$0.contains("schema_migrations") } == [])
        #expect(try await insert(3, at: Self.now, database) == last + 1)
        #expect(try await database.read { try $0.rows("SELECT id FROM crossings ORDER BY id").compactMap { $0[0].int } } == [early, last + 1])
        // The same serial at the same moment is refused; the cause names the table, not its part.
        let failure = await #expect(throws: Failure.self) { try await insert(3, at: Self.now, database) }
        #expect(failure?.code == "JW-S005")
        #expect(failure?.cause?.contains("crossings.serial") == true)
        #expect(try await parts(database) == ["crossings_before", "crossings_rest"])
    }

    @Test("月份提前建好，迟来的归位，清空的撤除")
    func maintains() async throws {
        let database = try await TestDatabase.postgres()
        try await database.create([Self.divided])
        _ = try await insert(1, at: Self.now.adding(seconds: 40 * 86_400), database)
        let months = MonthPartitions([Self.divided, Self.passes])
        let made = ["crossings_2026_11", "crossings_2026_12", "crossings_2027_01", "crossings_2027_02"]
        #expect(try await months.maintain(on: database, at: Self.now) == made.map { "+" + $0 })
        #expect(try await months.maintain(on: database, at: Self.now).isEmpty)
        #expect(try await database.read { try $0.count("SELECT COUNT(*) FROM crossings_2026_12") } == 1)
        _ = try await insert(2, at: Self.now, database)
        #expect(try await database.read { try $0.count("SELECT COUNT(*) FROM crossings_2026_11") } == 1)
        // A year on: the month with rows stays, the empty ones go.
        let later = try await months.maintain(on: database, at: Self.now.adding(seconds: 365 * 86_400))
        #expect(later.filter { $0.hasPrefix("-") } == ["-crossings_2027_01", "-crossings_2027_02"])
        try await database.write { _ = try $0.execute("DELETE FROM crossings WHERE serial = 2") }
        #expect(try await months.maintain(on: database, at: Self.now.adding(seconds: 365 * 86_400)) == ["-crossings_2026_11"])
        #expect(try await database.read { try $0.count("SELECT COUNT(*) FROM crossings") } == 1)
    }

    @Test("内置数据库不分区")
    func embedded() async throws {
        let database = try await DatabaseUnderTest.all[0].opened()
        try await database.create([Self.divided])
        #expect(try await MonthPartitions([Self.divided]).maintain(on: database, at: Self.now).isEmpty)
        #expect(
            try await SchemaCheck(declared: [Self.passes, ContractTables.notes, ContractTables.figures]).differences(on: database).filter { !$0.contains("schema_migrations") }
                == [])
    }
}
