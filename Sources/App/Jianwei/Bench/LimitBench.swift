import Cryptography
import Foundation
import Kernel
import Storage
import StorageSQLite

/// What this machine can do at most, one thread each: the ground every other figure stands on.
enum LimitBench {
    static func verifications() throws -> Double {
        let key = try RSAPrivateKey.generate()
        let known = try PublicKey(pem: try key.publicPEM())
        let text = Array("POST\n/gate/v1/passes\n1700000000000\n0123456789abcdef\n".utf8) + Array(SHA256.hash("x").hex.utf8)
        let signature = try key.sign(text)
        return try rate { guard known.verify(signature: signature, over: text) else { throw Failure(.unexpected, "JW-B020", "签名核验有误") } }
    }

    /// Appending 4 KB and waiting until they are on the disk.
    static func flushes(_ directory: String) throws -> Double {
        let path = directory + "/flush"
        let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
        defer {
            close(descriptor)
            unlink(path)
        }
        let page = [UInt8](repeating: 7, count: 4096)
        return try rate { guard write(descriptor, page, page.count) == page.count, fdatasync(descriptor) == 0 else { throw Failure(.unavailable, "JW-B021", "无法写入 \(path)") } }
    }

    /// Rows of twelve columns without any index, 500 a transaction.
    static func insertions(_ directory: String) async throws -> Double {
        let path = directory + "/raw.sqlite"
        defer { for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) } }
        let database = try SQLiteDatabase(path: path)
        let names = (1...12).map { "c\($0)" }
        try await database.create([Table("raw", columns: [Column("id", .integer, required: true)] + names.map { Column($0, .text) })])
        let row: [SQLValue] = names.map { .text("值 \($0) 0123456789") }
        let rows = Array(repeating: row, count: 500)
        let start = uptime()
        var count = 0
        while uptime() - start < 2_000_000_000 {
            try await database.write { tx in try tx.insertMany(into: "raw", columns: names, rows: rows) }
            count += rows.count
        }
        let seconds = Double(uptime() - start) / 1e9
        let stored = try await database.read { try $0.count("SELECT COUNT(*) FROM raw") }
        await database.close()
        guard stored == count else { throw Failure(.unexpected, "JW-B022", "写入 \(count) 行，实有 \(stored) 行") }
        return Double(count) / seconds
    }

    private static func rate(_ work: () throws -> Void) rethrows -> Double {
        let start = uptime()
        var count = 0
        while uptime() - start < 1_000_000_000 {
            for _ in 0..<16 { try work() }
            count += 16
        }
        return Double(count) / (Double(uptime() - start) / 1e9)
    }
}
