import Exchange
import Foundation
import Kernel
import Web

/// Answers as people see them: picture, table across and down, sheet.
enum ReportFace {
    static let mostCategories = 60
    static let mostSeries = 12
    static let mostLines = 500

    static func styles(_ context: WebContext) -> Markup {
        "<link rel=\"stylesheet\" href=\"\(context.site.assets.path("reports.css"))\"><script type=\"module\" src=\"\(context.site.assets.path("reports.js"))\"></script>"
    }

    /// Picture and table, or figures alone where nothing is broken down.
    static func whole(_ table: ReportTable, _ picture: ReportPicture, height: Chart.Height = .large) -> Markup {
        guard !table.rows.isEmpty else { return "\(EmptyState("没有符合条件的数据", hint: "请放宽时间范围或筛选条件", icon: "chart"))" }
        if table.dimensions.isEmpty { return figures(table) }
        let chart = chart(table, picture, height: height)
        return "\(chart.map { "\(Card(heading(table), body: $0))" as Markup })\(Card("数据表", isFlush: true, body: numbers(table)))"
    }

    static func heading(_ table: ReportTable) -> String {
        let by = table.dimensions.map(\.title).joined(separator: "、")
        let what = table.measures.map(\.title).joined(separator: "、")
        return "\(table.source)：\(what)" + (by.isEmpty ? "" : " · 按\(by)") + (table.span.isEmpty ? "" : " · \(table.span)")
    }

    static func figures(_ table: ReportTable) -> Markup {
        let cards = table.measures.indices.map { index -> Markup in
            "\(StatCard(table.measures[index].title, table.text(table.rows.first?.values[index], index), unit: table.measures[index].isPercent ? "" : table.measures[index].unit, note: "\(table.span)", icon: "chart"))"
        }
        return "\(Grid(cards.count > 3 ? .quarters : .thirds, cards))"
    }

    /// Nil for a table alone. Measures of one kind stand in one picture; the others are in the table.
    static func chart(_ table: ReportTable, _ picture: ReportPicture, height: Chart.Height) -> Markup? {
        guard let kind = picture.chart, let first = table.measures.first, !table.dimensions.isEmpty else { return nil }
        let scale = first.isPercent ? 100.0 : 1.0
        let most = kind == .calendar ? 366 : kind == .radar ? 24 : mostCategories
        func scaled(_ value: Double?) -> Double? { value.map { ($0 * scale * 1000).rounded() / 1000 } }
        var categories: [String] = []
        var series: [ChartSeries] = []
        var isCut = false
        if table.dimensions.count > 1 {
            let pivot = ReportPivot(table)
            isCut = pivot.lines.count > most || pivot.across.count > mostSeries
            let lines = pivot.lines.prefix(most)
            categories = lines.map { $0.labels.joined(separator: " · ") }
            series = pivot.across.prefix(mostSeries).enumerated().map { place, name in ChartSeries(name, lines.map { scaled($0.cells[place].first ?? nil) }) }
        } else {
            isCut = table.rows.count > most
            let rows = table.rows.prefix(most)
            categories = rows.map { $0.labels.joined(separator: " ") }
            for (index, measure) in table.measures.enumerated() where measure.isPercent == first.isPercent && (measure.unit == first.unit || index == 0) {
                series.append(ChartSeries(measure.title, rows.map { scaled($0.values[index]) }))
            }
            if kind == .pie || kind == .ring || kind == .calendar { series = Array(series.prefix(1)) }
        }
        let chart = Chart(kind, first.title, categories: categories, series: series, unit: first.isPercent ? "%" : first.unit, height: height)
        return "\(chart)\(Markup.when(isCut, "<p class=\"muted\">图中只画前 \(most) 项、\(mostSeries) 个系列，全部见数据表。</p>"))"
    }

    static func numbers(_ table: ReportTable, limit: Int = mostLines) -> Markup {
        let note: Markup = table.isTruncated ? "\(Notice(.yellow, "分组超过 \(Figure.grouped(ReportAnswer.most)) 个，只统计了前面的部分；请减少维度或缩小范围。"))" : .empty
        return note + (table.isPivot ? across(table, limit) : down(table, limit))
    }

    private static func down(_ table: ReportTable, _ limit: Int) -> Markup {
        let head =
            table.dimensions.map { one -> Markup in "<th scope=\"col\">\(one.title)</th>" }
            + table.measures.map { one -> Markup in "<th scope=\"col\" class=\"text-end\">\(title(one))</th>" }
        let rows = table.rows.prefix(limit).map { row -> Markup in
            let labels = row.labels.map { label -> Markup in "<td>\(label)</td>" }
            let values = row.values.enumerated().map { index, value -> Markup in "<td class=\"text-end num\(tone(value, table.measures[index]))\">\(table.text(value, index))</td>"
            }
            return "<tr>\(labels)\(values)</tr>"
        }
        let hasSums = table.rows.count > 1 && table.totals.contains { $0 != nil } && !table.dimensions.isEmpty
        let sums = table.totals.enumerated().map { index, value -> Markup in "<td class=\"text-end num\">\(value.map { table.text($0, index) })</td>" }
        let foot: Markup = hasSums ? "<tfoot><tr><th scope=\"row\" colspan=\"\(table.dimensions.count)\">合计</th>\(sums)</tr></tfoot>" : .empty
        let more: Markup = table.rows.count > limit ? "<p class=\"muted report-more\">共 \(Figure.grouped(table.rows.count)) 行，页面显示前 \(limit) 行，导出含全部。</p>" : .empty
        return "<div class=\"table-scroll\"><table class=\"data-table report-table\"><thead><tr>\(head)</tr></thead><tbody>\(rows)</tbody>\(foot)</table></div>\(more)"
    }

    private static func across(_ table: ReportTable, _ limit: Int) -> Markup {
        let pivot = ReportPivot(table)
        let down = table.dimensions.dropLast()
        let width = table.measures.count
        let hasSums = table.measures.contains(where: \.isAdditive)
        let summed = table.measures.indices.filter { table.measures[$0].isAdditive }
        let isDeep = width > 1
        let span = isDeep ? 2 : 1
        let corners = down.map { one -> Markup in "<th scope=\"col\" rowspan=\"\(span)\">\(one.title)</th>" }
        let places = pivot.across.map { name -> Markup in "<th scope=\"colgroup\" colspan=\"\(width)\" class=\"text-center\">\(name)</th>" }
        let last: Markup = hasSums ? "<th scope=\"colgroup\" colspan=\"\(summed.count)\" class=\"text-center\">合计</th>" : .empty
        let second: Markup =
            isDeep
            ? "<tr>\(pivot.across.map { _ in Markup.joined(table.measures.map { one -> Markup in "<th scope=\"col\" class=\"text-end\">\(title(one))</th>" }) })\(summed.map { index -> Markup in "<th scope=\"col\" class=\"text-end\">\(title(table.measures[index]))</th>" })</tr>"
            : .empty
        let rows = pivot.lines.prefix(limit).map { line -> Markup in
            let labels = line.labels.map { label -> Markup in "<td>\(label)</td>" }
            let cells = line.cells.map { values -> Markup in
                .joined(
                    values.enumerated().map { index, value -> Markup in
                        "<td class=\"text-end num\(tone(value, table.measures[index]))\">\(value.map { table.text($0, index) })</td>"
                    })
            }
            let sums = summed.map { index -> Markup in "<td class=\"text-end num\"><strong>\(line.sums[index].map { table.text($0, index) })</strong></td>" }
            return "<tr>\(labels)\(cells)\(sums)</tr>"
        }
        let note: Markup = pivot.isCut ? "<p class=\"muted report-more\">横向超过 \(ReportPivot.mostAcross) 项，只显示前面的部分。</p>" : .empty
        let caption: Markup = width == 1 ? "<caption class=\"report-caption\">\(title(table.measures[0]))</caption>" : .empty
        return
            "<div class=\"table-scroll\"><table class=\"data-table report-table is-pivot\">\(caption)<thead><tr>\(corners)\(places)\(last)</tr>\(second)</thead><tbody>\(rows)</tbody></table></div>\(note)"
    }

    private static func title(_ heading: ReportTable.Heading) -> String { heading.title + (heading.unit.isEmpty || heading.isPercent ? "" : "（\(heading.unit)）") }

    private static func tone(_ value: Double?, _ heading: ReportTable.Heading) -> String {
        guard heading.name.hasPrefix("yoy~") || heading.name.hasPrefix("mom~"), let value, value != 0 else { return "" }
        return value > 0 ? " report-up" : " report-down"
    }

    // MARK: Sheets

    /// Rows as they are asked, or across as they are shown. Blocking: on a database thread.
    static func sheet(_ table: ReportTable, title: String) throws -> [UInt8] {
        func columnTitle(_ heading: ReportTable.Heading) -> String { heading.title + (heading.isPercent ? "（%）" : heading.unit.isEmpty ? "" : "（\(heading.unit)）") }
        func cell(_ value: Double?, _ index: Int) -> Cell { Cell(value.map { table.measures[index].isPercent ? ($0 * 10_000).rounded() / 100 : $0 }) }
        let path = NSTemporaryDirectory() + "/jianwei-report-\(UUID().uuidString).xlsx"
        defer { try? FileManager.default.removeItem(atPath: path) }
        if table.isPivot {
            let pivot = ReportPivot(table)
            let columns =
                table.dimensions.dropLast().map(\.title) + pivot.across.flatMap { place in table.measures.map { table.measures.count > 1 ? "\(place) \(columnTitle($0))" : place } }
            let writer = try SheetWriter(path: path, format: .xlsx, sheet: title, columns: columns.map { SheetColumn($0) })
            for line in pivot.lines { try writer.append(line.labels.map { Cell($0) } + line.cells.flatMap { values in values.enumerated().map { cell($1, $0) } }) }
            try writer.finish()
        } else {
            let writer = try SheetWriter(
                path: path, format: .xlsx, sheet: title, columns: (table.dimensions.map(\.title) + table.measures.map(columnTitle)).map { SheetColumn($0) })
            for row in table.rows { try writer.append(row.labels.map { Cell($0) } + row.values.enumerated().map { cell($1, $0) }) }
            try writer.finish()
        }
        guard let data = FileManager.default.contents(atPath: path) else { throw Failure(.unavailable, "JW-R020", "文件生成失败，请稍后再试") }
        return [UInt8](data)
    }
}
