import Alarms
import Identity
import Kernel
import Storage

/// 心跳: a gate tells every minute how it and its equipment are and how far its serials have come; it is told which serials the platform lacks.
package struct GateHeartbeats: Sendable {
    let database: any Database
    let registry: GateRegistry
    let alarms: AlarmEngine
    let clock: Clock

    package struct Beat: Sendable {
        package var gateNo: String
        package var barrierState: String
        package var readerState: String
        package var cameraState: String
        package var lastSerialNo: Int64
        package var generatedToday: Int64
        package var pending: Int64

        package init(
            gateNo: String, barrierState: String = "normal", readerState: String = "normal", cameraState: String = "normal", lastSerialNo: Int64, generatedToday: Int64,
            pending: Int64
        ) {
            self.gateNo = gateNo
            self.barrierState = barrierState
            self.readerState = readerState
            self.cameraState = cameraState
            self.lastSerialNo = lastSerialNo
            self.generatedToday = generatedToday
            self.pending = pending
        }

        /// - Throws: `.invalid` `40002` with every wrong field.
        package init(_ value: JSONValue) throws {
            guard let object = value.object else { throw Failure(.invalid, "40002", "应为 JSON 对象", fields: [FieldFinding("", "format", "应为 JSON 对象")]) }
            var reader = FieldReader()
            func required(_ name: String) -> JSONValue? {
                if let value = object[name], !value.isNull { return value }
                reader.fail(name, "required", "必填")
                return nil
            }
            gateNo = required("gateNo").flatMap { reader.text("gateNo", $0, 1...8) } ?? ""
            barrierState = object["barrierState"].flatMap { reader.text("barrierState", $0, 1...16) } ?? "unknown"
            readerState = object["readerState"].flatMap { reader.text("readerState", $0, 1...16) } ?? "unknown"
            cameraState = object["cameraState"].flatMap { reader.text("cameraState", $0, 1...16) } ?? "unknown"
            lastSerialNo = required("lastSerialNo").flatMap { reader.int("lastSerialNo", $0, 0...GatePassInput.lastSerial) } ?? 0
            generatedToday = object["generatedToday"].flatMap { $0.isNull ? nil : reader.int("generatedToday", $0, 0...10_000_000) } ?? 0
            pending = object["pending"].flatMap { $0.isNull ? nil : reader.int("pending", $0, 0...10_000_000) } ?? 0
            guard reader.errors.isEmpty else { throw Failure(.invalid, "40002", "字段有误", fields: reader.errors) }
        }
    }

    package struct Answer: Sendable {
        package var serverTime: Moment
        package var missing: [(from: Int64, to: Int64)]

        package var json: JSONValue {
            ["serverTime": .string(serverTime.rfc3339), "missing": .array(missing.map { .array([.int($0.from), .int($0.to)]) })]
        }
    }

    /// - Throws: `.notFound` `40401` for a gate that is not registered.
    package func beat(_ beat: Beat, from terminal: GateTerminal, claim: @escaping @Sendable (any Transaction) throws -> Void = { _ in }) async throws -> Answer {
        let snapshot = registry.snapshot
        guard let gate = snapshot.gates[GateRegistry.GateKey(org: terminal.org, gateNo: beat.gateNo)], let site = snapshot.enterprises[terminal.org] else {
            throw Failure(.notFound, "40401", "出入口“\(beat.gateNo)”未登记")
        }
        let now = clock.now
        return try await database.write { tx in
            try claim(tx)
            try tx.execute(
                """
                INSERT INTO gate_state (org, gate_no, heartbeat_at, barrier_state, reader_state, camera_state, reported_serial, reported_today, pending)
                VALUES (\(site.org), \(beat.gateNo), \(now), \(beat.barrierState), \(beat.readerState), \(beat.cameraState), \(beat.lastSerialNo), \(beat.generatedToday), \(beat.pending))
                ON CONFLICT (org, gate_no) DO UPDATE SET heartbeat_at = excluded.heartbeat_at, barrier_state = excluded.barrier_state, reader_state = excluded.reader_state,
                    camera_state = excluded.camera_state, reported_serial = excluded.reported_serial, reported_today = excluded.reported_today, pending = excluded.pending, offline_since = NULL
                """)
            try tx.execute(
                """
                INSERT INTO gate_daily (day, org, gate_no, area, generated, heartbeats) VALUES (\(now.day), \(site.org), \(beat.gateNo), \(site.county), \(beat.generatedToday), 1)
                ON CONFLICT (day, org, gate_no) DO UPDATE SET generated = CASE WHEN gate_daily.generated > excluded.generated THEN gate_daily.generated ELSE excluded.generated END, heartbeats = gate_daily.heartbeats + 1
                """)
            _ = try alarms.clear(kind: ViolationAlarm.gateOffline.name, subject: beat.gateNo, org: site.org, at: now, reason: "门禁恢复在线", in: tx)
            try judgeEquipment(beat, site, gate.name, now, tx)
            let missing = try GateSerials.missing(org: site.org, gateNo: beat.gateNo, reported: beat.lastSerialNo, generatedToday: beat.generatedToday, in: tx)
            try noteTail(beat, missing, site, now, tx)
            return Answer(serverTime: now, missing: missing)
        }
    }

    private func judgeEquipment(_ beat: Beat, _ site: EnterpriseFacts, _ gateName: String, _ now: Moment, _ tx: any Transaction) throws {
        for (part, title, state) in [("barrier", "道闸", beat.barrierState), ("reader", "号牌识别机", beat.readerState), ("camera", "摄像机", beat.cameraState)] {
            let subject = "\(beat.gateNo)-\(part)"
            if isFaulty(state) {
                let facts: JSONValue = ["设备": .string(title), "上报状态": .string(state), "时间": .string(now.text)]
                let signal = AlarmSignal(
                    kind: ViolationAlarm.equipmentFault.name, org: site.org, orgName: site.name, area: site.county, place: gateName, subject: subject, occurredAt: now,
                    title: "\(gateName) \(title)异常",
                    facts: facts, reasons: [AlarmReason("equipmentFault", "心跳上报\(title)状态为“\(GateCodes.equipmentState.title(of: state))”")])
                _ = try alarms.raise(signal, by: .system("心跳监测"), in: tx)
            } else {
                _ = try alarms.clear(kind: ViolationAlarm.equipmentFault.name, subject: subject, org: site.org, at: now, reason: "\(title)恢复正常", in: tx)
            }
        }
    }

    private func isFaulty(_ state: String) -> Bool { !["normal", "ok", "1", "unknown", "正常", "online", "open", "closed", "up", "down"].contains(state.lowercased()) }

    /// Serials that the gate says it made beyond the last one stored become a hole with a time, so that the leak alarm can count its ten minutes.
    private func noteTail(_ beat: Beat, _ missing: [(from: Int64, to: Int64)], _ site: EnterpriseFacts, _ now: Moment, _ tx: any Transaction) throws {
        guard let tail = missing.last, tail.to == beat.lastSerialNo else { return }
        let state = try tx.first("SELECT last_serial FROM gate_state WHERE org = \(site.org) AND gate_no = \(beat.gateNo)")
        guard let last = state?[0].int, tail.from == last + 1 else { return }
        try tx.execute("UPDATE gate_state SET last_serial = \(tail.to) WHERE org = \(site.org) AND gate_no = \(beat.gateNo)")
        _ = try tx.insert("INSERT INTO serial_gap (org, gate_no, from_serial, to_serial, noticed_at) VALUES (\(site.org), \(beat.gateNo), \(tail.from), \(tail.to), \(now))")
    }
}
