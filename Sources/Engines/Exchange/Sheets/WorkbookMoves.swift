import Foundation
import Kernel

/// Where the cells of a sheet went when it was filled: what is drawn over them, breaks of pages and conditional looks follow.
package struct WorkbookMoves {
    /// What an area became; lines between its records, such as subtotals, are left out.
    package var area: (WorkbookForm.Area) -> [WorkbookForm.Area]
    /// The same once for each copy of repeated columns; one for an area that stands elsewhere.
    package var copies: (WorkbookForm.Area) -> [[WorkbookForm.Area]]
    package var firstRow: (Int) -> Int
    package var lastRow: (Int) -> Int
    /// Fills words of a title.
    package var text: (String) -> String

    package init(
        area: @escaping (WorkbookForm.Area) -> [WorkbookForm.Area], copies: @escaping (WorkbookForm.Area) -> [[WorkbookForm.Area]], firstRow: @escaping (Int) -> Int,
        lastRow: @escaping (Int) -> Int, text: @escaping (String) -> String
    ) {
        self.area = area
        self.copies = copies
        self.firstRow = firstRow
        self.lastRow = lastRow
        self.text = text
    }
}

extension WorkbookForm {
    /// Beyond so many pieces a reference becomes the area around them: table programs limit a formula's length.
    private static let mostPieces = 120

    /// - Throws: `.invalid` `JW-X020` for relations that are no XML.
    package mutating func follow(_ moves: WorkbookMoves, on index: Int) throws {
        let sheet = sheets[index]
        sheets[index].tail = WorkbookForm.movedTail(sheet.tail, moves)
        for drawing in try related(sheet.part, "/drawing") {
            change(drawing.part) { WorkbookForm.movedAnchors($0, moves) }
            for chart in try related(drawing.part, "/chart") { change(chart.part) { WorkbookForm.filledTitles($0, moves) } }
        }
        // A chart may show cells of another sheet than the one it stands on.
        for name in others.map(\.name) where name.hasPrefix("xl/charts/") && name.hasSuffix(".xml") { change(name) { WorkbookForm.movedChart($0, sheet.name, moves) } }
    }

    private mutating func change(_ name: String, _ body: (String) -> String) {
        guard let index = others.firstIndex(where: { $0.name == name }) else { return }
        others[index].bytes = Array(body(String(decoding: others[index].bytes, as: UTF8.self)).utf8)
    }

    // MARK: After the cells

    private static func movedTail(_ tail: String, _ moves: WorkbookMoves) -> String {
        tail.replacing(/<brk ([^>]*)id="(\d+)"/) { match in "<brk \(match.output.1)id=\"\(moves.lastRow(Int(match.output.2) ?? 0))\"" }
            .replacing(/\ sqref="([^"]*)"/) { match in
                let areas = match.output.1.split(separator: " ").map(String.init).flatMap { word -> [String] in
                    Area(word).map { area in pieces(moves.copies(area).flatMap { $0 }).map(\.text) } ?? [word]
                }
                return " sqref=\"\(areas.joined(separator: " "))\""
            }
    }

    // MARK: Drawings

    /// A drawing keeps its height and its distance from the row it was drawn at.
    private static func movedAnchors(_ text: String, _ moves: WorkbookMoves) -> String {
        var distance = 0
        return text.replacing(/(<(?:\w+:)?(from|to)>.*?<(?:\w+:)?row>)\s*(\d+)\s*</.dotMatchesNewlines()) { match in
            let row = Int(match.output.3) ?? 0
            if match.output.2 == "from" { distance = moves.firstRow(row + 1) - 1 - row }
            return "\(match.output.1)\(max(0, row + distance))<"
        }
    }

    private static func filledTitles(_ text: String, _ moves: WorkbookMoves) -> String {
        text.replacing(/<((?:\w+:)?t)>([^<]*\{[^<]*)</) { match in "<\(match.output.1)>\(escaped(moves.text(plain(String(match.output.2)))))<" }
    }

    // MARK: Charts

    private static func movedChart(_ text: String, _ sheet: String, _ moves: WorkbookMoves) -> String {
        guard text.contains("f>") else { return text }
        var wasCopied = false
        var text = text.replacing(/<(?:\w+:)?ser>.*?<\/(?:\w+:)?ser>/.dotMatchesNewlines()) { match -> String in
            let series = String(match.output)
            let count = formulas(series).compactMap(WorkbookReference.init).filter { $0.sheet == sheet }.flatMap(\.areas).map { moves.copies($0).count }.max() ?? 1
            guard count > 1 else { return movedFormulas(series, sheet) { moves.area($0) } }
            wasCopied = true
            return (0..<min(count, DrawnChart.mostSeries)).map { copy in
                // Each with a colour of its own.
                let look = copy == 0 ? series : series.replacing(/<((?:\w+:)?)spPr>.*?<\/(?:\w+:)?spPr>/.dotMatchesNewlines(), with: "", maxReplacements: 1)
                return movedFormulas(look, sheet) { area in
                    let copies = moves.copies(area)
                    return copies.count > 1 ? copies[copy] : moves.area(area)
                }
            }.joined()
        }
        if wasCopied {
            for word in ["idx", "order"] {
                var next = -1
                text = text.replacing(/<(?:\w+:)?ser>.*?<\/(?:\w+:)?ser>/.dotMatchesNewlines()) { match -> String in
                    next += 1
                    let number = next
                    guard let element = try? Regex("(<(?:\\w+:)?\(word) val=\")\\d+", as: (Substring, Substring).self) else { return String(match.output) }
                    return String(match.output).replacing(element, maxReplacements: 1) { "\($0.output.1)\(number)" }
                }
            }
        }
        return text
    }

    private static func formulas(_ text: String) -> [String] { text.matches(of: /<(?:\w+:)?f>([^<]*)</).map { plain(String($0.output.1)) } }

    /// Figures kept beside a reference would be those of the template.
    private static func movedFormulas(_ text: String, _ sheet: String, _ area: (Area) -> [Area]) -> String {
        text.replacing(/<((?:\w+:)?f)>([^<]*)</) { match -> String in
            guard var reference = WorkbookReference(plain(String(match.output.2))), reference.sheet == sheet else { return String(match.output.0) }
            reference.areas = pieces(reference.areas.flatMap(area))
            return "<\(match.output.1)>\(escaped(reference.text))<"
        }.replacing(/<((?:\w+:)?)(num|str|multiLvlStr)Cache>.*?<\/(?:\w+:)?(num|str|multiLvlStr)Cache>/.dotMatchesNewlines(), with: "")
    }

    private static func pieces(_ areas: [Area]) -> [Area] {
        guard areas.count > mostPieces, let first = areas.first else { return areas }
        let rows = (areas.map(\.rows.lowerBound).min() ?? 1)...(areas.map(\.rows.upperBound).max() ?? 1)
        return [Area(rows: rows, columns: first.columns)]
    }

    private static func plain(_ text: String) -> String {
        text.replacing("&apos;", with: "'").replacing("&quot;", with: "\"").replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&")
    }
}
