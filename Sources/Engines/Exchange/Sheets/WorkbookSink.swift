import CSheets
import Kernel

/// Writes xlsx through libxlsxwriter, which keeps one row in memory and the rest in temporary files.
final class WorkbookSink: SheetSink {
    /// Excel's own limit is 1,048,576 rows; a longer table goes on in another sheet.
    private static let rowsPerSheet: UInt32 = 1_000_000
    /// Excel refuses longer texts.
    private static let textLimit = 32_767
    private static let daysFrom1899To1970 = 25_569.0

    private var workbook: UnsafeMutablePointer<lxw_workbook>?
    private var worksheet: UnsafeMutablePointer<lxw_worksheet>
    private let header: UnsafeMutablePointer<lxw_format>?
    private let dayFormat: UnsafeMutablePointer<lxw_format>?
    private let momentFormat: UnsafeMutablePointer<lxw_format>?
    private let name: String
    private let columns: [SheetColumn]
    private var sheets = 1
    private var row: UInt32 = 1

    init(path: String, sheet: String, columns: [SheetColumn], temporaryFolder: String?) throws {
        let opened = (temporaryFolder ?? "").withCString { folder -> UnsafeMutablePointer<lxw_workbook>? in
            var options = lxw_workbook_options(
                constant_memory: 1, tmpdir: temporaryFolder == nil ? nil : UnsafeMutablePointer(mutating: folder), use_zip64: 0)
            return workbook_new_opt(path, &options)
        }
        guard let opened else { throw SheetFailure.cannotCreate(path) }
        name = Self.sheetName(sheet)
        guard let first = workbook_add_worksheet(opened, name) else { throw SheetFailure.cannotCreate("sheet \(name)") }
        workbook = opened
        worksheet = first
        self.columns = columns
        header = workbook_add_format(opened)
        dayFormat = workbook_add_format(opened)
        momentFormat = workbook_add_format(opened)
        format_set_bold(header)
        format_set_align(header, UInt8(LXW_ALIGN_CENTER.rawValue))
        format_set_bg_color(header, 0xD9_E7F5)
        format_set_bottom(header, UInt8(LXW_BORDER_THIN.rawValue))
        format_set_num_format(dayFormat, "yyyy-mm-dd")
        format_set_num_format(momentFormat, "yyyy-mm-dd hh:mm:ss")
        writeHeader()
    }

    deinit {
        // An export that was given up still owns its temporary files.
        if let workbook { _ = workbook_close(workbook) }
    }

    func append(_ cells: [Cell]) throws {
        if row == Self.rowsPerSheet { try nextSheet() }
        var column: UInt16 = 0
        for cell in cells {
            try write(cell, column)
            column += 1
        }
        row += 1
    }

    func finish() throws {
        guard let workbook else { return }
        endSheet()
        self.workbook = nil
        let result = workbook_close(workbook)
        guard result == LXW_NO_ERROR else { throw SheetFailure.cannotWrite("xlsx error \(result.rawValue)") }
    }

    private func write(_ cell: Cell, _ column: UInt16) throws {
        let result: lxw_error
        switch cell {
        case .empty: return
        case .text(let value):
            result = worksheet_write_string(
                worksheet, row, column, value.utf8.count > Self.textLimit ? String(value.unicodeScalars.prefix(Self.textLimit / 2).map(Character.init)) : value, nil)
        case .number(let value):
            guard value.isFinite else { return }
            result = worksheet_write_number(worksheet, row, column, value, nil)
        case .bool(let value): result = worksheet_write_string(worksheet, row, column, value ? "是" : "否", nil)
        case .day(let value): result = worksheet_write_number(worksheet, row, column, Double(value.daysSince1970) + Self.daysFrom1899To1970, dayFormat)
        case .moment(let value):
            let local = Double(value.milliseconds + shanghaiOffsetMilliseconds) / 86_400_000
            result = worksheet_write_number(worksheet, row, column, local + Self.daysFrom1899To1970, momentFormat)
        }
        guard result == LXW_NO_ERROR else { throw SheetFailure.cannotWrite("xlsx error \(result.rawValue) at row \(row)") }
    }

    private func writeHeader() {
        for (index, column) in columns.enumerated() {
            worksheet_set_column(worksheet, UInt16(index), UInt16(index), min(column.width, 80), nil)
            worksheet_write_string(worksheet, 0, UInt16(index), column.title, header)
        }
        worksheet_freeze_panes(worksheet, 1, 0)
    }

    private func endSheet() {
        if !columns.isEmpty { worksheet_autofilter(worksheet, 0, 0, max(1, row - 1), UInt16(columns.count - 1)) }
    }

    private func nextSheet() throws {
        endSheet()
        sheets += 1
        guard let next = workbook_add_worksheet(workbook, "\(name.prefix(26))(\(sheets))") else { throw SheetFailure.cannotWrite("sheet \(sheets)") }
        worksheet = next
        row = 1
        writeHeader()
    }

    /// At most 31 characters, none of `[]:*?/\`, no apostrophe at either end.
    private static func sheetName(_ name: String) -> String {
        let kept = String(name.filter { !"[]:*?/\\'".contains($0) }.prefix(31))
        return kept.isEmpty ? "数据" : kept
    }
}
