import Foundation
import Kernel

extension WorkbookForm {
    /// - Throws: `.invalid` `JW-X020` for what is no workbook, `.tooLarge` beyond `limits`.
    package init(path: String, limits: SheetLimits = WorkbookForm.limits) throws {
        self = try WorkbookParts.reading(limits) { try WorkbookForm(WorkbookParts(path: path, limits: limits, maxEntries: 500), limits) }
    }

    private init(_ book: WorkbookParts, _ limits: SheetLimits) throws {
        workbookPart = book.workbook
        let texts = try book.texts()
        sheets = []
        for sheet in book.sheets {
            let events = FormCells(texts: texts)
            try book.walk(sheet, events)
            guard events.rows.count <= limits.rows else { throw SheetFailure.tooMany("模板超过 \(limits.rows) 行") }
            let part = sheet.part ?? ""
            let (head, tail) = try WorkbookForm.frame(String(decoding: try book.archive.bytes(of: part) ?? [], as: UTF8.self), sheet.name)
            sheets.append(Sheet(name: sheet.name, rows: events.rows, merges: events.merges, columns: events.columns, part: part, head: head, tail: tail))
        }
        let own = Set(sheets.map(\.part))
        others = []
        for entry in book.archive.entries where !own.contains(entry.name) && entry.name != "xl/calcChain.xml" {
            if let bytes = try book.archive.bytes(of: entry.name) { others.append((entry.name, bytes)) }
        }
    }

    package init(bytes: [UInt8], limits: SheetLimits = WorkbookForm.limits) throws {
        let path = NSTemporaryDirectory() + "/jianwei-form-\(UUID().uuidString).xlsx"
        defer { try? FileManager.default.removeItem(atPath: path) }
        do { try Data(bytes).write(to: URL(fileURLWithPath: path)) } catch { throw SheetFailure.cannotCreate("\(error)") }
        try self.init(path: path, limits: limits)
    }

    /// What stands before and after the cells, without widths and merges, which are written anew.
    private static func frame(_ text: String, _ name: String) throws -> (head: String, tail: String) {
        guard let open = text.range(of: "<sheetData") else { throw SheetFailure.broken("工作表“\(name)”没有内容") }
        var head = String(text[..<open.lowerBound])
        var tail: String
        if let close = text.range(of: "</sheetData>") {
            tail = String(text[close.upperBound...])
        } else if let close = text[open.upperBound...].range(of: "/>") {
            tail = String(text[close.upperBound...])
        } else {
            throw SheetFailure.broken("工作表“\(name)”不完整")
        }
        head = without("cols", in: without("dimension", in: head))
        tail = without("mergeCells", in: tail)
        return (head, tail)
    }

    static func without(_ element: String, in text: String) -> String {
        guard let open = text.range(of: "<\(element)[ />]", options: .regularExpression) else { return text }
        if let close = text.range(of: "</\(element)>") { return String(text[..<open.lowerBound] + text[close.upperBound...]) }
        guard let end = text[open.lowerBound...].range(of: "/>") else { return text }
        return String(text[..<open.lowerBound] + text[end.upperBound...])
    }
}

private final class FormCells: XMLEvents {
    private(set) var rows: [WorkbookForm.Row] = []
    private(set) var merges: [WorkbookForm.Area] = []
    private(set) var columns: [(range: ClosedRange<Int>, look: String)] = []
    private let texts: [String]
    private var cell = WorkbookForm.Cell(0)
    private var type = ""
    private var value: [UInt8] = []
    private var formula: [UInt8] = []
    private var hasFormula = false
    private var reads = 0
    private var nextColumn = 0

    init(texts: [String]) { self.texts = texts }

    override func open(_ name: XMLName, _ attributes: XMLAttributes) {
        if name == "row" {
            var look = ""
            for (word, key) in [("ht" as StaticString, "ht"), ("customHeight", "customHeight"), ("hidden", "hidden")] {
                if let value = attributes.string(word) { look += " \(key)=\"\(WorkbookForm.escaped(value))\"" }
            }
            if let style = attributes.string("s") { look += " s=\"\(WorkbookForm.escaped(style))\" customFormat=\"1\"" }
            rows.append(WorkbookForm.Row(number: attributes.int("r") ?? (rows.last?.number ?? 0) + 1, look: look, cells: []))
            nextColumn = 0
        } else if name == "c" {
            let column = attributes.string("r").flatMap(WorkbookForm.place)?.column ?? nextColumn
            cell = WorkbookForm.Cell(column, style: attributes.string("s"))
            nextColumn = column + 1
            type = attributes.string("t") ?? "n"
            value.removeAll(keepingCapacity: true)
            formula.removeAll(keepingCapacity: true)
            hasFormula = false
        } else if name == "v" || name == "t" {
            reads = 1
        } else if name == "f" {
            reads = 2
            hasFormula = true
        } else if name == "mergeCell" {
            if let area = attributes.string("ref").flatMap({ WorkbookForm.Area($0) }) { merges.append(area) }
        } else if name == "col", let first = attributes.int("min"), let last = attributes.int("max"), first >= 1, first <= last {
            var look = ""
            for (word, key) in [("width" as StaticString, "width"), ("style", "style"), ("hidden", "hidden"), ("customWidth", "customWidth")] {
                if let value = attributes.string(word) { look += " \(key)=\"\(WorkbookForm.escaped(value))\"" }
            }
            columns.append((first - 1...min(last - 1, 16_383), look))
        }
    }

    override func text(_ bytes: UnsafeBufferPointer<UInt8>) { if reads == 1 { value.append(contentsOf: bytes) } else if reads == 2 { formula.append(contentsOf: bytes) } }

    override func close(_ name: XMLName) {
        if name == "v" || name == "t" || name == "f" { reads = 0 }
        guard name == "c", !rows.isEmpty, cell.column < WorkbookForm.limits.columns else { return }
        let text = String(decoding: value, as: UTF8.self)
        if hasFormula, !formula.isEmpty {
            cell.content = .formula(String(decoding: formula, as: UTF8.self), Double(text))
        } else if type == "s" {
            if let index = Int(text), texts.indices.contains(index) { cell.content = .text(texts[index]) }
        } else if type == "n" {
            cell.content = Double(text).map { .number($0) } ?? .empty
        } else if !text.isEmpty {
            cell.content = .text(type == "b" ? (text == "1" ? "是" : "否") : WorkbookText.decode(value[...]))
        }
        rows[rows.count - 1].cells.append(cell)
    }
}
