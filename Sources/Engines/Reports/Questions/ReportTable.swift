import Kernel
import Web

/// An answer with everything that was asked, ready to be drawn, printed or written to a sheet.
package struct ReportTable: Sendable, Equatable {
    package struct Heading: Sendable, Equatable {
        package var name: String
        package var title: String
        package var unit: String
        package var isPercent: Bool
        package var isAdditive: Bool
    }

    package struct Row: Sendable, Equatable {
        package var keys: [String]
        package var labels: [String]
        package var values: [Double?]
    }

    package var source: String
    package var dimensions: [ReportDimension]
    package var measures: [Heading]
    package var rows: [Row]
    /// Over all groups, also those left out by a limit; nil where adding up means nothing.
    package var totals: [Double?]
    /// There are more groups than are shown.
    package var isTruncated: Bool
    package var span: String
    package var isPivot: Bool

    /// As text in a cell.
    package func text(_ value: Double?, _ measure: Int) -> String {
        guard let value else { return "—" }
        if measures[measure].isPercent { return Figure.percent(value, digits: 1) }
        return value == value.rounded() && abs(value) < 1e15 ? Figure.grouped(Int64(value)) : Figure.decimal(value, digits: 2)
    }
}

/// Rows down, the last dimension across.
package struct ReportPivot: Sendable, Equatable {
    package struct Line: Sendable, Equatable {
        package var labels: [String]
        /// By place across, then by measure.
        package var cells: [[Double?]]
        /// Over all places; nil where adding up means nothing.
        package var sums: [Double?]
    }

    package static let mostAcross = 60

    package var across: [String]
    package var lines: [Line]
    package var isCut: Bool

    package init(_ table: ReportTable) {
        let isTime = table.dimensions.last?.grain != nil
        var places: [String: Int] = [:]
        var found: [(key: String, label: String)] = []
        for row in table.rows where places[row.keys.last ?? ""] == nil {
            places[row.keys.last ?? ""] = found.count
            found.append((row.keys.last ?? "", row.labels.last ?? ""))
        }
        if isTime { found.sort { (Int($0.key) ?? 0) < (Int($1.key) ?? 0) } } else { found.sort { $0.key < $1.key } }
        isCut = found.count > ReportPivot.mostAcross
        found = Array(found.prefix(ReportPivot.mostAcross))
        places = Dictionary(found.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first })
        across = found.map(\.label)
        var order: [[String]: Int] = [:]
        var lines: [Line] = []
        let none = [Double?](repeating: nil, count: table.measures.count)
        for row in table.rows {
            guard let place = places[row.keys.last ?? ""] else { continue }
            let key = Array(row.keys.dropLast())
            let line: Int
            if let known = order[key] {
                line = known
            } else {
                line = lines.count
                order[key] = line
                lines.append(Line(labels: Array(row.labels.dropLast()), cells: [[Double?]](repeating: none, count: found.count), sums: none))
            }
            lines[line].cells[place] = row.values
            for (index, value) in row.values.enumerated() where table.measures[index].isAdditive { lines[line].sums[index] = (lines[line].sums[index] ?? 0) + (value ?? 0) }
        }
        self.lines = lines
    }
}
