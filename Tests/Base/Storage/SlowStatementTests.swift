import Kernel
import Storage
import StoragePostgres
import StorageSQLite
import TestDatabases
import Testing

@Suite("B7.1.2 慢语句")
struct SlowStatementTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let limit: Int
        let began: Int
        let kept: Int
    }

    static let examples: [Example] = [
        Example(testDescription: "超过界限", limit: 100, began: 150, kept: 1), Example(testDescription: "未超过", limit: 100, began: 10, kept: 0),
        Example(testDescription: "0 为不记录", limit: 0, began: 5000, kept: 0),
    ]

    @Test(arguments: examples)
    func keeps(_ example: Example) {
        let slow = SlowStatements(milliseconds: example.limit)
        slow.note("SELECT * FROM notes WHERE title = \("冀A12345")", began: SlowStatements.now() - example.began, rows: 3)
        let kept = slow.take()
        #expect(kept.count == example.kept)
        #expect(!"\(kept)".contains("冀A12345"))
        #expect(slow.take().isEmpty)
    }

    @Test("同一语句的多次合为一条，最慢的一次作数")
    func merges() {
        let slow = SlowStatements(milliseconds: 10)
        for (spent, rows) in [(20, 1), (900, 7), (30, 2)] { slow.note("SELECT \(1)", began: SlowStatements.now() - spent, rows: rows) }
        let kept = slow.take()
        #expect(kept.count == 1)
        #expect(kept.first?.runs == 3)
        #expect(kept.first?.rows == 7)
        #expect(kept.first.map { $0.worstMilliseconds >= 900 && $0.totalMilliseconds >= 950 } == true)
        #expect(kept.first?.kinds == [.integer])
    }

    static let statements: [SQL] = [
        "SELECT id FROM notes WHERE title = \("x") AND created_at > \(5)", "UPDATE notes SET weight = \(1.5) WHERE id = \(1)", "INSERT INTO notes (title) VALUES (\("y"))",
        "SELECT COUNT(*) FROM notes", "SELECT id FROM notes WHERE weight = \(Double?.none)",
    ]

    @Test("执行计划取得时什么也不改变", arguments: DatabaseUnderTest.all)
    func plans(_ kind: DatabaseUnderTest) async throws {
        let database = try await kind.opened()
        for sql in Self.statements {
            let statement = SlowStatement(text: sql.text, kinds: sql.arguments.map(\.kind), runs: 1, totalMilliseconds: 1, worstMilliseconds: 1, rows: 0)
            // An insert has no plan to show on SQLite.
            let plan = try await database.read { try StatementPlan.text(of: statement, in: $0) }
            #expect(!plan.isEmpty || sql.text.hasPrefix("INSERT"), "\(sql.text)")
        }
        #expect(try await database.read { try $0.count("SELECT COUNT(*) FROM notes") } == 0)
        await #expect(throws: Failure.self) {
            try await database.read { reader in
                try StatementPlan.text(of: SlowStatement(text: "SELECT * FROM nowhere", kinds: [], runs: 1, totalMilliseconds: 1, worstMilliseconds: 1, rows: 0), in: reader)
            }
        }
    }

    @Test("数据库自己记下慢的", arguments: ["SQLite", "PostgreSQL"])
    func noted(_ name: String) async throws {
        let slow = SlowStatements(milliseconds: 1)
        let database: any Database =
            name == "SQLite" ? try SQLiteDatabase.temporary { $0.slow = slow } : try PostgresDatabase.temporary(on: TestDatabase.postgresAddress()) { $0.slow = slow }
        let count: SQL = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(400_000)) SELECT COUNT(*) FROM n"
        #expect(try await database.read { try $0.count(count) } == 400_000)
        #expect(slow.take().contains { $0.text == count.text && $0.worstMilliseconds >= 1 })
        await database.close()
    }

    @Test("没有备库时，查看就是读取", arguments: DatabaseUnderTest.all)
    func looks(_ kind: DatabaseUnderTest) async throws {
        let database = try await kind.opened()
        let freshness = Freshness()
        try await Freshness.$current.withValue(freshness) {
            try await database.write { try $0.execute("INSERT INTO notes (title) VALUES ('x')") }
            #expect(try await database.look { try $0.count("SELECT COUNT(*) FROM notes") } == 1)
        }
        #expect(freshness.required == 0)
    }
}
