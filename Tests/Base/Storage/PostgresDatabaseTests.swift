import Foundation
import Kernel
import Storage
import StoragePostgres
import TestDatabases
import Testing

/// What only PostgreSQL has: other nodes, connections that break, errors that spoil a transaction.
@Suite("A-49 PostgreSQL", .serialized)
struct PostgresDatabaseTests {
    /// Two nodes on one schema, which goes at the end.
    private func withNodes(_ body: (PostgresDatabase, PostgresDatabase) async throws -> Void) async throws {
        let server = try TestDatabase.postgresAddress()
        let schema = "nodes_" + UUID().uuidString.lowercased().replacing("-", with: "")
        let outer = try PostgresDatabase(address: server)
        try await outer.write { try $0.apply(.run("CREATE SCHEMA \(schema)")) }
        let address = server + "&options=-csearch_path%3D\(schema)"
        var options = PostgresDatabase.Options()
        options.node = "north"
        let north = try PostgresDatabase(address: address, options: options)
        options.node = "south"
        let south = try PostgresDatabase(address: address, options: options)
        try await north.create([ContractTables.notes])
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(north, south)) } catch { outcome = .failure(error) }
        await north.close()
        await south.close()
        try await outer.write { try $0.apply(.run("DROP SCHEMA \(schema) CASCADE")) }
        await outer.close()
        try outcome.get()
    }

    @Test("唯一键冲突的原因写明表和列，不含数据")
    func conflictNamesColumns() async throws {
        let database = try await TestDatabase.postgres()
        try await database.create([ContractTables.notes])
        let failure = await #expect(throws: Failure.self) {
            try await database.write { tx in for _ in 0..<2 { try tx.execute("INSERT INTO notes (title) VALUES (\("冀A12345"))") } }
        }
        #expect(failure?.cause?.contains("notes.title") == true)
        #expect(failure?.cause?.contains("冀A12345") == false)
    }

    @Test("出错之后仍可读取原因；吞掉错误的闭包不算成功")
    func swallowedErrors() async throws {
        let database = try await TestDatabase.postgres()
        try await database.create([ContractTables.notes])
        try await database.write { try $0.execute("INSERT INTO notes (title) VALUES ('x')") }
        let seen = Seen()
        let failure = await #expect(throws: Failure.self) {
            try await database.write { tx in
                try tx.execute("INSERT INTO notes (title) VALUES ('y')")
                do { try tx.execute("INSERT INTO notes (title) VALUES ('x')") } catch { seen.note("\(try tx.count("SELECT COUNT(*) FROM notes"))") }
            }
        }
        #expect(failure?.code == "JW-S005")
        #expect(seen.notes == ["1"])
        #expect(try await database.read { try $0.count("SELECT COUNT(*) FROM notes") } == 1)
    }

    @Test("成批写入保留一切字符，冲突同样得到 JW-S005")
    func copies() async throws {
        let database = try await TestDatabase.postgres()
        try await database.create([ContractTables.notes])
        let texts = ["a\tb", "a\nb", "a\\b", "\\N", "", "\r", "苏E·12345 🚚"]
        try await database.write { tx in
            try tx.insertMany(into: "notes", columns: ["title", "body"], rows: texts.map { [.text($0), .blob(Array($0.utf8) + [0, 255])] })
        }
        let rows = try await database.read { try $0.rows("SELECT title, body FROM notes ORDER BY id") }
        #expect(rows.compactMap { $0[0].text } == texts)
        #expect(rows.compactMap { $0[1].blob } == texts.map { Array($0.utf8) + [0, 255] })
        let failure = await #expect(throws: Failure.self) {
            try await database.write { try $0.insertMany(into: "notes", columns: ["title"], rows: [[.text("new")], [.text("a\tb")]]) }
        }
        #expect(failure?.code == "JW-S005")
        #expect(try await database.read { try $0.count("SELECT COUNT(*) FROM notes") } == texts.count)
    }

    @Test("断开的连接自动重建，读写都继续")
    func reconnects() async throws {
        let database = try await TestDatabase.postgres()
        try await database.create([ContractTables.notes])
        _ = try await database.read { try $0.count("SELECT COUNT(*) FROM notes") }
        let server = try PostgresDatabase(address: try TestDatabase.postgresAddress())
        let pids =
            try await database.read { try $0.rows("SELECT pg_backend_pid() AS pid").compactMap { $0[0].int } } + [
                try await database.write { try $0.value("SELECT pg_backend_pid()")?.int ?? 0 }
            ]
        for pid in pids { _ = try await server.read { try $0.rows("SELECT pg_terminate_backend(\(pid)::int)") } }
        try await database.write { try $0.execute("INSERT INTO notes (title) VALUES ('after')") }
        #expect(try await database.read { try $0.count("SELECT COUNT(*) FROM notes") } == 1)
        await server.close()
    }

    @Test("多个节点轮流写入：编号与提交次序一致，读后再写无须重试")
    func oneWriterAtATime() async throws {
        try await withNodes { north, south in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    let node = number % 2 == 0 ? north : south
                    group.addTask {
                        try await node.write { tx in
                            let count = try tx.count("SELECT COUNT(*) FROM notes")
                            try tx.execute("INSERT INTO notes (title, created_at) VALUES (\("n\(number)"), \(count))")
                        }
                    }
                }
                try await group.waitForAll()
            }
            let counts = try await north.read { try $0.rows("SELECT created_at FROM notes ORDER BY id").compactMap { $0[0].int } }
            #expect(counts == Array(0..<200))
        }
    }

    @Test("一个节点的通知到达其他节点，失败的事务不通知，自己的不回响")
    func signals() async throws {
        try await withNodes { north, south in
            let heard = south.signals()
            let echo = north.signals()
            // A listener hears what is sent after it began to listen, so the first word is said until it is heard.
            let first = try await withThrowingTaskGroup(of: Signal?.self) { group in
                group.addTask { await heard.first { _ in true } }
                group.addTask {
                    while !Task.isCancelled {
                        try await north.write { $0.signal("hello", "1") }
                        await Task.yield()
                    }
                    return nil
                }
                let first = try await group.next()
                group.cancelAll()
                return first ?? nil
            }
            #expect(first == Signal(topic: "hello", body: "1"))
            _ = try? await north.write { tx in
                tx.signal("never", "")
                throw Failure(.invalid, "T", "refused")
            }
            try await north.write { $0.signal("own", "3") }
            let back = try await withThrowingTaskGroup(of: Signal?.self) { group in
                group.addTask { await echo.first { _ in true } }
                group.addTask {
                    while !Task.isCancelled {
                        try await south.write { $0.signal("back", "2") }
                        await Task.yield()
                    }
                    return nil
                }
                let back = try await group.next()
                group.cancelAll()
                return back ?? nil
            }
            #expect(back == Signal(topic: "back", body: "2"))
        }
    }

    @Test("达不到要求的服务器地址得到 JW-S001")
    func nobodyThere() {
        let failure = #expect(throws: Failure.self) { try PostgresDatabase(address: "postgres://nobody@/nowhere?host=/tmp/jianwei-no-such-folder") }
        #expect(failure?.code == "JW-S001")
    }
}
