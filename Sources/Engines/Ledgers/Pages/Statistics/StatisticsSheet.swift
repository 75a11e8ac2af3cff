import Exchange
import Foundation
import Hummingbird
import Kernel
import Web

/// Statistics as a sheet. Blocking, so it is made on a database thread, right where the figures were read.
struct StatisticsSheet: Sendable {
    let title: String
    let table: StatisticsTable

    func bytes() throws -> [UInt8] {
        let path = NSTemporaryDirectory() + "/jianwei-statistics-\(UUID().uuidString).xlsx"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let columns = (table.dimensionTitles + table.measureTitles).map { SheetColumn($0) }
        let writer = try SheetWriter(path: path, format: .xlsx, sheet: title, columns: columns)
        for group in table.groups { try writer.append(group.labels.map { Cell($0) } + group.values.map { Cell($0) }) }
        try writer.finish()
        guard let data = FileManager.default.contents(atPath: path) else { throw Failure(.unavailable, "JW-L420", "统计表格生成失败，请稍后再试") }
        return [UInt8](data)
    }
}
