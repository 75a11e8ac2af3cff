import Exchange
import Foundation
import Kernel
import Web

/// A filled report as a page: the same cells, merges, alignments and charts, without inline styles.
struct ReportPage {
    static let mostRows = 1_500

    let report: DesignedReport
    let looks: [CellLook]
    /// By sheet, from top to bottom.
    private let charts: [String: [(row: Int, chart: Chart)]]

    init(_ report: DesignedReport) throws {
        self.report = report
        looks = try report.form.looks()
        let looks = looks
        func chart(_ drawn: DrawnChart) -> Chart { ReportPage.chart(drawn, report.form, looks) }
        charts = try report.form.sheets.reduce(into: [:]) { all, sheet in all[sheet.name] = try report.form.charts(on: sheet).map { ($0.row, chart($0)) } }
    }

    private static func chart(_ drawn: DrawnChart, _ form: WorkbookForm, _ looks: [CellLook]) -> Chart {
        let categories = drawn.series.lazy.compactMap(\.categories).first.map { form.contents($0).map(ReportPage.words) } ?? []
        let isPercent = drawn.series.first?.values.flatMap { form.style($0) }.map { looks.indices.contains($0) && looks[$0].isPercent } ?? false
        let series = drawn.series.map { one -> ChartSeries in
            let name = one.name.map { form.contents($0).map(ReportPage.words).joined(separator: " ") } ?? one.literal
            return ChartSeries(
                name.isEmpty ? "系列" : name, one.values.map { form.contents($0).map { ReportPage.figure($0).map { isPercent ? ($0 * 10_000).rounded() / 100 : $0 } } } ?? [])
        }
        let count = series.map(\.values.count).max() ?? 0
        let labels = (0..<count).map { $0 < categories.count ? categories[$0] : String($0 + 1) }
        let kind = Chart.Kind(rawValue: drawn.kind.rawValue) ?? .bar
        return Chart(
            kind, drawn.title.isEmpty ? series.map(\.name).joined(separator: "、") : drawn.title, categories: labels, series: series,
            unit: isPercent ? "%" : "", isTitleShown: true)
    }

    private static func words(_ content: WorkbookForm.Content) -> String {
        switch content {
        case .text(let text): text
        case .number(let number): CellLook().text(number)
        case .formula(_, let value): value.map { CellLook().text($0) } ?? ""
        case .empty: ""
        }
    }

    private static func figure(_ content: WorkbookForm.Content) -> Double? {
        switch content {
        case .number(let number): number
        case .formula(_, let value): value
        case .text, .empty: nil
        }
    }

    /// For the browser, charts with their figures as tables.
    var markup: Markup { sheets(isDocument: false) { $0.markup } }

    private func sheets(isDocument: Bool, _ picture: (Chart) -> Markup) -> Markup {
        let sheets = report.form.sheets.filter { $0.name != ReportTemplate.settingsSheet }
        return .joined(sheets.map { sheet -> Markup in "\(Markup.when(sheets.count > 1, "<h3>\(sheet.name)</h3>"))\(sheetMarkup(sheet, isDocument, picture))" })
    }

    /// Charts stand where they were drawn, between the rows; where cells are merged across their edge, after them.
    private func sheetMarkup(_ sheet: WorkbookForm.Sheet, _ isDocument: Bool, _ picture: (Chart) -> Markup) -> Markup {
        var out: [Markup] = []
        var rest = sheet.rows[...]
        for drawn in charts[sheet.name] ?? [] {
            let edge = sheet.merges.first { $0.rows.lowerBound < drawn.row && $0.rows.upperBound >= drawn.row }.map { $0.rows.upperBound + 1 } ?? drawn.row
            let above = rest.prefix { $0.number < edge }
            if !above.isEmpty { out.append(table(sheet, above, isDocument)) }
            rest = rest.dropFirst(above.count)
            out.append(picture(drawn.chart))
        }
        // Empty rows that lie under the charts.
        let left = rest.first.map { _ in rest.contains { !$0.cells.allSatisfy { $0.content == .empty } } } ?? false
        if left || out.isEmpty { out.append(table(sheet, rest, isDocument)) }
        return .joined(out)
    }

    private func table(_ sheet: WorkbookForm.Sheet, _ lines: ArraySlice<WorkbookForm.Row>, _ isDocument: Bool) -> Markup {
        let width = (sheet.rows.flatMap { $0.cells.map(\.column) }.max() ?? 0) + 1
        var covered: Set<Int> = []
        var spans: [Int: WorkbookForm.Area] = [:]
        for merge in sheet.merges {
            spans[merge.rows.lowerBound << 15 | merge.columns.lowerBound] = merge
            for row in merge.rows { for column in merge.columns where row != merge.rows.lowerBound || column != merge.columns.lowerBound { covered.insert(row << 15 | column) } }
        }
        let rows = lines.prefix(ReportPage.mostRows).map { row -> Markup in
            let byColumn = Dictionary(row.cells.map { ($0.column, $0) }, uniquingKeysWith: { first, _ in first })
            let cells = (0..<width).map { column -> Markup in
                let key = row.number << 15 | column
                if covered.contains(key) { return .empty }
                let span: Markup =
                    spans[key].map { area in
                        "\(Markup.when(area.columns.count > 1, " colspan=\"\(area.columns.count)\""))\(Markup.when(area.rows.count > 1, " rowspan=\"\(area.rows.count)\""))"
                    } ?? .empty
                return isDocument ? plainCell(byColumn[column], span) : cell(byColumn[column], span)
            }
            return "<tr>\(cells)</tr>"
        }
        let more: Markup = lines.count > ReportPage.mostRows ? "<p>预览只显示前 \(ReportPage.mostRows) 行，文件含全部 \(sheet.rows.count) 行。</p>" : .empty
        return "<table\(Markup.when(isDocument, " cellspacing=\"0\" cellpadding=\"3\" width=\"100%\""))><tbody>\(rows)</tbody></table>\(more)"
    }

    private func look(_ cell: WorkbookForm.Cell?) -> CellLook {
        let index = cell?.style.flatMap { Int($0) } ?? 0
        return looks.indices.contains(index) ? looks[index] : CellLook()
    }

    private func said(_ cell: WorkbookForm.Cell?, _ look: CellLook) -> (text: String, isNumber: Bool) {
        switch cell?.content {
        case .text(let value): (value, false)
        case .number(let number): (look.text(number), true)
        case .formula(_, let value): (value.map(look.text) ?? "…", true)
        case .empty, nil: ("", false)
        }
    }

    private func cell(_ cell: WorkbookForm.Cell?, _ span: Markup) -> Markup {
        let look = look(cell)
        var classes: [String] = []
        if !look.hasBorder { classes.append("is-bare") }
        if look.isBold { classes.append("is-bold") }
        if look.size >= 15 { classes.append("is-big") }
        if look.isFilled { classes.append("is-filled") }
        let (text, isNumber) = said(cell, look)
        switch look.align {
        case .center: classes.append("is-center")
        case .end: classes.append("is-end")
        case .start: break
        case nil: if isNumber { classes.append("is-end") }
        }
        return "<td class=\"\(classes.joined(separator: " "))\"\(span)>\(text)</td>"
    }

    /// Word processors read attributes where they pass over classes.
    private func plainCell(_ cell: WorkbookForm.Cell?, _ span: Markup) -> Markup {
        let look = look(cell)
        let (text, isNumber) = said(cell, look)
        let align = look.align == .center ? "center" : look.align == .end || (look.align == nil && isNumber) ? "right" : "left"
        let size = look.size >= 15 ? "18pt" : look.size < 10 ? "9pt" : "10.5pt"
        let inner: Markup = look.isBold ? "<b>\(text)</b>" : "\(text)"
        let border = look.hasBorder ? "border: 0.5pt solid #000000" : "border: none"
        return """
            <td style="\(border)" valign="middle"\(Markup.when(look.isFilled, " bgcolor=\"#e4ecf4\""))\(span)><p align="\(align)" style="margin: 0; font-size: \(size)">\(inner)</p></td>
            """
    }

    /// Charts as drawings within the file.
    private var pictured: Markup {
        sheets(isDocument: true) { chart in
            let data = Data(ChartPicture(chart: chart).drawing.utf8).base64EncodedString()
            return
                "<p class=\"is-center\"><img alt=\"\(chart.title)\" width=\"\(Int(ChartPicture.width))\" height=\"\(Int(ChartPicture.height))\" src=\"data:image/svg+xml;base64,\(data)\"></p>"
        }
    }

    /// A file of its own, for programs that turn pages into documents.
    var document: String {
        """
        <!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>\(Markup(text: report.title).html)</title><style>body { font-family: "Noto Serif CJK SC", "SimSun", serif; font-size: 10.5pt; }
        table { border-collapse: collapse; width: 100%; } p.is-center { text-align: center; }</style></head><body>\(pictured.html)</body></html>
        """
    }
}
