import Foundation
import Kernel

/// Cells of a sheet as charts name them: `'月报'!$B$5:$B$9`, or several in brackets.
package struct WorkbookReference: Sendable, Equatable {
    package var sheet: String
    package var areas: [WorkbookForm.Area]

    package init(sheet: String, areas: [WorkbookForm.Area]) {
        self.sheet = sheet
        self.areas = areas
    }

    /// Nil for what names no cells of one sheet: names, other workbooks, whole columns.
    package init?(_ formula: String) {
        var text = Substring(formula.trimmingCharacters(in: .whitespaces))
        if text.hasPrefix("("), text.hasSuffix(")") { text = text.dropFirst().dropLast() }
        sheet = ""
        areas = []
        for part in Self.parts(text) {
            guard let mark = part.lastIndex(of: "!") else { return nil }
            var name = String(part[..<mark]).trimmingCharacters(in: .whitespaces)
            if name.count > 1, name.hasPrefix("'"), name.hasSuffix("'") { name = String(name.dropFirst().dropLast()).replacing("''", with: "'") }
            guard let area = WorkbookForm.Area(String(part[part.index(after: mark)...])), areas.isEmpty || name == sheet else { return nil }
            sheet = name
            areas.append(area)
        }
        if areas.isEmpty || sheet.isEmpty { return nil }
    }

    /// Parted by commas, not by those within a sheet's name.
    private static func parts(_ text: Substring) -> [Substring] {
        var parts: [Substring] = []
        var start = text.startIndex
        var isQuoted = false
        for index in text.indices {
            if text[index] == "'" { isQuoted.toggle() }
            if text[index] == ",", !isQuoted {
                parts.append(text[start..<index])
                start = text.index(after: index)
            }
        }
        return parts + [text[start...]]
    }

    package var text: String {
        let name = "'" + sheet.replacing("'", with: "''") + "'!"
        let list = areas.map { area -> String in
            let low = "$\(WorkbookForm.columnName(area.columns.lowerBound))$\(area.rows.lowerBound)"
            let isCell = area.rows.count == 1 && area.columns.count == 1
            return name + (isCell ? low : low + ":$\(WorkbookForm.columnName(area.columns.upperBound))$\(area.rows.upperBound)")
        }
        return list.count == 1 ? list[0] : "(" + list.joined(separator: ",") + ")"
    }
}

/// A chart that was drawn into a sheet (DrawingML, ECMA-376 part 1, 21.2): what it shows and where it stands.
package struct DrawnChart: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case bar, horizontalBar, stackedBar, line, area, pie, ring, radar
    }

    package struct Series: Sendable, Equatable {
        /// The cell of its name, or the name itself.
        package var name: WorkbookReference?
        package var literal = ""
        package var categories: WorkbookReference?
        package var values: WorkbookReference?
    }

    /// Points of one series that are looked at; beyond them nobody sees anything.
    package static let mostPoints = 500
    package static let mostSeries = 30

    package var title = ""
    package var kind = Kind.bar
    package var series: [Series] = []
    /// The row its upper edge lies in, from 1; and those it covers.
    package var row = 1
    package var rows = 15
    package var columns = 0...7
}

extension WorkbookForm {
    /// Charts over the cells of a sheet, from top to bottom. What draws something else is left out.
    ///
    /// - Throws: `.invalid` `JW-X020` for parts that are no XML.
    package func charts(on sheet: Sheet) throws -> [DrawnChart] {
        guard let drawing = try related(sheet.part, "/drawing").first, let bytes = part(drawing.part) else { return [] }
        let anchors = AnchorEvents()
        try XMLStream.parse(bytes, named: drawing.part, anchors)
        let parts = Dictionary(try related(drawing.part, "/chart").map { ($0.id, $0.part) }, uniquingKeysWith: { first, _ in first })
        return try anchors.found.compactMap { anchor -> DrawnChart? in
            guard let name = parts[anchor.relation], let bytes = part(name) else { return nil }
            let events = ChartEvents()
            try XMLStream.parse(bytes, named: name, events)
            guard var chart = events.chart, !chart.series.isEmpty else { return nil }
            chart.row = anchor.from.row + 1
            chart.rows = max(1, anchor.to.row - anchor.from.row)
            chart.columns = anchor.from.column...max(anchor.from.column, anchor.to.column)
            return chart
        }.sorted { ($0.row, $0.columns.lowerBound) < ($1.row, $1.columns.lowerBound) }
    }

    /// What the cells hold, in order; nothing for a sheet that is not there.
    package func contents(_ reference: WorkbookReference) -> [Content] {
        guard let sheet = sheets.first(where: { $0.name == reference.sheet }) else { return [] }
        let wanted = reference.areas.reduce(into: Set<Int>()) { rows, area in rows.formUnion(area.rows.prefix(DrawnChart.mostPoints)) }
        let rows = Dictionary(sheet.rows.filter { wanted.contains($0.number) }.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        var list: [Content] = []
        for area in reference.areas {
            for row in area.rows.prefix(DrawnChart.mostPoints) {
                for column in area.columns.prefix(WorkbookForm.limits.columns) where list.count < DrawnChart.mostPoints {
                    list.append(rows[row]?.cell(column)?.content ?? .empty)
                }
            }
        }
        return list
    }

    /// The style of the first of these cells.
    package func style(_ reference: WorkbookReference) -> Int? {
        guard let area = reference.areas.first, let sheet = sheets.first(where: { $0.name == reference.sheet }) else { return nil }
        return sheet.rows.first { $0.number == area.rows.lowerBound }?.cell(area.columns.lowerBound)?.style.flatMap { Int($0) }
    }

    func part(_ name: String) -> [UInt8]? { others.first { $0.name == name }?.bytes }

    /// What a part refers to by relations of this type.
    func related(_ part: String, _ type: String) throws -> [(id: String, part: String)] {
        let folder = part.split(separator: "/").dropLast().joined(separator: "/")
        let name = "\(folder)/_rels/\(part.split(separator: "/").last ?? "").rels"
        guard let bytes = self.part(name) else { return [] }
        let events = RelationEvents()
        try XMLStream.parse(bytes, named: name, events)
        return events.relations.filter { $0.type.hasSuffix(type) }.map { ($0.id, WorkbookParts.resolve($0.target, in: folder)) }
    }
}

/// Where drawings stand, and which of them are charts.
private final class AnchorEvents: XMLEvents {
    struct Anchor {
        var from = (column: 0, row: 0)
        var to = (column: 0, row: 0)
        var relation = ""
    }

    private(set) var found: [Anchor] = []
    private var anchor = Anchor()
    private var end = 0
    private var word = ""
    private var number: [UInt8] = []

    override func open(_ name: XMLName, _ attributes: XMLAttributes) {
        if name == "twoCellAnchor" || name == "oneCellAnchor" {
            anchor = Anchor()
        } else if name == "from" {
            end = 1
        } else if name == "to" {
            end = 2
        } else if name == "row" || name == "col" {
            word = name == "row" ? "row" : "col"
            number = []
        } else if name == "chart" {
            anchor.relation = attributes.string("id") ?? ""
        }
    }

    override func text(_ bytes: UnsafeBufferPointer<UInt8>) { if !word.isEmpty, number.count < 12 { number.append(contentsOf: bytes) } }

    override func close(_ name: XMLName) {
        if name == "row" || name == "col" {
            let value = min(max(Int(String(decoding: number, as: UTF8.self).trimmingCharacters(in: .whitespaces)) ?? 0, 0), 1_048_575)
            switch (end, word) {
            case (1, "row"): anchor.from.row = value
            case (1, _): anchor.from.column = value
            case (2, "row"): anchor.to.row = value
            case (2, _): anchor.to.column = value
            default: break
            }
            word = ""
        } else if name == "from" || name == "to" {
            end = 0
        } else if name == "twoCellAnchor" || name == "oneCellAnchor" {
            if anchor.to.row <= anchor.from.row { anchor.to = (anchor.from.column + 7, anchor.from.row + 15) }
            if !anchor.relation.isEmpty { found.append(anchor) }
        }
    }
}

/// One chart part: the first kind it draws, its title, its series.
private final class ChartEvents: XMLEvents {
    private(set) var chart: DrawnChart?
    private var made = DrawnChart()
    private var isInPlot = false
    private var isInTitle = false
    private var series: DrawnChart.Series?
    private var role = ""
    private var isRead = false
    private var letters: [UInt8] = []

    override func open(_ name: XMLName, _ attributes: XMLAttributes) {
        if name == "plotArea" {
            isInPlot = true
        } else if name == "title", !isInPlot {
            isInTitle = true
        } else if name == "ser" {
            series = DrawnChart.Series()
        } else if name == "barDir", attributes.string("val") == "bar" {
            if made.kind == .bar { made.kind = .horizontalBar }
        } else if name == "grouping", made.kind == .bar, ["stacked", "percentStacked"].contains(attributes.string("val") ?? "") {
            made.kind = .stackedBar
        } else if made.series.isEmpty, series == nil {
            if name == "lineChart" || name == "line3DChart" || name == "scatterChart" { made.kind = .line }
            if name == "areaChart" || name == "area3DChart" { made.kind = .area }
            if name == "pieChart" || name == "pie3DChart" { made.kind = .pie }
            if name == "doughnutChart" { made.kind = .ring }
            if name == "radarChart" { made.kind = .radar }
        } else if series != nil {
            if name == "tx" || name == "cat" || name == "xVal" || name == "val" || name == "yVal" { role = String(cString: name.pointer) }
        }
        if name == "f" || name == "t" || (name == "v" && role == "tx") {
            isRead = true
            letters = []
        }
    }

    override func text(_ bytes: UnsafeBufferPointer<UInt8>) { if isRead, letters.count < 4_000 { letters.append(contentsOf: bytes) } }

    override func close(_ name: XMLName) {
        let text = isRead ? String(decoding: letters, as: UTF8.self) : ""
        if name == "f" {
            let reference = WorkbookReference(text)
            switch role {
            case "tx": series?.name = reference
            case "cat", "xVal": series?.categories = reference
            case "val", "yVal": series?.values = reference
            default: break
            }
            isRead = false
        } else if name == "v", role == "tx" {
            series?.literal = text
            isRead = false
        } else if name == "t" {
            if isInTitle { made.title += text }
            isRead = false
        } else if name == "tx" || name == "cat" || name == "xVal" || name == "val" || name == "yVal" {
            role = ""
        } else if name == "ser" {
            if let series, series.values != nil, made.series.count < DrawnChart.mostSeries { made.series.append(series) }
            series = nil
        } else if name == "title" {
            isInTitle = false
        } else if name == "chartSpace" {
            chart = made
        }
    }
}
