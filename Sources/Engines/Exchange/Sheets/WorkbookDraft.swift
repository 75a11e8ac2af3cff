import Foundation
import Kernel

/// A small workbook drawn by program: what shipped templates and suites are made from. Eight looks, merges, widths, landscape or portrait A4.
package struct WorkbookDraft: Sendable {
    package enum Look: Int, Sendable, CaseIterable {
        case plain, title, head, cell, number, percent, strong, strongNumber, strongPercent, note
    }

    package struct Sheet: Sendable {
        package var name: String
        package var rows: [[(text: String, look: Look)]]
        package var merges: [String]
        package var widths: [Double]
        package var isLandscape: Bool
        /// Rows at the top that every printed page repeats.
        package var titleRows: Int
        package var charts: [WorkbookDraftChart] = []

        package init(
            _ name: String, widths: [Double], isLandscape: Bool = false, titleRows: Int = 0, merges: [String] = [], rows: [[(text: String, look: Look)]],
            charts: [WorkbookDraftChart] = []
        ) {
            self.name = name
            self.rows = rows
            self.merges = merges
            self.widths = widths
            self.isLandscape = isLandscape
            self.titleRows = titleRows
            self.charts = charts
        }
    }

    package var sheets: [Sheet]

    package init(_ sheets: [Sheet]) { self.sheets = sheets }

    /// A text that begins with `=` is a formula.
    package func bytes() throws -> [UInt8] {
        let path = NSTemporaryDirectory() + "/jianwei-draft-\(UUID().uuidString).xlsx"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let writer = try ZipWriter(path: path, moment: Moment(milliseconds: 1_577_808_000_000))
        func add(_ name: String, _ text: String) throws { try writer.add(name, Array(("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n" + text).utf8)) }
        let numbers = sheets.indices.map { $0 + 1 }
        let charts = WorkbookDraftChart.Parts(sheets)
        let types =
            numbers.map {
                "<Override PartName=\"/xl/worksheets/sheet\($0).xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>"
            }.joined() + charts.types
        try add(
            "[Content_Types].xml",
            "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/>\(types)<Override PartName=\"/xl/theme/theme1.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.theme+xml\"/><Override PartName=\"/xl/styles.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml\"/></Types>"
        )
        let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        let package = "http://schemas.openxmlformats.org/package/2006/relationships"
        try add("_rels/.rels", "<Relationships xmlns=\"\(package)\"><Relationship Id=\"rId1\" Type=\"\(relations)/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>")
        let links = numbers.map { "<Relationship Id=\"rId\($0)\" Type=\"\(relations)/worksheet\" Target=\"worksheets/sheet\($0).xml\"/>" }.joined()
        try add(
            "xl/_rels/workbook.xml.rels",
            "<Relationships xmlns=\"\(package)\">\(links)<Relationship Id=\"rId\(sheets.count + 1)\" Type=\"\(relations)/styles\" Target=\"styles.xml\"/><Relationship Id=\"rId\(sheets.count + 2)\" Type=\"\(relations)/theme\" Target=\"theme/theme1.xml\"/></Relationships>"
        )
        let list = zip(sheets, numbers).map { "<sheet name=\"\(WorkbookForm.escaped($0.name))\" sheetId=\"\($1)\" r:id=\"rId\($1)\"/>" }.joined()
        let titles = sheets.enumerated().filter { $0.element.titleRows > 0 }.map { index, sheet in
            "<definedName name=\"_xlnm.Print_Titles\" localSheetId=\"\(index)\">'\(WorkbookForm.escaped(sheet.name))'!$1:$\(sheet.titleRows)</definedName>"
        }.joined()
        try add(
            "xl/workbook.xml",
            "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"\(relations)\"><sheets>\(list)</sheets>\(titles.isEmpty ? "" : "<definedNames>\(titles)</definedNames>")</workbook>"
        )
        try add("xl/styles.xml", WorkbookDraft.styles)
        try add("xl/theme/theme1.xml", WorkbookDraft.theme)
        for (sheet, number) in zip(sheets, numbers) { try add("xl/worksheets/sheet\(number).xml", WorkbookDraft.xml(sheet)) }
        for (name, text) in charts.parts { try add(name, text) }
        try writer.finish()
        guard let data = FileManager.default.contents(atPath: path) else { throw SheetFailure.cannotWrite(path) }
        return [UInt8](data)
    }

    private static func xml(_ sheet: Sheet) -> String {
        let widths = sheet.widths.enumerated().map { "<col min=\"\($0 + 1)\" max=\"\($0 + 1)\" width=\"\($1)\" customWidth=\"1\"/>" }.joined()
        let rows = sheet.rows.enumerated().map { index, row -> String in
            let height = row.contains { $0.look == .title } ? " ht=\"30\" customHeight=\"1\"" : " ht=\"20\" customHeight=\"1\""
            let cells = row.enumerated().map { column, cell -> String in
                let start = "<c r=\"\(WorkbookForm.columnName(column))\(index + 1)\" s=\"\(cell.look.rawValue)\""
                if cell.text.isEmpty { return start + "/>" }
                if cell.text.hasPrefix("=") { return start + "><f>\(WorkbookForm.escaped(String(cell.text.dropFirst())))</f></c>" }
                return start + " t=\"inlineStr\"><is><t xml:space=\"preserve\">\(WorkbookForm.escaped(cell.text))</t></is></c>"
            }.joined()
            return "<row r=\"\(index + 1)\"\(height)>\(cells)</row>"
        }.joined()
        let merges = sheet.merges.isEmpty ? "" : "<mergeCells count=\"\(sheet.merges.count)\">" + sheet.merges.map { "<mergeCell ref=\"\($0)\"/>" }.joined() + "</mergeCells>"
        return """
            <worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><cols>\(widths)</cols><sheetData>\(rows)</sheetData>\(merges)\
            <printOptions horizontalCentered="1"/><pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>\
            <pageSetup paperSize="9" orientation="\(sheet.isLandscape ? "landscape" : "portrait")" fitToWidth="1" fitToHeight="0"/><headerFooter><oddFooter>&amp;C第 &amp;P 页 共 &amp;N 页</oddFooter></headerFooter>\(sheet.charts.isEmpty ? "" : "<drawing r:id=\"rId1\"/>")</worksheet>
            """
    }

    /// Colours that charts take by themselves come from here.
    private static let theme: String = {
        let colours = ["dk1": "000000", "lt1": "FFFFFF", "dk2": "1F3A4D", "lt2": "EEF2F5", "hlink": "2F6FBF", "folHlink": "7A5BB5"]
        let accents = ["2F6FBF", "E08A1E", "3A9B5C", "B8423C", "7A5BB5", "2AA6B1"]
        func colour(_ name: String, _ value: String) -> String { "<a:\(name)><a:srgbClr val=\"\(value)\"/></a:\(name)>" }
        let scheme =
            ["dk1", "lt1", "dk2", "lt2"].map { colour($0, colours[$0] ?? "000000") }.joined() + accents.enumerated().map { colour("accent\($0 + 1)", $1) }.joined()
            + ["hlink", "folHlink"].map { colour($0, colours[$0] ?? "000000") }.joined()
        let font = "<a:latin typeface=\"宋体\"/><a:ea typeface=\"宋体\"/><a:cs typeface=\"\"/>"
        let fill = String(repeating: "<a:solidFill><a:schemeClr val=\"phClr\"/></a:solidFill>", count: 3)
        let line = String(repeating: "<a:ln w=\"9525\"><a:solidFill><a:schemeClr val=\"phClr\"/></a:solidFill></a:ln>", count: 3)
        let effect = String(repeating: "<a:effectStyle><a:effectLst/></a:effectStyle>", count: 3)
        return """
            <a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" name="见微"><a:themeElements><a:clrScheme name="见微">\(scheme)</a:clrScheme>\
            <a:fontScheme name="见微"><a:majorFont>\(font)</a:majorFont><a:minorFont>\(font)</a:minorFont></a:fontScheme>\
            <a:fmtScheme name="见微"><a:fillStyleLst>\(fill)</a:fillStyleLst><a:lnStyleLst>\(line)</a:lnStyleLst><a:effectStyleLst>\(effect)</a:effectStyleLst>\
            <a:bgFillStyleLst>\(fill)</a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>
            """
    }()

    private static let styles = """
        <styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="1"><numFmt numFmtId="164" formatCode="#,##0.##"/></numFmts>\
        <fonts count="4"><font><sz val="10.5"/><name val="宋体"/></font><font><b/><sz val="18"/><name val="宋体"/></font><font><b/><sz val="10.5"/><name val="宋体"/></font><font><sz val="9"/><name val="宋体"/></font></fonts>\
        <fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid"><fgColor rgb="FFE4ECF4"/></patternFill></fill></fills>\
        <borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border><border><left style="thin"/><right style="thin"/><top style="thin"/><bottom style="thin"/><diagonal/></border></borders>\
        <cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="10">\
        <xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>\
        <xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyAlignment="1"><alignment horizontal="center" vertical="center"/></xf>\
        <xf numFmtId="0" fontId="2" fillId="2" borderId="1" xfId="0" applyAlignment="1"><alignment horizontal="center" vertical="center" wrapText="1"/></xf>\
        <xf numFmtId="0" fontId="0" fillId="0" borderId="1" xfId="0" applyAlignment="1"><alignment vertical="center" wrapText="1"/></xf>\
        <xf numFmtId="3" fontId="0" fillId="0" borderId="1" xfId="0" applyNumberFormat="1" applyAlignment="1"><alignment horizontal="right" vertical="center"/></xf>\
        <xf numFmtId="10" fontId="0" fillId="0" borderId="1" xfId="0" applyNumberFormat="1" applyAlignment="1"><alignment horizontal="right" vertical="center"/></xf>\
        <xf numFmtId="0" fontId="2" fillId="2" borderId="1" xfId="0" applyAlignment="1"><alignment horizontal="center" vertical="center"/></xf>\
        <xf numFmtId="3" fontId="2" fillId="2" borderId="1" xfId="0" applyNumberFormat="1" applyAlignment="1"><alignment horizontal="right" vertical="center"/></xf>\
        <xf numFmtId="10" fontId="2" fillId="2" borderId="1" xfId="0" applyNumberFormat="1" applyAlignment="1"><alignment horizontal="right" vertical="center"/></xf>\
        <xf numFmtId="0" fontId="3" fillId="0" borderId="0" xfId="0" applyAlignment="1"><alignment vertical="center"/></xf>\
        </cellXfs></styleSheet>
        """
}
