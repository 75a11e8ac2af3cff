import Foundation
import Kernel

/// A chart of a workbook drawn by program. Cells are named as in formulas, without dollar signs, those of another sheet with its name: `A5:A5`, `明细!A5:A5`.
package struct WorkbookDraftChart: Sendable {
    package var kind: DrawnChart.Kind
    package var title: String
    package var categories: String
    /// The cell of its name, its cells.
    package var series: [(name: String, values: String)]
    /// What it covers: `A9:F22`.
    package var place: String

    package init(_ kind: DrawnChart.Kind, _ title: String, categories: String, series: [(name: String, values: String)], place: String) {
        self.kind = kind
        self.title = title
        self.categories = categories
        self.series = series
        self.place = place
    }

    /// Parts of an archive that hold the charts of all sheets.
    struct Parts {
        var types = ""
        var parts: [(name: String, text: String)] = []

        init(_ sheets: [WorkbookDraft.Sheet]) {
            let package = "http://schemas.openxmlformats.org/package/2006/relationships"
            let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
            let kind = "application/vnd.openxmlformats-officedocument."
            var count = 0
            for (index, sheet) in sheets.enumerated() where !sheet.charts.isEmpty {
                let number = index + 1
                var links = ""
                var anchors = ""
                for (order, chart) in sheet.charts.enumerated() {
                    count += 1
                    parts.append(("xl/charts/chart\(count).xml", chart.xml(sheet.name)))
                    types += "<Override PartName=\"/xl/charts/chart\(count).xml\" ContentType=\"\(kind)drawingml.chart+xml\"/>"
                    links += "<Relationship Id=\"rId\(order + 1)\" Type=\"\(office)/chart\" Target=\"../charts/chart\(count).xml\"/>"
                    anchors += chart.anchor(order + 1)
                }
                types += "<Override PartName=\"/xl/drawings/drawing\(number).xml\" ContentType=\"\(kind)drawing+xml\"/>"
                parts.append(
                    (
                        "xl/drawings/drawing\(number).xml",
                        "<xdr:wsDr xmlns:xdr=\"http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing\" xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\">\(anchors)</xdr:wsDr>"
                    ))
                parts.append(("xl/drawings/_rels/drawing\(number).xml.rels", "<Relationships xmlns=\"\(package)\">\(links)</Relationships>"))
                parts.append(
                    (
                        "xl/worksheets/_rels/sheet\(number).xml.rels",
                        "<Relationships xmlns=\"\(package)\"><Relationship Id=\"rId1\" Type=\"\(office)/drawing\" Target=\"../drawings/drawing\(number).xml\"/></Relationships>"
                    ))
            }
        }
    }

    private func anchor(_ number: Int) -> String {
        let area = WorkbookForm.Area(place) ?? WorkbookForm.Area(rows: 1...15, columns: 0...7)
        func corner(_ name: String, _ column: Int, _ row: Int) -> String {
            "<xdr:\(name)><xdr:col>\(column)</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>\(row)</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:\(name)>"
        }
        return """
            <xdr:twoCellAnchor>\(corner("from", area.columns.lowerBound, area.rows.lowerBound - 1))\(corner("to", area.columns.upperBound + 1, area.rows.upperBound))\
            <xdr:graphicFrame macro=""><xdr:nvGraphicFramePr><xdr:cNvPr id="\(number + 1)" name="图表 \(number)"/><xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr>\
            <xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart">\
            <c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="rId\(number)"/>\
            </a:graphicData></a:graphic></xdr:graphicFrame><xdr:clientData/></xdr:twoCellAnchor>
            """
    }

    private func xml(_ sheet: String) -> String {
        func reference(_ text: String) -> String {
            WorkbookForm.escaped((WorkbookReference(text) ?? WorkbookReference(sheet: sheet, areas: WorkbookForm.Area(text).map { [$0] } ?? [])).text)
        }
        let lines = series.enumerated().map { index, one in
            """
            <c:ser><c:idx val="\(index)"/><c:order val="\(index)"/><c:tx><c:strRef><c:f>\(reference(one.name))</c:f></c:strRef></c:tx>\
            <c:cat><c:strRef><c:f>\(reference(categories))</c:f></c:strRef></c:cat><c:val><c:numRef><c:f>\(reference(one.values))</c:f></c:numRef></c:val></c:ser>
            """
        }.joined()
        let axes = "<c:axId val=\"1\"/><c:axId val=\"2\"/>"
        let isAcross = kind == .horizontalBar
        let plot: String
        switch kind {
        case .pie: plot = "<c:pieChart><c:varyColors val=\"1\"/>\(lines)</c:pieChart>"
        case .ring: plot = "<c:doughnutChart><c:varyColors val=\"1\"/>\(lines)<c:holeSize val=\"55\"/></c:doughnutChart>"
        case .line: plot = "<c:lineChart><c:grouping val=\"standard\"/>\(lines)<c:marker val=\"1\"/>\(axes)</c:lineChart>"
        case .area: plot = "<c:areaChart><c:grouping val=\"standard\"/>\(lines)\(axes)</c:areaChart>"
        case .radar: plot = "<c:radarChart><c:radarStyle val=\"marker\"/>\(lines)\(axes)</c:radarChart>"
        case .bar, .horizontalBar, .stackedBar:
            plot = """
                <c:barChart><c:barDir val="\(isAcross ? "bar" : "col")"/><c:grouping val="\(kind == .stackedBar ? "stacked" : "clustered")"/>\(lines)<c:gapWidth val="80"/>\
                \(kind == .stackedBar ? "<c:overlap val=\"100\"/>" : "")\(axes)</c:barChart>
                """
        }
        let scales = """
            <c:catAx><c:axId val="1"/><c:scaling><c:orientation val="\(isAcross ? "maxMin" : "minMax")"/></c:scaling><c:delete val="0"/><c:axPos val="\(isAcross ? "l" : "b")"/><c:crossAx val="2"/></c:catAx>\
            <c:valAx><c:axId val="2"/><c:scaling><c:orientation val="minMax"/></c:scaling><c:delete val="0"/><c:axPos val="\(isAcross ? "b" : "l")"/><c:majorGridlines/><c:numFmt formatCode="General" sourceLinked="1"/><c:crossAx val="1"/></c:valAx>
            """
        return """
            <c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><c:chart>\
            <c:title><c:tx><c:rich><a:bodyPr/><a:p><a:pPr><a:defRPr sz="1200" b="1"/></a:pPr><a:r><a:rPr lang="zh-CN" sz="1200" b="1"/><a:t>\(WorkbookForm.escaped(title))</a:t></a:r></a:p></c:rich></c:tx><c:overlay val="0"/></c:title>\
            <c:autoTitleDeleted val="0"/><c:plotArea><c:layout/>\(plot)\(kind == .pie || kind == .ring ? "" : scales)</c:plotArea>\
            <c:legend><c:legendPos val="b"/><c:overlay val="0"/></c:legend><c:plotVisOnly val="1"/></c:chart></c:chartSpace>
            """
    }
}
