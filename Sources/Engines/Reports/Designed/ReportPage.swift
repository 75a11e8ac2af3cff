import Exchange
import Kernel
import Web

/// A filled report as a page: the same cells, merges and alignments, without inline styles.
struct ReportPage {
    static let mostRows = 1_500

    let report: DesignedReport
    let looks: [CellLook]

    init(_ report: DesignedReport) throws {
        self.report = report
        looks = try report.form.looks()
    }

    var markup: Markup {
        let sheets = report.form.sheets.filter { $0.name != ReportTemplate.settingsSheet }
        return .joined(sheets.map { sheet -> Markup in "\(Markup.when(sheets.count > 1, "<h3>\(sheet.name)</h3>"))\(table(sheet))" })
    }

    private func table(_ sheet: WorkbookForm.Sheet) -> Markup {
        let width = (sheet.rows.flatMap { $0.cells.map(\.column) }.max() ?? 0) + 1
        var covered: Set<Int> = []
        var spans: [Int: WorkbookForm.Area] = [:]
        for merge in sheet.merges {
            spans[merge.rows.lowerBound << 15 | merge.columns.lowerBound] = merge
            for row in merge.rows { for column in merge.columns where row != merge.rows.lowerBound || column != merge.columns.lowerBound { covered.insert(row << 15 | column) } }
        }
        let rows = sheet.rows.prefix(ReportPage.mostRows).map { row -> Markup in
            let byColumn = Dictionary(row.cells.map { ($0.column, $0) }, uniquingKeysWith: { first, _ in first })
            let cells = (0..<width).map { column -> Markup in
                let key = row.number << 15 | column
                if covered.contains(key) { return .empty }
                let span: Markup =
                    spans[key].map { area in
                        "\(Markup.when(area.columns.count > 1, " colspan=\"\(area.columns.count)\""))\(Markup.when(area.rows.count > 1, " rowspan=\"\(area.rows.count)\""))"
                    } ?? .empty
                return cell(byColumn[column], span)
            }
            return "<tr>\(cells)</tr>"
        }
        let more: Markup = sheet.rows.count > ReportPage.mostRows ? "<p>预览只显示前 \(ReportPage.mostRows) 行，文件含全部 \(sheet.rows.count) 行。</p>" : .empty
        return "<table><tbody>\(rows)</tbody></table>\(more)"
    }

    private func cell(_ cell: WorkbookForm.Cell?, _ span: Markup) -> Markup {
        let index = cell?.style.flatMap { Int($0) } ?? 0
        let look = looks.indices.contains(index) ? looks[index] : CellLook()
        var classes: [String] = []
        if !look.hasBorder { classes.append("is-bare") }
        if look.isBold { classes.append("is-bold") }
        if look.size >= 15 { classes.append("is-big") }
        if look.isFilled { classes.append("is-filled") }
        let text: String
        var isNumber = false
        switch cell?.content {
        case .text(let value): text = value
        case .number(let number): (text, isNumber) = (look.text(number), true)
        case .formula(_, let value): (text, isNumber) = (value.map(look.text) ?? "…", true)
        case .empty, nil: text = ""
        }
        switch look.align {
        case .center: classes.append("is-center")
        case .end: classes.append("is-end")
        case .start: break
        case nil: if isNumber { classes.append("is-end") }
        }
        return "<td class=\"\(classes.joined(separator: " "))\"\(span)>\(text)</td>"
    }

    /// A file of its own, for programs that turn pages into documents.
    var document: String {
        """
        <!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>\(Markup(text: report.title).html)</title><style>body { font-family: "Noto Serif CJK SC", "SimSun", serif; font-size: 10.5pt; }
        table { border-collapse: collapse; width: 100%; } td { border: 1px solid #000; padding: 2pt 4pt; } td.is-bare { border: none; } td.is-bold { font-weight: bold; } td.is-big { font-size: 18pt; }
        td.is-center { text-align: center; } td.is-end { text-align: right; } td.is-filled { background: #e4ecf4; }</style></head><body>\(markup.html)</body></html>
        """
    }
}
