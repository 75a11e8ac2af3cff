import Foundation
import Kernel

/// Reads xlsx and csv row by row; the kind is found by content, never by name. Blocking: call it on a thread of its own.
package enum SheetReader {
    /// Hands every row with content to the body, in the file's order, until the body returns false.
    ///
    /// - Parameter sheet: counted from 0 among the visible sheets; of a CSV there is only one.
    /// - Returns: rows handed over.
    /// - Throws: `.invalid` `JW-X020` for what is no readable table, `.tooLarge` `JW-X021` beyond a limit, and what the body throws.
    @discardableResult
    package static func read(path: String, sheet: Int = 0, limits: SheetLimits = SheetLimits(), _ body: @escaping (SheetRow) throws -> Bool) throws -> Int {
        let head = try head(of: path)
        if head.starts(with: [0x50, 0x4B]) { return try WorkbookReader(path: path, limits: limits).read(sheet: sheet, body) }
        if head.starts(with: [0xD0, 0xCF, 0x11, 0xE0]) { throw SheetFailure.broken("旧版 .xls 或加密的工作簿，请另存为不加密的 .xlsx 后再导入") }
        return try CSVReader(limits: limits).read(try contents(of: path, limits), body)
    }

    /// The same for a small table that is in memory.
    @discardableResult
    package static func read(bytes: [UInt8], sheet: Int = 0, limits: SheetLimits = SheetLimits(), _ body: @escaping (SheetRow) throws -> Bool) throws -> Int {
        if !bytes.starts(with: [0x50, 0x4B]), !bytes.starts(with: [0xD0, 0xCF, 0x11, 0xE0]) {
            guard bytes.count <= limits.bytes else { throw SheetFailure.tooMany("超过 \(limits.bytes >> 20) MB") }
            return try CSVReader(limits: limits).read(bytes, body)
        }
        let path = NSTemporaryDirectory() + "/jianwei-\(UUID().uuidString).xlsx"
        defer { try? FileManager.default.removeItem(atPath: path) }
        do { try Data(bytes).write(to: URL(fileURLWithPath: path)) } catch { throw SheetFailure.cannotCreate("\(error)") }
        return try read(path: path, sheet: sheet, limits: limits, body)
    }

    private static func head(of path: String) throws -> [UInt8] {
        guard let file = fopen(path, "rb") else { throw SheetFailure.broken("文件不存在") }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 8)
        let count = fread(&bytes, 1, 8, file)
        return Array(bytes.prefix(count))
    }

    private static func contents(of path: String, _ limits: SheetLimits) throws -> [UInt8] {
        var facts = stat()
        guard stat(path, &facts) == 0 else { throw SheetFailure.broken("文件不存在") }
        guard Int(facts.st_size) <= limits.bytes else { throw SheetFailure.tooMany("超过 \(limits.bytes >> 20) MB") }
        guard let data = FileManager.default.contents(atPath: path) else { throw SheetFailure.broken("文件不存在") }
        return [UInt8](data)
    }
}
