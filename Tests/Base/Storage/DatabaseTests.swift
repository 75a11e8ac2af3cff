import Kernel
import Storage
import Synchronization
import Testing

@Suite("数据库约定")
struct DatabaseTests {
    @Test("一条语句往返所有种类的值", arguments: DatabaseUnderTest.all)
    func values(_ kind: DatabaseUnderTest) async throws {
        let database = try await kind.opened()
        let day = Day(daysSince1970: 20_000)
        let id = try await database.write { tx in
            try tx.insert("INSERT INTO notes (title, weight, body, created_at) VALUES (\("苏E·12345"), \(1.5), \([UInt8]([0, 255, 7])), \(Moment(milliseconds: 42)))")
        }
        let row = try await database.read { try $0.first("SELECT * FROM notes WHERE id = \(id)") }
        let found = try #require(row)
        #expect(found.int("id") == id)
        #expect(found.text("title") == "苏E·12345")
        #expect(found.double("weight") == 1.5)
        #expect(found.blob("body") == [0, 255, 7])
        #expect(found.moment("created_at") == Moment(milliseconds: 42))
        try await database.write { tx in
            let update: SQL = "UPDATE notes SET weight = \(Double?.none), body = \([UInt8]()), title = \("") WHERE id = \(id)"
            #expect(try tx.execute(update) == 1)
            try tx.execute("INSERT INTO figures (place, day, sum) VALUES (\("a"), \(day), \(true))")
        }
        let changed = try #require(try await database.read { try $0.first("SELECT weight, body, title FROM notes") })
        #expect(changed[0] == .null)
        #expect(changed[1] == .blob([]))
        #expect(changed[2] == .text(""))
        #expect(try await database.read { try $0.first("SELECT day FROM figures WHERE place IN (\(list: ["a", "b"]))")?.day("day") } == day)
    }

    @Test("同时写入的事务合并提交，互不影响", arguments: DatabaseUnderTest.all)
    func concurrentWriters(_ kind: DatabaseUnderTest) async throws {
        let database = try await kind.opened()
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<400 {
                group.addTask {
                    do {
                        try await database.write { tx in
                            try tx.execute("INSERT INTO notes (title, created_at) VALUES (\("n\(number)"), \(number))")
                            if number % 4 == 0 { throw Failure(.invalid, "T", "refused") }
                        }
                        return true
                    } catch {
                        return false
                    }
                }
            }
            return await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(outcomes.count { $0 } == 300)
        #expect(try await database.read { try $0.count("SELECT COUNT(*) FROM notes") } == 300)
        #expect(try await database.read { try $0.count("SELECT COUNT(*) FROM notes WHERE created_at % 4 = 0") } == 0)
    }

    @Test("失败的闭包抛出自己的错误，且不留下任何写入", arguments: DatabaseUnderTest.all)
    func rollback(_ kind: DatabaseUnderTest) async throws {
        let database = try await kind.opened()
        await #expect(throws: Failure(.invalid, "T1", "不行")) {
            try await database.write { tx in
                try tx.execute("INSERT INTO notes (title) VALUES ('x')")
                throw Failure(.invalid, "T1", "不行")
            }
        }
        #expect(try await database.read { try $0.count("SELECT COUNT(*) FROM notes") } == 0)
    }

    @Test("重复的唯一键得到 JW-S005", arguments: DatabaseUnderTest.all)
    func uniqueViolation(_ kind: DatabaseUnderTest) async throws {
        let database = try await kind.opened()
        let failure = await #expect(throws: Failure.self) {
            try await database.write { tx in
                try tx.execute("INSERT INTO notes (title) VALUES ('x')")
                try tx.execute("INSERT INTO notes (title) VALUES ('x')")
            }
        }
        #expect(failure?.code == "JW-S005")
        #expect(failure?.kind == .conflict)
        // A caught violation does not spoil the rest of its own transaction on SQLite; the wrong statement itself leaves nothing.
        #expect(try await database.read { try $0.count("SELECT COUNT(*) FROM notes") } == 0)
    }

    @Test("错误的语句得到 JW-S007", arguments: DatabaseUnderTest.all)
    func wrongStatement(_ kind: DatabaseUnderTest) async throws {
        let database = try await kind.opened()
        let failure = await #expect(throws: Failure.self) { try await database.read { try $0.rows("SELECT nothing FROM nowhere") } }
        #expect(failure?.code == "JW-S007")
        #expect(failure?.message.contains("nowhere") == false)
    }

    @Test("提交后动作只在成功时按登记顺序执行", arguments: DatabaseUnderTest.all)
    func afterCommit(_ kind: DatabaseUnderTest) async throws {
        let database = try await kind.opened()
        let seen = Seen()
        try await database.write { tx in
            tx.afterCommit { seen.note("first") }
            tx.afterCommit { seen.note("second") }
            seen.note("body")
        }
        _ = try? await database.write { tx in
            tx.afterCommit { seen.note("never") }
            throw Failure(.invalid, "T", "refused")
        }
        #expect(seen.notes == ["body", "first", "second"])
    }

    @Test("逐行读取可以中途停止，且可嵌套同一语句", arguments: DatabaseUnderTest.all)
    func streaming(_ kind: DatabaseUnderTest) async throws {
        let database = try await kind.opened()
        try await database.write { tx in
            try tx.insertMany(into: "notes", columns: ["title", "created_at"], rows: (0..<100).map { [.text("n\($0)"), .int($0)] })
        }
        let (outer, inner) = try await database.read { reader in
            var outer = 0
            var inner = 0
            try reader.each("SELECT id FROM notes ORDER BY id") { _ in
                outer += 1
                try reader.each("SELECT id FROM notes ORDER BY id") { _ in
                    inner += 1
                    return inner % 3 != 0
                }
                return outer < 10
            }
            return (outer, inner)
        }
        #expect(outer == 10)
        #expect(inner == 30)
    }

    @Test("成批插入与逐条插入等价，空批无事", arguments: DatabaseUnderTest.all)
    func insertMany(_ kind: DatabaseUnderTest) async throws {
        let database = try await kind.opened()
        try await database.write { tx in
            try tx.insertMany(into: "notes", columns: ["title", "weight"], rows: [])
            try tx.insertMany(into: "notes", columns: ["title", "weight"], rows: [[.text("a"), .real(1)], [.text("b"), .null]])
        }
        let rows = try await database.read { try $0.rows("SELECT title, weight FROM notes ORDER BY title") }
        #expect(rows.map(\.values) == [[.text("a"), .real(1)], [.text("b"), .null]])
    }

    @Test("读取看到同一快照", arguments: DatabaseUnderTest.all)
    func snapshot(_ kind: DatabaseUnderTest) async throws {
        let database = try await kind.opened()
        let gate = Gate()
        async let counts = database.read { reader in
            let before = try reader.count("SELECT COUNT(*) FROM notes")
            gate.open("reading")
            gate.wait("written")
            return [before, try reader.count("SELECT COUNT(*) FROM notes")]
        }
        await gate.opened("reading")
        try await database.write { try $0.execute("INSERT INTO notes (title) VALUES ('x')") }
        gate.open("written")
        #expect(try await counts == [0, 0])
        #expect(try await database.read { try $0.count("SELECT COUNT(*) FROM notes") } == 1)
    }

    @Test("超过时限的查询被中断，读者可继续使用", arguments: DatabaseUnderTest.all)
    func timeLimit(_ kind: DatabaseUnderTest) async throws {
        let database = try await kind.opened()
        let failure = await #expect(throws: Failure.self) {
            try await database.read(within: .milliseconds(5)) { reader in
                try reader.count("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n")
            }
        }
        #expect(failure?.code == "JW-S004")
        #expect(try await database.read { try $0.count("SELECT COUNT(*) FROM notes") } == 0)
    }

    @Test("关闭后的调用得到 JW-S001", arguments: DatabaseUnderTest.all)
    func closed(_ kind: DatabaseUnderTest) async throws {
        let database = try await kind.opened()
        _ = try await database.read { try $0.count("SELECT COUNT(*) FROM notes") }
        await database.close()
        let read = await #expect(throws: Failure.self) { try await database.read { _ in 1 } }
        let write = await #expect(throws: Failure.self) { try await database.write { _ in 1 } }
        #expect(read?.code == "JW-S001")
        #expect(write?.code == "JW-S001")
    }
}

/// What happened, in order.
final class Seen: Sendable {
    private let state = Mutex<[String]>([])
    var notes: [String] { state.withLock { $0 } }
    func note(_ text: String) { state.withLock { $0.append(text) } }
}
