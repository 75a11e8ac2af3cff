import Exchange
import Features
import Foundation
import Identity
import Kernel
import Ledgers
import Logging
import MobileSources
import Storage
import StorageSQLite
import Synchronization

/// The passes of some weeks with 45 columns into one xlsx, through the ledger's export.
struct ExportBench {
    struct Result {
        var rows: Int
        var seconds: Double
        var cpuSeconds: Double
        var fileMegabytes: Double
        /// The most that was this process's own while it wrote, above what was before.
        var megabytes: Double
    }

    static let rows = 570_000
    static let columns = 45

    /// - Parameter directory: of an installation with a history; nobody serves it now.
    static func run(_ directory: String, logger: Logger) async throws -> Result {
        let installation = try await Installation.open(directory, logger: logger)
        let path = NSTemporaryDirectory() + "/jianwei-export-\(getpid()).xlsx"
        defer { unlink(path) }
        let from = try await installation.database.read { reader in
            try reader.value("SELECT passed_at FROM gate_pass ORDER BY passed_at DESC LIMIT 1 OFFSET \(rows - 1)")?.int
                ?? reader.value("SELECT MIN(passed_at) FROM gate_pass")?.int ?? 0
        }
        let hasOwner = 1
        var query = LedgerQuery(ledger: GatePassEvent.ledger.name, filters: [LedgerQuery.Filter("passedAt", .gte, [Moment(milliseconds: from).rfc3339])])
        query.columns = GatePassEvent.ledger.fields.map(\.name).prefix(columns - hasOwner).map { $0 }
        let expected = try await installation.database.read(within: .seconds(120)) { try $0.count("SELECT COUNT(*) FROM gate_pass WHERE passed_at >= \(from)") }
        let before = own
        let peak = Mutex(before)
        let (start, spent) = (uptime(), cpuTime())
        let written = try await installation.platform.ledgers.export(query, format: .xlsx, path: path, by: .system("性能测试")) { done in
            if done % 10_000 == 0 { peak.withLock { $0 = max($0, own) } }
        }
        let (seconds, cpuSeconds) = (Double(uptime() - start) / 1e9, Double(cpuTime() - spent) / 1e9)
        peak.withLock { $0 = max($0, own) }
        await installation.database.close()
        guard written == expected else { throw Failure(.unexpected, "JW-B080", "导出 \(written) 行，应为 \(expected)") }
        let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber)?.doubleValue ?? 0
        return Result(rows: written, seconds: seconds, cpuSeconds: cpuSeconds, fileMegabytes: size / 1e6, megabytes: peak.withLock { $0 } - before)
    }

    private static var own: Double {
        let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        return (text.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }.flatMap { Double($0.filter(\.isNumber)) } ?? 0) / 1024
    }
}
