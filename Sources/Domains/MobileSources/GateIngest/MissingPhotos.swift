import Alarms
import Identity
import Kernel
import Storage

/// Photos that have not come ten minutes after their pass (interfaces/gate.md Photos): the pass says so, and the enterprise's gate gets one alarm for many.
///
/// Goes through the passes in the order in which they were stored, behind a mark that is kept, so that storing a pass writes nothing for photos that nearly always come.
struct MissingPhotos: Sendable {
    let database: any Database
    let registry: GateRegistry
    let alarms: AlarmEngine
    let clock: Clock

    static let mark = "photosCheckedTo"
    private static let passesAtOnce = 2000
    private static let roundsARun = 50
    /// Passes recorded later than this after they were received come from another time; their photos are not waited for.
    private static let historicSeconds: Int64 = 3600

    private struct Checked: Sendable {
        var last: Int64
        var lacking: [Lacking]
        var isFull: Bool
    }

    private struct Lacking: Sendable {
        var id: Int64
        var org: Int64
        var area: String?
        var gateNo: String
        var plate: String
        var passedAt: Int64
        var findings: [String]
    }

    /// - Returns: passes that lack a photo.
    func notice() async throws -> Int {
        let due = clock.now.adding(seconds: -PassPhotos.patienceSeconds)
        var noticed = 0
        for _ in 0..<MissingPhotos.roundsARun {
            try Task.checkCancellation()
            let mark = try await database.read { reader in try reader.value("SELECT value FROM gate_sequence WHERE name = \(MissingPhotos.mark)")?.int ?? 0 }
            let checked = try await database.read { reader in try MissingPhotos.check(after: mark, receivedBefore: due, in: reader) }
            guard checked.last > mark else { break }
            try await database.write { tx in
                for pass in checked.lacking { try tell(pass, in: tx) }
                try tx.execute(
                    "INSERT INTO gate_sequence (name, value) VALUES (\(MissingPhotos.mark), \(checked.last)) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
            }
            noticed += checked.lacking.count
            guard checked.isFull else { break }
        }
        return noticed
    }

    private static func check(after mark: Int64, receivedBefore due: Moment, in reader: any Reader) throws -> Checked {
        var checked = Checked(last: mark, lacking: [], isFull: false)
        var named: [(pass: Lacking, photos: [String])] = []
        var count = 0
        let sql: SQL = """
            SELECT id, org, area, gate_no, plate_no, passed_at, findings, created_at, received_at, head_photo, body_photo, plate_photo, document_photo FROM gate_pass
            WHERE id > \(mark) ORDER BY id LIMIT \(passesAtOnce)
            """
        try reader.each(sql) { row in
            guard let id = row[0].int, let received = row[8].int, received < due.milliseconds else { return false }
            checked.last = id
            count += 1
            guard (row[7].int ?? received) - received < historicSeconds * 1000 else { return true }
            let photos = (9...12).compactMap { row[$0].text }
            guard !photos.isEmpty else { return true }
            let pass = Lacking(
                id: id, org: row[1].int ?? 0, area: row[2].text, gateNo: row[3].text ?? "", plate: row[4].text ?? "", passedAt: row[5].int ?? 0, findings: codes(row[6].text))
            named.append((pass, photos))
            return true
        }
        checked.isFull = count == passesAtOnce
        for (pass, photos) in named {
            guard !pass.findings.contains(PassFinding.photoMissing.rawValue) else { continue }
            if try photos.contains(where: { try reader.first("SELECT 1 FROM photos WHERE sha256 = \($0)") == nil }) { checked.lacking.append(pass) }
        }
        return checked
    }

    private func tell(_ pass: Lacking, in tx: any Transaction) throws {
        let findings = JSONValue.array((pass.findings + [PassFinding.photoMissing.rawValue]).map(JSONValue.string)).text
        try tx.execute("UPDATE gate_pass SET findings = \(findings) WHERE id = \(pass.id)")
        let snapshot = registry.snapshot
        let site = snapshot.enterprises[pass.org]
        let name = snapshot.gates[GateRegistry.GateKey(org: pass.org, gateNo: pass.gateNo)]?.name ?? pass.gateNo
        let signal = AlarmSignal(
            kind: ViolationAlarm.photoMissing.name, org: pass.org, orgName: site?.name ?? "", area: pass.area, place: name, subject: pass.gateNo, plate: pass.plate,
            occurredAt: Moment(milliseconds: pass.passedAt), title: "\(name) 过车照片未上传", facts: ["过车记录号": .int(pass.id), "号牌号码": .string(pass.plate)],
            reasons: [AlarmReason("photoMissing", "过车后 10 分钟内未收到照片")], source: AlarmSource("gatePass", pass.id))
        _ = try alarms.raise(signal, by: .system("照片监测"), in: tx)
    }
}

extension GateWatch {
    /// - Returns: passes whose photos have not come in time.
    package func noticeMissingPhotos() async throws -> Int { try await MissingPhotos(database: database, registry: registry, alarms: alarms, clock: clock).notice() }
}
