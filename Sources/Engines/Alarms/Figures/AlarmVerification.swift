import Kernel
import Storage

extension AlarmEngine {
    /// Compares the daily figures with the alarms, and every evidence chain with its hashes. Reads everything: for `jianwei verify`, not for requests.
    ///
    /// - Returns: every difference as a sentence; empty when all agrees.
    package func verify(in reader: any Reader) throws -> [String] { try figureFaults(in: reader) + chainFaults(in: reader) }

    private func figureFaults(in reader: any Reader) throws -> [String] {
        var kept: [String: AlarmCounts] = [:]
        try reader.each("SELECT day, kind, grade, org, area, \(AlarmCounts.sums) FROM alarm_daily GROUP BY day, kind, grade, org, area") { row in
            kept[Self.rollupKey(row)] = AlarmCounts(row)
            return true
        }
        var faults: [String] = []
        let recount: SQL = """
            SELECT day, kind, grade, COALESCE(org, 0) AS org, COALESCE(area, '') AS area, \(AlarmCounts.recounted) FROM alarms GROUP BY day, kind, grade, COALESCE(org, 0), COALESCE(area, '')
            """
        try reader.each(recount) { row in
            let key = Self.rollupKey(row)
            let counted = AlarmCounts(row)
            let had = kept.removeValue(forKey: key)
            if had != counted { faults.append("报警日统计与报警不符（\(key)）：统计 \(had?.opened ?? 0) 条，实有 \(counted.opened) 条") }
            return true
        }
        for (key, counts) in kept where counts != AlarmCounts.zero { faults.append("报警日统计多出（\(key)）：\(counts.opened) 条") }
        return faults.sorted()
    }

    private func chainFaults(in reader: any Reader) throws -> [String] {
        var faults: [String] = []
        var last: Int64 = 0
        while true {
            let rows = try reader.rows("SELECT id, number, chain_head, evidence_count FROM alarms WHERE id > \(last) ORDER BY id LIMIT 1000")
            guard let end = rows.last?.int("id") else { return faults }
            var items: [Int64: [EvidenceItem]] = [:]
            try reader.each("SELECT alarm, \(EvidenceItem.columns) FROM evidence_items WHERE alarm > \(last) AND alarm <= \(end) ORDER BY alarm, seq") { row in
                items[row.int("alarm") ?? 0, default: []].append(try EvidenceItem(row))
                return true
            }
            for row in rows {
                let number = row.text("number") ?? ""
                let found = EvidenceChain.faults(number: number, head: row.text("chain_head") ?? "", items: items[row.int("id") ?? 0] ?? [])
                faults += found.map { "报警 \(number)：\($0)" }
            }
            last = end
        }
    }

    /// Counts the daily figures anew from the alarms.
    package func rebuildDaily(in tx: any Transaction) throws {
        try tx.execute("DELETE FROM alarm_daily")
        let columns = SQL(text: AlarmCounts.columns.joined(separator: ", "))
        try tx.execute(
            """
            INSERT INTO alarm_daily (day, kind, grade, org, area, \(columns)) \
            SELECT day, kind, grade, COALESCE(org, 0), COALESCE(area, ''), \(AlarmCounts.recounted) FROM alarms GROUP BY day, kind, grade, COALESCE(org, 0), COALESCE(area, '')
            """)
    }

    private static func rollupKey(_ row: Row) -> String {
        [row.int("day"), nil, row.int("grade"), row.int("org")].compactMap { $0.map { String($0) } }.joined(separator: "/") + "/\(row.text("kind") ?? "")/\(row.text("area") ?? "")"
    }
}

extension AlarmCounts {
    /// No alarms, as a row of zeros reads.
    static let zero: AlarmCounts = {
        var counts = AlarmCounts()
        for state in AlarmState.allCases { counts.byState[state] = 0 }
        return counts
    }()
}
