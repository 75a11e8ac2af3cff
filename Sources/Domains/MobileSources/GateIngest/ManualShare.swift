import Identity
import Kernel
import Storage

/// A-13 补录率: which part of an enterprise's passes was entered by hand, by gate and month.
///
/// Read from `gate_daily`; the gate that holds a real gate's manual entries counts with that gate. Source: requirements/A-mobile-sources.md A-13 单独统计补录率.
package struct ManualShare: Sendable {
    let database: any Database
    let registry: GateRegistry
    let clock: Clock

    /// At most so many months at once.
    package static let longest = 24

    /// Counts of one enterprise, of one of its gates where `gateNo` is given, in a month (`202611`) or over the whole span (0).
    package struct Line: Sendable, Equatable {
        package var org: Int64
        package var gateNo: String?
        package var month: Int
        package var all: Int64 = 0
        package var manual: Int64 = 0

        package init(org: Int64, gateNo: String? = nil, month: Int, all: Int64 = 0, manual: Int64 = 0) {
            self.org = org
            self.gateNo = gateNo
            self.month = month
            self.all = all
            self.manual = manual
        }

        /// 0...1: manual entries ÷ all passes, manual entries among them; nil without passes.
        package var share: Double? { all > 0 ? Double(manual) / Double(all) : nil }
    }

    /// One line an enterprise, gate and month that had passes, newest month first.
    ///
    /// - Parameters:
    ///   - first: the first day of the first month; `last` any day of the last.
    /// - Throws: `.invalid` when the span is not 1…24 months.
    package func lines(from first: Day, to last: Day, org: Int64? = nil, scope: DataScope) async throws -> [Line] {
        let months = (last.month / 100 - first.month / 100) * 12 + last.month % 100 - first.month % 100 + 1
        guard (1...ManualShare.longest).contains(months) else {
            throw Failure.invalid([FieldFinding("to", "range", "时间范围应为 1～\(ManualShare.longest) 个月", title: "截止月份")])
        }
        let snapshot = registry.snapshot
        return try await database.read { reader in
            var conditions: [SQL] = ["day >= \(first.firstOfMonth) AND day < \(last.firstOfNextMonth)", scope.condition()]
            if let org { conditions.append("org = \(org)") }
            var lines: [Key: Line] = [:]
            try reader.each("SELECT day / 100, org, gate_no, SUM(received), SUM(manual) FROM gate_daily WHERE \(SQL.all(of: conditions)) GROUP BY day / 100, org, gate_no") { row in
                guard let month = row[0].int, let org = row[1].int, let stored = row[2].text else { return true }
                let isManual = snapshot.isManualGate(GateRegistry.GateKey(org: org, gateNo: stored))
                let gateNo = isManual ? String(stored.dropFirst()) : stored
                let key = Key(org: org, gateNo: gateNo, month: Int(month))
                var line = lines[key] ?? Line(org: org, gateNo: gateNo, month: Int(month))
                line.all += row[3].int ?? 0
                line.manual += row[4].int ?? 0
                lines[key] = line
                return true
            }
            return lines.values.filter { $0.all > 0 }.sorted { ($1.month, $0.org, $0.gateNo ?? "") < ($0.month, $1.org, $1.gateNo ?? "") }
        }
    }

    /// Added up by enterprise over all gates and months, largest share first.
    package static func byEnterprise(_ lines: [Line]) -> [Line] {
        var sums: [Int64: Line] = [:]
        for line in lines {
            var sum = sums[line.org] ?? Line(org: line.org, month: 0)
            sum.all += line.all
            sum.manual += line.manual
            sums[line.org] = sum
        }
        return sums.values.sorted { ($1.share ?? 0, $0.org) < ($0.share ?? 0, $1.org) }
    }

    private struct Key: Hashable {
        var org: Int64
        var gateNo: String
        var month: Int
    }
}

extension ManualEntry {
    /// True for a row of `gate_daily` that belongs to a gate with equipment; those of gates that only hold manual entries have no serials of a system, no heartbeat and no cameras.
    static let isRealGate: SQL = """
        NOT (gate_daily.gate_no LIKE 'B%' AND EXISTS (SELECT 1 FROM gate g WHERE g.org = gate_daily.org AND g.gate_no = SUBSTR(gate_daily.gate_no, 2) AND g.deleted_at IS NULL))
        """
}
