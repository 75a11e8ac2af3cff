import Kernel
import Storage
import StorageSQLite
import Testing

@Suite("SQLite 特有")
struct SQLiteDatabaseTests {
    @Test("排队过多时立即拒绝，已排队的全部完成")
    func boundedQueue() async throws {
        let database = try SQLiteDatabase.temporary { $0.waiting = 10 }
        let gate = Gate()
        async let blocker: Void = database.write { _ in
            gate.open("holding")
            gate.wait("go")
        }
        await gate.opened("holding")
        let outcomes = await withTaskGroup(of: String.self) { group in
            for _ in 0..<30 {
                group.addTask {
                    do {
                        return try await database.write { _ in "done" }
                    } catch {
                        return (error as? Failure)?.code ?? "?"
                    }
                }
            }
            // Ten of them (one place is the blocker's) wait; the others are refused without waiting.
            var outcomes: [String] = []
            for await outcome in group {
                outcomes.append(outcome)
                if outcomes.count == 21 { gate.open("go") }
            }
            return outcomes
        }
        try await blocker
        #expect(outcomes.count { $0 == "JW-S003" } == 21)
        #expect(outcomes.count { $0 == "done" } == 9)
    }

    @Test("等待中的写入合为一次提交")
    func groupCommit() async throws {
        let database = try SQLiteDatabase.temporary()
        try await database.write { try $0.apply(.createTable(ContractTables.notes)) }
        let before = await database.figures()
        let gate = Gate()
        async let blocker: Void = database.write { _ in
            gate.open("holding")
            gate.wait("go")
        }
        await gate.opened("holding")
        async let others: Void = withThrowingTaskGroup { group in
            for number in 0..<100 { group.addTask { try await database.write { try $0.execute("INSERT INTO notes (title) VALUES (\("n\(number)"))") } } }
            try await group.waitForAll()
        }
        while await database.figures()["waiting_writers"] != 101 { await Task.yield() }
        gate.open("go")
        try await others
        try await blocker
        let after = await database.figures()
        #expect((after["writes"] ?? 0) - (before["writes"] ?? 0) == 101)
        #expect((after["commits"] ?? 0) - (before["commits"] ?? 0) <= 10)
    }

    @Test("磁盘已满：各写入得到 JW-S002，之后仍可读写")
    func diskFull() async throws {
        let database = try SQLiteDatabase.temporary { $0.megabyteLimit = 1 }
        try await database.create([ContractTables.notes])
        try await database.write { try $0.execute("INSERT INTO notes (title) VALUES ('kept')") }
        let failure = await #expect(throws: Failure.self) {
            try await database.write { try $0.execute("INSERT INTO notes (title, body) VALUES ('big', \([UInt8](repeating: 1, count: 4 << 20)))") }
        }
        #expect(failure?.code == "JW-S002")
        #expect(failure?.kind == .unavailable)
        try await database.write { try $0.execute("INSERT INTO notes (title) VALUES ('after')") }
        try await database.analyze()
        #expect(try await database.read { try $0.rows("SELECT title FROM notes ORDER BY id").map { $0.text("title") } } == ["kept", "after"])
    }

    @Test("运行中备份得到完整的副本")
    func backup() async throws {
        let database = try SQLiteDatabase.temporary()
        try await database.write { tx in
            try tx.apply(.createTable(ContractTables.notes))
            try tx.insertMany(into: "notes", columns: ["title"], rows: (0..<500).map { [.text("n\($0)")] })
        }
        let target = database.path + ".copy"
        try await database.backup(to: target)
        let copy = try SQLiteDatabase(path: target)
        #expect(try await copy.read { try $0.count("SELECT COUNT(*) FROM notes") } == 500)
        await copy.close()
    }

    @Test("读者不能写")
    func readersCannotWrite() async throws {
        let database = try SQLiteDatabase.temporary()
        await #expect(throws: Failure.self) { try await database.read { try $0.rows("CREATE TABLE x (y)") } }
    }

    @Test("改变结构之后，读者的旧语句不再使用")
    func schemaChange() async throws {
        let database = try SQLiteDatabase.temporary()
        try await database.write { try $0.apply(.createTable(ContractTables.notes)) }
        try await database.write { try $0.execute("INSERT INTO notes (title) VALUES ('x')") }
        let before = try await database.read { try $0.first("SELECT * FROM notes")?.columns.names }
        try await database.write { try $0.apply(.addColumn(table: "notes", Column("colour", .text, required: true, fallback: .text("it's red")))) }
        let after = try await database.read { try $0.first("SELECT * FROM notes") }
        #expect(before == ["id", "title", "weight", "body", "created_at"])
        #expect(after?.text("colour") == "it's red")
    }
}
