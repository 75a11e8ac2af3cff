import Identity
import Kernel
import Storage

extension AlarmEngine {
    /// Evidence that came after the alarm was raised: joins the chain at its end, marked late.
    ///
    /// - Parameter occurrence: which occurrence of a merged alarm it belongs to, from 1.
    /// - Throws: `.notFound` outside the scope; `.forbidden` for a person who may not handle the alarm; `.invalid` `JW-A010`; `.conflict` `JW-A011` when the alarm is full.
    package func joinLate(_ evidence: [EvidenceDraft], toAlarm id: Int64, occurrence: Int = 1, permission: String? = nil, by principal: Principal, in tx: any Transaction) throws {
        guard !evidence.isEmpty else { return }
        guard let row = try tx.first("SELECT \(Alarm.columns) FROM alarms WHERE id = \(id) AND \(principal.scope.condition())\(locking(tx))") else { throw Failure.notFound("该报警") }
        var alarm = try Alarm(row)
        if principal.kind == .user { try principal.require(permission ?? kind(alarm.kind)?.handlePermission ?? AlarmPermission.handle, "补充报警证据") }
        guard alarm.evidenceCount + evidence.count <= evidenceLimit * 2 else { throw Failure(.conflict, "JW-A011", "报警 \(alarm.number) 的证据已达上限") }
        let now = clock.now
        var intake = EvidenceIntake(head: alarm.chainHead, count: alarm.evidenceCount, occurrence: occurrence, isLate: true, now: now, addedBy: principal.name)
        for draft in evidence { try add(draft, to: &intake, in: tx) }
        try intake.write(to: id, in: tx)
        guard !intake.items.isEmpty else { return }
        alarm.chainHead = intake.head
        alarm.evidenceCount = intake.count
        try tx.execute("UPDATE alarms SET chain_head = \(intake.head), evidence_count = \(intake.count) WHERE id = \(id)")
        let text = intake.items.map { "\($0.kind.title)“\($0.title)”" }.joined(separator: "、")
        try record("evidence", of: id, from: alarm.state, to: alarm.state, text: text, by: principal, at: now, in: tx)
        if principal.kind == .user {
            try hooks.audit(AuditEntry("update", "alarm", "\(id)", "报警 \(alarm.number) 补充证据：\(text)", details: ["chainHead": .string(intake.head)]), principal, tx)
        }
        try announce(notice(.evidence, of: alarm), in: tx)
    }

    /// A picture has come: joins every alarm that waits for it. One look-up by key when none does.
    ///
    /// - Returns: the alarms it joined.
    @discardableResult
    package func photoArrived(_ sha256: String, in tx: any Transaction) throws -> [Int64] {
        let digest = sha256.lowercased()
        let waiting = try tx.rows("SELECT alarm, title, occurrence FROM alarm_awaited_photos WHERE sha256 = \(digest) ORDER BY alarm")
        guard !waiting.isEmpty else { return [] }
        try tx.execute("DELETE FROM alarm_awaited_photos WHERE sha256 = \(digest)")
        var joined: [Int64] = []
        for row in waiting {
            guard let alarm = row.int("alarm") else { continue }
            try joinLate([.photo(sha256: digest, title: row.text("title") ?? "照片")], toAlarm: alarm, occurrence: Int(row.int("occurrence") ?? 1), by: .system(), in: tx)
            joined.append(alarm)
        }
        return joined
    }

    /// A recording has come: joins every alarm that was raised on what it shows. Others of the same may follow, so the alarm goes on waiting.
    ///
    /// - Parameter reference: of `EvidenceDraft.recordings`.
    /// - Returns: the alarms it joined.
    @discardableResult
    package func clipArrived(_ sha256: String, title: String, for reference: String, in tx: any Transaction) throws -> [Int64] {
        let waiting = try tx.rows("SELECT alarm, occurrence FROM alarm_awaited_clips WHERE reference = \(reference) ORDER BY alarm")
        var joined: [Int64] = []
        for row in waiting {
            guard let alarm = row[0].int else { continue }
            guard try tx.first("SELECT id FROM evidence_items WHERE sha256 = \(sha256) AND alarm = \(alarm) LIMIT 1") == nil else { continue }
            try joinLate([.clip(sha256: sha256, title: title)], toAlarm: alarm, occurrence: Int(row[1].int ?? 1), by: .system(), in: tx)
            joined.append(alarm)
        }
        return joined
    }

    /// Whether a file of the photo store is evidence, so that retention keeps it.
    package func isEvidence(_ sha256: String, in reader: any Reader) throws -> Bool {
        try reader.first("SELECT id FROM evidence_items WHERE sha256 = \(sha256.lowercased()) LIMIT 1") != nil
    }

    /// Pictures this alarm still waits for: digest, title and since when.
    package func awaitedPhotos(of alarm: Int64, in reader: any Reader) throws -> [(sha256: String, title: String, since: Moment)] {
        try reader.rows("SELECT sha256, title, since FROM alarm_awaited_photos WHERE alarm = \(alarm) ORDER BY since, sha256").map {
            ($0.text("sha256") ?? "", $0.text("title") ?? "", $0.moment("since") ?? Moment(milliseconds: 0))
        }
    }
}
