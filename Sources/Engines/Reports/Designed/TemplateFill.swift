import Exchange
import Foundation
import Kernel

/// Fills one sheet: rows and columns are repeated, merges and formulas follow, subtotals stand where groups end.
struct TemplateFill {
    static let mostRows = 60_000

    private let sheet: WorkbookForm.Sheet
    private let plan: TemplateSheetPlan
    private let data: [String: TemplateData]
    private let words: [String: String]
    /// Values of the dimension that goes across; one that is empty where there is nothing.
    private let across: [TemplateData.Place]
    private var shifts: TemplateShifts
    private var out: [WorkbookForm.Row] = []
    /// New rows of the records of a detail row.
    private var details: [Int: [Int]] = [:]
    private var merges: [WorkbookForm.Area] = []

    init(_ sheet: WorkbookForm.Sheet, _ plan: TemplateSheetPlan, data: [String: TemplateData], words: [String: String]) {
        self.sheet = sheet
        self.plan = plan
        self.data = data
        self.words = words
        across = plan.band.flatMap { band in data[band.dataset]?.across } ?? []
        shifts = TemplateShifts(band: plan.band?.columns, copies: max(1, across.count))
    }

    /// Also where everything went, for what is drawn over the cells.
    ///
    /// - Throws: `.tooLarge` `JW-R030` beyond `mostRows`.
    static func filled(
        _ sheet: WorkbookForm.Sheet, _ template: ReportTemplate, data: [String: TemplateData], words: [String: String]
    ) throws -> (sheet: WorkbookForm.Sheet, moves: WorkbookMoves) {
        var fill = TemplateFill(sheet, TemplateSheetPlan(sheet, template), data: data, words: words)
        let filled = try fill.run()
        return (filled, fill.moves)
    }

    private var moves: WorkbookMoves {
        let (shifts, details, words) = (shifts, details, words)
        func rows(_ rows: ClosedRange<Int>) -> [ClosedRange<Int>] {
            guard rows.count == 1, let records = details[rows.lowerBound] else {
                return [shifts.first(rows.lowerBound)...max(shifts.first(rows.lowerBound), shifts.last(rows.upperBound))]
            }
            return records.reduce(into: [ClosedRange<Int>]()) { runs, row in
                if let last = runs.last, last.upperBound == row - 1 { runs[runs.count - 1] = last.lowerBound...row } else { runs.append(row...row) }
            }
        }
        return WorkbookMoves(
            area: { area in rows(area.rows).map { WorkbookForm.Area(rows: $0, columns: shifts.span(area.columns)) } },
            copies: { area in shifts.columnRanges(area.columns).map { columns in rows(area.rows).map { WorkbookForm.Area(rows: $0, columns: columns) } } },
            firstRow: shifts.first, lastRow: shifts.last,
            text: { text in TemplateWord.words(in: text).words.filter { $0.dataset == nil }.reduce(text) { $0.replacing($1.text, with: words[$1.column] ?? "") } })
    }

    private mutating func run() throws -> WorkbookForm.Sheet {
        try layOut()
        var pending: [(row: Int, cell: Int, formula: String, at: TemplateShifts.Place)] = []
        for row in sheet.rows {
            if let block = plan.blocks.first(where: { $0.contains(row.number) }) {
                if row.number == block.lowerBound { fillBlock(block, &pending) }
            } else {
                let number = shifts.first(row.number)
                emit(row, number, nil, nil, &pending, TemplateShifts.Place(oldRow: row.number, newRow: number, group: nil))
            }
        }
        for merge in sheet.merges { place(merge) }
        for item in pending {
            let cell = out[item.row].cells[item.cell]
            out[item.row].cells[item.cell].content = .formula(shifts.rewritten(item.formula, at: item.at, column: cell.column), nil)
        }
        var filled = sheet
        filled.rows = out
        filled.merges = merges
        filled.columns = shifts.columns(sheet.columns)
        return filled
    }

    /// Where each old row begins and ends, before anything is written, so that formulas above may look below.
    private mutating func layOut() throws {
        var next = 0
        var last = 0
        for row in sheet.rows {
            if let block = plan.blocks.first(where: { $0.contains(row.number) }) {
                if row.number == block.lowerBound {
                    next += row.number - last
                    let count = max(1, lines(block).count)
                    for old in block { shifts.place(old, next...(next + count - 1)) }
                    next += count - 1
                    last = block.upperBound
                }
            } else {
                next += row.number - last
                last = row.number
                shifts.place(row.number, next...next)
            }
            guard next <= TemplateFill.mostRows else { throw Failure(.tooLarge, "JW-R030", "报表超过 \(TemplateFill.mostRows) 行，请缩小范围或减少维度") }
        }
    }

    // MARK: Blocks

    private enum Line {
        case detail(Int)
        /// The row of the template, first and last record of the group.
        case subtotal(row: Int, level: Int, from: Int, to: Int)
    }

    private func lines(_ block: ClosedRange<Int>) -> [Line] {
        guard case .detail(let name) = plan.roles[block.lowerBound], let data = data[name] else { return [] }
        let subtotals = block.dropFirst().compactMap { row -> (row: Int, level: Int)? in
            if case .subtotal(_, let level) = plan.roles[row] { return (row, data.level(level)) }
            return nil
        }.sorted { $0.level > $1.level }
        var lines: [Line] = []
        for index in data.records.indices {
            lines.append(.detail(index))
            for (row, level) in subtotals where index + 1 == data.records.count || data.records[index + 1].keys.prefix(level + 1) != data.records[index].keys.prefix(level + 1) {
                var from = index
                while from > 0, data.records[from - 1].keys.prefix(level + 1) == data.records[index].keys.prefix(level + 1) { from -= 1 }
                lines.append(.subtotal(row: row, level: level, from: from, to: index))
            }
        }
        return lines
    }

    private mutating func fillBlock(_ block: ClosedRange<Int>, _ pending: inout [(row: Int, cell: Int, formula: String, at: TemplateShifts.Place)]) {
        guard case .detail(let name) = plan.roles[block.lowerBound], let data = data[name], let detail = sheet.rows.first(where: { $0.number == block.lowerBound }) else { return }
        let start = shifts.first(block.lowerBound)
        let lines = lines(block)
        guard !lines.isEmpty else {
            details[block.lowerBound] = [start]
            // Nothing to tell: the row stays, without words.
            emit(detail, start, data, nil, &pending, TemplateShifts.Place(oldRow: block.lowerBound, newRow: start, group: nil))
            return
        }
        var number = start
        var places: [Int: Int] = [:]
        for line in lines {
            switch line {
            case .detail(let index):
                places[index] = number
                details[block.lowerBound, default: []].append(number)
                emit(detail, number, data, .record(index), &pending, TemplateShifts.Place(oldRow: block.lowerBound, newRow: number, group: nil))
                repeatMerges(block.lowerBound, number)
            case .subtotal(let row, let level, let from, let to):
                guard let template = sheet.rows.first(where: { $0.number == row }) else { continue }
                let group = (places[from] ?? number)...(max(places[to] ?? number, places[from] ?? number))
                emit(template, number, data, .group(level, from, to), &pending, TemplateShifts.Place(oldRow: row, newRow: number, group: (block.lowerBound, group)))
                repeatMerges(row, number)
            }
            number += 1
        }
        join(detail, data, lines, start)
    }

    /// Equal neighbours of grouped columns become one cell.
    private mutating func join(_ detail: WorkbookForm.Row, _ data: TemplateData, _ lines: [Line], _ start: Int) {
        for cell in detail.cells {
            guard case .text(let text) = cell.content, let word = TemplateWord.words(in: text).words.first(where: { $0.usage == .group }),
                case .dimension(let dimension) = data.dataset.column(word.column)
            else { continue }
            let level = data.level(dimension)
            var first: Int?
            var last = 0
            var key: [String] = []
            func close(_ merges: inout [WorkbookForm.Area], _ columns: [Int]) {
                guard let from = first, last > from else { return }
                for column in columns { merges.append(WorkbookForm.Area(rows: from...last, columns: column...column)) }
            }
            let columns = shifts.columns(of: cell.column)
            for (offset, line) in lines.enumerated() {
                switch line {
                case .detail(let index):
                    let own = Array(data.records[index].keys.prefix(level + 1))
                    if first == nil || own != key {
                        close(&merges, columns)
                        (first, key) = (start + offset, own)
                    } else if let row = out.firstIndex(where: { $0.number == start + offset }) {
                        for column in columns { if let place = out[row].cells.firstIndex(where: { $0.column == column }) { out[row].cells[place].content = .empty } }
                    }
                    last = start + offset
                case .subtotal(_, let other, _, _): if other > level { last = start + offset }
                }
            }
            close(&merges, columns)
        }
    }

    private mutating func repeatMerges(_ old: Int, _ new: Int) {
        for merge in sheet.merges where merge.rows == old...old {
            merges += shifts.columnRanges(merge.columns).map { WorkbookForm.Area(rows: new...new, columns: $0) }
        }
    }

    private mutating func place(_ merge: WorkbookForm.Area) {
        if merge.rows.count == 1, plan.blocks.contains(where: { $0.contains(merge.rows.lowerBound) }) { return }
        let rows = shifts.first(merge.rows.lowerBound)...max(shifts.first(merge.rows.lowerBound), shifts.last(merge.rows.upperBound))
        for columns in shifts.columnRanges(merge.columns) where rows.count > 1 || columns.count > 1 { merges.append(WorkbookForm.Area(rows: rows, columns: columns)) }
    }

    // MARK: Cells

    private mutating func emit(
        _ row: WorkbookForm.Row, _ number: Int, _ data: TemplateData?, _ scope: TemplateData.Scope?,
        _ pending: inout [(row: Int, cell: Int, formula: String, at: TemplateShifts.Place)], _ at: TemplateShifts.Place
    ) {
        var made = WorkbookForm.Row(number: number, look: row.look, cells: [])
        for cell in row.cells.sorted(by: { $0.column < $1.column }) {
            for (copy, column) in shifts.columns(of: cell.column).enumerated() {
                let place = shifts.isInBand(cell.column) && copy < across.count ? across[copy] : nil
                var content = cell.content
                if case .text(let text) = content, text.contains("{") { content = filled(text, scope, place) }
                made.cells.append(WorkbookForm.Cell(column, style: cell.style, content))
            }
        }
        made.cells.sort { $0.column < $1.column }
        for (index, cell) in made.cells.enumerated() { if case .formula(let formula, _) = cell.content { pending.append((out.count, index, formula, at)) } }
        out.append(made)
    }

    /// A cell that is one placeholder becomes its value; within other text the value is written as people read it.
    private func filled(_ text: String, _ scope: TemplateData.Scope?, _ place: TemplateData.Place?) -> WorkbookForm.Content {
        let found = TemplateWord.words(in: text).words
        if found.count == 1, found[0].text == text.trimmingCharacters(in: .whitespaces) { return content(found[0], scope, place) }
        var text = text
        for word in found {
            let value: String
            switch content(word, scope, place) {
            case .text(let text): value = text
            case .number(let number): value = CellLook().text(number)
            default: value = ""
            }
            text = text.replacing(word.text, with: value)
        }
        return .text(text)
    }

    private func content(_ word: TemplateWord, _ scope: TemplateData.Scope?, _ place: TemplateData.Place?) -> WorkbookForm.Content {
        guard let name = word.dataset else { return .text(words[word.column] ?? "") }
        guard let data = data[name], let column = data.dataset.column(word.column) else { return .empty }
        let number: Double?
        switch (word.usage, column) {
        case (.across, _): return place.map { .text($0.label) } ?? .empty
        case (.total, .term(let term)): number = data.value(term, .everything, place)
        case (.subtotal, .term(let term)): number = scope.flatMap { data.value(term, $0, place) }
        case (_, .dimension(let dimension)):
            switch scope {
            case .record(let index): return .text(data.label(dimension, index))
            case .group(let level, let from, _): return data.level(dimension) <= level ? .text(data.label(dimension, from)) : .empty
            default: return .empty
            }
        case (_, .term(let term)):
            if data.dataset.question.dimensions.isEmpty { number = data.value(term, .everything, nil) } else { number = scope.flatMap { data.value(term, $0, place) } }
        }
        return number.map { .number($0) } ?? .empty
    }
}
