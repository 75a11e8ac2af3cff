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
