import Foundation
import Kernel

/// PostgreSQL's own programs, which know every object of a database.
enum PostgresTools {
    /// A consistent copy in pg_dump's own format, taken while the server runs.
    static func dump(_ address: String, to path: String) async throws {
        try await run("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", "--exclude-table-data=node_signals", "--file=\(path)", "--dbname=\(address)"])
    }

    /// Into an empty database.
    static func restore(_ path: String, to address: String) async throws {
        try await run("pg_restore", ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", "--dbname=\(address)", path])
    }

    private static func run(_ name: String, _ arguments: [String]) async throws {
        let process = Process()
        let errors = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [name] + arguments
        process.standardError = errors
        let ended = AsyncStream<Void> { continuation in process.terminationHandler = { _ in continuation.finish() } }
        try process.run()
        for await _ in ended {}
        guard process.terminationStatus == 0 else {
            let text = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
            throw Failure(.unavailable, "JW-B004", "\(name) 失败，请确认已安装 postgresql-client 且数据库可用", cause: text)
        }
    }
}
