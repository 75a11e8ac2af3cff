import Exchange
import Features
import Foundation
import Identity
import Kernel
import Logging
import MobileSources
import Reports
import Storage
import StorageSQLite

/// A designed report of fifty printed pages over years of passes: read from the roll-ups, filled, counted, written as xlsx.
struct ReportBench {
    struct Result {
        var passes: Int
        var rows: Int
        /// A4 pages at forty lines a page.
        var pages: Int
        var seconds: Double
        var cpuSeconds: Double
        var fileKilobytes: Double
    }

    private static let linesPerPage = 40

    /// - Parameter directory: of an installation with a history; nobody serves it now.
    static func run(_ directory: String, logger: Logger) async throws -> Result {
        let installation = try await Installation.open(directory, logger: logger)
        let engine = installation.platform.reports
        let template = try ReportTemplate(try draft.bytes(), on: engine)
        guard template.faults.isEmpty else { throw Failure(.unexpected, "JW-B090", "报表模板有误：\(template.faults)") }
        let passes = try await installation.database.read(within: .seconds(300)) { reader in Int(try reader.value("SELECT MAX(id) FROM gate_pass")?.int ?? 0) }
        let principal = Principal.system("性能测试")
        let (start, spent) = (uptime(), cpuTime())
        let files = try await engine.made(template, title: "进出厂运输明细报表", ReportOrder(day: engine.clock.today), formats: [.xlsx], by: principal)
        let (seconds, cpuSeconds) = (Double(uptime() - start) / 1e9, Double(cpuTime() - spent) / 1e9)
        let bytes = files[.xlsx] ?? []
        let rows = try WorkbookForm(bytes: bytes, limits: SheetLimits(rows: 100_000, columns: 256, bytes: 512 << 20)).sheets.first?.rows.count ?? 0
        await installation.database.close()
        return Result(
            passes: passes, rows: rows, pages: (rows + linesPerPage - 1) / linesPerPage, seconds: seconds, cpuSeconds: cpuSeconds, fileKilobytes: Double(bytes.count) / 1000)
    }

    /// Counties, months and fuels of three years with subtotals for each county: some thousands of lines.
    private static let draft = WorkbookDraft([
        WorkbookDraft.Sheet(
            "明细", widths: [16, 12, 16, 12, 14, 14, 12], titleRows: 2, merges: ["A1:G1"],
            rows: [
                [("{报表名称}", .title)] + Array(repeating: ("", .title), count: 6),
                ["县（区、市）", "月份", "燃料", "车次", "运输量（吨）", "不允许通行", "每车吨数"].map { ($0, .head) },
                [
                    ("{明细.县（区、市）|分组}", .cell), ("{明细.月份|分组}", .cell), ("{明细.燃料种类}", .cell), ("{明细.车次}", .number), ("{明细.运输量}", .number), ("{明细.不允许通行车次}", .number),
                    ("=IF(D3=0,0,E3/D3)", .number),
                ],
                [
                    ("小计", .strong), ("", .strong), ("", .strong), ("{明细.车次|小计:县（区、市）}", .strongNumber), ("=SUM(E3:E3)", .strongNumber), ("=SUM(F3:F3)", .strongNumber),
                    ("=IF(D4=0,0,E4/D4)", .strongNumber),
                ],
            ]),
        WorkbookDraft.Sheet(
            ReportTemplate.settingsSheet, widths: [10, 12, 18, 26, 40, 10, 14],
            rows: [[("周期", .cell), ("年", .cell)], ["数据集", "明细", "进出厂过车", "县（区、市），月份，燃料种类", "车次，运输量，不允许通行车次", "", "全部时间"].map { ($0, .cell) }]),
    ])
}
