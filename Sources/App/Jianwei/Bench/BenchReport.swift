import Foundation
import Kernel

/// What was measured, told as a table. A line is added only after its results were checked.
struct BenchReport: Sendable {
    struct Line: Sendable {
        var group: String
        var what: String
        var target: String
        /// By column; empty where that column was not measured.
        var measured: [String]
        /// nil where nothing was promised.
        var isMet: [Bool?]
    }

    /// What the same line was measured on, such as `embedded` and `PostgreSQL, 2 nodes`.
    private(set) var columns: [String] = []
    private(set) var lines: [Line] = []
    private(set) var notes: [String] = []

    /// Lines that follow are of this column.
    mutating func begin(_ column: String) {
        columns.append(column)
        for index in lines.indices {
            lines[index].measured.append("")
            lines[index].isMet.append(nil)
        }
        print("—— \(column)")
    }

    mutating func add(_ group: String, _ what: String, target: String = "", _ measured: String, isMet: Bool? = nil) {
        if columns.isEmpty { begin("embedded") }
        if !lines.contains(where: { $0.group == group && $0.what == what }) {
            lines.append(Line(group: group, what: what, target: target, measured: columns.map { _ in "" }, isMet: columns.map { _ in nil }))
        }
        for index in lines.indices where lines[index].group == group && lines[index].what == what {
            lines[index].measured[columns.count - 1] = measured
            lines[index].isMet[columns.count - 1] = isMet
        }
        let mark = isMet.map { $0 ? "达到" : "未达" } ?? "    "
        print("\(mark)  [\(group)] \(what)：\(measured)\(target.isEmpty ? "" : "（目标 \(target)）")")
        fflush(nil)
    }

    mutating func note(_ text: String) {
        notes.append(text)
        print("  ! \(text)")
        fflush(nil)
    }

    /// The same as a Markdown table, for docs/benchmarks.md.
    var markdown: String {
        var text = "| What | Target |" + columns.map { " \($0) |" }.joined() + "\n|---|---|" + columns.map { _ in "---|" }.joined() + "\n"
        for line in lines {
            let cells = zip(line.measured, line.isMet).map { measured, isMet in " \(measured)\(isMet.map { $0 ? ": met" : ": missed" } ?? "") |" }
            text += "| \(line.group) · \(line.what) | \(line.target) |\(cells.joined())\n"
        }
        for note in notes { text += "\n- \(note)" }
        return text + "\n"
    }
}

extension Double {
    /// `13,204`, `4.82`, `0.0713`: four figures that matter.
    var figure: String {
        if self >= 1000 {
            var digits = String(Int(rounded()))
            var at = digits.index(digits.endIndex, offsetBy: -3)
            while at > digits.startIndex {
                digits.insert(",", at: at)
                guard digits.distance(from: digits.startIndex, to: at) > 3 else { break }
                at = digits.index(at, offsetBy: -3)
            }
            return digits
        }
        return self >= 100 ? String(Int(rounded())) : self >= 1 ? String(format: "%.2f", self) : String(format: "%.4f", self)
    }
}
