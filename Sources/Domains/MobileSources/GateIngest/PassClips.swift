import Alarms
import Cryptography
import Kernel
import Media
import Storage

/// The recordings of passes (A-07): which file shows which pass. Recordings come minutes later or before the pass; both ways they end up with the pass and with its alarm.
package struct PassClips: Sendable {
    /// What a gate says of the recording it sends.
    package struct Sent: Sendable {
        package var sha256: String
        package var gateNo: String
        package var serialNo: Int64
        package var cameraNo: String?
        package var from: Moment?
        package var to: Moment?

        package init(sha256: String, gateNo: String, serialNo: Int64, cameraNo: String? = nil, from: Moment? = nil, to: Moment? = nil) {
            self.sha256 = sha256
            self.gateNo = gateNo
            self.serialNo = serialNo
            self.cameraNo = cameraNo
            self.from = from
            self.to = to
        }
    }

    /// A recording of a pass as kept.
    struct Clip: Sendable {
        var sha256: String
        var cameraNo: String?
        var from: Moment?
        var to: Moment?
        var facts: ClipFacts

        /// 过车视频（摄像机 C1，08:03:10 至 08:03:40）.
        var title: String { PassClips.title(cameraNo, from, to) }
    }

    /// Recordings of one pass that are taken; more is a mistake of the sender.
    private static let mostOfOnePass = 8

    let database: any Database
    let registry: GateRegistry
    let alarms: AlarmEngine
    let clips: ClipStore
    let clock: Clock

    /// Takes a recording from a gate: bytes first, then in one transaction its row, its pass and the alarms that wait for it.
    ///
    /// - Returns: true when it was not known before.
    /// - Throws: `.invalid` `40002` for a file that is no whole MP4; `.notFound` `40401` for a gate that is not registered.
    package func receive(
        _ sent: Sent, from terminal: GateTerminal, claim: @escaping @Sendable (any Transaction) throws -> Void,
        feeding: @Sendable (@Sendable ([UInt8]) async throws -> Void) async throws -> Void
    ) async throws -> Bool {
        guard registry.snapshot.gates[GateRegistry.GateKey(org: terminal.org, gateNo: sent.gateNo)] != nil else {
            throw Failure(.notFound, "40401", "门岗 \(sent.gateNo.prefix(32)) 未登记")
        }
        let facts: ClipFacts
        do {
            facts = try await clips.take(expectedSHA256: sent.sha256, clock: clock, feeding: feeding)
        } catch let failure as Failure where failure.kind == .invalid {
            throw Failure(.invalid, "40002", failure.message, fields: [FieldFinding("body", "video", failure.message)])
        }
        let (org, now, alarms) = (terminal.org, clock.now, alarms)
        return try await database.write { tx in
            try claim(tx)
            let isNew = try ClipStore.note(sent.sha256, facts, organisation: org, at: now, in: tx)
            let kept = try tx.count("SELECT COUNT(*) FROM pass_clip WHERE org = \(org) AND gate_no = \(sent.gateNo) AND serial_no = \(sent.serialNo)")
            guard kept < PassClips.mostOfOnePass else {
                throw Failure(.invalid, "40002", "一次过车最多 \(PassClips.mostOfOnePass) 段视频", fields: [FieldFinding("serialNo", "range", "该过车已有 \(kept) 段视频")])
            }
            let added = try tx.execute(
                """
                INSERT INTO pass_clip (org, gate_no, serial_no, sha256, camera_no, from_at, to_at, received_at) \
                VALUES (\(org), \(sent.gateNo), \(sent.serialNo), \(sent.sha256), \(sent.cameraNo), \(sent.from), \(sent.to), \(now)) ON CONFLICT (org, gate_no, serial_no, sha256) DO NOTHING
                """)
            if added > 0 {
                let reference = PassClips.reference(org: org, gateNo: sent.gateNo, serialNo: sent.serialNo)
                _ = try alarms.clipArrived(sent.sha256, title: PassClips.title(sent.cameraNo, sent.from, sent.to), for: reference, in: tx)
            }
            return isNew
        }
    }

    /// How alarms name the pass whose recording they wait for.
    static func reference(org: Int64, gateNo: String, serialNo: Int64) -> String { "gatePass/\(org)/\(gateNo)/\(serialNo)" }

    static func title(_ cameraNo: String?, _ from: Moment?, _ to: Moment?) -> String {
        let parts = [cameraNo.map { "摄像机 \($0)" }, from.map { from in "\(from.text)\(to.map { " 至 \($0.text.suffix(8))" } ?? "")" }].compactMap(\.self)
        return parts.isEmpty ? "过车视频" : "过车视频（\(parts.joined(separator: "，"))）"
    }

    /// The recordings of a pass, in the order they came.
    static func clips(org: Int64, gateNo: String, serialNo: Int64, in reader: any Reader) throws -> [Clip] {
        try reader.rows(
            """
            SELECT p.sha256, p.camera_no, p.from_at, p.to_at, c.bytes, c.seconds, c.codec FROM pass_clip p JOIN clips c ON c.sha256 = p.sha256 \
            WHERE p.org = \(org) AND p.gate_no = \(gateNo) AND p.serial_no = \(serialNo) ORDER BY p.received_at, p.sha256
            """
        ).map { row in
            let moment = { (value: SQLValue) -> Moment? in value.int.map { Moment(milliseconds: $0) } }
            return Clip(
                sha256: row[0].text ?? "", cameraNo: row[1].text, from: moment(row[2]), to: moment(row[3]),
                facts: ClipFacts(bytes: Int(row[4].int ?? 0), seconds: row[5].double, codec: row[6].text ?? "other"))
        }
    }

    /// What retention took away is no recording of a pass any more.
    static func forget(_ hashes: [String], in tx: any Transaction) throws {
        if !hashes.isEmpty { try tx.execute("DELETE FROM pass_clip WHERE sha256 IN (\(list: hashes))") }
    }
}
