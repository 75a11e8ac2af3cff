import Kernel

/// One cell of a table on its way in or out.
package enum Cell: Sendable, Equatable {
    case empty
    case text(String)
    case number(Double)
    case bool(Bool)
    case day(Day)
    case moment(Moment)

    package init(_ value: String?) { self = value.map(Cell.text) ?? .empty }
    package init(_ value: Int?) { self = value.map { .number(Double($0)) } ?? .empty }
    package init(_ value: Int64?) { self = value.map { .number(Double($0)) } ?? .empty }
    package init(_ value: Double?) { self = value.map(Cell.number) ?? .empty }
    package init(_ value: Bool?) { self = value.map(Cell.bool) ?? .empty }
    package init(_ value: Day?) { self = value.map(Cell.day) ?? .empty }
    package init(_ value: Moment?) { self = value.map(Cell.moment) ?? .empty }

    /// As a person would type it: whole numbers without a fraction, `2026-11-21`, `2026-11-21 08:00:00`, 是 and 否, surrounding spaces removed; nil for an empty cell.
    package var text: String? {
        switch self {
        case .empty: return nil
        case .text(let value):
            let trimmed = Cell.trim(value)
            return trimmed.isEmpty ? nil : trimmed
        case .number(let value): return Int64(exactly: value).map(String.init) ?? String(value)
        case .bool(let value): return value ? "是" : "否"
        case .day(let value): return value.text
        case .moment(let value): return value.text
        }
    }

    package var isEmpty: Bool { text == nil }

    private static func trim(_ value: String) -> String {
        func isSpace(_ byte: UInt8?) -> Bool { byte.map { $0 <= 32 || $0 >= 0xC2 } ?? false }
        guard isSpace(value.utf8.first) || isSpace(value.utf8.last) else { return value }
        let kept = value.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
        guard let last = kept.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(kept[...last])
    }
}

/// One row that was read.
package struct SheetRow: Sendable, Equatable {
    /// Counted from 1 as the person sees it in their table program.
    package var number: Int
    /// Without trailing empty cells; gaps are `.empty`.
    package var cells: [Cell]

    package init(number: Int, cells: [Cell]) {
        self.number = number
        self.cells = cells
    }

    /// The cell of a column counted from 0; `.empty` beyond the end.
    package subscript(column: Int) -> Cell { column < cells.count ? cells[column] : .empty }
}

/// How much of a hostile or careless file is read before it is refused.
package struct SheetLimits: Sendable {
    /// Rows with content, the header among them.
    package var rows: Int
    package var columns: Int
    /// Bytes after decompression, all parts together.
    package var bytes: Int

    package init(rows: Int = 200_000, columns: Int = 512, bytes: Int = 1 << 30) {
        self.rows = rows
        self.columns = columns
        self.bytes = bytes
    }
}

/// What a table file can be.
package enum SheetFormat: String, Sendable, CaseIterable {
    case xlsx, csv

    package var mediaType: String {
        switch self {
        case .xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        case .csv: "text/csv; charset=utf-8"
        }
    }
}
