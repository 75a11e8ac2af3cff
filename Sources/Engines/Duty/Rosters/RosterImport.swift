import Exchange
import Identity
import Kernel
import Storage

/// D9.12.2 模板导入批量排班: one row of a sheet puts one person into one shift of one day; all rows stand or none.
package struct RosterImport: Sendable {
    package static let columns = ["日期", "班次", "值班人员"]

    /// One row as it was written.
    package struct Line: Sendable, Equatable {
        package var number: Int
        package var day: String
        package var shift: String
        package var name: String
    }

    /// - Throws: what `SheetReader` throws; `.invalid` where the head is another.
    package static func lines(_ bytes: [UInt8]) throws -> [Line] {
        let held = Held()
        try SheetReader.read(bytes: bytes) { row in
            let cells = (0..<3).map { (row[$0].text ?? "").trimmed }
            if held.isFirst {
                held.isFirst = false
                guard cells == columns else { throw Failure.invalid([FieldFinding("file", "format", "第一行应为：\(columns.joined(separator: "、"))", title: "排班表")]) }
                return true
            }
            if cells.contains(where: { !$0.isEmpty }) { held.lines.append(Line(number: row.number, day: cells[0], shift: cells[1], name: cells[2])) }
            return held.lines.count < 5000
        }
        return held.lines
    }

    /// Filled by the reader's closure on one thread.
    private final class Held {
        var isFirst = true
        var lines: [Line] = []
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text = text.dropFirst() }
        while let last = text.last, last.isWhitespace { text = text.dropLast() }
        return String(text)
    }
}

extension DutyEngine {
    /// Writes the rows of a sheet into a group's roster; who stands there already stays.
    ///
    /// - Returns: how many entries are new.
    /// - Throws: `.invalid` with one finding a wrong row, at most fifty.
    package func importRoster(_ lines: [RosterImport.Line], to id: Int64, by principal: Principal, in tx: any Transaction) throws -> Int {
        try admit(principal, "排班")
        let group = try group(id, by: principal, in: tx), shifts = try groupShifts(group, in: tx)
        var findings: [FieldFinding] = []
        var entries: [DutyEntry] = []
        func wrong(_ line: RosterImport.Line, _ text: String) { findings.append(FieldFinding("file", "row", "第 \(line.number) 行：\(text)", title: "排班表")) }
        for line in lines {
            let day = Day(parsing: line.day), shift = shifts.first { $0.title == line.shift }, member = group.members.first { $0.name == line.name }
            if day == nil { wrong(line, "“\(line.day)”不是日期") }
            if shift == nil { wrong(line, "本组没有班次“\(line.shift)”") }
            if member == nil { wrong(line, "“\(line.name)”不在本组") }
            guard let day, let shift, let member else { continue }
            if day < clock.today { wrong(line, "\(day.text) 已过") }
            if day.daysSince1970 - clock.today.daysSince1970 > 366 { wrong(line, "\(day.text) 超过一年") }
            entries.append(DutyEntry(group: id, day: day, shift: shift, user: member.user, name: member.name, isLeader: member.isLeader))
        }
        if lines.isEmpty { findings.append(FieldFinding("file", "required", "表中没有排班", title: "排班表")) }
        guard findings.isEmpty else { throw Failure.invalid(Array(findings.prefix(50))) }
        let days = entries.map(\.day)
        guard let first = days.min(), let last = days.max() else { return 0 }
        var standing = Set(try self.entries(of: id, from: first, to: last, in: tx).map { "\($0.day.number)/\($0.shift)/\($0.user)" })
        let fresh = entries.filter { standing.insert("\($0.day.number)/\($0.shift)/\($0.user)").inserted }
        try insert(fresh, in: tx)
        try audit.record(AuditEntry("import", "dutyRoster", "\(id)", "“\(group.title)”导入排班 \(first.text) 至 \(last.text)，\(fresh.count) 人次"), by: principal, in: tx)
        return fresh.count
    }
}
