import Alarms
import Kernel
import Storage

/// A-30 漏传识别: serials count up by one per gate, so a hole is a record that has not come. A hole is a row until it is filled.
struct GateSerials {
    private var first: Int64?
    private(set) var last: Int64?
    private var received: Int64 = 0
    private var lastPassAt: Moment?

    var isChanged: Bool { received > 0 }

    static func read(org: Int64, gateNo: String, in tx: any Transaction) throws -> GateSerials {
        let row = try tx.first(SQL(text: standing, arguments: [.int(org), .text(gateNo)]))
        guard let first = row?[0].int, let last = row?[1].int else { return GateSerials() }
        return GateSerials(first: first, last: last)
    }

    /// Notes that a serial was stored: moves the gate's last serial, opens or fills holes.
    mutating func took(_ serial: Int64, org: Int64, gateNo: String, at passedAt: Moment, now: Moment, alarms: AlarmEngine, in tx: any Transaction) throws {
        received += 1
        guard let first, let last else {
            self.first = serial
            self.last = serial
            lastPassAt = passedAt
            return
        }
        if serial > last {
            if serial > last + 1 { try GateSerials.open(from: last + 1, to: serial - 1, org, gateNo, now, tx) }
            self.last = serial
            lastPassAt = passedAt
        } else if serial < first {
            if serial < first - 1 { try GateSerials.open(from: serial + 1, to: first - 1, org, gateNo, now, tx) }
            self.first = serial
        } else {
            try GateSerials.fill(serial, org, gateNo, now, alarms, tx)
        }
    }

    func write(org: Int64, gateNo: String, in tx: any Transaction) throws {
        try tx.post(SQL(text: GateSerials.moving, arguments: [.int(org), .text(gateNo), first.sqlValue, last.sqlValue, .int(received), lastPassAt.sqlValue]))
    }

    private static let standing = "SELECT first_serial, last_serial FROM gate_state WHERE org = ? AND gate_no = ?"
    private static let moving = """
        INSERT INTO gate_state (org, gate_no, first_serial, last_serial, received, last_pass_at) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (org, gate_no) DO UPDATE SET first_serial = excluded.first_serial, last_serial = excluded.last_serial, received = gate_state.received + excluded.received,
            last_pass_at = COALESCE(excluded.last_pass_at, gate_state.last_pass_at)
        """

    private static func open(from: Int64, to: Int64, _ org: Int64, _ gateNo: String, _ now: Moment, _ tx: any Transaction) throws {
        _ = try tx.insert("INSERT INTO serial_gap (org, gate_no, from_serial, to_serial, noticed_at) VALUES (\(org), \(gateNo), \(from), \(to), \(now))")
    }

    private static func fill(_ serial: Int64, _ org: Int64, _ gateNo: String, _ now: Moment, _ alarms: AlarmEngine, _ tx: any Transaction) throws {
        let found = try tx.first(
            "SELECT id, from_serial, to_serial, noticed_at, alarmed_at FROM serial_gap WHERE org = \(org) AND gate_no = \(gateNo) AND from_serial <= \(serial) ORDER BY from_serial DESC LIMIT 1"
        )
        guard let gap = found, let id = gap[0].int, let from = gap[1].int, let to = gap[2].int, serial <= to else { return }
        if from == to {
            try tx.execute("DELETE FROM serial_gap WHERE id = \(id)")
            if !gap[4].isNull, try tx.first("SELECT 1 FROM serial_gap WHERE org = \(org) AND gate_no = \(gateNo) AND alarmed_at IS NOT NULL LIMIT 1") == nil {
                _ = try alarms.clear(kind: ViolationAlarm.dataLeak.name, subject: gateNo, org: org, at: now, reason: "漏传的流水号已全部补齐", in: tx)
            }
        } else if serial == from {
            try tx.execute("UPDATE serial_gap SET from_serial = \(serial + 1) WHERE id = \(id)")
        } else if serial == to {
            try tx.execute("UPDATE serial_gap SET to_serial = \(serial - 1) WHERE id = \(id)")
        } else {
            try tx.execute("UPDATE serial_gap SET to_serial = \(serial - 1) WHERE id = \(id)")
            _ = try tx.insert(
                "INSERT INTO serial_gap (org, gate_no, from_serial, to_serial, noticed_at, alarmed_at) VALUES (\(org), \(gateNo), \(serial + 1), \(to), \(gap[3]), \(gap[4]))")
        }
    }

    /// The serials the platform lacks, lowest first, at most 200 runs, up to the last one that the gate says it has made.
    ///
    /// Of a gate that has never sent anything, only what it made today is asked for: what came before it was connected is not owed.
    static func missing(org: Int64, gateNo: String, reported: Int64?, generatedToday: Int64, in reader: any Reader) throws -> [(from: Int64, to: Int64)] {
        var runs = try reader.rows("SELECT from_serial, to_serial FROM serial_gap WHERE org = \(org) AND gate_no = \(gateNo) ORDER BY from_serial LIMIT 200").map {
            (from: $0[0].int ?? 0, to: $0[1].int ?? 0)
        }
        guard let reported, reported > 0 else { return runs }
        let last = try reader.value("SELECT last_serial FROM gate_state WHERE org = \(org) AND gate_no = \(gateNo)")?.int
        if let last {
            if reported > last { runs.append((last + 1, reported)) }
        } else if generatedToday > 0 {
            runs.append((max(1, reported - generatedToday + 1), reported))
        }
        return runs
    }
}
