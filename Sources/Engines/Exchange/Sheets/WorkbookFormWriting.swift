import Foundation
import Kernel

extension WorkbookForm {
    /// Writes the workbook with its sheets as they are now; sheets by these names are left out, formulas without a value are counted by whoever opens it.
    ///
    /// - Throws: `.unavailable` `JW-X032`, `JW-X033`.
    package func write(to path: String, moment: Moment, leavingOut: Set<String> = []) throws {
        let writer = try ZipWriter(path: path, moment: moment)
        let gone = sheets.filter { leavingOut.contains($0.name) }
        for (name, bytes) in others {
            switch name {
            case "[Content_Types].xml", "xl/_rels/workbook.xml.rels": try writer.add(name, Array(withoutParts(String(decoding: bytes, as: UTF8.self), gone, name).utf8))
            case workbookPart: try writer.add(name, Array(book(String(decoding: bytes, as: UTF8.self), gone).utf8))
            default: try writer.add(name, bytes)
            }
        }
        for sheet in sheets where !leavingOut.contains(sheet.name) { try writer.add(sheet.part, xml(sheet)) }
        try writer.finish()
    }

    package func bytes(moment: Moment, leavingOut: Set<String> = []) throws -> [UInt8] {
        let path = NSTemporaryDirectory() + "/jianwei-form-\(UUID().uuidString).xlsx"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try write(to: path, moment: moment, leavingOut: leavingOut)
        guard let data = FileManager.default.contents(atPath: path) else { throw SheetFailure.cannotWrite(path) }
        return [UInt8](data)
    }

    private func xml(_ sheet: Sheet) -> [UInt8] {
        var out = Array(sheet.head.utf8)
        out.reserveCapacity(out.count + sheet.rows.count * 400)
        func add(_ text: String) { out.append(contentsOf: text.utf8) }
        if !sheet.columns.isEmpty {
            add("<cols>")
            for (range, look) in sheet.columns { add("<col min=\"\(range.lowerBound + 1)\" max=\"\(range.upperBound + 1)\"\(look)/>") }
            add("</cols>")
        }
        add("<sheetData>")
        for row in sheet.rows {
            add("<row r=\"\(row.number)\"\(row.look)>")
            for cell in row.cells {
                add("<c r=\"\(WorkbookForm.columnName(cell.column))\(row.number)\"")
                if let style = cell.style { add(" s=\"\(WorkbookForm.escaped(style))\"") }
                switch cell.content {
                case .empty: add("/>")
                case .text(let text): add(" t=\"inlineStr\"><is><t xml:space=\"preserve\">\(WorkbookForm.escaped(String(text.prefix(32_000))))</t></is></c>")
                case .number(let number): add("><v>\(WorkbookForm.spelled(number))</v></c>")
                case .formula(let formula, let value):
                    add("><f>\(WorkbookForm.escaped(formula))</f>\(value.map { "<v>\(WorkbookForm.spelled($0))</v>" } ?? "")</c>")
                }
            }
            add("</row>")
        }
        add("</sheetData>")
        let merges = sheet.merges.isEmpty ? "" : "<mergeCells count=\"\(sheet.merges.count)\">" + sheet.merges.map { "<mergeCell ref=\"\($0.text)\"/>" }.joined() + "</mergeCells>"
        add(WorkbookForm.placed(merges, in: sheet.tail))
        return out
    }

    /// Merges stand before these (ECMA-376 part 1, 18.3.1.99).
    private static let later = [
        "<phoneticPr", "<conditionalFormatting", "<dataValidations", "<hyperlinks", "<printOptions", "<pageMargins", "<pageSetup", "<headerFooter", "<rowBreaks", "<colBreaks",
        "<customProperties", "<cellWatches", "<ignoredErrors", "<smartTags", "<drawing", "<legacyDrawing", "<picture", "<oleObjects", "<controls", "<webPublishItems",
        "<tableParts",
        "<extLst", "</worksheet",
    ]

    private static func placed(_ merges: String, in tail: String) -> String {
        guard !merges.isEmpty else { return tail }
        let place = later.compactMap { tail.range(of: $0)?.lowerBound }.min() ?? tail.startIndex
        return tail[..<place] + merges + tail[place...]
    }

    private func withoutParts(_ text: String, _ gone: [Sheet], _ name: String) -> String {
        var text = text
        // The order of counting is made anew by whoever opens the file.
        var parts = ["calcChain.xml"]
        parts += gone.map { String($0.part.split(separator: "/").last ?? "") }
        let element = name.hasPrefix("[") ? "Override" : "Relationship"
        for part in parts { text = WorkbookForm.withoutElement(element, naming: "/\(part)\"", in: WorkbookForm.withoutElement(element, naming: "\"\(part)\"", in: text)) }
        return text
    }

    private func book(_ text: String, _ gone: [Sheet]) -> String {
        var text = text
        for sheet in gone { text = WorkbookForm.withoutElement("sheet", naming: "name=\"\(WorkbookForm.escaped(sheet.name))\"", in: text) }
        // What they printed, and names that pointed into sheets that are gone, would be wrong now.
        text = text.replacing(/<definedName [^>]*Print_Area[^>]*>[^<]*<\/definedName>/, with: "").replacing("<definedNames></definedNames>", with: "")
        text = WorkbookForm.without("calcPr", in: text)
        let place = ["<oleSize", "<customWorkbookViews", "<pivotCaches", "<extLst", "</workbook"].compactMap { text.range(of: $0)?.lowerBound }.min() ?? text.endIndex
        return text[..<place] + "<calcPr calcId=\"191029\" fullCalcOnLoad=\"1\"/>" + text[place...]
    }

    private static func withoutElement(_ element: String, naming word: String, in text: String) -> String {
        var text = text
        var from = text.startIndex
        while let open = text[from...].range(of: "<\(element) ") {
            guard let close = text[open.lowerBound...].range(of: ">") else { return text }
            if text[open.lowerBound..<close.upperBound].contains(word) {
                text.removeSubrange(open.lowerBound..<close.upperBound)
                from = open.lowerBound
            } else {
                from = close.upperBound
            }
        }
        return text
    }

    static func spelled(_ number: Double) -> String { Int64(exactly: number).map(String.init) ?? String(number) }

    /// Text for XML; what XML cannot carry is left out.
    package static func escaped(_ text: String) -> String {
        var out = ""
        out.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "\t", "\n", "\r": out.unicodeScalars.append(scalar)
            case _ where scalar.value < 32 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: break
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}
