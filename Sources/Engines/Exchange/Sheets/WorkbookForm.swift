import Foundation
import Kernel

/// A workbook taken apart so that its sheets can be filled and put together again: styles, widths, page set-up and pictures stay as they were drawn.
///
/// Blocking, and whole in memory: for templates a person drew, not for data.
package struct WorkbookForm: Sendable {
    package struct Cell: Sendable, Equatable {
        /// Counted from 0.
        package var column: Int
        /// Index of the cell's style in the workbook, as it is spelled.
        package var style: String?
        package var content: Content

        package init(_ column: Int, style: String? = nil, _ content: Content = .empty) {
            self.column = column
            self.style = style
            self.content = content
        }
    }

    package enum Content: Sendable, Equatable {
        case empty
        case text(String)
        case number(Double)
        /// Without the leading `=`, and what it came to, where that is known.
        case formula(String, Double?)
    }

    package struct Row: Sendable, Equatable {
        /// Counted from 1.
        package var number: Int
        /// Height and style, as attributes ready to be written.
        package var look: String
        package var cells: [Cell]

        package init(number: Int, look: String = "", cells: [Cell]) {
            self.number = number
            self.look = look
            self.cells = cells
        }

        package func cell(_ column: Int) -> Cell? { cells.first { $0.column == column } }
    }

    /// Both ends counted in; rows from 1, columns from 0.
    package struct Area: Sendable, Equatable, Hashable {
        package var rows: ClosedRange<Int>
        package var columns: ClosedRange<Int>

        package init(rows: ClosedRange<Int>, columns: ClosedRange<Int>) {
            self.rows = rows
            self.columns = columns
        }

        /// `B2:D3`; a single cell is `B2`.
        package init?(_ text: String) {
            let ends = text.split(separator: ":").map(String.init)
            guard let first = ends.first.flatMap(WorkbookForm.place), let last = ends.last.flatMap(WorkbookForm.place), first.row <= last.row, first.column <= last.column else {
                return nil
            }
            self.init(rows: first.row...last.row, columns: first.column...last.column)
        }

        package var text: String {
            "\(WorkbookForm.columnName(columns.lowerBound))\(rows.lowerBound):\(WorkbookForm.columnName(columns.upperBound))\(rows.upperBound)"
        }
    }

    package struct Sheet: Sendable {
        package var name: String
        package var rows: [Row]
        package var merges: [Area]
        /// Widths in characters by column, with the attributes they were drawn with.
        package var columns: [(range: ClosedRange<Int>, look: String)]
        var part: String
        var head: String
        var tail: String
    }

    package var sheets: [Sheet]
    /// Every other part, as it is in the file.
    var others: [(name: String, bytes: [UInt8])]
    var workbookPart: String

    package static let limits = SheetLimits(rows: 2_000, columns: 256, bytes: 64 << 20)

    /// `AB12` → column 27, row 12; nil for what is no place. `$` is passed over.
    package static func place(_ text: String) -> (column: Int, row: Int)? {
        var column = 0
        var row = 0
        for byte in text.utf8 where byte != 36 {
            switch byte {
            case 65...90 where row == 0: column = column * 26 + Int(byte) - 64
            case 97...122 where row == 0: column = column * 26 + Int(byte) - 96
            case 48...57 where column > 0: row = row * 10 + Int(byte) - 48
            default: return nil
            }
            if column > 16_384 || row > 1_048_576 { return nil }
        }
        return column > 0 && row > 0 ? (column - 1, row) : nil
    }

    /// 0 → `A`, 27 → `AB`.
    package static func columnName(_ column: Int) -> String {
        var name = ""
        var rest = column + 1
        while rest > 0 {
            name = String(UnicodeScalar(UInt8(65 + (rest - 1) % 26))) + name
            rest = (rest - 1) / 26
        }
        return name
    }
}
