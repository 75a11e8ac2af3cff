import Alarms
import Identity
import Kernel
import Storage

/// what nobody reports and the clock must notice: gates that fall silent, serials and photos that do not come.
package struct GateWatch: Sendable {
    let database: any Database
    let registry: GateRegistry
    let alarms: AlarmEngine
    let clock: Clock

    /// No heartbeat for three minutes: off-line, until the next heartbeat. Gates that never spoke are not yet watched.
    package func noticeSilence() async throws -> Int {
        let now = clock.now
        let snapshot = registry.snapshot
        let limit = now.adding(seconds: -Int64(snapshot.settings.offlineMinutes) * 60)
        return try await database.write { tx in
            let silent = try tx.rows("SELECT org, gate_no, heartbeat_at FROM gate_state WHERE heartbeat_at < \(limit) AND offline_since IS NULL LIMIT 500")
            for row in silent {
                guard let org = row[0].int, let gateNo = row[1].text, let site = snapshot.enterprises[org] else { continue }
                let last = Moment(milliseconds: row[2].int ?? 0)
                let name = snapshot.gates[GateRegistry.GateKey(org: org, gateNo: gateNo)]?.name ?? gateNo
                try tx.execute("UPDATE gate_state SET offline_since = \(last) WHERE org = \(org) AND gate_no = \(gateNo)")
                guard site.isConnected else { continue }
                let facts: JSONValue = ["门岗": .string(name), "最后心跳": .string(last.text), "判定依据": .string("超过 \(snapshot.settings.offlineMinutes) 分钟没有心跳")]
                let signal = AlarmSignal(
                    kind: ViolationAlarm.gateOffline.name, org: org, orgName: site.name, area: site.county, place: name, subject: gateNo, occurredAt: last, title: "\(name) 网络中断",
                    facts: facts,
                    reasons: [AlarmReason("noHeartbeat", "最后一次心跳 \(last.text)，已超过 \(snapshot.settings.offlineMinutes) 分钟")])
                _ = try alarms.raise(signal, by: .system("心跳监测"), in: tx)
            }
            return silent.count
        }
    }

    /// A hole older than ten minutes is a leak, until it is filled.
    package func noticeLeaks() async throws -> Int {
        let now = clock.now
        let snapshot = registry.snapshot
        let limit = now.adding(seconds: -Int64(snapshot.settings.leakMinutes) * 60)
        return try await database.write { tx in
            let gaps = try tx.rows(
                "SELECT org, gate_no, MIN(from_serial), MAX(to_serial), SUM(to_serial - from_serial + 1), MIN(noticed_at) FROM serial_gap WHERE noticed_at < \(limit) AND alarmed_at IS NULL GROUP BY org, gate_no LIMIT 200"
            )
            for row in gaps {
                guard let org = row[0].int, let gateNo = row[1].text, let site = snapshot.enterprises[org] else { continue }
                let name = snapshot.gates[GateRegistry.GateKey(org: org, gateNo: gateNo)]?.name ?? gateNo
                let count = row[4].int ?? 0
                try tx.execute("UPDATE serial_gap SET alarmed_at = \(now) WHERE org = \(org) AND gate_no = \(gateNo) AND noticed_at < \(limit)")
                let facts: JSONValue = [
                    "门岗": .string(name), "缺失流水号": .string("\(row[2].int ?? 0)～\(row[3].int ?? 0)"), "缺失条数": .int(count),
                    "发现时间": .string(Moment(milliseconds: row[5].int ?? 0).text),
                ]
                let signal = AlarmSignal(
                    kind: ViolationAlarm.dataLeak.name, org: org, orgName: site.name, area: site.county, place: name, subject: gateNo, occurredAt: now,
                    title: "\(name) 漏传 \(count) 条过车记录", facts: facts,
                    reasons: [AlarmReason("serialGap", "流水号断号超过 \(snapshot.settings.leakMinutes) 分钟未补传")])
                _ = try alarms.raise(signal, by: .system("传输监测"), in: tx)
            }
            return gaps.count
        }
    }
}
