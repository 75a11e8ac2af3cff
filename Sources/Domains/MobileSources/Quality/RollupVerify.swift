import Kernel
import Storage

/// Counts the roll-ups again from the passes and compares (`jianwei verify`); repairs them when asked. Also whether entries and exits name each other and serials add up.
///
/// One month at a time, each in one snapshot: memory holds a month's sums and the month's plates, never its passes. A month's repair is one transaction, so gates wait for it.
package struct RollupVerify: Sendable {
    let database: any Database

    package struct Difference: Sendable, Equatable {
        /// `pass_daily`, `pass_monthly`, their small sisters with `_stage`, `gate_daily`, `plate_month_count`, `gate_pass` (pairing) or `serial_gap`.
        package var table: String
        package var key: String
        package var text: String
    }

    package struct Report: Sendable {
        package var passes = 0
        package var months = 0
        /// At most `limit`; `count` is the whole number.
        package var differences: [Difference] = []
        package var count = 0
        /// Months whose roll-ups were written anew.
        package var rebuilt: [Int] = []

        package var isSound: Bool { count == 0 }

        static let limit = 200

        mutating func add(_ difference: Difference) {
            count += 1
            if differences.count < Report.limit { differences.append(difference) }
        }
    }

    /// - Parameters:
    ///   - rebuild: months with differences are written anew from the passes; what heartbeats and refusals counted stays.
    ///   - progress: called after each month with months done and all.
    package func verify(rebuild: Bool = false, progress: @Sendable (Int, Int) async throws -> Void = { _, _ in }) async throws -> Report {
        var report = Report()
        let months = try await months()
        let whole = try await database.read { try PassRemoval.firstWholeMonth(in: $0) }
        for (index, month) in months.enumerated() {
            try Task.checkCancellation()
            // What retention took away cannot be counted again.
            guard month >= whole else { continue }
            let (passes, differences) = try await database.read(within: .seconds(1800)) { reader in try RollupVerify.compare(month, reader) }
            report.passes += passes
            report.months += 1
            for difference in differences { report.add(difference) }
            if rebuild, !differences.isEmpty {
                try await database.write { tx in
                    try PassSums.settle(in: tx)
                    try RollupSums(month: month, reading: tx).write(in: tx)
                }
                report.rebuilt.append(month)
            }
            try await progress(index + 1, months.count)
        }
        let links = try await database.read(within: .seconds(1800)) { reader in try RollupVerify.pairs(reader) + RollupVerify.serials(reader) }
        for difference in links { report.add(difference) }
        return report
    }

    /// Months that passes or roll-ups speak of, in order.
    private func months() async throws -> [Int] {
        try await database.read { reader in
            var months: Set<Int> = []
            for table in ["pass_monthly", "pass_monthly_stage", "plate_month_count"] {
                try reader.each("SELECT DISTINCT month FROM \(ident: table)") {
                    months.insert(Int($0[0].int ?? 0))
                    return true
                }
            }
            for table in ["pass_daily", "pass_daily_stage", "gate_daily"] {
                try reader.each("SELECT DISTINCT day / 100 FROM \(ident: table)") {
                    months.insert(Int($0[0].int ?? 0))
                    return true
                }
            }
            if let first = try reader.value("SELECT MIN(passed_at) FROM gate_pass")?.int, let last = try reader.value("SELECT MAX(passed_at) FROM gate_pass")?.int {
                var day = Moment(milliseconds: first).day.firstOfMonth
                while day.start.milliseconds <= last {
                    months.insert(day.month)
                    day = day.firstOfNextMonth
                }
            }
            return months.sorted()
        }
    }

    private static func compare(_ month: Int, _ reader: any Reader) throws -> (Int, [Difference]) {
        let counted = try RollupSums(month: month, reading: reader)
        let stored = try RollupSums(month: month, storedIn: reader)
        var differences: [Difference] = []
        func compare<Value: RollupValue>(_ table: String, _ counted: [[SQLValue]: Value], _ stored: [[SQLValue]: Value]) {
            for key in Set(counted.keys).union(stored.keys) {
                let (right, kept) = (counted[key] ?? Value(), stored[key] ?? Value())
                guard !right.isSame(as: kept) else { continue }
                differences.append(Difference(table: table, key: key.map(TransportStatistics.key).joined(separator: "/"), text: "应为 \(right.text)，实为 \(kept.text)"))
            }
        }
        compare("pass_daily", counted.daily, stored.daily)
        compare("pass_monthly", counted.monthly, stored.monthly)
        compare("pass_daily_stage", counted.dailyStages, stored.dailyStages)
        compare("pass_monthly_stage", counted.monthlyStages, stored.monthlyStages)
        compare("gate_daily", counted.gates, stored.gates)
        compare("plate_month_count", counted.plateCounts, stored.plateCounts)
        return (counted.passes, differences.sorted { ($0.table, $0.key) < ($1.table, $1.key) })
    }

    /// An entry and its exit name each other, belong to one vehicle and enterprise, and go opposite ways.
    private static func pairs(_ reader: any Reader) throws -> [Difference] {
        // The other half may have been taken away with its month.
        let whole = try PassRemoval.firstWholeMonth(in: reader)
        let half = Day(number: whole * 100 + 1)?.adding(days: 31).start.milliseconds ?? .min
        let sql: SQL = """
            SELECT p.id, p.pair_id, q.pair_id, p.direction, q.direction, p.plate_no = q.plate_no AND p.org = q.org, q.id FROM gate_pass p LEFT JOIN gate_pass q ON q.id = p.pair_id
            WHERE p.pair_id IS NOT NULL AND ((q.id IS NULL AND p.passed_at >= \(half)) OR q.pair_id IS NULL OR q.pair_id <> p.id OR q.direction = p.direction OR q.plate_no <> p.plate_no OR q.org <> p.org) LIMIT 1000
            """
        return try reader.rows(sql).map { row in
            let text = row[6].isNull ? "对应记录 \(row[1].int ?? 0) 不存在" : "与记录 \(row[1].int ?? 0) 不互为进出"
            return Difference(table: "gate_pass", key: "\(row[0].int ?? 0)", text: text)
        }
    }

    /// Between a gate's first and last serial each one is either stored or known as missing, never both.
    private static func serials(_ reader: any Reader) throws -> [Difference] {
        var differences: [Difference] = []
        for row in try reader.rows("SELECT org, gate_no, first_serial, last_serial, received, removed FROM gate_state WHERE first_serial IS NOT NULL") {
            guard let org = row[0].int, let gateNo = row[1].text, let first = row[2].int, let last = row[3].int else { continue }
            let stored = Int64(try reader.count("SELECT COUNT(*) FROM gate_pass WHERE org = \(org) AND gate_no = \(gateNo)")) + (row[5].int ?? 0)
            let missing = try reader.value("SELECT COALESCE(SUM(to_serial - from_serial + 1), 0) FROM serial_gap WHERE org = \(org) AND gate_no = \(gateNo)")?.int ?? 0
            let key = "\(org)/\(gateNo)"
            if stored != row[4].int { differences.append(Difference(table: "gate_state", key: key, text: "接收计数 \(row[4].int ?? 0)，入库 \(stored)")) }
            if last - first + 1 != stored + missing {
                differences.append(Difference(table: "serial_gap", key: key, text: "流水号 \(first)～\(last) 应有 \(last - first + 1) 条，入库 \(stored)，登记缺失 \(missing)"))
            }
            for gap in try reader.rows("SELECT from_serial, to_serial FROM serial_gap WHERE org = \(org) AND gate_no = \(gateNo) ORDER BY from_serial") {
                guard let from = gap[0].int, let to = gap[1].int else { continue }
                let inside = try reader.count("SELECT COUNT(*) FROM gate_pass WHERE org = \(org) AND gate_no = \(gateNo) AND serial_no BETWEEN \(from) AND \(to)")
                if inside > 0 { differences.append(Difference(table: "serial_gap", key: key, text: "登记缺失的 \(from)～\(to) 中已有 \(inside) 条入库")) }
            }
        }
        return differences
    }
}
