import Foundation
import Kernel

/// What was measured, told as a table. A line is added only after its results were checked.
struct BenchReport: Sendable {
    struct Line: Sendable {
        var group: String
        var what: String
        var target: String
        var measured: String
        /// nil where nothing was promised.
        var isMet: Bool?
    }

    private(set) var lines: [Line] = []
    private(set) var notes: [String] = []

    mutating func add(_ group: String, _ what: String, target: String = "", _ measured: String, isMet: Bool? = nil) {
        let line = Line(group: group, what: what, target: target, measured: measured, isMet: isMet)
        lines.append(line)
        print(BenchReport.text(line))
        fflush(nil)
    }

    mutating func note(_ text: String) {
        notes.append(text)
        print("  ! \(text)")
        fflush(nil)
    }

    private static func text(_ line: Line) -> String {
        let mark = line.isMet.map { $0 ? "达到" : "未达" } ?? "    "
        let target = line.target.isEmpty ? "" : "（目标 \(line.target)）"
        return "\(mark)  [\(line.group)] \(line.what)：\(line.measured)\(target)"
    }

    /// The same as a Markdown table, for docs/benchmarks.md.
    var markdown: String {
        var text = "| What | Target | Measured | |\n|---|---|---|---|\n"
        for line in lines { text += "| \(line.group) · \(line.what) | \(line.target) | \(line.measured) | \(line.isMet.map { $0 ? "met" : "missed" } ?? "") |\n" }
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
