import Exchange
import Foundation
import Kernel

/// Where rows and columns of a template went when it was filled, and what that makes of formulas.
struct TemplateShifts: Sendable {
    /// Where a formula stands: its row in the template and in the report, and, for a subtotal, the detail row and the rows of its group.
    struct Place: Sendable {
        var oldRow: Int
        var newRow: Int
        var group: (detail: Int, rows: ClosedRange<Int>)?
    }

    private let band: ClosedRange<Int>?
    private let copies: Int
    private var rows: [Int: ClosedRange<Int>] = [:]

    init(band: ClosedRange<Int>?, copies: Int) {
        self.band = band
        self.copies = copies
    }

    mutating func place(_ old: Int, _ new: ClosedRange<Int>) { rows[old] = new }

    /// Rows that were not drawn keep their distance from the one above.
    private func range(_ old: Int) -> ClosedRange<Int> {
        if let known = rows[old] { return known }
        guard let above = rows.keys.filter({ $0 < old }).max(), let place = rows[above] else { return old...old }
        let row = place.upperBound + old - above
        return row...row
    }

    func first(_ old: Int) -> Int { range(old).lowerBound }
    func last(_ old: Int) -> Int { range(old).upperBound }

    // MARK: Columns

    private var width: Int { band?.count ?? 0 }

    func isInBand(_ column: Int) -> Bool { band?.contains(column) ?? false }

    func columns(of column: Int) -> [Int] {
        guard let band else { return [column] }
        if column < band.lowerBound { return [column] }
        if column > band.upperBound { return [column + (copies - 1) * width] }
        return (0..<copies).map { column + $0 * width }
    }

    private func firstColumn(_ column: Int) -> Int { columns(of: column).first ?? column }
    private func lastColumn(_ column: Int) -> Int { columns(of: column).last ?? column }

    /// Every copy of the columns, as one.
    func span(_ range: ClosedRange<Int>) -> ClosedRange<Int> {
        let first = firstColumn(range.lowerBound)
        return first...max(first, lastColumn(range.upperBound))
    }

    /// Inside the band once each copy; across it as one.
    func columnRanges(_ range: ClosedRange<Int>) -> [ClosedRange<Int>] {
        if isInBand(range.lowerBound), isInBand(range.upperBound) { return (0..<copies).map { range.lowerBound + $0 * width...range.upperBound + $0 * width } }
        return [span(range)]
    }

    func columns(_ drawn: [(range: ClosedRange<Int>, look: String)]) -> [(range: ClosedRange<Int>, look: String)] {
        guard band != nil, copies > 1 else { return drawn }
        var looks: [(Int, String)] = []
        for (range, look) in drawn { for column in range.prefix(512) { for new in columns(of: column) { looks.append((new, look)) } } }
        return looks.sorted { $0.0 < $1.0 }.map { ($0.0...$0.0, $0.1) }
    }

    // MARK: Formulas

    /// References of this sheet follow their cells; those of other sheets, names and texts stay as they are.
    func rewritten(_ formula: String, at place: Place, column newColumn: Int) -> String {
        var out = ""
        let scalars = Array(formula)
        var at = 0
        while at < scalars.count {
            let character = scalars[at]
            if character == "\"" || character == "'" {
                let end = scalars[(at + 1)...].firstIndex(of: character) ?? scalars.count - 1
                out += String(scalars[at...end])
                at = end + 1
                // A quoted sheet name and its reference belong together.
                if character == "'", at < scalars.count, scalars[at] == "!" {
                    let (text, next) = word(scalars, at + 1)
                    out += "!" + text
                    at = next
                }
                continue
            }
            guard character.isLetter || character == "$" || character == "_" else {
                if character.isNumber {
                    let (text, next) = word(scalars, at)
                    out += text
                    at = next
                } else {
                    out.append(character)
                    at += 1
                }
                continue
            }
            let (text, next) = word(scalars, at)
            let follows = next < scalars.count ? scalars[next] : " "
            if follows == "(" || follows == "!" || WorkbookForm.place(text) == nil {
                out += text
                at = next
                if follows == "!" {
                    let (reference, end) = word(scalars, next + 1)
                    out += "!" + reference
                    at = end
                }
                continue
            }
            if follows == ":", next + 1 < scalars.count {
                let (second, end) = word(scalars, next + 1)
                if WorkbookForm.place(second) != nil {
                    out += range(text, second, place, newColumn)
                    at = end
                    continue
                }
            }
            out += single(text, place, newColumn)
            at = next
        }
        return out
    }

    private func word(_ scalars: [Character], _ start: Int) -> (String, Int) {
        var end = start
        while end < scalars.count, scalars[end].isLetter || scalars[end].isNumber || "$_.".contains(scalars[end]) { end += 1 }
        if end == start { end = min(start + 1, scalars.count) }
        return (String(scalars[start..<end]), end)
    }

    private func spelled(_ text: String, _ column: Int, _ row: Int) -> String {
        let fixesColumn = text.hasPrefix("$")
        let fixesRow = text.dropFirst().contains("$")
        return (fixesColumn ? "$" : "") + WorkbookForm.columnName(column) + (fixesRow ? "$" : "") + String(row)
    }

    /// The copy of a column that lies in the same copy of the band as the formula.
    private func sameCopy(_ column: Int, _ newColumn: Int) -> Int {
        guard let band, isInBand(column) else { return firstColumn(column) }
        let copy = newColumn >= band.lowerBound && newColumn < band.lowerBound + copies * width ? (newColumn - band.lowerBound) / width : 0
        return column + copy * width
    }

    private func single(_ text: String, _ place: Place, _ newColumn: Int) -> String {
        guard let target = WorkbookForm.place(text) else { return text }
        let row = target.row == place.oldRow ? place.newRow : place.group.flatMap { $0.detail == target.row ? $0.rows.lowerBound : nil } ?? first(target.row)
        return spelled(text, sameCopy(target.column, newColumn), row)
    }

    private func range(_ first: String, _ second: String, _ place: Place, _ newColumn: Int) -> String {
        guard let low = WorkbookForm.place(first), let high = WorkbookForm.place(second) else { return "\(first):\(second)" }
        let rows: (Int, Int)
        if low.row == place.oldRow, high.row == place.oldRow {
            rows = (place.newRow, place.newRow)
        } else if let group = place.group, group.detail == low.row, group.detail == high.row {
            rows = (group.rows.lowerBound, group.rows.upperBound)
        } else {
            rows = (self.first(low.row), self.last(high.row))
        }
        // Of one column of the band a formula inside it means its own copy.
        let inside = band.map { band in newColumn >= band.lowerBound && newColumn < band.lowerBound + copies * width } ?? false
        let columns =
            inside && isInBand(low.column) && isInBand(high.column)
            ? (sameCopy(low.column, newColumn), sameCopy(high.column, newColumn)) : (firstColumn(low.column), lastColumn(high.column))
        return spelled(first, columns.0, rows.0) + ":" + spelled(second, columns.1, rows.1)
    }
}
