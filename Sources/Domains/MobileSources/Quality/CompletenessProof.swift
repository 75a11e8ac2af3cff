import Identity
import Kernel
import Storage

/// A-51 完整性证明: for one gate and day, what the cameras say they made = what was received = what is stored; every difference by name.
package struct CompletenessProof: Sendable {
    let database: any Database
    let registry: GateRegistry

    package enum Difference: Sendable, Equatable {
        /// Serials that have not come.
        case serialGap(from: Int64, to: Int64, noticedAt: Moment)
        /// Serials between the day's first and last that are neither stored nor known as missing: a fault of the platform.
        case unexplainedHole(count: Int64)
        /// The gate made more than came.
        case notReceived(count: Int64)
        /// Counted as received but not in the table, or the reverse (negative): a fault of the platform.
        case notStored(count: Int64)
        /// Sent again; stored once.
        case duplicates(count: Int64)
        /// Refused for wrong fields; the gate was told each one.
        case rejected(count: Int64)

        package var text: String {
            switch self {
            case .serialGap(let from, let to, let noticedAt): "流水号 \(from)～\(to) 共 \(to - from + 1) 条未收到（\(noticedAt.text) 发现）"
            case .unexplainedHole(let count): "流水号有 \(count) 条既未入库也未登记为缺失"
            case .notReceived(let count): "门禁生成但平台未收到 \(count) 条"
            case .notStored(let count): count > 0 ? "已接收计数但未入库 \(count) 条" : "入库比接收计数多 \(-count) 条"
            case .duplicates(let count): "重复发送 \(count) 条，只保存一份"
            case .rejected(let count): "字段有误被拒收 \(count) 条，已逐条告知门禁系统"
            }
        }

        /// Whether it speaks against completeness; duplicates and told refusals do not.
        package var breaksProof: Bool {
            switch self {
            case .duplicates, .rejected: false
            default: true
            }
        }
    }

    package struct Line: Sendable, Equatable {
        package var day: Day
        package var org: Int64
        package var gateNo: String
        package var gateName: String
        /// As the cameras counted; nil when no heartbeat told it.
        package var generated: Int64?
        package var received: Int64
        package var stored: Int64
        package var differences: [Difference]

        package var holds: Bool { !differences.contains { $0.breaksProof } }
    }

    /// One line a gate and day, newest day first.
    ///
    /// - Throws: `.invalid` when the span is not 1…31 days; `.notFound` when the enterprise is outside the scope.
    package func lines(org: Int64, from: Day, to: Day, scope: DataScope) async throws -> [Line] {
        guard from <= to, to.daysSince1970 - from.daysSince1970 < 31 else { throw Failure.invalid([FieldFinding("to", "range", "时间范围应为 1～31 天", title: "截止日期")]) }
        let snapshot = registry.snapshot
        guard let site = snapshot.enterprises[org], scope.admits(org: org, area: site.county) else { throw Failure.notFound("该企业") }
        return try await database.read { reader in
            var lines: [Line] = []
            for number in (from.daysSince1970...to.daysSince1970).reversed() {
                let day = Day(daysSince1970: number)
                for gateNo in snapshot.realGateNos(of: org) {
                    let name = snapshot.gates[GateRegistry.GateKey(org: org, gateNo: gateNo)]?.name ?? gateNo
                    lines.append(try CompletenessProof.line(day, org, gateNo, name, reader))
                }
            }
            return lines
        }
    }

    static func line(_ day: Day, _ org: Int64, _ gateNo: String, _ name: String, _ reader: any Reader) throws -> Line {
        let counts = try reader.first("SELECT received, generated, heartbeats, duplicates, rejected FROM gate_daily WHERE day = \(day) AND org = \(org) AND gate_no = \(gateNo)")
        let received = counts?[0].int ?? 0
        let generated: Int64? = (counts?[2].int ?? 0) > 0 ? counts?[1].int : nil
        let row = try reader.first(
            "SELECT COUNT(*), MIN(serial_no), MAX(serial_no) FROM gate_pass WHERE org = \(org) AND passed_at >= \(day.start) AND passed_at < \(day.end) AND gate_no = \(gateNo)")
        let stored = row?[0].int ?? 0
        var differences: [Difference] = []
        if let first = row?[1].int, let last = row?[2].int {
            // A hole at the day's end is owed by this day too: it lies behind the last serial and before the next stored one.
            let next = try reader.value("SELECT MIN(serial_no) FROM gate_pass WHERE org = \(org) AND gate_no = \(gateNo) AND serial_no > \(last)")?.int ?? .max
            var missing: Int64 = 0
            try reader.each(
                "SELECT from_serial, to_serial, noticed_at FROM serial_gap WHERE org = \(org) AND gate_no = \(gateNo) AND from_serial > \(first) AND from_serial < \(next) ORDER BY from_serial"
            ) { gap in
                let (from, to) = (gap[0].int ?? 0, gap[1].int ?? 0)
                differences.append(.serialGap(from: from, to: to, noticedAt: Moment(milliseconds: gap[2].int ?? 0)))
                if from <= last { missing += to - from + 1 }
                return true
            }
            let present = Int64(try reader.count("SELECT COUNT(*) FROM gate_pass WHERE org = \(org) AND gate_no = \(gateNo) AND serial_no BETWEEN \(first) AND \(last)"))
            let holes = last - first + 1 - present - missing
            if holes > 0 { differences.append(.unexplainedHole(count: holes)) }
        }
        if let generated, generated > received { differences.append(.notReceived(count: generated - received)) }
        if received != stored { differences.append(.notStored(count: received - stored)) }
        if let count = counts?[3].int, count > 0 { differences.append(.duplicates(count: count)) }
        if let count = counts?[4].int, count > 0 { differences.append(.rejected(count: count)) }
        return Line(day: day, org: org, gateNo: gateNo, gateName: name, generated: generated, received: received, stored: stored, differences: differences)
    }
}
