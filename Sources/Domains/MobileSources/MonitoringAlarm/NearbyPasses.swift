import Alarms
import Identity
import Kernel
import Ledgers
import Storage

/// What passed the gates of an alarm's enterprise near it in time, or the same vehicle anywhere in the reader's scope: for the correlation panel of an alarm.
enum NearbyPasses {
    static let face = NeighbourFace("gatePass", "过车", permission: "\(GatePassEvent.ledger.name).read") { hood, reader in
        var same: [SQL] = []
        if let org = hood.alarm.org { same.append("org = \(org)") }
        if let plate = hood.alarm.plate { same.append("plate_no = \(plate)") }
        guard !same.isEmpty else { return [] }
        let at = hood.alarm.occurredAt.milliseconds
        let scope = hood.principal.scope.condition()
        return try same.flatMap { condition -> [Neighbour] in
            try reader.rows(
                """
                SELECT id, passed_at, plate_no, direction, gate_no FROM gate_pass WHERE \(condition) AND passed_at >= \(hood.from) AND passed_at <= \(hood.to) AND \(scope) \
                ORDER BY passed_at DESC LIMIT 200
                """
            ).map { row in
                let plate = row.text("plate_no") ?? "无牌"
                return Neighbour(
                    at: row.moment("passed_at") ?? hood.alarm.occurredAt, title: "\(plate) \(row.text("direction") == "1" ? "进厂" : "出厂")",
                    note: (plate == hood.alarm.plate ? "同一车辆 · " : "") + "门岗 \(row.text("gate_no") ?? "")", path: "/passes/\(row.int("id") ?? 0)",
                    tone: plate == hood.alarm.plate ? "orange" : "info")
            }
        }.reduce(into: [Neighbour]()) { all, one in if !all.contains(one) { all.append(one) } }
            .sorted { abs($0.at.milliseconds - at) < abs($1.at.milliseconds - at) }.prefix(20).map { $0 }
    }
}

/// Passes of each hour at an alarm's enterprise, two days before it and half a day after it: for the curve beside an alarm whose point measures nothing.
enum HourlyPasses {
    static let face = CurveFace(permission: "\(GatePassEvent.ledger.name).read") { alarm, reader in
        guard let org = alarm.org else { return nil }
        let hour: Int64 = 3_600_000
        let first = alarm.occurredAt.adding(seconds: -172_800).milliseconds / hour, last = alarm.lastAt.adding(seconds: 43_200).milliseconds / hour
        let rows = try reader.rows(
            """
            SELECT passed_at / 3600000 AS hour, COUNT(*) AS n FROM gate_pass WHERE org = \(org) AND passed_at >= \(first * hour) AND passed_at < \((last + 1) * hour) GROUP BY 1 ORDER BY 1 LIMIT 1000
            """)
        let counts = Dictionary(rows.compactMap { row in row[0].int.map { ($0, Double(row[1].int ?? 0)) } }, uniquingKeysWith: { first, _ in first })
        guard let newest = counts.keys.max() else { return nil }
        let samples = (first...min(last, max(newest, alarm.occurredAt.milliseconds / hour))).map { AlarmCurve.Sample(Moment(milliseconds: $0 * hour), counts[$0] ?? 0) }
        return AlarmCurve("每小时过车", unit: "辆次", samples: samples)
    }
}
