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

/// A hundred thousand vehicles from one xlsx, every row judged, into the ledger of registered vehicles.
enum ImportBench {
    static let badRows = 10

    struct Result {
        /// Reading, judging and writing.
        var seconds: Double
        var cpuSeconds: Double
        /// Of them until the first rows were judged.
        var reading: Double
        /// Milliseconds that someone else's small write took meanwhile.
        var othersMedian: Double
        var othersWorst: Double
    }

    /// With `refuseAll` the file has no bad rows.
    ///
    /// - Parameters:
    ///   - fleet: provisioned in `directory`; nobody serves it now.
    ///   - profile: a file for `perf record` of this process while it imports.
    static func run(_ fleet: BenchFleet, _ directory: String, rows: Int, mode: ImportOptions.BadRows, profile: String?, logger: Logger) async throws -> Result {
        let path = directory + "/import.xlsx"
        defer { unlink(path) }
        let badRows = mode == .skip ? badRows : 0
        try write(path, rows: rows, badRows: badRows, letters: mode == .skip ? ["C", "D"] : ["E", "F"])
        let installation = try await Installation.open(directory, logger: logger)
        let org = fleet.sites[0].org
        let principal = Principal(
            kind: .user, id: 0, login: "bench", name: "性能测试", organisation: org, organisationName: "性能测试企业1", area: "130102", permissions: ["*"], scope: .organisation(org))
        let job = try LedgerImport(
            installation.platform.ledgers, into: RegisteredVehicle.ledger.name, options: ImportOptions(badRows: mode), fileName: "import.xlsx", by: principal)
        let perf = try profile.map(ImportBench.record)
        defer { perf?.terminate() }
        let (start, spent) = (uptime(), cpuTime())
        let reading = Mutex(0.0)
        let (report, others) = try await withThrowingTaskGroup(of: [Double].self) { group in
            group.addTask { try await disturb(installation.database) }
            let report = try await job.run(path: path) { _ in reading.withLock { if $0 == 0 { $0 = Double(uptime() - start) / 1e9 } } }
            group.cancelAll()
            return (report, try await group.next()?.sorted() ?? [])
        }
        let (seconds, cpuSeconds) = (Double(uptime() - start) / 1e9, Double(cpuTime() - spent) / 1e9)
        let (low, high) = mode == .skip ? ("冀C", "冀E") : ("冀E", "冀G")
        let stored = try await installation.database.read { reader in
            try reader.count("SELECT COUNT(*) FROM registered_vehicle WHERE org = \(org) AND plate_no >= \(low) AND plate_no < \(high)")
        }
        await installation.database.close()
        guard report.total == rows, report.bad == badRows, report.created == rows - badRows, stored == report.created else {
            throw Failure(.unexpected, "JW-B030", "导入 \(report.total) 行：入库 \(report.created)（实有 \(stored)），有误 \(report.bad)", cause: report.badRows.first?.message)
        }
        return Result(
            seconds: seconds, cpuSeconds: cpuSeconds, reading: reading.withLock { $0 }, othersMedian: others.isEmpty ? 0 : others[others.count / 2], othersWorst: others.last ?? 0)
    }

    /// Someone else's write every 20 ms, until cancelled.
    ///
    /// - Returns: milliseconds of each.
    private static func disturb(_ database: any Database) async throws -> [Double] {
        var waits: [Double] = []
        while !Task.isCancelled {
            let start = uptime()
            try await database.write { _ = try $0.execute("UPDATE gate_sequence SET value = value WHERE name = 'list'") }
            waits.append(Double(uptime() - start) / 1e6)
            try? await Task.sleep(for: .milliseconds(20))
        }
        return waits
    }

    private static func record(_ path: String) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/perf")
        process.arguments = ["record", "-F", "499", "-g", "-o", path, "-p", "\(getpid())"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    private static func write(_ path: String, rows: Int, badRows: Int, letters: [String]) throws {
        let titles = ["号牌号码", "号牌颜色", "车辆识别代号", "发动机号", "注册登记日期", "车辆品牌型号", "车辆类型", "使用性质", "所有人（车队）", "燃料种类", "排放阶段", "远程联网"]
        let writer = try SheetWriter(path: path, format: .xlsx, columns: titles.map { SheetColumn($0) })
        guard let first = Day(number: 20_200_101) else { return }
        for number in 0..<rows {
            let digits = String(100_000 + number % 100_000).dropFirst()
            let isBad = badRows > 0 && number % (rows / badRows) == 17
            try writer.append([
                .text("冀\(letters[number < 50_000 ? 0 : 1])\(digits)"), .text("黄"), .text(isBad ? "不是识别代号" : BenchFleet.vin((badRows > 0 ? 500_000 : 700_000) + number)),
                .text("E\(1_000_000 + number)"),
                .day(first.adding(days: number % 1500)),
                .text("解放牌CA4250"), .text("重型半挂牵引车"), .text("货运"), .text("石家庄第\(number % 300)运输队"), .text("柴油"), .text(number % 3 == 0 ? "国六" : "国五"), .text("已联网"),
            ])
        }
        try writer.finish()
    }
}
