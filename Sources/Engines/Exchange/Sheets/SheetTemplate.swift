import CSheets
import Kernel

/// One column of a table that people are to fill in.
package struct TemplateColumn: Sendable {
    package var title: String
    package var isRequired: Bool
    /// Shown when the cell is chosen and on the second sheet.
    package var hint: String
    /// Offered as a drop-down list; empty for free input.
    package var choices: [String]
    package var example: String

    package init(_ title: String, isRequired: Bool = false, hint: String = "", choices: [String] = [], example: String = "") {
        self.title = title
        self.isRequired = isRequired
        self.hint = hint
        self.choices = choices
        self.example = example
    }
}

/// Writes an xlsx to be filled in: first sheet with the header, drop-down lists and input hints; second sheet 填写说明; third sheet 字典 with the choices.
package enum SheetTemplate {
    /// Rows that get the drop-down lists.
    private static let rows: UInt32 = 100_000

    /// - Throws: `.unavailable` `JW-X010`, `JW-X011`.
    package static func write(path: String, sheet: String, columns: [TemplateColumn]) throws {
        guard let workbook = workbook_new(path), let table = workbook_add_worksheet(workbook, sheetName(sheet)), let notes = workbook_add_worksheet(workbook, "填写说明"),
            let lists = workbook_add_worksheet(workbook, "字典")
        else { throw SheetFailure.cannotCreate(path) }
        let formats = Formats(workbook)
        writeTable(table, columns, formats)
        writeNotes(notes, columns, formats)
        writeLists(lists, columns, formats)
        let result = workbook_close(workbook)
        guard result == LXW_NO_ERROR else { throw SheetFailure.cannotWrite("xlsx error \(result.rawValue)") }
    }

    private struct Formats {
        let header: UnsafeMutablePointer<lxw_format>?
        let required: UnsafeMutablePointer<lxw_format>?
        let text: UnsafeMutablePointer<lxw_format>?

        init(_ workbook: UnsafeMutablePointer<lxw_workbook>) {
            header = workbook_add_format(workbook)
            required = workbook_add_format(workbook)
            text = workbook_add_format(workbook)
            for format in [header, required] {
                format_set_bold(format)
                format_set_bg_color(format, 0xD9_E7F5)
                format_set_bottom(format, UInt8(LXW_BORDER_THIN.rawValue))
            }
            format_set_font_color(required, 0xC0_0000)
            // Codes such as 0012 and dates stay as they are typed.
            format_set_num_format(text, "@")
        }
    }

    private static func writeTable(_ table: UnsafeMutablePointer<lxw_worksheet>, _ columns: [TemplateColumn], _ formats: Formats) {
        for (index, column) in columns.enumerated() {
            let at = UInt16(index)
            worksheet_set_column(table, at, at, SheetColumn(column.title).width, formats.text)
            worksheet_write_string(table, 0, at, column.title, column.isRequired ? formats.required : formats.header)
            validate(table, at, column)
        }
        worksheet_freeze_panes(table, 1, 0)
    }

    /// Excel takes 32 characters of title and 255 of text.
    private static func validate(_ table: UnsafeMutablePointer<lxw_worksheet>, _ at: UInt16, _ column: TemplateColumn) {
        guard !column.choices.isEmpty || !column.hint.isEmpty else { return }
        var validation = lxw_data_validation()
        let list = "='字典'!$\(letters(at))$2:$\(letters(at))$\(column.choices.count + 1)"
        String(column.title.prefix(30)).withCString { title in
            String(column.hint.prefix(200)).withCString { hint in
                list.withCString { list in
                    if column.choices.isEmpty {
                        validation.validate = UInt8(LXW_VALIDATION_TYPE_ANY.rawValue)
                    } else {
                        validation.validate = UInt8(LXW_VALIDATION_TYPE_LIST_FORMULA.rawValue)
                        validation.value_formula = UnsafeMutablePointer(mutating: list)
                        validation.error_type = UInt8(LXW_VALIDATION_ERROR_TYPE_WARNING.rawValue)
                    }
                    if !column.hint.isEmpty {
                        validation.input_title = UnsafeMutablePointer(mutating: title)
                        validation.input_message = UnsafeMutablePointer(mutating: hint)
                    }
                    worksheet_data_validation_range(table, 1, at, rows, at, &validation)
                }
            }
        }
    }

    private static func writeNotes(_ notes: UnsafeMutablePointer<lxw_worksheet>, _ columns: [TemplateColumn], _ formats: Formats) {
        for (index, title) in ["列", "是否必填", "要求", "示例"].enumerated() { worksheet_write_string(notes, 0, UInt16(index), title, formats.header) }
        worksheet_set_column(notes, 0, 1, 20, nil)
        worksheet_set_column(notes, 2, 3, 50, nil)
        for (index, column) in columns.enumerated() {
            let row = UInt32(index + 1)
            for (at, text) in [column.title, column.isRequired ? "必填" : "", column.hint, column.example].enumerated() where !text.isEmpty {
                worksheet_write_string(notes, row, UInt16(at), text, nil)
            }
        }
    }

    private static func writeLists(_ lists: UnsafeMutablePointer<lxw_worksheet>, _ columns: [TemplateColumn], _ formats: Formats) {
        for (index, column) in columns.enumerated() where !column.choices.isEmpty {
            worksheet_write_string(lists, 0, UInt16(index), column.title, formats.header)
            for (row, choice) in column.choices.enumerated() { worksheet_write_string(lists, UInt32(row + 1), UInt16(index), choice, nil) }
        }
    }

    /// 0 is A, 26 is AA.
    private static func letters(_ column: UInt16) -> String {
        var text = ""
        var left = Int(column) + 1
        while left > 0 {
            left -= 1
            text = String(UnicodeScalar(UInt8(65 + left % 26))) + text
            left /= 26
        }
        return text
    }

    private static func sheetName(_ name: String) -> String {
        let kept = String(name.filter { !"[]:*?/\\'".contains($0) }.prefix(31))
        return kept.isEmpty ? "数据" : kept
    }
}
