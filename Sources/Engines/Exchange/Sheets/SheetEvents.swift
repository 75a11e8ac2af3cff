import Foundation
import Kernel

/// Turns one sheet's XML into rows.
///
///     <row r="3"><c r="B3" s="2" t="s"><v>17</v></c>…</row>
final class SheetEvents: XMLEvents {
    private enum CellKind { case number, shared, inline, bool, error, formulaText, isoDate }

    private let strings: [String]
    private let dateStyles: [Bool]
    private let is1904: Bool
    private let limits: SheetLimits
    private let body: (SheetRow) throws -> Bool

    /// Rows handed to the body.
    private(set) var handed = 0
    private var rowNumber = 0
    private var cells: [Cell] = []
    private var column = -1
    private var kind = CellKind.number
    private var isDate = false
    private var value: [UInt8] = []
    private var isValue = false
    private var phonetic = 0

    init(strings: [String], dateStyles: [Bool], is1904: Bool, limits: SheetLimits, body: @escaping (SheetRow) throws -> Bool) {
        self.strings = strings
        self.dateStyles = dateStyles
        self.is1904 = is1904
        self.limits = limits
        self.body = body
    }

    override func open(_ name: XMLName, _ attributes: XMLAttributes) {
        let first = UInt8(bitPattern: name.pointer[0])
        if first == UInt8(ascii: "c"), name == "c" {
            openCell(attributes)
        } else if first == UInt8(ascii: "v"), name == "v" {
            isValue = true
        } else if first == UInt8(ascii: "t"), name == "t" {
            isValue = kind == .inline && phonetic == 0
        } else if first == UInt8(ascii: "r"), name == "row" {
            openRow(attributes)
        } else if first == UInt8(ascii: "r"), name == "rPh" {
            phonetic += 1
        }
    }

    override func text(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard isValue else { return }
        value.append(contentsOf: bytes)
        if value.count > 1 << 20 { failure = SheetFailure.tooMany("第 \(rowNumber) 行有超长的单元格") }
    }

    override func close(_ name: XMLName) {
        let first = UInt8(bitPattern: name.pointer[0])
        if first == UInt8(ascii: "v") || first == UInt8(ascii: "t") {
            isValue = false
        } else if first == UInt8(ascii: "c"), name == "c" {
            closeCell()
        } else if first == UInt8(ascii: "r"), name == "row" {
            closeRow()
        } else if first == UInt8(ascii: "r"), name == "rPh" {
            phonetic -= 1
        } else if first == UInt8(ascii: "s"), name == "sheetData" {
            isDone = true
        }
    }

    private func openRow(_ attributes: XMLAttributes) {
        let number = attributes.int("r") ?? rowNumber + 1
        guard number > rowNumber, number <= 1_048_576 else {
            failure = SheetFailure.broken("行号 \(number) 有误")
            return
        }
        rowNumber = number
        column = -1
        cells.removeAll(keepingCapacity: true)
    }

    private func openCell(_ attributes: XMLAttributes) {
        value.removeAll(keepingCapacity: true)
        kind = .number
        isDate = false
        var next = column + 1
        var at = attributes.pointer
        while let name = at[0], let value = at[1] {
            switch (UInt8(bitPattern: name[0]), name[1]) {
            case (UInt8(ascii: "r"), 0): next = Self.column(value) ?? next
            case (UInt8(ascii: "t"), 0): kind = Self.kind(value)
            case (UInt8(ascii: "s"), 0):
                let style = Int(atoi(value))
                isDate = style >= 0 && style < dateStyles.count && dateStyles[style]
            default: break
            }
            at += 2
        }
        guard next > column, next < limits.columns else {
            failure = next > column ? SheetFailure.tooMany("超过 \(limits.columns) 列") : SheetFailure.broken("第 \(rowNumber) 行的单元格次序有误")
            return
        }
        column = next
    }

    private func closeCell() {
        isValue = false
        let cell = cellValue()
        guard cell != .empty else { return }
        while cells.count < column { cells.append(.empty) }
        cells.append(cell)
    }

    private func closeRow() {
        guard !cells.isEmpty else { return }
        handed += 1
        guard handed <= limits.rows else {
            failure = SheetFailure.tooMany("超过 \(limits.rows) 行")
            return
        }
        do {
            if try !body(SheetRow(number: rowNumber, cells: cells)) { isDone = true }
        } catch {
            failure = error
        }
    }

    private func cellValue() -> Cell {
        guard !value.isEmpty else { return .empty }
        switch kind {
        case .shared:
            guard let index = Int(String(decoding: value, as: UTF8.self)), index >= 0, index < strings.count else {
                failure = SheetFailure.broken("第 \(rowNumber) 行引用了不存在的文字")
                return .empty
            }
            return strings[index].isEmpty ? .empty : .text(strings[index])
        case .inline, .formulaText: return .text(WorkbookText.decode(value[...]))
        case .bool: return .bool(value[0] == UInt8(ascii: "1"))
        case .error: return .text(String(decoding: value, as: UTF8.self))
        case .isoDate:
            let text = String(decoding: value, as: UTF8.self)
            if let day = Day(parsing: text) { return .day(day) }
            return Moment(parsing: text).map(Cell.moment) ?? .text(text)
        case .number: return number()
        }
    }

    private func number() -> Cell {
        let text = String(decoding: value, as: UTF8.self)
        guard let number = Double(text), number.isFinite else { return .text(text) }
        // More digits than a double holds are an identifier, not a quantity.
        if !isDate, value.count > 15, value.allSatisfy({ (48...57).contains($0) }) { return .text(text) }
        return isDate ? date(number) ?? .number(number) : .number(number)
    }

    /// A serial date: days since 1899-12-30 (1900 has a leap day that never was), or since 1904-01-01.
    private func date(_ serial: Double) -> Cell? {
        guard serial >= 1, serial < 2_958_466 else { return nil }
        let days = is1904 ? serial + 1462 : serial < 60 ? serial + 1 : serial
        let whole = Int(days.rounded(.down))
        let milliseconds = ((days - Double(whole)) * 86_400_000).rounded()
        let day = Day(daysSince1970: whole - 25_569)
        if milliseconds < 500 { return .day(day) }
        let seconds = Int64((milliseconds / 1000).rounded())
        return .moment(day.start.adding(seconds: seconds))
    }

    /// `AB12` is column 27.
    private static func column(_ reference: UnsafePointer<CChar>) -> Int? {
        var at = reference
        var column = 0
        while at.pointee >= 65, at.pointee <= 90, column < 20_000 {
            column = column * 26 + Int(at.pointee) - 64
            at += 1
        }
        return column > 0 ? column - 1 : nil
    }

    private static func kind(_ type: UnsafePointer<CChar>) -> CellKind {
        switch UInt8(bitPattern: type[0]) {
        case UInt8(ascii: "s"): type[1] == 0 ? .shared : .formulaText
        case UInt8(ascii: "i"): .inline
        case UInt8(ascii: "b"): .bool
        case UInt8(ascii: "e"): .error
        case UInt8(ascii: "d"): .isoDate
        default: .number
        }
    }
}
