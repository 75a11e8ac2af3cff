import ArgumentParser
import Foundation
import Kernel
import Logging
import MobileSources
import Schema
import Storage
import StoragePostgres
import StorageSQLite

/// `jianwei move --data DIR --database postgres://…`: the embedded database of a stopped server into PostgreSQL.
///
/// May be interrupted and started again. The directory speaks of the new database only after every table was compared; the old file stays, renamed.
struct MoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "move", abstract: "Move the embedded database of a stopped server into PostgreSQL; resumable, verified.")

    @Option(help: "The data directory.") var data = "data"
    @Option(help: "postgres://user@host/name, an empty database in UTF-8 with LOCALE 'C'.") var database: String

    func run() async throws {
        let path = data + "/jianwei.sqlite"
        guard FileManager.default.fileExists(atPath: path) else { throw ValidationError("\(data) has no embedded database") }
        let lock = try DirectoryLock(data)
        let source = try SQLiteDatabase(path: path)
        let target = try PostgresDatabase(address: database)
        try await Migrator(Migrations.all).run(on: source)
        try await Migrator(Migrations.all).run(on: target)
        try await PhotoUses.recover(source)
        try await source.write { tx in try PassSums.settle(in: tx) }
        // Marks that the target's own migrations wrote are the source's to say, also when a move goes on.
        try await target.write { tx in try tx.execute("DELETE FROM gate_sequence") }
        let tables = try await Self.tables(of: source, to: target)
        try await Self.openMonths(source, target)
        let started = Clock.system.now
        for table in tables {
            let copied = try await TableCopy(table: table, source: source, target: target).run { count in
                guard count % 100_000 == 0 else { return }
                print("  \(table.name)：已迁移 \(count) 行")
                fflush(nil)
            }
            if copied > 0 { print("迁移 \(table.name)：\(copied) 行") }
        }
        print("迁移用时 \(Int(Clock.system.now.seconds(since: started))) 秒，开始逐表核对")
        let differences = try await Self.differences(tables, source, target)
        await target.close()
        await source.close()
        guard differences.isEmpty else {
            for difference in differences { print("不一致  \(difference)") }
            throw ExitCode(1)
        }
        print("核对一致：\(tables.count) 张表，共用时 \(Int(Clock.system.now.seconds(since: started))) 秒")
        var placement = Placement.read(data)
        placement.database = database
        try placement.write(data)
        for suffix in ["-wal", "-shm", ""] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.moveItem(atPath: path + suffix, toPath: path + ".moved" + suffix)
        }
        lock.release()
        print("数据目录 \(data) 已改用 PostgreSQL；原数据库保留为 jianwei.sqlite.moved，确认无误后可删除")
    }

    /// Passes, audit and history of years come into months of their own.
    private static func openMonths(_ source: any Database, _ target: any Database) async throws {
        let divided = Migrator(Migrations.all).tables.filter { $0.partitionedBy != nil }
        for table in divided {
            guard let column = table.partitionedBy, let first = try await source.read({ try $0.value("SELECT MIN(\(ident: column)) FROM \(ident: table.name)")?.int }) else {
                continue
            }
            try await MonthPartitions(divided).open(table.name, from: Moment(milliseconds: first), to: Clock.system.now, on: target)
        }
    }

    /// The source's tables; those that administrators defined at run time are created in the target.
    private static func tables(of source: any Database, to target: any Database) async throws -> [Table] {
        let tables = try await source.read { try SchemaIntrospection.tables($0) }.filter { $0.name != Migrator.table.name }
        let known = Set(try await target.read { try SchemaIntrospection.tableNames($0) })
        try await target.create(tables.filter { !known.contains($0.name) })
        return tables
    }

    private static func differences(_ tables: [Table], _ source: any Database, _ target: any Database) async throws -> [String] {
        var lines: [String] = []
        for table in tables {
            async let there = source.read(within: .seconds(86_400)) { try TableDigest.of(table, in: $0) }
            async let here = target.read(within: .seconds(86_400)) { try TableDigest.of(table, in: $0) }
            let (old, new) = try await (there, here)
            if old != new { lines.append("\(table.name)：原 \(old.rows) 行，新 \(new.rows) 行" + (old.rows == new.rows ? "，内容不同" : "")) }
        }
        return lines
    }
}
