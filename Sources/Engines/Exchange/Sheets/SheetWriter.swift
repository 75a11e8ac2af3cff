import Kernel

/// A column of an exported table.
package struct SheetColumn: Sendable {
    package var title: String
    /// In characters of the standard font.
    package var width: Double

    /// - Parameter width: nil chooses one that fits the title.
    package init(_ title: String, width: Double? = nil) {
        self.title = title
        self.width = width ?? max(12, Double(title.reduce(0) { $0 + ($1.isASCII ? 1 : 2) }) + 4)
    }
}

/// Writes a table of any length row by row in constant memory. Blocking: call it on a thread of its own, never on an event loop.
///
///     let writer = try SheetWriter(path: path, format: .xlsx, sheet: "进出场车辆", columns: columns)
///     for row in rows { try writer.append(row) }
///     try writer.finish()
///
/// Not Sendable: one export, one thread. Without `finish` the file is not a valid workbook.
package final class SheetWriter {
    private let sink: any SheetSink
    /// Rows appended, without the header.
    package private(set) var rows = 0

    /// Writes the header at once.
    ///
    /// - Throws: `.unavailable` `JW-X010` when the file cannot be made.
    package init(path: String, format: SheetFormat, sheet: String = "数据", columns: [SheetColumn], temporaryFolder: String? = nil) throws {
        sink =
            switch format {
            case .xlsx: try WorkbookSink(path: path, sheet: sheet, columns: columns, temporaryFolder: temporaryFolder)
            case .csv: try CSVSink(path: path, columns: columns)
            }
    }

    /// - Throws: `.unavailable` `JW-X011` when the disk is full or the file is gone.
    package func append(_ cells: [Cell]) throws {
        try sink.append(cells)
        rows += 1
    }

    /// Completes and closes the file.
    ///
    /// - Throws: `.unavailable` `JW-X011`.
    package func finish() throws { try sink.finish() }
}

/// One file format's way of writing.
protocol SheetSink: AnyObject {
    func append(_ cells: [Cell]) throws
    func finish() throws
}

enum SheetFailure {
    static func cannotCreate(_ cause: String) -> Failure { Failure(.unavailable, "JW-X010", "无法创建导出文件", cause: cause) }
    static func cannotWrite(_ cause: String) -> Failure { Failure(.unavailable, "JW-X011", "导出文件写入失败，请检查磁盘空间", cause: cause) }
    static func broken(_ reason: String) -> Failure { Failure(.invalid, "JW-X020", "表格文件无法读取：\(reason)") }
    static func tooMany(_ reason: String) -> Failure { Failure(.tooLarge, "JW-X021", "表格文件过大：\(reason)") }
}
