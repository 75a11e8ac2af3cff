import Foundation
import Kernel
import Storage
import StoragePostgres
import StorageSQLite

/// Where what is measured keeps its rows: in the embedded database, or in scratch databases of a PostgreSQL server.
struct BenchPlace: Sendable {
    /// `postgres://…` of the server; nil for the embedded database.
    var server: String?
    var title: String { server == nil ? "embedded" : "PostgreSQL" }

    /// Gives an empty directory a database of its own.
    ///
    /// - Throws: `Failure` `.unavailable` `JW-B090` when it cannot be made.
    func prepare(_ directory: String) throws {
        guard let server else { return }
        let name = "bench_\(getpid())_" + String(UUID().uuidString.lowercased().prefix(8))
        try Self.psql(server, "CREATE DATABASE \(name)")
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        var placement = Placement()
        placement.database = try Self.address(of: name, on: server)
        placement.shared = directory + "/shared"
        try placement.write(directory)
    }

    /// Another node's directory beside the first one's.
    func join(_ directory: String, node: Int) throws -> String {
        let other = "\(directory)-node\(node)"
        try Placement.read(directory).write(other)
        return other
    }

    /// Removes every scratch database of this process.
    func clear() throws {
        guard let server else { return }
        let names = try Self.psql(server, "SELECT datname FROM pg_database WHERE datname LIKE 'bench_\(getpid())_%'").split(separator: "\n")
        for name in names { try Self.psql(server, "DROP DATABASE \(name) WITH (FORCE)") }
    }

    /// What lies in a directory's database after its server has gone.
    static func open(_ directory: String) throws -> any Database {
        guard let address = Placement.read(directory).database else { return try SQLiteDatabase(path: directory + "/jianwei.sqlite") }
        return try PostgresDatabase(address: address)
    }

    /// CPU-seconds of all processes named `postgres` so far.
    static var serverCPU: Double {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.compactMap { Int32($0) }.reduce(0) { sum, id in
            guard let name = try? String(contentsOfFile: "/proc/\(id)/comm", encoding: .utf8), name.hasPrefix("postgres") else { return sum }
            return sum + BenchServer.cpu(id)
        }
    }

    private static func address(of name: String, on server: String) throws -> String {
        guard var parts = URLComponents(string: server) else { throw Failure(.invalid, "JW-A004", "--database 应为 postgres://用户@主机/库名") }
        parts.path = "/" + name
        return parts.string ?? server
    }

    @discardableResult
    private static func psql(_ server: String, _ text: String) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["psql", "-qAt", server, "-c", text]
        process.standardOutput = output
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(.unavailable, "JW-B090", "psql 失败，请确认已安装 postgresql-client 且服务器可用", cause: text) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
