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

/// A hundred thousand vehicles from one xlsx, every row judged, into the ledger of registered vehicles.
enum ImportBench {
    static let badRows = 10

    /// - Parameter fleet: provisioned in `directory`; nobody serves it now.
    /// - Returns: seconds of reading, judging and writing.
    static func run(_ fleet: BenchFleet, _ directory: String, rows: Int, logger: Logger) async throws -> Double {
        let path = directory + "/import.xlsx"
        defer { unlink(path) }
        try write(path, rows: rows)
        let installation = try await Installation.open(directory, logger: logger)
        let org = fleet.sites[0].org
        let principal = Principal(
            kind: .user, id: 0, login: "bench", name: "性能测试", organisation: org, organisationName: "性能测试企业1", area: "130102", permissions: ["*"], scope: .organisation(org))
        let job = try LedgerImport(
            installation.platform.ledgers, into: RegisteredVehicle.ledger.name, options: ImportOptions(badRows: .skip), fileName: "import.xlsx", by: principal)
        let start = uptime()
        let report = try await job.run(path: path)
        let seconds = Double(uptime() - start) / 1e9
        let stored = try await installation.database.read { reader in
            try reader.count("SELECT COUNT(*) FROM registered_vehicle WHERE org = \(org) AND plate_no >= '冀C' AND plate_no < '冀E'")
        }
        await installation.database.close()
        guard report.total == rows, report.bad == badRows, report.created == rows - badRows, stored == report.created else {
            throw Failure(.unexpected, "JW-B030", "导入 \(report.total) 行：入库 \(report.created)（实有 \(stored)），有误 \(report.bad)", cause: report.badRows.first?.message)
        }
        return seconds
    }

    private static func write(_ path: String, rows: Int) throws {
        let titles = ["号牌号码", "号牌颜色", "车辆识别代号", "发动机号", "注册登记日期", "车辆品牌型号", "车辆类型", "使用性质", "所有人（车队）", "燃料种类", "排放阶段", "远程联网"]
        let writer = try SheetWriter(path: path, format: .xlsx, columns: titles.map { SheetColumn($0) })
        guard let first = Day(number: 20_200_101) else { return }
        for number in 0..<rows {
            let digits = String(100_000 + number % 100_000).dropFirst()
            let isBad = number % (rows / badRows) == 17
            try writer.append([
                .text("冀\(number < 50_000 ? "C" : "D")\(digits)"), .text("黄"), .text(isBad ? "不是识别代号" : BenchFleet.vin(500_000 + number)), .text("E\(1_000_000 + number)"),
                .day(first.adding(days: number % 1500)),
                .text("解放牌CA4250"), .text("重型半挂牵引车"), .text("货运"), .text("石家庄第\(number % 300)运输队"), .text("柴油"), .text(number % 3 == 0 ? "国六" : "国五"), .text("已联网"),
            ])
        }
        try writer.finish()
    }
}
