import Alarms
import Identity
import Kernel
import Storage

/// A-02, A-07 时间漂移: gates whose clock runs ahead of or behind the platform's, from how long their passes take to arrive.
///
/// A pass that a gate sends at once arrives a moment after it happened, so the shortest delays of many passes tell the clock's error: far above zero the clock is slow, below zero it is fast.
/// A tenth of the passes may be odd, so the 10th percentile is taken for a slow clock and the 90th for a fast one. Only records of source `auto` count, never backfill or manual entries, and no
/// gate that says it still has records to send: its delays are a queue's, not its clock's.
/// Source: requirements/A-mobile-sources.md A-02 时间漂移.
package struct ClockDrift: Sendable {
    let database: any Database
    let registry: GateRegistry
    let alarms: AlarmEngine
    let clock: Clock

    /// Passes received within so many seconds are looked at, those happened within a day.
    static let receivedWithin: Int64 = 1800
    static let passedWithin: Int64 = 86_400
    /// Fewer say nothing.
    static let fewestPasses = 5

    /// How long the passes of one gate took to arrive, in seconds, ascending; negative when they arrived before they happened.
    package struct Delays: Sendable, Equatable {
        package let seconds: [Int64]

        package init(_ seconds: [Int64]) { self.seconds = seconds.sorted() }

        /// - Parameter share: 0...1.
        package func percentile(_ share: Double) -> Int64 { seconds.isEmpty ? 0 : seconds[Int((Double(seconds.count - 1) * share).rounded())] }

        /// Seconds by which the clock is slow (positive) or fast (negative); nil within the limit, or when there are too few passes.
        package func drift(beyond limit: Int64) -> Int64? {
            guard seconds.count >= ClockDrift.fewestPasses else { return nil }
            if percentile(0.1) > limit { return percentile(0.1) }
            return percentile(0.9) < -limit ? percentile(0.9) : nil
        }

        var json: JSONValue {
            [
                "过车条数": .int(Int64(seconds.count)), "最短": .string("\(seconds.first ?? 0) 秒"), "十分位": .string("\(percentile(0.1)) 秒"), "中位": .string("\(percentile(0.5)) 秒"),
                "九十分位": .string("\(percentile(0.9)) 秒"), "最长": .string("\(seconds.last ?? 0) 秒"),
            ]
        }
    }

    /// Raises an alarm for each gate whose clock has drifted and clears those that were set right.
    ///
    /// - Returns: how many gates are wrong now.
    package func judge() async throws -> Int {
        let now = clock.now
        let snapshot = registry.snapshot
        let limit = Int64(snapshot.settings.clockDriftSeconds)
        let delays = try await database.read { reader in try ClockDrift.delays(at: now, in: reader) }
        guard !delays.isEmpty else { return 0 }
        let alarms = alarms
        return try await database.write { tx in
            var wrong = 0
            for (key, delay) in delays.sorted(by: { ($0.key.org, $0.key.gateNo) < ($1.key.org, $1.key.gateNo) }) {
                guard delay.seconds.count >= ClockDrift.fewestPasses, let site = snapshot.enterprises[key.org], !snapshot.isManualGate(key) else { continue }
                guard let drift = delay.drift(beyond: limit) else {
                    _ = try alarms.clear(kind: ViolationAlarm.clockDrift.name, subject: key.gateNo, org: key.org, at: now, reason: "门禁时钟已与平台一致", in: tx)
                    continue
                }
                wrong += 1
                _ = try alarms.raise(ClockDrift.signal(key, delay, drift, limit, site, snapshot, now), by: .system("时钟监测"), in: tx)
            }
            return wrong
        }
    }

    private static func delays(at now: Moment, in reader: any Reader) throws -> [GateRegistry.GateKey: Delays] {
        var found: [GateRegistry.GateKey: [Int64]] = [:]
        let sql: SQL = """
            SELECT p.org, p.gate_no, p.passed_at, p.received_at FROM gate_pass p WHERE p.passed_at >= \(now.adding(seconds: -passedWithin)) AND p.passed_at < \(now.adding(seconds: 600))
                AND p.source = 'auto' AND p.received_at >= \(now.adding(seconds: -receivedWithin)) AND p.deleted_at IS NULL ORDER BY p.passed_at DESC LIMIT 300000
            """
        try reader.each(sql) { row in
            guard let org = row[0].int, let gateNo = row[1].text, let passed = row[2].int, let received = row[3].int else { return true }
            found[GateRegistry.GateKey(org: org, gateNo: gateNo), default: []].append((received - passed) / 1000)
            return true
        }
        try reader.each("SELECT org, gate_no FROM gate_state WHERE pending > 0") { row in
            found[GateRegistry.GateKey(org: row[0].int ?? 0, gateNo: row[1].text ?? "")] = nil
            return true
        }
        return found.mapValues(Delays.init)
    }

    private static func signal(
        _ key: GateRegistry.GateKey, _ delay: Delays, _ drift: Int64, _ limit: Int64, _ site: EnterpriseFacts, _ snapshot: GateRegistry.Snapshot, _ now: Moment
    ) -> AlarmSignal {
        let name = snapshot.gates[key]?.name ?? key.gateNo
        let way = drift > 0 ? "慢" : "快"
        let facts: JSONValue = [
            "门岗": .string(name), "时钟偏差": .string("\(way)约 \(abs(drift)) 秒"), "判定依据": .string("最近 \(receivedWithin / 60) 分钟自动识别的过车，从过车到平台收到所经时间；不含补传和人工补录"),
            "到达时延分布": delay.json, "阈值": .string("\(limit) 秒"),
        ]
        return AlarmSignal(
            kind: ViolationAlarm.clockDrift.name, org: key.org, orgName: site.name, area: site.county, place: name, subject: key.gateNo, occurredAt: now,
            title: "\(name) 门禁时钟\(way)约 \(abs(drift)) 秒", facts: facts,
            reasons: [AlarmReason("clockDrift", "九成以上过车的到达时延\(drift > 0 ? "不少于" : "不高于") \(drift) 秒，超过 \(limit) 秒")])
    }
}
