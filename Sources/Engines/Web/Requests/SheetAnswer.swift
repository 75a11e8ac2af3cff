import Exchange
import Foundation
import Hummingbird
import Kernel
import Storage

/// A table as a file to save. Meant for what a page shows: thousands of rows, not millions.
package struct SheetAnswer {
    var name: String
    var columns: [SheetColumn]
    var rows: [[Cell]]

    package init(name: String, columns: [SheetColumn], rows: [[Cell]]) {
        self.name = name
        self.columns = columns
        self.rows = rows
    }

    /// `?format=csv`; xlsx otherwise. Written on a database thread, because writing blocks.
    package func response(_ context: WebContext, on database: any Database) async throws -> Response {
        let format = context.here["format"].flatMap(SheetFormat.init) ?? .xlsx
        let (columns, rows, sheet) = (columns, rows, String(name.prefix(28)))
        let bytes = try await database.read { _ in
            let path = NSTemporaryDirectory() + "/jianwei-\(UUID().uuidString).\(format.rawValue)"
            defer { _ = unlink(path) }
            let writer = try SheetWriter(path: path, format: format, sheet: sheet, columns: columns)
            for row in rows { try writer.append(row) }
            try writer.finish()
            guard let data = FileManager.default.contents(atPath: path) else { throw Failure(.unavailable, "JW-M070", "文件生成失败，请稍后再试") }
            return [UInt8](data)
        }
        return .download(bytes, filename: "\(name).\(format.rawValue)", contentType: format.mediaType)
    }

    /// The two buttons of a page whose address, with `/export` added to its path, answers the file.
    package static func buttons(_ address: PageAddress, path: String) -> Markup {
        let base = PageAddress(path, address.query)
        return
            "\(ActionButton("导出 Excel", .download(base.with("format", "xlsx").text), icon: "download"))\(ActionButton("导出 CSV", .download(base.with("format", "csv").text), icon: "download", style: .quiet))"
    }
}
