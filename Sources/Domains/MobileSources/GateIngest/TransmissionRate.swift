import Alarms
import Identity
import Kernel
import Storage

/// A-30 数据传输率: received ÷ generated per enterprise, live and by day; 95 % is asked for.
///
/// Generated is what the gate says it made today, and never less than what was received and what is known to be missing.
/// Source: requirements/A-mobile-sources.md A-30, 模型 · 传输率; standards/hj1321-gate.md §8.
package struct TransmissionRate: Sendable {
    let database: any Database
    let registry: GateRegistry
    let alarms: AlarmEngine
    let clock: Clock

    package struct Line: Sendable {
        package var day: Day
        package var org: Int64
        package var gateNo: String?
        package var area: String?
        package var received: Int64
        package var generated: Int64
        package var backfilled: Int64
        package var manual: Int64
        package var duplicates: Int64
        package var rejected: Int64
        package var missing: Int64
        package var heartbeats: Int64
        package var withPhotos: Int64
        package var unknownStage: Int64
        package var handLifts: Int64
        package var flagged: Int64

        /// 0...1; nil when nothing was generated.
        package var rate: Double? { generated > 0 ? min(1, Double(received) / Double(generated)) : nil }
        package var onlineRate: Double { min(1, Double(heartbeats) / 1440) }
    }

    /// Per enterprise (or per gate) for the days given, within a scope, in the order of enterprises. Manual entries have no part in it: they are counted in `manual` alone.
    package func lines(from: Day, to: Day, org: Int64? = nil, perGate: Bool, scope: DataScope, in reader: any Reader) throws -> [Line] {
        var conditions: [SQL] = ["day BETWEEN \(from) AND \(to)", scope.condition()]
        if let org { conditions.append("org = \(org)") }
        let gate: SQL = perGate ? "gate_no" : "NULL"
        let group: SQL = perGate ? "day, org, gate_no" : "day, org"
        let real: SQL = perGate ? "is_real = 1" : "1 = 1"
        let sql: SQL = """
            SELECT day, org, \(gate) AS gate_no, MAX(area) AS area, SUM(received * is_real) AS received,
                SUM(CASE WHEN generated > received THEN generated ELSE received END * is_real) AS generated, SUM(backfilled * is_real) AS backfilled, SUM(manual) AS manual,
                SUM(duplicates * is_real) AS duplicates, SUM(rejected * is_real) AS rejected, MAX(heartbeats) AS heartbeats, SUM(with_photos * is_real) AS with_photos,
                SUM(unknown_stage * is_real) AS unknown_stage, SUM(hand_lifts * is_real) AS hand_lifts, SUM(flagged * is_real) AS flagged
            FROM (SELECT gate_daily.*, CASE WHEN \(ManualEntry.isRealGate) THEN 1 ELSE 0 END AS is_real FROM gate_daily WHERE \(SQL.all(of: conditions))) counted
            WHERE \(real) GROUP BY \(group) ORDER BY day DESC, org LIMIT 5000
            """
        let missing = try missingByGate(org, in: reader)
        let today = clock.today
        return try reader.rows(sql).map { row in
            let rowOrg = row.int("org") ?? 0
            let day = row.day("day") ?? today
            let gateNo = row.text("gate_no")
            let lacking = day == today ? missing.filter { $0.key.org == rowOrg && (gateNo == nil || $0.key.gateNo == gateNo) }.values.reduce(0, +) : 0
            let received = row.int("received") ?? 0
            return Line(
                day: day, org: rowOrg, gateNo: gateNo, area: row.text("area"), received: received, generated: max(row.int("generated") ?? 0, received + lacking),
                backfilled: row.int("backfilled") ?? 0,
                manual: row.int("manual") ?? 0, duplicates: row.int("duplicates") ?? 0, rejected: row.int("rejected") ?? 0,
                missing: max(0, max(row.int("generated") ?? 0, received + lacking) - received),
                heartbeats: row.int("heartbeats") ?? 0, withPhotos: row.int("with_photos") ?? 0, unknownStage: row.int("unknown_stage") ?? 0, handLifts: row.int("hand_lifts") ?? 0,
                flagged: row.int("flagged") ?? 0)
        }
    }

    private func missingByGate(_ org: Int64?, in reader: any Reader) throws -> [GateRegistry.GateKey: Int64] {
        var found: [GateRegistry.GateKey: Int64] = [:]
        let condition: SQL = org.map { "org = \($0)" } ?? "1 = 1"
        try reader.each("SELECT org, gate_no, SUM(to_serial - from_serial + 1) FROM serial_gap WHERE \(condition) GROUP BY org, gate_no") { row in
            found[GateRegistry.GateKey(org: row[0].int ?? 0, gateNo: row[1].text ?? "")] = row[2].int ?? 0
            return true
        }
        return found
    }

    /// The daily report of yesterday: an alarm for every enterprise below the target.
    package func judgeYesterday() async throws -> Int {
        let yesterday = clock.today.adding(days: -1)
        let snapshot = registry.snapshot
        let now = clock.now
        return try await database.write { tx in
            let below = try lines(from: yesterday, to: yesterday, perGate: false, scope: .everything, in: tx).filter { ($0.rate ?? 1) < snapshot.settings.transmissionTarget }
            for line in below {
                guard let site = snapshot.enterprises[line.org], let rate = line.rate else { continue }
                let facts: JSONValue = ["日期": .string(yesterday.text), "接收量": .int(line.received), "上传量": .int(line.generated), "传输率": .string(percent(rate))]
                let signal = AlarmSignal(
                    kind: ViolationAlarm.lowTransmission.name, org: line.org, orgName: site.name, area: site.county, subject: "\(yesterday.number)", occurredAt: now,
                    title: "\(yesterday.text) 数据传输率 \(percent(rate))", facts: facts,
                    reasons: [AlarmReason("lowTransmission", "传输率 \(percent(rate))，低于 \(percent(snapshot.settings.transmissionTarget))")])
                _ = try alarms.raise(signal, by: .system("传输监测"), in: tx)
            }
            return below.count
        }
    }
}

/// `96.35%`.
package func percent(_ ratio: Double?) -> String {
    guard let ratio else { return "—" }
    let hundredths = Int((ratio * 10_000).rounded())
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)%"
}
