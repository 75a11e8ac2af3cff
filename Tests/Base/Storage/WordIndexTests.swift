import Kernel
import Storage
import TestDatabases
import Testing

@Suite("词索引")
struct WordIndexTests {
    private static let table = Table("notes", columns: [Column("words", .text, required: true)], words: "words")
    private static let index = WordIndex(table: "notes", column: "words")

    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let query: WordQuery
        let found: [Int64]
        var limit = 10
    }

    /// Greatest id first.
    static let examples: [Example] = [
        Example(testDescription: "一个词", query: .word("钢铁"), found: [3, 1]),
        Example(testDescription: "都有", query: .all([.word("北方"), .word("钢铁")]), found: [1]),
        Example(testDescription: "其一", query: .any([.word("北方"), .word("水泥")]), found: [2, 1]),
        Example(testDescription: "套用", query: .all([.any([.word("北方"), .word("南方")]), .word("kind")]), found: [2, 1]),
        Example(testDescription: "整词", query: .word("钢"), found: []),
        Example(testDescription: "条数", query: .word("kind"), found: [3], limit: 1),
        Example(testDescription: "引号", query: .word("\" OR \""), found: []),
    ]

    private func database() async throws -> any Database {
        let database = try await TestDatabase.make()
        try await database.create([Self.table])
        try await database.write { tx in
            for words in ["北方 方钢 钢铁 kind", "南方 方水 水泥 kind", "钢铁 kind"] { try tx.execute("INSERT INTO notes (words) VALUES (\(words))") }
        }
        return database
    }

    private func ids(_ query: WordQuery, _ limit: Int = 10, in database: any Database) async throws -> [Int64] {
        try await database.read { try $0.rows(Self.index.newest(query, limit: limit, $0.dialect)).compactMap { $0[0].int } }
    }

    @Test(arguments: examples)
    func finds(_ example: Example) async throws {
        #expect(try await ids(example.query, example.limit, in: try await database()) == example.found)
    }

    @Test func followsChanges() async throws {
        let database = try await database()
        try await database.write { tx in
            try tx.execute("UPDATE notes SET words = '焦化 kind' WHERE id = 1")
            try tx.execute("DELETE FROM notes WHERE id = 3")
            try tx.insertMany(into: "notes", columns: ["words"], rows: [[.text("北方 焦化")]])
        }
        #expect(try await ids(.word("钢铁"), in: database) == [])
        #expect(try await ids(.word("焦化"), in: database) == [4, 1])
        try await database.write { try Self.index.check(in: $0) }
        #expect(try await SchemaCheck(declared: [Self.table]).differences(on: database).filter { $0.contains("notes") } == [])
    }
}
